"""Freight: what a tight lane costs, what a longer route carries, and who is loaded."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import lanes


def test_the_spot_rate_is_the_base_until_the_lane_is_tight_and_five_times_when_full():
    assert [lanes.spot_rate(2.0, u) for u in (0.0, 0.75, 0.85)] == [2.0, 2.0, 2.0]
    assert lanes.spot_rate(2.0, 0.925) == pytest.approx(4.0, rel=1e-12)
    assert lanes.spot_rate(2.0, 1.0) == pytest.approx(10.0, rel=1e-12)
    assert lanes.spot_rate(2.0, 7.0) == lanes.spot_rate(2.0, 1.0)


def test_a_utilisation_of_98_per_cent_quadruples_spot_and_doubles_the_blended_rate():
    spot = lanes.spot_rate(1.0, 0.98)
    assert spot == pytest.approx(1 + 4 * 0.13**2 / 0.15**2, rel=1e-12)
    assert spot == pytest.approx(4.00, abs=0.01)
    assert lanes.blended(1.0, spot, 0.6) == pytest.approx(2.20, abs=0.01)


def test_a_longer_way_round_the_cape_fills_the_lane_to_98_per_cent():
    """Shanghai to Rotterdam at 16 knots: 19,531 km through Suez, 25,680 km round the Cape."""
    per_day = 16 * 1.852 * 24
    through, round_ = 19_531 / per_day, 25_680 / per_day
    assert round_ - through == pytest.approx(8.6, abs=0.06)
    ships = lanes.fleet(through, 1000.0)
    assert lanes.daily_capacity(ships, through) == pytest.approx(1000.0, rel=1e-12)
    capacity = lanes.daily_capacity(ships, round_)
    used = lanes.utilisation(750, int(capacity))
    assert used == pytest.approx(0.98, abs=0.01)
    assert lanes.spot_rate(1.0, used) == pytest.approx(4.2, abs=0.15)
    assert lanes.blended(1.0, lanes.spot_rate(1.0, used), 0.6) == pytest.approx(2.3, abs=0.06)


@given(st.floats(0, 2), st.floats(0, 2))
def test_the_spot_rate_never_falls_in_utilisation(u, v):
    assert lanes.spot_rate(1.0, min(u, v)) <= lanes.spot_rate(1.0, max(u, v))


def test_a_lane_without_capacity_is_full_and_none_is_more_than_full():
    assert lanes.utilisation(0, 0) == 1.0
    assert lanes.utilisation(300, 200) == 1.0
    assert lanes.utilisation(50, 200) == 0.25


def test_a_smoothed_rate_remembers_a_week():
    rate = 1.0
    for _ in range(7):
        rate = lanes.smooth(rate, 2.0, 7.0)
    assert rate == pytest.approx(2 - (6 / 7) ** 7, rel=1e-12)
    assert lanes.smooth(1.0, 2.0, 0.0) == 2.0


def test_the_rates_of_a_day_smooth_spot_and_blend_contracts():
    spot, rate = np.array([1.0, 2.0, 9.0]), np.full(3, -1.0)
    lanes.rates(0, 2, np.array([98, 10, 10]), np.full(3, 100), np.array([1.0, 2.0, 1.0]), 7.0, 0.6, spot, rate)
    first = 1 + (lanes.spot_rate(1.0, 0.98) - 1) / 7
    assert spot == pytest.approx([first, 2.0, 9.0], rel=1e-12)
    assert rate == pytest.approx([0.6 + 0.4 * first, 2.0, -1.0], rel=1e-12)


def load(queues, capacity):
    first = np.cumsum([0] + [len(queue) for queue in queues])
    weight = np.array([grams for queue in queues for grams in queue], np.int64)
    taken, used = np.full(weight.size, 9, np.uint8), np.full(len(queues), -1)
    lanes.load(0, len(queues), first, weight, np.array(capacity, np.int64), taken, used)
    return [taken[a:b].tolist() for a, b in itertools.pairwise(first)], used.tolist()


@given(st.lists(st.tuples(st.lists(st.integers(0, 50), max_size=8), st.integers(-5, 150)), min_size=1, max_size=4))
def test_a_queue_is_loaded_from_its_head_until_the_next_does_not_fit(lanes_):
    queues, capacity = [list(queue) for queue, _ in lanes_], [room for _, room in lanes_]
    for queue, room, flags, used in zip(queues, capacity, *load(queues, capacity), strict=True):
        count = sum(flags)
        assert flags == [1] * count + [0] * (len(queue) - count)
        assert used == sum(queue[:count]) <= max(0, room)
        assert count == len(queue) or used + queue[count] > max(0, room)


def test_nobody_overtakes_a_parcel_that_does_not_fit():
    assert load([[30, 80, 10]], [100]) == ([[1, 0, 0]], [30])


def test_a_chunk_of_lanes_is_loaded_alone():
    taken, used = np.full(4, 9, np.uint8), np.full(2, -1)
    lanes.load(1, 2, np.array([0, 2, 4]), np.full(4, 10), np.array([100, 15]), taken, used)
    assert taken.tolist() == [9, 9, 1, 0]
    assert used.tolist() == [-1, 10]


@given(st.integers(0, 6), st.integers(0, 127))
def test_the_next_departure_is_the_first_day_marked_from_today_on(today, departures):
    days = lanes.next_departure(today, departures)
    marked = [ahead for ahead in range(7) if departures & 1 << (today + ahead) % 7]
    assert days == (marked[0] if marked else lanes.NEVER)


def test_each_lane_waits_for_its_own_departure():
    monday_and_thursday, none, daily = 0b0001001, 0, 0b1111111
    days = np.full(4, 99)
    lanes.waits(0, 3, 4, np.array([monday_and_thursday, none, daily, daily], np.uint8), days)
    assert days.tolist() == [3, lanes.NEVER, 0, 99]


@given(st.data())
def test_room_is_shared_by_weight_in_whole_units_and_the_odd_room_is_handed_out(data):
    rows = data.draw(st.integers(1, 6))
    units = np.array(data.draw(st.lists(st.integers(0, 40), min_size=rows, max_size=rows)), np.int64)
    grams = np.array(data.draw(st.lists(st.integers(1, 900), min_size=rows, max_size=rows)), np.int64)
    lot = np.array(data.draw(st.permutations(range(rows))), np.uint64)
    room = np.array([data.draw(st.integers(0, 20_000))], np.int64)
    loaded = np.full(rows, -1, np.int64)
    lanes.share_room(0, 1, np.array([0, rows], np.int64), units, grams, lot, room, loaded)
    assert (loaded >= 0).all()
    assert (loaded <= units).all()
    left = room[0] - (loaded * grams).sum()
    assert left >= 0
    fair = units * min(1.0, room[0] / max((units * grams).sum(), 1))
    assert (loaded >= np.floor(fair - 1e-9) - 1).all()
    assert (loaded <= np.ceil(fair + 1e-9) + 1).all()
    for row in np.flatnonzero(loaded < np.minimum(units, np.floor(fair + 1e-9))):
        assert grams[row] > left


def test_a_small_part_of_a_short_lane_is_not_left_behind_for_ever():
    units, grams = np.array([1000, 1], np.int64), np.array([500, 500], np.int64)
    loaded, first = np.zeros(2, np.int64), np.array([0, 2], np.int64)
    lanes.share_room(0, 1, first, units, grams, np.array([7, 3], np.uint64), np.array([5000], np.int64), loaded)
    assert loaded.tolist() == [9, 1]
