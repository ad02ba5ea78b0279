"""Who leaves and who comes: insolvency, liquidation, services taken over, chains rebuilt or dissolved, entry."""

from __future__ import annotations

import numpy as np

from abm import entrants, settlement, sourcing
from abm.columns import Array
from abm.phases import phase
from abm.settlement import OUTSIDE
from abm.sourcing import Choice
from abm.world import KINDS, World
from kernels.chance import Stream, identity
from kernels.turnover import births

INSOLVENT_DAYS = 60
LOSS_DAYS = 120
HAZARD = 0.02
"""Chance a week that a firm leaves which has lost money for `LOSS_DAYS`."""
LIQUIDATION = 0.3
"""Part of cost that stock fetches when it is sold off."""
SEARCH_DAYS = 30
CAPITAL_CHARGE = 0.5
"""What capital must earn, as a multiple of fixed costs, before a market attracts newcomers."""
WEEK = 7
BIRTH_RATE = 0.02
PARTS = 1_000_000
PLANT = {"supplier", "manufacturer", "carrier", "warehouse", "broker", "payment", "platform"}
"""Kinds whose machines, fleets, shelves or clients another firm takes over."""
ALIVE = "firms chains members products nodes links listings offers accounts"


@phase(
    writes="firms.alive firms.capacity chains.alive chains.searching members.alive nodes.alive links.alive "
    "links.backlog links.granted links.placed links.supplier links.lane links.price_cents links.lead links.cell "
    "listings.alive offers.alive nodes.on_hand nodes.reserved nodes.operator products.scrapped lanes.carrier "
    "countries.broker countries.payment accounts.balance_cents firms.earned_cents "
    "storefronts.platform",
    appends=ALIVE,
)
def turnover(world: World) -> None:
    """The insolvent leave and are wound up, others take over, entrants come, chains are rebuilt or dissolved."""
    leaving = _leaving(world)
    world.firms.alive[leaving] = 0
    world.counts["exits"] += len(leaving)
    if len(leaving):
        _wind_up(world, leaving)
        _hand_over(world, leaving)
    _rebuild(world)
    if world.day % WEEK == 0 and world.day > 0:
        _admit(world)


def _leaving(world: World) -> Array:
    """The insolvent, and now and then those who have long lost money."""
    firms = world.firms
    week = world.words(Stream.MANAGE, firms.identity, block=1)[:, 0]
    tired = (firms.profit_ma < 0) & (world.day >= LOSS_DAYS) & (world.day % WEEK == 0)
    tired &= week < HAZARD * world.scenario.dials.dynamics.exit * 2.0**32
    return np.flatnonzero((firms.alive > 0) & ((firms.overdue >= INSOLVENT_DAYS) | tired))


def _wind_up(world: World, leaving: Array) -> None:
    """Stock is sold off, listings close, orders that wait are cancelled; parcels that were promised still go."""
    nodes, links, listings, offers = world.nodes, world.links, world.listings, world.offers
    gone = np.zeros(len(world.firms), bool)
    gone[leaving] = True
    mine = np.flatnonzero(gone[nodes.firm] & (nodes.alive > 0))
    dead_link = gone[nodes.firm[links.buyer]] | (gone[nodes.firm[links.supplier]] & (links.supplier >= 0))
    _cancel(world, np.flatnonzero(dead_link & (links.alive > 0)))
    links.alive[gone[nodes.firm[links.buyer]]] = 0
    value = np.floor(nodes.on_hand[mine] * nodes.cost_cents[mine] * LIQUIDATION + 0.5).astype(np.int64)
    settlement.post(world, np.full(len(mine), OUTSIDE), world.firms.account[nodes.firm[mine]], value)
    settlement.scrap(world, mine, nodes.on_hand[mine].copy())
    nodes.alive[mine] = 0
    listings.alive[gone[listings.seller]] = 0
    offers.alive[listings.alive[offers.listing] == 0] = 0
    world.members.alive[gone[world.members.firm]] = 0
    ended = gone[world.chains.seller] & (world.chains.alive > 0)
    world.chains.alive[ended] = 0
    world.counts["chains_gone"] += int(ended.sum())


def _cancel(world: World, rows: Array) -> None:
    """Orders of links that end are void; goods set aside for them are free again."""
    links = world.links
    stocked = rows[links.supplier[rows] >= 0]
    settlement.release(world, links.supplier[stocked], links.granted[stocked] * links.per_unit[stocked])
    for column in (links.granted, links.backlog, links.placed):
        column[rows] = 0


def _hand_over(world: World, leaving: Array) -> None:
    """Machines, fleets, clients and shelves go to the first of their kind, of the same country if there is one."""
    firms = world.firms
    for row in leaving.tolist():
        if KINDS[firms.kind[row]] not in PLANT:
            continue
        others = (firms.kind == firms.kind[row]) & (firms.category == firms.category[row]) & (firms.alive > 0)
        others = np.flatnonzero(others)
        if not len(others):
            continue
        abroad = firms.country[others] != firms.country[row]
        heir = int(others[np.lexsort((firms.identity[others], abroad))][0])
        for column in (world.lanes.carrier, world.nodes.operator, world.countries.broker, world.countries.payment,
                       world.storefronts.platform):  # fmt: skip
            column[column == row] = heir
        if KINDS[firms.kind[row]] != "platform":
            world.raise_base("firms", "capacity", np.array([heir]), firms.capacity[[row]])


