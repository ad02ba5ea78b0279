"""People as they are born: income and tastes by their laws, habits alike for all, and delivery by logit."""

import math

import numpy as np
import pytest

from kernels import people
from kernels.people import Spread

SEED = np.uint64(3)
ALIKE = Spread(-2.0, 0.0, 0.5, 0.0, 1.2, 0.0, 0.04, 0.0, 0.3, 0.6, 0.0, -0.4)
SPREAD = Spread(-2.0, 0.8, 0.5, 0.4, 1.2, 0.5, 0.04, 0.2, 0.3, 0.6, 0.7, -0.4)


def born(count, spread, first=0, styles=(0.0,), start=0):
    taste = np.full((count, 8), -9, np.float32)
    people.births(start, count, first, np.array(styles), spread, SEED, taste)
    return taste


@pytest.mark.parametrize(("word", "number"), [(0, 0), (2**30 - 1, 0), (2**30, 1), (2**31, 2), (2**32 - 1, 3)])
def test_a_word_picks_one_of_four_by_its_quarter(word, number):
    assert people.one_of(np.uint32(word), 4) == number


def test_without_spread_everybody_is_what_the_means_say():
    price = math.exp(0.5)
    assert (
        born(3, ALIKE, styles=(0.25,)).tolist()
        == [pytest.approx([1.2, price, 0.04 * price, 0.25, 0.3, 0.6, -2.0, 1.0], rel=1e-6)] * 3
    )


def test_tastes_follow_from_income_and_one_dislike_of_price_and_waiting():
    quality, price, time, style, _, _, _, income = born(400, SPREAD, styles=(-0.9, 0.9)).T.astype(float)
    assert price == pytest.approx(time / 0.04 * income**-0.4, rel=1e-6)
    assert quality.min() == 0.0
    assert (style.min(), style.max()) == (-1.0, 1.0)
    assert (np.abs(np.abs(style) - 0.9) < 0.8).all()
    logs = np.log(income)
    assert logs.mean() == pytest.approx(-(0.7**2) / 2, abs=4 * 0.7 / 20)
    assert logs.std() == pytest.approx(0.7, abs=4 * 0.7 / math.sqrt(800))


def test_who_somebody_is_follows_from_the_global_number_alone():
    whole = born(12, SPREAD)
    assert born(5, SPREAD, first=7).tobytes() == whole[7:].tobytes()
    later = born(12, SPREAD, start=4)
    assert later[4:].tobytes() == whole[4:].tobytes()
    assert (later[:4] == -9).all()


def test_storefronts_and_segments_are_equally_likely_and_independent():
    count = 1200
    storefront, segment = np.full((2, count), 9, np.uint8)
    people.habits(0, count, 0, 2, 3, SEED, storefront, segment)
    cells = np.bincount(storefront * 3 + segment, minlength=6)
    assert cells.size == 6
    assert ((cells - count / 6) ** 2 / (count / 6)).sum() < 25  # chi-square, 5 degrees: 1.4e-4


def test_modes_share_a_listings_packs_by_logit_and_what_is_not_offered_gets_none():
    part = np.empty(3)
    people.delivery_split(np.array([1.0, -1.0, 1.5]), np.array([20.0, 1.0, 5.0]), 2.0, 0.1, 0.5, part)
    weight = [math.exp(-(2.0 + 2.0) / 0.5), math.exp(-(3.0 + 0.5) / 0.5)]
    assert part == pytest.approx([weight[0] / sum(weight), 0.0, weight[1] / sum(weight)], rel=1e-12)
    people.delivery_split(np.array([900.0, -1.0, 900.01]), np.full(3, 4000.0), 5.0, 1.0, 0.1, part)  # 8500 / 0.1
    assert part == pytest.approx([1 / (1 + math.exp(-0.5)), 0.0, 1 / (1 + math.exp(0.5))], rel=1e-7)


def test_a_mode_that_is_free_is_offered():
    part = np.empty(2)
    people.delivery_split(np.array([0.0, 1.0]), np.array([2.0, 2.0]), 3.0, 0.1, 0.5, part)
    assert part == pytest.approx([1 / (1 + math.exp(-6.0)), 1 / (1 + math.exp(6.0))], rel=1e-9)


def test_expected_packs_are_shares_of_pages_by_rank_split_by_mode_and_nobody_is_loyal_yet():
    taste = np.array([[1, 0, 0, 0, 0, 3, 0, 1], [1, 0, 0, 0, 0, 2, -1, 1]], np.float32)
    page, features = np.array([[1, 0], [2, 0]], np.int32), np.zeros((3, 6), np.float32)
    price = np.array([[1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    packs = np.full((3, 2), -9.0)
    people.expected_packs(taste, page, features, price, np.ones((3, 2)), 1.0, 1.0, packs)
    first, other = (math.exp(c) / (1 + 1.5 * math.exp(c)) / 2 for c in (0.0, -1.0))  # weights 1 and 1/2 by rank
    assert packs == pytest.approx(np.array([[(first + other) / 4] * 2, [first, 0.0], [other / 2] * 2]), rel=1e-6)
