"""Nothing leaks: every unit of every product and every cent of every account is where the counters say."""

from __future__ import annotations

import numpy as np

from abm.columns import I8, Array, Calendar, T
from abm.passing import Parcels
from abm.settlement import Reason, tally
from abm.world import Stage, World


class LeakError(AssertionError):
    """A unit or a cent is not where it should be; the message names the phase after which it was missed."""


def audit(world: World, phase: str) -> None:
    """Check goods per product, the ledger, escrow, receivables and payables, all with ==.

    Raises:
        LeakError: what is missing, where, and after which phase.
    """
    faults = [*_goods(world), *_money(world)]
    if faults:
        raise LeakError(f"after phase {phase} on day {world.day}: " + "; ".join(faults))


def _faults(what: str, names: list[str], found: Array, expected: Array) -> list[str]:
    rows = np.flatnonzero(found != expected)[:3].tolist()
    return [f"{what} of {names[row]} is {found[row]}, not {expected[row]}" for row in rows]


def _goods(world: World) -> list[str]:
    goods, nodes, names = world.products, world.nodes, world.names["products"]
    shelves = np.zeros(len(goods), np.int64)
    tally(nodes.product, nodes.on_hand + nodes.reserved, shelves)
    here = shelves + goods.in_work + goods.in_transit + goods.in_customs
    here = here + goods.delivered + goods.used + goods.scrapped
    faults = _faults("stock", names, here, goods.opening + goods.made + goods.restocked)
    work, transit, customs = _under_way(world)
    faults += _faults("work", names, goods.in_work, work)
    faults += _faults("goods in transit", names, goods.in_transit, transit)
    faults += _faults("goods in customs", names, goods.in_customs, customs)
    faults += _faults("reserve", world.names["nodes"], nodes.reserved, _promised(world))
    if (nodes.on_hand < 0).any():
        faults.append("stock on hand below zero")
    return faults


def _filed(calendar: Calendar[T]) -> tuple[Array, T]:
    """All rows of a calendar in one table, and the stage of each."""
    slabs = calendar.every()
    stage = np.repeat([stage for _, stage, _ in slabs] or [0], [len(part) for _, _, part in slabs] or [0])
    return stage, calendar.kind.join(part for _, _, part in slabs)


def _under_way(world: World) -> tuple[I8, I8, I8]:
    """Units in work, in transit and in customs, counted from the slabs."""
    work, transit, customs = np.zeros((3, len(world.products)), np.int64)
    stage, freight = _filed(world.shipments)
    product = world.nodes.product[world.links.buyer[freight.link]]
    for place, there in ((work, stage == Stage.WORK), (customs, stage == Stage.CUSTOMS)):
        tally(product[there], freight.units[there], place)
    moving = (stage != Stage.WORK) & (stage != Stage.CUSTOMS)
    tally(product[moving], freight.units[moving], transit)
    stage, packs = _filed(world.parcels)
    product = world.nodes.product[world.offers.node[packs.offer]]
    for place, stages in ((customs, (Stage.CUSTOMS,)), (transit, (Stage.LINE_HAUL, Stage.LAST_MILE))):
        there = np.isin(stage, stages)
        tally(product[there], np.ones(there.sum(), np.int64), place)
    return work, transit, customs


def _promised(world: World) -> I8:
    """Units that nodes hold for parcels that wait and for business orders that were granted."""
    promised = np.zeros(len(world.nodes), np.int64)
    links = world.links
    tally(links.supplier, links.granted * links.per_unit, promised)
    stage, packs = _filed(world.parcels)
    ready = packs.offer[stage == Stage.READY]
    tally(world.offers.node[ready], np.ones(len(ready), np.int64), promised)
    return promised


def _money(world: World) -> list[str]:
    accounts, firms, names = world.accounts, world.firms, world.names["firms"]
    total = int(accounts.balance_cents.sum())
    faults = [f"the ledger sums to {total} cents, not 0"] if total else []
    payable, receivable, escrow_bills = np.zeros((3, len(firms)), np.int64)
    owner = np.full(len(accounts), -1, np.int32)
    sellers = np.flatnonzero(firms.escrow >= 0)
    owner[firms.escrow[sellers]] = sellers
    _, bills = _filed(world.invoices)
    goods = bills.take(bills.reason == Reason.GOODS)
    tally(goods.debtor, goods.amount_cents, payable)
    tally(accounts.firm[goods.payee], goods.amount_cents, receivable)
    tally(owner[bills.payer], bills.amount_cents, escrow_bills)
    tally(owner[bills.payee], -bills.amount_cents, escrow_bills)
    faults += _faults("payables", names, firms.payable_cents, payable)
    faults += _faults("receivables", names, firms.receivable_cents, receivable)
    _, waiting = _filed(world.releases)
    tally(waiting.seller, waiting.cents, escrow_bills)
    held = _held(world) + escrow_bills
    balance = np.where(firms.escrow >= 0, accounts.balance_cents[firms.escrow], 0)
    return faults + _faults("escrow", names, balance, held)


def _held(world: World) -> I8:
    """Cents that escrow holds for parcels under way, or delivered and not yet split, by seller."""
    held = np.zeros(len(world.firms), np.int64)
    stage, filed = _filed(world.parcels)
    waiting = (world.delivered.booked == 1) | _refund_waits(world)
    coming_back = (stage == Stage.RETURNING) | (stage == Stage.CONSOLIDATING)
    packs = Parcels.join([filed.take(~coming_back), world.delivered.take(waiting)])
    taxes = packs.duty_cents.astype(np.int64) + packs.vat_cents + packs.handling_cents - packs.door_cents
    left = np.where(packs.booked >= 1, np.maximum(packs.paid_cents - taxes, 0), packs.paid_cents)
    tally(world.listings.seller[world.offers.listing[packs.offer]], left, held)
    return held


def _refund_waits(world: World) -> Array:
    """Delivered or refused parcels whose refund is asked and not yet posted."""
    return np.asarray((world.delivered.booked == 3) | (world.delivered.booked == 5))
