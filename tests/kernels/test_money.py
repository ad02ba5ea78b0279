"""Rounding, conversion and sharing against whole numbers and fractions that know no overflow."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kernels import money

amounts = st.integers(-(2**53), 2**53)
books = st.lists(st.integers(0, 60), min_size=1, max_size=12)
large_books = st.lists(st.integers(0, 2**56), min_size=1, max_size=8)


def shared(total, claims, lots=None):
    out = np.full(len(claims), -1, np.int64)
    lots = np.arange(len(claims)) if lots is None else lots
    money.proportional(total, np.array(claims, np.int64), np.array(lots, np.uint64), out)
    return out.tolist()


def hamilton(total, claims, lots):
    asked = sum(claims)
    total = min(total, asked)
    if total == 0:
        return [0] * len(claims)
    parts = [total * claim // asked for claim in claims]
    order = sorted(range(len(claims)), key=lambda i: (-(total * claims[i] % asked), lots[i]))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


@given(amounts, st.integers(0, 10**9), st.integers(1, 10**9))
def test_muldiv_is_exact_half_up(amount, num, den):
    exact = (2 * amount * num + den) // (2 * den)
    assume(abs(exact) < 2**62)
    assert money.muldiv(amount, num, den) == exact == floor(Fraction(amount * num, den) + Fraction(1, 2))


@pytest.mark.parametrize(
    "amount, num, den, part",
    [
        (1, 1, 2, 1),
        (-1, 1, 2, 0),
        (-3, 1, 2, -1),
        (5, 125_000, 1_000_000, 1),
        (4, 125_000, 1_000_000, 1),
        (3, 125_000, 1_000_000, 0),
        (2**53, 10**9, 10**9, 2**53),
        (-(2**53), 10**9 - 1, 10**9, -9007199245733793),
    ],
)
def test_muldiv_at_ties_signs_and_ends(amount, num, den, part):
    assert money.muldiv(amount, num, den) == part


@given(st.integers(-(2**50), 2**50), st.integers(0, 4095))
def test_half_up_is_the_floor_of_one_half_more(whole, part):
    x = float(whole) + part / 4096 if abs(whole) < 2**40 else float(whole)
    assert money.half_up(x) == floor(Fraction(x) + Fraction(1, 2))


@pytest.mark.parametrize("x, whole", [(0.49999999999999994, 0), (0.5, 1), (-0.5, 0), (-0.51, -1), (2.5, 3), (-2.5, -2)])
def test_half_up_at_ties(x, whole):
    assert money.half_up(x) == whole


rates = st.integers(1, 200_000_000).map(lambda millionths: Fraction(millionths, 10_000))


@given(st.integers(-(10**9), 10**9), rates, st.sampled_from([1, 100]))
def test_conversions_are_half_up_of_the_decimal_rate(amount, rate, scale):
    for convert, exact in (
        (money.to_cents, amount * 100 / (rate * scale)),
        (money.to_minor, amount * rate * scale / 100),
    ):
        from_tie = abs((exact - Fraction(1, 2)) - round(exact - Fraction(1, 2)))
        assume(from_tie == 0 or from_tie > abs(exact) * Fraction(1, 2**44))
        assert convert(amount, float(rate), scale) == floor(exact + Fraction(1, 2))


@pytest.mark.parametrize("cents, rate, minor", [(100, 1.005, 101), (50, 0.29, 15), (7, 0.5, 4), (-7, 0.5, -3)])
def test_a_tie_in_decimals_is_a_tie(cents, rate, minor):
    assert money.to_minor(cents, rate, 100) == minor


@given(st.integers(0, 10**9), rates)
def test_cents_come_back_from_a_finer_currency(cents, rate):
    assume(rate >= 1)
    assert money.to_cents(money.to_minor(cents, float(rate), 100), float(rate), 100) == cents


@given(st.integers(0, 800), books, st.randoms())
def test_shares_are_those_of_the_largest_remainders(total, claims, random):
    lots = random.sample(range(2**62), len(claims))
    assert shared(total, claims, lots) == hamilton(total, claims, lots)


@given(st.data(), large_books)
def test_large_shares_are_exact(data, claims):
    total = data.draw(st.integers(0, sum(claims)))
    assert shared(total, claims) == hamilton(total, claims, range(len(claims)))


@given(st.integers(0, 800), books)
def test_shares_sum_and_never_exceed_a_claim(total, claims):
    parts = shared(total, claims)
    assert sum(parts) == min(total, sum(claims))
    assert all(0 <= part <= claim for part, claim in zip(parts, claims, strict=True))


@given(st.integers(0, 800), books, st.randoms())
def test_shares_do_not_depend_on_the_order_of_rows(total, claims, random):
    lots = random.sample(range(2**62), len(claims))
    order = random.sample(range(len(claims)), len(claims))
    moved = shared(total, [claims[i] for i in order], [lots[i] for i in order])
    assert moved == [shared(total, claims, lots)[i] for i in order]


def test_a_tie_goes_to_the_smaller_lot():
    assert shared(7, [3, 3, 3, 3], [4, 3, 2, 1]) == [1, 2, 2, 2]
    assert shared(1, [1, 1], [2**64 - 1, 2**63]) == [0, 1]


def test_nothing_to_share_and_nobody_to_share_with():
    assert shared(0, [3, 4]) == [0, 0]
    assert shared(-5, [3, 4]) == [0, 0]
    assert shared(9, [0, 0]) == [0, 0]
    assert shared(9, []) == []


@given(st.data(), st.integers(1, 2**61 - 1))
def test_a_share_is_quotient_and_remainder(data, claims):
    claim, total = data.draw(st.integers(0, claims)), data.draw(st.integers(0, claims))
    assert money.share(total, claim, claims) == divmod(total * claim, claims)


@pytest.mark.parametrize("bits", [30, 31, 32, 33, 52, 60])
def test_a_share_is_exact_on_both_sides_of_64_bits(bits):
    for claim in (2**bits - 1, 2**bits, 2**bits + 1):
        assert money.share(claim - 1, claim, claim + 2) == divmod((claim - 1) * claim, claim + 2)
