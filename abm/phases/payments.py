"""Who is paid today: escrow is split and released, refunds, invoices, wages, interest and dividends are posted."""

from __future__ import annotations

import numpy as np

from abm import settlement
from abm.columns import I8, Array
from abm.passing import Parcels
from abm.phases import phase
from abm.settlement import BANK, OWNERS, WORKERS, Reason, hold, post, together
from abm.world import MODES, World
from kernels.currency import convert
from kernels.payments import part, solvent

DIVIDEND_DAYS = 28
RESERVE_OF_COSTS = 120
MEMORY_DAYS = 120.0
REFUSED = 5
REFUNDED_BY_STATE = np.array([mode in ("overseas", "bonded", "retail") for mode in MODES])


@phase(
    writes="accounts.balance_cents firms.earned_cents firms.spent_cents firms.payable_cents "
    "firms.receivable_cents firms.overdue firms.worth_cents firms.profit_ma",
    appends="invoices releases delivered",
)
def payments(world: World) -> None:
    """Releases, fees, freight, duty, VAT, refunds, trade credit, wages, interest and dividends."""
    _release(world)
    asked = (world.delivered.booked == 3) | (world.delivered.booked == REFUSED)
    _refund(world, world.delivered.take(asked))
    world.delivered.booked[asked] = 4
    kept = world.delivered.booked == 1
    _split(world, world.delivered.take(kept))
    world.delivered.booked[kept] = 2
    _settle_invoices(world)
    _run_costs(world)


