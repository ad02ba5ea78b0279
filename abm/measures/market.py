"""What consumers met today: pages, orders, prices, deliveries, borders."""

from __future__ import annotations

from collections import Counter
from datetime import date as Date  # noqa: N812 -- the measure is called date

import numpy as np

from abm.columns import Array
from abm.measures.declared import MILLIONTHS, NOTHING, measure, once, ratio, usd
from abm.world import MODES, Outcome, Stage, World

WAYS = ("left", "gathered", "homeward")
PARTS = ("value", "freight", "duty", "vat", "handling")


@once
def _outcomes(world: World) -> list[int]:
    """Orders of today by what became of them."""
    found: list[int] = np.bincount(world.orders.outcome, minlength=len(Outcome)).tolist()
    return found


def _bought(world: World, column: Array) -> int:
    """A column of the orders of today, added up over those that were paid and found stock."""
    return int(column[world.orders.outcome == Outcome.BOUGHT].sum())


@once
def _waiting(world: World) -> Counter[int]:
    """Parcels by stage."""
    found: Counter[int] = Counter()
    for (_, stage), filed in world.parcels.slabs.items():
        found[stage] += sum(map(len, filed))
    return found


def _parts(world: World) -> list[int]:
    """Cents of today's sales by part of the landed price."""
    offers = world.offers
    return [int((offers.sold * getattr(offers, f"{part}_cents")).sum()) for part in PARTS]


@once
def _durations(world: World) -> Array:
    return np.sort(world.day - world.delivered.ordered.astype(np.int64))


@measure("day")
def day(world: World) -> int:
    """Number of the day, 0 for the first that is reported."""
    return world.day - world.scenario.warmup


@measure("date")
def date(world: World) -> Date:
    """Day of the calendar."""
    return world.date


@measure("visits")
def visits(world: World) -> int:
    """Pages read by shoppers with a need."""
    return world.counts["visits"]


@measure("orders")
def orders(world: World) -> int:
    """Orders that were paid and found stock."""
    return _outcomes(world)[Outcome.BOUGHT]


@measure("packs")
def units(world: World) -> int:
    """Packs sold, to consumers and to demand from outside."""
    return int(world.offers.sold.sum())


@measure("packs")
def given_units(world: World) -> int:
    """Packs sold to demand that the scenario gives from outside."""
    return world.counts["given_sold"]


@measure("packs")
def given_lost(world: World) -> int:
    """Packs that demand from outside asked for and did not find."""
    return world.counts["given_asked"] - world.counts["given_sold"]


@measure("USD")
def gmv_usd(world: World) -> float:
    """What consumers paid for today's orders, with freight, duty and VAT."""
    return usd(_bought(world, world.orders.paid_cents))


@measure("share")
def conversion(world: World) -> float:
    """Orders for each visit."""
    return ratio(orders(world), visits(world))


@measure("usual prices")
def surplus(world: World) -> float:
    """Surplus that a shopper expects from the page read, in usual prices of the goods, mean over visits."""
    return ratio(world.counts["surplus_millionths"] / MILLIONTHS, visits(world))


@measure("usual prices")
def experienced_surplus(world: World) -> float:
    """Surplus of a page read by true quality and true delay, in usual prices; the mean over a sample of visits."""
    return ratio(world.counts["experienced_millionths"] / MILLIONTHS, world.counts["asked"])


@measure("share")
def advertising_share(world: World) -> float:
    """What sellers owe for slots they bought, of what consumers paid today."""
    orders = world.orders
    return ratio(usd(_bought(world, world.pages.ad_cents[orders.page, orders.slot])), gmv_usd(world))


