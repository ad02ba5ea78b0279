"""How chains change place: lines move to other makers, new offers open, and who takes part is written down."""

from __future__ import annotations

from typing import Any

import numpy as np

from abm import sourcing
from abm.columns import F8, I4, I8, Array, Table
from abm.grouping import by_key, first_seen
from abm.settlement import tally
from abm.sourcing import Choice, Ways
from abm.ties import Ties
from abm.world import MODES, World
from kernels.border import Channel, Postal, choose
from kernels.chance import identity
from kernels.information import announce

DEEPEST = 16
"""Steps from a finished product to raw material, at most."""
DIRECT, POST = (0, 1, 2), 2
"""Modes that need no stock abroad: express, line, post; and the last of them."""
CLAIM = 0.5
"""Part of quality that is claimed."""


def copied(table: Table, rows: Array, **changed: Any) -> I4:
    """Append copies of rows, some columns changed, and return where they stand."""
    values = {name: getattr(table, name)[rows] for name in table.columns if name not in changed}
    added = table.append(len(rows), **{**values, **changed})
    return np.arange(added.start, added.stop, dtype=np.int32)


def named(world: World, table: str, names: list[str]) -> Array:
    """Remember the names of new rows; their identities."""
    world.names[table].extend(names)
    return np.array([identity(name) for name in names], np.uint64)


def _firsts(which: I8) -> I8:
    """Where each run of equal numbers begins; ``which`` rises."""
    return np.flatnonzero(np.diff(which, prepend=-1))


def join(world: World, ties: Ties, chain: Array, maker: Array) -> None:
    """Makers of the last stage, and the suppliers with whom each mostly works, become members of a chain.

    One maker of each pair; the pairs differ.
    """
    members = world.members
    theirs, which = ties.belongs.each(maker)
    before = (members.tier[theirs] == 2) & (members.alive[theirs] > 0) & (members.chain[theirs] != chain[which])
    theirs, which = theirs[before], which[before]
    first = _firsts(which)
    alike, of = ties.takes_part.each(members.chain[theirs[first]])
    live = (members.tier[alike] > 1) & (members.alive[alike] > 0)
    copied(members, alike[live], chain=chain[which[first]][of[live]])
    alone = np.setdiff1d(np.arange(len(chain)), which[first])
    members.append(len(alone), chain=chain[alone], firm=maker[alone], tier=2)


def move_lines(world: World, known: Ways, ties: Ties, moving: Array) -> None:
    """Move the making of chains' goods to the makers that sellers have chosen; the old lines sell what they have."""
    links, nodes, chains, members = world.links, world.nodes, world.chains, world.members
    like = chains.new_maker[moving].copy()
    chains.new_maker[moving] = -1
    rows, which = ties.supplying(chains.product[moving])
    bought = (links.alive[rows] > 0) & (links.supplier[rows] >= 0) & (links.price_cents[rows] > 0)
    bought &= links.share[rows] > 0
    rows, which = rows[bought], which[bought]
    found = sourcing.cheapest_haul(world, known, rows, like[which])
    lost = (found.lane < 0) | (nodes.firm[links.supplier[rows]] < 0)
    goes = (np.bincount(which, minlength=len(moving)) > 0) & (nodes.alive[like] > 0)
    goes[which[lost]] = False
    some = goes[which]
    rows, found = rows[some], Choice(found.supplier[some], found.lane[some], found.cost[some])
    lines = open_lines(world, ties, rows, np.ones(len(rows), bool), found, found)
    ours, theirs = world.names["links"], world.names["nodes"]
    names = [
        f"{ours[row]}/from/{theirs[node]}/{world.day}"
        for row, node in zip(rows.tolist(), like[which[some]].tolist(), strict=True)
    ]
    added = copied(links, rows, identity=named(world, "links", names), placed=0, backlog=0, granted=0, coming=0,
                   met_ma=links.asked_ma[rows])  # fmt: skip
    sourcing.point(world, known, added, lines, ties)
    _run_out(world, ties, rows)
    moving, like = moving[goes], like[goes]
    leaving, _ = ties.takes_part.each(moving)
    join(world, ties, moving, nodes.firm[like])
    members.alive[leaving[members.tier[leaving] > 1]] = 0
    world.counts["switched"] += len(rows)
    world.counts["lines_moved"] += len(moving)


