"""How many newcomers a week brings."""

import numpy as np
from numpy.typing import NDArray

from kernels.chance import uniform64
from kernels.compiled import kernel
from kernels.functions import exp

MOST = 3


@kernel
def poisson(word: np.uint32, mean: float) -> int:
    """A Poisson draw by inversion of one word, at most `MOST`."""
    u, chance, count = uniform64(word), exp(-mean), 0
    total = chance
    while u > total and count < MOST:
        count += 1
        chance *= mean / count
        total += chance
    return count


@kernel
def draw_births(
    start: int, stop: int, word: NDArray[np.uint32], mean: NDArray[np.float64], count: NDArray[np.int64]
) -> None:
    """Newcomers of the cells `start` to `stop`; by cell: `word` and `mean`; written: `count`."""
    for i in range(start, stop):
        count[i] = poisson(word[i], mean[i])


def births(word: NDArray[np.uint32], mean: NDArray[np.float64]) -> NDArray[np.int64]:
    """Newcomers of each cell, one word and one mean for each."""
    count = np.empty(len(word), np.int64)
    draw_births(0, len(word), word, mean, count)
    return count
