"""Rows of the same key stand together, in their order, and each key begins where the one before ends."""

import numpy as np
import pytest

from kernels import groups


def grouped(key, keys):
    first, order = np.full(keys + 1, 77), np.full(len(key), 77)
    groups.group(np.array(key, np.int32), first, order)
    return first.tolist(), order[: first[-1]].tolist()


def test_rows_of_a_key_stand_together_in_their_order():
    assert grouped([2, 0, 2, -1, 0, 3], 5) == ([0, 2, 2, 4, 5, 5], [1, 4, 0, 2, 5])


def test_nothing_to_group():
    assert grouped([], 3) == ([0, 0, 0, 0], [])
    assert grouped([-1, -1], 0) == ([0], [])


@pytest.mark.parametrize("seed", range(5))
def test_it_is_a_stable_sort(seed):
    rng = np.random.default_rng(seed)
    key = rng.integers(-1, 9, 60)
    first, order = grouped(key, 9)
    expected = np.argsort(key, kind="stable")[(key < 0).sum() :]
    assert order == expected.tolist()
    assert first == np.searchsorted(key[expected], np.arange(10)).tolist()
