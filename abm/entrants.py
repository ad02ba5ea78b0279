"""How a newcomer is built: a seller who enters with a design of its own, set up like an incumbent it has watched."""

from __future__ import annotations

from typing import Any

import numpy as np

from abm import settlement, sourcing
from abm.columns import I4, Array, Table
from abm.settlement import OWNERS
from abm.sourcing import Choice, Ways
from abm.ties import Ties
from abm.world import MODES, World
from kernels.border import Channel, Postal
from kernels.chance import Stream, identity
from kernels.functions import exp
from kernels.information import announce
from kernels.money import half_up
from kernels.supply import normals

DEEPEST = 16
"""Steps from a finished product to raw material, at most."""
DIRECT, POST = (0, 1, 2), 2
"""Modes that need no stock abroad, and the one that goes by post."""
STYLE_SD = 0.3
QUALITY_SD, CLAIM = 0.2, 0.5
"""Spread of a newcomer's design around its maker's quality, and the part of quality that is claimed."""
COST_SD = 0.2
"""Standard deviation of the logarithm of a newcomer's rent and salaries."""
CASH_DAYS = 90


def copied(table: Table, rows: Array, **changed: Any) -> I4:
    """Append copies of rows, some columns changed, and return where they stand."""
    values = {name: getattr(table, name)[rows] for name in table.columns if name not in changed}
    added = table.append(len(rows), **{**values, **changed})
    return np.arange(added.start, added.stop, dtype=np.int32)


def named(world: World, table: str, names: list[str]) -> Array:
    """Remember the names of new rows; their identities."""
    world.names[table].extend(names)
    return np.array([identity(name) for name in names], np.uint64)


def enter(world: World, known: Ways, ties: Ties, model: int, name: str) -> None:
    """Found a seller and its chain: shelves and listings like an incumbent's, a maker and a design of its own."""
    chains, links, nodes = world.chains, world.links, world.nodes
    incumbent = int(chains.seller[model])
    firm = _found_firm(world, incumbent, name)
    old = ties.stocked(int(chains.product[model]))
    old = old[(nodes.firm[old] == incumbent) & (nodes.alive[old] > 0)].astype(np.int32)
    rows = ties.into(*old.tolist())
    rows = rows[links.alive[rows] > 0].astype(np.int32)
    maker = nodes.firm[links.supplier[rows[~np.isin(links.supplier[rows], old)]]]
    product = _design(world, int(chains.product[model]), firm, maker, name)
    node = _open_nodes(world, old, firm, product, incumbent, name)
    swap = np.arange(len(nodes), dtype=np.int32)
    swap[old] = node
    chain = copied(chains, np.array([model]), identity=named(world, "chains", [name]), product=product, seller=firm,
                   searching=0, new_maker=-1, new_market=-1, new_mode=-1, alive=1)  # fmt: skip
    added = copied(links, rows, identity=named(world, "links", [f"{name}/link/{k}" for k in range(len(rows))]),
                   supplier=swap[links.supplier[rows]], buyer=swap[links.buyer[rows]], chain=chain[0], placed=0,
                   backlog=0, granted=0, coming=0, asked_ma=0.0, met_ma=0.0)  # fmt: skip
    makers = _join_maker(world, known, ties, added[~np.isin(links.supplier[added], node)])
    enrol(world, ties, int(chain[0]), firm, makers, model)
    _list(world, ties, model, firm, product, swap, name)
    world.counts["entries"] += 1
    world.counts["chains_born"] += 1


def _join_maker(world: World, known: Ways, ties: Ties, rows: I4) -> Array:
    """Choose among the makers of goods of such a class for each of the links ``rows``, and open a line; their firms."""
    links, nodes = world.links, world.nodes
    kind, stood = sourcing.finished_of_class(world), links.supplier[rows].copy()
    chosen = sourcing.joined_up(world, known, rows, kind, kind[stood])
    none = chosen.supplier < 0
    like = np.where(none, stood, chosen.supplier)
    lane = np.where(none, links.lane[rows], chosen.lane)
    lines = open_lines(world, ties, rows, np.ones(len(rows), bool), Choice(like, lane, chosen.cost),
                       Choice(like, lane, chosen.cost))  # fmt: skip
    sourcing.point(world, known, rows, lines, ties)
    return nodes.firm[like]


