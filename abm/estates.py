"""How the affairs of a firm that has left are settled: shoppers whose parcels wait first, then its creditors."""

from __future__ import annotations

import numpy as np

from abm import settlement
from abm.columns import Array
from abm.passing import Invoices
from abm.settlement import Reason, tally
from abm.world import Stage, World
from kernels import rationing

ESTATE_DAYS = 60
"""Days that an administrator waits: escrow is released by then, and buyers have paid."""


def freeze(world: World, leaving: Array) -> None:
    """All that the leaving owe falls due on one day."""
    gone = np.zeros(len(world.firms), bool)
    gone[leaving] = True
    claims = world.invoices.pull(lambda part: gone[part.debtor] & (part.debtor >= 0), 0)
    world.invoices.put(claims, world.day + ESTATE_DAYS, 0)


def refund_unshipped(world: World, gone: Array) -> None:
    """Shoppers whose parcels have not left get back from escrow all that they paid; the goods are free again.

    ``gone`` is a mask by firm: the sellers who leave.
    """
    offers, listings = world.offers, world.listings
    parcels = world.parcels.pull(lambda part: gone[listings.seller[offers.listing[part.offer]]], Stage.READY)
    seller, people = listings.seller[offers.listing[parcels.offer]], world.countries.people[offers.dest[parcels.offer]]
    settlement.release(world, offers.node[parcels.offer], np.ones(len(parcels), np.int64))
    settlement.post(world, world.firms.escrow[seller], people, parcels.paid_cents)
    world.counts["refunds_cents"] += int(parcels.paid_cents.sum(dtype=np.int64))


def share(world: World) -> None:
    """Claims on dead firms that fall due tomorrow get equal parts of each cent; what no cash covers is written off."""
    due = world.invoices.due(world.day + 1, 0)
    dead = (world.firms.alive[due.debtor] == 0) & (due.debtor >= 0)
    world.invoices.put(due.take(~dead), world.day + 1, 0)
    if not dead.any():
        return
    claims = due.take(dead)
    paid = _parts(world, claims)
    settlement.post(world, claims.payer, claims.payee, paid)
    goods = claims.reason == Reason.GOODS
    owed = np.where(goods, claims.amount_cents, 0)
    tally(claims.debtor, -owed, world.firms.payable_cents)
    tally(world.accounts.firm[claims.payee], -owed, world.firms.receivable_cents)
    world.counts["written_off_cents"] += int((claims.amount_cents - paid).sum())


def _parts(world: World, claims: Invoices) -> Array:
    """Cents that each claim gets of its debtor's cash."""
    firms, count = world.firms, len(claims)
    order = np.argsort(claims.debtor, kind="stable")
    first = np.searchsorted(claims.debtor[order], np.arange(len(firms) + 1)).astype(np.int64)
    cash = np.maximum(world.accounts.balance_cents[firms.account], 0)
    none, granted, paid = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64)
    rationing.proportional(0, len(firms), first, claims.amount_cents[order], none, np.arange(count, dtype=np.uint64),
                           none.astype(np.float64), cash, none, granted)  # fmt: skip
    paid[order] = granted
    return paid
