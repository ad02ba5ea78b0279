"""Where goods and money move, and nowhere else: one function per flow, each checked at the door."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from abm.columns import I4, I8, Array
from abm.grouping import first_seen
from abm.passing import Invoices, Releases, Shipments
from abm.world import World
from kernels import settlement as flow

BANK, OUTSIDE, OWNERS, WORKERS = 0, 1, 2, 3


class Reason(IntEnum):
    """What an invoice is for."""

    GOODS = 0
    FREIGHT = 1
    DUTY = 2
    VAT = 3
    HANDLING = 4
    COMMISSION = 5
    PAYMENT_FEE = 6
    REFUND = 7
    WAGES = 8
    MATERIALS = 9
    INTEREST = 10
    DIVIDEND = 11
    RELEASE = 12
    PICKING = 13
    BROKERAGE = 14
    FIXED = 15
    SALE = 16
    LIQUIDATION = 17
    VAT_RECOVERED = 18
    OPENING = 19
    PENALTY = 20
    STORAGE = 21
    CHARGEBACK = 22
    ADVERTISING = 40


class SettlementError(RuntimeError):
    """A flow asked for more than there is, or for a negative amount: a defect of the phase that asked."""


def _check(status: int, what: str) -> None:
    if status != flow.DONE:
        raise SettlementError(f"{what}: row {status} moves a negative amount or more than there is")


def rows(values: Array) -> I4:
    """Row numbers in the one type that settlement takes."""
    return np.ascontiguousarray(values, np.int32)


def whole(values: Array) -> I8:
    """Units or cents in the one type that settlement takes."""
    return np.ascontiguousarray(values, np.int64)


def tally(row: Array, amount: Array, total: Array) -> None:
    """Add whole amounts to the column ``total`` at their rows; rows below 0 are passed over."""
    flow.tally(rows(row), whole(amount), total)


def together(which: Array, *amounts: Array) -> tuple[Array, list[I8]]:
    """Whole amounts of the same number added up: the numbers, in the order they first come, and what they come to."""
    first, row = first_seen(which)
    totals = [np.zeros(len(first), np.int64) for _ in amounts]
    for amount, total in zip(amounts, totals, strict=True):
        tally(row, amount, total)
    return which[first], totals


def post(world: World, payer: Array | int, payee: Array | int, cents: Array) -> None:
    """Money changes hands: one amount, two accounts; what firms take in and pay out is remembered."""
    amount = whole(cents)
    source, target = _each(payer, len(amount)), _each(payee, len(amount))
    _check(flow.post(source, target, amount, world.accounts.balance_cents), "post")
    tally(world.accounts.firm[source], amount, world.firms.spent_cents)
    tally(world.accounts.firm[target], amount, world.firms.earned_cents)


def bill(
    world: World,
    payer: Array | int,
    payee: Array | int,
    cents: Array,
    reason: Reason,
    due: Array | int,
    debtor: Array | int = -1,
) -> None:
    """Write invoices due on a day: one for all that an account owes to another; amounts of nothing are left out.

    A debtor may turn out to be short of cash.
    """
    amount = whole(cents)
    owed = np.flatnonzero(amount > 0)
    if not len(owed):
        return
    source, target, day = (_each(side, len(amount))[owed] for side in (payer, payee, due))
    accounts = np.int64(len(world.accounts))
    first, which = first_seen((day * accounts + source) * accounts + target)
    total = np.zeros(len(first), np.int64)
    tally(which, amount[owed], total)
    invoices = Invoices.of(
        len(first),
        payer=source[first],
        payee=target[first],
        amount_cents=total,
        reason=reason,
        debtor=_each(debtor, len(amount))[owed[first]],
        issued=world.day,
        due=day[first],
    )
    if reason == Reason.GOODS:
        tally(invoices.debtor, invoices.amount_cents, world.firms.payable_cents)
        tally(world.accounts.firm[invoices.payee], invoices.amount_cents, world.firms.receivable_cents)
    world.invoices.put(invoices, day[first], int(Reason.GOODS))


def hold(world: World, seller: Array, market: Array, cents: I8, local: I8, release: Array) -> None:
    """Sales wait in escrow for their day of release: one row for all of a seller, a market and a day."""
    sellers, markets = len(world.firms), len(world.countries)
    some = cents > 0
    cell, (held, worth) = together(((release * sellers + seller) * markets + market)[some], cents[some], local[some])
    rows = Releases.of(
        len(cell), seller=cell // markets % sellers, market=cell % markets, cents=held, local_cents=worth
    )
    world.releases.put(rows, cell // markets // sellers, 0)


def _each(side: Array | int, size: int) -> I4:
    """What is said row by row, or of all rows."""
    return rows(side) if isinstance(side, np.ndarray) and side.ndim else np.full(size, side, np.int32)


def promise(world: World, node: Array, units: Array) -> None:
    """Goods on hand are set aside for an order."""
    nodes = world.nodes
    _check(flow.move(rows(node), rows(node), whole(units), nodes.on_hand, nodes.reserved), "promise")


def release(world: World, node: Array, units: Array) -> None:
    """Goods set aside are free again."""
    nodes = world.nodes
    _check(flow.move(rows(node), rows(node), whole(units), nodes.reserved, nodes.on_hand), "release")


def ship(world: World, node: Array, units: Array) -> None:
    """Goods set aside leave a node."""
    product = world.nodes.product[node]
    _check(flow.move(rows(node), rows(product), whole(units), world.nodes.reserved, world.products.in_transit), "ship")


def consume(world: World, node: Array, units: Array) -> None:
    """Inputs set aside are used up by production."""
    product = world.nodes.product[node]
    _check(flow.move(rows(node), rows(product), whole(units), world.nodes.reserved, world.products.used), "consume")


def begin(world: World, product: Array, units: Array) -> None:
    """Production starts work on units of a product."""
    _check(flow.create(rows(product), whole(units), world.products.in_work, world.products.made), "begin")


def declare(world: World, product: Array, units: Array) -> None:
    """Goods on the way are presented to customs."""
    goods = world.products
    _check(flow.move(rows(product), rows(product), whole(units), goods.in_transit, goods.in_customs), "declare")


def clear(world: World, product: Array, units: Array) -> None:
    """Customs lets goods go on."""
    goods = world.products
    _check(flow.move(rows(product), rows(product), whole(units), goods.in_customs, goods.in_transit), "clear")


def arrive(world: World, shipments: Shipments, work: bool) -> None:
    """Shipments reach their node, from production or from a lane, and blend into its average cost."""
    node = rows(world.links.buyer[shipments.link])
    product = rows(world.nodes.product[node])
    goods = world.products
    value = shipments.value_cents + shipments.freight_cents
    units = whole(shipments.units)
    flow.average(node, units, value, world.nodes.on_hand, world.nodes.cost_cents)
    source = goods.in_work if work else goods.in_transit
    _check(flow.move(product, node, units, source, world.nodes.on_hand), "arrive")


def deliver(world: World, product: Array, units: Array) -> None:
    """Parcels reach their consumers."""
    goods = world.products
    _check(flow.move(rows(product), rows(product), whole(units), goods.in_transit, goods.delivered), "deliver")


def hand_over(world: World, node: Array, units: Array) -> None:
    """Goods on hand are taken from the shelf by who buys them there."""
    product = world.nodes.product[node]
    moved = flow.move(rows(node), rows(product), whole(units), world.nodes.on_hand, world.products.delivered)
    _check(moved, "hand over")


def abandon(world: World, product: Array, units: Array) -> None:
    """Parcels that nobody takes are written off."""
    goods = world.products
    _check(flow.move(rows(product), rows(product), whole(units), goods.in_transit, goods.scrapped), "abandon")


def restock(world: World, node: Array, units: Array) -> None:
    """Goods that consumers sent back stand on a shelf again, at its average cost."""
    where, how_many = rows(node), whole(units)
    product = rows(world.nodes.product[node])
    tally(where, how_many, world.nodes.on_hand)
    tally(product, how_many, world.products.restocked)


def scrap(world: World, node: Array, units: Array) -> None:
    """Goods on hand are lost, seized, written off or sold off."""
    product = world.nodes.product[node]
    moved = flow.move(rows(node), rows(product), whole(units), world.nodes.on_hand, world.products.scrapped)
    _check(moved, "scrap")