def enrol(world: World, ties: Ties, chain: int, seller: int, makers: Array, model: int) -> None:
    """Write down who takes part in a new chain: its seller, its makers and those before them, the model's services."""
    members, rows = world.members, ties.takes_part(model)
    copied(members, rows[(members.tier[rows] == 0) & (members.alive[rows] > 0)], chain=chain)
    members.append(1, chain=chain, firm=seller, tier=1, share=1.0)
    join(world, ties, chain, makers)


def join(world: World, ties: Ties, chain: int, makers: Array) -> None:
    """Makers of the last stage, and the suppliers with whom each mostly works, become members of a chain."""
    members = world.members
    for maker in np.unique(makers).tolist():
        theirs = ties.belongs(maker)
        theirs = theirs[(members.tier[theirs] == 2) & (members.chain[theirs] != chain)]
        if len(theirs):
            before = ties.takes_part(int(members.chain[theirs[0]]))
            copied(members, before[(members.tier[before] > 1) & (members.alive[before] > 0)], chain=chain)
        else:
            members.append(1, chain=chain, firm=maker, tier=2)


def move_line(world: World, known: Ways, ties: Ties, chain: int) -> None:
    """Move the making of a chain's goods to the maker that its seller has chosen; the old line sells what it has."""
    links, nodes, chains, members = world.links, world.nodes, world.chains, world.members
    like, product = int(chains.new_maker[chain]), int(chains.product[chain])
    chains.new_maker[chain] = -1
    rows = ties.supplying(product)
    bought = (links.alive[rows] > 0) & (links.supplier[rows] >= 0) & (links.price_cents[rows] > 0)
    rows = rows[bought & (links.share[rows] > 0)].astype(np.int32)
    found = sourcing.cheapest_haul(world, known, rows, np.full(len(rows), like))
    if not len(rows) or (found.lane < 0).any() or not nodes.alive[like] or (nodes.firm[links.supplier[rows]] < 0).any():
        return
    lines = open_lines(world, ties, rows, np.ones(len(rows), bool), found, found)
    names = [f"{world.names['links'][row]}/from/{world.names['nodes'][like]}/{world.day}" for row in rows.tolist()]
    added = copied(links, rows, identity=named(world, "links", names), placed=0, backlog=0, granted=0, coming=0,
                   met_ma=links.asked_ma[rows])  # fmt: skip
    sourcing.point(world, known, added, lines, ties)
    for row in rows.tolist():
        _run_out(world, ties, row)
    leaving = ties.takes_part(chain)
    members.alive[leaving[members.tier[leaving] > 1]] = 0
    join(world, ties, chain, nodes.firm[lines.supplier])
    world.counts["switched"] += len(rows)
    world.counts["lines_moved"] += 1


def _run_out(world: World, ties: Ties, row: int) -> None:
    """The last order on a link whose line closes: all that the line has in stock and in work."""
    links, nodes = world.links, world.nodes
    line = int(links.supplier[row])
    shared = ties.out_of(line)
    if int(((links.alive[shared] > 0) & (links.share[shared] > 0)).sum()) == 1:
        into = ties.into(line)
        into = into[(links.make[into] >= 0) & (links.alive[into] > 0)]
        tell(world, ties, line, -float(nodes.forecast[line]))
        links.backlog[row] = nodes.on_hand[line] + int(links.coming[into].sum())
    links.share[row] = 0.0


def tell(world: World, ties: Ties, node: int, units: float) -> None:
    """A maker tells its suppliers of a line that it opens or closes, and they theirs: forecasts follow at once."""
    links, into = world.links, ties.into
    announce(node, units, DEEPEST, into.order, into.first, into.known, links.supplier, links.buyer, links.alive,
             links.share, links.per_unit, world.nodes.forecast)  # fmt: skip


def _change_plants(world: World, product: int, old: int, new: int) -> None:
    """A design made in another plant is better or worse by as much as that plant is, and claims some of it."""
    more = world.firms.quality[new] - world.firms.quality[old]
    world.products.quality[product] += more
    world.products.claim[product] += CLAIM * more


