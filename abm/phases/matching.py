"""Who gets what: payments are authorised, orders meet stock, and business books are rationed once across chains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from abm import given, settlement
from abm.capital import affordable, margins
from abm.columns import F8, I8, U4, U8, Array
from abm.grouping import by_lot, grouped
from abm.passing import Parcels
from abm.phases import phase
from abm.settlement import Reason
from abm.world import VARIANTS, Outcome, Pool, Stage, World
from kernels import rationing, threads
from kernels.chance import Stream
from kernels.delivery import delivery
from kernels.matching import match
from kernels.needs import authorised
from kernels.payments import KEENNESS, part, screened, within_limit
from kernels.race import next_home
from kernels.second_choice import retry
from kernels.segments import signals, usual_sales

RETRIES = 2
CHARGEBACK_DAYS = 45
"""Days after which a fraud is found and charged back."""
RELIABILITY_DAYS = 60


@dataclass
class Book:
    """Claims on scarce units, sorted by who is asked; the arguments of every rationing rule."""

    first: I8
    claim: I8
    day: I8
    lot: U8
    weight: F8
    available: I8
    reserved: I8

    def share_out(self, rule: Callable[..., None]) -> I8:
        """Units granted to each claim by a rationing kernel."""
        granted = np.zeros(len(self.claim), np.int64)
        rule(0, len(self.available), self.first, self.claim, self.day, self.lot, self.weight, self.available,
             self.reserved, granted)  # fmt: skip
        return granted


@dataclass(frozen=True)
class Proportional:
    """Everyone gets the same part of what they ask for."""

    def __call__(self, world: World, book: Book) -> I8:
        return book.share_out(rationing.proportional)


@dataclass(frozen=True)
class Uniform:
    """Everyone gets up to the same number of units."""

    def __call__(self, world: World, book: Book) -> I8:
        return book.share_out(rationing.uniform)


@dataclass(frozen=True)
class Priority:
    """Who brings the largest margin on a unit is served first."""

    def __call__(self, world: World, book: Book) -> I8:
        return book.share_out(rationing.priority)


@dataclass(frozen=True)
class FirstCome:
    """Who has waited longest is served first."""

    def __call__(self, world: World, book: Book) -> I8:
        return book.share_out(rationing.first_come)


RULES = {"proportional": Proportional, "uniform": Uniform, "priority": Priority, "first_come": FirstCome}


@phase(
    writes="nodes.on_hand nodes.reserved nodes.ordered nodes.sold nodes.short accounts.balance_cents "
    "consumers.need consumers.bought listings.sold offers.sold "
    "links.placed links.backlog links.granted links.asked_ma links.met_ma links.asked links.since "
    "products.delivered firms.earned_cents",
    appends="orders parcels invoices",
)
def matching(world: World) -> None:
    """Payments are authorised, orders meet stock by lot, the short choose again; books are rationed across chains."""
    for column in (world.nodes.ordered, world.nodes.sold, world.nodes.short, world.listings.sold, world.offers.sold):
        column[:] = 0
    _authorise(world)
    for nth in range(RETRIES + 1):
        _round(world, nth)
    _sell(world)
    _serve_given(world)
    _answer_books(world)


def _authorise(world: World) -> None:
    """Some payments fail, and some are turned away by their provider's screen, frauds more often than good ones."""
    orders, people, count = world.orders, world.consumers, len(world.orders)
    granted, failure, demand = np.empty(count, np.uint8), np.empty(count, np.float32), world.scenario.demand
    provider = world.countries.payment[people.country[orders.consumer]]
    screen = np.where(provider >= 0, world.firms.screening[provider], 0.0)
    word = world.words(Stream.FRAUD, orders.consumer)[:, 0].copy()
    screened(0, count, screen, demand.fraud, KEENNESS, demand.decline, word, failure, orders.stolen)
    threads.run(authorised, count, threads.FEW, orders.consumer, np.uint64(world.scenario.seed),
                np.uint32(world.chance_day), failure, granted)  # fmt: skip
    orders.outcome[granted == 0] = Outcome.DECLINED


