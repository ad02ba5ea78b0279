"""Who has how much at the start: usual revenue and costs, cash for a season, open books, a ledger that sums to zero."""

from __future__ import annotations

import numpy as np

from abm import settlement
from abm.columns import F8, I8, Array
from abm.phases.marketing import AD_SHARE
from abm.scenario.build.capacities import declarations, held_g, spread_over, weight
from abm.scenario.build.network import Network
from abm.scenario.build.prices import bulk_duty_rate, link_freight
from abm.world import World
from kernels.settlement import post

CREDIT_DAYS = 30.0
"""How far a bank lets cash fall below zero, in days of costs; assumed."""
LEAST_CASH = 100_000
"""USD cents that every firm has at least on the first day."""


def set_money(world: World, network: Network) -> None:
    """Write fixed costs, credit, opening cash, what buyers still owe, and what sellers still wait for."""
    revenue, costs = usual_revenue(world), usual_costs(world)
    groups, firms = network.groups, world.firms
    share = np.array([group.fixed for group in groups])
    firms.fixed_cents[:] = np.floor(share * revenue + 0.5)
    costs += firms.fixed_cents
    firms.credit_cents[:] = np.ceil(CREDIT_DAYS * costs)
    days = np.array([group.cash_days for group in groups])
    cash = np.maximum(np.ceil(days * costs), np.where(days > 0, LEAST_CASH, 0)).astype(np.int64)
    balance = world.accounts.balance_cents
    post(np.full(len(firms), settlement.OWNERS, np.int32), firms.account, cash, balance)
    firms.profit_ma[:] = usual_profits(world)
    _open_books(world)
    _hold_sales(world)


def _whole_days(flow: F8, days: Array) -> tuple[Array, Array, I8]:
    """Row, day from 1 and whole cents of flows that repeat for some days, each its own number."""
    row = np.repeat(np.arange(len(flow)), days)
    day = np.arange(len(row)) - np.repeat(np.cumsum(days) - days, days) + 1
    cents = np.floor(day * flow[row] + 0.5) - np.floor((day - 1) * flow[row] + 0.5)
    return row, day, cents.astype(np.int64)


def _open_books(world: World) -> None:
    """Goods delivered before the start are still to be paid for, day by day, within the supplier's terms."""
    firms, links, nodes = world.firms, world.links, world.nodes
    sold = np.flatnonzero((links.supplier >= 0) & (links.price_cents > 0))
    supplier, buyer = nodes.firm[links.supplier[sold]], nodes.firm[links.buyer[sold]]
    flow = links.baseline[sold] * links.price_cents[sold]
    row, day, cents = _whole_days(flow, firms.terms_days[supplier].astype(np.int64))
    payer, payee = firms.account[buyer[row]], firms.account[supplier[row]]
    settlement.bill(world, payer, payee, cents, settlement.Reason.GOODS, world.day + day, buyer[row])


def _hold_sales(world: World) -> None:
    """What was sold and delivered before the start waits in escrow for its day of release, a part of it as reserve."""
    firms, offers, terms = world.firms, world.offers, world.scenario.platform
    seller = world.nodes.firm[offers.node]
    residue = offers.demand_ma * (offers.value_cents - seller_charges(world))
    late = np.full(len(offers), terms.holding_days + terms.reserve_days, np.int64)
    for part, days in ((1.0 - terms.reserve_ppm * 1e-6, late - terms.reserve_days), (terms.reserve_ppm * 1e-6, late)):
        row, day, cents = _whole_days(np.maximum(part * residue, 0.0), days)
        settlement.hold(world, seller[row], offers.dest[row], cents, cents, world.day + day)
        payer = settlement.rows(world.countries.people[offers.dest[row]])
        post(payer, settlement.rows(firms.escrow[seller[row]]), cents, world.accounts.balance_cents)


