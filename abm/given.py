"""Demand that a scenario gives from outside: packs a day with a mean and a spread, for theory and for calibration.

It knows no page, no price and no way home: what is asked for is taken from the shelf at the list price, or lost. So a
stretch of a chain can be held against theory, also in a world without consumers.
"""

from __future__ import annotations

import numpy as np

from abm.columns import F8, I8, Array
from abm.world import MODES, World
from kernels.chance import Stream
from kernels.supply import normals


def offered(world: World, number: int) -> Array:
    """The offers to which one of the scenario's given demands goes."""
    asked, offers, names = world.scenario.demand.given[number], world.offers, world.names
    group = next(one for one in world.scenario.firms if asked.seller in (one.name, *one.members))
    sellers = {asked.seller} if asked.seller != group.name else set(group.members)
    rows = [row for row, name in enumerate(names["firms"]) if name in sellers]
    found = np.isin(world.nodes.firm[offers.node], rows) & (offers.dest == names["countries"].index(asked.market))
    if asked.category is not None:
        found &= world.listings.category[offers.listing] == names["categories"].index(asked.category)
    if asked.mode is not None:
        found &= offers.mode == MODES.index(asked.mode)
    return np.flatnonzero(found)


def means(world: World) -> F8:
    """Packs a day that are asked of each offer from outside, in the mean."""
    total = np.zeros(len(world.offers))
    for number, asked in enumerate(world.scenario.demand.given):
        total[offered(world, number)] += asked.mean
    return total


def packs(world: World) -> I8:
    """Packs that are asked of each offer from outside today: mean and spread by its luck of the day, at least 0."""
    total, luck = means(world), normals(world.words(Stream.GIVEN, world.offers.identity)[:, 0].copy())
    if world.scenario.chance.noise:
        for number, asked in enumerate(world.scenario.demand.given):
            rows = offered(world, number)
            total[rows] += asked.sd * luck[rows]
    return np.maximum(np.floor(total + 0.5), 0.0).astype(np.int64)