def _round(world: World, nth: int) -> None:
    """One round of orders: a mode is taken, stock goes to the smallest lots, who is short leaves or picks again."""
    orders, people, pages = world.orders, world.consumers, world.pages
    rows = np.flatnonzero(orders.outcome == Outcome.OPEN)
    listing, lead = (shown[orders.page[rows], orders.slot[rows]] for shown in (pages.listing, pages.offer))
    consumer, offer = orders.consumer[rows], np.empty(len(rows), np.int32)
    open_door = world.offers.alive & world.offers.admitted
    seed, day = np.uint64(world.scenario.seed), np.uint32(world.chance_day)
    lam = world.scenario.demand.lam
    threads.run(delivery, len(rows), threads.FEW, consumer, listing, people.taste, seed, day, world.listings.offer,
                world.offers.relative, world.offers.days.astype(np.float32), open_door, np.float32(lam), nth, lead,
                world.scenario.dials.personalisation.delivery, offer)  # fmt: skip
    node = np.where(offer >= 0, world.offers.node[offer], -1).astype(np.int32)
    filled = np.empty(len(rows), np.uint8)
    match(node, orders.lot[rows], consumer.astype(np.uint64), world.nodes.on_hand, filled)
    got = filled.astype(bool) & (offer >= 0)
    one = np.ones(len(rows), np.int64)
    settlement.promise(world, node[got], one[got])
    settlement.tally(node, one, world.nodes.ordered)
    settlement.tally(node[~got], one[~got], world.nodes.short)
    orders.offer[rows] = offer
    if nth == 0:
        orders.first[rows] = offer
    orders.outcome[rows[got]] = Outcome.BOUGHT
    rows = rows[~got]
    orders.tried[rows] |= np.uint32(1) << orders.slot[rows].astype(np.uint32)
    if nth == RETRIES:
        orders.outcome[rows] = Outcome.SHORT
        return
    slot, lot = orders.slot[rows], orders.lot[rows]
    who = (orders.consumer[rows], orders.page[rows], orders.tried[rows], people.taste, people.last_seller)
    if world.scenario.chance.draw == "race":
        threads.run(next_home, len(rows), threads.FEW, *who, seed, day, pages.feature, pages.seller, world.runners,
                    pages.filled, lam, nth + 1, slot, lot)  # fmt: skip
    else:
        threads.run(retry, len(rows), threads.FEW, *who, seed, day, pages.feature, pages.seller, pages.filled, lam,
                    nth + 1, slot, lot)  # fmt: skip
    orders.slot[rows], orders.lot[rows] = slot, lot
    orders.outcome[rows[slot < 0]] = Outcome.LEFT


def _redeem(world: World, rows: Array) -> None:
    """What orders come to: the quote of their offer less the coupon of the page from which they were made."""
    orders, offers, offer = world.orders, world.offers, world.orders.offer[rows]
    off = np.empty(len(rows), np.int64)
    ppm = world.pages.coupon_ppm[orders.page[rows], orders.slot[rows]].astype(np.int64)
    part(0, len(rows), offers.value_cents[offer], ppm, off)
    orders.coupon_cents[rows] = off + offers.coupon_cents[offer]
    orders.paid_cents[rows] = offers.landed_cents[offer] - off


def _pay(world: World, rows: Array) -> Array:
    """Drop orders that their market's payment provider can no longer carry; their goods are free again."""
    orders, firms = world.orders, world.firms
    country = world.offers.dest[orders.offer[rows]]
    provider = world.countries.payment
    limit = np.where(provider >= 0, firms.capacity[provider] * firms.alive[provider], 0.0).astype(np.int64)
    granted = np.empty(len(rows), np.uint8)
    within_limit(country, orders.paid_cents[rows], limit, granted)
    refused = rows[granted == 0]
    orders.outcome[refused] = Outcome.DECLINED
    settlement.release(world, world.offers.node[orders.offer[refused]], np.ones(len(refused), np.int64))
    return np.asarray(rows[granted == 1])


