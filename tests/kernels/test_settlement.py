"""Flows: what one place loses another gains, and what asks for too much is told which row it was."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import settlement
from kernels.settlement import DONE

PLACES = 4
PLACE = st.integers(0, PLACES - 1)
FLOWS = st.lists(st.tuples(PLACE, PLACE, st.integers(0, 60)), max_size=12)
SOME_NEGATIVE = st.lists(st.tuples(PLACE, PLACE, st.integers(-3, 60)), max_size=12)


def columns(flows):
    a, b, amount = (list(column) for column in zip(*flows, strict=True)) if flows else ([], [], [])
    return np.array(a, np.int32), np.array(b, np.int32), np.array(amount, np.int64)


@given(FLOWS)
def test_money_is_neither_made_nor_lost_and_every_account_gets_what_it_is_owed(flows):
    payer, payee, amount = columns(flows)
    balance = np.array([10**12, -5, 0, 7], np.int64)
    expected = balance - np.bincount(payer, amount, PLACES) + np.bincount(payee, amount, PLACES)
    assert settlement.post(payer, payee, amount, balance) == DONE
    assert balance.tolist() == expected.astype(np.int64).tolist()
    assert balance.sum() == 10**12 + 2


def test_accounts_may_go_below_zero():
    balance = np.array([3, 0], np.int64)
    assert settlement.post(*columns([(0, 1, 10)]), balance) == DONE
    assert balance.tolist() == [-7, 10]


@given(SOME_NEGATIVE)
def test_one_negative_posting_is_named_and_stops_them_all(flows):
    balance = np.arange(PLACES)
    status = settlement.post(*columns(flows), balance)
    negative = [row for row, (_, _, amount) in enumerate(flows) if amount < 0]
    assert status == (negative[0] if negative else DONE)
    if negative:
        assert balance.tolist() == [0, 1, 2, 3]


@given(SOME_NEGATIVE, st.lists(st.integers(0, 100), min_size=PLACES, max_size=PLACES))
def test_moves_go_through_in_row_order_until_one_asks_for_more_than_there_is(flows, stock):
    source, target, there, here = np.array(stock, np.int64), np.arange(PLACES), list(stock), list(range(PLACES))
    expected = DONE
    for row, (a, b, units) in enumerate(flows):
        if not 0 <= units <= there[a]:
            expected = row
            break
        there[a] -= units
        here[b] += units
    assert settlement.move(*columns(flows), source, target) == expected
    assert source.tolist() == there
    assert target.tolist() == here
    assert source.sum() + target.sum() == sum(stock) + sum(range(PLACES))
    assert source.min() >= 0


def test_the_last_unit_can_be_moved_and_one_more_cannot():
    source, target = np.array([5], np.int64), np.zeros(1, np.int64)
    assert settlement.move(*columns([(0, 0, 3), (0, 0, 2)]), source, target) == DONE
    assert (source[0], target[0]) == (0, 5)
    assert settlement.move(*columns([(0, 0, 0), (0, 0, 1)]), source, target) == 1


def test_nothing_is_taken_back_by_moving_less_than_nothing():
    source, target = np.array([5], np.int64), np.array([5], np.int64)
    assert settlement.move(*columns([(0, 0, 1), (0, 0, -1)]), source, target) == 1
    assert (source[0], target[0]) == (4, 6)


@given(SOME_NEGATIVE)
def test_what_is_created_is_counted_with_its_reason(flows):
    row, _, units = columns(flows)
    position, counter = np.full(PLACES, 9), np.full(PLACES, 2)
    negative = np.flatnonzero(units < 0)
    assert settlement.create(row, units, position, counter) == (negative[0] if len(negative) else DONE)
    assert (position - counter == 7).all()
    done = negative[0] if len(negative) else len(units)
    assert counter.sum() == 2 * PLACES + units[:done].sum()


def blended(flows, on_hand, cost):
    node, _, units = columns([(node, 0, units) for node, units, _ in flows])
    value = np.array([value for _, _, value in flows], np.int64)
    result = np.array(cost, np.float64)
    settlement.average(node, units, value, np.array(on_hand, np.int64), result)
    return result


def test_a_dear_delivery_raises_the_average_cost_in_proportion():
    assert blended([(1, 10, 3000)], [4, 30, 4], [1.0, 200.0, 1.0]).tolist() == [1.0, 225.0, 1.0]


def test_an_empty_shelf_takes_the_cost_of_what_arrives():
    assert blended([(0, 4, 10)], [0], [777.0]).tolist() == [2.5]


def test_two_deliveries_on_one_day_both_count():
    assert blended([(0, 1, 100), (0, 3, 900)], [0], [5.0]).tolist() == [250.0]
    assert blended([(0, 1, 100), (0, 3, 900)], [6], [100.0]).tolist() == [160.0]


def test_nothing_arriving_changes_nothing():
    assert blended([(0, 0, 900)], [0], [5.0]).tolist() == [5.0]
    assert blended([(0, 0, 900), (0, 2, 80)], [0], [5.0]).tolist() == [40.0]


ARRIVALS = st.lists(st.tuples(PLACE, st.integers(1, 10**6), st.integers(0, 10**10)), min_size=1, max_size=10)
STOCK = st.lists(st.integers(0, 10**6), min_size=PLACES, max_size=PLACES)


@given(ARRIVALS, STOCK, st.randoms(use_true_random=False))
def test_the_value_of_stock_grows_by_what_arrived_whatever_the_order(flows, on_hand, random):
    before = [123.25, 0.0, 1e4, 7.0]
    cost = blended(flows, on_hand, before)
    for node in range(PLACES):
        units = on_hand[node] + sum(units for there, units, _ in flows if there == node)
        value = on_hand[node] * Fraction(before[node]) + sum(value for there, _, value in flows if there == node)
        if any(there == node for there, _, _ in flows):
            assert cost[node] == pytest.approx(float(value / units), rel=1e-14, abs=1e-300)
        else:
            assert cost[node] == before[node]
    random.shuffle(flows)
    assert blended(flows, on_hand, before).tolist() == cost.tolist()


@given(st.lists(st.tuples(st.integers(-2, PLACES - 1), st.integers(-(2**50), 2**50)), max_size=12))
def test_a_tally_is_a_sum_by_row_in_any_order_without_rows_below_zero(entries):
    total, turned = np.zeros(PLACES, np.int64), np.zeros(PLACES, np.int64)
    row, amount = np.array([r for r, _ in entries], np.int32), np.array([a for _, a in entries], np.int64)
    settlement.tally(row, amount, total)
    settlement.tally(row[::-1].copy(), amount[::-1].copy(), turned)
    assert total.tolist() == [sum(a for r, a in entries if r == place) for place in range(PLACES)]
    assert total.tolist() == turned.tolist()


def test_interpreted_flows_agree_with_compiled_ones():
    flows, results = [(0, 1, 5), (1, 2, 90), (3, 0, 2), (2, 3, 40)], []
    for of in (lambda kernel: kernel, lambda kernel: getattr(kernel, "py_func", kernel)):
        balance, source, target = np.arange(PLACES), np.full(PLACES, 60), np.zeros(PLACES, np.int64)
        status = [of(settlement.post)(*columns(flows), balance)]
        status.append(of(settlement.move)(*columns(flows), source, target))
        cost = np.array([1.5, 2.5, 3.5, 4.5])
        row, _, units = columns(flows)
        of(settlement.average)(row, units, units * 700, source, cost)
        results.append([status, balance.tolist(), source.tolist(), target.tolist(), cost.tolist()])
    assert results[0][:4] == results[1][:4]
    assert results[0][4] == pytest.approx(results[1][4], rel=1e-15)
