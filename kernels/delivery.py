"""How a purchase travels: the mode of delivery that its buyer takes among those of the listing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.chance import Stream, counter, draw, uniform, uniform64
from kernels.choice import CHOICE, LOG2_E
from kernels.compiled import kernel
from kernels.functions import exp2f

SERVICE = counter(Stream.SERVICE)
BIRTHDAY = np.uint32(0)
UNOFFERED = np.float32(-1.0e30)
"""The value of a mode that is not to be had; one that is has more."""
LEAST = np.float32(-1.0e20)


@kernel
def mode_taken(value: NDArray[np.float32], chance: np.float32, scale: np.float32) -> int:
    """The mode in which `chance` falls among weights exp2(scale value); -1 if none is to be had.

    `value[mode]` in utility, `UNOFFERED` where the mode is not to be had. Weights are relative to the best value.
    """
    best = UNOFFERED
    for k in range(value.shape[0]):
        best = max(best, value[k])
    total = np.float32(0.0)
    for k in range(value.shape[0]):
        if value[k] > UNOFFERED:
            total += exp2f((value[k] - best) * scale)
    mark = chance * total
    taken = -1
    running = np.float32(0.0)
    for k in range(value.shape[0]):
        if value[k] > UNOFFERED and (taken < 0 or running <= mark):
            taken = k
            running += exp2f((value[k] - best) * scale)
    return taken


@kernel
def delivery(
    start: int,
    stop: int,
    row: NDArray[np.int32],
    listing: NDArray[np.int32],
    taste: NDArray[np.float32],
    seed: np.uint64,
    day_word: np.uint32,
    modes: NDArray[np.int32],
    price: NDArray[np.float32],
    days: NDArray[np.float32],
    quotable: NDArray[np.uint8],
    lam: np.float32,
    nth: int,
    lead: NDArray[np.int32],
    personal: float,
    offer: NDArray[np.int32],
) -> None:
    """Take for the orders `start` to `stop` one mode of their listing, by exp(-(e price + time days) / lam).

    By order: `row` (the consumer), `listing`, and the `lead` offer that the page showed. By consumer:
    `taste[8]`. `modes[listing, mode]` names offers, -1 none; by offer `price` (of the mean), `days` and `quotable` (1
    can be had). `nth` is the round of choice, 0 the first. A share `personal` of consumers, the same every day and
    among those of any larger share, are asked; the others take the lead. Written: `offer` by order, -1 for none.
    """
    value = np.empty(modes.shape[1], np.float32)
    for i in range(start, stop):
        consumer = row[i]
        if personal < 1.0 and uniform64(draw(seed, np.uint64(consumer), BIRTHDAY, SERVICE)[0]) >= personal:
            offer[i] = lead[i]
            continue
        for k in range(modes.shape[1]):
            j = modes[listing[i], k]
            value[k] = UNOFFERED
            if j >= 0 and quotable[j] != 0:
                value[k] = max(-taste[consumer, 1] * price[j] - taste[consumer, 2] * days[j], LEAST)
        word = draw(seed, np.uint64(consumer), day_word, np.uint32(CHOICE + nth))[2]
        taken = mode_taken(value, uniform(word), LOG2_E / lam)
        offer[i] = modes[listing[i], taken] if taken >= 0 else -1
