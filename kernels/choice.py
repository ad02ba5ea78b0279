"""What a shopper buys: utilities of a page, shares by nested logit, and one draw per shopper.

V = c + constant + b qhat - e price - time days + tau style + g home + l [seller is the last one], prices in units of
the frozen mean of market and category. With nest parameter lam, outside utility 0 and I = ln sum exp(V / lam):
P(buy) = exp(lam I) / (1 + exp(lam I)), P(j | buy) = exp(V_j / lam - I) (McFadden 1978). lam = 1 is plain logit.

Tastes are float32[consumer, 8]: quality b, price e (with the income effect), time, style tau, home g, loyalty l,
propensity c, income. Features are float32[page, slot, 6]: constant, rated quality, price, days, style, home.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.chance import Stream, counter, uniform, words
from kernels.compiled import kernel
from kernels.functions import exp, exp2f, log, log2f, logistic

CHOICE = counter(Stream.CHOICE)
LANES = 16
"""Consumers who read the same page side by side: two vectors of AVX2, for most pages have few readers in a window.
Always all lanes are worked, so that nobody's arithmetic depends on where he stands."""
LOG2_E = np.float32(1.4426950408889634)
LN_2 = np.float32(0.6931471805599453)
CEILING = np.float32(120.0)
"""Highest exponent of a weight: 32 of them still have a finite sum."""
NOBODY = -1.0e300
"""The inclusive value of a page without offers."""


@kernel
def shares(
    utility: NDArray[np.float64], constant: float, lam: float, share: NDArray[np.float64]
) -> tuple[float, float]:
    """Exact probabilities of one consumer's choice among offers and nothing.

    `utility[offer]` without the consumer's `constant` c, outside utility 0. Written: `share[offer]`, the
    probability to buy it. Returned: P(buy) and the inclusive value I = ln sum exp((utility + c) / lam).
    Shares sum to P(buy); no utility overflows. McFadden (1978), equations of the nested logit with one nest.
    """
    if utility.shape[0] == 0:
        return 0.0, NOBODY
    best = utility[0]
    for j in range(1, utility.shape[0]):
        best = max(best, utility[j])
    for j in range(utility.shape[0]):
        share[j] = exp((utility[j] - best) / lam)
    total = 0.0
    for j in range(utility.shape[0]):
        total += share[j]
    inclusive = (best + constant) / lam + log(total)
    buy = logistic(lam * inclusive)
    for j in range(utility.shape[0]):
        share[j] *= buy / total
    return buy, inclusive


@kernel
def expected_surplus(value: float) -> float:
    """ln(1 + exp(value)): what a choice with the nest's value lam I is worth before it is made, in utility.

    Small and Rosen (1981), equation 5.4, without the constant; divide by the price taste for units of price.
    """
    odds = exp(-abs(value))
    one_more = 1.0 + odds
    gain = log(one_more) * (odds / (one_more - 1.0)) if one_more > 1.0 else odds
    return max(value, 0.0) + gain


@kernel
def page_utilities(
    features: NDArray[np.float32],
    sellers: NDArray[np.int32],
    filled: int,
    taste: NDArray[np.float32],
    last_seller: int,
    out: NDArray[np.float64],
) -> None:
    """Write `out[slot]`, the utility V - c of the first `filled` slots of a page to one consumer.

    `features[slot, 6]` and `sellers[slot]` are the page's, `taste[8]` and `last_seller` (-1 none) the consumer's.
    """
    for k in range(filled):
        value = np.float64(features[k, 0])
        value += np.float64(taste[0]) * np.float64(features[k, 1])
        value -= np.float64(taste[1]) * np.float64(features[k, 2])
        value -= np.float64(taste[2]) * np.float64(features[k, 3])
        value += np.float64(taste[3]) * np.float64(features[k, 4])
        value += np.float64(taste[4]) * np.float64(features[k, 5])
        if sellers[k] == last_seller:
            value += np.float64(taste[5])
        out[k] = value


@kernel
def readers(start: int, stop: int, page: NDArray[np.int32], row: NDArray[np.int32]) -> int:
    """List the shoppers among the consumers `start` to `stop`, without a branch, which nobody could foresee.

    `page` is by consumer, -1 for who is not shopping. Written: `row`, one entry longer than there are consumers;
    returned: how many of its entries hold.
    """
    found = 0
    for i in range(start, stop):
        row[found] = i
        found += page[i] >= 0
    return found


