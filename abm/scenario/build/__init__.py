"""A scenario becomes a world: places, firms, chains, what things cost, what usually flows, who starts with what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from abm.passing import Orders, Pages, Parcels
from abm.scenario.build import geography, qualities
from abm.scenario.build.capacities import set_capacities
from abm.scenario.build.carriage import wage_level
from abm.scenario.build.drafts import Draft
from abm.scenario.build.flows import set_flows
from abm.scenario.build.geography import Lanes
from abm.scenario.build.money import set_money
from abm.scenario.build.network import Network, lay
from abm.scenario.build.people import settle
from abm.scenario.build.prices import set_prices
from abm.scenario.build.shares import set_shares
from abm.scenario.build.stocks import set_stocks
from abm.scenario.build.troubles import campaigns_of, shocks_of
from abm.scenario.law import Law
from abm.scenario.rulebook import HOMES, instance, usual
from abm.scenario.schema import RuleUse, Scenario
from abm.scenario.seasons import Seasons
from abm.settlement import BANK, OUTSIDE, OWNERS, WORKERS
from abm.standing import Borders, Consumers
from abm.world import KINDS, MODES, QUEUES, STANDING, VARIANTS, Pool, World
from kernels.chance import identity
from kernels.payments import KEENNESS, best_screen

RING, WINDOW, FEATURES, TASTES, TRAITS, MODES_OF_SALE = 64, 180, 6, 8, 4, 6
PICK_CENTS, DECLARATION_CENTS, PRIORITY_CENTS = 160.0, 40.0, 120.0
"""What warehouses and brokers of a rich country charge for a pick, a declaration, and one before its turn; assumed."""
STORAGE_CENTS, DAYS_A_MONTH = 14.0, 30.0
"""What keeping a kilogram costs for a month in a rich country: 0.78 USD a cubic foot (facts), five litres each."""
COMPLIANCE = 0.3
"""Clients of a broker are inspected this much as often as others."""
DAYS_A_YEAR = 365
PASSES = 2
"""Flows follow from reviews, reviews from flows."""


def build(scenario: Scenario) -> World:
    """The world of a scenario at the start of its first day, in the mean-field steady state.

    The same scenario gives the same bytes.
    """
    codes, kinds = list(scenario.countries), list(scenario.category_names)
    law = Law(codes, kinds, as_of=scenario.law.as_of, overrides=scenario.law.overrides,
              own=[border.row() for border in scenario.borders],
              like={name: kind.like for name, kind in scenario.categories.items() if kind.like})  # fmt: skip
    places, people = geography.countries(scenario)
    categories = geography.categories(scenario)
    lanes = Lanes(scenario, places, geography.passages(scenario))
    network = Network(scenario, law, lanes, categories)
    lay(network)
    drafts = {
        "countries": places, "categories": categories, "passages": lanes.passes, "lanes": lanes.draft,
        "firms": network.firms, "chains": network.chains, "members": network.members, "products": network.products,
        "nodes": network.nodes, "links": network.links, "listings": network.listings, "offers": network.offers,
        "storefronts": network.storefronts,
    }  # fmt: skip
    rules = _conduct(network)
    drafts["accounts"] = _ledger(drafts)
    world = _world(scenario, law, rules, drafts, sum(people))
    _fill(world, network, people)
    world.shocks = shocks_of(world)
    return world


def _conduct(network: Network) -> dict[str, list[Any]]:
    """The rules in use, one of each, and which of them every firm and node follows."""
    rules: dict[str, list[Any]] = {decision: [] for decision in HOMES}
    known: dict[tuple[Any, ...], int] = {}

    def number(decision: str, use: RuleUse) -> int:
        key = (decision, *use.key)
        if key not in known:
            known[key] = len(rules[decision])
            rules[decision].append(instance(network.scenario, decision, use))
        return known[key]

    for group, values in zip(network.groups, network.firms.values, strict=True):
        values["pricing"] = number("pricing", group.pricing)
        values["rationing"] = number("rationing", group.rationing)
    for values in network.nodes.values:
        group = network.groups[values["firm"]]
        values["stocking"] = number("stocking", group.stocking)
        values["predictor"] = number("forecast", group.forecast)
    for decision, home in rules.items():
        if not home:
            home.append(instance(network.scenario, decision, usual(decision)))
    return rules


def _ledger(drafts: Mapping[str, Draft]) -> Draft:
    """Accounts of institutions, treasuries, consumers, firms, and the escrow of who sells to consumers."""
    accounts = Draft()
    for row, name in ((BANK, "bank"), (OUTSIDE, "outside"), (OWNERS, "owners"), (WORKERS, "workers")):
        assert accounts.add(name) == row
    for code, values in zip(drafts["countries"].names, drafts["countries"].values, strict=True):
        values["government"] = accounts.add(f"{code} treasury")
        values["people"] = accounts.add(f"{code} people")
    firms = drafts["firms"]
    for row, (name, values) in enumerate(zip(firms.names, firms.values, strict=True)):
        values["account"] = accounts.add(f"{name} cash", firm=row)
    for name, values in zip(firms.names, firms.values, strict=True):
        if KINDS[values["kind"]] in ("seller", "retailer"):
            values["escrow"] = accounts.add(f"{name} escrow")
    return accounts


def _world(
    scenario: Scenario, law: Law, rules: dict[str, list[Any]], drafts: Mapping[str, Draft], people: int
) -> World:
    """The tables, with what is known by name; everything that follows from flows is still empty."""
    axes = {"pool": len(Pool), "queue": len(QUEUES), "mode": MODES_OF_SALE, "slot": scenario.platform.slots,
            "feature": FEATURES, "taste": TASTES, "ring": RING, "window": WINDOW, "category": len(drafts["categories"]),
            "market": len(drafts["countries"]),
            "segment": scenario.platform.segments, "trait": TRAITS}  # fmt: skip
    kept = [rule for using in rules.values() for rule in using if hasattr(rule, "declares")]
    for rule in kept:
        axes |= rule.axes
    tables: dict[str, Any] = {name: draft.table(STANDING[name], axes) for name, draft in drafts.items()}
    for place, spec in (item for rule in kept for item in rule.declares.items()):
        table, _, name = place.partition(".")
        tables[table].declare(name, spec)
    pages = len(drafts["storefronts"]) * len(drafts["categories"]) * scenario.platform.segments * VARIANTS
    flat = not (scenario.demand.seasons and scenario.chance.noise)
    return World(
        scenario=scenario,
        axes=axes,
        law=law,
        rules=rules,
        shocks=[],
        borders=_borders(law),
        seasons=Seasons(list(scenario.countries), flat, campaigns_of(scenario), scenario.dials.management.belief),
        consumers=Consumers(axes, people),
        pages=Pages(axes, pages),
        orders=Orders(),
        delivered=Parcels(),
        names={"borders": [rule.key for rule in law.rules], **{name: list(d.names) for name, d in drafts.items()}},
        first=scenario.first.toordinal(),
        **tables,
    )


def _borders(law: Law) -> Borders:
    """The law's rules as a table of the world, so that dated changes reach their rates."""
    borders = Borders()
    keys = [identity(f"border/{rule.key}") for rule in law.rules]
    borders.append(len(keys), identity=np.array(keys, np.uint64), **law.columns())
    return borders


