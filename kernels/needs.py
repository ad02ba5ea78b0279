"""Who needs something today: a need arises, waits for an event, comes back every day until it is met or dropped."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.chance import Stream, counter, draw, uniform, words
from kernels.compiled import kernel

SHOP = counter(Stream.SHOP)
WAITING = np.uint8(255)
"""The age of a need that waits for the event of its country."""
MOST = np.float32(0.95)
"""The highest probability of a new need in a day, whatever the income."""
VARIANTS = np.uint32(8)
BLOCK = 256
"""Consumers whose luck is drawn together: in company it is several times cheaper."""


def new_need_rate(visits: float, survive: float, longest: int, conversion: float) -> float:
    """Probability that an idle consumer has a new need today, so that a share `visits` of consumer-days are visits.

    A need is shown E = sum over k = 0..longest of (survive (1 - conversion))^k times in the mean, and idle days
    between needs are geometric: visits = E / (E + (1 - rate) / rate). `visits` in (0, 1), the others in [0, 1].
    """
    shown, kept = 0.0, 1.0
    for _ in range(longest + 1):
        shown, kept = shown + kept, kept * survive * (1.0 - conversion)
    return 1.0 / (1.0 + shown * (1.0 - visits) / visits)


@kernel
def outlives_the_night(
    age: np.uint8, chance: np.float32, survive: np.float32, longest: np.uint8
) -> tuple[bool, np.float32]:
    """Whether an open need of this age (days) is kept, and what is left of the uniform `chance` if it is not.

    What is left is uniform again, given that the need was dropped, so that one word also decides whether a new need
    takes the place of the old one.
    """
    if age >= longest:
        return False, chance
    if chance < survive:
        return True, chance
    return False, (chance - survive) / (np.float32(1.0) - survive)


@kernel
def category_of(chance: np.float32, cumulative: NDArray[np.float32]) -> int:
    """The category in which `chance` falls; `cumulative[category]` ascends to 1, the last category takes the rest."""
    category = 0
    for k in range(cumulative.shape[0] - 1):
        category += chance >= cumulative[k]
    return category


@kernel
def arise(
    start: int,
    stop: int,
    identity: NDArray[np.uint64],
    country: NDArray[np.uint8],
    income: NDArray[np.float32],
    seed: np.uint64,
    day_word: np.uint32,
    rate: NDArray[np.float32],
    category_cum: NDArray[np.float32],
    wait: NDArray[np.float32],
    event: NDArray[np.uint8],
    survive: np.float32,
    longest: np.uint8,
    need: NDArray[np.uint8],
    need_age: NDArray[np.uint8],
    visiting: NDArray[np.int8],
    variant: NDArray[np.uint8],
) -> None:
    """Give the consumers `start` to `stop` the need of today, if any.

    `identity`, `country`, `income` (of the mean, 1) are by consumer; `rate` (probability of a new need of an idle
    consumer of mean income), `wait` (share of new needs that wait for the event) and `event` (1 on its day) by
    country; `category_cum[country, category]` ascends to 1.

    Written by consumer: `need` (0 none, else category + 1), `need_age` (days since the first visit, 255 waits),
    `visiting` (category, -1 stays away) and `variant` of the page, 0 to 7, for everybody. An open need visits every
    day; it is kept with probability `survive` and at most `longest` days, and a dropped one may be followed by a new
    one at once. A need that waits is never dropped, and visits on the day of the event. Whoever buys has `need` set
    to 0 by the caller. Words of SHOP: whether, category, variant (low 3 bits) and waiting (high 23 bits).
    """
    luck = np.empty((4, BLOCK), np.uint32).T
    for first in range(start, stop, BLOCK):
        end = min(first + BLOCK, stop)
        words(seed, identity[first:end], day_word, SHOP, luck)
        for i in range(first, end):
            whether, which, look = luck[i - first, 0], luck[i - first, 1], luck[i - first, 2]
            home = country[i]
            chance = uniform(whether)
            kept = False
            if need[i] != 0:
                if need_age[i] == WAITING:
                    kept = True
                    need_age[i] = 0 if event[home] != 0 else WAITING
                else:
                    kept, chance = outlives_the_night(need_age[i], chance, survive, longest)
                    need_age[i] += 1
            if not kept:
                fresh = chance < min(rate[home] * income[i], MOST)
                waits = uniform(look) < wait[home] and event[home] == 0
                need[i] = category_of(uniform(which), category_cum[home]) + 1 if fresh else 0
                need_age[i] = WAITING if fresh and waits else 0
            visits = need[i] != 0 and need_age[i] != WAITING
            visiting[i] = np.int16(need[i]) - 1 if visits else -1
            variant[i] = look % VARIANTS


@kernel
def page_of(
    start: int,
    stop: int,
    visiting: NDArray[np.int8],
    variant: NDArray[np.uint8],
    country: NDArray[np.uint8],
    storefront: NDArray[np.uint8],
    segment: NDArray[np.uint8],
    front: NDArray[np.int32],
    first: NDArray[np.int32],
    categories: int,
    segments: int,
    page: NDArray[np.int32],
) -> None:
    """Open a `page` for the consumers `start` to `stop`, written for everybody, -1 for who stays away.

    By consumer: `visiting` and `variant` as `arise` writes them, `country`, `storefront` within the country, `segment`.
    front int32[storefront], by country, those of country m at first[m] to first[m + 1]. Pages are numbered by
    storefront, category, segment and variant; where a country has no storefront nobody reads.
    """
    for i in range(start, stop):
        begin = first[country[i]]
        count = first[country[i] + 1] - begin
        page[i] = -1
        if visiting[i] >= 0 and count > 0:
            shop = np.int64(front[begin + min(np.int64(storefront[i]), count - 1)])
            kept = (shop * categories + visiting[i]) * segments + np.int64(segment[i])
            page[i] = kept * np.int64(VARIANTS) + variant[i]


@kernel
def authorised(
    start: int,
    stop: int,
    row: NDArray[np.int32],
    identity: NDArray[np.uint64],
    seed: np.uint64,
    day_word: np.uint32,
    failure: NDArray[np.float32],
    granted: NDArray[np.uint8],
) -> None:
    """Authorise the payments of the orders `start` to `stop`, written to `granted` (1 yes, 0 no).

    `row` (the consumer) and `failure` (the probability that the payment is refused) are by order, `identity` by
    consumer. One consumer has one answer a day, however often he chooses: the fourth word of SHOP.
    """
    for i in range(start, stop):
        word = draw(seed, identity[row[i]], day_word, SHOP)[3]
        granted[i] = uniform(word) >= failure[i]
