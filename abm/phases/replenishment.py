"""What every stocking point orders today, all from the same state; orders are answered tomorrow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm import foresight
from abm.attention import attended
from abm.columns import F8, I4, I8, Array
from abm.phases import phase
from abm.rules import parameter
from abm.settlement import tally
from abm.world import World
from kernels import replenishment as ordering
from kernels.information import seasons_ahead
from kernels.supply import in_lots, place

LEAST_SEASON = 0.05
HORIZON = 150
"""Days that nodes look ahead for the season."""


@dataclass(frozen=True)
class Proportional:
    """Orders follow demand and close a part of the gap to target at each review: the smoothing that firms show."""

    cover: float = parameter(14.0, "days", 0.0, 365.0, "Days of safety stock.")

    def __call__(self, world: World, rows: I4) -> F8:
        nodes = world.nodes
        order = np.empty(len(rows))
        review = _review(world, rows)
        ordering.proportional_orders(0, len(rows), _position(world, rows), _demand(world, rows), nodes.lead[rows],
                                     review, _cover(world, rows), nodes.beta[rows], order)  # fmt: skip
        return order


@dataclass(frozen=True)
class OrderUpTo:
    """Each review brings the inventory position up to expected demand over lead time, review and cover."""

    cover: float = parameter(14.0, "days", 0.0, 365.0, "Days of safety stock.")

    def __call__(self, world: World, rows: I4) -> F8:
        order = np.empty(len(rows))
        ordering.up_to_orders(0, len(rows), _position(world, rows), world.nodes.level[rows], order)
        return order


@dataclass(frozen=True)
class ReorderPoint:
    """(s, S): nothing until the position falls to s, then up to S."""

    batch: float = parameter(14.0, "days", 0.0, 365.0, "Days of demand between s and S.")

    def __call__(self, world: World, rows: I4) -> F8:
        level, order = world.nodes.level[rows], np.empty(len(rows))
        upper = level + self.batch * _demand(world, rows)
        ordering.s_S_orders(0, len(rows), _position(world, rows), level, upper, order)
        return order


@dataclass(frozen=True)
class ReorderQuantity:
    """(r, Q): nothing while the position is above r, then whole batches of Q."""

    batch: float = parameter(14.0, "days", 0.1, 365.0, "Days of demand in a batch.")

    def __call__(self, world: World, rows: I4) -> F8:
        size, order = np.maximum(self.batch * _demand(world, rows), 1.0), np.empty(len(rows))
        ordering.r_Q_orders(0, len(rows), _position(world, rows), world.nodes.level[rows], size, order)
        return order


@dataclass(frozen=True)
class Sterman:
    """Anchor on expected demand, adjust for a part of the gap, and keep only a part of what is on order in mind."""

    alpha: float = parameter(0.26, "share", 0.0, 1.0, "Part of the gap in stock that one review closes.")
    beta: float = parameter(0.34, "share", 0.0, 1.0, "Part of the supply line that is kept in mind.")

    def __call__(self, world: World, rows: I4) -> F8:
        nodes, every = world.nodes, np.ones(len(rows))
        review, demand, order = _review(world, rows), _demand(world, rows), np.empty(len(rows))
        target = demand * (self.beta * nodes.lead[rows] + review + _cover(world, rows))
        stock, line = (nodes.on_hand - nodes.owed)[rows].astype(np.float64), nodes.coming[rows].astype(np.float64)
        ordering.sterman_orders(0, len(rows), stock, line, demand * review, target, self.alpha * every,
                                self.beta * every, order)  # fmt: skip
        return order


@dataclass(frozen=True)
class VendorManaged:
    """The supplier looks every day and orders for the buyer what its record of the buyer's stock says is missing."""

    cover: float = parameter(14.0, "days", 0.0, 365.0, "Days of safety stock.")
    daily = True

    def __call__(self, world: World, rows: I4) -> F8:
        nodes, order = world.nodes, np.empty(len(rows))
        missing = nodes.recorded[rows] - nodes.on_hand[rows]
        level = _demand(world, rows) * (nodes.lead[rows] + 1.0 + _cover(world, rows))
        ordering.up_to_orders(0, len(rows), _position(world, rows) + missing, level, order)
        return order


RULES = {"proportional": Proportional, "order_up_to": OrderUpTo, "s_S": ReorderPoint, "r_Q": ReorderQuantity,
         "sterman": Sterman, "vendor_managed": VendorManaged}  # fmt: skip


@phase(writes="nodes.coming nodes.owed nodes.lead nodes.season nodes.expects nodes.level nodes.habit links.placed")
def replenishment(world: World) -> None:
    """Every node whose review is due places orders by its rule; production is ordered in the same way."""
    nodes, links = world.nodes, world.links
    _look(world)
    rows = np.arange(len(nodes), dtype=np.int32)
    wanted, due = np.zeros(len(nodes)), _due(world)
    nodes.level[due] = (_demand(world, rows) * (nodes.lead + _review(world, rows) + _cover(world, rows)))[due]
    seen = attended(world, due, _deviation(world, rows))
    for number, rule in enumerate(world.rules["stocking"]):
        mine = rows[seen & (nodes.stocking == number)]
        wanted[mine] = rule(world, mine)
    nodes.habit[seen] = wanted[seen]
    wanted[due] = np.where(nodes.habit < 0, _demand(world, rows) * _review(world, rows), nodes.habit)[due]
    placed = np.empty(len(links), np.int64)
    given = np.zeros(len(nodes), np.int64)
    place(0, len(links), links.buyer, links.share, np.maximum(wanted, 0.0), links.alive, given, placed)
    _in_lots(world, placed)
    links.placed += placed


