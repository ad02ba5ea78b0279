"""How a newcomer is built: a seller who enters with a design of its own, set up like an incumbent it has watched."""

from __future__ import annotations

import numpy as np

from abm import settlement, sourcing
from abm.columns import I4, Array
from abm.moves import CLAIM, copied, join, named, open_lines
from abm.settlement import OWNERS
from abm.sourcing import Choice, Ways
from abm.ties import Ties
from abm.world import World
from kernels.chance import Stream, identity
from kernels.functions import exp
from kernels.money import half_up
from kernels.supply import normals

STYLE_SD = 0.3
QUALITY_SD = 0.2
"""Spread of a newcomer's design around its maker's quality."""
COST_SD = 0.2
"""Standard deviation of the logarithm of a newcomer's rent and salaries."""
CASH_DAYS = 90


def enter(world: World, ties: Ties, model: int, name: str) -> I4:
    """Found a seller and its chain, shelves and listings like an incumbent's, a design of its own.

    The links that are still without a maker of its own, for `join_makers`.
    """
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
    _enrol(world, ties, int(chain[0]), firm, model)
    _list(world, ties, model, firm, product, swap, name)
    world.counts["entries"] += 1
    world.counts["chains_born"] += 1
    return added[~np.isin(links.supplier[added], node)]


def join_makers(world: World, known: Ways, ties: Ties, rows: I4) -> None:
    """Choose among the makers of goods of such a class for each of the links ``rows``, and open lines there."""
    links, nodes = world.links, world.nodes
    kind, stood = sourcing.finished_of_class(world), links.supplier[rows].copy()
    chosen = sourcing.joined_up(world, known, rows, kind, kind[stood])
    none = chosen.supplier < 0
    like = np.where(none, stood, chosen.supplier)
    lane = np.where(none, links.lane[rows], chosen.lane)
    lines = open_lines(world, ties, rows, np.ones(len(rows), bool), Choice(like, lane, chosen.cost),
                       Choice(like, lane, chosen.cost))  # fmt: skip
    sourcing.point(world, known, rows, lines, ties)
    join(world, ties, *np.unique(np.column_stack([links.chain[rows], nodes.firm[like]]), axis=0).T)


def _enrol(world: World, ties: Ties, chain: int, seller: int, model: int) -> None:
    """Write down who takes part in a new chain before it has makers: its seller, and the model's services."""
    members, rows = world.members, ties.takes_part(model)
    copied(members, rows[(members.tier[rows] == 0) & (members.alive[rows] > 0)], chain=chain)
    members.append(1, chain=chain, firm=seller, tier=1, share=1.0)


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
