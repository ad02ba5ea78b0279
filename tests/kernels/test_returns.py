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
    assert returns.way_back(worth, local, home) == way


@given(CENTS, CENTS, CENTS)
def test_no_other_way_leaves_more(worth, local, home):
    kept = {returns.LEFT: 0, returns.GATHERED: worth - local, returns.HOMEWARD: worth - home}
    assert kept[returns.way_back(float(worth), local, home)] == max(kept.values())


def test_each_pack_has_its_way_and_its_fare_and_a_chunk_goes_alone():
    way, fare = np.full(4, 9, np.uint8), np.full(4, -1)
    worth = np.array([900.0, 100.0, 900.0, 900.0])
    returns.ways_back(1, 4, worth, np.array([1, 400, 400, 400]), np.array([1, 400, 900, 300]), way, fare)
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
