"""What stands and moves at the start: every node at its level for the phase of its review, pipelines even over days."""

from __future__ import annotations

import numpy as np

from abm.columns import F8, I8, Array
from abm.passing import Shipments
from abm.scenario.build.prices import link_freight
from abm.world import Stage, World
from kernels.chance import Stream
from kernels.settlement import tally

COVER = 14.0
"""Days of safety stock where the stocking rule does not say."""
LEAST_BETA, BETA_SPAN = 0.05, 0.25
"""Nodes close 5 to 30% of the gap to their target at a review."""
ORDER_DAYS = 1.0
HUNDRED = 100.0
"""Records are in hundredths of a unit."""
"""Orders are answered on the day after."""


def set_stocks(world: World) -> None:
    """Write lead times, levels, stock on hand, goods on the way and in work, forecasts and records."""
    _leads(world)
    _habits(world)
    _pipelines(world)
    _shelves(world)
    _records(world)
    goods = world.products
    goods.opening[:] = goods.in_work + goods.in_transit
    tally(world.nodes.product, world.nodes.on_hand, goods.opening)


def _leads(world: World) -> None:
    """Days that buyers reckon with: production, or the way and its customs, and a day for the order."""
    links, lanes, nodes = world.links, world.lanes, world.nodes
    way = lanes.transit[links.lane] + lanes.last_mile[links.lane]
    way += np.where(lanes.queue[links.lane] >= 0, world.countries.clearance[lanes.dest[links.lane]], 0.0)
    links.lead[:] = np.where(links.make >= 0, links.work_days, np.maximum(way, 1.0)) + ORDER_DAYS
    np.maximum.at(nodes.lead, links.buyer, links.lead)


def _habits(world: World) -> None:
    """How each node orders: cover by its rule, the gap it closes at a review drawn at birth."""
    nodes = world.nodes
    cover = np.array([float(getattr(rule, "cover", COVER)) for rule in world.rules["stocking"]])
    nodes.cover[:] = cover[nodes.stocking]
    word = world.words(Stream.BIRTH, nodes.identity, day=0)[:, 0]
    nodes.beta[:] = LEAST_BETA + BETA_SPAN * (word.astype(np.float64) + 0.5) * 2.0**-32


def _pipelines(world: World) -> None:
    """Units due on each of the coming days, as evenly as whole units allow; they are shipments like any other."""
    links, nodes, goods = world.links, world.nodes, world.products
    making = links.make >= 0
    days = np.where(making, links.work_days, np.ceil(world.lanes.transit[links.lane])).astype(np.int64)
    days = np.maximum(days, 1)
    link = np.repeat(np.arange(len(links)), days)
    due = np.arange(len(link)) - np.repeat(np.cumsum(days) - days, days) + 1
    flow = links.baseline[link]
    units = (np.floor(due * flow + 0.5) - np.floor((due - 1) * flow + 0.5)).astype(np.int64)
    link, due, units = link[units > 0], due[units > 0], units[units > 0]
    links.coming[:] = 0
    tally(link.astype(np.int32), units, links.coming)
    product = nodes.product[links.buyer[link]]
    at_work = making[link]
    tally(product[at_work], units[at_work], goods.in_work)
    tally(product[~at_work], units[~at_work], goods.in_transit)
    tally(links.buyer[link], units, nodes.coming)
    for mask, stage in ((at_work, Stage.WORK), (~at_work, Stage.LINE_HAUL)):
        _file(world, link[mask], due[mask], units[mask], stage)


def _file(world: World, link: Array, due: Array, units: I8, stage: Stage) -> None:
    links, nodes = world.links, world.nodes
    worth = nodes.cost_cents[np.where(links.make >= 0, links.buyer, links.supplier)]
    worth = np.where(links.price_cents > 0, links.price_cents, worth)
    shipments = Shipments.of(
        len(link),
        link=link,
        units=units,
        value_cents=np.floor(units * worth[link] + 0.5).astype(np.int64),
        freight_cents=np.floor(units * link_freight(world)[link] + 0.5).astype(np.int64),
        ordered=world.day,
    )
    world.shipments.put(shipments, world.day + due, stage)


def _shelves(world: World) -> None:
    """On hand: the level, less what is coming, less what has been used since the last review."""
    nodes = world.nodes
    review = np.maximum(world.firms.review_days[nodes.firm], 1).astype(np.int64)
    since = (nodes.identity % np.uint64(1 << 20)).astype(np.int64) % review
    since = np.where(since == 0, review, since)
    nodes.level[:] = nodes.baseline * (nodes.lead + review + nodes.cover)
    nodes.on_hand[:] = np.maximum(np.ceil(nodes.level - nodes.baseline * since) - nodes.coming, 1)


def _records(world: World) -> None:
    """Forecasts are the flows themselves, and the records behind them repeat the flow in whole units."""
    nodes, links, ring = world.nodes, world.links, world.axes["window"]
    nodes.forecast[:] = nodes.baseline
    nodes.variance[:] = nodes.baseline
    steps: F8 = np.floor(HUNDRED * nodes.baseline[:, None] * np.arange(ring + 1)[None, :] + 0.5)
    nodes.demand[:] = np.diff(steps, axis=1)
    links.asked_ma[:] = links.baseline
    links.met_ma[:] = links.baseline
    links.ordered_ma[:] = links.baseline
    nodes.asked_ma[:] = nodes.baseline
