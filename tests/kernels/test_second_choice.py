"""Shoppers who find their choice sold out, against the nested logit of a page that never showed it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import chance, choice, second_choice, threads

SEED = np.uint64(11)
DAY = np.uint32(739_000)
DAYS = 40
COUNT = 20_000
CHI2_BOUND = {3: 21.1, 5: 25.7, 7: 29.9}
"""By degrees of freedom, what chi2 exceeds once in 10,000; counts are pooled over days, so that a bias cannot hide."""


def default_page(slots, seed):
    rng = np.random.default_rng(seed)
    features = np.zeros((1, slots, 6), np.float32)
    features[0, :, 0] = rng.normal(0, 0.25, slots) - 0.15 * np.log(np.arange(1, slots + 1))
    features[0, :, 1] = rng.normal(0, 0.5, slots)
    features[0, :, 2] = np.exp(rng.normal(0, 0.3, slots))
    features[0, :, 3] = rng.integers(3, 20, slots)
    return features, np.arange(slots, dtype=np.int32)[None, :], np.array([slots], np.int32)


def alike(count, propensity):
    return np.tile(np.array([0.25, 1.7, 0.022, 0, 0.15, 0.25, propensity, 1], np.float32), (count, 1))


def shop(taste, shown, lam, day=DAY):
    count = len(taste)
    slot, surplus = np.empty(count, np.int8), np.empty(count, np.float32)
    given_to_all = (np.zeros(count, np.int32), taste, np.full(count, -1, np.int32), SEED, np.uint32(day))
    threads.run(choice.choose, count, threads.WINDOW, *given_to_all, *shown, np.float32(lam), slot, surplus)
    return slot, np.full(count, 5, np.uint32)


def try_again(row, tried, slot, lot, taste, shown, lam, nth=1, day=DAY, chunk=threads.WINDOW):
    count = len(taste)
    slot, lot = slot[row].copy(), lot[row].copy()
    short = (row.astype(np.int32), np.zeros(len(row), np.int32), tried.astype(np.uint32))
    consumers = (taste, np.full(count, -1, np.int32), SEED, np.uint32(day))
    threads.run(second_choice.retry, len(row), chunk, *short, *consumers, *shown, float(lam), nth, slot, lot)
    return slot, lot


def values(shown, taste):
    out = np.empty(shown[2][0])
    choice.page_utilities(shown[0][0], shown[1][0], shown[2][0], taste, -1, out)
    return out


def shares_of(value, constant, lam):
    share = np.empty(len(value))
    buy, _ = choice.shares(value, float(constant), float(lam), share)
    return share, buy


def counted(slot, outcomes):
    return np.array([np.sum(slot == k) for k in outcomes])


def has_law(observed, probability):
    expected = observed.sum() * probability
    assert expected.sum() == pytest.approx(observed.sum(), rel=1e-12)
    return ((observed - expected) ** 2 / expected).sum() < CHI2_BOUND[len(expected) - 1]


@pytest.mark.large
def test_the_first_retry_at_lam_one_is_plackett_luce():
    shown, taste = default_page(6, 1), alike(COUNT, 0.5)
    share, buy = shares_of(values(shown, taste[0]), 0.5, 1.0)
    outcomes, observed = (0, 2, 3, 4, 5, -1), 0
    for day in range(DAYS):
        slot, lot = shop(taste, shown, 1.0, day)
        row = np.flatnonzero(slot == 1)
        second, _ = try_again(row, np.full(len(row), 2), slot, lot, taste, shown, 1.0, day=day)
        observed += counted(second, outcomes)
    assert has_law(observed, np.append(np.delete(share, 1), 1 - buy) / (1 - share[1]))


@pytest.mark.large
@pytest.mark.parametrize("lam", [0.25, 0.4, 1.0])
def test_one_retry_leaves_the_law_of_a_page_without_the_short_offer(lam):
    shown, taste = default_page(8, 2), alike(COUNT, -0.5)
    share, buy = shares_of(values(shown, taste[0])[1:], -0.5, lam)
    outcomes, observed = (*range(1, 8), -1), 0
    for day in range(DAYS):
        slot, lot = shop(taste, shown, lam, day)
        row = np.flatnonzero(slot == 0)
        slot[row], _ = try_again(row, np.full(len(row), 1), slot, lot, taste, shown, lam, day=day)
        observed += counted(slot, outcomes)
    assert has_law(observed, np.append(share, 1 - buy))


@given(st.lists(st.floats(-8, 8), min_size=2, max_size=32), st.floats(-6, 3), st.floats(0.2, 1.0))
def test_the_stay_probability_closes_the_nested_logit(value, constant, lam):
    value = np.array(value)
    share, buy = shares_of(value, constant, lam)
    _, without = shares_of(value[1:], constant, lam)
    weight = np.exp((value - value.max()) / lam)
    stay = second_choice.stay_probability(value.max() + constant, weight[1:].sum(), weight[0], lam)
    assert 0 <= stay <= 1
    assert buy - share[0] * (1 - stay) == pytest.approx(without, abs=1e-9)


@given(st.floats(-6, 3), st.floats(0.2, 1.0))
def test_an_offer_with_hardly_a_share_is_missed_as_the_limit_says(value, lam):
    near = second_choice.stay_probability(value, 1.0, 2e-9, lam)
    limit = second_choice.stay_probability(value, 1.0, 0.5e-9, lam)
    assert near == pytest.approx(limit, abs=1e-6)
    assert second_choice.stay_probability(value, 1.0, 0.0, lam) == pytest.approx(limit, abs=1e-6)


def test_who_finds_the_last_offer_short_leaves():
    shown, taste = default_page(2, 3), alike(1000, 30.0)
    slot, lot = shop(taste, shown, 0.4)
    row = np.arange(1000)
    assert (try_again(row, np.full(1000, 3), slot, lot, taste, shown, 0.4)[0] == -1).all()
    one = default_page(1, 3)
    slot, lot = shop(taste, one, 0.4)
    assert (slot == 0).all()
    assert (try_again(row, np.full(1000, 1), slot, lot, taste, one, 0.4)[0] == -1).all()


@given(st.integers(0, 2**32 - 1), st.integers(0, 31))
def test_no_offer_is_tried_twice(tried, short):
    tried |= 1 << short
    shown, taste = default_page(32, 4), alike(40, 30.0)
    slot, lot = np.full(40, short, np.int8), np.zeros(40, np.uint32)
    second, _ = try_again(np.arange(40), np.full(40, tried), slot, lot, taste, shown, 0.4)
    assert all(k == -1 or not tried >> k & 1 for k in second.tolist())
    if tried != 2**32 - 1:
        assert (second >= 0).any()


@pytest.mark.large
def test_the_second_retry_chooses_among_what_is_left():
    shown, taste = default_page(5, 5), alike(COUNT, 1.0)
    row, slot, lot = np.arange(COUNT), np.full(COUNT, 2, np.int8), np.zeros(COUNT, np.uint32)
    value = values(shown, taste[0])
    (before, with_two), (rest, without) = (shares_of(value[k], 1.0, 0.4) for k in ([1, 2, 3, 4], [1, 3, 4]))
    stay = 1 - (with_two - without) / before[1]
    outcomes, observed = (1, 3, 4, -1), 0
    for day in range(DAYS):
        third, _ = try_again(row, np.full(COUNT, 0b101), slot, lot, taste, shown, 0.4, nth=2, day=day)
        observed += counted(third, outcomes)
    assert has_law(observed, np.append(stay * rest / without, 1 - stay))


def test_the_fourth_word_of_the_round_before_decides_who_stays():
    shown, taste = default_page(6, 6), alike(3000, 0.0)
    share, buy = shares_of(values(shown, taste[0]), 0.0, 0.4)
    _, without = shares_of(values(shown, taste[0])[1:], 0.0, 0.4)
    stay = 1 - (buy - without) / share[0]
    row, slot, lot = np.arange(3000), np.zeros(3000, np.int8), np.zeros(3000, np.uint32)
    words = np.empty((3000, 4), np.uint32)
    for nth in (1, 2):
        again, _ = try_again(row, np.full(3000, 1), slot, lot, taste, shown, 0.4, nth=nth)
        block = chance.counter(chance.Stream.CHOICE, nth - 1)
        chance.words(SEED, np.arange(3000, dtype=np.uint64), DAY, block, words)
        assert ((again >= 0) == (words[:, 3] / 2**32 < stay)).mean() > 0.999


def test_a_second_choice_draws_a_fresh_lot_and_whoever_leaves_keeps_his():
    shown, taste = default_page(6, 6), alike(3000, 0.0)
    slot, lot = shop(taste, shown, 0.4)
    row = np.flatnonzero(slot >= 0)
    again, fresh = try_again(row, 1 << slot[row].astype(np.int64), slot, lot, taste, shown, 0.4)
    words = np.empty((3000, 4), np.uint32)
    chance.words(SEED, np.arange(3000, dtype=np.uint64), DAY, chance.counter(chance.Stream.CHOICE, 1), words)
    assert (fresh[again >= 0] == words[row, 1][again >= 0]).all()
    assert (fresh[again < 0] == lot[row][again < 0]).all()
    parts = try_again(row, 1 << slot[row].astype(np.int64), slot, lot, taste, shown, 0.4, chunk=17)
    assert (parts[0] == again).all()
    assert (parts[1] == fresh).all()


@given(st.lists(st.integers(0, 3), max_size=6), st.integers(0, 20))
def test_a_mark_falls_in_the_first_slot_up_to_the_end_of_which_it_is_covered_and_in_none_without_weight(weights, mark):
    weight = np.array(weights, np.float64)
    drawn = [slot for slot, parts in enumerate(weights) for _ in range(parts)]
    found = second_choice.taken(weight, len(weights), float(mark))
    assert found == (drawn[min(mark, len(drawn) - 1)] if drawn else -1)
