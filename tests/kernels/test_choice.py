"""The choice of shoppers against the nested logit that it draws from."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import choice, threads

SEED = np.uint64(20250301)
LAM = np.float32(0.4)
utilities = st.lists(st.floats(-60, 60), min_size=1, max_size=32).map(np.array)


def page_of(slots, seed):
    rng = np.random.default_rng(seed)
    style = rng.uniform(-1, 1, slots)
    columns = [
        rng.normal(0, 0.25, slots) - 0.15 * style**2 - 0.15 * np.log(np.arange(1, slots + 1)),
        rng.normal(0, 0.5, slots),
        np.exp(rng.normal(0, 0.3, slots)),
        rng.integers(3, 20, slots),
        0.3 * style,
        rng.random(slots) < 0.2,
    ]
    return np.array(columns, np.float32).T.copy()


def people(count, seed, propensity=-2.9):
    rng = np.random.default_rng(seed)
    price = np.exp(rng.normal(np.log(1.7), 0.35, count))
    quality = np.maximum(rng.normal(0.25, 0.1, count), 0)
    style = np.clip(rng.choice([-0.6, 0.6], count) + rng.normal(0, 0.25, count), -1, 1)
    constants = [np.full(count, value) for value in (0.15, 0.25, propensity, 1.0)]
    return np.array([quality, price, 0.013 * price, style, *constants], np.float32).T.copy()


def offered(pages, slots=32, sellers=5):
    features = np.array([page_of(slots, seed) for seed in range(pages)])
    seller = np.random.default_rng(9).integers(0, sellers, (pages, slots)).astype(np.int32)
    return features, seller, np.full(pages, slots, np.int32)


def chosen(page, taste, last, shown, lam=LAM, day=1, chunk=threads.WINDOW):
    count = len(page)
    slot, surplus = np.full(count, 99, np.int8), np.full(count, -1, np.float32)
    given = (np.asarray(page, np.int32), taste, last, SEED, np.uint32(day), *shown, np.float32(lam))
    threads.run(choice.choose, count, chunk, *given, slot, surplus)
    return slot, surplus


def exact(features, seller, taste, last, lam):
    value, share = np.empty(len(features)), np.empty(len(features))
    choice.page_utilities(features, seller, len(features), taste, last, value)
    buy, inclusive = choice.shares(value, float(taste[6]), float(lam), share)
    return share, buy, inclusive


def test_shares_at_lam_one_are_plain_logit():
    value = np.array([0.3, -1.2, 2.0, 0.0])
    share = np.empty(4)
    buy, inclusive = choice.shares(value, -0.7, 1.0, share)
    weight = np.exp(value - 0.7)
    assert share == pytest.approx(weight / (1 + weight.sum()), abs=1e-15)
    assert buy == pytest.approx(weight.sum() / (1 + weight.sum()), abs=1e-15)
    assert inclusive == pytest.approx(np.log(weight.sum()), abs=1e-14)


@given(utilities, st.floats(-10, 10), st.floats(0.1, 1.0))
def test_shares_are_those_of_one_nest(value, constant, lam):
    share = np.empty(len(value))
    buy, inclusive = choice.shares(value, constant, lam, share)
    expected = np.logaddexp.reduce((value + constant) / lam)
    log_buy = -np.logaddexp(0, -lam * expected)
    assert inclusive == pytest.approx(expected, rel=1e-13, abs=1e-13)
    assert buy == pytest.approx(np.exp(log_buy), abs=1e-12)
    assert share == pytest.approx(np.exp((value + constant) / lam - expected + log_buy), abs=1e-12)
    assert share.sum() == pytest.approx(buy, abs=1e-12)


@pytest.mark.parametrize("level", [-1e4, 1e4])
def test_shares_survive_any_utility(level):
    share = np.empty(3)
    buy, inclusive = choice.shares(np.array([level, level, level - 1e5]), 0.0, 0.25, share)
    assert np.isfinite([buy, inclusive, *share]).all()
    assert buy == pytest.approx(float(level > 0), abs=1e-12)
    assert share == pytest.approx([buy / 2, buy / 2, 0], abs=1e-12)


def test_shares_of_an_empty_page_are_nothing():
    buy, inclusive = choice.shares(np.empty(0), 3.0, 0.4, np.empty(0))
    assert buy == 0
    assert choice.expected_surplus(0.4 * inclusive) == pytest.approx(0, abs=1e-300)


@given(st.floats(-300, 300))
def test_expected_surplus_is_the_logarithm_of_one_plus_the_odds(value):
    assert choice.expected_surplus(value) == pytest.approx(np.logaddexp(0, value), rel=1e-13)


def test_utilities_of_a_page_add_up_taste_by_taste():
    features, taste = page_of(6, 1), people(1, 2)[0]
    seller = np.array([4, 7, 4, 1, 2, 3], np.int32)
    value = np.empty(6)
    choice.page_utilities(features, seller, 6, taste, 4, value)
    f, t = features.astype(float), taste.astype(float)
    expected = f[:, 0] + t[0] * f[:, 1] - t[1] * f[:, 2] - t[2] * f[:, 3] + t[3] * f[:, 4] + t[4] * f[:, 5]
    assert value == pytest.approx(expected + t[5] * (seller == 4), abs=1e-14)


@pytest.mark.parametrize("lam", [0.4, 1.0])
def test_weights_agree_with_the_exact_shares(lam):
    shown, everybody = offered(1), people(32, 3)
    last = np.arange(choice.LANES, dtype=np.int32) % 7
    scale = np.float32(choice.LOG2_E / np.float32(lam))
    lane, weight = np.empty((8, choice.LANES), np.float32), np.empty((32, choice.LANES), np.float32)
    total, bought, surplus = (np.empty(choice.LANES, np.float32) for _ in range(3))
    for first in range(0, 32, choice.LANES):
        taste = everybody[first : first + choice.LANES]
        choice.gather(taste, scale, lane)
        choice.weigh(shown[0][0], shown[1][0], shown[2][0], scale, lane, last, weight, total)
        choice.value_page(lane, total, np.float32(lam), bought, surplus)
        found = np.diff(weight.astype(float), axis=0, prepend=0) / total * bought
        for i in range(choice.LANES):
            share, buy, inclusive = exact(shown[0][0], shown[1][0], taste[i], last[i], np.float32(lam))
            assert found[:, i] == pytest.approx(share, abs=1e-6)
            assert bought[i] == pytest.approx(buy, abs=1e-6)
            expected = choice.expected_surplus(float(np.float32(lam)) * inclusive) / taste[i, 1]
            assert surplus[i] == pytest.approx(expected, rel=2e-5)


@pytest.mark.large
@pytest.mark.parametrize("lam", [0.4, 1.0])
def test_draws_have_the_frequencies_of_the_shares(lam):
    shown, tastes = offered(10), people(100, 4, propensity=0.5 if lam < 1 else -2.5)
    count, chi2, cells = 16_384, 0.0, 0
    for key in range(100):
        page, taste = np.full(count, key % 10), np.repeat(tastes[key : key + 1], count, axis=0)
        last = np.full(count, key % 5, np.int32)
        slot, _ = chosen(page, taste, last, shown, lam, day=key)
        share, buy, _ = exact(shown[0][key % 10], shown[1][key % 10], taste[0], key % 5, np.float32(lam))
        expected = count * np.append(share, 1 - buy)
        observed = np.bincount(np.where(slot < 0, 32, slot), minlength=33)
        thin = expected < 5
        expected[32], observed[32] = expected[32] + expected[thin].sum(), observed[32] + observed[thin].sum()
        chi2 += ((observed - expected)[~thin] ** 2 / expected[~thin]).sum()
        cells += (~thin).sum() - 1
    assert cells > 2500
    assert 1 - 4 * np.sqrt(2 / cells) < chi2 / cells < 1 + 4 * np.sqrt(2 / cells)


@pytest.mark.large
def test_the_bits_depend_on_neither_chunks_nor_who_else_shops():
    count, shown = 3000, offered(7)
    rng = np.random.default_rng(5)
    taste, last = people(count, 6, propensity=0.0), rng.integers(-1, 5, count).astype(np.int32)
    page = rng.integers(-3, 7, count).astype(np.int32)
    whole = chosen(page, taste, last, shown)
    for chunk in (1, 7, 333, 1024):
        for one, other in zip(whole, chosen(page, taste, last, shown, chunk=chunk), strict=True):
            assert one.tobytes() == other.tobytes()
    some = rng.random(count) < 0.4
    alone = chosen(np.where(some, page, -1), taste, last, shown)
    for one, other in zip(whole, alone, strict=True):
        assert one[some].tobytes() == other[some].tobytes()


def test_who_does_not_shop_is_left_alone():
    page = np.array([-1, 0, -1, 0], np.int32)
    slot, surplus = chosen(page, people(4, 7, propensity=30.0), np.full(4, -1, np.int32), offered(1))
    assert (slot >= 0).tolist() == [False, True, False, True]
    assert surplus[[0, 2]].tolist() == [-1, -1]


def test_on_a_day_on_which_nobody_shops_nobody_takes_anything():
    slot, surplus = chosen(np.full(40, -1), people(40, 3), np.full(40, -1, np.int32), offered(2), chunk=16)
    assert (slot == -1).all()
    assert (surplus == -1).all()


def test_who_reads_an_empty_page_gets_nothing_and_others_are_as_before():
    surplus = np.full(4, 7, np.float32)
    choice.read_nothing(np.array([3, 1], np.int32), surplus)
    assert surplus.tolist() == [7, 0, 7, 0]


def test_nobody_buys_from_an_empty_page():
    features, seller, filled = offered(2)
    filled[0] = 0
    page = np.arange(100, dtype=np.int32) % 2
    slot, surplus = chosen(
        page, people(100, 8, propensity=30.0), np.full(100, -1, np.int32), (features, seller, filled)
    )
    assert (slot[page == 0] == -1).all()
    assert (surplus[page == 0] == 0).all()
    assert (slot[page == 1] >= 0).all()


@pytest.mark.large
@pytest.mark.parametrize("shown", [1, 3, 31])
def test_only_filled_slots_are_taken(shown):
    features, seller, filled = offered(1)
    filled[:] = shown
    features[0, shown:] = np.float32(50.0)
    slot, _ = chosen(np.zeros(2000), people(2000, 9, 30.0), np.full(2000, -1, np.int32), (features, seller, filled))
    assert set(slot.tolist()) == set(range(shown))


@pytest.mark.parametrize("level", [-60, 60])
def test_extreme_utilities_stay_finite(level):
    features, seller, filled = offered(1)
    features[0, :, 0] = level
    slot, surplus = chosen(np.zeros(500), people(500, 9, 0.0), np.full(500, -1, np.int32), (features, seller, filled))
    assert np.isfinite(surplus).all()
    assert ((slot >= 0) == (level > 0)).all()


@pytest.mark.large
def test_loyalty_draws_shoppers_back():
    features, seller, filled = offered(1, sellers=32)
    taste = people(16_384, 10, 0.0)
    loyal = chosen(np.zeros(16_384), taste, np.full(16_384, seller[0, 3], np.int32), (features, seller, filled))[0]
    stray = chosen(np.zeros(16_384), taste, np.full(16_384, -1, np.int32), (features, seller, filled))[0]
    sold = [sum((seller[0][slot[slot >= 0]] == seller[0, 3]).tolist()) for slot in (loyal, stray)]
    assert sold[0] > 1.3 * sold[1]


@pytest.mark.large
def test_the_second_word_by_which_stock_is_shared_out_is_independent_of_the_choice():
    from kernels import chance

    count, shown = 20_000, offered(1)
    slot, _ = chosen(np.zeros(count), people(count, 11, 0.0), np.full(count, -1, np.int32), shown)
    words = np.empty((count, 4), np.uint32)
    chance.words(SEED, np.arange(count, dtype=np.uint64), np.uint32(1), chance.counter(chance.Stream.CHOICE), words)
    mean = (words[slot == 0, 1] / 2**32).mean()
    assert mean == pytest.approx(0.5, abs=4 * np.sqrt(1 / 12 / (slot == 0).sum()))


@pytest.mark.parametrize("word", [0, 1, 2**31, 2**32 - 1])
@pytest.mark.parametrize("bought", [0.0, 1e-30, 0.5, 1.0])
def test_the_smallest_and_the_largest_word_stay_on_the_page(word, bought):
    weight = np.cumsum(np.full((4, choice.LANES), 0.1, np.float32), axis=0, dtype=np.float32)
    slot, surplus = np.full(1, -1, np.int8), np.zeros(1, np.float32)
    lanes = [np.full(choice.LANES, value, np.float32) for value in (weight[3, 0], bought, 0.25)]
    luck = np.full((4, choice.LANES), word, np.uint32).T
    choice.settle(np.zeros(1, np.int32), luck, weight, lanes[0], 4, lanes[1], lanes[2], slot, surplus)
    u = ((word >> 9) + 0.5) / 2**23
    assert slot[0] == (min(int(4 * u / bought), 3) if u < bought else -1)
    assert surplus[0] == np.float32(0.25)


@given(st.lists(st.floats(0, 100, width=32), min_size=1, max_size=32), st.floats(0, 1))
def test_a_mark_falls_where_the_running_sums_say(weights, part):
    running = np.cumsum(np.array(weights, np.float32), dtype=np.float32)
    mark = np.float32(part) * running[-1]
    lanes = np.repeat(running[:, None], choice.LANES, axis=1)
    expected = min(sum(value <= mark for value in running), len(weights) - 1)
    assert choice.slot_at(lanes, 5, len(weights), mark) == expected