def _lost(world: World) -> Array:
    """Links on which goods are bought from a firm that is no more."""
    links, nodes = world.links, world.nodes
    supplier = world.firms.alive[nodes.firm[links.supplier]]
    return np.flatnonzero((links.alive > 0) & (links.supplier >= 0) & (links.lane >= 0) & (supplier == 0))


def _rebuild(world: World) -> None:
    """Links that lost their supplier search for another; a chain that finds none in time is dissolved."""
    links, chains = world.links, world.chains
    rows = _lost(world)
    if not len(rows):
        return
    known = sourcing.ways(world)
    found = sourcing.cheapest_supplier(world, known, rows, patient=True)
    design = world.products.finished[world.nodes.product[links.buyer[rows]]] > 0
    if (design & (found.supplier < 0)).any():
        stand_in = sourcing.cheapest_maker(world, known, rows)
        found = entrants.open_lines(world, rows, design & (found.supplier < 0), found, stand_in)
    ok = found.supplier >= 0
    sourcing.point(world, known, rows[ok], Choice(found.supplier[ok], found.lane[ok], found.cost[ok]))
    world.counts["chains_rebuilt"] += len(np.unique(links.chain[rows[ok]]))
    chains.searching[np.unique(links.chain[rows[ok]])] = 0
    searching = np.unique(links.chain[rows[~ok]])
    searching = searching[searching >= 0]
    chains.searching[searching] += 1
    _dissolve(world, searching[chains.searching[searching] > SEARCH_DAYS])


def _dissolve(world: World, ended: Array) -> None:
    """A chain that cannot be mended ends; its links close, its listings stay while there is stock."""
    chains, links = world.chains, world.links
    chains.alive[ended] = 0
    own = np.isin(world.nodes.product[links.buyer], chains.product[ended])
    rows = np.flatnonzero(own & (links.alive > 0))
    _cancel(world, rows)
    links.alive[rows] = 0
    world.members.alive[np.isin(world.members.chain, ended)] = 0
    world.counts["chains_gone"] += len(ended)


def _admit(world: World) -> None:
    """Newcomers enter the cells of market and category where one more seller would earn more than its fixed costs."""
    listings, kinds = world.listings, len(world.categories)
    cell = listings.dest * kinds + listings.category
    names = [f"{m}/{c}" for m in world.names["countries"] for c in world.names["categories"]]
    word = world.words(Stream.ENTRY, np.array([identity(name) for name in names], np.uint64))[:, 0].copy()
    chain = _chain_of(world)
    whole = (world.chains.alive > 0) & (world.chains.searching == 0)
    whole[world.links.chain[_lost(world)]] = False
    live = np.flatnonzero((listings.alive > 0) & whole[chain])
    sellers, worth = _prospects(world, cell, live, len(names))
    coming = births(word, BIRTH_RATE * world.scenario.dials.dynamics.entry * sellers * worth)
    gain = world.firms.profit_ma[listings.seller]
    for place in np.flatnonzero(coming).tolist():
        there = live[cell[live] == place]
        middle = there[np.lexsort((listings.identity[there], gain[there]))[len(there) // 2]]
        entered = world.entered.get(place, 0)
        world.entered[place] = entered + 1
        entrants.enter(world, int(chain[middle]), f"{names[place]}/entrant/{entered + 1}")


def _prospects(world: World, cell: Array, live: Array, size: int) -> tuple[Array, Array]:
    """Sellers in each cell, and what one more could earn there over its fixed costs, between 0 and 3.

    Who sells in many cells counts in each by its part, because a newcomer lists wherever its model does.
    """
    firms, seller = world.firms, world.listings.seller
    count, spread = np.bincount(cell[live], minlength=size), np.bincount(seller[live], minlength=len(firms))
    profit, fixed = np.zeros(size, np.int64), np.zeros(size, np.int64)
    share = np.maximum(spread[seller[live]], 1)
    settlement.tally(cell[live], np.floor(firms.profit_ma[seller[live]] / share), profit)
    settlement.tally(cell[live], firms.fixed_cents[seller[live]] // share, fixed)
    earned = profit * (count / (count + 1.0)) - fixed * CAPITAL_CHARGE
    parts = np.zeros(size, np.int64)
    settlement.tally(cell[live], PARTS // share, parts)
    return parts / PARTS, np.clip(earned / np.maximum(fixed, 1), 0.0, 3.0)


def _chain_of(world: World) -> Array:
    """The chain behind each listing: that of its product."""
    chain = np.zeros(len(world.products), np.int64)
    chain[world.chains.product] = np.arange(len(world.chains))
    return chain[world.listings.product]