def _run_out(world: World, ties: Ties, rows: Array) -> None:
    """The last order on each line that closes: all that the line has in stock and in work."""
    links, nodes = world.links, world.nodes
    first, of = first_seen(links.supplier[rows])
    line, last = links.supplier[rows[first]], np.zeros(len(first), np.int64)
    np.maximum.at(last, of, np.arange(len(rows)))
    shared, which = ties.out_of.each(line)
    live = (links.alive[shared] > 0) & (links.share[shared] > 0)
    closing = np.flatnonzero(np.bincount(which[live], minlength=len(line)) == np.bincount(of, minlength=len(line)))
    into, which = ties.into.each(line[closing])
    making, coming = (links.make[into] >= 0) & (links.alive[into] > 0), np.zeros(len(closing), np.int64)
    tally(which[making], links.coming[into[making]], coming)
    links.backlog[rows[last[closing]]] = nodes.on_hand[line[closing]] + coming
    links.share[rows] = 0.0
    tell(world, line[closing], -nodes.forecast[line[closing]])


def tell(world: World, node: Array, units: F8) -> None:
    """Makers tell their suppliers of lines that they open or close, and they theirs: forecasts follow at once."""
    links = world.links
    order, first = by_key(links.buyer, len(world.nodes))
    announce(node.astype(np.int64), units, DEEPEST, order, first, links.supplier, links.alive, links.share,
             links.per_unit, world.nodes.forecast)  # fmt: skip


def open_lines(world: World, ties: Ties, rows: Array, wanted: Array, found: Choice, stand_in: Choice) -> Choice:
    """Let other makers open lines for designs that have lost theirs; the choice with the new nodes filled in.

    ``stand_in`` names, for each of the links ``rows``, a node of a maker of such goods; only those ``wanted`` are used.
    """
    supplier, lane, cost = found.supplier.copy(), found.lane.copy(), found.cost.copy()
    some = np.flatnonzero(wanted & (stand_in.supplier >= 0))
    like, product = stand_in.supplier[some], world.nodes.product[world.links.buyer[rows[some]]]
    first, line = first_seen(like.astype(np.int64) * len(world.products) + product)
    opened = _opened(world, ties, like[first], product[first], world.links.supplier[rows[some[first]]])
    supplier[some], lane[some], cost[some] = opened[line], stand_in.lane[some], stand_in.cost[some]
    return Choice(supplier, lane, cost)


def _opened(world: World, ties: Ties, like: Array, product: Array, lost: Array) -> I4:
    """Lines for products at the makers of the nodes ``like``, each sized after the line that was ``lost``."""
    nodes, links, theirs = world.nodes, world.links, world.names["nodes"]
    names = [
        f"{theirs[node]}/line/{goods}/{world.day}" for node, goods in zip(like.tolist(), product.tolist(), strict=True)
    ]
    made, which = ties.into.each(like)
    making = (links.make[made] >= 0) & (links.alive[made] > 0)
    made, which, flow = made[making], which[making], nodes.baseline[lost]
    node = copied(nodes, like, identity=named(world, "nodes", names), product=product, on_hand=0, reserved=0,
                  ordered=0, sold=0, short=0, demand=nodes.demand[lost], forecast=nodes.forecast[lost], coming=0,
                  owed=0, habit=-1.0, ahead=0.0, reported=-1, baseline=flow)  # fmt: skip
    step = np.arange(len(made)) - np.searchsorted(which, which)
    ours = [f"{names[line]}/make/{k}" for line, k in zip(which.tolist(), step.tolist(), strict=True)]
    part = flow[which] * links.share[made]
    copied(links, made, identity=named(world, "links", ours), buyer=node[which], placed=0, backlog=0, granted=0,
           coming=0, asked_ma=part, met_ma=part, baseline=part)  # fmt: skip
    tell(world, node, nodes.forecast[node])
    _change_plants(world, product, nodes.firm[lost], nodes.firm[like])
    return node


