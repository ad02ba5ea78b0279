"""Where goods could come from: lanes between countries, makers of a product, and how a link is pointed elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.columns import F8, I4, I8, U1, Array
from abm.grouping import by_key, distinct, grouped
from abm.settlement import tally
from abm.ties import Ties
from abm.world import HAULS, World
from kernels import chance, threads
from kernels import management as kernel
from kernels import turnover as joining
from kernels.border import Channel, assess_all
from kernels.chance import Stream
from kernels.networks import circles
from kernels.payments import within_limit

CLASSES = np.array([-0.2, 0.3], np.float32)
"""Qualities at which a class of goods ends and the next begins, in standard deviations."""
CATCH_UP_DAYS = 28.0
"""Days in which a maker means to work off what it owes."""
FEW = 64
"""Links of a chunk that look for a supplier: each asks all makers of such goods."""
THOUSAND = 1000.0
LONGEST_WAIT = 365.0
"""Days of waiting for room beyond which shippers do not reckon."""
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
    """Lanes as shippers see them today; their days count those for which goods wait for room.

    A lane runs while it is open and its carrier is in business.
    """
    lanes, size = world.lanes, len(world.countries)
    table = np.full((size, size, len(HAULS)), -1, np.int32)
    table[lanes.origin, lanes.dest, lanes.haul] = np.arange(len(lanes))
    days = lanes.days + lanes.last_mile + np.where(lanes.queue >= 0, world.countries.clearance[lanes.dest], 0.0)
    days += np.clip(lanes.asked_ma / np.maximum(lanes.room_ma, 1.0) - 1.0, 0.0, LONGEST_WAIT)
    runs = (lanes.open > 0) & (world.firms.alive[lanes.carrier] > 0)
    return Ways(table, days, runs.astype(np.uint8))


def cheapest_haul(world: World, known: Ways, rows: Array, source: Array | None = None) -> Choice:
    """The cheapest lane of each link from where it is supplied, or would be by the nodes ``source``."""
    links, nodes, lanes = world.links, world.nodes, world.lanes
    supplier = links.supplier[rows] if source is None else np.asarray(source, np.int32)
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
    kind = world.nodes.product
    return _cheapest(world, known, rows, kind, kind[world.links.buyer[rows]], patient)


def cheapest_maker(world: World, known: Ways, rows: Array) -> Choice:
    """The node of the cheapest maker of finished goods like those of each link: of its class, or else its category."""
    products, links = world.products, world.links
    kind = finished_of_class(world)
    alike = _cheapest(world, known, rows, kind, kind[links.supplier[rows]], patient=True)
    kind = np.where(products.finished > 0, products.category, -1)[world.nodes.product]
    other = _cheapest(world, known, rows, kind, kind[links.buyer[rows]], patient=True)
    none = alike.supplier < 0
    return Choice(np.where(none, other.supplier, alike.supplier), np.where(none, other.lane, alike.lane),
                  np.where(none, other.cost, alike.cost))  # fmt: skip


def quality_class(world: World) -> Array:
    """Class of the quality that each firm's plant makes: 0 plain, 1 usual, 2 fine."""
    return np.searchsorted(CLASSES, world.firms.quality).astype(np.int32)


def cheapest_of_classes(world: World, known: Ways, rows: Array, classes: list[Array]) -> list[Choice]:
    """The nodes of the cheapest ready makers of finished goods of the same category, for each of some classes."""
    products, size = world.products, len(CLASSES) + 1
    kind = finished_of_class(world)
    category = products.category[world.nodes.product[world.links.buyer[rows]]]
    asked = [np.where((one >= 0) & (one < size), category * size + one, -1) for one in classes]
    found = _cheapest(world, known, np.tile(rows, len(asked)), kind, np.concatenate(asked), patient=False)
    parts = (np.split(column, len(asked)) for column in (found.supplier, found.lane, found.cost))
    return [Choice(*of_class) for of_class in zip(*parts, strict=True)]


def finished_of_class(world: World) -> Array:
    """By node: category and class of the finished goods that stand there, as one number; -1 for other goods."""
    products, nodes = world.products, world.nodes
    kind = products.category[nodes.product] * (len(CLASSES) + 1) + quality_class(world)[nodes.firm]
    return np.where(products.finished[nodes.product] > 0, kind, -1)


