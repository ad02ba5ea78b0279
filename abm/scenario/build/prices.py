"""What things cost at the start: from the price that shoppers are used to, back to the wages of the first supplier.

Usual price of the category x tier, less taxes, freight, fees and markups, is what the makers of a class of quality may
spend; some of that goes to inputs, alike for all, the rest to wages: better goods take better paid work. Then costs are
added up again from raw material, in whole cents, and list prices follow.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from abm.columns import F8, I8, Array
from abm.phases.border import border
from abm.phases.pricing import CostPlus
from abm.scenario.build.network import Network
from abm.sourcing import quality_class
from abm.world import World
from kernels import threads
from kernels.border import assess_cents
from kernels.chance import Stream
from kernels.functions import exp
from kernels.money import half_up, to_minor
from kernels.supply import normals

TIERS = np.array([0.7, 1.0, 1.4])
"""Prices of plain, usual and fine goods as parts of the usual price."""
COST_SD = 0.1
"""Spread of the logarithm of what makers of a class need for the same goods."""
INPUTS = 0.4
"""Part of a maker's costs that goes to inputs, assumed; the rest are wages."""
MATERIALS = 0.6
"""Part of the first supplier's costs that goes to materials from outside, assumed."""
LEAST_WAGES, LEAST_SHELF = 0.15, 0.15
USUAL_MARKUP = 0.5
"""What a seller adds to its cost where its pricing rule does not say; assumed."""
SAMPLE_UNITS = 1000


def set_prices(world: World, network: Network) -> None:
    """Write wages, materials, transfer prices, costs of stock and list prices, and what shoppers are shown for them."""
    duty, freight = bulk_duty_rate(world), link_freight(world)
    target = maker_targets(world, network, shelf_targets(world, duty, freight), duty, freight)
    _spread_wages(world, network, target, duty, freight)
    world.offers.price_minor[:] = _list_prices(world)
    border(world)


def markups(world: World) -> F8:
    """What each firm adds to its cost, by its pricing rule."""
    given = [float(getattr(rule, "markup", USUAL_MARKUP)) for rule in world.rules["pricing"]]
    return np.array(given)[world.firms.pricing]


def seller_fees(world: World) -> F8:
    """Commission and payment fee by offer, as a part of the list price; the mean of the market's storefronts."""
    firms, fronts, offers = world.firms, world.storefronts, world.offers
    size = len(world.countries)
    total, count = np.zeros(size, np.int64), np.bincount(fronts.country, minlength=size)
    np.add.at(total, fronts.country, firms.fee_ppm[fronts.platform])
    commission = total / np.maximum(count, 1) * 1e-6
    provider = world.countries.payment
    payment = np.where(provider >= 0, firms.fee_ppm[provider], 0) * 1e-6
    gross = offers.landed_cents / np.maximum(offers.value_cents, 1)
    return np.asarray(commission[offers.dest] + payment[offers.dest] * gross)


def link_freight(world: World) -> F8:
    """Cents of freight for a unit on each link."""
    links, lanes = world.links, world.lanes
    grams = world.categories.weight[world.products.category[world.nodes.product[links.buyer]]]
    return np.where(links.lane >= 0, lanes.per_kg[links.lane] * grams / 1000.0, 0.0)


def bulk_duty_rate(world: World) -> F8:
    """Duty and fees of bulk entries as a part of their value, by link, at about half of the usual price."""
    links = world.links
    category = world.products.category[world.nodes.product[links.buyer]]
    value = np.floor(world.categories.price[category] * 50.0 * SAMPLE_UNITS).astype(np.int64)
    units = np.full(len(links), SAMPLE_UNITS, np.int64)
    rule = np.empty(len(links), np.int32)
    duty, vat, fee = np.empty((3, len(links)), np.int64)
    freight = np.floor(link_freight(world) * SAMPLE_UNITS).astype(np.int64)
    threads.run(assess_cents, len(links), threads.WINDOW, links.cell, world.law.per_usd(world.countries.fx), value,
                freight, units, np.ones(len(links), np.int64), units * world.categories.weight[category],
                world.law.bands(world.first), world.terms, rule, duty, vat, fee)  # fmt: skip
    return np.where(world.nodes.bonded[links.buyer] > 0, 0.0, (duty + fee) / value)