def _release(world: World) -> None:
    """What sellers have waited for leaves escrow; held in each market's currency, it is worth what that is today.

    The bank that changes it takes or adds what exchange rates have moved since the order.
    """
    firms, due = world.firms, world.releases.due(world.day, 0)
    markets = len(world.countries)
    cell, (booked, local) = together(due.seller * markets + due.market, due.cents, due.local_cents)
    worth = np.empty(len(cell), np.int64)
    convert(0, len(cell), local, (world.countries.fx_start / world.countries.fx)[cell % markets], worth)
    rows, (booked, gain) = together(cell // markets, booked, worth - booked)
    post(world, firms.escrow[rows], firms.account[rows], booked)
    up, down = np.flatnonzero(gain > 0), np.flatnonzero(gain < 0)
    post(world, BANK, firms.account[rows[up]], gain[up])
    post(world, firms.account[rows[down]], BANK, -gain[down])
    world.counts["fx_gain_cents"] += int(gain.sum())


def _held(parcels: Parcels) -> I8:
    """What escrow still holds of delivered parcels: what was paid less the taxes that have left."""
    taxes = parcels.duty_cents.astype(np.int64) + parcels.vat_cents + parcels.handling_cents - parcels.door_cents
    return np.asarray(np.maximum(parcels.paid_cents - taxes, 0), np.int64)


def _refund(world: World, parcels: Parcels) -> None:
    """The shopper gets back what was paid, less freight if refused at the door; the seller bears what escrow lacks.

    Taxes come back to the seller where the state gives them back: for bulk and bonded goods.
    """
    offers, firms, countries = world.offers, world.firms, world.countries
    seller = world.listings.seller[offers.listing[parcels.offer]]
    dest, mode, held = offers.dest[parcels.offer], offers.mode[parcels.offer], _held(parcels)
    people, state = countries.people[dest], countries.government[dest]
    refused = parcels.booked == REFUSED
    back = np.where(refused, np.maximum(parcels.paid_cents - parcels.freight_cents, 0), parcels.paid_cents)
    at_hand = np.minimum(held, back)
    post(world, firms.escrow[seller], people, at_hand)
    post(world, firms.escrow[seller], firms.account[seller], held - at_hand)
    post(world, firms.account[seller], people, back - at_hand)
    taxes = np.where(REFUNDED_BY_STATE[mode], parcels.duty_cents.astype(np.int64) + parcels.vat_cents, 0)
    post(world, state, firms.account[seller], taxes)
    world.counts["refunds_cents"] += int(back.sum(dtype=np.int64))
    world.counts["taxes_returned_cents"] += int(taxes.sum())


def _split(world: World, parcels: Parcels) -> None:
    """Each parcel's money is split once: commission, payment fee, and the seller's residue, part of it later."""
    firms, count = world.firms, len(parcels)
    seller = world.listings.seller[world.offers.listing[parcels.offer]]
    platform = world.storefronts.platform[parcels.storefront]
    provider = np.maximum(world.countries.payment[world.offers.dest[parcels.offer]], 0)
    held, fee, later = _held(parcels), np.empty(count, np.int64), np.empty(count, np.int64)
    commission = np.minimum(parcels.commission_cents, held)
    coin = world.countries.currency
    changed = coin[firms.country[seller]] != coin[world.offers.dest[parcels.offer]]
    part(0, count, parcels.paid_cents.astype(np.int64), firms.fee_ppm[provider] + firms.spread_ppm[provider] * changed,
         fee)  # fmt: skip
    fee = np.minimum(fee, held - commission)
    post(world, firms.escrow[seller], firms.account[platform], commission)
    post(world, firms.escrow[seller], firms.account[provider], fee)
    residue, terms = held - commission - fee, world.scenario.platform
    part(0, count, residue, np.full(count, terms.reserve_ppm, np.int64), later)
    soon = world.day + np.maximum(firms.holding_days[platform], 1).astype(np.int64)
    market, local = world.offers.dest[parcels.offer], np.empty(count, np.int64)
    ordered = world.countries.fx_past[market, parcels.ordered % world.axes["window"]]
    rate = ordered / world.countries.fx_start[market]
    for release, cents in ((soon, residue - later), (soon + terms.reserve_days, later)):
        convert(0, count, cents, rate, local)
        hold(world, seller, market, cents, local, release)


def _settle_invoices(world: World) -> None:
    """Invoices due are paid in the order of taxes, wages, then the rest, as far as cash and credit reach.

    Among these the oldest come first.
    """
    firms = world.firms
    due = world.invoices.due(world.day, 0)
    turn = np.uint8(2) * (due.debtor >= 0) + (due.reason != Reason.WAGES)
    due = due.take(np.lexsort((due.due, turn)))
    amount, paid = settlement.whole(due.amount_cents), np.empty(len(due), np.int64)
    payer, payee, debtor = (settlement.rows(side) for side in (due.payer, due.payee, due.debtor))
    solvent(payer, payee, amount, debtor, -firms.credit_cents, world.accounts.balance_cents.copy(), paid)
    post(world, payer, payee, paid)
    trade = np.where(due.reason == Reason.GOODS, paid, 0)
    settlement.tally(debtor, -trade, firms.payable_cents)
    settlement.tally(world.accounts.firm[payee], -trade, firms.receivable_cents)
    due.amount_cents[:] -= paid
    left = due.take(due.amount_cents > 0)
    world.invoices.put(left, world.day + 1, 0)
    world.counts["unpaid"] += len(left)
    firms.overdue[:] = 0
    np.maximum.at(firms.overdue, left.debtor, world.day + 1 - left.due)


def _run_costs(world: World) -> None:
    """Rent and salaries, interest on what is borrowed, and now and then what owners take out."""
    firms, balance = world.firms, world.accounts.balance_cents
    rows = np.flatnonzero(firms.alive)
    account = firms.account[rows]
    post(world, account, WORKERS, firms.fixed_cents[rows])
    debt, interest = np.maximum(-balance[account], 0), np.empty(len(rows), np.int64)
    part(0, len(rows), debt, world.countries.interest_ppm[firms.country[rows]], interest)
    post(world, account, BANK, interest)
    worth = _worth(world)
    known = firms.worth_cents != 0
    firms.profit_ma += (worth - firms.worth_cents - firms.profit_ma) * known / MEMORY_DAYS
    firms.worth_cents[:] = worth
    if world.day % DIVIDEND_DAYS == 0 and world.day > 0:
        enough = firms.spent_cents[rows] // (world.day + 1) * RESERVE_OF_COSTS
        paid = _excess(balance[account], enough)
        post(world, account, OWNERS, paid)
        firms.worth_cents[rows] -= paid


def _worth(world: World) -> I8:
    """What each firm is worth: cash, escrow, receivables less payables, and stock at cost."""
    firms, nodes, balance = world.firms, world.nodes, world.accounts.balance_cents
    stock = np.zeros(len(firms), np.int64)
    settlement.tally(nodes.firm, np.floor((nodes.on_hand + nodes.reserved) * nodes.cost_cents), stock)
    escrow = np.where(firms.escrow >= 0, balance[firms.escrow], 0)
    return np.asarray(balance[firms.account] + escrow + firms.receivable_cents - firms.payable_cents + stock)


def _excess(cash: Array, enough: Array) -> I8:
    return np.asarray(np.maximum(cash - enough, 0) // 2, np.int64)
