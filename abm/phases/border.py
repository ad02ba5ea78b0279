"""What an offer costs at the shopper's door today: freight, and duty and VAT by the law of the day."""

from __future__ import annotations

import numpy as np

from abm.phases import phase
from abm.world import World
from kernels import threads
from kernels.border import assess_cents
from kernels.functions import exp
from kernels.quotes import landed, left_at_door, value_and_freight

PROMISE = 1.2816
"""Standard deviations of the logarithm of days that a promise leaves room for: the ninth decile."""
SORTING_DAYS = 1


@phase(
    writes="lanes.days offers.value_cents offers.freight_cents offers.duty_cents offers.vat_cents "
    "offers.handling_cents offers.landed_cents offers.coupon_cents offers.days offers.promised offers.door_cents "
    "offers.admitted"
)
def border(world: World) -> None:
    """Today's rules, freight rates and exchange rates give every offer its landed price and parts."""
    lanes, offers, day = world.lanes, world.offers, world.first + world.day
    closed = sum(1 << row for row in np.flatnonzero(world.passages.open == 0).tolist())
    lanes.days[:] = lanes.transit + np.where(lanes.passage & np.uint32(closed), lanes.detour, 0.0)
    offers.days[:] = lanes.days[offers.lane] + lanes.last_mile[offers.lane]
    crossing = lanes.queue[offers.lane] >= 0
    offers.days[:] += np.where(crossing, world.countries.clearance[offers.dest], 0.0)
    widths, width = np.unique(PROMISE * lanes.spread, return_inverse=True)
    late = np.array([exp(one) for one in widths.tolist()])[width]
    offers.promised[:] = np.ceil(offers.days * late[offers.lane]).astype(np.int32) + SORTING_DAYS
    category = world.listings.category[offers.listing]
    grams = world.categories.weight[category]
    threads.run(value_and_freight, len(offers), threads.WINDOW, offers.lane, offers.dest, grams, offers.price_minor,
                world.countries.fx, lanes.per_item, lanes.per_kg, lanes.rate, offers.value_cents,
                offers.freight_cents)  # fmt: skip
    one = np.ones(len(offers), np.int64)
    rule = np.empty(len(offers), np.int32)
    per_usd = world.law.per_usd(world.countries.fx)
    threads.run(assess_cents, len(offers), threads.WINDOW, offers.cell, per_usd, offers.value_cents,
                offers.freight_cents, one, one, grams, world.law.bands(day), world.terms, rule,
                offers.duty_cents, offers.vat_cents, offers.handling_cents)  # fmt: skip
    offers.coupon_cents[:] = 0
    threads.run(landed, len(offers), threads.WINDOW, offers.cell, world.law.domestic_vat(day)[offers.dest, category],
                offers.value_cents, offers.freight_cents, offers.duty_cents, offers.vat_cents,
                offers.handling_cents, offers.coupon_cents, offers.landed_cents)  # fmt: skip
    threads.run(left_at_door, len(offers), threads.WINDOW, offers.incoterm, rule, world.law.vat_checkout,
                offers.duty_cents, offers.vat_cents, offers.handling_cents, offers.landed_cents,
                offers.door_cents)  # fmt: skip
    offers.admitted[:] = (offers.cell < 0) | (rule >= 0)