def target_prices(world: World) -> F8:
    """Landed price in cents that each finished product aims at: that of its category and class of quality."""
    products = world.products
    usual = 100.0 * world.categories.price[products.category]
    return np.where(products.finished > 0, usual * TIERS[quality_class(world)[products.maker]], 0.0)


def shelf_targets(world: World, duty: F8, freight: F8) -> F8:
    """What a pack of each finished product may cost on its seller's shelf, in cents: the mean over offers."""
    offers, nodes, links = world.offers, world.nodes, world.links
    product = nodes.product[offers.node]
    price = target_prices(world)[product]
    offers.price_minor[:] = _minor(world, 0.8 * price)
    border(world)
    taxes = offers.landed_cents / np.maximum(offers.value_cents + offers.freight_cents, 1)
    markup = markups(world)[nodes.firm[offers.node]]
    cost = (price / taxes - offers.freight_cents) * (1.0 - seller_fees(world)) / (1.0 + markup)
    moved = _supply_of(world)[offers.node]
    away = links.price_cents[moved] == 0
    away &= (moved >= 0) & (nodes.firm[links.supplier[moved]] == nodes.firm[offers.node])
    cost = np.where(away, (cost - freight[moved]) / (1.0 + duty[moved]), cost)
    cost = np.maximum(cost, LEAST_SHELF * price)
    found: dict[int, list[float]] = {}
    for row, value in zip(product.tolist(), cost.tolist(), strict=True):
        found.setdefault(row, []).append(value)
    return np.array(
        [math.fsum(found[row]) / len(found[row]) if row in found else 0.0 for row in range(len(world.products))]
    )


def _supply_of(world: World) -> Array:
    """The first link into each node, -1 for none."""
    first = np.full(len(world.nodes), -1, np.int64)
    rows = np.arange(len(world.links))[::-1]
    first[world.links.buyer[rows]] = rows
    return first


def _steps(world: World) -> list[tuple[int, int, int]]:
    """Make links as (depth of the product made, product made, link), finished goods first."""
    links, nodes = world.links, world.nodes
    made = np.flatnonzero(links.make >= 0).tolist()
    depth = dict.fromkeys(range(len(world.products)), 0)
    for _ in range(16):
        for link in made:
            if links.supplier[link] >= 0:
                inside, out = int(nodes.product[links.supplier[link]]), int(nodes.product[links.buyer[link]])
                depth[inside] = max(depth[inside], depth[out] + 1)
    steps = [(int(nodes.product[links.buyer[link]]), link) for link in made]
    return sorted((depth[product], product, link) for product, link in steps)


def maker_targets(world: World, network: Network, shelf: F8, duty: F8, freight: F8) -> F8:
    """What the making of a unit of each product may cost in cents, from the shelf back to raw material."""
    links, nodes = world.links, world.nodes
    wishes: dict[int, list[float]] = {}
    for link in np.flatnonzero(links.lane >= 0).tolist():
        product = int(nodes.product[links.buyer[link]])
        sold = nodes.firm[links.supplier[link]] != nodes.firm[links.buyer[link]]
        if sold and world.products.finished[product]:
            wishes.setdefault(product, []).append((shelf[product] - freight[link]) / (1.0 + duty[link]))
    target = _class_targets(world, network, wishes)
    supply = _supply_of(world)
    for _, product, link in _steps(world):
        if target[product] == 0.0:
            price = math.fsum(wishes[product]) / len(wishes[product])
            target[product] = max(price, 2.0) / (1.0 + network.markup[product])
        if links.supplier[link] >= 0:
            inbound = supply[links.supplier[link]]
            spare = INPUTS * target[product] / links.per_unit[link] - freight[inbound]
            bought = int(nodes.product[links.supplier[link]])
            wishes.setdefault(bought, []).append(max(spare / (1.0 + duty[inbound]), 1.0))
    return target


def _class_targets(world: World, network: Network, wishes: dict[int, list[float]]) -> F8:
    """What a finished product may cost: the mean of its category and class times its maker's luck exp(N(0, .1))."""
    products, target = world.products, np.zeros(len(world.products))
    luck = normals(world.words(Stream.BIRTH, world.firms.identity, day=0)[:, 0].copy())
    kind = products.category * len(TIERS) + quality_class(world)[products.maker]
    alike: dict[int, list[float]] = {}
    for product, asked in wishes.items():
        price = math.fsum(asked) / len(asked)
        alike.setdefault(int(kind[product]), []).append(max(price, 2.0) / (1.0 + network.markup[product]))
    for product in wishes:
        usual = alike[int(kind[product])]
        target[product] = math.fsum(usual) / len(usual) * exp(COST_SD * float(luck[products.maker[product]]))
    return target


