"""Normal errors from words, and orders in whole units."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import supply
from kernels.chance import normal

GRID = (np.arange(4096, dtype=np.uint64) * 2**20 + 2**19).astype(np.uint32)


def test_errors_are_standard_normal():
    error = supply.normals(GRID)
    assert error.mean() == pytest.approx(0.0, abs=1e-8)
    assert error.std() == pytest.approx(1.0, abs=2e-3)
    for quantile, share in ((-1.959964, 0.025), (0.0, 0.5), (1.281552, 0.9)):
        assert (error < quantile).mean() == pytest.approx(share, abs=3e-4)


def test_each_word_gives_its_own_error_wherever_it_stands():
    words = np.array([0, 2**32 - 1, 7, 2**31], np.uint32)
    assert supply.normals(words).tolist() == [normal(word) for word in words]
    assert supply.normals(words[::-1].copy()).tolist() == supply.normals(words)[::-1].tolist()
    assert supply.normals(words[:0].copy()).tolist() == []


def test_a_chunk_of_words_is_turned_alone():
    error = np.full(3, 99.0)
    supply.to_normals(1, 2, GRID[:3].copy(), error)
    assert (error == 99.0).tolist() == [True, False, True]


def placed(buyer, share, wanted, alive):
    units, given_out = np.full(len(buyer), -1), np.zeros(len(wanted), np.int64)
    links = np.array(buyer, np.int32), np.array(share, np.float64)
    wanted, alive = np.array(wanted, np.float64), np.array(alive, np.uint8)
    supply.place(0, len(buyer), *links, wanted, alive, given_out, units)
    return units.tolist()


def test_each_link_carries_its_share_half_up_and_a_dead_one_nothing():
    assert placed([1, 1, 0, 0], [0.75, 0.25, 1.0, 1.0], [7.49, 10.0], [1, 1, 1, 0]) == [8, 2, 7, 0]
    assert placed([0, 0], [0.5, 0.5], [0.9], [1, 1]) == [1, 0]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.lists(st.floats(0, 1e9), min_size=2, max_size=2))
def test_the_links_of_a_node_sum_to_what_it_wants_and_each_is_near_its_share(parts, wanted):
    share = [part / sum(parts) for part in parts] * 2
    buyer = [0] * len(parts) + [1] * len(parts)
    units = placed(buyer, share, wanted, [1] * len(buyer))
    for node in range(2):
        mine = [u for u, b in zip(units, buyer, strict=True) if b == node]
        assert sum(mine) == int(np.floor(wanted[node] + 0.5))
        for got, part in zip(mine, share, strict=False):
            assert abs(got - wanted[node] * part) <= 1.5 + wanted[node] * 6e-6


def test_a_chunk_of_links_is_placed_alone():
    units, given_out = np.full(3, -1), np.zeros(1, np.int64)
    supply.place(1, 2, np.zeros(3, np.int32), np.ones(3), np.array([4.0]), np.ones(3, np.uint8), given_out, units)
    assert units.tolist() == [-1, 4, -1]


def lots(units, least, batch):
    placed = np.array(units, np.int64)
    supply.in_lots(0, len(units), np.array(least, np.int64), np.array(batch, np.int64), placed)
    return placed.tolist()


def test_orders_are_whole_batches_and_small_ones_are_raised_to_the_least_or_left():
    assert lots([0, 1, 7], [1, 1, 1], [1, 1, 1]) == [0, 1, 7]
    assert lots([4, 5, 9, 11], [10] * 4, [1] * 4) == [0, 10, 10, 11]
    assert lots([1, 2, 5, 6, 9], [1] * 5, [4] * 5) == [0, 4, 4, 8, 8]
    assert lots([5, 6, 13, 14], [9] * 4, [4] * 4) == [0, 12, 12, 16]


@given(st.integers(0, 10**6), st.integers(1, 500), st.integers(1, 500))
def test_an_order_is_moved_by_no_more_than_half_a_batch_once_it_reaches_the_least(units, least, batch):
    placed = lots([units], [least], [batch])[0]
    assert placed % batch == 0
    assert placed == 0 or placed >= least
    assert abs(placed - units) <= max(batch, least + batch) / 2


def test_a_chunk_of_orders_is_brought_to_size_alone():
    units, five = np.array([3, 3, 3]), np.full(3, 5, np.int64)
    supply.in_lots(1, 2, five, five, units)
    assert units.tolist() == [3, 5, 3]
