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
def category_of(chance: np.float32, cumulative: NDArray[np.float32], home: int) -> int:
    """The category in which `chance` falls in the country `home`.

    `cumulative[country, category]` ascends to 1, the last category takes the rest.
    """
    category = 0
    for k in range(cumulative.shape[1] - 1):
        category += chance >= cumulative[home, k]
    return category


@kernel
def overnight(
    whether: NDArray[np.uint32],
    survive: np.float32,
    longest: np.uint8,
    likely: NDArray[np.float32],
    woken: NDArray[np.uint8],
    need: NDArray[np.uint8],
    need_age: NDArray[np.uint8],
    fresh: NDArray[np.uint8],
) -> None:
    """Keep or drop the needs of some consumers, and tell by `fresh` (1 or 0) who has a new one.

    By consumer: the word `whether`, how `likely` a new need is, the age of `woken` needs that had waited. Written, as
    by `arise`: `need` and `need_age`, 0 for who is left without. An open need of age below `longest` is kept where the
    uniform of the word is below `survive`; above it what is left of it is uniform again, and decides whether a new need
    takes its place. No branches: which way a need goes cannot be foreseen.
    """
    dropped = np.float32(1.0) - survive if survive < np.float32(1.0) else np.float32(1.0)
    for i in range(need.shape[0]):
        age, chance = need_age[i], uniform(whether[i])
        young = (need[i] != 0) & (age < longest)
        kept = (need[i] != 0) & (age == WAITING) | young & (chance < survive)
        left = (chance - survive) / dropped if young else chance
        fresh[i] = np.uint8((left < likely[i]) & (not kept))
        older = woken[i] if age == WAITING else np.uint8(age + np.uint8(1))
        need_age[i] = older if kept else np.uint8(0)
        need[i] = need[i] if kept else np.uint8(0)


@kernel
def arise(
    start: int,
    stop: int,
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

    `country` and `income` (of the mean, 1) are by consumer; `rate` (probability of a new need of an idle
    consumer of mean income), `wait` (share of new needs that wait for the event) and `event` (1 on its day) by
    country; `category_cum[country, category]` ascends to 1.

    Written by consumer: `need` (0 none, else category + 1), `need_age` (days since the first visit, 255 waits),
    `visiting` (category, -1 stays away) and `variant` of the page, 0 to 7, for everybody. An open need visits every
    day; it is kept with probability `survive` and at most `longest` days, and a dropped one may be followed by a new
    one at once. A need that waits is never dropped, and visits on the day of the event. Whoever buys has `need` set
    to 0 by the caller. Words of SHOP: whether, category, variant (low 3 bits) and waiting (high 23 bits).
    """
    luck = np.empty((4, BLOCK), np.uint32).T
    likely, woken, fresh = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.uint8), np.empty(BLOCK, np.uint8)
    name, who = np.empty(BLOCK, np.uint64), np.empty(BLOCK, np.uint32)
    for first in range(start, stop, BLOCK):
        block = slice(first, min(first + BLOCK, stop))
        home, means, kind, age, goes = country[block], income[block], need[block], need_age[block], visiting[block]
        for i in range(home.shape[0]):
            name[i] = first + i
        words(seed, name[: home.shape[0]], day_word, SHOP, luck)
        whether, which, look = luck[:, 0], luck[:, 1], luck[:, 2]
        for i in range(home.shape[0]):
            likely[i] = min(rate[home[i]] * means[i], MOST)
            woken[i] = WAITING if event[home[i]] == 0 else np.uint8(0)
        overnight(whether, survive, longest, likely, woken, kind, age, fresh)
        count = 0
        for i in range(home.shape[0]):
            who[count] = i
            count += fresh[i]
        for k in range(count):
            i = who[k]
            kind[i] = category_of(uniform(which[i]), category_cum, home[i]) + 1
            age[i] = WAITING if uniform(look[i]) < wait[home[i]] and event[home[i]] == 0 else np.uint8(0)
        for i in range(home.shape[0]):
            goes[i] = -1 if age[i] == WAITING else np.int16(kind[i]) - 1
            variant[first + i] = look[i] % VARIANTS


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
    block = slice(start, stop)
    goes, look, home = visiting[block], variant[block], country[block]
    shop, group, opened = storefront[block], segment[block], page[block]
    opened[:] = -1
    if front.shape[0] == 0:
        return
    for i in range(goes.shape[0]):
        begin = first[home[i]]
        count = first[np.int64(home[i]) + 1] - begin
        place = begin + min(np.int32(shop[i]), count - 1)
        shown = np.int32(front[np.uint32(max(place, 0))])
        kept = ((shown * categories + goes[i]) * segments + group[i]) * np.int32(VARIANTS) + np.int32(look[i])
        opened[i] = kept if (goes[i] >= 0) & (count > 0) else -1


@kernel
def authorised(
    start: int,
    stop: int,
    row: NDArray[np.int32],
    seed: np.uint64,
    day_word: np.uint32,
    failure: NDArray[np.float32],
    granted: NDArray[np.uint8],
) -> None:
    """Authorise the payments of the orders `start` to `stop`, written to `granted` (1 yes, 0 no).

    `row` (the consumer) and `failure` (the probability that the payment is refused) are by order. One
    consumer has one answer a day, however often he chooses: the fourth word of SHOP.
    """
    for i in range(start, stop):
        word = draw(seed, np.uint64(row[i]), day_word, SHOP)[3]
        granted[i] = uniform(word) >= failure[i]
