"""Travel days and working days against calendars, and queues that nobody jumps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import arrivals

GRID = (np.arange(4096, dtype=np.uint64) * 2**20 + 2**19).astype(np.uint32)
MONDAY = np.datetime64("2024-01-01")
WEEKDAYS = np.uint8(0b0011111)


def trips(usual, spread, words=GRID):
    days = np.empty(len(words), np.int64)
    arrivals.travel(0, len(words), np.full(len(words), usual), np.full(len(words), spread), words, days)
    return days


def test_without_spread_every_trip_takes_its_usual_days_half_up_and_at_least_one():
    assert [trips(usual, 0.0)[7] for usual in (0.0, 0.4, 1.4, 1.5, 12.49, 12.5)] == [1, 1, 1, 2, 12, 13]


def test_trips_are_log_normal_around_their_usual_days():
    days = trips(2000.0, 0.3)
    assert np.median(days) == pytest.approx(2000, abs=1)
    assert np.log(days).mean() == pytest.approx(np.log(2000), abs=1e-4)
    assert np.log(days).std() == pytest.approx(0.3, abs=2e-3)
    assert days.mean() == pytest.approx(2000 * np.exp(0.3**2 / 2), rel=1e-3)


def test_a_higher_word_never_travels_faster_and_the_extreme_words_arrive():
    words = np.array([0, 1, 2**31, 2**32 - 2, 2**32 - 1], np.uint32)
    days = trips(10.0, 0.25, words)
    assert (np.diff(days) >= 0).all()
    assert days[0] == round(10 * np.exp(-0.25 * 6.33778))
    assert days[-1] == round(10 * np.exp(0.25 * 6.33778))


def test_a_chunk_of_trips_travels_alone():
    days = np.full(4, -1)
    arrivals.travel(1, 3, np.arange(4.0), np.zeros(4), GRID[:4].copy(), days)
    assert days.tolist() == [-1, 1, 2, -1]


@given(st.integers(0, 6), st.integers(1, 40), st.integers(1, 127))
def test_working_days_are_those_of_the_calendar(weekday, days, workdays):
    today = MONDAY + np.timedelta64(weekday, "D")
    mask = [bool(workdays >> day & 1) for day in range(7)]
    last = np.busday_offset(today, days, roll="preceding", weekmask=mask)
    assert arrivals.working(weekday, days, np.uint8(workdays)) == (last - today).astype(int)


def test_three_working_days_from_thursday_end_on_tuesday():
    assert arrivals.working(3, 3, WEEKDAYS) == 5
    assert arrivals.working(5, 1, WEEKDAYS) == 2
    assert arrivals.working(5, 0, WEEKDAYS) == 0


def test_where_nobody_works_working_days_are_calendar_days():
    assert arrivals.working(4, 9, np.uint8(0)) == 9
    assert arrivals.working(4, 9, np.uint8(128)) == 9  # the eighth bit is no day


def test_each_row_counts_the_working_days_of_its_country():
    calendar = np.full(4, -1)
    workdays = np.array([0b0011111, 0b0011111, 0b1111111, 0b0000001], np.uint8)
    arrivals.working_days(1, 4, 4, np.array([1, 1, 1, 2]), workdays, calendar)
    assert calendar.tolist() == [-1, 3, 1, 10]


def test_interpreted_arrivals_agree_with_compiled_ones():
    plain = [getattr(one, "py_func", one) for one in (arrivals.travel, arrivals.working)]
    days = np.empty(50, np.int64)
    plain[0](0, 50, np.full(50, 9.3), np.full(50, 0.4), GRID[::80][:50].copy(), days)
    assert days.tolist() == trips(9.3, 0.4, GRID[::80][:50].copy()).tolist()
    assert [plain[1](2, n, WEEKDAYS) for n in range(9)] == [arrivals.working(2, n, WEEKDAYS) for n in range(9)]


def examined(usual, declared_ppm, penalty_ppm=1_000_000, value=10_001):
    size = len(GRID)
    inspected, assessed, penalty = np.empty((3, size), np.int64)
    arrivals.examine(0, size, np.full(size, usual), np.full(size, declared_ppm), np.full(size, penalty_ppm), GRID,
                     np.full(size, value), inspected, assessed, penalty)  # fmt: skip
    return inspected, assessed, penalty


def test_an_honest_declaration_is_assessed_in_full_and_never_fined():
    inspected, assessed, penalty = examined(0.2, 1_000_000)
    assert inspected.mean() == pytest.approx(0.2, abs=1e-3)
    assert (assessed == 10_001).all()
    assert (penalty == 0).all()


def test_a_low_declaration_is_inspected_more_often_and_then_assessed_in_full_and_fined_on_what_it_hid():
    inspected, assessed, penalty = examined(0.05, 500_000, penalty_ppm=1_500_000)
    assert inspected.mean() == pytest.approx(0.05 * 5.5, abs=1e-3)
    found = inspected.astype(bool)
    assert set(assessed[found].tolist()) == {10_001}
    assert set(assessed[~found].tolist()) == {5_001}
    assert set(penalty[found].tolist()) == {7_500}
    assert set(penalty[~found].tolist()) == {0}


@given(st.floats(0, 1), st.integers(0, 1_000_000))
def test_the_odds_of_inspection_are_odds_and_fall_in_what_is_declared(usual, declared):
    odds = arrivals.odds_of_inspection(usual, declared)
    assert usual <= odds <= 1.0
    assert odds >= arrivals.odds_of_inspection(usual, min(declared + 1000, 1_000_000))
    assert arrivals.odds_of_inspection(usual, 1_000_000) == usual


@pytest.mark.parametrize(
    ("surprise", "price"), [(-5.0, 100.0), (0.0, 100.0), (0.5, 100.0), (10.0, 100.0), (50.0, 1.0), (500.0, 100.0)]
)
def test_the_odds_of_refusal_follow_the_surprise_against_the_price(surprise, price):
    expected = 1 / (1 + np.exp(2 - 6 * surprise / price)) if surprise > 0 else 0.0
    assert arrivals.odds_of_refusal(surprise, price) == pytest.approx(expected, abs=1e-12)


def test_a_price_below_a_cent_counts_as_a_cent():
    assert (
        arrivals.odds_of_refusal(0.5, 0.25) == arrivals.odds_of_refusal(0.5, 1.0) > arrivals.odds_of_refusal(0.5, 1.5)
    )


def test_refusals_are_drawn_with_their_odds_and_nobody_refuses_what_is_paid():
    size, refused = len(GRID), np.empty(len(GRID), np.uint8)
    paid = np.full(size, 1000, np.int32)
    arrivals.refuse(0, size, np.full(size, 300, np.int32), paid, GRID, refused)
    assert refused.mean() == pytest.approx(1 / (1 + np.exp(0.2)), abs=1e-3)
    arrivals.refuse(0, size, np.zeros(size, np.int32), paid, GRID, refused)
    assert not refused.any()


@given(*[st.integers(0, 10**6)] * 4)
def test_what_checkout_collected_covers_vat_then_handling_then_duty_and_the_rest_is_left(collected, duty, fee, vat):
    left = np.empty((3, 1), np.int64)
    arrivals.at_the_door(0, 1, *(np.array([cents]) for cents in (collected, duty, fee, vat)), left)
    assert left.sum() == max(duty + fee + vat - collected, 0)
    assert left[2, 0] == max(vat - collected, 0)
    assert (left[:, 0] <= [duty, fee, vat]).all()
    if left[2, 0] > 0:
        assert left[:2, 0].tolist() == [duty, fee]


def test_a_place_is_bought_where_the_days_until_ones_turn_lose_more_than_the_fee():
    queue = np.array([0, 1, 0, 0, 1, 0, 0, 2], np.int32)
    loss, fee = np.full(8, 10.0), np.array([15, 15, 15, 5, 15, 15, 0, 5], np.int64)
    pays = np.full(8, 9, np.uint8)
    arrivals.hurry(queue, np.array([2, 1, 0], np.int64), loss, fee, pays)
    assert pays.tolist() == [0, 0, 0, 1, 0, 0, 0, 0]
    loss[4], loss[5] = 15.0, 15.1
    arrivals.hurry(queue, np.array([2, 1, 0], np.int64), loss, fee, pays)
    assert pays.tolist() == [0, 0, 0, 1, 0, 1, 0, 0]


def test_nobody_pays_whose_turn_is_today():
    pays = np.ones(5, np.uint8)
    arrivals.hurry(np.zeros(5, np.int32), np.array([5], np.int64), np.full(5, 1e9), np.ones(5, np.int64), pays)
    assert not pays.any()
