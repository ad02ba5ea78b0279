"""A race between offers has the law of the choice, and moves only those whom a change concerns."""

import numpy as np
import pytest

from kernels import chance, choice, race, second_choice, threads

SEED, LAM = np.uint64(20250301), 0.4
COUNT, SLOTS = 30_000, 6
CHI2_BOUND = {5: 25.7, 6: 27.9}
"""By degrees of freedom, what chi2 exceeds once in 10,000."""
NAMES = np.array([[chance.identity(f"listing {k}") for k in range(SLOTS)]], np.uint64)


def shown():
    rng = np.random.default_rng(3)
    features = np.zeros((1, SLOTS, 6), np.float32)
    features[0, :, 0] = rng.normal(0, 0.25, SLOTS)
    features[0, :, 2] = np.linspace(0.8, 1.3, SLOTS)
    return features, np.arange(SLOTS, dtype=np.int32)[None, :], np.array([SLOTS], np.int32)


def alike(propensity=-0.5, count=COUNT):
    return np.tile(np.array([0.25, 1.7, 0.022, 0, 0.15, 0.25, propensity, 1], np.float32), (count, 1))


def run(taste, features, sellers, filled, day=1, names=NAMES, chunk=threads.WINDOW, drawn="race"):
    count = len(taste)
    slot, surplus = np.full(count, 99, np.int8), np.zeros(count, np.float32)
    who = (np.zeros(count, np.int32), taste, np.full(count, -1, np.int32), SEED, np.uint32(day))
    if drawn == "race":
        threads.run(race.race, count, chunk, *who, features, sellers, names, filled, LAM, slot, surplus)
    else:
        threads.run(choice.choose, count, chunk, *who, features, sellers, filled, np.float32(LAM), slot, surplus)
    return slot, surplus


def exact(page, taste, keep=slice(None)):
    value = np.empty(SLOTS)
    choice.page_utilities(page[0][0], page[1][0], SLOTS, taste[0], -1, value)
    share = np.empty(len(value[keep]))
    choice.shares(value[keep].copy(), float(taste[0, 6]), LAM, share)
    return share


def chi2(slot, share):
    counts = np.array([(slot == k).sum() for k in range(-1, len(share))])
    expected = np.array([1.0 - share.sum(), *share]) * len(slot)
    return float(((counts - expected) ** 2 / expected).sum())


@pytest.mark.large
@pytest.mark.parametrize("day", [1, 2])
def test_a_race_has_the_shares_of_the_nested_logit(day):
    taste, page = alike(), shown()
    assert chi2(run(taste, *page, day=day)[0], exact(page, taste)) < CHI2_BOUND[6]


@pytest.mark.large
def test_who_buys_and_what_the_page_is_worth_is_as_when_drawn_by_shares():
    taste, page = alike(), shown()
    raced, drawn = run(taste, *page), run(taste, *page, drawn="cdf")
    assert ((raced[0] >= 0) != (drawn[0] >= 0)).mean() < 1e-4
    assert raced[1] == pytest.approx(drawn[1], rel=1e-4)


@pytest.mark.large
def test_a_dearer_offer_sends_shoppers_away_and_moves_nobody_between_two_others():
    taste, before, after = alike(), shown(), shown()
    after[0][0, 2, 2] *= 1.3
    was, now = run(taste, *before)[0], run(taste, *after)[0]
    others = (was >= 0) & (now >= 0) & (was != 2)
    assert (was[others] == now[others]).all()
    assert (now == 2).sum() < (was == 2).sum()
    by_shares = [run(taste, *page, drawn="cdf")[0] for page in (before, after)]
    moved = (by_shares[0] != by_shares[1]) & (by_shares[0] >= 0) & (by_shares[1] >= 0) & (by_shares[0] != 2)
    assert moved.sum() > 100  # as it is without a race


def test_the_order_of_the_slots_and_of_the_rows_decides_nothing():
    taste, (features, sellers, filled) = alike(count=2000), shown()
    turn = np.array([3, 5, 0, 1, 4, 2])
    straight = run(taste, features, sellers, filled)[0]
    turned = run(taste, features[:, turn], sellers[:, turn], filled, names=NAMES[:, turn], chunk=777)[0]
    assert (np.where(turned >= 0, turn[turned], -1) == straight).all()


def test_nobody_buys_from_an_empty_page():
    taste, (features, sellers, _) = alike(count=50), shown()
    slot, surplus = run(taste, features, sellers, np.zeros(1, np.int32))
    assert (slot == -1).all()
    assert (surplus == 0).all()


def test_who_does_not_shop_is_left_alone():
    taste, page = alike(30.0, count=3), shown()
    slot, surplus = np.full(3, 99, np.int8), np.full(3, -1, np.float32)
    race.race(0, 3, np.array([-1, 0, -1], np.int32), taste, np.full(3, -1, np.int32),
              SEED, np.uint32(1), page[0], page[1], NAMES, page[2], LAM, slot, surplus)  # fmt: skip
    assert (slot >= 0).tolist() == [False, True, False]
    assert (surplus[0], surplus[2]) == (-1, -1)
    assert surplus[1] > 0


def again(taste, page, slot, day=1, nth=1):
    rows = np.flatnonzero(slot >= 0)
    second, lot = slot[rows].copy(), np.zeros(len(rows), np.uint32)
    race.next_home(0, len(rows), rows.astype(np.int32), np.zeros(len(rows), np.int32),
                   (np.uint32(1) << slot[rows].astype(np.uint32)), taste,
                   np.full(len(taste), -1, np.int32), SEED, np.uint32(day), page[0], page[1], NAMES, page[2], LAM, nth,
                   second, lot)  # fmt: skip
    return rows, second


@pytest.mark.large
def test_with_one_offer_short_for_all_what_is_bought_has_the_shares_of_a_page_without_it():
    taste, page, short = alike(0.5), shown(), 4
    first = run(taste, *page)[0]
    found = np.where(first == short, first, -1)
    rows, second = again(taste, page, found)
    final = first.copy()
    final[rows] = second
    keep = np.arange(SLOTS) != short
    share = np.zeros(SLOTS)
    share[keep] = exact(page, taste, keep)
    place = np.cumsum(keep) - 1
    assert not (final == short).any()
    assert chi2(np.where(final >= 0, place[final], -1), share[keep]) < CHI2_BOUND[5]


def test_who_stays_is_drawn_as_without_a_race():
    taste, page = alike(0.5, count=2000), shown()
    first = run(taste, *page)[0]
    rows, second = again(taste, page, first)
    other, lot = first[rows].copy(), np.zeros(len(rows), np.uint32)
    second_choice.retry(0, len(rows), rows.astype(np.int32), np.zeros(len(rows), np.int32),
                        np.uint32(1) << first[rows].astype(np.uint32), taste,
                        np.full(len(taste), -1, np.int32), SEED, np.uint32(1), *page, LAM, 1, other, lot)  # fmt: skip
    assert ((second >= 0) == (other >= 0)).all()
    assert (second >= 0).any()
    assert (second != first[rows]).all()
