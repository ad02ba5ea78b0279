"""What a shopper is shown: freight by weight, and the landed price as the sum of rounded parts."""

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import kernel
from kernels.money import half_up, muldiv, to_cents

I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
I1 = NDArray[np.int8]
F8 = NDArray[np.float64]
U1 = NDArray[np.uint8]


@kernel
def freight(per_item: float, per_kg: float, rate: float, grams: int) -> int:
    """Cents for one parcel: (per item + per kilogram x weight) x today's rate, half up."""
    return half_up((per_item + per_kg * np.float64(grams) / 1000.0) * rate)


@kernel
def value_and_freight(
    start: int,
    stop: int,
    lane: I4,
    dest: I4,
    grams: I8,
    price_minor: I8,
    fx: F8,
    per_item: F8,
    per_kg: F8,
    rate: F8,
    value_cents: I8,
    freight_cents: I8,
) -> None:
    """Value and freight in cents of the offers `start` to `stop`.

    By offer: `lane`, `dest`, `grams`, `price_minor` (hundredths of the market's currency); by country: `fx`, currency
    per dollar; by lane: `per_item` cents, `per_kg` cents, `rate` factor. Written: `value_cents`, `freight_cents`.
    """
    for i in range(start, stop):
        value_cents[i] = to_cents(price_minor[i], fx[dest[i]], 100)
        freight_cents[i] = freight(per_item[lane[i]], per_kg[lane[i]], rate[lane[i]], grams[i])


@kernel
def landed(
    start: int,
    stop: int,
    cell: I4,
    domestic_vat_ppm: I8,
    value_cents: I8,
    freight_cents: I8,
    duty_cents: I8,
    vat_cents: I8,
    handling_cents: I8,
    coupon_cents: I8,
    landed_cents: I8,
) -> None:
    """The landed price of the offers `start` to `stop`: the sum of its rounded parts, less the seller's coupon.

    An offer without a cell of the law (`cell` -1) crosses no border: its VAT, written to `vat_cents`, is that of a
    domestic sale, `domestic_vat_ppm`, on value and freight. Written: `landed_cents`; duty, VAT, handling else given.
    """
    for i in range(start, stop):
        if cell[i] < 0:
            vat_cents[i] = muldiv(value_cents[i] + freight_cents[i], domestic_vat_ppm[i], 1_000_000)
        parts = value_cents[i] + freight_cents[i] + duty_cents[i] + vat_cents[i] + handling_cents[i]
        landed_cents[i] = parts - coupon_cents[i]


@kernel
def left_at_door(
    start: int,
    stop: int,
    incoterm: I1,
    rule: I4,
    vat_checkout: U1,
    duty_cents: I8,
    vat_cents: I8,
    handling_cents: I8,
    landed_cents: I8,
    door_cents: I8,
) -> None:
    """Take out of the landed price of the offers `start` to `stop` what their shoppers learn at the door.

    By offer: `incoterm` (0 the seller bears what the border takes, 1 the shopper), `rule` of the law (-1 none), `duty`,
    `vat` and `handling`; by rule: `vat_checkout`, 1 where VAT is collected at checkout. Lowered: `landed_cents`;
    written: `door_cents`. Their sum stays.
    """
    for i in range(start, stop):
        door_cents[i] = 0
        if incoterm[i] != 0 and rule[i] >= 0:
            door_cents[i] = duty_cents[i] + handling_cents[i]
            if vat_checkout[rule[i]] == 0:
                door_cents[i] += vat_cents[i]
        landed_cents[i] -= door_cents[i]
