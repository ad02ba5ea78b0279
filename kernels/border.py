"""What the border takes from a consignment: which rule applies to its value, and the duty, VAT and fee of that rule.

Amounts are int64 minor units (hundredths) of the currency of the law, rates int64 parts per million. A *cell* is one
combination of destination, category, channel, origin and postal option; the bands of its values stand one after
another, `band_upto` ascending, the last without limit.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import kernel
from kernels.money import muldiv, to_cents, to_minor

I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

WHOLE = 1_000_000
FIFTHS = 5_000_000
SCALE = 100


class Channel(IntEnum):
    """How goods cross the border."""

    PARCEL = 0
    BULK = 1
    BONDED = 2


class Postal(IntEnum):
    """Which postal option of the law applies; OTHER for everything that is not post."""

    OTHER = 0
    POST = 1
    POST_FLAT = 2


class Valuation(IntEnum):
    """What the customs value is: the value, value and freight, or six tenths of the value."""

    FOB = 0
    CIF = 1
    RETAIL60 = 2


class Per(IntEnum):
    """What a specific duty is counted by."""

    NONE = 0
    CONSIGNMENT = 1
    ITEM = 2
    ITEM_TYPE = 3
    KG = 4


class VatBase(IntEnum):
    """What VAT is taken on."""

    PRICE = 0
    PRICE_PLUS_DUTY = 1
    GROSS_UP = 2


class Terms(NamedTuple):
    """What the rules say, one row each: columns of the table of borders."""

    ad_valorem_ppm: I8
    mfn: I8
    extra_ppm: I8
    specific: I8
    specific_per: I8
    specific_least: I8
    offset: I8
    valuation: I8
    duty_relief: I8
    vat_ppm: I8
    vat_base: I8
    vat_from: I8
    fee: I8
    fee_per: I8


class Bands(NamedTuple):
    """The law of one day, int64: first[cell] a band or -1, upto[band], rule[band], mfn_ppm[destination, category]."""

    first: I8
    upto: I8
    rule: I8
    mfn_ppm: I8


@kernel
def choose(first: int, value: int, upto: I8, rule: I8) -> int:
    """Row of the rule whose band (lo, hi] holds the value, or -1 where the cell has no rule.

    first : first band of the cell, -1 for none; value : intrinsic value; upto, rule int64[band].
    """
    if first < 0:
        return -1
    band = first
    while value > upto[band]:
        band += 1
    row: int = rule[band]
    return row


@kernel
def customs_value(valuation: int, value: int, freight: int) -> int:
    """Customs value in fifths of a minor unit, so that six tenths of a value stay exact."""
    if valuation == Valuation.FOB:
        return 5 * value
    if valuation == Valuation.CIF:
        return 5 * (value + freight)
    return 3 * value


@kernel
def thousandths(per: int, units: int, item_types: int, grams: int) -> int:
    """How many times a specific duty is due, in thousandths: by consignment, item, item type or kilogram."""
    if per == Per.CONSIGNMENT:
        return 1000
    if per == Per.ITEM:
        return 1000 * units
    if per == Per.ITEM_TYPE:
        return 1000 * item_types
    if per == Per.KG:
        return grams
    return 0


@kernel
def duty_due(fifths: int, rate_ppm: int, specific: int, least: int, offset: int) -> int:
    """Ad valorem and specific duty less the offset, half up and never negative.

    fifths : customs value in fifths; specific : in thousandths of a minor unit; least : 1 takes the larger of the two
    duties, 0 their sum. Exact: whole and broken minor units are carried apart and rounded once.
    """
    broken = fifths % FIFTHS * rate_ppm
    whole = fifths // FIFTHS * rate_ppm + broken // FIFTHS
    broken = broken % FIFTHS
    fixed, part = specific // 1000, specific % 1000 * 5000
    if least == 0:
        whole, broken = whole + fixed, broken + part
    elif fixed > whole or (fixed == whole and part > broken):
        whole, broken = fixed, part
    return max(whole - offset + (2 * broken + FIFTHS) // (2 * FIFTHS), 0)


@kernel
def vat_due(base: int, rate_ppm: int, price: int, taxed_fifths: int, duty: int) -> int:
    """VAT, half up: on the price, on customs value plus duty, or grossed up, as the rule says.

    price : value and freight; taxed_fifths : customs value and the freight missing from it, in fifths.
    """
    if base == VatBase.PRICE:
        return muldiv(price, rate_ppm, WHOLE)
    if base == VatBase.PRICE_PLUS_DUTY:
        return muldiv(taxed_fifths + 5 * duty, rate_ppm, FIFTHS)
    return muldiv(price + duty, rate_ppm, WHOLE - rate_ppm)


@kernel
def assess(
    row: int, mfn_ppm: int, value: int, freight: int, units: int, item_types: int, grams: int, terms: Terms
) -> tuple[int, int, int]:
    """Duty, VAT and fee of one consignment under the rule in `row`, each rounded half up once.

    mfn_ppm : MFN rate of destination and category, used where the rule says so; value : intrinsic value;
    units, item_types, grams : of the whole consignment. The base of VAT has the rounded duty in it and no fee. The
    rule is read before anything branches: beyond a branch the compiler counts references to every column of a tuple.
    """
    valuation, relief, ad_valorem = terms.valuation[row], terms.duty_relief[row], terms.ad_valorem_ppm[row]
    extra, mfn, specific, per = terms.extra_ppm[row], terms.mfn[row], terms.specific[row], terms.specific_per[row]
    least, offset, fee, fee_per = terms.specific_least[row], terms.offset[row], terms.fee[row], terms.fee_per[row]
    vat_from, vat_base, vat_ppm = terms.vat_from[row], terms.vat_base[row], terms.vat_ppm[row]
    fifths = customs_value(valuation, value, freight)
    levied = 0
    if relief == 0:
        rate = ad_valorem + extra + mfn * mfn_ppm
        levied = duty_due(fifths, rate, specific * thousandths(per, units, item_types, grams), least, offset)
    tax = 0
    if value > vat_from:
        missing = 5 * freight if valuation == Valuation.FOB else 0
        tax = vat_due(vat_base, vat_ppm, value + freight, fifths + missing, levied)
    return levied, tax, fee * (item_types if fee_per == Per.ITEM_TYPE else 1)


@kernel
def assess_all(
    start: int,
    stop: int,
    cell: I4,
    value: I8,
    freight: I8,
    units: I8,
    item_types: I8,
    grams: I8,
    bands: Bands,
    terms: Terms,
    rule: I4,
    duty: I8,
    vat: I8,
    fee: I8,
) -> None:
    """Assess consignments [start, stop) in the law's minor units; writes rule, duty, vat and fee.

    cell int32[n] (-1: no rule), value, freight, units, item_types, grams int64[n]. Where no rule matches, rule is
    -1 and the amounts are 0.
    """
    cells_per_rate = bands.first.size // bands.mfn_ppm.size
    for i in range(start, stop):
        rule[i], duty[i], vat[i], fee[i] = -1, 0, 0, 0
        if cell[i] < 0:
            continue
        row = choose(bands.first[cell[i]], value[i], bands.upto, bands.rule)
        if row < 0:
            continue
        mfn_ppm = bands.mfn_ppm[cell[i] // cells_per_rate]
        rule[i] = row
        duty[i], vat[i], fee[i] = assess(row, mfn_ppm, value[i], freight[i], units[i], item_types[i], grams[i], terms)


@kernel
def assess_cents(
    start: int,
    stop: int,
    cell: I4,
    per_usd: NDArray[np.float64],
    value_cents: I8,
    freight_cents: I8,
    units: I8,
    item_types: I8,
    grams: I8,
    bands: Bands,
    terms: Terms,
    rule: I4,
    duty_cents: I8,
    vat_cents: I8,
    fee_cents: I8,
) -> None:
    """Assess consignments [start, stop) given and written in US cents; the law counts in its own minor units.

    As `assess_all`; per_usd float64[destination] : units of the law's currency for one USD today. Value and freight
    are converted half up before, duty, VAT and fee half up after.
    """
    cells_per_rate = bands.first.size // bands.mfn_ppm.size
    cells_per_place = bands.first.size // per_usd.size
    for i in range(start, stop):
        rule[i], duty_cents[i], vat_cents[i], fee_cents[i] = -1, 0, 0, 0
        if cell[i] < 0:
            continue
        rate = per_usd[cell[i] // cells_per_place]
        value = to_minor(value_cents[i], rate, SCALE)
        row = choose(bands.first[cell[i]], value, bands.upto, bands.rule)
        if row < 0:
            continue
        freight = to_minor(freight_cents[i], rate, SCALE)
        mfn_ppm = bands.mfn_ppm[cell[i] // cells_per_rate]
        levied, tax, handling = assess(row, mfn_ppm, value, freight, units[i], item_types[i], grams[i], terms)
        rule[i] = row
        duty_cents[i] = to_cents(levied, rate, SCALE)
        vat_cents[i] = to_cents(tax, rate, SCALE)
        fee_cents[i] = to_cents(handling, rate, SCALE)