def usual_revenue(world: World) -> F8:
    """Cents that each firm takes on a usual day: list prices, transfer prices, freight, fees, picks, declarations."""
    firms, links, offers, nodes = world.firms, world.links, world.offers, world.nodes
    size = len(firms)
    revenue = spread_over(nodes.firm[offers.node], offers.demand_ma * offers.value_cents, size)
    sold = np.flatnonzero((links.supplier >= 0) & (links.price_cents > 0))
    revenue += spread_over(nodes.firm[links.supplier[sold]], (links.baseline * links.price_cents)[sold], size)
    moved = np.flatnonzero(links.lane >= 0)
    freight = (links.baseline * link_freight(world))[moved]
    revenue += spread_over(world.lanes.carrier[links.lane[moved]], freight, size)
    revenue += spread_over(world.lanes.carrier[offers.lane], offers.demand_ma * offers.freight_cents, size)
    fronts = world.storefronts
    count = np.maximum(np.bincount(fronts.country, minlength=len(world.countries)), 1)
    sales = spread_over(offers.dest, offers.demand_ma * offers.value_cents, len(world.countries)) / count
    revenue += spread_over(fronts.platform, sales[fronts.country] * firms.fee_ppm[fronts.platform] * 1e-6, size)
    paid = spread_over(offers.dest, offers.demand_ma * offers.landed_cents, len(world.countries))
    provider = world.countries.payment
    revenue += spread_over(
        np.maximum(provider, 0), paid * np.where(provider >= 0, firms.fee_ppm[provider], 0) * 1e-6, size
    )
    operator = nodes.operator[offers.node]
    picks = np.where(operator != nodes.firm[offers.node], offers.demand_ma * firms.price_cents[operator], 0.0)
    revenue += spread_over(operator, picks, size)
    revenue += held_g(world) / 1000.0 * firms.storage_cents
    broker = world.countries.broker
    served = declarations(world).sum(axis=1)
    return revenue + spread_over(
        np.maximum(broker, 0), served * np.where(broker >= 0, firms.price_cents[broker], 0), size
    )


def usual_costs(world: World) -> F8:
    """Cents that each firm spends on a usual day beside its fixed costs: goods, freight, duty, wages, materials."""
    firms, links, nodes = world.firms, world.links, world.nodes
    size = len(firms)
    bought = np.flatnonzero(links.lane >= 0)
    duty = bulk_duty_rate(world)
    unit = links.price_cents * (1.0 + duty) + link_freight(world)
    costs = spread_over(nodes.firm[links.buyer[bought]], (links.baseline * unit)[bought], size)
    made = np.flatnonzero(links.make >= 0)
    maker = links.make[made]
    raw = links.supplier[made] < 0
    wages = links.baseline[made] * (firms.labour_cents[maker] + np.where(raw, firms.material_cents[maker], 0))
    kept = np.flatnonzero(nodes.operator != nodes.firm)
    grams = weight(world, nodes.product[kept]) * (nodes.on_hand + nodes.reserved)[kept]
    costs += spread_over(nodes.firm[kept], grams / 1000.0 * firms.storage_cents[nodes.operator[kept]], size)
    return costs + spread_over(maker, wages, size)


def seller_charges(world: World) -> F8:
    """Commission, payment fee and picking that a sale of each offer costs its seller, in cents."""
    firms, offers, nodes = world.firms, world.offers, world.nodes
    fronts, size = world.storefronts, len(world.countries)
    count = np.maximum(np.bincount(fronts.country, minlength=size), 1)
    commission = spread_over(fronts.country, firms.fee_ppm[fronts.platform] * 1e-6, size) / count
    fee = np.where(world.countries.payment >= 0, firms.fee_ppm[world.countries.payment] * 1e-6, 0.0)
    given = offers.value_cents * commission[offers.dest] + offers.landed_cents * fee[offers.dest]
    operator = nodes.operator[offers.node]
    return given + np.where(operator != nodes.firm[offers.node], firms.price_cents[operator], 0)


def usual_profits(world: World) -> F8:
    """Revenue less costs on a usual day, in cents; a seller's charges, refunds and advertising taken off."""
    firms, offers = world.firms, world.offers
    profit = usual_revenue(world) - usual_costs(world) - firms.fixed_cents
    charges, returned = seller_charges(world), world.categories.returns[world.listings.category[offers.listing]]
    bids = sum(AD_SHARE) / 2.0 * offers.value_cents * (world.scenario.platform.paid_share > 0.0)
    given = offers.demand_ma * (charges + bids + returned * (offers.landed_cents - charges))
    return profit - spread_over(world.nodes.firm[offers.node], given, len(firms))
