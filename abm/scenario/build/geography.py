"""Where the world is: countries with their money and customs, categories, passages, and the lanes chains ask for."""

from __future__ import annotations

from math import fsum
from typing import Any

from abm.scenario.build.carbon import emitted
from abm.scenario.build.carriage import one_market, place, way
from abm.scenario.build.drafts import Draft
from abm.scenario.facts import table
from abm.scenario.reading.known import known_passages
from abm.scenario.schema import Demand, Scenario
from abm.world import HAULS, QUEUES
from kernels.chance import identity
from kernels.functions import exp, normal_quantile
from kernels.needs import MOST

WEEKS = {"Mon-Fri": 0b0011111, "Mon-Sat": 0b0111111, "Sun-Thu": 0b1001111}
PRICES = {"cosmetics": 14.0, "toys": 30.0, "apparel": 30.0, "home": 50.0, "footwear": 50.0, "electronics": 80.0}
"""Usual landed prices by category in USD, assumed."""
ALIAS = {"cosmetics": "beauty"}
"""What a category is called in the facts about returns."""
DISAPPOINTED = 1.4
"""Packs sent back for each that is sent back by a buyer whose hopes were met, as the baseline comes to be."""
QUANTILES = 64
QUEUE_OF = {
    "express": "express", "line": "express", "post": "post", "bonded": "express",
    "sea": "cargo", "air": "cargo", "road": "cargo",
}  # fmt: skip
"""The customs queue at the end of each way of carriage."""


def money(code: str) -> dict[str, str]:
    """The facts about a country's currency."""
    return next(row for row in table("fx") if row["iso2"] == code)


def customs_facts(code: str) -> tuple[float, float]:
    """Share of declarations inspected and working days to release, by the customs grade of the World Bank's LPI.

    Assumed: from 2% and half a day at grade 4.3 to 7% and three days at grade 2.3.
    """
    gap = max(0.0, 4.3 - float(place(code)["lpi_customs"]))
    return 0.02 + 0.025 * gap, 0.5 + 1.25 * gap


def consumer_shares(scenario: Scenario) -> dict[str, float]:
    """Each country's part of the consumers: as given, the rest by online spending, else by shoppers and income."""
    given = {code: country.share for code, country in scenario.countries.items()}
    fixed = sum(share for share in given.values() if share is not None)
    size = {code: online_spend(code) for code, share in given.items() if share is None}
    left, total = max(0.0, 1.0 - fixed), sum(size.values())
    if not size:
        return {code: (share or 0.0) / fixed if fixed else 0.0 for code, share in given.items()}
    return {code: left * size[code] / total if share is None else share for code, share in given.items()}


def online_spend(code: str) -> float:
    """Online spending in billion USD; where unknown, shoppers by income at the ratio of the United States."""
    row, us = place(code), place("US")
    if row["online_spend_bn_usd"]:
        return float(row["online_spend_bn_usd"])
    wealth = float(row["online_shoppers_m"]) * float(row["gdp_per_capita_usd"])
    return (
        float(us["online_spend_bn_usd"]) * wealth / (float(us["online_shoppers_m"]) * float(us["gdp_per_capita_usd"]))
    )


def whole_parts(total: int, shares: list[float]) -> list[int]:
    """Whole numbers in proportion to shares that sum to the total: largest remainders, ties to the first."""
    parts = [int(total * share / sum(shares)) if share else 0 for share in shares]
    rest = [total * share / sum(shares) - part if share else -1.0 for share, part in zip(shares, parts, strict=True)]
    for row in sorted(range(len(parts)), key=lambda row: (-rest[row], row))[: total - sum(parts)]:
        parts[row] += 1
    return parts


def countries(scenario: Scenario) -> tuple[Draft, list[int]]:
    """The countries in the order of the scenario, and how many consumers live in each."""
    draft, shares = Draft(), consumer_shares(scenario)
    people = whole_parts(scenario.consumers, [shares[code] for code in scenario.countries])
    demand = scenario.demand
    for (code, own), count in zip(scenario.countries.items(), people, strict=True):
        facts, coin = place(code), money(code)
        inspection, clearance = customs_facts(code)
        par = float(coin["per_usd_2024_07"]) if own.fx_par is None else own.fx_par
        visits = demand.visits if own.visits is None else own.visits
        draft.add(
            code,
            currency=identity(coin["currency"]),
            fx_par=par,
            fx_start=par,
            fx=par,
            fx_sd=float(coin["daily_sd"]) if own.fx_sd is None else own.fx_sd,
            weight=float(facts["online_shoppers_m"]) * 1e6 / count if count else 0.0,
            rate=need_rate(demand, visits),
            workdays=WEEKS[facts["working_week"]],
            inspection=inspection if own.inspection is None else own.inspection,
            clearance=clearance if own.clearance is None else own.clearance,
        )
    return draft, people


