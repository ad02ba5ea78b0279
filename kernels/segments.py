"""Which shoppers are alike by what they bought: what is noted of a purchase, and the centres of groups of shoppers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.chance import Stream, counter, draw, uniform64
from kernels.compiled import kernel
from kernels.functions import log2f
from kernels.money import half_up
from kernels.people import one_of

F4 = NDArray[np.float32]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]
U4 = NDArray[np.uint32]

START = counter(Stream.SEGMENT_START)
EXPLORE = counter(Stream.SEGMENT_EXPLORE)
PRICE, SPEED, STYLE, HOME = 0, 1, 2, 3
"""The traits of a purchase, each 0 to 255 with 128 in the middle."""
OCTAVE, DAY, STEP, HOMELY = 64, 8, 127, 64
"""How far a trait moves for twice the price, a day less, a unit of style, a seller from home instead of any."""
UNKNOWN = 128
"""All traits of who has not bought yet."""
WEIGHT = (16, 1, 4, 1)
"""How much a squared step of each trait counts in a distance, assumed."""
LONGEST = 15
"""Purchases that an average remembers."""
ROUNDS = 20
"""After so many moves centres stay where they are."""


@kernel
def note(relative: F4, days: I8, style: F4, home: U1, trait: U1) -> None:
    """Traits of purchases: `relative` price in usual prices, `days` to the door, `style` -1..1, `home` 1 or 0, by row.

    Written: trait uint8[purchase, 4] = price (64 an octave), speed (128 is 16 days), style (128 is 0), home.
    """
    for i in range(relative.shape[0]):
        octaves = np.float64(log2f(max(relative[i], np.float32(0.01))))
        trait[i, PRICE] = min(max(128 + half_up(OCTAVE * octaves), 0), 255)
        trait[i, SPEED] = min(max(256 - DAY * days[i], 0), 255)
        trait[i, STYLE] = min(max(128 + half_up(STEP * np.float64(style[i])), 0), 255)
        trait[i, HOME] = 128 + (HOMELY if home[i] != 0 else -HOMELY)


@kernel
def blend(average: int, seen: int, purchases: int) -> int:
    """An average over so many purchases, after one more, rounded half up; what was expected counts as one at first."""
    return (purchases * average + seen + (purchases + 1) // 2) // (purchases + 1)


@kernel
def learn(consumer: U4, trait: U1, expected: U1, verdict: I8, bought: U1, learned: U1) -> None:
    """Let platforms learn from purchases, in row order, without ever reading tastes.

    By parcel: `consumer`, `trait` [4], `expected` [4] of who is unknown, `verdict`: how often the averages move
    toward it (2 praised in a review, 1 kept, 0 panned in a review), or away from it (-1 sent back). By consumer:
    `bought` packs [category]. Written by consumer: `learned` [4], averages over the purchases so far, at most
    `LONGEST`, `UNKNOWN` before.
    """
    for i in range(consumer.size):
        c, packs = consumer[i], 0
        for k in range(bought.shape[1]):
            packs += int(bought[c, k])
        packs = min(max(packs, 1), LONGEST)
        unknown = True
        for t in range(trait.shape[1]):
            unknown = unknown and learned[c, t] == UNKNOWN
        for t in range(trait.shape[1]):
            learned[c, t] = expected[i, t] if unknown else learned[c, t]
            for _ in range(abs(verdict[i])):
                known, seen = int(learned[c, t]), int(trait[i, t])
                aim = seen if verdict[i] > 0 else min(max(2 * known - seen, 0), 255)
                learned[c, t] = blend(known, aim, packs)


@kernel
def distance(point: U1, centre: I4) -> int:
    """Weighted squared distance of learned traits [4] from a centre [4]."""
    total = 0
    for t in range(point.shape[0]):
        step = int(point[t]) - int(centre[t])
        total += WEIGHT[t] * step * step
    return total


@kernel
def nearest(point: U1, centre: I4, count: int) -> tuple[int, int]:
    """The nearest of the first `count` centres [segment, 4] to learned traits [4], ties to the first; its distance."""
    best, least = 0, distance(point, centre[0])
    for s in range(1, count):
        far = distance(point, centre[s])
        if far < least:
            best, least = s, far
    return best, least


@kernel
def first_centres(
    rows: I4, learned: U1, front: int, seed: np.uint64, day_word: np.uint32, centre: I4
) -> None:  # fmt: skip
    """Place the centres [segment, 4] of a storefront `front` on shoppers `rows` that lie far from each other.

    The first on any, each further one with a chance in proportion to the squared distance from those placed (Arthur
    and Vassilvitskii 2007, k-means++), by the word of the storefront, the day and the segment. Sums are of integers.
    """
    for s in range(centre.shape[0]):
        total = np.int64(0)
        for i in range(rows.size):
            total += nearest(learned[rows[i]], centre, s)[1] if s > 0 else 1
        mark = np.int64(uniform64(draw(seed, np.uint64(front), day_word, np.uint32(START + s))[0]) * total)
        running, chosen = np.int64(0), rows[0]
        for i in range(rows.size):
            running += nearest(learned[rows[i]], centre, s)[1] if s > 0 else 1
            if running > mark:
                chosen = rows[i]
                break
        for t in range(centre.shape[1]):
            centre[s, t] = np.int32(learned[chosen, t])


@kernel
def assign(rows: I4, learned: U1, centre: I4, segment: U1, crowd: I8) -> int:
    """Give each of the shoppers `rows` the `segment` of its nearest centre; how many changed theirs is returned.

    Written: segment uint8[consumer] at `rows`, crowd int64[segment], the shoppers of each.
    """
    changed = 0
    crowd[:] = 0
    for i in range(rows.size):
        s = nearest(learned[rows[i]], centre, centre.shape[0])[0]
        changed += segment[rows[i]] != s
        segment[rows[i]] = s
        crowd[s] += 1
    return changed


@kernel
def recentre(rows: I4, learned: U1, segment: U1, crowd: I8, centre: I4) -> None:
    """Move each centre [segment, 4] to the mean of its shoppers, half up; one without shoppers stays."""
    total = np.zeros((centre.shape[0], centre.shape[1]), np.int64)
    for i in range(rows.size):
        for t in range(centre.shape[1]):
            total[segment[rows[i]], t] += np.int64(learned[rows[i], t])
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
    start: int, stop: int, first: I8, rows: I4, learned: U1, share: float, seed: np.uint64, day_word: np.uint32,
    centre: I4, crowd: I8, segment: U1,
) -> None:  # fmt: skip
    """Sort the shoppers of the storefronts `start` to `stop` into segments by k-means (Lloyd 1982).

    rows int32[shopper], those of storefront f at first[f] to first[f + 1]; learned uint8[consumer, 4]; a `share` of
    them is then put into a segment by lot. Written: centre int32[storefront, segment, 4] and crowd int64[storefront,
    segment], which go on from where they were, and segment uint8[consumer]. All sums are of integers, ties go to the
    first: the same whatever the order in which storefronts are worked.
    """
    for f in range(start, stop):
        mine = rows[first[f] : first[f + 1]]
        if mine.size >= centre.shape[1]:
            if crowd[f].sum() == 0:
                first_centres(mine, learned, f, seed, day_word, centre[f])
            assign(mine, learned, centre[f], segment, crowd[f])
            for _ in range(ROUNDS):
                recentre(mine, learned, segment, crowd[f], centre[f])
                if assign(mine, learned, centre[f], segment, crowd[f]) == 0:
                    break
            explore(mine, centre.shape[1], share, seed, day_word, segment)
