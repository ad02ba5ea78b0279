"""Firms look back, and ahead: whom they buy from, how stock travels, what is announced, where they stand best."""

from __future__ import annotations

import numpy as np

from abm import anticipation, positions, settlement, sourcing
from abm.columns import Array
from abm.phases import phase
from abm.settlement import WORKERS, Reason, tally
from abm.sourcing import Choice, Ways
from abm.world import World
from kernels.chance import Stream
from kernels.functions import exp2

CYCLE = 28
"""Days between the looks back of a firm of middling initiative; twice as many without any, half with all."""
LEAST_REVIEW, MOST_REVIEW = 1, 30
REVIEW_COST = 0.25
"""What a look back costs, in days of rent and salaries."""
MARGIN = 1.03
"""A new supplier or lane must be cheaper by more than this."""
SWITCHING = 0.02
"""Cost of switching, as a share of what is bought in a year."""
RELIABLE = 0.8
BUSY_DAYS = 5.0
INVEST = 0.1
"""What a busy maker adds to its capacity in a cycle."""
INVEST_CASH_DAYS = 30
LAID_ON = 0.25
"""What a carrier adds to the room of a full lane in a cycle."""
REOPEN = 0.05
"""Margin at which a mode that was given up is offered again."""


@phase(
    writes="links.supplier links.lane links.price_cents links.lead links.cell lanes.capacity offers.alive "
    "firms.capacity firms.initiative firms.review_days nodes.cover nodes.ahead chains.new_maker chains.new_market "
    "chains.new_mode products.style",
    appends="invoices",
)
def management(world: World) -> None:
    """Firms whose turn it is weigh suppliers, lanes, modes and their place again; all heed what is announced."""
    firms, dials = world.firms, world.scenario.dials
    _take_initiative(world)
    levels, level = np.unique(firms.initiative, return_inverse=True)
    cycle = np.array([_cycle(one) for one in levels.tolist()], np.int64)[level]
    turn = (firms.identity % cycle.astype(np.uint64)).astype(np.int64)
    willing = world.words(Stream.MANAGE, firms.identity)[:, 0] < dials.dynamics.rewiring * 2.0**32
    due = (turn == world.day % cycle) & (firms.alive > 0) & willing
    known = sourcing.ways(world)
    _weigh_lanes(world, known, due)
    _weigh_suppliers(world, known, due)
    _weigh_modes(world, known, due)
    _invest(world, due)
    _lay_on(world, due)
    _reposition(world, known, willing)
    _heed(world, known)
    cost = np.floor(REVIEW_COST * firms.fixed_cents * due + 0.5)
    settlement.bill(world, firms.account, WORKERS, cost, Reason.WAGES, world.day + 1,
                    np.arange(len(firms)))  # fmt: skip


def _cycle(level: float) -> int:
    return int(CYCLE * float(exp2(1.0 - 2.0 * level)) + 0.5)


def _take_initiative(world: World) -> None:
    """Firms that differ from the dial take it on for good, and with it the days between their reviews of orders."""
    firms, dial = world.firms, world.scenario.dials.management
    takes = world.words(Stream.MANAGE, firms.identity, block=2, day=0)[:, 0] < dial.share * 2.0**32
    level = dial.level * takes
    rows = np.flatnonzero(firms.initiative != level)
    if len(rows):
        less, which = np.unique(firms.initiative[rows] - level[rows], return_inverse=True)
        pace = np.array([float(exp2(4.0 * one)) for one in less.tolist()])[which]
        firms.initiative[rows] = level[rows]
        days = np.floor(firms.review_days[rows] * pace + 0.5)
        days = np.clip(days, LEAST_REVIEW, np.maximum(firms.review_days[rows], MOST_REVIEW)).astype(np.int32)
        world.raise_base("firms", "review_days", rows, days - firms.review_days[rows])


def _reposition(world: World, known: Ways, willing: Array) -> None:
    """Every quarter a seller weighs makers, quality, style, modes and markets for a chain; turnover carries it out."""
    levers = world.scenario.dials.management.levers
    rows = positions.due(world, willing)
    if not len(rows):
        return
    now = positions.places(world, rows)
    if "product" in levers:
        positions.weigh_makers(world, known, now, rows)
        positions.restyle(world, rows)
    positions.weigh_offers(world, known, now, rows, levers)


def _heed(world: World, known: Ways) -> None:
    """Shelves are filled ahead of what is announced, and emptied again when it has come."""
    nodes = world.nodes
    ahead, rows, hurried = anticipation.look_ahead(world, known)
    sourcing.point(world, known, rows, hurried)
    world.counts["hurried"] += len(rows)
    changed = np.flatnonzero(ahead != nodes.ahead)
    if len(changed):
        world.raise_base("nodes", "cover", changed, (ahead - nodes.ahead)[changed])
        nodes.ahead[changed] = ahead[changed]


