"""What reaches customs, shelves and doors today, and what customs takes for letting it through."""

from __future__ import annotations

import numpy as np

from abm import settlement
from abm.columns import I4, I8, U4, Array
from abm.grouping import by_lot
from abm.passing import Parcels, Shipments
from abm.phases import phase
from abm.settlement import WORKERS, Reason, bill, whole
from abm.world import KINDS, MODES, Stage, World
from kernels import threads
from kernels.arrivals import at_the_door, examine, hurry, refuse, travel, working_days
from kernels.border import WHOLE, assess_cents
from kernels.chance import Stream
from kernels.management import HOLDING
from kernels.payments import part as share_of
from kernels.payments import within_limit
from kernels.returns import shelves_in_market

CARGO = 2
INSPECTION_DAYS = 3
DAYS_A_YEAR = 365.0
RECOVERY_DAYS = 45
RESTOCK_VALUE = 0.7
"""What a pack that came back is worth, as part of its cost, before it is checked, cleaned and packed again."""
REFUSED = 5
DUTY_PAID = np.array([MODES.index("overseas"), MODES.index("retail")], np.int32)
"""Modes whose goods stand in the market, duty paid."""
ADDRESS = 1
"""Block of words of a parcel's trip that its refusal is drawn from."""
SLOT = 2
"""Block of words of a link's trips that places in the line at a warehouse are drawn from."""
WAREHOUSE = KINDS.index("warehouse")


@phase(
    writes="nodes.on_hand nodes.cost_cents links.coming products.in_work products.in_transit products.in_customs "
    "products.delivered products.restocked products.scrapped",
    appends="parcels shipments invoices delivered",
)
def arrivals(world: World) -> None:
    """Goods and parcels due leave their lane, queue for customs, reach shelves and doors."""
    world.delivered = world.parcels.due(world.day, Stage.LAST_MILE)
    _knock(world, world.delivered)
    returned = world.parcels.due(world.day, Stage.RETURNING)
    _take_back(world, returned, world.offers.node[returned.offer])
    gathered = world.parcels.due(world.day, Stage.CONSOLIDATING)
    _take_back(world, gathered, _shelf_in_market(world, gathered))
    _receive(world, world.shipments.due(world.day, Stage.WORK), work=True)
    landed = world.shipments.due(world.day, Stage.LINE_HAUL)
    crossing = world.lanes.queue[world.links.lane[landed.link]] >= 0
    _unload(world, Shipments.join([world.shipments.due(world.day, Stage.LAST_MILE), landed.take(~crossing)]))
    room = _customs_room(world)
    _clear_freight(world, landed.take(crossing), room[:, CARGO].copy())
    _clear_parcels(world, room)


def _products(world: World, parcels: Parcels) -> I4:
    return world.nodes.product[world.offers.node[parcels.offer]]


def _knock(world: World, parcels: Parcels) -> None:
    """Parcels are handed over; who has to pay at the door pays the treasury, or refuses and the parcel is abandoned."""
    abandoned = np.zeros(len(parcels), bool)
    asked = np.flatnonzero(parcels.door_cents)
    if len(asked):
        there, refused = parcels.take(asked), np.empty(len(asked), np.uint8)
        words = world.parcel_words(there, Stream.TRANSIT, ADDRESS)[:, 0].copy()
        refuse(0, len(asked), whole(there.door_cents), whole(there.paid_cents), words, refused)
        _pay_at_door(world, there.take(refused == 0))
        abandoned[asked] = refused > 0
    product = _products(world, parcels)
    one = np.ones(len(parcels), np.int64)
    settlement.deliver(world, product[~abandoned], one[~abandoned])
    settlement.abandon(world, product[abandoned], one[abandoned])
    parcels.booked[abandoned] = REFUSED
    world.counts["refused"] += int(abandoned.sum())


def _pay_at_door(world: World, parcels: Parcels) -> None:
    """The shopper pays what was assessed and not collected at checkout."""
    dest, left = world.offers.dest[parcels.offer], np.empty((3, len(parcels)), np.int64)
    duty, fee, vat = (part.astype(np.int64) for part in (parcels.duty_cents, parcels.handling_cents, parcels.vat_cents))
    at_the_door(0, len(parcels), duty + fee + vat - parcels.door_cents, duty, fee, vat, left)
    people, state = world.countries.people[dest], world.countries.government[dest]
    for cents, reason in zip(left, (Reason.DUTY, Reason.HANDLING, Reason.VAT), strict=True):
        bill(world, people, state, cents, reason, world.day)
    world.counts["door_cents"] += int(left.sum())
    world.counts["parcel_duty_cents"] += int(left[0].sum())
    world.counts["parcel_vat_cents"] += int(left[2].sum())


