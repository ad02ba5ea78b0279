"""Limits, invoices and shares: nobody pays what he has not, and no cent falls between two parts."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import payments

ROWS = st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 50)), max_size=15)


def granted(rows, limits):
    group, amount = (np.array([row[k] for row in rows], kind) for k, kind in ((0, np.int32), (1, np.int64)))
    limit, flags = np.array(limits, np.int64), np.full(len(rows), 9, np.uint8)
    payments.within_limit(group, amount, limit, flags)
    return flags.tolist(), limit.tolist()


@given(ROWS, st.lists(st.integers(0, 120), min_size=3, max_size=3))
def test_a_limit_is_never_exceeded_and_refuses_only_what_does_not_fit(rows, limits):
    flags, left = granted(rows, limits)
    assert all(flag in (0, 1) for flag in flags)
    for group in range(3):
        room = limits[group]
        for (mine, amount), flag in zip(rows, flags, strict=True):
            if mine == group:
                assert flag == (amount <= room)
                room -= amount * flag
        assert room == left[group] >= 0
    assert all(flag for (group, _), flag in zip(rows, flags, strict=True) if group < 0)


def test_who_does_not_fit_is_passed_over_and_a_smaller_one_behind_is_not():
    assert granted([(0, 60), (0, 70), (0, 40), (0, 1)], [100]) == ([1, 0, 1, 0], [0])


def test_groups_have_limits_of_their_own():
    assert granted([(0, 5), (1, 5), (-1, 10**12), (1, 1)], [4, 6]) == ([0, 1, 1, 1], [4, 0])


def settled(rows, floors, balances):
    """Rows of payer, payee, amount and debtor; account and firm k are one, a last account belongs to no firm."""
    payer, payee, amount, debtor = (np.array([row[k] for row in rows], np.int64) for k in range(4))
    balance, paid = np.array(balances, np.int64), np.full(len(rows), 9, np.int64)
    accounts = payer.astype(np.int32), payee.astype(np.int32)
    payments.solvent(*accounts, amount, debtor.astype(np.int32), np.array(floors, np.int64), balance, paid)
    return paid.tolist(), balance.tolist()


def test_credit_is_used_to_the_last_cent():
    assert settled([(0, 1, 150, 0)], [-50, 0], [100, 0]) == ([150], [-50, 150])
    assert settled([(0, 1, 151, 0)], [-50, 0], [100, 0]) == ([150], [-50, 150])


def test_who_is_below_the_floor_pays_nothing_and_takes_nothing_back():
    assert settled([(0, 1, 10, 0)], [-50, 0], [-51, 0]) == ([0], [-51, 0])


def test_money_received_earlier_in_the_day_pays_a_later_invoice_and_not_an_earlier_one():
    chain = [(2, 1, 80, 2), (1, 0, 80, 1)]
    assert settled(chain, [0, 0, 0], [0, 0, 80]) == ([80, 80], [80, 0, 0])
    assert settled(chain[::-1], [0, 0, 0], [0, 0, 80]) == ([0, 80], [0, 80, 0])


@pytest.mark.parametrize("parts", [(90,), (30, 60), (10,) * 9])
def test_in_how_many_invoices_an_amount_is_owed_does_not_matter(parts):
    paid, balance = settled([(0, 1, part, 0) for part in parts], [-5, 0], [60, 0])
    assert (sum(paid), balance) == (65, [-5, 65])


def test_who_is_nobodys_debtor_pays_always():
    assert settled([(1, 0, 10**9, -1)], [0, 0], [0, 0]) == ([10**9], [10**9, -(10**9)])


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(1, 90), st.booleans()), max_size=14),
    st.lists(st.tuples(st.integers(-60, 0), st.integers(-80, 200)), min_size=4, max_size=4),
)
def test_money_is_conserved_and_no_payment_leaves_a_debtor_below_its_floor(invoices, firms):
    rows = [(payer, payee, amount, payer if owes else -1) for payer, payee, amount, owes in invoices]
    floors, cash = [floor for floor, _ in firms], [cash for _, cash in firms]
    paid, balance = settled(rows, floors, cash)
    assert sum(balance) == sum(cash)
    for (payer, payee, amount, debtor), cents in zip(rows, paid, strict=True):
        assert cents == amount if debtor < 0 else 0 <= cents <= amount
        cash[payer] -= cents
        assert cents in (amount, 0) or cash[payer] == floors[payer]
        assert cents or cash[payer] <= floors[payer]
        cash[payee] += cents
    assert balance == cash


def parts(amounts, ppm):
    share = np.full(len(amounts), -1)
    payments.part(0, len(amounts), np.array(amounts, np.int64), np.array(ppm, np.int64), share)
    return share.tolist()


@given(st.lists(st.tuples(st.integers(-(2**53), 2**53), st.integers(0, 10**6)), min_size=1, max_size=8))
def test_a_share_is_exact_half_up(rows):
    amounts, ppm = zip(*rows, strict=True)
    assert parts(amounts, ppm) == [(2 * Fraction(a * p, 10**6) + 1) // 2 for a, p in rows]


def test_a_commission_is_taken_from_each_sale_and_not_from_their_sum():
    assert parts([4, 12, 1999], [125_000] * 3) == [1, 2, 250]
    assert parts([1001] * 1000, [125_000] * 1000) == [125] * 1000
    assert parts([1001 * 1000], [125_000]) == [125_125]


def test_interest_of_a_day_is_eight_per_cent_a_year():
    assert parts([1_000_000, 2283, 2282], [219] * 3) == [219, 0, 0]
    assert parts([2284], [219]) == [1]


def test_a_chunk_of_amounts_is_shared_alone():
    share = np.full(4, -1)
    payments.part(1, 3, np.full(4, 100), np.arange(4) * 10_000, share)
    assert share.tolist() == [-1, 1, 2, -1]


def test_interpreted_payments_agree_with_compiled_ones():
    random, found = np.random.default_rng(4), []
    group, other = (random.integers(-1, 5, 80).astype(np.int32) for _ in range(2))
    amount, ppm = random.integers(1, 10**4, 80), random.integers(0, 10**6, 80)
    for of in (lambda kernel: kernel, lambda kernel: getattr(kernel, "py_func", kernel)):
        limit, balance = np.full(5, 30_000), np.full(5, 9_000)
        fits, paid, share = np.zeros(80, np.uint8), np.zeros(80, np.int64), np.zeros(80, np.int64)
        of(payments.within_limit)(group, amount, limit, fits)
        of(payments.solvent)(abs(group), abs(other), amount, group, np.full(5, -500), balance, paid)
        of(payments.part)(0, 80, amount, ppm, share)
        found.append([column.tolist() for column in (limit, balance, fits, paid, share)])
    assert found[0] == found[1]


@given(st.lists(st.integers(-1, 2), max_size=20), st.lists(st.integers(0, 6), min_size=3, max_size=3))
def test_with_amounts_of_one_the_first_in_line_are_served(group, room):
    group, left = np.array(group, np.int32), np.array(room, np.int64)
    served = np.full(group.size, 9, np.uint8)
    payments.within_limit(group, np.ones(group.size, np.int64), left, served)
    assert (served[group == -1] == 1).all()
    for queue in range(3):
        mine = served[group == queue].tolist()
        count = min(room[queue], len(mine))
        assert mine == [1] * count + [0] * (len(mine) - count)
        assert left[queue] == room[queue] - count


def test_a_screen_stops_more_fraud_than_good_payments_and_more_the_stricter_and_the_keener():
    assert payments.caught(0.0, 0.15) == 0.0
    assert payments.caught(1.0, 0.15) == 1.0
    assert payments.caught(0.01, 0.5) == pytest.approx(0.1)
    stopped = [payments.caught(screen, 0.15) for screen in (0.001, 0.01, 0.1, 0.5)]
    assert stopped == sorted(stopped)
    assert all(part > screen for part, screen in zip(stopped, (0.001, 0.01, 0.1, 0.5), strict=True))
    assert payments.caught(0.01, 0.1) > payments.caught(0.01, 0.2)


@pytest.mark.parametrize("fee, fraud, keenness", [(0.03, 0.002, 0.15), (0.02, 0.002, 0.3), (0.2, 0.001, 0.05)])
def test_the_best_screen_earns_more_than_any_other(fee, fraud, keenness):
    def earned(screen):
        return fee * (1.0 - screen) - fraud * (1.0 - payments.caught(screen, keenness))

    best = payments.best_screen(fee, fraud, keenness)
    assert 0.0 < best < payments.STRICTEST
    assert best == pytest.approx((keenness * fraud / fee) ** (1.0 / (1.0 - keenness)))
    for other in (0.0, 0.5 * best, 0.9 * best, 1.1 * best, 2.0 * best, payments.STRICTEST):
        assert earned(best) > earned(other)


def test_nobody_screens_where_there_is_no_fraud_and_nobody_more_than_shops_bear():
    assert payments.best_screen(0.03, 0.0, 0.15) == 0.0
    assert payments.best_screen(0.0, 0.002, 0.15) == payments.STRICTEST
    assert payments.best_screen(0.03, 0.19, 0.15) == payments.STRICTEST


def test_frauds_come_with_their_chance_and_fail_more_often_than_good_payments():
    word = (np.arange(4096, dtype=np.uint64) * 2**20 + 2**19).astype(np.uint32)
    failure, stolen = np.full(4096, 9.0, np.float32), np.full(4096, 9, np.uint8)
    payments.screened(0, 4095, np.full(4096, 0.04), 0.25, 0.5, 0.1, word, failure, stolen)
    assert stolen[:-1].mean() == pytest.approx(0.25, abs=1e-3)
    assert failure[:-1][stolen[:-1] == 1] == pytest.approx(1.0 - 0.9 * 0.8)
    assert failure[:-1][stolen[:-1] == 0] == pytest.approx(1.0 - 0.9 * 0.96)
    assert (failure[-1], stolen[-1]) == (9.0, 9)
