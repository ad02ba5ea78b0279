"""Freight and landed prices: worked amounts, and parts that add up to the cent."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import quotes

CENTS = st.integers(0, 10**9)


def half_up(x):
    return (2 * x + 1) // 2


@pytest.mark.parametrize(
    ("per_item", "per_kg", "rate", "grams", "cents"),
    [
        (250.0, 900.0, 1.0, 500, 700),
        (250.0, 900.0, 2.0, 500, 1400),
        (250.0, 900.0, 1.0, 0, 250),
        (0.0, 1.0, 1.0, 499, 0),
        (0.0, 1.0, 1.0, 500, 1),
        (0.5, 0.0, 1.0, 9, 1),
    ],
)
def test_freight_is_charged_by_item_and_by_weight(per_item, per_kg, rate, grams, cents):
    assert quotes.freight(per_item, per_kg, rate, grams) == cents


@given(st.integers(0, 10**5), st.integers(0, 10**5), st.integers(1, 64), st.integers(0, 10**5))
def test_freight_is_rounded_once_half_up(per_item, per_kg, eighths, grams):
    exact = (per_item + Fraction(per_kg * grams, 1000)) * Fraction(eighths, 8)
    found = quotes.freight(float(per_item), float(per_kg), eighths / 8, grams)
    assert abs(found - exact) <= Fraction(1, 2) + exact * Fraction(1, 2**48)


def test_value_and_freight_are_those_of_the_market_and_of_the_lane():
    dest, lane = np.array([0, 1, 2, 1], np.int32), np.array([1, 0, 1, 1], np.int32)
    fx, grams, price = np.array([1.0, 0.9, 150.0]), np.array([1000, 200, 0, 1000]), np.array([1999, 1999, 150000, 9])
    value, freight = np.full(4, -1), np.full(4, -1)
    lanes = np.array([100.0, 300.0]), np.array([500.0, 1000.0]), np.array([1.0, 1.5])
    quotes.value_and_freight(0, 3, lane, dest, grams, price, fx, *lanes, value, freight)
    assert value.tolist() == [1999, 2221, 1000, -1]
    assert freight.tolist() == [1950, 200, 450, -1]


def land(cell, vat_ppm, parts, coupon, start=0):
    value, freight, duty, vat, handling = (np.array([cents] * 2, np.int64) for cents in parts)
    landed = np.full(2, -1)
    cells, ppm = np.full(2, cell, np.int32), np.full(2, vat_ppm, np.int64)
    quotes.landed(start, 2, cells, ppm, value, freight, duty, vat, handling, np.full(2, coupon, np.int64), landed)
    return landed.tolist(), vat.tolist()


@given(st.integers(0, 99), st.integers(0, 10**6), st.tuples(CENTS, CENTS, CENTS, CENTS, CENTS), CENTS)
def test_across_a_border_the_landed_price_is_the_sum_of_the_parts_given(cell, ppm, parts, coupon):
    assert land(cell, ppm, parts, coupon) == ([sum(parts) - coupon] * 2, [parts[3]] * 2)


@given(st.integers(0, 10**6), st.tuples(CENTS, CENTS, st.just(0), CENTS, st.just(0)), CENTS)
def test_at_home_vat_is_that_of_the_sale_on_goods_and_freight(ppm, parts, coupon):
    vat = half_up(Fraction((parts[0] + parts[1]) * ppm, 10**6))
    assert land(-1, ppm, parts, coupon) == ([parts[0] + parts[1] + vat - coupon] * 2, [vat] * 2)


def test_a_domestic_sale_at_twenty_per_cent():
    assert land(-1, 200_000, (1999, 502, 0, 7777, 0), 100) == ([2901, 2901], [500, 500])


def test_a_chunk_of_offers_is_landed_alone():
    assert land(-1, 100_000, (1000, 0, 0, 7, 0), 0, start=1) == ([-1, 1100], [7, 100])


def test_interpreted_quotes_agree_with_compiled_ones():
    random, found = np.random.default_rng(3), []
    price, grams, cell = (
        random.integers(1, 10**6, 60),
        random.integers(0, 5000, 60),
        np.arange(60, dtype=np.int32) % 3 - 1,
    )
    for of in (lambda kernel: kernel, lambda kernel: getattr(kernel, "py_func", kernel)):
        value, freight, vat, landed = np.zeros((4, 60), np.int64)
        lane = np.zeros(60, np.int32)
        of(quotes.value_and_freight)(0, 60, lane, lane, grams, price, np.array([0.87]), np.array([211.0]),
                                     np.array([913.5]), np.array([1.25]), value, freight)  # fmt: skip
        ppm = np.full(60, 190_000)
        of(quotes.landed)(0, 60, cell, ppm, value, freight, price, vat, grams, price // 9, landed)
        found.append([value.tolist(), freight.tolist(), vat.tolist(), landed.tolist()])
    assert found[0] == found[1]


@given(st.integers(0, 1), st.integers(-1, 1), st.tuples(CENTS, CENTS, CENTS))
def test_what_a_page_leaves_out_is_due_at_the_door(incoterm, rule, parts):
    duty, vat, handling = (np.array([cents]) for cents in parts)
    landed, door = np.array([5000 + sum(parts)]), np.array([-1])
    terms = np.array([incoterm], np.int8), np.array([rule], np.int32), np.array([0, 1], np.uint8)
    quotes.left_at_door(0, 1, *terms, duty, vat, handling, landed, door)
    at_checkout = {0: 0, 1: parts[1]}.get(rule, sum(parts)) if incoterm else sum(parts)
    assert (landed[0], door[0]) == (5000 + at_checkout, sum(parts) - at_checkout)