def open_offer(world: World, known: Ways, ties: Ties, chain: int) -> None:
    """List a chain's goods in the market and mode that its seller has chosen, from the shelf that serves others."""
    chains, offers, nodes = world.chains, world.offers, world.nodes
    product, dest, mode = int(chains.product[chain]), int(chains.new_market[chain]), int(chains.new_mode[chain])
    chains.new_market[chain], chains.new_mode[chain] = -1, -1
    direct = world.listings.offer[ties.listed(product)][:, DIRECT]
    direct = np.sort(direct[direct >= 0])
    direct = direct[offers.alive[direct] > 0]
    if not len(direct):
        return
    like = int(direct[np.argmax(offers.demand_ma[direct])])
    node = int(offers.node[like])
    lane = int(known.table[nodes.country[node], dest, mode])
    category, cell = int(world.products.category[product]), -1
    if world.lanes.queue[lane] >= 0:
        postal = Postal.POST if mode == POST else Postal.OTHER
        cell = int(world.law.cell(dest, category, int(Channel.PARCEL), nodes.origin[node], int(postal)))
        if world.law.row(world.first + world.day, cell, 0) < 0:
            return
    listing = _listing(world, ties, chain, product, dest)
    if world.listings.offer[listing, mode] >= 0:
        return
    name = f"{world.names['nodes'][node]}/{world.names['countries'][dest]}/{MODES[mode]}"
    price = max(half_up(float(offers.value_cents[like] * world.countries.fx[dest])), 1)
    row = copied(offers, np.array([like]), identity=named(world, "offers", [name]), listing=listing, lane=lane,
                 dest=dest, mode=mode, cell=cell, price_minor=price, demand_ma=0.0, sold=0)  # fmt: skip
    world.listings.offer[listing, mode] = row[0]
    world.counts["offers_opened"] += 1


def _listing(world: World, ties: Ties, chain: int, product: int, dest: int) -> int:
    """The listing of a product in a market, made if there is none."""
    listings, seller = world.listings, int(world.chains.seller[chain])
    listed = ties.listed(product)
    there = listed[listings.dest[listed] == dest]
    if len(there):
        listings.alive[there[0]] = 1
        return int(there[0])
    name = f"{world.names['chains'][chain]}/listing/{world.names['countries'][dest]}"
    row = copied(listings, listed[:1], identity=named(world, "listings", [name]), dest=dest, offer=-1, reviews=0,
                 rating_sum=0, popularity=0.0, sold=0, born=world.day, alive=1,
                 home=int(world.firms.country[seller] == dest))  # fmt: skip
    return int(row[0])


def open_lines(world: World, ties: Ties, rows: Array, wanted: Array, found: Choice, stand_in: Choice) -> Choice:
    """Let other makers open lines for designs that have lost theirs; the choice with the new nodes filled in.

    ``stand_in`` names, for each of the links ``rows``, a node of a maker of such goods; only those ``wanted`` are used.
    """
    supplier, lane, cost = found.supplier.copy(), found.lane.copy(), found.cost.copy()
    lines: dict[tuple[int, int], int] = {}
    for k in np.flatnonzero(wanted & (stand_in.supplier >= 0)).tolist():
        like, product = int(stand_in.supplier[k]), int(world.nodes.product[world.links.buyer[rows[k]]])
        if (like, product) not in lines:
            lines[like, product] = _open_line(world, ties, like, product, int(world.links.supplier[rows[k]]))
        supplier[k], lane[k], cost[k] = lines[like, product], stand_in.lane[k], stand_in.cost[k]
    return Choice(supplier, lane, cost)


def _open_line(world: World, ties: Ties, like: int, product: int, lost: int) -> int:
    """A line for a product at the maker of the node ``like``, sized after the line that was ``lost``."""
    nodes, links, name = world.nodes, world.links, f"{world.names['nodes'][like]}/line/{product}/{world.day}"
    made = ties.into(like)
    made = made[(links.make[made] >= 0) & (links.alive[made] > 0)]
    flow = float(nodes.baseline[lost])
    node = copied(nodes, np.array([like]), identity=named(world, "nodes", [name]), product=product, on_hand=0,
                  reserved=0, ordered=0, sold=0, short=0, demand=nodes.demand[[lost]], forecast=nodes.forecast[lost],
                  coming=0, owed=0, habit=-1.0, ahead=0.0, reported=-1, baseline=flow)  # fmt: skip
    copied(links, made, identity=named(world, "links", [f"{name}/make/{k}" for k in range(len(made))]), buyer=node[0],
           placed=0, backlog=0, granted=0, coming=0, asked_ma=flow * links.share[made],
           met_ma=flow * links.share[made], baseline=flow * links.share[made])  # fmt: skip
    tell(world, ties, int(node[0]), float(nodes.forecast[node[0]]))
    _change_plants(world, product, int(nodes.firm[lost]), int(nodes.firm[like]))
    return int(node[0])


