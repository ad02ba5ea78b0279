"""What buyers can pay for: orders within cash and credit, and where these do not suffice the best use of cash first."""

from __future__ import annotations

import numpy as np

from abm.columns import F8, I8, Array
from abm.grouping import grouped
from abm.settlement import tally
from abm.world import Pool, World
from kernels import rationing

STOP_DAYS = 30
"""Days after which a late payable stops deliveries."""
STEPS = 3
"""Steps that goods take within one firm before they are sold, at most: inputs, output, origin, shelf abroad."""


def affordable(world: World, rows: Array) -> I8:
    """Units that the buyers of the links ``rows`` may have; who is short ranks its links by margin per cash-day."""
    links, firms = world.links, world.firms
    price = links.price_cents[rows]
    buyer = world.nodes.firm[links.buyer[rows]]
    spare = np.where(firms.overdue >= STOP_DAYS, 0, np.maximum(headroom(world), 0))
    claim = links.backlog[rows] * price
    order, first = grouped(buyer, len(firms), links.identity[rows])
    granted, none = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    paid = np.zeros(len(rows), np.int64)
    rationing.priority(0, len(firms), first, claim[order], none, links.identity[rows][order],
                       returns_on_cash(world, rows)[order], spare, _fences(world, rows, buyer, spare)[order],
                       paid)  # fmt: skip
    granted[order] = paid
    return np.asarray(np.where(price > 0, granted // np.maximum(price, 1), links.backlog[rows]), np.int64)


def headroom(world: World) -> I8:
    """Cents that each firm may still commit: cash and credit, less what it owes and what is set aside for it."""
    firms, links = world.firms, world.links
    committed = np.zeros(len(firms), np.int64)
    tally(world.nodes.firm[links.buyer], links.granted * links.price_cents, committed)
    cash = world.accounts.balance_cents[firms.account]
    return np.asarray(cash + firms.credit_cents - firms.payable_cents - committed, np.int64)


def returns_on_cash(world: World, rows: Array) -> F8:
    """Margin on each cent that an order of each link ties up, by day of its lead time."""
    links = world.links
    price = np.maximum(links.price_cents[rows], 1)
    gain = _worth(world)[links.buyer[rows]] / price - 1.0
    return np.asarray(gain / np.maximum(links.lead[rows], 1.0))


def margins(world: World, rows: Array) -> F8:
    """Cents that the supplier of each link gains on a unit of its own: the price, or within a firm what it will fetch.

    Less the unit's cost; a maker also takes off wages, and raw material where it buys that from outside.
    """
    links, nodes = world.links, world.nodes
    supplier, maker, price = links.supplier[rows], links.make[rows], links.price_cents[rows]
    wages = np.where(maker >= 0, world.firms.labour_cents[maker], 0)
    onward = np.where(price > 0, price, _worth(world)[links.buyer[rows]] - wages)
    cost = np.where(supplier >= 0, nodes.cost_cents[supplier], world.firms.material_cents[maker])
    return np.asarray(onward / links.per_unit[rows] - cost)


def _worth(world: World) -> F8:
    """Cents that a unit at each node fetches in the end: what shoppers or business buyers pay, less wages to come."""
    nodes, links, offers = world.nodes, world.links, world.offers
    worth = np.zeros(len(nodes))
    live = offers.alive > 0
    np.maximum.at(worth, offers.node[live], offers.value_cents[live].astype(np.float64))
    sold = (links.alive > 0) & (links.supplier >= 0) & (links.price_cents > 0)
    np.maximum.at(worth, links.supplier[sold], links.price_cents[sold].astype(np.float64))
    within = np.flatnonzero((links.alive > 0) & (links.supplier >= 0) & (links.price_cents == 0))
    wages = np.where(links.make[within] >= 0, world.firms.labour_cents[links.make[within]], 0)
    for _ in range(STEPS):
        onward = (worth[links.buyer[within]] - wages) / links.per_unit[within]
        np.maximum.at(worth, links.supplier[within], onward)
    return worth


def _fences(world: World, rows: Array, buyer: Array, spare: I8) -> I8:
    """Cents that are ring-fenced for each link, by its part of what its buyer usually spends."""
    firms, links = world.firms, world.links
    usual = np.floor(links.baseline[rows] * links.price_cents[rows]).astype(np.int64)
    total = np.zeros(len(firms), np.int64)
    tally(buyer, usual, total)
    part = usual / np.maximum(total[buyer], 1)
    fenced = 1.0 - firms.pooled[buyer, Pool.CASH]
    return np.asarray(np.floor(spare[buyer] * fenced * part), np.int64)