def need_rate(demand: Demand, visits: float) -> float:
    """New needs a day of an idle consumer of mean income with which people of all incomes make `visits` in the mean.

    The rich, who have more needs, are busy with one more often; so the mean consumer must visit somewhat more.
    """
    if visits <= 0.0:
        return 0.0
    spread = demand.income_sd
    incomes = [exp(spread * (normal_quantile((k + 0.5) / QUANTILES) - 0.5 * spread)) for k in range(QUANTILES)]
    shown = sum((demand.survive * (1.0 - demand.conversion)) ** k for k in range(demand.longest + 1))
    low, high = 0.0, 1.0
    for _ in range(40):
        rate = 0.5 * (low + high)
        chances = [min(rate * income, float(MOST)) for income in incomes]
        mean = fsum(shown / (shown + (1.0 - chance) / chance) for chance in chances) / QUANTILES
        low, high = (rate, high) if mean < visits else (low, rate)
    return 0.5 * (low + high)


def demand_fact(name: str, default: float) -> float:
    """A figure of the facts about demand."""
    return next((float(row["value"]) for row in table("demand_facts") if row["key"] == name), default)


def categories(scenario: Scenario) -> Draft:
    """The kinds of goods: weight, usual price, returns of the content, shares of needs."""
    draft = Draft()
    for name in scenario.category_names:
        own = scenario.categories.get(name)
        given: dict[str, Any] = {} if own is None else own.model_dump(exclude_none=True)
        returns = demand_fact(f"return_rate_{ALIAS.get(name, name)}", 10.0) / 100.0
        draft.add(
            name,
            weight=given.get("weight_g", round(1000.0 * demand_fact(f"parcel_weight_{name}", 0.5))),
            price=given.get("price_usd", PRICES.get(name, 30.0)),
            returns=given.get("returns", returns / DISAPPOINTED),
            needs=given.get("needs", 1.0),
        )
    total = sum(draft.column("needs"))
    for values in draft.values:
        values["needs"] /= total
    return draft


def passages(scenario: Scenario) -> Draft:
    """The canals and straits that the facts' sea routes name."""
    draft = Draft()
    for name in known_passages():
        draft.add(name, open=int(scenario.passages[name].open) if name in scenario.passages else 1)
    return draft


class Lanes:
    """The lanes that the world's offers and links ask for, made on first use."""

    def __init__(self, scenario: Scenario, places: Draft, passes: Draft) -> None:
        self.scenario, self.places, self.passes, self.draft = scenario, places, passes, Draft()

    def lane(self, origin: str, dest: str, haul: str) -> int:
        """Row of the lane between two countries by this way of carriage."""
        name = f"{origin}-{dest}-{haul}"
        if name in self.draft.rows:
            return self.draft.rows[name]
        found = way(haul, origin, dest)
        own = self.scenario.lanes.get(name)
        given: dict[str, Any] = {} if own is None else own.model_dump(exclude_none=True)
        queue = "" if one_market(origin, dest) and haul != "bonded" else QUEUE_OF.get(haul, "")
        bits = sum(1 << self.passes.rows[name] for name in found.passages)
        return self.draft.add(
            name,
            origin=self.places.rows[origin],
            dest=self.places.rows[dest],
            haul=HAULS.index(haul),
            queue=QUEUES.index(queue) if queue else -1,
            transit=given.get("transit", found.transit),
            days=given.get("transit", found.transit),
            detour=found.detour,
            passage=bits,
            last_mile=given.get("last_mile", found.last_mile),
            spread=given.get("spread", found.spread),
            per_item=given.get("per_item", found.per_item),
            per_kg=given.get("per_kg", found.per_kg),
            co2=emitted(haul, origin, dest),
            departures=127 if own is None or own.departure_bits is None else own.departure_bits,
        )
