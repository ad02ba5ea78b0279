"""What every stocking point orders today, all from the same state; orders are answered tomorrow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.columns import F8, I4, Array
from abm.phases import phase
from abm.rules import parameter
from abm.settlement import tally
from abm.world import World
from kernels import replenishment as ordering
from kernels.supply import place

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
                                     review, nodes.cover[rows], nodes.beta[rows], order)  # fmt: skip
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


RULES = {"proportional": Proportional, "order_up_to": OrderUpTo, "s_S": ReorderPoint}


@phase(writes="nodes.coming nodes.owed nodes.lead nodes.season nodes.level links.placed")
def replenishment(world: World) -> None:
    """Every node whose review is due places orders by its rule; production is ordered in the same way."""
    nodes, links = world.nodes, world.links
    _look(world)
    rows = np.arange(len(nodes), dtype=np.int32)
    wanted, due = np.zeros(len(nodes)), _due(world)
    nodes.level[due] = (_demand(world, rows) * (nodes.lead + _review(world, rows) + nodes.cover))[due]
    for number, rule in enumerate(world.rules["stocking"]):
        mine = rows[due & (nodes.stocking == number)]
        wanted[mine] = rule(world, mine)
    placed = np.empty(len(links), np.int64)
    given = np.zeros(len(nodes), np.int64)
    place(0, len(links), links.buyer, links.share, np.maximum(wanted, 0.0), links.alive, given, placed)
    links.placed += placed


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
    ahead = world.seasons.ahead(world.first + world.day + 1, HORIZON)
    days = np.clip(np.floor(nodes.lead + world.firms.review_days[nodes.firm] + 0.5), 1, HORIZON).astype(np.int64)
    mean = np.hstack([ahead, np.arange(HORIZON + 1)[:, None]])
    nodes.season[:] = mean[days, nodes.market] / days


def _due(world: World) -> Array:
    """Whose review is today: every node of a firm has its own day in the firm's cycle."""
    nodes = world.nodes
    cycle = np.maximum(world.firms.review_days[nodes.firm], 1)
    turn = (nodes.identity % np.uint64(1 << 20)).astype(np.int64)
    alive = (nodes.alive > 0) & (world.firms.alive[nodes.firm] > 0)
    return np.asarray(alive & ((world.day + turn) % cycle == 0))


def _review(world: World, rows: I4) -> F8:
    return world.firms.review_days[world.nodes.firm[rows]].astype(np.float64)


def _demand(world: World, rows: I4) -> F8:
    """Expected units a day over the days that an order placed now must cover."""
    return world.nodes.forecast[rows] * world.nodes.season[rows]


def _position(world: World, rows: I4) -> Array:
    nodes, position = world.nodes, np.empty(len(rows), np.int64)
    ordering.positions(0, len(rows), nodes.on_hand[rows], nodes.coming[rows], nodes.owed[rows], position)
    return position
