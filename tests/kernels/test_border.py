"""The border's arithmetic is that of the law written in fractions, for one consignment and for many."""

import math
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels.border import Bands, Per, Terms, Valuation, VatBase, assess, assess_all, assess_cents, choose, duty_due

UNLIMITED = 2**62
amounts = st.integers(0, 10**9)
rates = st.integers(0, 2_000_000)
rule = st.fixed_dictionaries(
    {
        "ad_valorem_ppm": rates,
        "mfn": st.integers(0, 1),
        "extra_ppm": rates,
        "specific": st.integers(0, 100_000),
        "specific_per": st.sampled_from([int(per) for per in Per]),
        "specific_least": st.integers(0, 1),
        "offset": st.sampled_from([0, 2000, 15000]),
        "valuation": st.sampled_from([int(valuation) for valuation in Valuation]),
        "duty_relief": st.sampled_from([0, 0, 0, 1]),
        "vat_ppm": st.integers(0, 300_000),
        "vat_base": st.sampled_from([int(base) for base in VatBase]),
        "vat_from": st.sampled_from([0, 4000]),
        "fee": st.integers(0, 500),
        "fee_per": st.sampled_from([int(Per.CONSIGNMENT), int(Per.ITEM_TYPE)]),
    }
)
goods = st.tuples(amounts, amounts, st.integers(1, 1000), st.integers(1, 50), st.integers(1, 10**6))


def half_up(x):
    return math.floor(x + Fraction(1, 2))


def in_fractions(terms, mfn_ppm, value, freight, units, item_types, grams):
    """The reading of the law, word for word, in exact fractions of a minor unit."""
    base = {Valuation.FOB: value, Valuation.CIF: value + freight, Valuation.RETAIL60: Fraction(6, 10) * value}
    base = Fraction(base[terms["valuation"]])
    rate = Fraction((mfn_ppm if terms["mfn"] else 0) + terms["ad_valorem_ppm"] + terms["extra_ppm"], 10**6)
    times = {Per.NONE: 0, Per.CONSIGNMENT: 1, Per.ITEM: units, Per.ITEM_TYPE: item_types, Per.KG: Fraction(grams, 1000)}
    specific = terms["specific"] * times[terms["specific_per"]]
    duty = max(base * rate, specific) if terms["specific_least"] else base * rate + specific
    duty = 0 if terms["duty_relief"] else half_up(max(duty - terms["offset"], Fraction(0)))
    t = Fraction(terms["vat_ppm"], 10**6)
    taxed = base + duty + (freight if terms["valuation"] == Valuation.FOB else 0)
    vat = {
        VatBase.PRICE: (value + freight) * t,
        VatBase.PRICE_PLUS_DUTY: taxed * t,
        VatBase.GROSS_UP: (value + freight + duty) * t / (1 - t),
    }[terms["vat_base"]]
    fee = terms["fee"] * (item_types if terms["fee_per"] == Per.ITEM_TYPE else 1)
    return duty, half_up(vat) if value > terms["vat_from"] else 0, fee


def columns(rules):
    return Terms(*(np.array([terms[name] for terms in rules], np.int64) for name in Terms._fields))


@settings(max_examples=400)
@given(rule, rates, goods)
def test_a_consignment_is_assessed_as_in_fractions(terms, mfn_ppm, consignment):
    assert tuple(assess(0, mfn_ppm, *consignment, columns([terms]))) == in_fractions(terms, mfn_ppm, *consignment)


def test_large_values_at_high_rates_stay_exact():
    terms = dict.fromkeys(Terms._fields, 0) | {"ad_valorem_ppm": 1_700_001, "vat_ppm": 179_000, "vat_base": 2}
    consignment = (9 * 10**14 + 7, 10**14 + 1, 1, 1, 1)
    assert tuple(assess(0, 0, *consignment, columns([terms]))) == in_fractions(terms, 0, *consignment)


def test_duty_never_falls_below_zero_and_relief_leaves_vat():
    terms = dict.fromkeys(Terms._fields, 0) | {"ad_valorem_ppm": 150_000, "offset": 3000, "vat_ppm": 200_000}
    assert tuple(assess(0, 0, 10_000, 0, 1, 1, 1, columns([terms]))) == (0, 2000, 0)
    terms |= {"offset": 0, "duty_relief": 1}
    assert tuple(assess(0, 0, 10_000, 0, 1, 1, 1, columns([terms]))) == (0, 2000, 0)


def test_a_band_includes_its_upper_edge_and_not_its_lower():
    upto, rows = np.array([100, 500, UNLIMITED], np.int64), np.array([7, -1, 9], np.int64)
    values = (0, 100, 101, 500, 501, 10**15)
    assert [choose(0, value, upto, rows) for value in values] == [7, 7, -1, -1, 9, 9]
    assert choose(-1, 100, upto, rows) == -1


def world(rules):
    """Two destinations by two categories, one channel, one origin; the last cell has no rule."""
    first = np.array([0, 2, 0, -1], np.int64)
    upto = np.array([50_000, UNLIMITED, UNLIMITED], np.int64)
    bands = Bands(first, upto, np.array([0, 1, 2], np.int64), np.array([120_000, 0, 33_000, 5], np.int64))
    return bands, columns(rules)


def run(kernel, start, stop, cell, extra, consignments, bands, terms):
    n = len(cell)
    given = [np.array(part, np.int64) for part in zip(*consignments, strict=True)]
    written = [np.full(n, -5, np.int32), *(np.full(n, -5, np.int64) for _ in range(3))]
    kernel(start, stop, np.array(cell, np.int32), *extra, *given, bands, terms, *written)
    return [tuple(int(part[i]) for part in written) for i in range(n)]