def _change_plants(world: World, product: Array, old: Array, new: Array) -> None:
    """A design made in another plant is better or worse by as much as that plant is, and claims some of it."""
    more = world.firms.quality[new] - world.firms.quality[old]
    np.add.at(world.products.quality, product, more)
    np.add.at(world.products.claim, product, np.float32(CLAIM) * more)


def open_offers(world: World, known: Ways, ties: Ties, opening: Array) -> None:
    """List chains' goods in the market and mode that sellers have chosen, from the shelf that serves others."""
    chains, offers, nodes, listings = world.chains, world.offers, world.nodes, world.listings
    dest, mode = chains.new_market[opening].copy(), chains.new_mode[opening].copy()
    chains.new_market[opening], chains.new_mode[opening] = -1, -1
    place, like = _best_sold(world, ties, chains.product[opening])
    chain, dest, mode, node = opening[place], dest[place], mode[place], offers.node[like]
    lane = known.table[nodes.country[node], dest, mode]
    category = world.products.category[chains.product[chain]]
    postal = np.where(mode == POST, int(Postal.POST), int(Postal.OTHER))
    cell = world.law.cell(dest, category, int(Channel.PARCEL), nodes.origin[node], postal)
    cell = np.where(world.lanes.queue[lane] >= 0, cell, -1).astype(np.int32)
    bands = world.law.bands(world.first + world.day)
    lawful = [one < 0 or choose(int(bands.first[one]), 0, bands.upto, bands.rule) >= 0 for one in cell.tolist()]
    some = np.flatnonzero(lawful)
    listing = _listed(world, ties, chain[some], dest[some])
    free = listings.offer[listing, mode[some]] < 0
    some, listing = some[free], listing[free]
    chain, dest, mode, like, node = chain[some], dest[some], mode[some], like[some], node[some]
    there = world.names["countries"]
    names = [
        f"{world.names['nodes'][at]}/{there[market]}/{MODES[way]}"
        for at, market, way in zip(node.tolist(), dest.tolist(), mode.tolist(), strict=True)
    ]
    price = np.maximum(np.floor(offers.value_cents[like] * world.countries.fx[dest] + 0.5), 1.0).astype(np.int64)
    rows = copied(offers, like, identity=named(world, "offers", names), listing=listing, lane=lane[some], dest=dest,
                  mode=mode, cell=cell[some], price_minor=price, demand_ma=0.0, sold=0)  # fmt: skip
    listings.offer[listing, mode] = rows
    world.counts["offers_opened"] += len(rows)


def _best_sold(world: World, ties: Ties, products: Array) -> tuple[I8, Array]:
    """Of each product the offer by a direct mode that sells most; the place of the products that have one, and it."""
    offers = world.offers
    listing, which = ties.listed.each(products)
    direct = world.listings.offer[listing][:, DIRECT]
    which, direct = np.repeat(which, len(DIRECT)), direct.reshape(-1)
    live = (direct >= 0) & (offers.alive[direct] > 0)
    which, direct = which[live], direct[live]
    order = np.lexsort((direct, -offers.demand_ma[direct], which))
    first = order[_firsts(which[order])]
    return which[first], direct[first]


def _listed(world: World, ties: Ties, chain: Array, dest: Array) -> Array:
    """The listing of each chain's goods in a market, alive; made if there is none."""
    listings, chains = world.listings, world.chains
    rows, which = ties.listed.each(chains.product[chain])
    listing, like = np.full(len(chain), -1, np.int64), rows[_firsts(which)]
    here = listings.dest[rows] == dest[which]
    listing[which[here][::-1]] = rows[here][::-1]
    listings.alive[listing[listing >= 0]] = 1
    new = np.flatnonzero(listing < 0)
    ours, there = world.names["chains"], world.names["countries"]
    names = [
        f"{ours[one]}/listing/{there[market]}"
        for one, market in zip(chain[new].tolist(), dest[new].tolist(), strict=True)
    ]
    home = world.firms.country[chains.seller[chain[new]]] == dest[new]
    listing[new] = copied(listings, like[new], identity=named(world, "listings", names), dest=dest[new], offer=-1,
                          reviews=0, rating_sum=0, popularity=0.0, sold=0, born=world.day, alive=1,
                          home=home)  # fmt: skip
    return listing