def _found_firm(world: World, like: int, name: str) -> int:
    """A firm like another, with accounts of its own and cash from its owners."""
    firms = world.firms
    accounts = world.accounts.append(
        2, identity=named(world, "accounts", [name, f"{name}/escrow"]), firm=np.array([len(firms), -1])
    )
    own = named(world, "firms", [name])
    luck = float(normals(world.words(Stream.ENTRY, own, day=0)[0].copy())[2])
    fixed = half_up(float(firms.fixed_cents[like]) * exp(COST_SD * luck))
    row = copied(firms, np.array([like]), identity=own, account=accounts.start, fixed_cents=fixed,
                 escrow=accounts.start + 1, payable_cents=0, receivable_cents=0, overdue=0, earned_cents=0,
                 spent_cents=0, profit_ma=0.0, alive=1, bought_units=0, sold_units=0)  # fmt: skip
    a_day = max(int(firms.spent_cents[like]) // (world.day + 1), int(firms.fixed_cents[like]))
    settlement.post(world, OWNERS, accounts.start, np.array([CASH_DAYS * a_day]))
    return int(row[0])


def _design(world: World, like: int, firm: int, maker: Array, name: str) -> int:
    """A product of its own: of its maker's quality but for luck, style near what the incumbent sells."""
    products = world.products
    luck = normals(world.words(Stream.ENTRY, np.array([identity(name)], np.uint64), day=0)[0].copy())
    quality = float(world.firms.quality[maker[0]]) + QUALITY_SD * luck[0]
    style = np.clip(products.style[like] + STYLE_SD * luck[1], -1.0, 1.0)
    goods = dict.fromkeys(
        ("opening", "made", "restocked", "in_work", "in_transit", "in_customs", "delivered", "used", "scrapped"), 0
    )
    row = copied(products, np.array([like]), identity=named(world, "products", [f"{name}/product"]), maker=firm,
                 quality=quality, claim=CLAIM * quality, style=style, **goods)  # fmt: skip
    return int(row[0])


def _open_nodes(world: World, old: I4, firm: int, product: int, seller: int, name: str) -> I4:
    """Shelves like the incumbent's, empty; the maker's line for the new product stays the maker's."""
    nodes = world.nodes
    own = nodes.firm[old] == seller
    operator = np.where(own & (nodes.operator[old] == seller), firm, nodes.operator[old])
    return copied(nodes, old, identity=named(world, "nodes", [f"{name}/node/{k}" for k in range(len(old))]),
                  firm=np.where(own, firm, nodes.firm[old]), operator=operator, product=product, on_hand=0, reserved=0,
                  ordered=0, sold=0, short=0, demand=nodes.demand[old] // 2,
                  forecast=nodes.forecast[old] / 2.0, coming=0, owed=0, reported=-1, habit=-1.0, ahead=0.0)  # fmt: skip


def _list(world: World, ties: Ties, model: int, firm: int, product: int, swap: I4, name: str) -> None:
    """Listings and offers like the incumbent's, without its reviews."""
    listings, offers = world.listings, world.offers
    old = ties.listed(int(world.chains.product[model]))
    old = old[listings.alive[old] > 0].astype(np.int32)
    names = [f"{name}/listing/{k}" for k in range(len(old))]
    row = copied(listings, old, identity=named(world, "listings", names), seller=firm, product=product, offer=-1,
                 reviews=0, rating_sum=0, qhat=world.products.claim[product], popularity=0.0, sold=0,
                 born=world.day)  # fmt: skip
    for place, listing in zip(old.tolist(), row.tolist(), strict=True):
        theirs = listings.offer[place]
        copies = theirs[theirs >= 0]
        ids = named(world, "offers", [f"{name}/offer/{listing}/{k}" for k in range(len(copies))])
        made = copied(offers, copies, identity=ids, listing=listing, node=swap[offers.node[copies]], demand_ma=0.0,
                      sold=0, alive=1)  # fmt: skip
        world.listings.offer[listing, np.flatnonzero(theirs >= 0)] = made
