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
    today = MONDAY + weekday
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