def _fill(world: World, network: Network, people: list[int]) -> None:
    """What follows: terms of trade, goods' qualities, people, prices, flows, stocks, capacities, money."""
    _terms(world, network)
    _appetites(world)
    _services(world, network)
    offers = world.offers
    world.listings.offer[offers.listing, offers.mode] = np.arange(len(offers))
    qualities.set_qualities(world, network)
    settle(world, people)
    set_shares(world, network)
    set_prices(world, network)
    for _ in range(PASSES):
        qualities.set_reviews(world)
        set_flows(world)
    qualities.set_reviews(world)
    set_stocks(world)
    set_capacities(world, network)
    set_shares(world, network)
    set_money(world, network)


def _terms(world: World, network: Network) -> None:
    """What each firm charges and how long it waits, as the scenario has it."""
    firms, groups, scenario = world.firms, network.groups, network.scenario
    dial = scenario.dials.network
    firms.pooled[:] = [dial.overlap * (pool.name.lower() in dial.pools) for pool in Pool]
    firms.fee_ppm[:] = [round(group.fee_percent * 10_000) for group in groups]
    firms.spread_ppm[:] = [round(group.fx_spread * 10_000) for group in groups]
    firms.holding_days[:] = scenario.platform.holding_days
    firms.terms_days[:] = [group.terms_days for group in groups]
    firms.least_days[:] = [group.minimum_order for group in groups]
    firms.batch_days[:] = [group.batch for group in groups]
    firms.review_days[:] = [group.review_days for group in groups]
    firms.price_days[:] = [group.price_review for group in groups]
    firms.least_declared_ppm[:] = [round(group.least_declared * 1_000_000) for group in groups]
    owns = scenario.countries.values()
    world.countries.interest_ppm[:] = [round(own.interest * 1_000_000 / DAYS_A_YEAR) for own in owns]
    world.countries.penalty_ppm[:] = [round(own.penalty * 1_000_000) for own in owns]
    unpaid = np.array([[group.incoterm == "DAP" and mode in group.dap_modes for mode in MODES] for group in groups])
    offers = world.offers
    offers.incoterm[:] = unpaid[world.nodes.firm[offers.node], offers.mode] & (offers.cell >= 0)
    for row, group in enumerate(groups):
        wages = wage_level(group.country)
        if group.kind == "warehouse":
            firms.price_cents[row] = round(PICK_CENTS * wages)
            month = STORAGE_CENTS * wages if group.storage_price is None else 100.0 * group.storage_price
            firms.storage_cents[row] = month / DAYS_A_MONTH
        if group.kind == "payment":
            best = best_screen(firms.fee_ppm[row] * 1e-6, scenario.demand.fraud, KEENNESS)
            firms.screening[row] = best if group.screening is None else group.screening
        if group.kind == "broker":
            firms.price_cents[row] = round(DECLARATION_CENTS * wages)
            firms.compliance[row] = COMPLIANCE
            hurried = PRIORITY_CENTS * wages if group.priority_fee is None else 100.0 * group.priority_fee
            firms.priority_cents[row] = round(hurried)


def _appetites(world: World) -> None:
    """What each country wants more or less of than the world does, where the scenario says so."""
    names = world.names["categories"]
    for row, country in enumerate(world.scenario.countries.values()):
        if country.categories:
            total = sum(country.categories.values())
            wanted = np.array([country.categories.get(name, 0.0) / total for name in names])
            world.countries.appetite[row] = wanted / np.maximum(world.categories.needs, 1e-12)


def _services(world: World, network: Network) -> None:
    """Importers of a country use one broker, its shoppers one payment provider: in turn among those who work there."""
    for kind, column in (("broker", world.countries.broker), ("payment", world.countries.payment)):
        for row, code in enumerate(network.scenario.countries):
            able = network.serving(kind, code)
            column[row] = able[row % len(able)] if able else -1