def _shelf_in_market(world: World, parcels: Parcels) -> I4:
    """Where gathered packs go: their seller's shelf in the market if there is one, else where they were sold from."""
    offers, listing, shelf = world.offers, world.offers.listing[parcels.offer], np.empty(len(parcels), np.int32)
    shelves_in_market(0, len(parcels), listing, DUTY_PAID, world.listings.offer, offers.node, world.nodes.alive,
                      shelf)  # fmt: skip
    return np.where(shelf >= 0, shelf, offers.node[parcels.offer]).astype(np.int32)


def _take_back(world: World, parcels: Parcels, node: Array) -> None:
    """Packs that came back stand on a shelf again; what they have lost of their cost is what making them good takes."""
    firms, owner = world.firms, world.nodes.firm[node]
    worn = np.floor(world.nodes.cost_cents[node] * (1.0 - RESTOCK_VALUE) + 0.5) * firms.alive[owner]
    bill(world, firms.account[owner], WORKERS, worn, Reason.WAGES, world.day, owner)
    settlement.restock(world, node, np.ones(len(parcels), np.int64))
    world.counts["restocked"] += len(parcels)


def _receive(world: World, shipments: Shipments, work: bool) -> None:
    settlement.arrive(world, shipments, work)
    settlement.tally(shipments.link, -shipments.units, world.links.coming)
    world.counts["made" if work else "received"] += int(shipments.units.sum())


def _unload(world: World, come: Shipments) -> None:
    """Goods reach their shelves; a warehouse takes in what has waited, then what has come, by lot, while slots last."""
    firms, nodes, links = world.firms, world.nodes, world.links
    lot = world.words(Stream.TRANSIT, links.identity[come.link], SLOT)[:, 0]
    shipments = Shipments.join([world.shipments.due(world.day, Stage.DOCK), come.take(np.argsort(lot, kind="stable"))])
    operator = nodes.operator[links.buyer[shipments.link]]
    keeper = np.where(firms.kind[operator] == WAREHOUSE, operator, -1).astype(np.int32)
    slots = np.floor(firms.docks * world.at_work(world.countries.workdays[firms.country])).astype(np.int64)
    taken = np.empty(len(shipments), np.uint8)
    within_limit(keeper, np.ones(len(shipments), np.int64), slots, taken)
    waiting = shipments.take(taken == 0)
    world.counts["inbound_waiting"] += len(waiting)
    world.shipments.put(waiting, world.day + 1, Stage.DOCK)
    _receive(world, shipments.take(taken > 0), work=False)


def _customs_room(world: World) -> I8:
    """Declarations that each queue of each country can clear today: int64[country, queue]."""
    countries = world.countries
    broker = np.maximum(countries.broker, 0)
    able = np.where(countries.broker >= 0, world.firms.capacity[broker] * world.firms.alive[broker], 0.0)
    usual = np.maximum(countries.customs.sum(axis=1), 1)
    part = np.minimum(able / usual, 1.0) * world.at_work(countries.workdays)
    return np.asarray(np.floor(countries.customs * part[:, None]), np.int64)


def _line(world: World, queue: Array, country: Array, firm: Array, loss: Array, room: I8) -> Array:
    """Whom customs serves today: a mask over the rows as they stand in line, each in a ``queue`` of a country.

    First come, first served, but for those who pay the broker to be cleared first, because waiting would lose them
    more, at ``loss`` cents a day.
    """
    count, broker = len(queue), world.countries.broker[country]
    fee = np.where(broker >= 0, world.firms.priority_cents[broker], 0)
    pays, served = np.empty(count, np.uint8), np.empty(count, np.uint8)
    queue = np.ascontiguousarray(queue, np.int32)
    hurry(queue, room, loss, fee, pays)
    order = np.argsort(pays == 0, kind="stable")
    first = np.empty(count, np.uint8)
    within_limit(queue[order], np.ones(count, np.int64), room, first)
    served[order] = first
    paid = np.flatnonzero(pays & served)
    accounts = world.firms.account
    bill(world, accounts[firm[paid]], accounts[broker[paid]], fee[paid], Reason.BROKERAGE, world.day, firm[paid])
    world.counts["customs_waiting"] += int(count - served.sum())
    world.counts["customs_priority"] += len(paid)
    return served.astype(bool)


def _release_days(world: World, country: Array, inspected: Array) -> I8:
    """Calendar days from the head of the queue to release."""
    days = np.floor(world.countries.clearance[country] + 0.5).astype(np.int64) + INSPECTION_DAYS * inspected
    calendar = np.empty(len(days), np.int64)
    workdays = np.ascontiguousarray(world.countries.workdays[country]) * np.uint8(not world.flat)
    working_days(0, len(days), world.date.weekday(), days, workdays, calendar)
    return calendar


