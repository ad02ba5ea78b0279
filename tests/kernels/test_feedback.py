"""What buyers make of what they got: odds by exact shares of words, memories by their recurrences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import feedback
from kernels.feedback import HABIT, MOST_RETURNED

COUNT = 4000
GRID = ((2 * np.arange(COUNT, dtype=np.uint64) + 1) * 2**32 // (2 * COUNT)).astype(np.uint32)
LATE, PER_DAY, BASE, SLOPE = 0.3, 0.05, 0.1, 0.2


def judged(quality, hope, late_days=0, returns=0.08, piece_sd=0.0, words=None, start=0):
    """Gap, rating, reviewed and returned of parcels that differ by their words only."""
    if words is None:
        words = np.stack([GRID, GRID, GRID, GRID], axis=1)
    count = len(words)
    gap, rating = np.full(count, -9.0), np.full(count, -9)
    reviewed, returned = np.full(count, 9, np.uint8), np.full(count, 9, np.uint8)
    same = np.full(count, quality, np.float32), np.full(count, hope, np.float32), np.full(count, late_days, np.int64)
    feedback.judge(start, count, *same, words, np.full(count, returns), piece_sd, LATE, PER_DAY, BASE, SLOPE, gap,
                   rating, reviewed, returned)  # fmt: skip
    return gap, rating, reviewed, returned


def test_lateness_costs_at_once_and_by_the_day_and_being_early_earns_nothing():
    assert feedback.experience(1.0, 0, 0.25, LATE, PER_DAY) == 1.25
    assert feedback.experience(1.0, -7, 0.25, LATE, PER_DAY) == 1.25
    assert feedback.experience(1.0, 4, 0.25, LATE, PER_DAY) == pytest.approx(0.75, rel=1e-14)


def test_the_gap_is_experience_over_hope_and_the_rating_experience_in_thousandths():
    gap, rating, _, _ = judged(0.5, 0.25, late_days=3)
    assert gap == pytest.approx(np.full(COUNT, 0.5 - 0.3 - 0.15 - 0.25), rel=1e-12)
    assert (rating == 50).all()
    assert (judged(-0.8125, 0.0)[1] == -812).all()  # -812.5 half up
    assert (judged(0.8125, 5.0)[1] == 813).all()


def test_the_luck_of_the_piece_is_normal_and_has_a_word_of_its_own():
    gap, rating, _, _ = judged(0.5, 0.0, piece_sd=0.4)
    assert gap.mean() == pytest.approx(0.5, abs=1e-6)
    assert gap.std() == pytest.approx(0.4, rel=2e-3)
    assert np.abs(rating - 1000 * gap).max() <= 0.5
    others = np.stack([GRID, np.full(COUNT, 2**31, np.uint32), GRID, GRID], axis=1)
    assert np.ptp(judged(0.5, 0.0, piece_sd=0.4, words=others)[0]) == 0


@pytest.mark.parametrize("gap", [0.0, 1.0, -1.0, 2.5, -2.5])
def test_surprises_are_reviewed_more_often_and_disappointments_sent_back(gap):
    _, _, reviewed, returned = judged(gap, 0.0)
    assert reviewed.mean() == pytest.approx(BASE + SLOPE * abs(gap), abs=1 / COUNT)
    assert returned.mean() == pytest.approx(min(0.08 * np.exp(-gap), MOST_RETURNED), abs=1 / COUNT)


def test_something_is_always_kept():
    assert judged(-5.0, 0.0)[3].mean() == pytest.approx(MOST_RETURNED, abs=1 / COUNT)
    assert not judged(-5.0, 0.0, returns=0.0)[3].any()


def test_reviews_and_returns_do_not_share_a_word():
    never, always = np.full(COUNT, 2**32 - 1, np.uint32), np.zeros(COUNT, np.uint32)
    _, _, reviewed, returned = judged(0.0, 0.0, words=np.stack([always, GRID, never, GRID], axis=1))
    assert reviewed.all()
    assert not returned.any()
    _, _, reviewed, returned = judged(0.0, 0.0, words=np.stack([never, GRID, always, GRID], axis=1))
    assert not reviewed.any()
    assert returned.all()


def test_a_chunk_of_parcels_is_judged_alone():
    gap, rating, reviewed, returned = judged(0.0, 0.0, start=COUNT - 1)
    for column, untouched in ((gap, -9), (rating, -9), (reviewed, 9), (returned, 9)):
        assert (column[:-1] == untouched).all()
        assert column[-1] != untouched


def remembered(parcels, satisfaction=0.5, trust=0.5, last_seller=-1, people=3):
    consumer, seller, gap = (list(column) for column in zip(*parcels, strict=True))
    felt, trusted = np.full(people, satisfaction, np.float32), np.full(people, trust, np.float32)
    last = np.full(people, last_seller, np.int32)
    feedback.remember(np.array(consumer, np.uint32), np.array(seller, np.int32), np.array(gap, np.float64), felt,
                      trusted, last)  # fmt: skip
    return felt, trusted, last


def test_memory_fades_geometrically_toward_what_is_felt():
    felt = 1 / (1 + np.exp(-1.4))
    for parcels in (1, 2, 10):
        satisfaction, trust, _ = remembered([(1, 5, 0.7)] * parcels)
        assert satisfaction[1] == pytest.approx(felt + (0.5 - felt) * (1 - HABIT) ** parcels, rel=1e-6)
        assert trust[1] == pytest.approx(felt + (0.5 - felt) * (1 - HABIT / 3) ** parcels, rel=1e-6)
        assert satisfaction[[0, 2]].tolist() == trust[[0, 2]].tolist() == [0.5, 0.5]


def test_getting_what_was_hoped_for_leaves_half_satisfied():
    satisfaction, trust, _ = remembered([(0, 1, 0.0)] * 20)
    assert (satisfaction[0], trust[0]) == (0.5, 0.5)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4), st.floats(-9, 9)), min_size=1, max_size=30))
def test_satisfaction_and_trust_stay_between_nothing_and_all(parcels):
    satisfaction, trust, _ = remembered(parcels, 1.0, 0.0)
    for column in (satisfaction, trust):
        assert column.min() >= 0.0
        assert column.max() <= 1.0


def test_a_seller_is_remembered_unless_it_disappointed():
    assert remembered([(0, 7, 0.0)])[2].tolist() == [7, -1, -1]
    assert remembered([(0, 7, -0.5)])[2][0] == 7
    assert remembered([(0, 7, -0.51)], last_seller=3)[2][0] == 3
    assert remembered([(0, 3, -0.51)], last_seller=3)[2][0] == -1
    assert remembered([(0, 7, 0.0), (0, 8, 0.2), (0, 8, -2.0)])[2][0] == -1
    assert remembered([(0, 7, 0.0), (0, 8, -2.0)])[2][0] == 7


def shown(claim, reviews, mean, prior=10.0, weight=1.0):
    qhat = np.full(1, -9, np.float32)
    total = np.array([round(1000 * mean * reviews)], np.int64)
    feedback.judged_quality(0, 1, np.array([claim], np.float32), np.array([reviews], np.int64), total, prior, weight,
                            qhat)  # fmt: skip
    return float(qhat[0])


def test_without_reviews_or_without_weight_quality_is_what_is_claimed():
    assert shown(0.75, 0, 0.0) == 0.75
    assert shown(0.75, 1000, -2.0, weight=0.0) == 0.75


@given(st.floats(-3, 3, width=32), st.integers(0, 10**5), st.integers(-3000, 3000), st.sampled_from([0.5, 1.0, 3.0]))
def test_reviews_have_buhlmanns_credibility(claim, reviews, mean, weight):
    z = weight * reviews / (weight * reviews + 10)
    assert shown(claim, reviews, mean / 1000, weight=weight) == pytest.approx(
        z * mean / 1000 + (1 - z) * claim, rel=1e-6, abs=1e-6
    )


def test_as_many_reviews_as_the_prior_is_worth_meet_the_claim_half_way():
    assert shown(1.0, 10, 0.0) == 0.5
    assert shown(1.0, 5, 0.0, weight=2.0) == 0.5
    assert shown(1.0, 10**6, 0.0) < 2e-5


def test_interpreted_feedback_agrees_with_compiled_one():
    random, found = np.random.default_rng(6), []
    words = random.integers(0, 2**32, (40, 4), dtype=np.uint32)
    consumer, seller = random.integers(0, 9, 40).astype(np.uint32), random.integers(0, 5, 40).astype(np.int32)
    quality, late, returns = random.normal(size=40).astype(np.float32), random.integers(-3, 5, 40), random.random(40)
    for of in (lambda kernel: kernel, lambda kernel: getattr(kernel, "py_func", kernel)):
        gap, rating = np.zeros(40), np.zeros(40, np.int64)
        reviewed, returned = np.zeros((2, 40), np.uint8)
        felt, trust, qhat = np.full((3, 9), 0.5, np.float32)
        last = np.full(9, -1, np.int32)
        of(feedback.judge)(0, 40, quality, quality[::-1].copy(), late, words, returns, 0.3, LATE, PER_DAY, BASE, SLOPE,
                           gap, rating, reviewed, returned)  # fmt: skip
        of(feedback.remember)(consumer, seller, gap, felt, trust, last)
        of(feedback.judged_quality)(0, 9, quality[:9].copy(), late[:9] + 3, rating[:9].copy(), 5.0, 0.7, qhat)
        exact = [column.tolist() for column in (reviewed, returned, last)]
        found.append((exact, [*gap, *felt, *trust, *qhat, *rating]))
    assert found[0][0] == found[1][0]
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-6, abs=1e-6)