def _cheapest(world: World, known: Ways, rows: Array, kind: Array, wanted: Array, patient: bool) -> Choice:
    """The cheapest maker, delivered, of the kind of goods ``wanted`` for each link; ``kind`` is by node.

    Unless ``patient``, one who owes no more than it has, and has machines free for all that goes by the link.
    """
    links, nodes, lanes = world.links, world.nodes, world.lanes
    order, first = makers(world, kind)
    room = np.where(nodes.owed <= nodes.on_hand, free_machines(world)[nodes.firm], -1.0)
    room = np.where((nodes.alive > 0) & (world.firms.alive[nodes.firm] > 0), np.inf if patient else room, -1.0)
    supplier, lane = np.empty((2, len(rows)), np.int32)
    cost, buyer = np.empty(len(rows)), links.buyer[rows]
    place = np.clip(wanted, 0, len(first) - 2).astype(np.int32)
    threads.run(kernel.best_suppliers, len(rows), FEW, place, nodes.country[buyer], links.supplier[rows],
                _grams(world, rows), first, order, nodes.country, asking(world), duties(world, rows), room,
                load(world, rows), known.table, lanes.per_kg, lanes.rate, known.days, known.runs, supplier, lane,
                cost)  # fmt: skip
    found = (wanted >= 0) & (wanted < len(first) - 1) & (supplier >= 0)
    return _uncircled(world, rows, Choice(np.where(found, supplier, -1).astype(np.int32), lane, cost))


def joined_up(world: World, known: Ways, rows: Array, kind: Array, wanted: Array) -> Choice:
    """A supplier of the kind of goods ``wanted`` for each link, by a keyed logit of cost, time, trust, slack and ties.

    ``kind`` is by node.
    """
    links, nodes, lanes = world.links, world.nodes, world.lanes
    order, first = makers(world, kind)
    ready = (nodes.alive > 0) & (world.firms.alive[nodes.firm] > 0)
    supplier, lane = np.empty((2, len(rows)), np.int32)
    cost, buyer = np.empty(len(rows)), links.buyer[rows]
    place = np.clip(wanted, 0, len(first) - 2).astype(np.int32)
    reliability, slack, chains = _standing(world)
    threads.run(joining.join_up, len(rows), FEW, links.identity[rows], place, nodes.country[buyer],
                links.supplier[rows], _grams(world, rows), first, order, nodes.identity, nodes.country, asking(world),
                duties(world, rows), reliability, slack, chains, ready.astype(np.uint8), known.table, lanes.per_kg,
                lanes.rate, known.days, known.runs, np.uint64(world.scenario.seed), np.uint32(world.chance_day),
                chance.counter(Stream.FORMATION), supplier, lane, cost)  # fmt: skip
    found = (wanted >= 0) & (wanted < len(first) - 1) & (supplier >= 0)
    return _uncircled(world, rows, Choice(np.where(found, supplier, -1).astype(np.int32), lane, cost))


def _uncircled(world: World, rows: Array, choice: Choice) -> Choice:
    """The choice without suppliers that the link's own buyer feeds: what would go round in a circle is refused."""
    links, size = world.links, len(world.nodes)
    live, first = by_key(np.where(links.alive > 0, links.supplier, -1), size)
    closes = np.empty(len(rows), np.uint8)
    circles(0, len(rows), choice.supplier, links.buyer[rows], first, links.buyer[live], closes)
    return Choice(np.where(closes > 0, -1, choice.supplier).astype(np.int32), choice.lane, choice.cost)


def load(world: World, rows: Array) -> F8:
    """Units a day to make for the links ``rows``: what buyers reckon with, and a month's part of what they wait for."""
    links, nodes = world.links, world.nodes
    due = nodes.forecast[links.buyer[rows]] * links.share[rows] + links.backlog[rows] / CATCH_UP_DAYS
    return np.asarray(due * links.per_unit[rows])


def free_machines(world: World) -> F8:
    """Units a day that each firm could make beside its load; buyers who have just moved are counted at once."""
    links, nodes, busy = world.links, world.nodes, np.zeros(len(world.firms), np.int64)
    sold = np.flatnonzero((links.alive > 0) & (links.supplier >= 0) & (links.make < 0))
    tally(nodes.firm[links.supplier[sold]], np.floor(load(world, sold) * THOUSAND), busy)
    return np.asarray(world.firms.capacity - busy / THOUSAND)


def taken_on(world: World, node: Array, units: F8) -> Array:
    """Mask of those who may have ``units`` a day more of a ``node`` (-1: none), in turn, while machines are free."""
    firm = np.where(node >= 0, world.nodes.firm[node], -1).astype(np.int32)
    free = np.floor(free_machines(world) * THOUSAND).astype(np.int64)
    fits = np.empty(len(firm), np.uint8)
    within_limit(firm, np.floor(units * THOUSAND).astype(np.int64), free, fits)
    return np.asarray((fits > 0) & (firm >= 0))


