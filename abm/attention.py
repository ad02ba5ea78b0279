"""To which stocking points a firm attends at a review: those farthest off first, the rest repeat their last order."""

from __future__ import annotations

import numpy as np

from abm.columns import F8, I8, Array
from abm.grouping import grouped
from abm.settlement import tally
from abm.world import Pool, World
from kernels import rationing
from kernels.chance import Stream

ORDERS_EACH = 50.0
"""Usual orders a day for each of a firm's planners, in a world of `REFERENCE` consumers."""
REFERENCE = 100_000
DECISIONS = 3.0
"""Decisions at a review for each planner of a firm of full initiative."""
WHOLE = 1000
"""A decision, in thousandths."""


def decisions(world: World) -> I8:
    """How many decisions each firm can take at a review: ceil(3 initiative staff), at least one."""
    firms, orders = world.firms, np.zeros(len(world.firms), np.int64)
    tally(world.nodes.firm, np.floor(world.nodes.baseline * WHOLE), orders)
    staff = orders / WHOLE / ORDERS_EACH * (REFERENCE / max(world.scenario.consumers, 1))
    return np.asarray(np.maximum(np.ceil(DECISIONS * firms.initiative * staff), 1), np.int64)


def attended(world: World, due: Array, deviation: F8) -> Array:
    """Mask of the nodes ``due`` to which their firms attend, by ``deviation`` in days of demand, largest first.

    A firm's pooled decisions go where the deviation is; the others are fenced for each node by its usual flow.
    """
    nodes, firms = world.nodes, world.firms
    room, asked = decisions(world), np.bincount(nodes.firm[due], minlength=len(firms))
    crowded = (asked > room) | ((firms.pooled[:, Pool.ATTENTION] < 1.0) & (asked > 0))
    rows = np.flatnonzero(due & crowded[nodes.firm])
    chosen = due.copy()
    if not len(rows):
        return chosen
    order, first = grouped(nodes.firm[rows], len(firms), nodes.identity[rows])
    order = rows[order]
    claim, granted = np.full(len(order), WHOLE, np.int64), np.zeros(len(order), np.int64)
    rationing.priority(0, len(firms), first, claim, np.zeros(len(order), np.int64), nodes.identity[order],
                       deviation[order], room * WHOLE, _fences(world, room)[order], granted)  # fmt: skip
    word = world.words(Stream.ATTENTION, nodes.identity[order])[:, 0]
    chosen[order] = word < granted * (2.0**32 / WHOLE)
    return chosen


def _fences(world: World, room: I8) -> I8:
    """Thousandths of a decision that are kept for each node, by its part of its firm's usual flow."""
    nodes, firms = world.nodes, world.firms
    usual = np.floor(nodes.baseline * nodes.alive * WHOLE).astype(np.int64)
    total = np.zeros(len(firms), np.int64)
    tally(nodes.firm, usual, total)
    part = usual / np.maximum(total[nodes.firm], 1)
    return np.asarray(
        np.floor(room[nodes.firm] * WHOLE * (1.0 - firms.pooled[nodes.firm, Pool.ATTENTION]) * part), np.int64
    )