def _sell(world: World) -> None:
    """What was bought is paid into escrow and becomes a parcel waiting to depart, in the order of lots."""
    orders, offers = world.orders, world.offers
    rows = np.flatnonzero(orders.outcome == Outcome.BOUGHT)
    _redeem(world, rows)
    rows = _pay(world, rows[by_lot(orders.lot[rows], orders.consumer[rows])])
    offer, consumer = orders.offer[rows], orders.consumer[rows]
    listing, one = offers.listing[offer], np.ones(len(rows), np.int64)
    seller = world.listings.seller[listing]
    front = orders.page[rows] // (len(world.categories) * world.scenario.platform.segments * VARIANTS)
    commission = np.empty(len(rows), np.int64)
    goods = offers.value_cents[offer] - orders.coupon_cents[rows]
    part(0, len(rows), goods, world.firms.fee_ppm[world.storefronts.platform[front]], commission)
    paid = orders.paid_cents[rows]
    settlement.post(world, world.countries.people[offers.dest[offer]], world.firms.escrow[seller], paid)
    parcels = Parcels.of(
        len(rows), consumer=consumer, offer=offer, value_cents=offers.value_cents[offer], paid_cents=paid,
        duty_cents=offers.duty_cents[offer], vat_cents=offers.vat_cents[offer],
        handling_cents=offers.handling_cents[offer], freight_cents=offers.freight_cents[offer],
        commission_cents=commission, ordered=world.day, lane=offers.lane[offer], storefront=front,
        promised=np.minimum(offers.promised[offer], 255), door_cents=offers.door_cents[offer],
        signal=_signal(world, rows),
    )  # fmt: skip
    world.parcels.put(parcels, world.day, Stage.READY)
    _charge_back(world, rows)
    _remember(world)
    settlement.tally(world.offers.node[offer], one, world.nodes.sold)
    settlement.tally(listing, one, world.listings.sold)
    settlement.tally(offer, one, world.offers.sold)


def _remember(world: World) -> None:
    """Who has bought needs nothing more; read in the order of consumers, whose memory is large."""
    orders, people = world.orders, world.consumers
    rows = np.flatnonzero(orders.outcome == Outcome.BOUGHT)
    consumer, category = orders.consumer[rows], world.listings.category[world.offers.listing[orders.offer[rows]]]
    people.need[consumer] = 0
    times, place = people.bought.reshape(-1), consumer.astype(np.int64) * people.bought.shape[1] + category
    times[place] += times[place] < np.iinfo(times.dtype).max


def _charge_back(world: World, rows: Array) -> None:
    """Whose card was used by a thief gets the money back of the payment provider, which let the payment through."""
    orders, firms = world.orders, world.firms
    lost = rows[orders.stolen[rows] > 0]
    country = world.offers.dest[orders.offer[lost]]
    provider = world.countries.payment[country]
    paid = np.where(provider >= 0, orders.paid_cents[lost], 0)
    settlement.bill(world, firms.account[provider], world.countries.people[country], paid, Reason.CHARGEBACK,
                    world.day + CHARGEBACK_DAYS, provider)  # fmt: skip
    world.counts["chargeback_cents"] += int(paid.sum())


def _serve_given(world: World) -> None:
    """What is asked from outside is taken from the shelf at the list price; where it is too little, in proportion."""
    if not world.scenario.demand.given:
        return
    offers, nodes = world.offers, world.nodes
    asked = given.packs(world) * offers.alive
    rows = np.flatnonzero(asked)
    order, first = grouped(offers.node[rows], len(nodes), offers.identity[rows])
    rows = rows[order]
    node, none = offers.node[rows], np.zeros(len(rows), np.int64)
    book = Book(first, asked[rows], none, offers.identity[rows], np.ones(len(rows)), nodes.on_hand.copy(), none)
    sold = book.share_out(rationing.proportional)
    settlement.tally(node, asked[rows], nodes.ordered)
    settlement.tally(node, asked[rows] - sold, nodes.short)
    settlement.hand_over(world, node, sold)
    payer, seller = world.countries.people[offers.dest[rows]], nodes.firm[node]
    settlement.post(world, payer, world.firms.account[seller], sold * offers.value_cents[rows])
    settlement.tally(node, sold, nodes.sold)
    settlement.tally(offers.listing[rows], sold, world.listings.sold)
    settlement.tally(rows, sold, offers.sold)
    world.counts["given_asked"] += int(asked.sum())
    world.counts["given_sold"] += int(sold.sum())