def busyness(world: World) -> F8:
    """Work that waits at each maker against a usual day's, smoothed: 1 is usual."""
    links, firms, due = world.links, world.firms, np.zeros(len(world.firms), np.int64)
    live = links.alive > 0
    tally(links.make[live], np.floor(links.asked_ma[live] * THOUSAND), due)
    return np.asarray(due / THOUSAND / np.maximum(firms.load * firms.capacity, 1e-9))


def _standing(world: World) -> tuple[F8, F8, I8]:
    """How each node stands as a supplier: orders met of those asked, its maker's free capacity, and its chains."""
    links, nodes = world.links, world.nodes
    asked, met = np.zeros((2, len(nodes)), np.int64)
    live = links.alive > 0
    tally(links.supplier[live], np.floor(links.asked_ma[live] * THOUSAND), asked)
    tally(links.supplier[live], np.floor(links.met_ma[live] * THOUSAND), met)
    chains = np.zeros(len(world.firms), np.int64)
    tally(world.members.firm, world.members.alive, chains)
    reliability = np.where(asked > 0, met / np.maximum(asked, 1), 1.0)
    slack = np.clip(free_machines(world) / np.maximum(world.firms.capacity, 1.0), 0.0, 1.0)
    return np.minimum(reliability, 1.0), slack[nodes.firm], chains[nodes.firm]


def makers(world: World, kind: Array) -> tuple[I4, I4]:
    """Nodes where goods are made, by kind and identity, and where each kind begins among them: rows, first[kind + 1].

    ``kind`` is by node; nodes of kind -1 are left out.
    """
    links, nodes = world.links, world.nodes
    made = distinct(links.buyer[(links.make >= 0) & (links.alive > 0)], len(nodes))
    order, first = grouped(kind[made], int(kind.max(initial=0)) + 1, nodes.identity[made])
    return made[order].astype(np.int32), first.astype(np.int32)


def duties(world: World, rows: Array, day: int | None = None) -> F8:
    """Rate of duty on what each link carries, by origin, by the bulk law of a day (today): float64[link, country]."""
    links, nodes, size = world.links, world.nodes, len(world.countries)
    dest = np.repeat(nodes.country[links.buyer[rows]], size)
    category = np.repeat(world.products.category[nodes.product[links.buyer[rows]]], size)
    origin = np.tile(np.arange(size, dtype=np.int32), len(rows))
    foreign = origin != dest
    cell = np.where(foreign, world.law.cell(dest, category, int(Channel.BULK), origin), -1).astype(np.int32)
    value, none = np.full(len(cell), PROBE, np.int64), np.zeros(len(cell), np.int64)
    rule, duty, vat, fee = np.empty(len(cell), np.int32), none.copy(), none.copy(), none.copy()
    one = np.ones(len(cell), np.int64)
    law = world.law.bands(world.first + world.day if day is None else day)
    assess_all(0, len(cell), cell, value, none, one, one, none, law, world.terms, rule, duty, vat, fee)  # fmt: skip
    return (duty / PROBE).reshape(len(rows), size)


def point(world: World, known: Ways, rows: Array, choice: Choice, ties: Ties | None = None) -> None:
    """Point links to other suppliers or lanes: price, lead time and cell of the law follow.

    Where there are ``ties``, suppliers' prices are looked up; the links pointed are among those added since.
    """
    links, nodes = world.links, world.nodes
    changed = links.supplier[rows] != choice.supplier
    prices = asking(world)[choice.supplier] if ties is None else _asked(world, ties, choice.supplier)
    asked = np.maximum(np.floor(prices + 0.5), 1).astype(np.int64)
    links.price_cents[rows] = np.where(changed, asked, links.price_cents[rows])
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


def asking(world: World) -> F8:
    """What each node asks of a new buyer: the dearest price among its live links, else cost and a quarter."""
    links, nodes = world.links, world.nodes
    usual = nodes.cost_cents * 1.25
    live = np.flatnonzero((links.alive > 0) & (links.supplier >= 0) & (links.price_cents > 0))
    dearest = np.zeros(len(nodes))
    np.maximum.at(dearest, links.supplier[live], links.price_cents[live].astype(np.float64))
    return np.where(dearest > 0, dearest, usual)


def _asked(world: World, ties: Ties, node: Array) -> F8:
    """What `asking` says of some nodes."""
    links = world.links
    rows, which = ties.out_of.each(node)
    live = links.alive[rows] > 0
    dearest = np.zeros(len(node))
    np.maximum.at(dearest, which[live], links.price_cents[rows[live]].astype(np.float64))
    return np.where(dearest > 0, dearest, world.nodes.cost_cents[node] * 1.25)