def _examined(world: World, country: Array, word: U4, value: I8, declared: I8) -> tuple[I8, I8, I8]:
    """Who is inspected, less often with a compliant broker; the value then assessed, and the penalty in cents."""
    broker, count = world.countries.broker[country], len(country)
    usual = world.countries.inspection[country] * np.where(broker >= 0, world.firms.compliance[broker], 1.0)
    inspected, assessed, penalty = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.int64)
    examine(0, count, usual, declared, world.countries.penalty_ppm[country], np.ascontiguousarray(word), value,
            inspected, assessed, penalty)  # fmt: skip
    return inspected, assessed, penalty


def _brokerage(world: World, country: Array, firm: Array) -> None:
    broker = world.countries.broker[country]
    price = np.where(broker >= 0, world.firms.price_cents[broker], 0)
    bill(world, world.firms.account[firm], world.firms.account[broker], price, Reason.BROKERAGE, world.day, firm)


def _clear_freight(world: World, landed: Shipments, room: I8) -> None:
    """Cargo declarations: duty and import VAT on the transfer price, the VAT recovered later where the law says so."""
    product = world.nodes.product[world.links.buyer[landed.link]]
    settlement.declare(world, product, landed.units)
    shipments = Shipments.join([world.shipments.due(world.day, Stage.CUSTOMS), landed])
    country = world.lanes.dest[world.links.lane[shipments.link]]
    owner = world.nodes.firm[world.links.buyer[shipments.link]]
    served = _line(world, country, country, owner, shipments.value_cents * HOLDING / DAYS_A_YEAR, room)
    waiting = shipments.take(~served)
    world.shipments.put(waiting, world.day + 1, Stage.CUSTOMS)
    shipments, country = shipments.take(served), country[served]
    buyer = world.links.buyer[shipments.link]
    product, firm = world.nodes.product[buyer], world.nodes.firm[buyer]
    settlement.clear(world, product, shipments.units)
    grams = shipments.units * world.categories.weight[world.products.category[product]]
    cell = world.links.cell[shipments.link]
    (duty, vat, fee), rule = _assess(world, cell, shipments.value_cents, shipments.freight_cents, shipments.units,
                                     grams)  # fmt: skip
    recovered = np.where((rule >= 0) & (world.borders.vat_recoverable[rule] > 0), vat, 0)
    payer, state = world.firms.account[firm], world.countries.government[country]
    for cents, reason in ((duty, Reason.DUTY), (vat, Reason.VAT), (fee, Reason.HANDLING)):
        bill(world, payer, state, cents, reason, world.day)
    bill(world, state, payer, recovered, Reason.VAT_RECOVERED, world.day + RECOVERY_DAYS)
    _brokerage(world, country, firm)
    world.counts["bulk_duty_cents"] += int(duty.sum())
    world.counts["bulk_vat_cents"] += int(vat.sum())
    shipments.value_cents += duty + fee + vat - recovered
    word = world.words(Stream.CUSTOMS, world.links.identity[shipments.link])[:, 1]
    none = np.zeros(len(shipments), np.int64)
    inspected, _, _ = _examined(world, country, word, none, none + WHOLE)
    days = np.maximum(_release_days(world, country, inspected), 1)
    world.shipments.put(shipments, world.day + days, Stage.LAST_MILE)


def _clear_parcels(world: World, room: I8) -> None:
    """Parcel declarations: assessed by the law of the day of entry; what the quote missed the seller bears."""
    landed = world.parcels.due(world.day, Stage.LINE_HAUL)
    settlement.declare(world, _products(world, landed), np.ones(len(landed), np.int64))
    lots = world.parcel_words(landed, Stream.CUSTOMS)[:, 0]
    parcels = Parcels.join([world.parcels.due(world.day, Stage.CUSTOMS), landed.take(by_lot(lots, landed.consumer))])
    country = world.lanes.dest[parcels.lane]
    queues = room.shape[1]
    owner = world.listings.seller[world.offers.listing[parcels.offer]]
    served = _line(world, country * queues + world.lanes.queue[parcels.lane], country, owner,
                   parcels.value_cents * world.scenario.demand.theta, room.reshape(-1))  # fmt: skip
    waiting = parcels.take(~served)
    world.parcels.put(waiting, world.day + 1, Stage.CUSTOMS)
    parcels, country = parcels.take(served), country[served]
    settlement.clear(world, _products(world, parcels), np.ones(len(parcels), np.int64))
    words = world.parcel_words(parcels, Stream.TRANSIT)
    declared = world.offers.declared_ppm[parcels.offer]
    inspected, value, penalty = _examined(world, country, words[:, 1], parcels.value_cents.astype(np.int64), declared)
    _tax(world, parcels, country, value, penalty)
    days = _release_days(world, country, inspected) + _last_mile(world, parcels, words)
    world.parcels.put(parcels, world.day + days, Stage.LAST_MILE)


