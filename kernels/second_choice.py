"""What a shopper does who finds his choice sold out: he leaves, or takes another offer of the same page.

With A the offers in question before the failure and j the one found short, he stays with probability
r = 1 - (P(A) - P(A without j)) / P_j and then picks among A without j by exp(V / lam). So the first retry has the law
of a nested logit that never showed j; at lam = 1 it is redrawing with the outside option (Plackett-Luce).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.chance import draw, uniform, uniform64
from kernels.choice import CHOICE, page_utilities
from kernels.compiled import kernel
from kernels.functions import exp, log, logistic

SLIGHT = 1.0e-9
"""A share within the nest below which the difference of two probabilities has no digits left."""


@kernel
def stay_probability(value: float, rest: float, short: float, lam: float) -> float:
    """Probability to stay after finding an offer short: 1 - (P(A) - P(A without j)) / P_j, in [0, 1].

    `rest` and `short` are the weights exp((V - best) / lam) of A without j together, and of j; `value` is the best V,
    so that lam I = value + lam log(sum of weights). For an offer with hardly a share the limit is 1 - lam (1 - P(A)).
    """
    if rest <= 0.0:
        return 0.0
    buy = logistic(value + lam * log(rest + short))
    part = short / (rest + short)
    if part < SLIGHT:
        return 1.0 - lam * (1.0 - buy)
    without = logistic(value + lam * log(rest))
    return min(max(1.0 - (buy - without) / (buy * part), 0.0), 1.0)


@kernel
def open_slots(
    filled: int, tried: np.uint32, slot: int, weight: NDArray[np.float64], lam: float
) -> tuple[float, float]:
    """Turn utilities of a page into weights of the offers still in question.

    `weight[slot]` holds V - c on entry; written: exp((V - best) / lam), 0 for offers in the bit mask `tried`.
    Returned: the best V - c among those and the `slot` just found short, and the weight of that slot.
    """
    best = weight[slot]
    for k in range(filled):
        if (np.int64(tried) >> k) & 1 == 0:
            best = max(best, weight[k])
    short = exp((weight[slot] - best) / lam)
    for k in range(filled):
        weight[k] = exp((weight[k] - best) / lam) if (np.int64(tried) >> k) & 1 == 0 else 0.0
    return best, short


@kernel
def taken(weight: NDArray[np.float64], filled: int, mark: float) -> int:
    """The slot in which `mark` falls among the running sums of `weight[slot]`; slots of weight 0 are never taken."""
    found = -1
    running = 0.0
    for k in range(filled):
        if weight[k] > 0.0 and (found < 0 or running <= mark):
            found = k
            running += weight[k]
    return found


@kernel
def retry(
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
    filled: NDArray[np.int32],
    lam: float,
    nth: int,
    slot: NDArray[np.int8],
    lot: NDArray[np.uint32],
) -> None:
    """Let the shoppers `start` to `stop`, who found their slot short, leave or choose again.

    By shopper: `row` (the consumer), `page`, `tried` (bit k: slot k found short, the present one included). By
    consumer: `taste[8]`, `last_seller`. By page: `features[slot, 6]`, `slot_seller[slot]`, `filled`.
    `nth` is the round of choice, 1 for the first retry. Written by shopper: `slot`, on entry the one found short, -1
    for who leaves, and `lot`, fresh for who takes another. The fourth word of the round before decides who stays.
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
        word, fresh_lot, _, _ = draw(seed, name, day_word, np.uint32(CHOICE + nth))
        if stays < stay_probability(best + taste[consumer, 6], rest, short, lam):
            slot[i] = taken(weight, shown, uniform64(word) * rest)
            lot[i] = fresh_lot
        else:
            slot[i] = -1
