"""What is known of demand further down a chain: how news climbs, and what the calendar makes of usual sales."""

from __future__ import annotations

import numpy as np

from abm.columns import F8, I8, Array
from abm.settlement import tally
from abm.world import World
from kernels import information as kernel
from kernels import threads

MILLION = 1_000_000
DAYS = 76
"""Days that one thread works through at a time."""


def climb(world: World) -> I8:
    """Live links in the order in which news climbs: a link comes after all on which its buyer supplies others."""
    links = world.links
    live = ((links.alive > 0) & (links.supplier >= 0)).astype(np.uint8)
    order = np.empty(len(links), np.int64)
    found = kernel.climb(links.supplier, links.buyer, live, len(world.nodes), order)
    return order[:found]


def tiers(world: World) -> I8:
    """Steps of each firm from the consumer, the fewest of its chains; 0 for services."""
    members, fewest = world.members, np.empty(len(world.firms), np.int64)
    kernel.fewest_steps(members.firm, members.tier, fewest)
    return fewest


def on_order(world: World) -> I8:
    """Units that each node has ordered and not yet received."""
    links, total = world.links, np.zeros(len(world.nodes), np.int64)
    tally(links.buyer, links.placed + links.backlog + links.granted + links.coming, total)
    return total


def pass_up(world: World, way: Array, window: Array, wanted: I8) -> I8:
    """Add to what consumers want of each node (millionths, by day) what its buyers want because of them."""
    links = world.links
    factor = links.share * links.per_unit
    kernel.pass_up(way, links.supplier, links.buyer, factor, np.ascontiguousarray(window, np.int64), wanted)
    return wanted


def calendar(world: World, way: Array, visits: F8, early: bool) -> I8:
    """Millionths wanted of each node on some days and, last, on a flat day, as far as firms tell each other.

    ``visits`` is what the calendar makes of a flat day in each market: float64[day, country]. A seller knows its
    markets; its suppliers know them where the order systems on both sides exchange notices, else they take a flat
    year for granted. With ``early`` the days are consecutive and buyers order for those of lead time and review.
    """
    nodes, links, adopted = world.nodes, world.links, world.firms.adopted
    buyer, supplier = nodes.firm[links.buyer], nodes.firm[links.supplier]
    told = (buyer == supplier) | ((adopted[buyer] > 0) & (adopted[supplier] > 0))
    horizon = np.floor(links.lead + world.firms.review_days[buyer] + 0.5)
    window = np.maximum(horizon, 1).astype(np.int64) if early else np.zeros(len(links), np.int64)
    offers, wanted = world.offers, np.zeros((len(nodes), len(visits) + 1), np.int64)
    level = np.vstack([visits, np.ones(len(world.countries))])
    threads.run(kernel.shoppers, len(level), DAYS, offers.node, offers.dest, offers.demand_ma,
                np.ascontiguousarray(level), wanted)  # fmt: skip
    return pass_up(world, way, np.where(told, window, len(visits) + 1), wanted)


def against_a_flat_day(wanted: I8) -> F8:
    """What the calendar makes of a flat day, float64[node, day]; 1 for nodes of which nothing is wanted."""
    usual = wanted[:, -1:]
    return np.where(usual > 0, wanted[:, :-1] / np.maximum(usual, 1), 1.0)