def _last_mile(world: World, parcels: Parcels, words: U4) -> I8:
    lanes, days = world.lanes, np.empty(len(parcels), np.int64)
    threads.run(travel, len(parcels), threads.FEW, lanes.last_mile[parcels.lane], lanes.spread[parcels.lane],
                words[:, 2].copy(), days)  # fmt: skip
    return days


def _tax(world: World, parcels: Parcels, country: Array, value: I8, penalty: I8) -> None:
    """Duty, VAT and handling leave escrow for the treasury, as far as they are not left to the door.

    What exceeds the sale the seller adds; what was declared too low and is found out is fined.
    """
    one = np.ones(len(parcels), np.int64)
    listing = world.offers.listing[parcels.offer]
    grams = world.categories.weight[world.listings.category[listing]]
    freight = parcels.freight_cents.astype(np.int64)
    taxes, _ = _assess(world, world.offers.cell[parcels.offer], value, freight, one, grams)
    left = _left_at_door(world, parcels, taxes)
    parcels.duty_cents[:], parcels.vat_cents[:], parcels.handling_cents[:] = taxes
    parcels.door_cents[:] = left.sum(axis=0)
    parcels.booked[:] = 1
    seller = world.listings.seller[listing]
    escrow, state = world.firms.escrow[seller], world.countries.government[country]
    duty, vat, fee = taxes - left
    excess = np.maximum(duty + vat + fee - parcels.paid_cents, 0)
    bill(world, world.firms.account[seller], escrow, excess, Reason.DUTY, world.day)
    for cents, reason in ((duty, Reason.DUTY), (vat, Reason.VAT), (fee, Reason.HANDLING)):
        bill(world, escrow, state, cents, reason, world.day)
    bill(world, world.firms.account[seller], state, penalty, Reason.PENALTY, world.day)
    _brokerage(world, country, seller)
    world.counts["parcel_duty_cents"] += int(duty.sum())
    world.counts["parcel_vat_cents"] += int(vat.sum())
    bonded = world.offers.mode[parcels.offer] == MODES.index("bonded")
    world.counts["bonded_duty_cents"] += int(duty[bonded].sum())
    world.counts["bonded_vat_cents"] += int(vat[bonded].sum())
    world.counts["penalty_cents"] += int(penalty.sum())
    world.counts["true_value_cents"] += int(parcels.value_cents.sum(dtype=np.int64))
    part = np.empty(len(parcels), np.int64)
    share_of(0, len(parcels), parcels.value_cents.astype(np.int64), world.offers.declared_ppm[parcels.offer], part)
    world.counts["declared_value_cents"] += int(part.sum())
    world.counts["cleared"] += len(parcels)


def _left_at_door(world: World, parcels: Parcels, taxes: I8) -> I8:
    """What shoppers who buy without taxes still have to pay of duty, VAT and fee: int64[3, parcel]; else 0."""
    left = np.zeros_like(taxes)
    unpaid = np.flatnonzero(world.offers.incoterm[parcels.offer])
    if len(unpaid):
        one = parcels.take(unpaid)
        quoted = one.duty_cents.astype(np.int64) + one.vat_cents + one.handling_cents
        found = np.empty((3, len(unpaid)), np.int64)
        duty, vat, fee = taxes[:, unpaid]
        at_the_door(0, len(unpaid), quoted - one.door_cents, duty, fee, vat, found)
        left[:, unpaid] = found[[0, 2, 1]]
    return left


def _assess(world: World, cell: I4, value: I8, freight: I8, units: I8, grams: I8) -> tuple[I8, I4]:
    """Duty, VAT and handling fee in cents by today's law and exchange rates, int64[3, row], and their rules."""
    rule, one = np.empty(len(cell), np.int32), np.ones(len(cell), np.int64)
    taxes = np.empty((3, len(cell)), np.int64)
    per_usd = world.law.per_usd(world.countries.fx)
    threads.run(assess_cents, len(cell), threads.WINDOW, cell, per_usd, value, freight, units, one, grams,
                world.law.bands(world.first + world.day), world.terms, rule, *taxes)  # fmt: skip
    return taxes, rule