def _spread_wages(world: World, network: Network, target: F8, duty: F8, freight: F8) -> None:
    """Add up costs from raw material to the last shelf; what a maker's inputs leave of its target are wages."""
    links, nodes, firms = world.links, world.nodes, world.firms
    lines: dict[int, list[int]] = {}
    aims: dict[int, list[float]] = {}
    for _, product, link in reversed(_steps(world)):
        lines.setdefault(int(links.buyer[link]), []).append(link)
        aims.setdefault(int(links.make[link]), []).append(float(target[product]))
    paid: set[int] = set()
    outgoing = _outgoing(world)
    for output, made in lines.items():
        maker, product = int(links.make[made[0]]), int(nodes.product[output])
        inputs = math.fsum(links.share[link] * _input_cost(world, link) for link in made)
        if maker not in paid:
            _wages(world, maker, math.fsum(aims[maker]) / len(aims[maker]), inputs)
            paid.add(maker)
        raw = links.supplier[made[0]] < 0
        cost = inputs + firms.labour_cents[maker] + (firms.material_cents[maker] if raw else 0)
        nodes.cost_cents[output] = cost
        price = half_up(cost * (1.0 + network.markup[product]))
        for link in outgoing[output]:
            links.price_cents[link] = max(price, 1)
            links.markup[link] = network.markup[product]
            _carry(world, link, float(links.price_cents[link]), outgoing, duty, freight)


def _input_cost(world: World, link: int) -> float:
    source = int(world.links.supplier[link])
    return float(world.nodes.cost_cents[source] * world.links.per_unit[link]) if source >= 0 else 0.0


def _wages(world: World, maker: int, target: float, inputs: float) -> None:
    """Wages and materials of a maker, whole cents, so that a unit costs about its target."""
    firms = world.firms
    rest = max(target - inputs, LEAST_WAGES * target)
    materials = MATERIALS * rest if inputs == 0.0 else 0.0
    firms.material_cents[maker] = half_up(materials)
    firms.labour_cents[maker] = max(half_up(rest - materials), 1)


def _outgoing(world: World) -> list[list[int]]:
    """Links on lanes by the node they leave from."""
    leaving: list[list[int]] = [[] for _ in range(len(world.nodes))]
    for link in np.flatnonzero(world.links.lane >= 0).tolist():
        leaving[int(world.links.supplier[link])].append(link)
    return leaving


def _carry(world: World, link: int, value: float, outgoing: list[list[int]], duty: F8, freight: F8) -> None:
    """Landed cost at the end of a link, and of what its owner moves on from there to shelves abroad.

    A node that buys from several reckons with the mean of what each asks, by their shares.
    """
    nodes, buyer = world.nodes, int(world.links.buyer[link])
    nodes.cost_cents[buyer] += world.links.share[link] * (value * (1.0 + duty[link]) + freight[link])
    for onward in outgoing[buyer]:
        _carry(world, onward, float(nodes.cost_cents[buyer]), outgoing, duty, freight)


def _minor(world: World, cents: F8) -> I8:
    """Cents by offer in the minor units of its market."""
    fx = world.countries.fx[world.offers.dest]
    pairs: Any = zip(cents.tolist(), fx.tolist(), strict=True)
    return np.array([max(to_minor(half_up(amount), rate, 100), 1) for amount, rate in pairs], np.int64)


def _list_prices(world: World) -> I8:
    """What each seller's pricing rule asks of the cost of its stock; where a rule knows no markup, the usual one."""
    seller = world.nodes.firm[world.offers.node]
    cents = np.zeros(len(world.offers))
    for number, rule in enumerate(world.rules["pricing"]):
        rows = np.flatnonzero(world.firms.pricing[seller] == number).astype(np.int32)
        asked = rule if hasattr(rule, "markup") else CostPlus(USUAL_MARKUP)
        cents[rows] = asked(world, rows)
    return _minor(world, cents)
