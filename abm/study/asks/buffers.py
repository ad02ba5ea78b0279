"""Buffers against the failure of a firm: stock of those who buy from it, machines of others, a second source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from abm import sourcing
from abm.columns import Array
from abm.moves import copied, named
from abm.phases.management import SWITCHING
from abm.world import World
from kernels.management import HOLDING

LEVELS: Mapping[str, tuple[float, ...]] = {
    "stock": (14, 28, 56),
    "capacity": (0.25, 0.5, 1.0),
    "second source": (0.25, 0.5),
}
"""Days of safety stock, parts of usual capacity, and parts of orders: what is tried, from little to much."""
WORDS = {
    "stock": "{:g} days more stock at its buyers",
    "capacity": "{:.0%} more capacity of others of its kind",
    "second source": "{:.0%} of orders from a second source",
}
YEAR = 365.0


@dataclass(frozen=True)
class Buffer:
    """A kind of buffer and how much of it."""

    kind: str
    level: float

    def __str__(self) -> str:
        return WORDS[self.kind].format(self.level)


def put_up(world: World, firm: int, buffer: Buffer) -> float:
    """Put up a buffer against the failure of a firm in a world that is about to be lived on.

    Returns:
        What it costs, in USD a year at today's prices: a quarter of the value of stock, rent and salaries in
        proportion to capacity, or what the second source is dearer and the cost of going there.
    """
    if buffer.kind == "stock":
        return _stock(world, firm, buffer.level)
    if buffer.kind == "capacity":
        return _capacity(world, firm, buffer.level)
    return _second_source(world, firm, buffer.level)


def _bought(world: World, firm: int) -> Array:
    """Links on which others buy from a firm."""
    links, nodes = world.links, world.nodes
    own = nodes.firm[links.supplier] == firm
    live = (links.alive > 0) & (links.supplier >= 0) & (links.lane >= 0) & (links.share > 0)
    return np.flatnonzero(own & live & (nodes.firm[links.buyer] != firm))


def _stock(world: World, firm: int, days: float) -> float:
    nodes = world.nodes
    rows = np.unique(world.links.buyer[_bought(world, firm)])
    world.raise_base("nodes", "cover", rows, np.full(len(rows), days))
    held = np.floor(nodes.forecast[rows] * nodes.cost_cents[rows] * days + 0.5).astype(np.int64)
    return int(held.sum()) / 100.0 * HOLDING


def _capacity(world: World, firm: int, part: float) -> float:
    firms = world.firms
    alike = (firms.kind == firms.kind[firm]) & (firms.category == firms.category[firm]) & (firms.alive > 0)
    alike[firm] = False
    rows = np.flatnonzero(alike)
    world.raise_base("firms", "capacity", rows, part * firms.capacity[rows])
    return int(firms.fixed_cents[rows].sum()) / 100.0 * part * YEAR


def _second_source(world: World, firm: int, part: float) -> float:
    links = world.links
    rows = _bought(world, firm)
    rows = rows[np.argsort(links.identity[rows])]
    known = sourcing.ways(world)
    now = sourcing.haul_cost(world, known, rows) + links.price_cents[rows]
    found = sourcing.cheapest_supplier(world, known, rows, patient=True)
    there = found.supplier >= 0
    rows, now = rows[there], now[there]
    choice = sourcing.Choice(found.supplier[there], found.lane[there], found.cost[there])
    names = [f"{world.names['links'][row]}/second/{world.day}" for row in rows.tolist()]
    fresh = copied(links, rows, identity=named(world, "links", names), placed=0, backlog=0, granted=0, coming=0)
    links.share[fresh] *= part
    links.share[rows] *= 1.0 - part
    sourcing.point(world, known, fresh, choice)
    units = sourcing.load(world, fresh)
    dearer = np.maximum(choice.cost - now, 0.0) + SWITCHING * choice.cost
    cents = np.floor(units * dearer * YEAR + 0.5)
    return int(np.where(np.isfinite(cents), cents, 0.0).astype(np.int64).sum()) / 100.0
