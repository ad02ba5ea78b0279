"""How exchange rates move: a random walk of their logarithm around no trend."""

import numpy as np
from numpy.typing import NDArray

from kernels.chance import normal
from kernels.compiled import kernel
from kernels.functions import exp
from kernels.money import half_up


@kernel
def walk(
    start: int,
    stop: int,
    word: NDArray[np.uint32],
    sd: NDArray[np.float64],
    par: NDArray[np.float64],
    walked: NDArray[np.float64],
    rate: NDArray[np.float64],
) -> None:
    """Take one day's step of the exchange rates `start` to `stop`.

    By country: `word`, equal for those who share a currency; `sd` of a day's step, in logarithm; `par`, units of
    currency per dollar on the first day. Written: `walked`, the sum of the steps, and `rate` = par exp(walked).
    Where `sd` is 0 nothing moves.
    """
    for i in range(start, stop):
        if sd[i] > 0.0:
            walked[i] += sd[i] * normal(word[i])
        rate[i] = par[i] * exp(walked[i])


@kernel
def convert(start: int, stop: int, amount: NDArray[np.int64], rate: NDArray[np.float64],
            converted: NDArray[np.int64]) -> None:  # fmt: skip
    """Change the amounts `start` to `stop` at a `rate` each, half up; at a rate of 1 nothing changes.

    By amount, below 2^53: `rate`, units of the new currency for one of the old. Written: `converted`.
    """
    for i in range(start, stop):
        converted[i] = half_up(amount[i] * rate[i])