@settings(max_examples=60)
@given(st.lists(rule, min_size=3, max_size=3), st.lists(st.tuples(st.integers(-1, 3), goods), min_size=1, max_size=8))
def test_many_are_assessed_like_one_whatever_the_chunks(rules, rows):
    bands, terms = world(rules)
    cells = [cell for cell, _ in rows]
    consignments = [consignment for _, consignment in rows]
    found = run(assess_all, 0, len(rows), cells, [], consignments, bands, terms)
    for (cell, consignment), got in zip(rows, found, strict=True):
        row = -1 if cell in (-1, 3) else {0: int(consignment[0] > 50_000), 1: 2, 2: int(consignment[0] > 50_000)}[cell]
        due = in_fractions(rules[row], int(bands.mfn_ppm[cell]), *consignment) if row >= 0 else (0, 0, 0)
        assert got == (row, *due)
    cut = len(rows) // 2
    left = run(assess_all, 0, cut, cells, [], consignments, bands, terms)
    right = run(assess_all, cut, len(rows), cells, [], consignments, bands, terms)
    assert left[:cut] + right[cut:] == found


def test_in_a_band_that_no_rule_governs_nothing_is_due():
    bands, table = world([dict.fromkeys(Terms._fields, 0) | {"ad_valorem_ppm": 100_000, "fee": 200}] * 3)
    bands = bands._replace(rule=np.array([0, -1, 2], np.int64))
    consignments = [(50_000, 0, 1, 1, 1), (50_001, 0, 1, 1, 1), (50_001, 0, 1, 1, 1)]
    found = run(assess_cents, 0, 3, [0, 0, -1], [np.ones(2)], consignments, bands, table)
    assert found == [(0, 5000, 0, 200), (-1, 0, 0, 0), (-1, 0, 0, 0)]


def test_cents_are_converted_once_before_and_once_after():
    terms = dict.fromkeys(Terms._fields, 0) | {"ad_valorem_ppm": 100_000, "vat_ppm": 190_000, "vat_base": 1, "fee": 200}
    bands, table = world([terms, terms | {"fee": 0}, terms])
    per_usd = np.array([0.9219, 157.5182])
    cells, consignments = [0, 2, 3], [(54_235, 500, 1, 1, 400), (9_999, 0, 1, 1, 1), (100, 0, 1, 1, 1)]
    found = run(assess_cents, 0, 3, cells, [per_usd], consignments, bands, table)
    assert found[2] == (-1, 0, 0, 0)
    for cell, consignment, got in zip(cells[:2], consignments[:2], found[:2], strict=True):
        rate = Fraction(str(per_usd[cell // 2]))
        value, freight = (half_up(amount * rate) for amount in consignment[:2])
        row = int(value > 50_000)
        rules = [terms, terms | {"fee": 0}]
        local = in_fractions(rules[row], 0, value, freight, *consignment[2:])
        assert got == (row, *(half_up(amount / rate) for amount in local))
    assert found[0][0] == 0  # 542.35 USD are 499.99 EUR: the threshold is tested in the law's money


def test_a_specific_duty_counts_in_thousandths_of_a_minor_unit_half_up():
    assert [duty_due(0, 0, specific, 0, 0) for specific in (499, 500, 1499, 1500, 2999)] == [0, 1, 1, 2, 3]
    ten = 5 * 10_000  # a customs value of 10,000 at a tenth is 1,000
    assert [duty_due(ten, 100_000, specific, 1, 0) for specific in (999_400, 1_000_499, 1_000_500)] == [
        1000,
        1000,
        1001,
    ]
    assert [duty_due(ten, 100_000, 500, least, offset) for least, offset in ((0, 0), (1, 0), (0, 1))] == [
        1001,
        1000,
        1000,
    ]


def test_each_cell_has_the_rate_of_its_own_place_and_goods_and_every_consignment_its_own_sizes():
    rules = [dict.fromkeys(Terms._fields, 0) | {"mfn": 1, "specific": 1000 * (1 + row), "specific_per": int(per)}
             for row, per in enumerate((Per.KG, Per.ITEM, Per.ITEM_TYPE))]  # fmt: skip
    first, upto = np.array([0, 1, 2, 0, 1, 2, 0, 1], np.int64), np.full(3, UNLIMITED)
    mfn = np.array([10_000, 30_000, 70_000, 110_000], np.int64)  # two channels to a rate, two rates to a place
    bands = Bands(first, upto, np.array([0, 1, 2], np.int64), mfn)
    cells = [7, 0, 3, -1, 5, 2, 6, 1, 4]
    consignments = [(10_000 + 900 * k, 50 * k, 1 + k, 2 + 3 * k, 1000 * (k + 2)) for k in range(len(cells))]
    per_usd = np.array([2.0, 4.0])
    found = run(assess_cents, 0, len(cells), cells, [per_usd], consignments, bands, columns(rules))
    exact = run(assess_all, 0, len(cells), cells, [], consignments, bands, columns(rules))
    for cell, (value, freight, *sizes), cents, minor in zip(cells, consignments, found, exact, strict=True):
        if cell < 0:
            assert cents == minor == (-1, 0, 0, 0)
            continue
        row, rate, level = int(first[cell]), int(mfn[cell // 2]), int(per_usd[cell // 4])
        assert minor == (row, *in_fractions(rules[row], rate, value, freight, *sizes))
        due = in_fractions(rules[row], rate, value * level, freight * level, *sizes)
        assert cents == (row, *(half_up(Fraction(one, level)) for one in due))
