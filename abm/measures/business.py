"""How firms' goods and money turn over, and whether what is made is what is wanted."""

from __future__ import annotations

import numpy as np

from abm.columns import I8, Array
from abm.measures.declared import NOTHING, measure, once, ratio, sums, usd
from abm.world import KINDS, World

YEAR = 365
BINS, ASKED = 8, 4096
"""Equal steps of style from -1 to 1, and about how many consumers stand for all tastes."""
STYLE = 3
"""Where consumers' tastes hold the liking of style."""


def _whole(values: Array) -> I8:
    return np.floor(values + 0.5).astype(np.int64)


@once
def _traders(world: World) -> Array:
    """Mask of the firms that sell to consumers."""
    return np.isin(world.firms.kind, (KINDS.index("seller"), KINDS.index("retailer")))


@once
def _stock_cents(world: World) -> int:
    """Cost of what sellers and retailers hold, on hand or promised."""
    nodes = world.nodes
    mine = _traders(world)[nodes.firm]
    return int(_whole((nodes.on_hand + nodes.reserved)[mine] * nodes.cost_cents[mine]).sum())


@once
def _sold_cents(world: World) -> int:
    """Cost of what consumers buy on a day, smoothed over four weeks."""
    offers = world.offers
    return int(_whole(offers.demand_ma * world.nodes.cost_cents[offers.node]).sum())


@measure("1/year")
def stock_turns(world: World) -> float:
    """Times a year that sellers and retailers sell their stock, at cost, by the sales of about four weeks."""
    return ratio(YEAR * _sold_cents(world), _stock_cents(world))


@measure("days")
def days_to_cash(world: World) -> float:
    """Days from paying for goods to being paid for them: stock and escrow in days of sales, less payables in cost."""
    traders, firms = _traders(world), world.firms
    held = int(world.accounts.balance_cents[firms.escrow[traders]].sum())
    income = int(_whole(world.offers.demand_ma * world.offers.value_cents).sum())
    goods = ratio(_stock_cents(world) - int(firms.payable_cents[traders].sum()), _sold_cents(world))
    return goods + ratio(held, income)


@measure("USD/day", "profit_{kind}_usd", "kind")
def profit(world: World) -> list[float]:
    """Growth of the worth of all firms of the kind {kind} before dividends, smoothed over 120 days."""
    firms = world.firms
    return [usd(cents) for cents in sums(firms.kind, _whole(firms.profit_ma * firms.alive), len(KINDS))]


@measure("share")
def style_mismatch(world: World) -> float:
    """Part of the goods made in sixty days that would be of another style if spread, kind by kind, as tastes are."""
    made, wanted = _made_by_style(world), _wanted_by_style(world)
    total = int(made.sum())
    if not total or not wanted.sum():
        return NOTHING
    people = int(wanted.sum())
    apart = np.abs(made * people - made.sum(axis=1)[:, None] * wanted).sum()
    return int(apart) / (2 * people * total)


def _step(style: Array) -> Array:
    return np.clip(np.floor((style + 1.0) * BINS / 2.0), 0, BINS - 1).astype(np.int64)


def _made_by_style(world: World) -> I8:
    """Thousandths of finished units made a day, by kind of goods and step of style: int64[category, step]."""
    links, goods = world.links, world.products
    product = world.nodes.product[links.buyer]
    rows = np.flatnonzero((links.make >= 0) & (links.alive > 0) & (goods.finished[product] > 0))
    cell = goods.category[product[rows]] * BINS + _step(goods.style[product[rows]])
    count = sums(cell, links.met_ma[rows] * 1000.0, len(world.categories) * BINS)
    return np.array(count, np.int64).reshape(-1, BINS)


def _wanted_by_style(world: World) -> I8:
    """Consumers out of a sample by the step of the style that they like best; none where style is not minded."""
    people, minded = world.consumers, 2.0 * world.scenario.demand.style
    if not minded:
        return np.zeros(BINS, np.int64)
    stride = -(-max(len(people), 1) // ASKED)
    return np.bincount(_step(people.taste[::stride, STYLE] / minded), minlength=BINS)