@measure("share")
def long_tail_share(world: World) -> float:
    """Packs of about four weeks from all but the most sold fifth of the listings."""
    sold = np.sort(np.floor(world.listings.popularity[world.listings.alive > 0] * 1000 + 0.5).astype(np.int64))
    return ratio(int(sold[: len(sold) - len(sold) // 5].sum()), int(sold.sum()))


@measure("USD")
def landed_price_usd(world: World) -> float:
    """What was paid for a pack sold today when it was ordered, after coupons; the mean."""
    return ratio(gmv_usd(world), orders(world))


@measure("USD", "landed_{part}_usd", "part")
def landed_parts(world: World) -> list[float]:
    """The {part} in the landed price of a pack sold today; the mean."""
    sold = units(world)
    return [ratio(usd(cents), sold) for cents in _parts(world)]


@measure("USD")
def coupon_usd(world: World) -> float:
    """Rebate by coupons on a pack sold today; the mean."""
    return ratio(usd(_bought(world, world.orders.coupon_cents)), orders(world))


@measure("USD")
def landed_door_usd(world: World) -> float:
    """Of duty, VAT and handling of a pack sold today what was left to be asked for at the door; the mean."""
    return ratio(usd(int((world.offers.sold * world.offers.door_cents).sum())), units(world))


@measure("share")
def fill_rate(world: World) -> float:
    """Orders with stock, of all authorised orders: the others stayed short or left."""
    return ratio(orders(world), orders(world) + lost(world))


@measure("orders")
def lost(world: World) -> int:
    """Orders that found no stock, though some shoppers chose again."""
    return _outcomes(world)[Outcome.SHORT] + _outcomes(world)[Outcome.LEFT]


@measure("orders")
def deferred(world: World) -> int:
    """Orders of shoppers who found their first choice short and bought another."""
    book = world.orders
    return int(((book.outcome == Outcome.BOUGHT) & (book.tried > 0)).sum())


@measure("orders")
def declined(world: World) -> int:
    """Orders whose payment was not authorised."""
    return _outcomes(world)[Outcome.DECLINED]


@measure("parcels")
def delivered(world: World) -> int:
    """Parcels handed to consumers."""
    return len(world.delivered) - world.counts["refused"]


@measure("days")
def delivery_days(world: World) -> float:
    """Days from order to door of the parcels delivered today; the mean."""
    return ratio(int(_durations(world).sum()), len(world.delivered))


@measure("days")
def delivery_days_p95(world: World) -> float:
    """Days within which 95% of the parcels delivered today came."""
    days = _durations(world)
    return float(days[-(-95 * len(days) // 100) - 1]) if len(days) else NOTHING


@measure("share")
def on_time(world: World) -> float:
    """Parcels delivered today that came within the days promised."""
    parcels = world.delivered
    days = world.day - parcels.ordered.astype(np.int64)
    return ratio(int((days <= parcels.promised).sum()), len(parcels))


@measure("parcels", "sent_{mode}", "mode")
def sent(world: World) -> list[int]:
    """Parcels that departed today by {mode}."""
    return [world.counts[f"sent_{code}"] for code in range(len(MODES))]


@measure("parcels", "returned_{mode}", "mode")
def returned(world: World) -> list[int]:
    """Packs that buyers by {mode} asked to give back today."""
    return [world.counts[f"returned_{code}"] for code in range(len(MODES))]


@measure("USD")
def refunds_usd(world: World) -> float:
    """What consumers were paid back."""
    return usd(world.counts["refunds_cents"])


@measure("parcels")
def parcels_waiting(world: World) -> int:
    """Parcels sold and not yet departed."""
    return _waiting(world)[Stage.READY]


@measure("parcels")
def parcels_in_flight(world: World) -> int:
    """Parcels between departure and door, those in customs among them."""
    return sum(_waiting(world)[stage] for stage in (Stage.LINE_HAUL, Stage.CUSTOMS, Stage.LAST_MILE))


@measure("parcels")
def parcels_in_customs(world: World) -> int:
    """Parcels that wait in a queue of customs after today's clearance."""
    return _waiting(world)[Stage.CUSTOMS]


@measure("parcels")
def cleared(world: World) -> int:
    """Parcels that customs assessed today."""
    return world.counts["cleared"]


@measure("declarations")
def customs_waiting(world: World) -> int:
    """Declarations, of parcels and of cargo, that customs did not come to today."""
    return world.counts["customs_waiting"]


@measure("declarations")
def customs_priority(world: World) -> int:
    """Declarations whose importers paid to be cleared before their turn today."""
    return world.counts["customs_priority"]


@measure("USD")
def chargebacks_usd(world: World) -> float:
    """What was paid with stolen cards today and payment providers will have to give back."""
    return usd(world.counts["chargeback_cents"])


@measure("USD")
def fx_gain_usd(world: World) -> float:
    """What exchange rates added between order and release to the sales that left escrow today; below 0, took off."""
    return usd(world.counts["fx_gain_cents"])


@measure("shipments")
def inbound_waiting(world: World) -> int:
    """Shipments that reached a warehouse and found no slot today."""
    return world.counts["inbound_waiting"]


@measure("USD")
def storage_usd(world: World) -> float:
    """What warehouses asked for storage today; they bill every seventh day for a week."""
    return usd(world.counts["storage_cents"])


@measure("days")
def customs_dwell_days(world: World) -> float:
    """Days that the parcels in the queues of customs take at today's pace; empty when nothing is cleared."""
    return ratio(parcels_in_customs(world), cleared(world))


@measure("USD")
def parcel_duty_usd(world: World) -> float:
    """Duty on parcels, also those released from bonded stock."""
    return usd(world.counts["parcel_duty_cents"])


@measure("USD")
def bulk_duty_usd(world: World) -> float:
    """Duty on cargo."""
    return usd(world.counts["bulk_duty_cents"])


@measure("USD")
def parcel_vat_usd(world: World) -> float:
    """VAT on parcels from abroad."""
    return usd(world.counts["parcel_vat_cents"])


@measure("USD")
def bulk_vat_usd(world: World) -> float:
    """VAT on cargo, which importers recover later."""
    return usd(world.counts["bulk_vat_cents"])


@measure("USD")
def bonded_duty_usd(world: World) -> float:
    """Of the duty on parcels what was due on those released from bonded stock."""
    return usd(world.counts["bonded_duty_cents"])


@measure("USD")
def bonded_vat_usd(world: World) -> float:
    """Of the VAT on parcels what was due on those released from bonded stock."""
    return usd(world.counts["bonded_vat_cents"])


@measure("USD")
def domestic_vat_usd(world: World) -> float:
    """VAT on what is sold from within the country."""
    return usd(world.counts["domestic_vat_cents"])


@measure("parcels")
def refused(world: World) -> int:
    """Parcels refused at the door, because more was asked there than the page had told."""
    return world.counts["refused"]


@measure("USD")
def door_usd(world: World) -> float:
    """Duty, VAT and fees that consumers paid at the door."""
    return usd(world.counts["door_cents"])


@measure("USD")
def penalties_usd(world: World) -> float:
    """Fines for values that inspections found undeclared."""
    return usd(world.counts["penalty_cents"])


@measure("share")
def declared_share(world: World) -> float:
    """Declared value of the parcels assessed today, of their true value."""
    return ratio(world.counts["declared_value_cents"], world.counts["true_value_cents"])


@measure("parcels", "back_{way}", "way")
def back(world: World) -> list[int]:
    """Packs given back today that go the way: {way}."""
    return [world.counts[f"back_{code}"] for code in range(len(WAYS))]
