"""How a newcomer is built: a seller who enters with a design of its own, set up like an incumbent it has watched."""

from __future__ import annotations

from typing import Any

import numpy as np

from abm import settlement
from abm.columns import I4, Array, Table
from abm.settlement import OWNERS
from abm.sourcing import Choice
from abm.world import World
from kernels.chance import Stream, identity
from kernels.supply import normals

STYLE_SD = 0.3
QUALITY_SD = 0.5
CASH_DAYS = 90


def copied(table: Table, rows: Array, **changed: Any) -> I4:
    """Append copies of rows, some columns changed, and return where they stand."""
    values = {name: getattr(table, name)[rows].copy() for name in table.columns}
    added = table.append(len(rows), **{**values, **changed})
    return np.arange(added.start, added.stop, dtype=np.int32)


def named(world: World, table: str, names: list[str]) -> Array:
    """Remember the names of new rows; their identities."""
    world.names[table].extend(names)
    return np.array([identity(name) for name in names], np.uint64)


def enter(world: World, model: int, name: str) -> None:
    """Found a seller, its product, nodes, links, listings and chain, after the chain ``model`` of an incumbent."""
    chains, links = world.chains, world.links
    firm = _found_firm(world, int(chains.seller[model]), name)
    product = _design(world, int(chains.product[model]), firm, name)
    old = np.flatnonzero((world.nodes.product == chains.product[model]) & (world.nodes.alive > 0)).astype(np.int32)
    node = _open_nodes(world, old, firm, product, int(chains.seller[model]), name)
    into = np.isin(links.buyer, old) & (links.alive > 0)
    rows = np.flatnonzero(into).astype(np.int32)
    swap = np.arange(len(world.nodes), dtype=np.int32)
    swap[old] = node
    supplier = np.where(links.supplier[rows] >= 0, swap[links.supplier[rows]], -1)
    chain = copied(chains, np.array([model]), identity=named(world, "chains", [name]), product=product, seller=firm,
                   searching=0, alive=1)  # fmt: skip
    copied(links, rows, identity=named(world, "links", [f"{name}/link/{k}" for k in range(len(rows))]),
           supplier=supplier, buyer=swap[links.buyer[rows]], chain=chain[0], placed=0, backlog=0, granted=0, coming=0,
           asked_ma=0.0, met_ma=0.0)  # fmt: skip
    members = np.flatnonzero((world.members.chain == model) & (world.members.alive > 0))
    theirs = world.members.firm[members]
    copied(world.members, members, chain=chain[0], firm=np.where(theirs == chains.seller[model], firm, theirs))
    _list(world, model, firm, product, swap, name)
    world.counts["entries"] += 1
    world.counts["chains_born"] += 1


def open_lines(world: World, rows: Array, wanted: Array, found: Choice, stand_in: Choice) -> Choice:
    """Let other makers open lines for designs that have lost theirs; the choice with the new nodes filled in.

    ``stand_in`` names, for each of the links ``rows``, a node of a maker of such goods; only those ``wanted`` are used.
    """
    supplier, lane, cost = found.supplier.copy(), found.lane.copy(), found.cost.copy()
    lines: dict[tuple[int, int], int] = {}
    for k in np.flatnonzero(wanted & (stand_in.supplier >= 0)).tolist():
        like, product = int(stand_in.supplier[k]), int(world.nodes.product[world.links.buyer[rows[k]]])
        if (like, product) not in lines:
            lines[like, product] = _open_line(world, like, product, int(world.links.supplier[rows[k]]))
        supplier[k], lane[k], cost[k] = lines[like, product], stand_in.lane[k], stand_in.cost[k]
    return Choice(supplier, lane, cost)


def _open_line(world: World, like: int, product: int, lost: int) -> int:
    """A line for a product at the maker of the node ``like``, sized after the line that was ``lost``."""
    nodes, links, name = world.nodes, world.links, f"{world.names['nodes'][like]}/line/{product}/{world.day}"
    made = np.flatnonzero((links.buyer == like) & (links.make >= 0) & (links.alive > 0))
    node = copied(nodes, np.array([like]), identity=named(world, "nodes", [name]), product=product, on_hand=0,
                  reserved=0, ordered=0, sold=0, short=0, demand=nodes.demand[[lost]], forecast=nodes.forecast[lost],
                  coming=0, owed=0, reported=-1)  # fmt: skip
    copied(links, made, identity=named(world, "links", [f"{name}/make/{k}" for k in range(len(made))]), buyer=node[0],
           placed=0, backlog=0, granted=0, coming=0, asked_ma=0.0, met_ma=0.0)  # fmt: skip
    return int(node[0])


def _found_firm(world: World, like: int, name: str) -> int:
    """A firm like another, with accounts of its own and cash from its owners."""
    firms = world.firms
    accounts = world.accounts.append(
        2, identity=named(world, "accounts", [name, f"{name}/escrow"]), firm=np.array([len(firms), -1])
    )
    row = copied(firms, np.array([like]), identity=named(world, "firms", [name]), account=accounts.start,
                 escrow=accounts.start + 1, payable_cents=0, receivable_cents=0, overdue=0, earned_cents=0,
                 spent_cents=0, release_cents=np.zeros((1, world.axes["ring"]), np.int64), profit_ma=0.0,
                 alive=1, bought_units=0, sold_units=0)  # fmt: skip
    a_day = max(int(firms.spent_cents[like]) // (world.day + 1), int(firms.fixed_cents[like]))
    settlement.post(world, np.array([OWNERS]), np.array([accounts.start]), np.array([CASH_DAYS * a_day]))
    return int(row[0])


def _design(world: World, like: int, firm: int, name: str) -> int:
    """A product of its own: quality by luck, style near what the incumbent sells."""
    products = world.products
    luck = normals(world.words(Stream.ENTRY, np.array([identity(name)], np.uint64), day=0)[0].copy())
    quality = QUALITY_SD * luck[0]
    style = np.clip(products.style[like] + STYLE_SD * luck[1], -1.0, 1.0)
    goods = dict.fromkeys(
        ("opening", "made", "restocked", "in_work", "in_transit", "in_customs", "delivered", "used", "scrapped"), 0
    )
    row = copied(products, np.array([like]), identity=named(world, "products", [f"{name}/product"]), maker=firm,
                 quality=quality, claim=0.5 * quality, style=style, **goods)  # fmt: skip
    return int(row[0])


def _open_nodes(world: World, old: I4, firm: int, product: int, seller: int, name: str) -> I4:
    """Shelves like the incumbent's, empty; the maker's line for the new product stays the maker's."""
    nodes = world.nodes
    own = nodes.firm[old] == seller
    operator = np.where(own & (nodes.operator[old] == seller), firm, nodes.operator[old])
    return copied(nodes, old, identity=named(world, "nodes", [f"{name}/node/{k}" for k in range(len(old))]),
                  firm=np.where(own, firm, nodes.firm[old]), operator=operator, product=product, on_hand=0, reserved=0,
                  ordered=0, sold=0, short=0, demand=nodes.demand[old] // 2,
                  forecast=nodes.forecast[old] / 2.0, coming=0, owed=0, reported=-1)  # fmt: skip


def _list(world: World, model: int, firm: int, product: int, swap: I4, name: str) -> None:
    """Listings and offers like the incumbent's, without its reviews."""
    listings, offers = world.listings, world.offers
    old = np.flatnonzero((listings.product == world.chains.product[model]) & (listings.alive > 0)).astype(np.int32)
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
