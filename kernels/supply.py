"""Small arithmetic that several rules of supply share: normal errors, orders quantised over links."""

import numpy as np
from numpy.typing import NDArray

from kernels.chance import normal
from kernels.compiled import kernel
from kernels.money import half_up, muldiv

WHOLE = 1_000_000_000
NEARLY = WHOLE - 1000
"""Shares that sum to this, in billionths, are taken to sum to 1."""


@kernel
def to_normals(start: int, stop: int, word: NDArray[np.uint32], error: NDArray[np.float64]) -> None:
    """Standard normal draws from the words `start` to `stop`; written: `error`."""
    for i in range(start, stop):
        error[i] = normal(word[i])


def normals(word: NDArray[np.uint32]) -> NDArray[np.float64]:
    """Standard normal draws, one for each word."""
    error = np.empty(len(word))
    to_normals(0, len(word), word, error)
    return error


@kernel
def place(
    start: int, stop: int, buyer: NDArray[np.int32], share: NDArray[np.float64], wanted: NDArray[np.float64],
    alive: NDArray[np.uint8], given: NDArray[np.int64], placed: NDArray[np.int64],
) -> None:  # fmt: skip
    """Quantise what nodes want, half up, and split it over the live links `start` to `stop` by their shares.

    By link: `buyer`, `share` (those of a buyer's live links sum to 1), `alive`; by node: `wanted` units, not negative,
    and `given`, billionths of it handed out so far, zero on entry. Written by link: `placed`; the links of a node sum
    to what it wants, because each takes what its share adds to a running total.
    """
    for i in range(start, stop):
        placed[i] = 0
        if alive[i] != 0:
            node, units = buyer[i], half_up(wanted[buyer[i]])
            before = muldiv(units, given[node], WHOLE)
            given[node] += half_up(share[i] * WHOLE)
            if given[node] > NEARLY:
                given[node] = WHOLE
            placed[i] = muldiv(units, given[node], WHOLE) - before


@kernel
def in_lots(start: int, stop: int, least: NDArray[np.int64], batch: NDArray[np.int64],
            units: NDArray[np.int64]) -> None:  # fmt: skip
    """Bring the orders `start` to `stop` to sizes that suppliers take: nothing, or whole batches of the least or more.

    By order: `least` and `batch`, at least 1. Written: `units`, the nearest multiple of the batch, half up; below
    `least`, nothing or the smallest multiple that reaches it, whichever is nearer, half up.
    """
    for i in range(start, stop):
        smallest = (least[i] + batch[i] - 1) // batch[i] * batch[i]
        if units[i] < smallest:
            units[i] = smallest if 2 * units[i] >= smallest else 0
        else:
            units[i] = (2 * units[i] + batch[i]) // (2 * batch[i]) * batch[i]
