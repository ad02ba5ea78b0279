"""What falls to chance, and how: four words for each identity, day and purpose, drawn from a counter without state.

Philox 4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3).
Key: the seed. Counter: identity (64 bits), day, stream << 8 | block. So no draw depends on who else draws, or when.
"""

import hashlib
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from kernels.compiled import kernel
from kernels.functions import normal_quantile


class Stream(IntEnum):
    """What a draw is for. Numbers are never reused: each names its luck in every run ever kept."""

    BIRTH = 1
    SHOP = 2
    CHOICE = 3
    TRANSIT = 4
    REVIEW = 5
    FX = 6
    SHOCK = 7
    ENTRY = 8
    REVIEWDAY = 9
    CUSTOMS = 10
    SEGMENT = 11
    MANAGE = 12
    LOT = 13
    INFORMATION = 14
    ATTENTION = 70
    NOTICE = 71
    FORMATION = 72
    MEMBERSHIP = 50
    ADOPTION = 51
    SEGMENT_START = 40
    SEGMENT_EXPLORE = 41
    SERVICE = 42
    STOREFRONT = 43
    NEWCOMERS = 44
    EXPLORE = 60
    RACE = 80
    GIVEN = 81
    FRAUD = 90


MULTIPLIER_0, MULTIPLIER_1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
WEYL_0, WEYL_1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
LOW = np.uint64(0xFFFFFFFF)
HALF_WORD = np.uint64(32)
ROUNDS = 10
NINE = np.uint32(9)
HALF_F = np.float32(0.5)
STEP_F = np.float32(2.0**-23)
STEP = 2.0**-32


def identity(name: str) -> int:
    """Return the 64-bit identity of a standing row from its name, such as "CN/seller/shenzhen-sellers/7"."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


def counter(stream: Stream, block: int = 0) -> np.uint32:
    """Return the last word of the counter: the stream, and which block of four words of it (0 to 255)."""
    if not 0 <= block < 256:
        raise ValueError(f"block {block} of stream {stream.name} is outside 0..255")
    return np.uint32(stream << 8 | block)


@kernel
def philox(
    c0: np.uint32, c1: np.uint32, c2: np.uint32, c3: np.uint32, k0: np.uint32, k1: np.uint32
) -> tuple[np.uint32, np.uint32, np.uint32, np.uint32]:
    """Return the four words of Philox 4x32-10 at counter (c0, c1, c2, c3) under key (k0, k1)."""
    x0, x1, x2, x3 = np.uint64(c0), np.uint64(c1), np.uint64(c2), np.uint64(c3)
    y0, y1 = np.uint64(k0), np.uint64(k1)
    for _ in range(ROUNDS):
        p0 = MULTIPLIER_0 * x0
        p1 = MULTIPLIER_1 * x2
        x0, x1 = (p1 >> HALF_WORD) ^ x1 ^ y0, p1 & LOW
        x2, x3 = (p0 >> HALF_WORD) ^ x3 ^ y1, p0 & LOW
        y0 = (y0 + WEYL_0) & LOW
        y1 = (y1 + WEYL_1) & LOW
    return np.uint32(x0), np.uint32(x1), np.uint32(x2), np.uint32(x3)


@kernel
def draw(
    seed: np.uint64, identity: np.uint64, day: np.uint32, stream_block: np.uint32
) -> tuple[np.uint32, np.uint32, np.uint32, np.uint32]:
    """Return the four words of an identity on a day (calendar ordinal; 0 at birth and without noise).

    `stream_block` is `counter(stream, block)`.
    """
    s, i = np.uint64(seed), np.uint64(identity)
    return philox(
        np.uint32(i & LOW),
        np.uint32(i >> HALF_WORD),
        day,
        stream_block,
        np.uint32(s & LOW),
        np.uint32(s >> HALF_WORD),
    )


@kernel
def words(
    seed: np.uint64,
    identities: npt.NDArray[np.uint64],
    day: np.uint32,
    stream_block: np.uint32,
    out: npt.NDArray[np.uint32],
) -> None:
    """Write the four words of each identity [n] into `out` [n, 4].

    They are those of `draw`, in a quarter of the time: the rounds of `philox` are written out here, since the compiler
    puts identities side by side only where no function is called.
    """
    first, second, third, fourth = out[:, 0], out[:, 1], out[:, 2], out[:, 3]
    k0, k1 = np.uint64(seed) & LOW, np.uint64(seed) >> HALF_WORD
    for i in range(identities.shape[0]):
        x0, x1, x2, x3 = identities[i] & LOW, identities[i] >> HALF_WORD, np.uint64(day), np.uint64(stream_block)
        y0, y1 = k0, k1
        for _ in range(ROUNDS):
            p0 = MULTIPLIER_0 * (x0 & LOW)
            p1 = MULTIPLIER_1 * (x2 & LOW)
            x0, x1 = (p1 >> HALF_WORD) ^ x1 ^ y0, p1 & LOW
            x2, x3 = (p0 >> HALF_WORD) ^ x3 ^ y1, p0 & LOW
            y0 = (y0 + WEYL_0) & LOW
            y1 = (y1 + WEYL_1) & LOW
        first[i], second[i], third[i], fourth[i] = x0, x1, x2, x3


@kernel
def uniform(word: np.uint32) -> np.float32:
    """Return a float32 strictly inside (0, 1), one of 2^23 midpoints. With 24 bits the largest would round to 1."""
    return np.float32((np.float32(np.int32(word >> NINE)) + HALF_F) * STEP_F)


@kernel
def uniform64(word: np.uint32) -> float:
    """Return a float64 strictly inside (0, 1), one of 2^32 midpoints."""
    return (np.float64(word) + 0.5) * STEP


@kernel
def normal(word: np.uint32) -> float:
    """Return a standard normal draw by inversion, between -6.4 and 6.4."""
    return normal_quantile(uniform64(word))


@kernel
def lot(high: np.uint32, low: np.uint32) -> np.uint64:
    """Return a 64-bit lot, for orders and ties, from two words."""
    return np.uint64(np.uint64(high) << HALF_WORD | np.uint64(low))
