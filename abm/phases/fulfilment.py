"""What departs today: production starts, freight and parcels leave on lanes with room, and who is billed for it."""

from __future__ import annotations

import numpy as np

from abm import settlement
from abm.columns import F8, I8, Array
from abm.grouping import grouped
from abm.passing import Parcels, Shipments
from abm.phases import phase
from abm.settlement import OUTSIDE, WORKERS, Reason, bill
from abm.world import Stage, World
from kernels import lanes as freight
from kernels import threads
from kernels.arrivals import travel
from kernels.chance import Stream
from kernels.payments import within_limit
from kernels.storage import rents, storage_prices

FREIGHT_TERMS = 15
CONTRACT = 0.6
MEMORY_DAYS = 7.0
WEEK = 7


@phase(
    writes="nodes.reserved links.granted links.coming products.used products.made products.in_work "
    "products.in_transit lanes.asked_g lanes.load_g lanes.spot lanes.rate lanes.asked_ma lanes.room_ma "
    "firms.payable_cents firms.receivable_cents",
    appends="parcels shipments invoices",
)
def fulfilment(world: World) -> None:
    """Production starts; freight and parcels leave on the lanes that depart and have room; titles pass."""
    room = _room(world)
    world.lanes.asked_g[:] = 0
    world.lanes.load_g[:] = 0
    _produce(world)
    _send_freight(world, room)
    _send_parcels(world, room)
    _quote_rates(world, room)
    if world.day % WEEK == 0:
        _charge_storage(world)


def _quote_rates(world: World, room: I8) -> None:
    """Rates follow how much of a week's room was asked for; part of it sails on contract at the base rate."""
    lanes = world.lanes
    lanes.asked_ma += (lanes.asked_g - lanes.asked_ma) / MEMORY_DAYS
    lanes.room_ma += (room - lanes.room_ma) / MEMORY_DAYS
    asked, able = (np.floor(column).astype(np.int64) for column in (lanes.asked_ma, lanes.room_ma))
    freight.rates(0, len(lanes), asked, able, np.ones(len(lanes)), 1.0, CONTRACT, lanes.spot, lanes.rate)


def _charge_storage(world: World) -> None:
    """Warehouses bill the owners of what they keep for a week, dearer the fuller their shelves are today."""
    nodes, firms = world.nodes, world.firms
    keeper = np.where(nodes.operator != nodes.firm, nodes.operator, -1).astype(np.int32)
    grams = (nodes.on_hand + nodes.reserved) * world.categories.weight[world.products.category[nodes.product]]
    held, cents, price = np.zeros(len(firms), np.int64), np.empty(len(nodes), np.int64), np.empty(len(firms))
    settlement.tally(keeper, grams, held)
    storage_prices(0, len(firms), firms.storage_cents, held, np.floor(firms.shelf_g).astype(np.int64), price)
    rents(0, len(nodes), keeper, grams, WEEK, price, cents)
    bill(world, firms.account[nodes.firm], firms.account[keeper], cents, Reason.STORAGE, world.day + FREIGHT_TERMS,
         nodes.firm)  # fmt: skip
    world.counts["storage_cents"] += int(cents.sum())


def _room(world: World) -> I8:
    """Grams that each lane can take today: nothing between departures, less on a longer route."""
    lanes, firms = world.lanes, world.firms
    departs = world.at_work(lanes.departures) * lanes.open
    sailings = 7 if world.flat else np.unpackbits(lanes.departures[:, None], axis=1).sum(axis=1)
    usual = np.zeros(len(firms), np.int64)
    settlement.tally(lanes.carrier, np.floor(lanes.capacity).astype(np.int64), usual)
    strength = np.minimum(firms.capacity / np.maximum(usual, 1), 1.0) * firms.alive
    shorter = np.where(lanes.days > 0, lanes.transit / np.maximum(lanes.days, 1e-9), 1.0)
    room = lanes.capacity * shorter * strength[lanes.carrier] * departs * 7 / np.maximum(sailings, 1)
    return np.asarray(np.floor(room), np.int64)