@kernel
def pages_read(page: NDArray[np.int32], rows: NDArray[np.int32]) -> tuple[np.int64, np.int64]:
    """The lowest page that the shoppers `rows` read, and how many pages from there to the highest; (0, 0) if nobody."""
    if rows.shape[0] == 0:
        return np.int64(0), np.int64(0)
    lowest = highest = page[rows[0]]
    for row in rows:
        lowest = min(lowest, page[row])
        highest = max(highest, page[row])
    return np.int64(lowest), np.int64(highest) - np.int64(lowest) + 1


@kernel
def places_by_page(
    page: NDArray[np.int32], rows: NDArray[np.int32], lowest: np.int64, first: NDArray[np.int32]
) -> None:
    """Count the shoppers `rows` by the page they read, for `line_up`.

    `page` is by consumer. Written: `first[p + 1]`, how many read a page before page `lowest + p`. `first` has two
    entries more than there are pages.
    """
    first[:] = 0
    for row in rows:
        first[page[row] - lowest + 2] += 1
    for p in range(2, first.shape[0]):
        first[p] += first[p - 1]


@kernel
def line_up(
    rows: NDArray[np.int32],
    page: NDArray[np.int32],
    taste: NDArray[np.float32],
    last_seller: NDArray[np.int32],
    lowest: np.int64,
    first: NDArray[np.int32],
    line: NDArray[np.int32],
    name: NDArray[np.uint64],
    last: NDArray[np.int32],
    liking: NDArray[np.float32],
) -> None:
    """Line up the shoppers `rows` by the page they read; `first` as counted.

    By consumer: `page`, `taste[8]`, `last_seller`, all read in their order, because memory is slow in any other.
    Written by place in the line: `line` (the consumer), `name` (the same, for chance), `last` and `liking[8]`; `first`
    so that the readers of page `lowest + p` stand at `first[p]` to `first[p + 1]`.
    """
    for row in rows:
        p = page[row] - lowest + 1
        at = first[p]
        first[p] = at + 1
        line[at] = row
        name[at] = row
        last[at] = last_seller[row]
        for k in range(8):
            liking[at, k] = taste[row, k]


@kernel
def gather(liking: NDArray[np.float32], scale: np.float32, lane: NDArray[np.float32]) -> None:
    """Turn the tastes `liking[LANES, 8]` of consumers in line into lanes.

    Written: `lane[8, LANES]`, the five tastes for features and loyalty times `scale` with the sign with which they
    enter V, then propensity and price taste as they are.
    """
    for i in range(LANES):
        lane[0, i] = liking[i, 0] * scale
        lane[1, i] = -liking[i, 1] * scale
        lane[2, i] = -liking[i, 2] * scale
        lane[3, i] = liking[i, 3] * scale
        lane[4, i] = liking[i, 4] * scale
        lane[5, i] = liking[i, 5] * scale
        lane[6, i] = liking[i, 6]
        lane[7, i] = liking[i, 1]


@kernel
def weigh(
    features: NDArray[np.float32],
    sellers: NDArray[np.int32],
    filled: int,
    scale: np.float32,
    lane: NDArray[np.float32],
    last: NDArray[np.int32],
    weight: NDArray[np.float32],
    total: NDArray[np.float32],
) -> None:
    """Weigh the offers of one page for all lanes: exp((V - c) / lam) = exp2(scale (V - c)), scale = log2(e) / lam.

    `features[slot, 6]` and `sellers[slot]` are the page's, `lane[8, LANES]` and `last[LANES]` as gathered.
    Written: `weight[slot, LANES]`, summed over the slots up to each, and `total[LANES]` over all. A weight is
    2^-126 at least and 2^120 at most.
    """
    quality, price, time, style, home, loyalty = lane[0], lane[1], lane[2], lane[3], lane[4], lane[5]
    total[:] = np.float32(0.0)
    for k in range(filled):
        constant = features[k, 0] * scale
        f1, f2, f3, f4, f5 = features[k, 1], features[k, 2], features[k, 3], features[k, 4], features[k, 5]
        seller = sellers[k]
        running = weight[k]
        for i in range(LANES):
            value = constant + f1 * quality[i] + f2 * price[i] + f3 * time[i] + f4 * style[i] + f5 * home[i]
            value += loyalty[i] if last[i] == seller else np.float32(0.0)
            total[i] += exp2f(min(value, CEILING))
            running[i] = total[i]


@kernel
def value_page(
    lane: NDArray[np.float32],
    total: NDArray[np.float32],
    lam: np.float32,
    bought: NDArray[np.float32],
    surplus: NDArray[np.float32],
) -> None:
    """What the page as a whole is to each lane.

    `lane[8, LANES]` and `total[LANES]` as weighed. Written by lane: `bought`, the probability to buy, u / (1 + u)
    with u = exp(c) total^lam, and `surplus`, ln(1 + u) over the price taste, in units of the mean price.
    """
    propensity, price = lane[6], lane[7]
    for i in range(LANES):
        odds = exp2f(LOG2_E * propensity[i] + lam * log2f(total[i]))
        bought[i] = odds / (np.float32(1.0) + odds)
        surplus[i] = LN_2 * log2f(np.float32(1.0) + odds) / price[i]


