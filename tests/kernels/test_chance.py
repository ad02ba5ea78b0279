"""Chance: published vectors, open intervals, uniform and normal laws, and words that nothing else moves."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import chance
from kernels.chance import Stream, counter

LAST = 2**32 - 1
SEED, DAY, SHOP = np.uint64(11), np.uint32(739_000), counter(Stream.SHOP)
words_32, words_64 = st.integers(0, LAST), st.integers(0, 2**64 - 1)


def drawn(seed, identity, day, stream_block):
    return chance.draw(np.uint64(seed), np.uint64(identity), np.uint32(day), np.uint32(stream_block))


def table(identities, seed=SEED, day=DAY, stream_block=SHOP):
    identities = np.asarray(identities, np.uint64)
    out = np.zeros((len(identities), 4), np.uint32)
    chance.words(seed, identities, day, stream_block, out)
    return out


@pytest.mark.parametrize(
    "counter_and_key, published",
    [
        ([0] * 6, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([LAST] * 6, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0],
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ],
)
def test_philox_gives_the_published_words(counter_and_key, published):
    assert list(chance.philox(*map(np.uint32, counter_and_key))) == published


@given(words_64, words_64, words_32, words_32)
def test_a_draw_lays_out_identity_day_stream_and_seed(seed, identity, day, stream_block):
    parts = [identity & LAST, identity >> 32, day, stream_block, seed & LAST, seed >> 32]
    assert drawn(seed, identity, day, stream_block) == chance.philox(*map(np.uint32, parts))


@pytest.mark.parametrize("rows", [0, 1, 255, 256, 257, 700])
def test_words_are_the_draws_of_each_identity(rows):
    identities = np.random.default_rng(3).integers(0, 2**64, rows, np.uint64)
    expected = [drawn(SEED, identity, DAY, SHOP) for identity in identities]
    assert table(identities).tolist() == [list(four) for four in expected]


def test_words_do_not_depend_on_who_else_draws_or_in_what_order():
    everyone = table(range(1000))
    assert (table(range(999, -1, -1))[::-1] == everyone).all()
    assert (table(range(500, 600)) == everyone[500:600]).all()


def test_seed_identity_day_stream_and_block_each_give_other_words():
    base = drawn(1, 2, 3, counter(Stream.SHOP))
    others = [
        drawn(2, 2, 3, counter(Stream.SHOP)),
        drawn(1 << 32, 2, 3, counter(Stream.SHOP)),
        drawn(1, 3, 3, counter(Stream.SHOP)),
        drawn(1, 2 << 32, 3, counter(Stream.SHOP)),
        drawn(1, 2, 4, counter(Stream.SHOP)),
        drawn(1, 2, 3, counter(Stream.CHOICE)),
        drawn(1, 2, 3, counter(Stream.SHOP, 1)),
    ]
    assert len({base, *others}) == 8


def test_uniforms_are_never_0_or_1():
    for word in (0, 1, 511, 2**31, LAST - 1, LAST):
        assert 0 < chance.uniform(np.uint32(word)) < 1
        assert 0 < chance.uniform64(np.uint32(word)) < 1
    assert np.float32(chance.uniform(np.uint32(0))) == np.float32(2**-24)
    assert np.float32(chance.uniform(np.uint32(LAST))) == np.float32(1 - 2**-24)
    assert chance.uniform64(np.uint32(0)) == 2.0**-33
    assert chance.uniform64(np.uint32(LAST)) == 1 - 2.0**-33


@given(words_32)
def test_uniforms_ascend_with_the_word(word):
    assert chance.uniform(np.uint32(word)) == np.float32(((word >> 9) + 0.5) / 2**23)
    assert chance.uniform64(np.uint32(word)) == (word + 0.5) / 2**32


@pytest.mark.large
def test_each_word_is_uniform_by_chi_square():
    rows, cells = 40_000, 64
    for word in table(range(rows)).T:
        seen = np.bincount((word >> np.uint32(26)).astype(np.int64), minlength=cells)
        statistic = np.sum((seen - rows / cells) ** 2) / (rows / cells)
        assert 28 < statistic < 112  # chi-square with 63 degrees of freedom, beyond with 1e-4 on either side


@pytest.mark.large
def test_days_streams_and_words_are_uncorrelated():
    u = np.column_stack(
        [
            table(range(20_000)),
            table(range(20_000), day=DAY + np.uint32(1)),
            table(range(20_000), stream_block=counter(Stream.CHOICE)),
        ]
    ).astype(np.float64)
    assert np.abs(np.corrcoef(u.T) - np.eye(12)).max() < 5 / np.sqrt(20_000)


def test_a_normal_is_the_exact_quantile_of_its_uniform():
    exact = NormalDist().inv_cdf
    for word in [0, 1, 12345, 2**31, 3 * 2**30, LAST]:
        assert chance.normal(np.uint32(word)) == pytest.approx(exact((word + 0.5) / 2**32), rel=1e-14)
    assert -chance.normal(np.uint32(0)) == pytest.approx(chance.normal(np.uint32(LAST)), rel=1e-9)


@pytest.mark.large
def test_normals_have_mean_zero_and_variance_one():
    z = np.array([chance.normal(word) for word in table(range(20_000))[:, 0]])
    assert abs(z.mean()) < 4 / np.sqrt(20_000)
    assert abs(z.var() - 1) < 4 * np.sqrt(2 / 20_000)


def test_identities_and_their_words_are_those_of_every_run_ever_kept():
    seller = chance.identity("CN/seller/shenzhen-sellers/7")
    assert seller == 733028395655990049
    assert drawn(2**40 + 7, seller, 739_000, counter(Stream.REVIEW, 1)) == (
        1717572640,
        2321619490,
        166698338,
        1799002619,
    )


def test_streams_keep_their_numbers():
    kept = [
        "BIRTH",
        "SHOP",
        "CHOICE",
        "TRANSIT",
        "REVIEW",
        "FX",
        "SHOCK",
        "ENTRY",
        "REVIEWDAY",
        "CUSTOMS",
        "SEGMENT",
        "MANAGE",
        "LOT",
    ]
    assert [Stream[name] for name in kept] == list(range(1, len(kept) + 1))
    assert len(Stream.__members__) == len(set(Stream))


def test_a_counter_is_stream_and_block():
    assert counter(Stream.REVIEW, 3) == 5 << 8 | 3
    assert counter(Stream.REVIEW).dtype == np.uint32
    for block in (-1, 256):
        with pytest.raises(ValueError, match=r"outside 0\.\.255"):
            counter(Stream.REVIEW, block)


def test_a_lot_is_two_words():
    assert chance.lot(np.uint32(1), np.uint32(2)) == 2**32 + 2
    assert chance.lot(np.uint32(LAST), np.uint32(LAST)) == 2**64 - 1
