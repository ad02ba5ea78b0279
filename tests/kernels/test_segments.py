"""Segments: traits on their scales, averages by their recurrence, centres as k-means would find them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import segments
from kernels.segments import LONGEST

SEED, DAY = np.uint64(7), np.uint32(738_000)


def noted(relative, days, style, home):
    trait = np.zeros((1, 4), np.uint8)
    segments.note(np.array([relative], np.float32), np.array([days]), np.array([style], np.float32),
                  np.array([home], np.uint8), trait)  # fmt: skip
    return trait[0].tolist()


def test_the_usual_price_sixteen_days_and_no_style_stand_in_the_middle():
    assert noted(1.0, 16, 0.0, 1) == [128, 128, 128, 192]
    assert noted(2.0, 1, 1.0, 0) == [192, 248, 255, 64]
    assert noted(0.5, 30, -1.0, 0) == [64, 16, 1, 64]


@given(st.floats(0, 2.0**14, width=32), st.integers(0, 300), st.floats(-1, 1, width=32))
def test_traits_stay_on_their_scale(relative, days, style):
    found = noted(relative, days, style, 0)
    assert all(0 <= one <= 255 for one in found)
    assert noted(relative, days + 1, style, 0)[1] <= found[1]


def learned(parcels, packs=1, start=100, expected=228):
    """Averages of consumer 1 of 2 after parcels of (price trait, verdict)."""
    trait = np.array([[price, 128, 128, 128] for price, _ in parcels], np.uint8)
    verdict = np.array([verdict for _, verdict in parcels], np.int64)
    bought, found = np.full((2, 2), packs, np.uint8), np.full((2, 4), start, np.uint8)
    bought[:, 1] = 0
    segments.learn(np.ones(len(parcels), np.uint32), trait, np.full_like(trait, expected), verdict, bought, found)
    assert (found[0] == start).all()
    return int(found[1, 0])


def test_a_purchase_weighs_as_much_as_those_before():
    assert learned([(200, 1)]) == 150
    assert learned([(200, 1)], packs=4) == 120
    assert learned([(200, 1)], packs=200) == (LONGEST * 100 + 200 + 8) // 16


def test_what_is_expected_of_who_is_unknown_counts_as_a_purchase():
    assert learned([(200, 1)], start=segments.UNKNOWN) == 214
    assert learned([(200, 0)], start=segments.UNKNOWN) == 228
    assert learned([(200, 1), (14, 1)], start=segments.UNKNOWN) == 114


def test_praise_speaks_twice_a_pan_not_at_all_and_what_is_sent_back_speaks_against():
    assert learned([(200, 2)]) == 175
    assert learned([(200, 0)]) == 100
    assert learned([(200, -1)]) == 50
    assert learned([(255, -1)] * 9, start=10) <= 1


def crowds(count=400, seed=1, gap=60):
    """Shoppers around four centres, and which of them."""
    random = np.random.default_rng(seed)
    group = random.integers(0, 4, count)
    middle = np.array([[128 - gap, 128, 128 - gap, 128], [128 + gap, 128, 128 - gap, 128],
                       [128 - gap, 128, 128 + gap, 128], [128 + gap, 128, 128 + gap, 128]])  # fmt: skip
    return group, np.clip(middle[group] + random.normal(0, 8, (count, 4)), 0, 255).astype(np.uint8)


def clustered(points, rows=None, fronts=1, share=0.0, centre=None, crowd=None, day=DAY):
    rows = np.arange(len(points), dtype=np.int32) if rows is None else rows
    first = np.linspace(0, len(rows), fronts + 1).astype(np.int64)
    centre = np.full((fronts, 4, 4), 128, np.int32) if centre is None else centre
    crowd = np.zeros((fronts, 4), np.int64) if crowd is None else crowd
    segment = np.full(len(points), 9, np.uint8)
    segments.cluster(0, fronts, first, rows, points, share, SEED, day, centre, crowd, segment)
    return centre, crowd, segment


def test_well_parted_groups_are_found_again():
    group, points = crowds()
    centre, crowd, segment = clustered(points)
    pairs = {(int(a), int(b)) for a, b in zip(group, segment, strict=True)}
    assert len(pairs) == 4
    for _, s in pairs:
        mine = points[segment == s].astype(np.int64)
        assert centre[0, s].tolist() == np.floor(mine.mean(axis=0) + 0.5).astype(int).tolist()
        assert crowd[0, s] == len(mine)


@pytest.mark.parametrize("seed", range(3))
def test_at_rest_everybody_is_at_the_nearest_centre(seed):
    points = np.random.default_rng(seed).integers(0, 256, (300, 4)).astype(np.uint8)
    for _ in range(9):
        centre, crowd, segment = clustered(points)
    for _ in range(20):
        centre, crowd, segment = clustered(points, centre=centre, crowd=crowd)
    far = (np.array(segments.WEIGHT) * (points[:, None, :].astype(int) - centre[0][None]) ** 2).sum(axis=2)
    assert (far[np.arange(300), segment] == far.min(axis=1)).all()


def test_centres_go_on_from_where_they_were_and_keep_their_numbers():
    _, points = crowds()
    centre, crowd, segment = clustered(points)
    moved = np.clip(points.astype(int) + 5, 0, 255).astype(np.uint8)
    later, _, again = clustered(moved, centre=centre.copy(), crowd=crowd.copy(), day=np.uint32(738_028))
    assert again.tolist() == segment.tolist()
    assert np.abs(later - centre - 5).max() <= 1


def test_each_storefront_learns_from_its_own_and_those_who_are_not_named_stay():
    _, points = crowds()
    rows = np.array([*range(0, 200, 2), *range(1, 200, 2)], np.int32)
    centre, crowd, segment = clustered(points, rows=rows, fronts=2)
    alone = clustered(points, rows=rows[:100])
    assert centre[0].tolist() == alone[0][0].tolist()
    assert segment[rows[:100]].tolist() == alone[2][rows[:100]].tolist()
    assert crowd.sum(axis=1).tolist() == [100, 100]
    assert (segment[200:] == 9).all()


def test_too_few_shoppers_teach_nothing():
    _, points = crowds()
    centre, crowd, segment = clustered(points, rows=np.arange(3, dtype=np.int32))
    assert (centre == 128).all()
    assert not crowd.any()
    assert (segment == 9).all()


def test_a_share_of_shoppers_is_put_elsewhere_by_lot():
    _, points = crowds(2000)
    still, some = clustered(points), clustered(points, share=0.2)
    assert some[0].tolist() == still[0].tolist()
    assert (some[2] != still[2]).mean() == pytest.approx(0.2 * 3 / 4, abs=0.02)
    assert set(some[2].tolist()) == {0, 1, 2, 3}


def test_interpreted_segments_agree_with_compiled_ones(monkeypatch):
    _, points = crowds(60, gap=20)
    compiled = clustered(points, share=0.1), learned([(3, 1), (200, -1), (90, 2)]), noted(0.7, 9, 0.3, 1)
    for name in ("note", "blend", "learn", "distance", "nearest", "first_centres", "assign", "recentre", "explore",
                 "cluster"):  # fmt: skip
        one = getattr(segments, name)
        monkeypatch.setattr(segments, name, getattr(one, "py_func", one))
    interpreted = clustered(points, share=0.1), learned([(3, 1), (200, -1), (90, 2)]), noted(0.7, 9, 0.3, 1)
    for ours, theirs in zip(compiled[0], interpreted[0], strict=True):
        assert ours.tolist() == theirs.tolist()
    assert compiled[1:] == interpreted[1:]
