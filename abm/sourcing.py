"""Where goods could come from: lanes between countries, makers of a product, and how a link is pointed elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.columns import F8, I4, U1, Array
from abm.world import HAULS, World
from kernels import management as kernel
from kernels.border import Channel, assess_all

PROBE = 100_000_000
"""Value, in hundredths of the law's currency, on which rates of duty are read off."""


@dataclass(frozen=True)
class Ways:
    """Freight lanes by origin, destination and haul, with what they cost and take today."""

    table: I4
    days: F8
    runs: U1


@dataclass(frozen=True)
class Choice:
    """For each link asked about: the node to buy from (-1 none), the lane to use, and the cost delivered per unit."""

    supplier: I4
    lane: I4
    cost: F8


def ways(world: World) -> Ways:
    """Lanes as shippers see them today; a lane runs while it is open and its carrier is in business."""
    lanes, size = world.lanes, len(world.countries)
    table = np.full((size, size, len(HAULS)), -1, np.int32)
    table[lanes.origin, lanes.dest, lanes.haul] = np.arange(len(lanes))
    days = lanes.days + lanes.last_mile + np.where(lanes.queue >= 0, world.countries.clearance[lanes.dest], 0.0)
    runs = (lanes.open > 0) & (world.firms.alive[lanes.carrier] > 0)
    return Ways(table, days, runs.astype(np.uint8))


def cheapest_haul(world: World, known: Ways, rows: Array) -> Choice:
    """The cheapest lane of each link between the places where it stands."""
    links, nodes, lanes = world.links, world.nodes, world.lanes
    supplier = links.supplier[rows]
    lane, cost = np.empty(len(rows), np.int32), np.empty(len(rows))
    kernel.hauls(0, len(rows), nodes.country[supplier], nodes.country[links.buyer[rows]], _grams(world, rows),
                 _value(world, supplier), known.table, lanes.per_kg, lanes.rate, known.days, known.runs, lane,
                 cost)  # fmt: skip
    return Choice(supplier, lane, cost)


def haul_cost(world: World, known: Ways, rows: Array) -> F8:
    """What one unit costs on the lane that each link uses now; without end where it does not run."""
    links, lanes = world.links, world.lanes
    lane = links.lane[rows]
    freight = lanes.per_kg[lane] * lanes.rate[lane] * _grams(world, rows) / 1000.0
    cost = freight + _value(world, links.supplier[rows]) * kernel.HOLDING / 365.0 * known.days[lane]
    return np.where(known.runs[lane] > 0, cost, np.inf)


def cheapest_supplier(world: World, known: Ways, rows: Array, patient: bool = False) -> Choice:
    """The cheapest other maker of the very product of each link; one who owes more than it has only if ``patient``."""
    return _cheapest(world, known, rows, world.nodes.product, len(world.products), patient)


def cheapest_maker(world: World, known: Ways, rows: Array) -> Choice:
    """The node of the cheapest maker of finished goods of the same category as the product of each link."""
    products = world.products
    kind = np.where(products.finished > 0, products.category, len(world.categories))
    return _cheapest(world, known, rows, kind[world.nodes.product], len(world.categories) + 1, patient=True)


def _cheapest(world: World, known: Ways, rows: Array, kind: Array, kinds: int, patient: bool) -> Choice:
    """The cheapest ready maker, delivered, of goods of the same kind (by node) as each link's buyer holds."""
    links, nodes, lanes = world.links, world.nodes, world.lanes
    made = np.unique(links.buyer[(links.make >= 0) & (links.alive > 0)])
    order = made[np.lexsort((nodes.identity[made], kind[made]))].astype(np.int32)
    first = np.searchsorted(kind[order], np.arange(kinds + 1)).astype(np.int32)
    ready = (patient | (nodes.owed <= nodes.on_hand)) & (nodes.alive > 0) & (world.firms.alive[nodes.firm] > 0)
    supplier, lane = np.empty((2, len(rows)), np.int32)
    cost, buyer = np.empty(len(rows)), links.buyer[rows]
    kernel.best_suppliers(0, len(rows), kind[buyer].astype(np.int32), nodes.country[buyer], links.supplier[rows],
                          _grams(world, rows), first, order, nodes.country, _asking(world),
                          duties(world, rows), ready.astype(np.uint8),
                          known.table, lanes.per_kg, lanes.rate, known.days, known.runs, supplier, lane,
                          cost)  # fmt: skip
    return Choice(supplier, lane, cost)


def duties(world: World, rows: Array) -> F8:
    """Rate of duty on what each link carries, by country of origin, by today's bulk law: float64[link, country]."""
    links, nodes, size = world.links, world.nodes, len(world.countries)
    dest = np.repeat(nodes.country[links.buyer[rows]], size)
    category = np.repeat(world.products.category[nodes.product[links.buyer[rows]]], size)
    origin = np.tile(np.arange(size, dtype=np.int32), len(rows))
    foreign = origin != dest
    cell = np.where(foreign, world.law.cell(dest, category, int(Channel.BULK), origin), -1).astype(np.int32)
    value, none = np.full(len(cell), PROBE, np.int64), np.zeros(len(cell), np.int64)
    rule, duty, vat, fee = np.empty(len(cell), np.int32), none.copy(), none.copy(), none.copy()
    one = np.ones(len(cell), np.int64)
    assess_all(0, len(cell), cell, value, none, one, one, none, world.law.bands(world.first + world.day),
               world.terms, rule, duty, vat, fee)  # fmt: skip
    return (duty / PROBE).reshape(len(rows), size)


def point(world: World, known: Ways, rows: Array, choice: Choice) -> None:
    """Point links to other suppliers or lanes: price, lead time and cell of the law follow."""
    links, nodes = world.links, world.nodes
    changed = links.supplier[rows] != choice.supplier
    asking = np.maximum(np.floor(_asking(world)[choice.supplier] + 0.5), 1).astype(np.int64)
    links.price_cents[rows] = np.where(changed, asking, links.price_cents[rows])
    links.supplier[rows], links.lane[rows] = choice.supplier, choice.lane
    links.lead[rows] = known.days[choice.lane] + 1.0
    buyer = links.buyer[rows]
    crossing = (nodes.country[choice.supplier] != nodes.country[buyer]) & (nodes.bonded[buyer] == 0)
    category = world.products.category[nodes.product[buyer]]
    cell = world.law.cell(nodes.country[buyer], category, int(Channel.BULK), nodes.origin[choice.supplier])
    links.cell[rows] = np.where(crossing, cell, -1)


def _grams(world: World, rows: Array) -> Array:
    return world.categories.weight[world.products.category[world.nodes.product[world.links.buyer[rows]]]]


def _value(world: World, node: Array) -> F8:
    return np.ascontiguousarray(world.nodes.cost_cents[node])


def _asking(world: World) -> F8:
    """What each node asks of a new buyer: the dearest price among its live links, else cost and a quarter."""
    links, nodes = world.links, world.nodes
    asking = nodes.cost_cents * 1.25
    live = np.flatnonzero((links.alive > 0) & (links.supplier >= 0) & (links.price_cents > 0))
    dearest = np.zeros(len(nodes))
    np.maximum.at(dearest, links.supplier[live], links.price_cents[live].astype(np.float64))
    return np.where(dearest > 0, dearest, asking)
