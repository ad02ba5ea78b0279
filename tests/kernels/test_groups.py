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


def numbered(key):
    key = np.array(key, np.int64)
    slot = np.full(1 << (2 * len(key)).bit_length(), -1, np.int32)
    first, which = np.full(len(key), 77), np.full(len(key), 77, np.int32)
    found = groups.number(key, slot, first, which)
    return first[:found].tolist(), which.tolist()


def test_keys_are_numbered_as_they_first_come():
    assert numbered([7, -3, 7, 2**40, -3, 0]) == ([0, 1, 3, 5], [0, 1, 0, 2, 1, 3])
    assert numbered([]) == ([], [])


@pytest.mark.parametrize("seed", range(5))
def test_numbers_are_those_of_a_dictionary_also_where_keys_share_a_slot(seed):
    key = np.random.default_rng(seed).integers(0, 40, 300) << np.int64(seed * 8)
    number = {}
    which = [number.setdefault(one, len(number)) for one in key.tolist()]
    first, found = numbered(key)
    assert found == which
    assert key[first].tolist() == list(number)
