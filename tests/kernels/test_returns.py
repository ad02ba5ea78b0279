"""Which way a pack comes back: the one that leaves most, worked by hand and by trying all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import returns

CENTS = st.integers(0, 10**6)


@pytest.mark.parametrize(
    ("worth", "local", "home", "way"),
    [
        (300.0, 400, 900, returns.LEFT),
        (900.0, 400, 900, returns.GATHERED),
        (900.0, 400, 300, returns.HOMEWARD),
        (900.0, 400, 400, returns.GATHERED),
        (400.0, 400, 400, returns.LEFT),
        (0.0, 0, 0, returns.LEFT),
    ],
)
def test_a_pack_goes_the_way_that_leaves_most(worth, local, home, way):
    assert returns.way_back(worth, 30, 30, local, home, 0.0) == way


def test_a_dear_pack_goes_the_quicker_way_and_a_cheap_one_the_cheaper():
    assert returns.way_back(1500.0, 30, 15, 400, 600, 0.005) == returns.GATHERED
    assert returns.way_back(9000.0, 30, 15, 400, 600, 0.005) == returns.HOMEWARD
    assert returns.way_back(9000.0, 300, 15, 400, 9000, 0.005) == returns.LEFT


@given(CENTS, st.tuples(st.integers(1, 40), st.integers(1, 40)), CENTS, CENTS)
def test_no_other_way_leaves_more(worth, days, local, home):
    left = [worth * (1 - 0.01 * day) for day in days]
    kept = {returns.LEFT: 0.0, returns.GATHERED: left[0] - local, returns.HOMEWARD: left[1] - home}
    assert kept[returns.way_back(float(worth), *days, local, home, 0.01)] == pytest.approx(max(kept.values()))


def test_each_pack_has_its_way_and_its_fare_and_a_chunk_goes_alone():
    way, fare = np.full(4, 9, np.uint8), np.full(4, -1)
    worth = np.array([900.0, 100.0, 900.0, 900.0])
    days = np.full(4, 30)
    fares = np.array([1, 400, 400, 400]), np.array([1, 400, 900, 300])
    returns.ways_back(1, 4, worth, days, days, *fares, 0.0, way, fare)
    assert way.tolist() == [9, returns.LEFT, returns.GATHERED, returns.HOMEWARD]
    assert fare.tolist() == [-1, 0, 400, 300]


def test_the_shelf_in_the_market_is_that_of_the_first_mode_that_has_a_living_one():
    offer = np.array([[-1, 0, 1], [2, -1, 3], [-1, -1, -1]], np.int32)
    node, alive = np.array([5, 6, 7, 8], np.int32), np.ones(9, np.uint8)
    alive[5] = 0
    shelf = np.full(3, 9, np.int32)
    returns.shelves_in_market(0, 3, np.array([0, 1, 2], np.int32), np.array([1, 2], np.int32), offer, node, alive,
                              shelf)  # fmt: skip
    assert shelf.tolist() == [6, 8, -1]
