"""The mode of delivery against the logit that it is drawn from."""

import numpy as np
import pytest

from kernels import chance, delivery

SEED = np.uint64(3)
DAY = np.uint32(739_000)
PRICE = np.array([1.0, 1.2, 0.9, 1.1, 0.95, 1.0, 7.0], np.float32)
DAYS = np.array([20, 4, 30, 9, 14, 2, 0], np.float32)
LAM = np.float32(0.4)
LEAD = 77


def delivered(count, modes, quotable=None, nth=0, price=PRICE, chunks=1, personal=1.0):
    taste = np.tile(np.array([0.25, 1.7, 0.022, 0, 0, 0, -2.9, 1], np.float32), (count, 1))
    quotable = np.ones(len(price), np.uint8) if quotable is None else np.asarray(quotable, np.uint8)
    offer, row = np.full(count, 99, np.int32), np.arange(count, dtype=np.int32)
    listing = np.zeros(count, np.int32)
    listings, lead = np.array([modes], np.int32), np.full(count, LEAD, np.int32)
    for part in np.array_split(row, chunks):
        orders = (int(part[0]), int(part[-1]) + 1, row, listing, taste, SEED, DAY)
        delivery.delivery(*orders, listings, price, DAYS, quotable, LAM, nth, lead, personal, offer)
    return offer


@pytest.mark.large
def test_modes_are_taken_by_logit_in_price_and_days():
    offer = delivered(50_000, [0, 1, 2, 3, 4, 5])
    weight = np.exp(-(1.7 * PRICE[:6] + 0.022 * DAYS[:6]) / 0.4)
    expected = 50_000 * weight / weight.sum()
    observed = np.bincount(offer, minlength=6)
    assert ((observed - expected) ** 2 / expected).sum() < 15.1  # 1% of chi2 with 5 degrees of freedom


def test_modes_that_cannot_be_had_are_not_taken():
    offer = delivered(2000, [5, -1, 3, -1, 1, 0], quotable=[1, 1, 1, 0, 1, 1, 1])
    assert set(offer.tolist()) == {5, 1, 0}


def test_a_listing_without_a_mode_delivers_nothing():
    assert (delivered(10, [-1] * 6) == -1).all()
    assert (delivered(10, [2, 3, -1, -1, -1, -1], quotable=[1, 1, 0, 0, 1, 1, 1]) == -1).all()


@pytest.mark.parametrize("chance_, mode", [(0.0, 1), (0.25, 1), (0.49, 1), (0.5, 3), (0.74, 3), (0.75, 4), (0.99, 4)])
def test_a_chance_falls_in_the_mode_up_to_which_weights_reach_it_and_in_none_that_is_not_to_be_had(chance_, mode):
    never = delivery.UNOFFERED
    value = np.array([never, 1.0, never, 0.0, 0.0, never], np.float32)
    assert delivery.mode_taken(value, np.float32(chance_), np.float32(1.0)) == mode
    assert delivery.mode_taken(np.full(6, never), np.float32(chance_), np.float32(1.0)) == -1


@pytest.mark.parametrize("price", [1e3, 1e30])
def test_a_single_mode_is_taken_whatever_it_costs(price):
    dear = np.full(7, price, np.float32)
    assert (delivered(50, [-1, -1, 4, -1, -1, -1], price=dear) == 4).all()


def test_each_round_draws_its_own_word_and_chunks_change_nothing():
    modes = [0, 1, 2, 3, 4, 5]
    first = delivered(500, modes)
    assert (first != delivered(500, modes, nth=1)).any()
    assert (first == delivered(500, modes, chunks=9)).all()
    words = np.empty((500, 4), np.uint32)
    chance.words(SEED, np.arange(500, dtype=np.uint64), DAY, chance.counter(chance.Stream.CHOICE, 0), words)
    assert first[words[:, 2].argmin()] == 0
    assert first[words[:, 2].argmax()] == 5


def test_who_is_not_served_personally_takes_the_offer_that_leads():
    modes = [0, 1, 2, 3, 4, 5]
    asked, some = delivered(4000, modes), delivered(4000, modes, personal=0.3)
    assert (delivered(4000, modes, personal=0.0) == LEAD).all()
    assert (some != LEAD).mean() == pytest.approx(0.3, abs=0.03)
    assert (some[some != LEAD] == asked[some != LEAD]).all()


def test_who_is_served_personally_stays_so_when_more_are():
    some, more = (delivered(4000, [0, 1, 2, 3, 4, 5], personal=share, nth=1) for share in (0.3, 0.6))
    assert (more[some != LEAD] != LEAD).all()
