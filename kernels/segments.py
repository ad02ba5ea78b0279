"""Which shoppers are alike by what they took of what they were shown: signals, beliefs, and centres of groups."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kernels.chance import Stream, counter, draw, uniform64
from kernels.choice import page_utilities, shares
from kernels.compiled import kernel
from kernels.money import half_up
from kernels.people import one_of

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I1 = NDArray[np.int8]
I2 = NDArray[np.int16]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]
U4 = NDArray[np.uint32]

START = counter(Stream.SEGMENT_START)
EXPLORE = counter(Stream.SEGMENT_EXPLORE)
UNIT = 16
"""A standard deviation of a signal."""
MOST_NOTED = 255
"""Purchases after which nothing more is noted."""
BELIEF = 1024
"""A standard deviation of a belief."""
BLOCK = 256
"""Shoppers whose distances are reckoned side by side."""
ROUNDS = 20
"""After so many moves centres stay where they are."""
FEATURE = (2, 3, 4, 5)
"""Where the traits of a purchase stand among the features of a page: dearer, sooner, of higher style, from home."""
SIGN = (1.0, -1.0, 1.0, 1.0)
"""What is sooner takes fewer days."""
LEAST_VARIANCE = 1.0e-9
"""Below it slots are alike, but for the last digits."""
FARTHEST = 30_000
"""Beliefs stay within so many."""


@kernel
def sold_in_the_mean(feature: F4, sign: float, share: F8, filled: int) -> tuple[float, float]:
    """Mean and variance of what a page sells; by slot: its `feature` and `share`, what a usual shopper buys.

    The variance is 0 where all slots are alike.
    """
    total, mean, square = 0.0, 0.0, 0.0
    for k in range(filled):
        value = sign * np.float64(feature[k])
        total += share[k]
        mean += share[k] * value
        square += share[k] * value * value
    mean /= total
    variance = square / total - mean * mean
    return mean, variance if variance >= LEAST_VARIANCE else 0.0


@kernel
def usual_sales(
    start: int, stop: int, row: I4, features: F4, sellers: I4, filled: I4, usual: F4, lam: float, mean: F8, variance: F8
) -> None:  # fmt: skip
    """What the pages `row[start:stop]` sell to a usual shopper; written: `mean` and `variance` [page, trait].

    By page: `features` [slot, 6], `sellers` [slot], `filled`, above 0. usual[8] : the tastes of a usual shopper.
    """
    share, room = np.empty(features.shape[1]), np.empty(features.shape[1])
    for i in range(start, stop):
        p = row[i]
        page_utilities(features[p], sellers[p], filled[p], usual, -2, room)
        shares(room[: filled[p]], 0.0, lam, share[: filled[p]])
        for t in range(mean.shape[1]):
            mean[p, t], variance[p, t] = sold_in_the_mean(features[p, :, FEATURE[t]], SIGN[t], share, filled[p])


@kernel
def signals(
    start: int, stop: int, page: I4, slot: I1, features: F4, mean: F8, variance: F8, signal: I1
) -> None:  # fmt: skip
    """What the orders `start` to `stop` tell of their buyers: by how much what was taken exceeds what the page sells.

    By order: `page`, `slot`. By page: `features` [slot, 6], `mean` and `variance` [4] of `usual_sales`. Written: signal
    int8[order, 4] in `UNIT`s of the page's spread, half up, within -127..127; 0 where all slots are alike. That is the
    score of the logit likelihood at usual tastes over its standard deviation (Train 2009, section 3.7): mean 0 and
    variance `UNIT` squared for a usual shopper, and for another in the mean off by the difference in taste times the
    spread of the feature over the nest parameter.
    """
    for i in range(start, stop):
        p = page[i]
        for t in range(signal.shape[1]):
            gap = 0.0
            if variance[p, t] > 0.0:
                gap = (SIGN[t] * np.float64(features[p, slot[i], FEATURE[t]]) - mean[p, t]) / math.sqrt(variance[p, t])
            signal[i, t] = min(max(half_up(UNIT * gap), -127), 127)


@kernel
def learn(consumer: U4, signal: I1, kept: U1, noted: U1, learned: I2) -> None:
    """Let platforms learn from purchases that were `kept` and not panned, in row order, without ever reading tastes.

    By parcel: `consumer`, `signal` [4], `kept` (1 or 0). Written by consumer: `noted`, purchases learned from, and
    `learned` [4], the sum of their signals; after `MOST_NOTED` both stay.
    """
    for i in range(consumer.size):
        c = consumer[i]
        if kept[i] != 0 and noted[c] < MOST_NOTED:
            noted[c] += np.uint8(1)
            for t in range(signal.shape[1]):
                learned[c, t] += np.int16(signal[i, t])


@kernel
def between(
    purchases: float, squares: float, signals: float, products: float, signals_squared: float
) -> tuple[float, float]:
    """The mean signal, and the variance between shoppers of theirs in squared standard deviations of one, at least 0.

    Of noted purchases n and learned signals s, summed over shoppers: `purchases` n, `squares` n^2, `signals` s,
    `products` n s, `signals_squared` s^2. By moments: E (s - n mean)^2 = n + n^2 variance (Morris 1983, section 5).
    """
    if purchases <= 0.0:
        return 0.0, 0.0
    mean = signals / purchases
    spread = (signals_squared - 2.0 * mean * products + mean * mean * squares) / (UNIT * UNIT)
    return mean, max(spread - purchases, 0.0) / squares


@kernel
def believe(
    start: int, stop: int, rows: I4, platform: I4, noted: U1, learned: I2, mean: F8, variance: F8, belief: I2
) -> None:  # fmt: skip
    """What platforms believe of the shoppers `start` to `stop` of `rows`: the mean of their tastes given what is noted.

    By shopper: `platform`; by consumer: `noted`, `learned` [4]; by platform: `mean` signal and `variance` between
    shoppers [4]. Written: belief int16[consumer, 4], `BELIEF` times the mean signal to be expected of the next
    purchase beyond that of all, variance (s - n mean) / (1 + n variance): 0 of whom nothing is known, the own mean of
    whom much is (Buhlmann 1967).
    """
    for i in range(start, stop):
        c, f = rows[i], platform[i]
        n = np.float64(noted[c])
        for t in range(belief.shape[1]):
            excess = (np.float64(learned[c, t]) - n * mean[f, t]) / UNIT
            guess = BELIEF * variance[f, t] * excess / (1.0 + n * variance[f, t])
            belief[c, t] = min(max(half_up(guess), -FARTHEST), FARTHEST)


@kernel
def distance(point: I2, centre: I4) -> int:
    """Squared distance of beliefs [4] from a centre [4]."""
    total = 0
    for t in range(point.shape[0]):
        step = int(point[t]) - int(centre[t])
        total += step * step
    return total


@kernel
def nearest(point: I2, centre: I4, count: int) -> tuple[int, int]:
    """The nearest of the first `count` centres [segment, 4] to beliefs [4], ties to the first; its distance."""
    best, least = 0, distance(point, centre[0])
    for s in range(1, count):
        far = distance(point, centre[s])
        if far < least:
            best, least = s, far
    return best, least


@kernel
def first_centres(
    rows: I4, belief: I2, front: int, seed: np.uint64, day_word: np.uint32, centre: I4
) -> None:  # fmt: skip
    """Place the centres [segment, 4] of a storefront `front` on shoppers `rows` that lie far from each other.

    The first on any, each further one with a chance in proportion to the squared distance from those placed (Arthur
    and Vassilvitskii 2007, k-means++), by the word of the storefront, the day and the segment. Sums are of integers.
    """
    for s in range(centre.shape[0]):
        total = np.int64(0)
        for i in range(rows.size):
            total += nearest(belief[rows[i]], centre, s)[1] if s > 0 else 1
        mark = np.int64(uniform64(draw(seed, np.uint64(front), day_word, np.uint32(START + s))[0]) * total)
        running, chosen = np.int64(0), rows[0]
        for i in range(rows.size):
            running += nearest(belief[rows[i]], centre, s)[1] if s > 0 else 1
            if running > mark:
                chosen = rows[i]
                break
        for t in range(centre.shape[1]):
            centre[s, t] = np.int32(belief[chosen, t])


@kernel
def assign(rows: I4, belief: I2, centre: I4, segment: U1, crowd: I8, total: I8) -> int:
    """Give each of the shoppers `rows` the `segment` of its nearest centre; how many changed theirs is returned.

    Written: segment uint8[consumer] at `rows`; crowd int64[segment], the shoppers of each, and total int64[segment, 4],
    the sum of their beliefs. Ties go to the first, as in `nearest`, side by side: distances are whole numbers below
    2^53, and float64 has them all.
    """
    changed, traits = 0, belief.shape[1]
    crowd[:], total[:] = 0, 0
    lane, least, best = np.empty((traits, BLOCK)), np.empty(BLOCK), np.empty(BLOCK, np.int64)
    for first in range(0, rows.size, BLOCK):
        some = rows[first : first + BLOCK]
        for i in range(some.size):
            for t in range(traits):
                lane[t, i] = belief[some[i], t]
        one, two, three, four = lane[0], lane[1], lane[2], lane[3]
        least[:] = np.inf
        for s in range(centre.shape[0]):
            a, b, c, d = centre[s]
            for i in range(some.size):
                far = (one[i] - a) ** 2 + (two[i] - b) ** 2 + (three[i] - c) ** 2 + (four[i] - d) ** 2
                best[i] = s if far < least[i] else best[i]
                least[i] = min(far, least[i])
        for i in range(some.size):
            s = best[i]
            changed += segment[some[i]] != s
            segment[some[i]] = s
            crowd[s] += 1
            for t in range(traits):
                total[s, t] += np.int64(belief[some[i], t])
    return changed


@kernel
def recentre(crowd: I8, total: I8, centre: I4) -> None:
    """Move each centre [segment, 4] to the mean of its `crowd`, `total` over count, half up; one without stays."""
    for s in range(centre.shape[0]):
        for t in range(centre.shape[1]):
            if crowd[s] > 0:
                centre[s, t] = (2 * total[s, t] + crowd[s]) // (2 * crowd[s])


@kernel
def explore(rows: I4, segments: int, share: float, seed: np.uint64, day_word: np.uint32, segment: U1) -> None:
    """Put a `share` of the shoppers `rows` into a `segment` by lot, so that platforms go on learning about all."""
    for i in range(rows.size):
        word = draw(seed, np.uint64(rows[i]), day_word, EXPLORE)
        if uniform64(word[0]) < share:
            segment[rows[i]] = one_of(word[1], segments)


@kernel
def cluster(
    start: int, stop: int, first: I8, rows: I4, belief: I2, share: float, seed: np.uint64, day_word: np.uint32,
    centre: I4, crowd: I8, segment: U1,
) -> None:  # fmt: skip
    """Sort the shoppers of the storefronts `start` to `stop` into segments by k-means (Lloyd 1982).

    rows int32[shopper], those of storefront f at first[f] to first[f + 1]; belief int16[consumer, 4]; a `share` of
    them is then put into a segment by lot. Written: centre int32[storefront, segment, 4] and crowd int64[storefront,
    segment], which go on from where they were, and segment uint8[consumer]. All sums are of integers, ties go to the
    first: the same whatever the order in which storefronts are worked.
    """
    total = np.empty((centre.shape[1], centre.shape[2]), np.int64)
    for f in range(start, stop):
        mine = rows[first[f] : first[f + 1]]
        if mine.size >= centre.shape[1]:
            if crowd[f].sum() == 0:
                first_centres(mine, belief, f, seed, day_word, centre[f])
            assign(mine, belief, centre[f], segment, crowd[f], total)
            for _ in range(ROUNDS):
                recentre(crowd[f], total, centre[f])
                if assign(mine, belief, centre[f], segment, crowd[f], total) == 0:
                    break
            explore(mine, centre.shape[1], share, seed, day_word, segment)
