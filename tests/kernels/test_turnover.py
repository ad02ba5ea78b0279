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