def _signal(world: World, rows: Array) -> U4:
    """What platforms can tell of buyers from their orders: what was taken, against what else the page showed."""
    orders, pages, demand = world.orders, world.pages, world.scenario.demand
    usual = np.zeros(world.axes["taste"], np.float32)
    usual[:5] = demand.quality_mean, world.price_mean, world.price_mean * demand.theta, 0.0, demand.home
    page, sold = orders.page[rows], np.zeros(len(pages), np.bool_)
    sold[page] = True
    read = np.flatnonzero(sold).astype(np.int32)
    mean, variance = np.empty((2, len(pages), world.axes["trait"]))
    threads.run(usual_sales, len(read), threads.FEW, read, pages.feature, pages.seller, pages.filled, usual,
                float(demand.lam), mean, variance)  # fmt: skip
    signal = np.empty((len(rows), np.dtype(np.uint32).itemsize), np.int8)
    threads.run(signals, len(rows), threads.WINDOW, page, orders.slot[rows], pages.feature, mean, variance, signal)
    return np.asarray(signal.view(np.uint32)[:, 0])


def _book(world: World, rows: Array, asked: Array, firm: Array, margin: F8, claim: I8, available: I8, fenced: I8) -> I8:
    """Ration ``claim`` of the links ``rows`` against what those ``asked`` have, each by the rule of its ``firm``."""
    links, none = world.links, np.zeros(len(rows), np.int64)
    order, first = grouped(asked, len(available), links.identity[rows])
    lot, margin = links.identity[rows][order], margin[order]
    granted, day = none.copy(), links.since[rows][order].astype(np.int64)
    for number, rule in enumerate(world.rules["rationing"]):
        mine = (world.firms.rationing[firm] == number)[order]
        book = Book(first, np.where(mine, claim[order], 0), day, lot, margin, available,
                    np.where(mine, fenced[order], 0))  # fmt: skip
        granted[order] += rule(world, book)
    return granted


def _answer_books(world: World) -> None:
    """Orders placed yesterday and backlog meet credit, stock and capacity, each book as a whole."""
    links, nodes = world.links, world.nodes
    settlement.tally(links.supplier, links.placed * links.per_unit, nodes.ordered)
    links.asked[:] = links.placed
    links.since[(links.backlog == 0) & (links.placed > 0)] = world.day
    links.backlog += links.placed
    links.placed[:] = 0
    rows = np.flatnonzero(links.alive)
    claim = np.minimum(links.backlog[rows], affordable(world, rows))
    stocked, made, margin = links.supplier[rows] >= 0, links.make[rows] >= 0, margins(world, rows)
    supplied = rows[stocked]
    source = links.supplier[supplied]
    inputs = _book(world, supplied, source, nodes.firm[source], margin[stocked],
                   claim[stocked] * links.per_unit[supplied], nodes.on_hand,
                   np.zeros(len(supplied), np.int64))  # fmt: skip
    claim[stocked] = inputs // links.per_unit[supplied]
    working = rows[made]
    maker = links.make[working]
    claim[made] = _book(world, working, maker, maker, margin[made], claim[made], _machine_days(world),
                        _fences(world, working, maker))  # fmt: skip
    settlement.promise(world, source, claim[stocked] * links.per_unit[supplied])
    settlement.tally(links.supplier[rows], claim * links.per_unit[rows], nodes.sold)
    asked = links.backlog.astype(np.float64)
    links.backlog[rows] -= claim
    links.granted[rows] += claim
    links.asked_ma += (asked - links.asked_ma) / RELIABILITY_DAYS
    links.met_ma += (asked - links.backlog - links.met_ma) / RELIABILITY_DAYS


def _fences(world: World, rows: Array, maker: Array) -> I8:
    """Units of a maker's day that are ring-fenced for each line, by its usual part of the maker's flow."""
    firms, usual = world.firms, world.links.baseline[rows]
    thousandths = np.floor(usual * 1000.0).astype(np.int64)
    total = np.zeros(len(firms), np.int64)
    settlement.tally(maker, thousandths, total)
    part = thousandths / np.maximum(total[maker], 1)
    fenced = 1.0 - firms.pooled[maker, Pool.CAPACITY]
    return np.asarray(np.floor(firms.capacity[maker] * fenced * part), np.int64)


def _machine_days(world: World) -> I8:
    """Units that each firm can make today; a country on holiday makes nothing."""
    firms = world.firms
    shut = world.seasons.on(world.first + world.day).shut[firms.country]
    return np.asarray(np.floor(firms.capacity * firms.alive * (shut == 0)), np.int64)