def _produce(world: World) -> None:
    """Inputs are used up, work begins; wages and raw materials are billed, in the maker's currency at today's rate."""
    links, nodes, firms = world.links, world.nodes, world.firms
    rows = np.flatnonzero((links.make >= 0) & (links.granted > 0))
    units, maker = links.granted[rows], links.make[rows]
    links.granted[rows] = 0
    inputs = rows[links.supplier[rows] >= 0]
    used = (units * links.per_unit[rows])[links.supplier[rows] >= 0]
    settlement.consume(world, links.supplier[inputs], used)
    settlement.begin(world, nodes.product[links.buyer[rows]], units)
    dollars = (world.countries.fx_start / world.countries.fx)[firms.country[maker]]
    wages = np.floor(units * firms.labour_cents[maker] * dollars + 0.5).astype(np.int64)
    materials = np.floor(units * firms.material_cents[maker] * dollars + 0.5).astype(np.int64)
    materials[links.supplier[rows] >= 0] = 0
    bill(world, firms.account[maker], WORKERS, wages, Reason.WAGES, world.day, maker)
    bill(world, firms.account[maker], OUTSIDE, materials, Reason.MATERIALS, world.day, maker)
    spent = np.where(links.supplier[rows] >= 0, nodes.cost_cents[links.supplier[rows]], 0.0) * links.per_unit[rows]
    value = np.floor(units * spent + 0.5).astype(np.int64) + wages + materials
    _depart(world, rows, units, value, np.zeros(len(rows), np.int64), links.work_days[rows], Stage.WORK)


def _depart(world: World, rows: Array, units: I8, value: I8, paid: I8, days: Array, stage: Stage) -> None:
    shipments = Shipments.of(
        len(rows), link=rows, units=units, value_cents=value, freight_cents=paid, ordered=world.day
    )
    world.links.coming[rows] += units
    world.shipments.put(shipments, world.day + np.maximum(days, 1), stage)


def _send_freight(world: World, room: I8) -> None:
    """Goods granted to business buyers leave, shared out in proportion where a lane is short of room."""
    links, nodes, lanes, firms = world.links, world.nodes, world.lanes, world.firms
    rows = np.flatnonzero((links.lane >= 0) & (links.granted > 0))
    lane, supplier = links.lane[rows], links.supplier[rows]
    grams = world.categories.weight[world.products.category[nodes.product[supplier]]]
    settlement.tally(lane, links.granted[rows] * grams, lanes.asked_g)
    units = _loaded(world, rows, lane, links.granted[rows], grams, room)
    left = np.flatnonzero(units)
    rows, lane, supplier, grams, units = rows[left], lane[left], supplier[left], grams[left], units[left]
    settlement.tally(lane, units * grams, lanes.load_g)
    settlement.ship(world, supplier, units)
    links.granted[rows] -= units
    buyer, seller = nodes.firm[links.buyer[rows]], nodes.firm[supplier]
    goods = units * links.price_cents[rows]
    own = np.floor(units * nodes.cost_cents[supplier] + 0.5).astype(np.int64)
    cost = np.floor(units * grams / 1000.0 * lanes.per_kg[lane] * lanes.rate[lane] + 0.5).astype(np.int64)
    bill(world, firms.account[buyer], firms.account[seller], goods, Reason.GOODS, world.day + firms.terms_days[seller],
         buyer)  # fmt: skip
    bill(world, firms.account[buyer], firms.account[lanes.carrier[lane]], cost, Reason.FREIGHT,
         world.day + FREIGHT_TERMS, buyer)  # fmt: skip
    days = np.empty(len(rows), np.int64)
    word = world.words(Stream.TRANSIT, links.identity[rows])[:, 0].copy()
    travel(0, len(rows), lanes.days[lane] + lanes.last_mile[lane], lanes.spread[lane], word, days)
    _depart(world, rows, units, np.where(links.price_cents[rows] > 0, goods, own), cost, days, Stage.LINE_HAUL)


