"""A choice drawn as a race: every offer runs for an exponential time of its own, and the first one home is taken.

Of exponentials E_k divided by weights w_k the least is that of k with probability w_k / sum w: the law is that of
`kernels.choice`. But the time belongs to (consumer, day, listing), so that in two worlds the same shopper runs the same
race: what befalls one offer moves shoppers to it or from it, and nobody between two others. An exponential has no
memory, so who comes next, when the first is short, has the law of a choice among the rest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.chance import Stream, counter, draw, uniform, uniform64
from kernels.choice import CHOICE, expected_surplus, page_utilities
from kernels.compiled import kernel
from kernels.functions import exp, log, logistic
from kernels.second_choice import open_slots, stay_probability

RACE = counter(Stream.RACE)


@kernel
def first_home(
    weight: NDArray[np.float64],
    name: NDArray[np.uint64],
    filled: int,
    consumer: np.uint64,
    seed: np.uint64,
    day_word: np.uint32,
) -> int:
    """The slot of the least time -ln(u) / weight among the first `filled`; -1 where none has a weight.

    `weight[slot]` at least 0, 0 for who does not run; `name[slot]`: identity of the listing in each slot.
    """
    winner, least = -1, 0.0
    for k in range(filled):
        if weight[k] > 0.0:
            time = -log(uniform64(draw(seed, consumer ^ name[k], day_word, RACE)[0])) / weight[k]
            if winner < 0 or time < least:
                winner, least = k, time
    return winner


@kernel
def race(
    start: int,
    stop: int,
    page: NDArray[np.int32],
    taste: NDArray[np.float32],
    last_seller: NDArray[np.int32],
    seed: np.uint64,
    day_word: np.uint32,
    features: NDArray[np.float32],
    slot_seller: NDArray[np.int32],
    slot_name: NDArray[np.uint64],
    filled: NDArray[np.int32],
    lam: float,
    slot: NDArray[np.int8],
    surplus: NDArray[np.float32],
) -> None:
    """Let the consumers `start` to `stop` read their pages and take one offer or nothing, by race.

    Arguments as those of `kernels.choice.choose`, and by page `slot_name[slot]`, the identity of the listing there.
    Whether anything is bought is drawn as there, from the same word.
    """
    weight = np.empty(features.shape[1], np.float64)
    for i in range(start, stop):
        slot[i] = -1
        p = page[i]
        if p < 0:
            continue
        surplus[i] = np.float32(0.0)
        if filled[p] == 0:
            continue
        page_utilities(features[p], slot_seller[p], filled[p], taste[i], last_seller[i], weight)
        best = weight[0]
        for k in range(1, filled[p]):
            best = max(best, weight[k])
        total = 0.0
        for k in range(filled[p]):
            weight[k] = exp((weight[k] - best) / lam)
            total += weight[k]
        value = best + np.float64(taste[i, 6]) + lam * log(total)
        surplus[i] = np.float32(expected_surplus(value) / np.float64(taste[i, 1]))
        word = draw(seed, np.uint64(i), day_word, CHOICE)[0]
        if np.float64(uniform(word)) < logistic(value):
            slot[i] = first_home(weight, slot_name[p], filled[p], np.uint64(i), seed, day_word)


@kernel
def next_home(
    start: int,
    stop: int,
    row: NDArray[np.int32],
    page: NDArray[np.int32],
    tried: NDArray[np.uint32],
    taste: NDArray[np.float32],
    last_seller: NDArray[np.int32],
    seed: np.uint64,
    day_word: np.uint32,
    features: NDArray[np.float32],
    slot_seller: NDArray[np.int32],
    slot_name: NDArray[np.uint64],
    filled: NDArray[np.int32],
    lam: float,
    nth: int,
    slot: NDArray[np.int8],
    lot: NDArray[np.uint32],
) -> None:
    """Let the shoppers `start` to `stop`, who found their slot short, leave or take who comes home next.

    Arguments as those of `kernels.second_choice.retry`, and by page `slot_name[slot]`. Who stays is drawn as there.
    """
    weight = np.empty(features.shape[1], np.float64)
    for i in range(start, stop):
        consumer, p = row[i], page[i]
        name, shown = np.uint64(consumer), filled[p]
        page_utilities(features[p], slot_seller[p], shown, taste[consumer], last_seller[consumer], weight)
        best, short = open_slots(shown, tried[i], slot[i], weight, lam)
        rest = 0.0
        for k in range(shown):
            rest += weight[k]
        stays = uniform(draw(seed, name, day_word, np.uint32(CHOICE + nth - 1))[3])
        if stays < stay_probability(best + taste[consumer, 6], rest, short, lam):
            slot[i] = first_home(weight, slot_name[p], shown, name, seed, day_word)
            lot[i] = draw(seed, name, day_word, np.uint32(CHOICE + nth))[1]
        else:
            slot[i] = -1