def _their_links(world: World, due: Array) -> Array:
    """Links on which goods come to the firms whose turn it is."""
    links = world.links
    return np.flatnonzero(
        due[world.nodes.firm[links.buyer]] & (links.alive > 0) & (links.lane >= 0) & (links.share > 0)
    )


def _weigh_lanes(world: World, known: Ways, due: Array) -> None:
    """A link moves to another lane when that is cheaper, freight and capital together; what waits goes too."""
    rows = _their_links(world, due)
    now, found = sourcing.haul_cost(world, known, rows), sourcing.cheapest_haul(world, known, rows)
    better = (found.lane >= 0) & (found.lane != world.links.lane[rows]) & (found.cost * (MARGIN + SWITCHING) < now)
    _switch(world, known, rows, found, better)


def _weigh_suppliers(world: World, known: Ways, due: Array) -> None:
    """A bought input comes from elsewhere when that is cheaper, or the present supplier cannot keep up.

    What has been granted has to depart first.
    """
    links = world.links
    rows = _their_links(world, due)
    rows = rows[(links.price_cents[rows] > 0) & (links.granted[rows] == 0)]
    rows = rows[np.argsort(links.identity[rows])]
    duty = sourcing.duties(world, rows)[np.arange(len(rows)), world.nodes.country[links.supplier[rows]]]
    now = sourcing.haul_cost(world, known, rows) + links.price_cents[rows] * (1.0 + duty)
    found = sourcing.cheapest_supplier(world, known, rows)
    failing = links.met_ma[rows] < RELIABLE * links.asked_ma[rows]
    better = (found.supplier >= 0) & ((found.cost * (MARGIN + SWITCHING) < now) | failing)
    better &= sourcing.taken_on(world, np.where(better, found.supplier, -1), sourcing.load(world, rows))
    _switch(world, known, rows, found, better)


def _switch(world: World, known: Ways, rows: Array, found: Choice, better: Array) -> None:
    chosen = Choice(found.supplier[better], found.lane[better], found.cost[better])
    sourcing.point(world, known, rows[better], chosen)
    world.counts["switched"] += int(better.sum())


def _weigh_modes(world: World, known: Ways, due: Array) -> None:
    """A mode that loses money on every pack is given up for a while, and taken up again when it would earn."""
    offers = world.offers
    seller = world.nodes.firm[offers.node]
    cost = world.nodes.cost_cents[offers.node]
    margin = offers.value_cents * (1.0 - positions.fees(world)[offers.dest]) - cost
    runs = known.runs[offers.lane] > 0
    mine = due[seller] & (cost > 0)
    offers.alive[mine & ((margin < 0) | ~runs)] = 0
    back = mine & (margin > REOPEN * cost) & runs & (world.nodes.alive[offers.node] > 0)
    offers.alive[back & (world.listings.alive[offers.listing] > 0)] = 1


def _invest(world: World, due: Array) -> None:
    """A maker that owes many days of its output, and has the cash, adds machines."""
    firms, links, nodes = world.firms, world.links, world.nodes
    owed = np.zeros(len(firms), np.int64)
    making = (links.make >= 0) & (links.alive > 0)
    tally(links.make[making], links.backlog[making], owed)
    tally(nodes.firm, nodes.owed, owed)
    able = world.accounts.balance_cents[firms.account] > INVEST_CASH_DAYS * firms.fixed_cents
    rows = np.flatnonzero(due & able & (owed > BUSY_DAYS * firms.capacity) & (firms.capacity > 0))
    world.raise_base("firms", "capacity", rows, INVEST * firms.capacity[rows])
    world.counts["invested"] += len(rows)


def _lay_on(world: World, due: Array) -> None:
    """A carrier that was asked for more than a week's room of a lane, and has the cash, charters ships for it.

    There are none to be had for a route that is longer than usual: everybody on it needs more.
    """
    firms, lanes = world.firms, world.lanes
    able = world.accounts.balance_cents[firms.account] > INVEST_CASH_DAYS * firms.fixed_cents
    full = (due & able)[lanes.carrier] & (lanes.open > 0) & (lanes.asked_ma > lanes.room_ma)
    rows = np.flatnonzero(full & (lanes.days <= lanes.transit))
    more, fleet = np.ceil(LAID_ON * lanes.capacity[rows]), np.zeros(len(firms), np.int64)
    world.raise_base("lanes", "capacity", rows, more)
    tally(lanes.carrier[rows], more, fleet)
    world.raise_base("firms", "capacity", np.arange(len(firms)), fleet.astype(np.float64))
