"""Newcomers: a Poisson law, cut at three a week."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import turnover
from kernels.turnover import MOST, births

GRID = (np.arange(4096, dtype=np.uint64) * 2**20 + 2**19).astype(np.uint32)
WORD = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("mean", [0.02, 0.3, 1.0, 2.5])
def test_newcomers_follow_poissons_law_up_to_three(mean):
    share = np.bincount(births(GRID, np.full(len(GRID), mean)), minlength=MOST + 1) / len(GRID)
    law = [math.exp(-mean) * mean**k / math.factorial(k) for k in range(MOST)]
    assert share == pytest.approx([*law, 1 - sum(law)], abs=3e-4)


@given(WORD, WORD, st.floats(0, 20), st.floats(0, 20))
def test_a_higher_word_or_mean_never_brings_fewer(word, other, mean, another):
    low, high = sorted((word, other))
    least, most = sorted((mean, another))
    assert turnover.poisson(np.uint32(low), mean) <= turnover.poisson(np.uint32(high), mean) <= MOST
    assert 0 <= turnover.poisson(np.uint32(word), least) <= turnover.poisson(np.uint32(word), most)


def test_the_chance_of_a_single_newcomer_lies_above_that_of_none():
    none = math.ceil(math.exp(-0.3) * 2**32 - 0.5)  # the first word whose midpoint is above
    assert turnover.poisson(np.uint32(none - 1), 0.3) == 0
    assert turnover.poisson(np.uint32(none), 0.3) == 1


def test_where_none_is_expected_nobody_comes_and_where_many_are_three_do():
    assert births(np.array([0, 2**32 - 1], np.uint32), np.zeros(2)).tolist() == [0, 0]
    assert births(np.array([1, 2**32 - 1], np.uint32), np.full(2, 500.0)).tolist() == [MOST, MOST]


def test_each_cell_has_its_own_word_and_mean_in_any_order():
    mean = np.linspace(0, 3, 50)
    count = births(GRID[::80][:50].copy(), mean)
    assert births(GRID[::80][:50][::-1].copy(), mean[::-1].copy()).tolist() == count[::-1].tolist()
    assert count.tolist() == [turnover.poisson(word, m) for word, m in zip(GRID[::80][:50], mean, strict=True)]


def test_a_chunk_of_cells_is_drawn_alone():
    count = np.full(3, -1)
    turnover.draw_births(1, 2, GRID[:3].copy(), np.zeros(3), count)
    assert count.tolist() == [-1, 0, -1]


def test_interpreted_newcomers_agree_with_compiled_ones():
    plain = getattr(turnover.poisson, "py_func", turnover.poisson)
    mean = np.linspace(0, 4, 64)
    drawn = [plain(word, float(m)) for word, m in zip(GRID[::64], mean, strict=True)]
    assert births(GRID[::64].copy(), mean).tolist() == drawn


def test_a_supplier_is_the_better_the_cheaper_nearer_surer_freer_and_less_tied():
    usual = turnover.merit(1000.0, 10.0, 0.9, 0.5, 2)
    assert usual == pytest.approx(-np.log(1000) - 0.1 + 0.45 + 0.5 - 0.3 * np.log(3), rel=1e-12)
    for other in [(900.0, 10.0, 0.9, 0.5, 2), (1000.0, 5.0, 0.9, 0.5, 2), (1000.0, 10.0, 1.0, 0.5, 2),
                  (1000.0, 10.0, 0.9, 0.7, 2), (1000.0, 10.0, 0.9, 0.5, 1)]:  # fmt: skip
        assert turnover.merit(*other) > usual


def joined(links, present=-1, ready=(1, 1), runs=1):
    """Which of two makers, the second twice as dear, each of many links joins up with."""
    one = np.ones(links)
    supplier, lane = np.empty((2, links), np.int32)
    table = np.full((1, 1, 7), 0, np.int32)
    turnover.join_up(0, links, np.arange(links, dtype=np.uint64) << np.uint64(20), np.zeros(links, np.int32),
                     np.zeros(links, np.int32), np.full(links, present, np.int32), np.zeros(links, np.int64),
                     np.array([0, 2], np.int32), np.array([0, 1], np.int32), np.array([3, 4], np.uint64),
                     np.zeros(2, np.int32), np.array([1000.0, 2000.0]), np.zeros((links, 1)), np.ones(2), np.ones(2),
                     np.zeros(2, np.int64), np.array(ready, np.uint8), table, np.zeros(1), np.ones(1), np.zeros(1),
                     np.full(1, runs, np.uint8), np.uint64(1), np.uint32(5), np.uint32(72 << 8), supplier, lane,
                     one)  # fmt: skip
    return supplier


def test_makers_are_joined_by_logit_two_to_one_where_one_costs_half():
    share = (joined(4000) == 0).mean()
    assert share == pytest.approx(2 / 3, abs=0.025)


def test_the_luck_of_a_link_does_not_depend_on_the_others():
    assert joined(50).tolist() == joined(4000)[:50].tolist()


def test_nobody_joins_its_present_supplier_who_is_not_ready_or_where_no_freight_runs():
    assert set(joined(50)) == {0, 1}
    assert set(joined(50, present=0)) == {1}
    assert set(joined(50, ready=(1, 0))) == {0}
    assert set(joined(50, present=0, ready=(1, 0))) == {-1}
    assert set(joined(50, runs=0)) == {-1}
