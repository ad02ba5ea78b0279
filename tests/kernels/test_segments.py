"""Segments: signals as scores of the logit, beliefs by their shrinkage, centres as k-means would find them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import segments
from kernels.segments import BELIEF, UNIT

SEED, DAY = np.uint64(7), np.uint32(738_000)
USUAL = np.array([0.25, 1.7, 0.022, 0.0, 0.15, 0, 0, 0], np.float32)


def a_page(slots=6, seed=1):
    random = np.random.default_rng(seed)
    columns = [random.normal(0, 0.3, slots), random.normal(0, 0.5, slots), random.uniform(0.5, 1.6, slots),
               random.uniform(3, 20, slots), random.uniform(-0.3, 0.3, slots), np.arange(slots) % 2]  # fmt: skip
    return np.stack(columns, axis=1).astype(np.float32)[None]


def told(features, slot, lam=0.4):
    """Signals of orders from page 0, by slot."""
    slot, page = np.atleast_1d(slot).astype(np.int8), np.zeros(1, np.int32)
    signal, (mean, variance) = np.full((len(slot), 4), 99, np.int8), np.full((2, 1, 4), 99.0)
    sellers, filled = np.zeros(features.shape[:2], np.int32), np.full(1, features.shape[1], np.int32)
    segments.usual_sales(0, 1, page, features, sellers, filled, USUAL, lam, mean, variance)
    segments.signals(0, len(slot), np.zeros(len(slot), np.int32), slot, features, mean, variance, signal)
    return signal


def bought_by(taste, features, lam=0.4):
    """Shares of the slots of page 0 with a shopper of these tastes."""
    x = features[0].astype(float)
    weight = np.exp((x[:, 0] + x[:, 1:] @ (np.array([1, -1, -1, 1, 1]) * taste[:5])) / lam)
    return weight / weight.sum()


def test_a_usual_shopper_tells_nothing_in_the_mean_and_a_deviation_by_chance():
    features = a_page()
    share, signal = bought_by(USUAL.astype(float), features), told(features, np.arange(6)).astype(float)
    assert share @ signal == pytest.approx(np.zeros(4), abs=0.5)
    assert share @ signal**2 == pytest.approx(np.full(4, UNIT**2), rel=0.05)


@pytest.mark.parametrize("trait, taste, sign", [(0, 1, -1), (1, 2, 1), (2, 3, 1), (3, 4, 1)])
def test_who_has_another_taste_is_off_by_it_times_the_spread_over_the_nest_parameter(trait, taste, sign):
    features, other = a_page(), USUAL.astype(float)
    share, column = bought_by(other, features), features[0, :, taste + 1].astype(float)
    spread = np.sqrt(share @ column**2 - (share @ column) ** 2)
    step = 0.02 / spread
    other[taste] += step
    off = bought_by(other, features) @ told(features, np.arange(6)).astype(float) / UNIT
    assert off[trait] == pytest.approx(sign * step * spread / 0.4, abs=0.03)


def test_where_all_slots_are_alike_in_something_nothing_is_told_of_it():
    features = a_page()
    features[0, :, 5], features[0, :, 3] = 1.0, 7.5
    assert (told(features, np.arange(6))[:, [1, 3]] == 0).all()


@given(st.integers(0, 5), st.floats(0.05, 1), st.integers(0, 99))
def test_what_is_dearest_and_slowest_tells_so(slot, lam, seed):
    features = a_page(seed=seed)
    features[0, slot, 2:4] = 2.0, 40.0
    found = told(features, slot, lam)[0]
    assert found[0] >= 0
    assert found[1] <= 0


def learned(parcels, noted=0):
    """Purchases noted of consumer 1 of 2, and the sum of their signals, after parcels of (price signal, kept)."""
    signal = np.array([[price, 1, -1, 0] for price, _ in parcels], np.int8)
    kept = np.array([kept for _, kept in parcels], np.uint8)
    count, total = np.full(2, noted, np.uint8), np.zeros((2, 4), np.int16)
    segments.learn(np.ones(len(parcels), np.uint32), signal, kept, count, total)
    assert count[0] == noted
    assert not total[0].any()
    return int(count[1]), total[1].tolist()


def test_signals_of_what_was_kept_add_up_and_what_came_back_tells_nothing():
    assert learned([(20, 1), (-50, 1), (7, 1)]) == (3, [-23, 3, -3, 0])
    assert learned([(20, 1), (-50, 0), (7, 1)]) == (2, [27, 2, -2, 0])
    assert learned([(20, 1), (127, 1)], noted=254) == (255, [20, 1, -1, 0])


def moments(noted, signal):
    return tuple(float(one.sum()) for one in (noted, noted**2, signal, noted * signal, signal**2))


@pytest.mark.parametrize("variance", [0.0, 0.05, 0.4])
def test_the_variance_between_shoppers_is_found_again(variance):
    random = np.random.default_rng(3)
    noted = random.integers(1, 12, 40_000)
    own = random.normal(0.3, np.sqrt(variance), len(noted))
    signal = np.floor(UNIT * (noted * own + np.sqrt(noted) * random.normal(0, 1, len(noted))) + 0.5)
    mean, found = segments.between(*moments(noted, signal))
    assert mean / UNIT == pytest.approx(0.3, abs=0.02)
    assert found == pytest.approx(variance, abs=0.012)
    assert segments.between(0.0, 0.0, 0.0, 0.0, 0.0) == (0.0, 0.0)


def believed(noted, signal, mean=0.0, variance=0.25):
    belief = np.zeros((1, 4), np.int16)
    segments.believe(0, 1, np.zeros(1, np.int32), np.zeros(1, np.int32), np.array([noted], np.uint8),
                     np.full((1, 4), signal, np.int16), np.full((1, 4), mean), np.full((1, 4), variance),
                     belief)  # fmt: skip
    return belief[0, 0] / BELIEF


def test_a_belief_is_the_mean_of_all_without_purchases_and_the_own_one_after_many():
    assert believed(0, 0, mean=3.0) == 0.0
    assert believed(4, 4 * UNIT) == pytest.approx(0.25 * 4 / (1 + 4 * 0.25), abs=1e-3)
    assert believed(4, 4 * UNIT, mean=UNIT) == 0.0
    assert believed(200, 200 * UNIT) == pytest.approx(1.0, abs=0.03)
    assert believed(200, 200 * UNIT, variance=0.0) == 0.0


def crowds(count=400, seed=1, gap=60):
    """Shoppers around four centres, and which of them."""
    random = np.random.default_rng(seed)
    group = random.integers(0, 4, count)
    middle = np.array([[128 - gap, 128, 128 - gap, 128], [128 + gap, 128, 128 - gap, 128],
                       [128 - gap, 128, 128 + gap, 128], [128 + gap, 128, 128 + gap, 128]])  # fmt: skip
    return group, np.clip(middle[group] + random.normal(0, 8, (count, 4)), 0, 255).astype(np.int16)


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


@pytest.mark.large
@pytest.mark.parametrize("seed", range(3))
def test_at_rest_everybody_is_at_the_nearest_centre(seed):
    points = np.random.default_rng(seed).integers(-128, 128, (300, 4)).astype(np.int16)
    centre, crowd, segment = clustered(points)
    for _ in range(20):
        centre, crowd, segment = clustered(points, centre=centre, crowd=crowd)
    far = ((points[:, None, :].astype(int) - centre[0][None]) ** 2).sum(axis=2)
    assert (far[np.arange(300), segment] == far.min(axis=1)).all()


def test_centres_go_on_from_where_they_were_and_keep_their_numbers():
    _, points = crowds()
    centre, crowd, segment = clustered(points)
    moved = points + np.int16(5)
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


def test_what_a_day_has_no_time_for_the_next_days_bring_to_rest():
    points = np.zeros((240, 4), np.int16)
    points[:, 0] = np.arange(-120, 120)
    centre, crowd = np.zeros((1, 4, 4), np.int32), np.array([[237, 1, 1, 1]])
    centre[0, :, 0] = -117, -118, -119, -120  # all at one end
    moves = []
    for _ in range(5):
        before = centre.copy()
        centre, crowd, segment = clustered(points, centre=centre, crowd=crowd)
        moves.append(np.abs(centre - before).max())
    assert moves[0] > moves[1] > 0 == moves[-1]
    assert (np.diff(segment[::-1].astype(int)) >= 0).all()
    means = [points[segment == s].mean(axis=0) for s in range(4)]
    assert centre[0].tolist() == np.floor(np.array(means) + 0.5).tolist()


def test_where_all_believe_alike_one_segment_holds_everybody_and_all_centres_stay_on_them():
    centre, crowd, segment = clustered(np.full((40, 4), 7, np.int16))
    assert (centre == 7).all()
    assert crowd.tolist() == [[40, 0, 0, 0]]
    assert not segment.any()


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

    def everything():
        between = np.array(segments.between(5.0, 9.0, 4.0, 7.0, 3000.0))
        sums = np.array(learned([(3, 1), (100, 0), (90, 1)])[1])
        return (
            *clustered(points, share=0.1),
            told(a_page(), np.arange(6)),
            np.array(believed(7, 40, 1.5)),
            sums,
            between,
        )

    compiled = everything()
    for name in ("sold_in_the_mean", "usual_sales", "signals", "learn", "between", "believe", "distance", "nearest",
                 "first_centres", "assign", "recentre", "explore", "cluster"):  # fmt: skip
        one = getattr(segments, name)
        monkeypatch.setattr(segments, name, getattr(one, "py_func", one))
    for ours, theirs in zip(compiled, everything(), strict=True):
        assert ours.tolist() == theirs.tolist()