def _in_lots(world: World, placed: I8) -> None:
    """Bring orders to sizes that are taken: a supplier's least order, a maker's whole batches."""
    links, nodes, firms = world.links, world.nodes, world.firms
    rows = np.flatnonzero(placed > 0)
    supplier, buyer, maker = (column[rows] for column in (links.supplier, links.buyer, links.make))
    bought = (maker < 0) & (nodes.firm[supplier] != nodes.firm[buyer])
    least = np.where(bought, firms.least_days[nodes.firm[supplier]], 0.0) * links.baseline[rows]
    batch = np.where(maker >= 0, firms.batch_days[maker], 0.0) * links.baseline[rows]
    units = placed[rows]
    in_lots(0, len(rows), _whole(least), _whole(batch), units)
    placed[rows] = units


def _whole(units: Array) -> I8:
    """Whole units, half up, at least one."""
    return np.asarray(np.maximum(np.floor(units + 0.5), 1), np.int64)


def _look(world: World) -> None:
    """What is on order, what is owed, the lead time and the season ahead of each node."""
    nodes, links = world.nodes, world.links
    nodes.coming[:] = 0
    nodes.owed[:] = 0
    tally(links.buyer, links.placed + links.backlog + links.granted + links.coming, nodes.coming)
    tally(links.supplier, links.backlog * links.per_unit, nodes.owed)
    nodes.lead[:] = 0.0
    live = np.flatnonzero(links.alive)
    np.maximum.at(nodes.lead, links.buyer[live], links.lead[live])
    _foresee(world)


def _foresee(world: World) -> None:
    """Demand against a flat day, expected tomorrow and over lead time and review, as firms know the calendar."""
    nodes, seasons = world.nodes, world.seasons
    days = np.floor(nodes.lead + world.firms.review_days[nodes.firm] + 0.5)
    days = np.clip(days, 1, HORIZON).astype(np.int64)
    if seasons.flat:
        nodes.season[:] = nodes.expects[:] = 1.0
        return
    ahead = seasons.ahead(world.first + world.day, HORIZON)
    mean = np.hstack([ahead, np.arange(HORIZON + 1)[:, None]])
    wanted = foresight.calendar(world, foresight.climb(world), np.diff(ahead, axis=0), early=True)
    tomorrow, told = np.empty((2, len(nodes)))
    seasons_ahead(wanted, days, tomorrow, told)
    knows = ((foresight.tiers(world) == 1) | (world.firms.adopted > 0))[nodes.firm] & (nodes.market < 0)
    nodes.expects[:] = np.where(knows, tomorrow, mean[1, nodes.market])
    nodes.season[:] = np.where(knows, told, mean[days, nodes.market] / days)


def _deviation(world: World, rows: I4) -> F8:
    """Days of demand by which stock and orders are off their level; nothing where no order is wanted, nor was."""
    nodes, off = world.nodes, world.nodes.level[rows] - _position(world, rows)
    settled = (off < 1.0) & (nodes.habit[rows] == 0.0)
    return np.where(settled, 0.0, np.abs(off) / np.maximum(_demand(world, rows), 1e-9))


def _due(world: World) -> Array:
    """Whose review is today: every node of a firm has its own day in the firm's cycle, unless its rule looks daily."""
    nodes = world.nodes
    daily = np.array([getattr(rule, "daily", False) for rule in world.rules["stocking"]])
    cycle = np.where(daily[nodes.stocking], 1, np.maximum(world.firms.review_days[nodes.firm], 1))
    turn = (nodes.identity % np.uint64(1 << 20)).astype(np.int64)
    alive = (nodes.alive > 0) & (world.firms.alive[nodes.firm] > 0)
    return np.asarray(alive & ((world.day + turn) % cycle == 0))


def _review(world: World, rows: I4) -> F8:
    return world.firms.review_days[world.nodes.firm[rows]].astype(np.float64)


def _demand(world: World, rows: I4) -> F8:
    """Expected units a day over the days that an order placed now must cover."""
    return world.nodes.forecast[rows] * world.nodes.season[rows]


def _cover(world: World, rows: I4) -> F8:
    """Safety stock in days of the demand expected: a season moves what is needed, not what is kept for surprises."""
    return np.asarray(world.nodes.cover[rows] / np.maximum(world.nodes.season[rows], LEAST_SEASON))


def _position(world: World, rows: I4) -> Array:
    nodes, position = world.nodes, np.empty(len(rows), np.int64)
    ordering.positions(0, len(rows), nodes.on_hand[rows], nodes.coming[rows], nodes.owed[rows], position)
    return position
