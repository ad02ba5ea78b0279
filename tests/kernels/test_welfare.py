"""What a page is really worth: against the textbook formula, and against simulation; who goes elsewhere."""

import numpy as np
import pytest

from kernels import threads, welfare

LAM = 0.4
SEED, DAY = np.uint64(2), np.uint32(738_000)


def a_page(slots=6, seed=3):
    random = np.random.default_rng(seed)
    feature = random.uniform(-0.5, 1.5, (slots, 6)).astype(np.float32)
    taste = np.array([0.25, 1.7, 0.02, 0.3, 0.15, 0.25, 0.5, 1.0], np.float32)
    return feature, np.arange(slots, dtype=np.int32), taste


def valued(feature, seller, taste, surprise, last=-1):
    room, share = np.empty((2, len(feature)))
    return welfare.experienced(feature, seller, len(feature), surprise, taste, last, LAM, room, share)


def utilities(feature, taste, last=-1):
    sign = np.array([1, taste[0], -taste[1], -taste[2], taste[3], taste[4]])
    return taste[6] + feature.astype(float) @ sign + taste[5] * (np.arange(len(feature)) == last)


@pytest.mark.parametrize("last", [-1, 2])
def test_experienced_surplus_is_perceived_surplus_and_the_surprise_of_what_is_bought(last):
    feature, seller, taste = a_page()
    surprise = np.random.default_rng(4).normal(size=(6, 3))
    value = utilities(feature, taste, last)
    inclusive = np.log(np.exp(value / LAM).sum())
    buy = np.exp(LAM * inclusive) / (1 + np.exp(LAM * inclusive))
    share = buy * np.exp(value / LAM - inclusive)
    gap = taste[0] * surprise[:, 0] - taste[2] * surprise[:, 1] - surprise[:, 2]
    expected = (np.log(1 + np.exp(LAM * inclusive)) + share @ gap) / taste[1]
    assert valued(feature, seller, taste, surprise, last) == pytest.approx(expected, rel=1e-6)


def test_a_claim_that_is_not_true_and_a_bought_rank_are_worth_nothing_when_it_is_the_only_choice():
    """With choice forced, what is felt does not depend on what is told."""
    feature, seller, taste = a_page(slots=1)
    taste[6] = 30.0
    honest = valued(feature, seller, taste, np.zeros((1, 3)))
    told = feature.copy()
    told[0, 1] += 2.0
    assert valued(told, seller, taste, np.array([[-2.0, 0.0, 0.0]])) == pytest.approx(honest, rel=1e-6)
    pushed = feature.copy()
    pushed[0, 0] += 1.0
    assert valued(pushed, seller, taste, np.array([[0.0, 0.0, 1.0]])) == pytest.approx(honest, rel=1e-6)


def test_readers_are_valued_one_by_one_and_an_empty_page_is_worth_nothing():
    feature, seller, taste = a_page()
    features, sellers = np.stack([feature, feature]), np.stack([seller, seller])
    listing, offer = sellers + 10, sellers + 3
    attention = np.full((2, 6), -0.2, np.float32)
    quality, delay = np.arange(20) / 10.0, np.arange(20) / 5.0
    surplus = np.full(3, -9.0)
    people, last = np.stack([taste] * 9), np.full(9, -1, np.int32)
    welfare.experiences(0, 2, np.array([4, 7, 1], np.int32), np.array([0, 1, 0], np.int32), people, last, features,
                        sellers, np.array([6, 0], np.int32), listing, offer, attention, quality, delay, LAM,
                        surplus)  # fmt: skip
    surprise = np.column_stack([quality[listing[0]], delay[offer[0]], attention[0]])
    assert surplus.tolist() == [valued(feature, seller, taste, surprise), 0.0, -9.0]


def wandered(own, promised, habit=4.0, people=20_000):
    """Shares of people at each of three storefronts of market 1, all of whom were at the first."""
    front, first = np.array([4, 1, 0, 3], np.int32), np.array([0, 1, 4], np.int32)
    place = np.zeros(people, np.uint8)
    welfare.wander(0, people, np.arange(people, dtype=np.int32), front, first, np.ones(people, np.uint8),
                   np.full(people, own, np.float32), promised, habit, 0.01, SEED, DAY, place)  # fmt: skip
    return np.bincount(place, minlength=3) / people


@pytest.mark.large
def test_habit_keeps_most_and_a_better_storefront_draws_more():
    usual = np.full(5, 0.02)
    moved = 1 / (1 + np.exp(4.0))
    assert wandered(0.02, usual)[1:] == pytest.approx([moved / 2] * 2, abs=0.002)
    better = usual.copy()
    better[0] = 0.05
    moved = 1 / (1 + np.exp(4.0 - 3.0))
    assert wandered(0.02, better)[1] == pytest.approx(moved / 2, abs=0.01)
    assert wandered(0.2, better)[0] == 1.0


def test_thinking_of_another_falls_evenly_on_the_others_of_the_market_and_each_is_weighed_by_its_own_promise():
    usual, few = np.full(5, 0.02), 300
    assert wandered(0.02, usual, habit=50.0, people=few).tolist() == [1.0, 0.0, 0.0]
    gone = wandered(0.02, usual, habit=-50.0, people=few)
    assert gone == pytest.approx([0.0, 0.5, 0.5], abs=4 * np.sqrt(0.25 / few))
    for front, place in ((0, 1), (3, 2)):
        better = usual.copy()
        better[front] = 9.0
        share = wandered(0.02, better, habit=50.0, people=few)
        assert share[place] == gone[place]
        assert share[0] == pytest.approx(1.0 - gone[place], abs=1e-12)


def test_where_there_is_one_storefront_nobody_moves():
    place, alone = np.zeros(9, np.uint8), np.array([0, 1], np.int32)
    welfare.wander(0, 9, np.arange(9, dtype=np.int32), np.zeros(1, np.int32), alone, np.zeros(9, np.uint8),
                   np.zeros(9, np.float32), np.full(1, 9.0), -50.0, 0.01, SEED, DAY, place)  # fmt: skip
    assert not place.any()


def test_promises_are_added_up_page_by_page_in_whole_millionths_and_in_parts():
    page = np.array([0, 1, -1, 1, 2, 1, 0], np.int32)
    surplus = np.array([0.5, 0.25, 9.0, 1e-7, 2.0, 3.0, 4.0], np.float32)
    total, visits = np.zeros((2, 2, 4), np.int64)
    total[0, 1] = 10
    threads.run(welfare.promises, 7, 4, 4, page, surplus, total, visits)
    assert total[:, 1:].tolist() == [[500_010, 250_000, 0], [4_000_000, 3_000_000, 2_000_000]]
    assert visits.tolist() == [[1, 1, 2, 0], [0, 1, 1, 1]]