def _loaded(world: World, rows: Array, lane: Array, units: I8, grams: I8, room: I8) -> I8:
    """Units of each link that find room on its lane; who gets the odd unit is drawn anew each day."""
    word = world.words(Stream.TRANSIT, world.links.identity[rows])
    lot = (word[:, 2].astype(np.uint64) << np.uint64(32)) | word[:, 3]
    order, first = grouped(lane, len(room), world.links.identity[rows])
    loaded, found = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    freight.share_room(0, len(room), first, units[order], grams[order], lot[order], room, loaded)
    found[order] = loaded
    return found


def _picked(world: World, parcels: Parcels) -> Array:
    """Parcels that their operators can handle today, in the order in which they wait."""
    operator = world.nodes.operator[world.offers.node[parcels.offer]]
    working = world.at_work(world.countries.workdays[world.firms.country])
    room = np.floor(world.firms.capacity * working).astype(np.int64)
    picked = np.empty(len(parcels), np.uint8)
    within_limit(np.ascontiguousarray(operator, np.int32), np.ones(len(parcels), np.int64), room, picked)
    return picked.astype(bool)


def _send_parcels(world: World, room: I8) -> None:
    """Parcels are picked, loaded in the order in which they wait, and leave; the rest waits for tomorrow."""
    parcels = world.parcels.due(world.day, Stage.READY)
    leaving = _picked(world, parcels)
    grams = world.categories.weight[world.listings.category[world.offers.listing[parcels.offer]]]
    settlement.tally(parcels.lane.astype(np.int32), grams, world.lanes.asked_g)
    queue = np.flatnonzero(leaving)
    queue = queue[np.argsort(parcels.lane[queue], kind="stable")]
    first = np.searchsorted(parcels.lane[queue], np.arange(len(room) + 1)).astype(np.int64)
    taken, used = np.zeros(len(queue), np.uint8), np.zeros(len(room), np.int64)
    freight.load(0, len(room), first, grams[queue], room, taken, used)
    world.lanes.load_g += used
    leaving[queue] = taken.astype(bool)
    waiting = parcels.take(~leaving)
    world.counts["parcels_waiting"] += len(waiting)
    world.parcels.put(waiting, world.day + 1, Stage.READY)
    _leave(world, parcels.take(leaving))


def _leave(world: World, parcels: Parcels) -> None:
    """Goods leave their node; the carrier and the warehouse are billed; at home the VAT of the sale is due."""
    lanes, firms = world.lanes, world.firms
    node, lane = world.offers.node[parcels.offer], parcels.lane
    settlement.ship(world, node, np.ones(len(parcels), np.int64))
    seller, operator = world.nodes.firm[node], world.nodes.operator[node]
    bill(world, firms.account[seller], firms.account[lanes.carrier[lane]], parcels.freight_cents, Reason.FREIGHT,
         world.day + FREIGHT_TERMS, seller)  # fmt: skip
    fee = np.where(operator != seller, firms.price_cents[operator], 0)
    bill(world, firms.account[seller], firms.account[operator], fee, Reason.PICKING, world.day + FREIGHT_TERMS, seller)
    crossing = lanes.queue[lane] >= 0
    home = ~crossing
    state = world.countries.government[world.offers.dest[parcels.offer]]
    bill(world, firms.escrow[seller][home], state[home], parcels.vat_cents[home], Reason.VAT, world.day)
    world.counts["domestic_vat_cents"] += int(parcels.vat_cents[home].sum())
    parcels.booked[home] = 1
    words = world.parcel_words(parcels, Stream.TRANSIT)
    days = np.empty(len(parcels), np.int64)
    usual: F8 = lanes.days[lane] + np.where(crossing, 0.0, lanes.last_mile[lane])
    threads.run(travel, len(parcels), threads.FEW, usual, lanes.spread[lane], words[:, 0].copy(), days)
    due = world.day + days
    world.parcels.put(parcels.take(crossing), due[crossing], Stage.LINE_HAUL)
    world.parcels.put(parcels.take(home), due[home], Stage.LAST_MILE)
    modes = np.bincount(world.offers.mode[parcels.offer], minlength=6)
    for code, number in enumerate(modes.tolist()):
        world.counts[f"sent_{code}"] += number
