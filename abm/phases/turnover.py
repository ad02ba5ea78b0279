"""Who leaves and who comes: insolvency, liquidation, services taken over, chains rebuilt or dissolved, entry."""

from __future__ import annotations

import numpy as np

from abm import entrants, estates, moves, settlement, sourcing
from abm.columns import Array
from abm.grouping import distinct
from abm.phases import phase
from abm.settlement import OUTSIDE
from abm.sourcing import Choice
from abm.ties import Ties
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
TIERS = np.array([0.85, 1.2])
"""Landed prices, as multiples of the usual price, at which a tier ends and the next begins."""
ALIVE = "firms chains members products nodes links listings offers accounts invoices parcels"


@phase(
    writes="firms.alive firms.capacity chains.alive chains.searching members.alive nodes.alive links.alive "
    "links.backlog links.granted links.placed links.supplier links.lane links.price_cents links.lead links.cell "
    "listings.alive offers.alive nodes.on_hand nodes.reserved nodes.operator products.scrapped lanes.carrier "
    "countries.broker countries.payment accounts.balance_cents firms.earned_cents "
    "storefronts.platform firms.spent_cents firms.payable_cents firms.receivable_cents chains.new_maker "
    "chains.new_market chains.new_mode products.quality products.claim listings.offer "
    "links.share nodes.forecast",
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
        estates.freeze(world, leaving)
    estates.share(world)
    _rebuild(world)
    _carry_out(world)
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
    """Stock is sold off, listings close, orders that wait are void; parcels that have left still arrive."""
    nodes, links, listings, offers = world.nodes, world.links, world.listings, world.offers
    gone = np.zeros(len(world.firms), bool)
    gone[leaving] = True
    mine = np.flatnonzero(gone[nodes.firm] & (nodes.alive > 0))
    dead_link = gone[nodes.firm[links.buyer]] | (gone[nodes.firm[links.supplier]] & (links.supplier >= 0))
    _cancel(world, np.flatnonzero(dead_link & (links.alive > 0)))
    links.alive[gone[nodes.firm[links.buyer]]] = 0
    estates.refund_unshipped(world, gone)
    _sell_off(world, mine)
    listings.alive[gone[listings.seller]] = 0
    offers.alive[listings.alive[offers.listing] == 0] = 0
    world.members.alive[gone[world.members.firm]] = 0
    ended = gone[world.chains.seller] & (world.chains.alive > 0)
    world.chains.alive[ended] = 0
    world.counts["chains_gone"] += int(ended.sum())


def _sell_off(world: World, rows: Array) -> None:
    """Stocking points close, and what is on hand is sold for a part of its cost."""
    nodes = world.nodes
    value = np.floor(nodes.on_hand[rows] * nodes.cost_cents[rows] * LIQUIDATION + 0.5).astype(np.int64)
    settlement.post(world, OUTSIDE, world.firms.account[nodes.firm[rows]], value)
    settlement.scrap(world, rows, nodes.on_hand[rows].copy())
    nodes.alive[rows] = 0


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
    known, ties = sourcing.ways(world), Ties(world)
    kind = world.nodes.product
    found = sourcing.joined_up(world, known, rows, kind, kind[links.buyer[rows]])
    design = world.products.finished[world.nodes.product[links.buyer[rows]]] > 0
    if (design & (found.supplier < 0)).any():
        stand_in = sourcing.cheapest_maker(world, known, rows)
        found = moves.open_lines(world, ties, rows, design & (found.supplier < 0), found, stand_in)
    ok = found.supplier >= 0
    sourcing.point(world, known, rows[ok], Choice(found.supplier[ok], found.lane[ok], found.cost[ok]))
    mended = distinct(links.chain[rows[ok]], len(chains))
    world.counts["chains_rebuilt"] += len(mended)
    chains.searching[mended] = 0
    pairs = np.column_stack([links.chain[rows[ok]], world.nodes.firm[found.supplier[ok]]])
    moves.join(world, ties, *np.unique(pairs[pairs[:, 0] >= 0], axis=0).T)
    searching = distinct(links.chain[rows[~ok]], len(chains))
    chains.searching[searching] += 1
    _dissolve(world, searching[chains.searching[searching] > SEARCH_DAYS])


def _carry_out(world: World) -> None:
    """What sellers have decided about their place is done: lines move to other makers, new listings and modes open."""
    chains = world.chains
    ended = (chains.alive == 0) | (world.firms.alive[chains.seller] == 0)
    chains.new_maker[ended], chains.new_market[ended], chains.new_mode[ended] = -1, -1, -1
    _close_lines(world)
    opening, moving = np.flatnonzero(chains.new_market >= 0), np.flatnonzero(chains.new_maker >= 0)
    if not len(opening) + len(moving):
        return
    known, ties = sourcing.ways(world), Ties(world)
    if len(opening):
        moves.open_offers(world, known, ties, opening)
    if len(moving):
        moves.move_lines(world, known, ties, moving)


def _close_lines(world: World) -> None:
    """A line that its buyer has left closes when the last of its goods have gone."""
    links = world.links
    left = np.flatnonzero((links.share == 0) & (links.alive > 0) & (links.backlog + links.granted + links.coming == 0))
    if not len(left):
        return
    links.alive[left] = 0
    lines = np.unique(links.supplier[left])
    lines = lines[~np.isin(lines, links.supplier[links.alive > 0])]
    making = np.flatnonzero(np.isin(links.buyer, lines) & (links.alive > 0))
    _cancel(world, making)
    links.alive[making] = 0
    _sell_off(world, lines)


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
    """Newcomers enter the cells of market, category and price tier where one more would earn more than it costs."""
    listings, kinds = world.listings, len(world.categories)
    cell = (listings.dest * kinds + listings.category) * (len(TIERS) + 1) + _price_tier(world)
    places = [f"{m}/{c}" for m in world.names["countries"] for c in world.names["categories"]]
    names = [f"{place}/{tier}" for place in places for tier in range(len(TIERS) + 1)]
    word = world.words(Stream.ENTRY, np.array([identity(name) for name in names], np.uint64))[:, 0].copy()
    chain = _chain_of(world)
    whole = (world.chains.alive > 0) & (world.chains.searching == 0)
    whole[world.links.chain[_lost(world)]] = False
    live = np.flatnonzero((listings.alive > 0) & whole[chain])
    middle = _middle(world, cell, live, len(names))
    count, worth = _prospects(world, cell, live, middle)
    coming = births(word, BIRTH_RATE * world.scenario.dials.dynamics.entry * count * worth)
    if not coming.any():
        return
    ties, rows = Ties(world), []
    for place in np.flatnonzero(coming).tolist():
        entered = world.entered.get(place, 0)
        world.entered[place] = entered + 1
        rows.append(entrants.enter(world, ties, int(chain[middle[place]]), f"{names[place]}/entrant/{entered + 1}"))
    entrants.join_makers(world, sourcing.ways(world), ties, np.concatenate(rows))


def _price_tier(world: World) -> Array:
    """Tier of each listing by its cheapest landed price."""
    offers, low = world.offers, np.full(len(world.listings), np.inf)
    live = offers.alive > 0
    np.minimum.at(low, offers.listing[live], offers.relative[live].astype(np.float64))
    return np.searchsorted(TIERS, low)


def _middle(world: World, cell: Array, live: Array, size: int) -> Array:
    """In each cell the listing whose seller is the middle one by profit over fixed costs; -1 if there is none."""
    firms, seller = world.firms, world.listings.seller[live]
    order = np.lexsort((world.listings.identity[live], (firms.profit_ma / np.maximum(firms.fixed_cents, 1))[seller],
                        cell[live]))  # fmt: skip
    first = np.searchsorted(cell[live][order], np.arange(size + 1))
    place = np.minimum((first[:-1] + first[1:]) // 2, max(len(live) - 1, 0))
    return np.where(np.diff(first) > 0, live[order][place], -1) if len(live) else np.full(size, -1)


def _prospects(world: World, cell: Array, live: Array, middle: Array) -> tuple[Array, Array]:
    """Sellers in each cell, each counted by the part of its listings there, and what one more could earn over its cost.

    A newcomer is a seller like the middle one, whose customers it finds among those of all: pi = (profit + fixed costs)
    N / (N + 1) - F, with N listings of all tiers, F fixed costs and what capital must earn; pi / F is taken between 0
    and 3.
    """
    firms, seller, size = world.firms, world.listings.seller, len(middle)
    tiers = len(TIERS) + 1
    rivals = np.repeat(np.bincount(cell[live] // tiers, minlength=size // tiers), tiers)
    sellers = np.zeros(size, np.int64)
    spread = np.bincount(seller[live], minlength=len(firms))
    settlement.tally(cell[live], PARTS // np.maximum(spread[seller[live]], 1), sellers)
    like = seller[middle]
    cost = firms.fixed_cents[like] * (1.0 + CAPITAL_CHARGE)
    earned = (firms.profit_ma[like] + firms.fixed_cents[like]) * (rivals / (rivals + 1.0)) - cost
    return sellers / PARTS, np.clip(earned / np.maximum(cost, 1), 0.0, 3.0)


def _chain_of(world: World) -> Array:
    """The chain behind each listing: that of its product."""
    chain = np.zeros(len(world.products), np.int64)
    chain[world.chains.product] = np.arange(len(world.chains))
    return chain[world.listings.product]
