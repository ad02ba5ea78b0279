"""How much each firm, lane and customs queue can handle: a multiple of its usual flow, and enough for a lively day."""

from __future__ import annotations

import numpy as np

from abm.columns import F8, Array
from abm.scenario.build.network import Network
from abm.world import HAULS, KINDS, QUEUES, World

CUSTOMS_USE = 0.7
"""Part of its capacity that a customs queue uses on a usual day."""
AT_HOME = 3.0
"""Lanes within a country have so much room for a usual day: their networks serve all other goods too; assumed."""
DAYS_A_WEEK = 7.0
FREIGHT = [HAULS.index(haul) for haul in ("air", "sea", "road")]


def spread_over(rows: Array, values: Array, size: int) -> F8:
    """Sums of values by row, added in the order in which they stand."""
    total = np.zeros(size)
    np.add.at(total, rows, values)
    return total


def roomy(flow: Array, factor: F8 | float, days: F8 | float = 1.0) -> F8:
    """Whole capacity a day for a flow of pieces: a multiple of it, and at least enough for what comes in so many days.

    That is two deviations of chance and a piece more than usual.
    """
    return np.asarray(np.ceil(np.maximum(factor * flow, flow + 2.0 * np.sqrt(flow / days) + 1.0 / days)))


def set_capacities(world: World, network: Network) -> None:
    """Write capacities of lanes, customs and firms from the flows."""
    _lanes(world, network)
    _customs(world, network)
    _firms(world, network)
    _warehouses(world, network)


def weight(world: World, product: Array) -> Array:
    """Grams of a unit."""
    return world.categories.weight[world.products.category[product]]


def _lanes(world: World, network: Network) -> None:
    """A lane carries the weight of a usual working day over its carrier's use.

    It has room at least for two units of every link that it serves, for the largest usual order, and for the parcels of
    a lively day.
    """
    links, offers, lanes, size = world.links, world.offers, world.lanes, len(world.lanes)
    moved = np.flatnonzero(links.lane >= 0)
    grams = weight(world, world.nodes.product[links.buyer[moved]]).astype(np.float64)
    usual = _freight(world, moved, grams)
    least = spread_over(links.lane[moved], 2.0 * grams, size)
    packs = weight(world, world.nodes.product[offers.node]).astype(np.float64)
    rest = working_share(world)[world.firms.country[world.nodes.operator[offers.node]]]
    usual += spread_over(offers.lane, offers.demand_ma * packs / rest, size)
    review = world.firms.review_days[world.nodes.firm[links.buyer[moved]]]
    np.maximum.at(least, links.lane[moved], np.ceil(links.baseline[moved] * review) * grams)
    number = spread_over(offers.lane, offers.demand_ma / rest, size)
    heaviest = np.zeros(size)
    np.maximum.at(heaviest, offers.lane, packs)
    least = np.maximum(least, roomy(number, 1.0) * heaviest + heaviest)
    factor = np.array([group.factor for group in network.groups])[lanes.carrier]
    factor = np.where(lanes.origin == lanes.dest, np.maximum(factor, AT_HOME), factor)
    for row, name in enumerate(world.names["lanes"]):
        own = network.scenario.lanes.get(name)
        if own is not None and own.capacity_factor is not None:
            factor[row] = own.capacity_factor
    lanes.capacity[:] = np.ceil(np.maximum(factor * usual, least))
    lanes.asked_ma[:], lanes.room_ma[:] = usual, lanes.capacity


def _freight(world: World, moved: Array, grams: Array) -> F8:
    """Grams a day by lane: any way of freight between two countries has room for all that moves between them."""
    lanes, links, size = world.lanes, world.links, len(world.lanes)
    own = spread_over(links.lane[moved], links.baseline[moved] * grams, size)
    pair = lanes.origin.astype(np.int64) * len(world.countries) + lanes.dest
    both = spread_over(pair, own, len(world.countries) ** 2)[pair]
    return np.where(np.isin(lanes.haul, FREIGHT), both, 0.0)


def working_share(world: World) -> F8:
    """Part of the days on which a country's customs and warehouses work."""
    bits = np.unpackbits(world.countries.workdays[:, None], axis=1).sum(axis=1)
    return np.asarray(np.maximum(bits, 1) / DAYS_A_WEEK)


