"""Stocking points in the textbooks' time: the market's own order rules, rationing and rounding, a period at a time.

A period: customers ask; each point, from the customer up, sees what is asked of it and orders; then, from the source
down, goods that are due arrive, are made up, and meet what is owed; then costs are charged. A shipment of lead time L
that leaves in period t can be used in period t + L, and an order of delay d is seen in period t + d.

Where the texts count otherwise, this is the whole mapping: an order placed here meets the demand of the L periods after
it. A text in which the order comes first and demand after it (newsvendor, (s, S)) has one period more: its L is L + 1
here. In the market, L is the lead time of the link plus the delay of the order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from abm.columns import F8, I8
from kernels import rationing, replenishment
from kernels.supply import place

MARKET = -1
"""Where an arc of customers leads, and where the arc of a source comes from."""
PARTS = 720_720_000
"""Parts in which goods are counted where they are not whole: thousandths, and the shares of 1 to 16 in one."""
RATIONING = {
    "in_order": rationing.priority,
    "proportional": rationing.proportional,
    "uniform": rationing.uniform,
}

Rule = Callable[[I8], F8]


def up_to(level: float) -> Rule:
    """Base stock: order what lifts the position to the level."""

    def orders(position: I8) -> F8:
        order = np.empty(len(position))
        replenishment.up_to_orders(0, len(position), position, np.full(len(position), level), order)
        return order

    return orders


def s_S(reorder: float, level: float) -> Rule:
    """(s, S): order up to S once the position is at or below s."""

    def orders(position: I8) -> F8:
        every, order = np.ones(len(position)), np.empty(len(position))
        replenishment.s_S_orders(0, len(position), position, reorder * every, level * every, order)
        return order

    return orders


def r_Q(reorder: float, batch: float) -> Rule:
    """(r, Q): order whole batches once the position is at or below r."""

    def orders(position: I8) -> F8:
        every, order = np.ones(len(position)), np.empty(len(position))
        replenishment.r_Q_orders(0, len(position), position, reorder * every, batch * every, order)
        return order

    return orders


@dataclass(frozen=True)
class Point:
    """A stocking point: how it orders, how long goods and orders take, what it costs; goods in parts."""

    rule: Rule
    start: int
    lead: int = 0
    delay: int = 0
    holding: float = 0.0
    shortage: float = 0.0
    transit: float | None = None
    """Cost of a unit for each period on its way to a buyer; None: as held here."""
    setup: float = 0.0


@dataclass(frozen=True)
class Arc:
    """Who supplies whom, and how many units go into one of the buyer's."""

    supplier: int
    buyer: int
    units: int = 1


@dataclass
class Flow:
    """What moves along an arc, by replication: orders under way, goods on the road, what is owed and what has come."""

    arc: Arc
    slips: deque[I8]
    road: deque[I8]
    owed: I8
    came: I8


@dataclass
class Trace:
    """What happened: int64 or float64 [point, period, replication], parts of a unit and costs."""

    level: I8
    order: I8
    cost: F8


