"""Storage costs its base price while there is room, more as shelves fill up, and never less for more goods."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.storage import rents, storage_price, storage_prices


@pytest.mark.parametrize("held, factor", [(0, 1.0), (85, 1.0), (925, 2.0), (100, 5.0), (1000, 5.0)])
def test_the_price_is_the_base_up_to_seventeen_twentieths_twice_it_halfway_to_full_and_five_times_when_full(
    held, factor
):
    assert storage_price(0.5, held, 1000 if held == 925 else 100) == pytest.approx(0.5 * factor)


def test_shelves_without_room_are_full():
    assert storage_price(2.0, 0, 0) == 10.0


@given(held=st.lists(st.integers(0, 10**12), min_size=2, max_size=2).map(sorted), room=st.integers(0, 10**12))
def test_more_goods_never_make_storage_cheaper(held, room):
    assert storage_price(1.0, held[0], room) <= storage_price(1.0, held[1], room)


def test_rent_is_weight_times_days_times_the_keepers_price_half_up_and_nothing_without_a_keeper():
    keeper, grams = np.array([1, -1, 0, 1], np.int32), np.array([2500, 9000, 4000, 500], np.int64)
    cents = np.full(4, 77, np.int64)
    rents(0, 4, keeper, grams, 7.0, np.array([0.5, 1.0]), cents)
    assert cents.tolist() == [18, 0, 14, 4]
    rents(1, 1, keeper, grams, 1.0, np.array([0.5, 1.0]), cents)
    assert cents.tolist() == [18, 0, 14, 4]


def test_each_firm_has_the_price_of_its_own_shelves():
    price = np.zeros(3)
    storage_prices(1, 3, np.array([1.0, 2.0, 3.0]), np.array([0, 5, 9]), np.array([1, 10, 9]), price)
    assert price.tolist() == [0.0, 2.0, 15.0]