def declarations(world: World) -> F8:
    """Usual declarations a calendar day, float64[country, queue]: parcels, and shipments, one a day and link."""
    lanes, links, offers = world.lanes, world.links, world.offers
    size = len(world.countries) * len(QUEUES)
    place = lanes.dest.astype(np.int64) * len(QUEUES) + lanes.queue
    usual = np.zeros(size)
    crossing = np.flatnonzero(lanes.queue[offers.lane] >= 0)
    usual += spread_over(place[offers.lane[crossing]], offers.demand_ma[crossing], size)
    entering = np.flatnonzero((links.lane >= 0) & (lanes.queue[links.lane] >= 0))
    usual += spread_over(place[links.lane[entering]], np.minimum(links.baseline[entering], 1.0), size)
    return usual.reshape(-1, len(QUEUES))


def _customs(world: World, network: Network) -> None:
    usual = declarations(world) / working_share(world)[:, None]
    world.countries.customs[:] = roomy(usual, 1.0 / CUSTOMS_USE)
    for row, own in enumerate(network.scenario.countries.values()):
        if own.customs is not None:
            world.countries.customs[row] = np.floor(own.customs)


def held_g(world: World) -> F8:
    """Grams that each firm keeps for others on the first day, float64[firm]."""
    nodes = world.nodes
    kept = np.flatnonzero(nodes.operator != nodes.firm)
    grams = weight(world, nodes.product[kept]) * (nodes.on_hand + nodes.reserved)[kept]
    return spread_over(nodes.operator[kept], grams, len(world.firms))


def _warehouses(world: World, network: Network) -> None:
    """Shelves for the usual stock and slots for the usual shipments of a working day, one for each link and day."""
    firms, links, nodes = world.firms, world.links, world.nodes
    shelf, slots = np.array([
        [group.factor if own is None else own for own in (group.shelf_factor, group.inbound_factor)]
        for group in network.groups
    ]).T  # fmt: skip
    keeps = firms.kind == KINDS.index("warehouse")
    moved = np.flatnonzero(links.lane >= 0)
    keeper = nodes.operator[links.buyer[moved]]
    each = np.minimum(links.baseline[moved], 1.0) / working_share(world)[firms.country[keeper]]
    firms.shelf_g[:] = np.ceil(shelf * held_g(world)) * keeps
    firms.docks[:] = roomy(spread_over(keeper, each, len(firms)), slots) * keeps


def usual_flow(world: World) -> F8:
    """What a firm handles on a usual working day: units, packs, grams, picks, declarations or cents, by kind."""
    firms, nodes, offers, links = world.firms, world.nodes, world.offers, world.links
    size, rest = len(firms), working_share(world)
    made = np.flatnonzero(links.make >= 0)
    flow = spread_over(links.make[made], links.baseline[made], size)
    operator = nodes.operator[offers.node]
    flow += spread_over(operator, offers.demand_ma / rest[firms.country[operator]], size)
    flow += spread_over(world.lanes.carrier, world.lanes.capacity, size)
    brokers = np.flatnonzero(world.countries.broker >= 0)
    flow += spread_over(
        world.countries.broker[brokers], world.countries.customs[brokers].sum(axis=1) * CUSTOMS_USE, size
    )
    provider = world.countries.payment[offers.dest]
    paid = np.flatnonzero(provider >= 0)
    return flow + spread_over(provider[paid], (offers.demand_ma * offers.landed_cents)[paid], size)


def _firms(world: World, network: Network) -> None:
    """Capacity by kind; a carrier's is that of its lanes, a platform's the slots of its pages."""
    firms = world.firms
    factor, levelling = np.array([[group.factor, group.levelling_days] for group in network.groups]).T
    usual = usual_flow(world)
    firms.capacity[:] = roomy(usual, factor, levelling)
    carrier = firms.kind == KINDS.index("carrier")
    firms.capacity[carrier] = spread_over(world.lanes.carrier, world.lanes.capacity, len(firms))[carrier]
    firms.capacity[firms.kind == KINDS.index("platform")] = world.axes["slot"]
    dearest = np.zeros(len(firms))
    provider = world.countries.payment[world.offers.dest]
    np.maximum.at(dearest, provider, 2.0 * world.offers.landed_cents * (provider >= 0))
    firms.capacity[:] = np.maximum(firms.capacity, dearest)
    making = np.isin(firms.kind, (KINDS.index("supplier"), KINDS.index("manufacturer"))) & (firms.capacity > 0)
    firms.load[making] = np.minimum(usual[making] / firms.capacity[making], 1.0)