@kernel
def slot_at(weight: NDArray[np.float32], i: int, filled: int, mark: np.float32) -> int:
    """The slot of lane `i` in which `mark` falls: how many running sums of `weight[slot, lane]` are at most `mark`.

    Never beyond the last of the `filled` slots. Halving works because running sums never fall.
    """
    low = 0
    high = filled - 1
    while low < high:
        half = (low + high) >> 1
        if weight[half, i] <= mark:
            low = half + 1
        else:
            high = half
    return low


@kernel
def settle(
    rows: NDArray[np.int32],
    chance: NDArray[np.uint32],
    weight: NDArray[np.float32],
    total: NDArray[np.float32],
    filled: int,
    bought: NDArray[np.float32],
    worth: NDArray[np.float32],
    slot: NDArray[np.int8],
    surplus: NDArray[np.float32],
) -> None:
    """Draw what the consumers in the lanes take, and write it to their `rows` of `slot` and `surplus`.

    `chance[lane, 4]` are the words of the choice. One uniform decides both whether and what: given that it is below
    P(buy), it is uniform up to there, and marks a place among the running sums.
    """
    for i in range(rows.shape[0]):
        row = rows[i]
        surplus[row] = worth[i]
        u = uniform(chance[i, 0])
        if u < bought[i]:
            slot[row] = slot_at(weight, i, filled, u / bought[i] * total[i])


@kernel
def read_nothing(rows: NDArray[np.int32], surplus: NDArray[np.float32]) -> None:
    """Write no `surplus` (by consumer) for the `rows` who read an empty page."""
    for row in rows:
        surplus[row] = np.float32(0.0)


@kernel
def choose(
    start: int,
    stop: int,
    page: NDArray[np.int32],
    taste: NDArray[np.float32],
    last_seller: NDArray[np.int32],
    seed: np.uint64,
    day_word: np.uint32,
    features: NDArray[np.float32],
    slot_seller: NDArray[np.int32],
    filled: NDArray[np.int32],
    lam: np.float32,
    slot: NDArray[np.int8],
    surplus: NDArray[np.float32],
) -> None:
    """Let the consumers `start` to `stop` read their pages and take one offer or nothing.

    By consumer: `page` (-1 is not shopping), `taste[8]`, `last_seller` (-1 none); chance knows them by their rows. By
    page: `features[slot, 6]`, `slot_seller[slot]`, `filled` slots. Written by consumer: `slot` (-1 nothing) for
    everybody, `surplus` (perceived, in units of the mean price) for shoppers. Nobody buys from an empty page. The bits
    depend on neither `start` and `stop` nor on who else shops.
    """
    slot[start:stop] = -1
    rows = np.empty(stop - start + 1, np.int32)
    rows = rows[: readers(start, stop, page, rows)]
    lowest, pages = pages_read(page, rows)
    first = np.empty(pages + 2, np.int32)
    places_by_page(page, rows, lowest, first)
    room = rows.shape[0] + LANES
    row, name, last = np.empty(room, np.int32), np.empty(room, np.uint64), np.empty(room, np.int32)
    liking = np.empty((room, 8), np.float32)
    liking[rows.shape[0] :] = np.float32(1.0)
    line_up(rows, page, taste, last_seller, lowest, first, row, name, last, liking)
    scale = LOG2_E / lam
    lane = np.empty((8, LANES), np.float32)
    chance = np.empty((4, room), np.uint32).T
    words(seed, name[: first[pages]], day_word, CHOICE, chance)
    weight = np.empty((features.shape[1], LANES), np.float32)
    total, bought, worth = np.empty(LANES, np.float32), np.empty(LANES, np.float32), np.empty(LANES, np.float32)
    for p in range(pages):
        shown = filled[lowest + p]
        for at in range(first[p], first[p + 1], LANES):
            end = min(at + LANES, first[p + 1])
            if shown == 0:
                read_nothing(row[at:end], surplus)
                continue
            gather(liking[at : at + LANES], scale, lane)
            weigh(
                features[lowest + p], slot_seller[lowest + p], shown, scale, lane, last[at : at + LANES], weight, total
            )
            value_page(lane, total, lam, bought, worth)
            settle(row[at:end], chance[at:end], weight, total, shown, bought, worth, slot, surplus)