class System:
    """A network of points without circles, on which any number of replications run side by side."""

    def __init__(self, points: Sequence[Point], arcs: Sequence[Arc], parts: int = 1, ration: str = "in_order") -> None:
        self.points, self.parts, self.ration = points, parts, RATIONING[ration]
        sources = [Arc(MARKET, n) for n in range(len(points)) if all(arc.buyer != n for arc in arcs)]
        self.arcs = [*arcs, *sources]
        self.down = _sources_first(len(points), arcs)

    def run(self, demand: dict[int, I8]) -> Trace:
        """Follow demand, int64[period, replication] in parts by point, from shelves at their start and empty roads."""
        periods, copies = next(iter(demand.values())).shape
        self._begin(demand, copies)
        shape = (len(self.points), periods, copies)
        trace = Trace(np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape))
        for period in range(periods):
            for flow in self.sales.values():
                flow.slips.append(demand[flow.arc.supplier][period])
            for point in reversed(self.down):
                self._ask(point)
                trace.order[point, period] = self._order(point)
            for point in self.down:
                self._receive(point)
                self._ship(point)
            for point in self.down:
                trace.level[point, period] = self.shelf[point] - self._owed(point)
                trace.cost[point, period] = self._charge(point, trace.order[point, period])
        return trace

    def _begin(self, demand: dict[int, I8], copies: int) -> None:
        every = np.zeros(copies, np.int64)
        self.flows = [self._flow(arc, every) for arc in self.arcs]
        self.sales = {n: Flow(Arc(n, MARKET), deque(), deque(), every.copy(), every.copy()) for n in demand}
        self.shelf = [every + point.start for point in self.points]
        self.pending = [every.copy() for _ in self.points]
        both = [*self.flows, *self.sales.values()]
        self.into = [[flow for flow in self.flows if flow.arc.buyer == n] for n in range(len(self.points))]
        self.out = [[flow for flow in both if flow.arc.supplier == n] for n in range(len(self.points))]

    def _flow(self, arc: Arc, every: I8) -> Flow:
        buyer = self.points[arc.buyer]
        slips, road = ([every.copy() for _ in range(days)] for days in (buyer.delay, buyer.lead))
        return Flow(arc, deque(slips), deque(road), every.copy(), every.copy())

    def _owed(self, point: int) -> I8:
        return np.asarray(np.sum([flow.owed for flow in self.out[point]], axis=0), np.int64)

    def _ask(self, point: int) -> None:
        """Add to what is owed what is asked of a point in this period."""
        for flow in self.out[point]:
            flow.owed = flow.owed + flow.slips.popleft()

    def _order(self, point: int) -> I8:
        """Place what the rule wants for the position, in whole parts, with all suppliers alike."""
        copies = len(self.shelf[point])
        position, placed = np.empty(copies, np.int64), np.empty(copies, np.int64)
        replenishment.positions(0, copies, self.shelf[point], self.pending[point], self._owed(point), position)
        rows = np.arange(copies, dtype=np.int32)
        place(0, copies, rows, np.ones(copies), self.points[point].rule(position), np.ones(copies, np.uint8),
              np.zeros(copies, np.int64), placed)  # fmt: skip
        self.pending[point] += placed
        for flow in self.into[point]:
            flow.slips.append(placed * flow.arc.units)
            if flow.arc.supplier == MARKET:
                flow.road.append(flow.slips.popleft())
        return placed

    def _receive(self, point: int) -> None:
        """Take in what is due, and make up as much as the scarcest component allows."""
        into = self.into[point]
        for flow in into:
            flow.came = flow.came + flow.road.popleft()
        made = np.min([flow.came // flow.arc.units for flow in into], axis=0)
        for flow in into:
            flow.came = flow.came - made * flow.arc.units
        self.shelf[point] = self.shelf[point] + made
        self.pending[point] = self.pending[point] - made

    def _ship(self, point: int) -> None:
        """Ration the shelf over all that is owed, and send it off."""
        out, copies = self.out[point], len(self.shelf[point])
        rows = copies * len(out)
        granted, turn = np.empty(rows, np.int64), np.tile(np.arange(len(out)), copies)
        claim = np.column_stack([flow.owed for flow in out]).ravel()
        first = np.arange(copies + 1, dtype=np.int64) * len(out)
        none = np.zeros(rows, np.int64)
        self.ration(0, copies, first, claim, none, turn.astype(np.uint64), -turn.astype(np.float64),
                    self.shelf[point], none, granted)  # fmt: skip
        for flow, given in zip(out, granted.reshape(copies, len(out)).T, strict=True):
            flow.owed = flow.owed - given
            if flow.arc.buyer != MARKET:
                flow.road.append(given)
        self.shelf[point] = self.shelf[point] - granted.reshape(copies, len(out)).sum(axis=1)

    def _charge(self, point: int, order: I8) -> F8:
        """Cost of a period: goods held, components waiting at their supplier's cost, sent off, owed, and orders."""
        one = self.points[point]
        transit = one.holding if one.transit is None else one.transit
        cost = one.holding * self.shelf[point] + one.shortage * self._owed(point)
        for flow in self.out[point]:
            if flow.road:
                cost = cost + transit * np.sum(list(flow.road), axis=0)
        for flow in self.into[point]:
            if flow.arc.supplier != MARKET:
                cost = cost + self.points[flow.arc.supplier].holding * flow.came
        return np.asarray(cost / self.parts + one.setup * (order > 0))


def _sources_first(points: int, arcs: Sequence[Arc]) -> list[int]:
    """The points, each after all that supply it; fewer than there are when arcs go round in a circle."""
    order: list[int] = []
    while ready := [n for n in range(points) if n not in order and
                    all(arc.supplier in order for arc in arcs if arc.buyer == n)]:  # fmt: skip
        order += ready
    return order
