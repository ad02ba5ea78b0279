"""Small arithmetic that several rules of supply share: normal errors, orders quantised over links."""

import numpy as np
from numpy.typing import NDArray

from kernels.chance import normal
from kernels.compiled import kernel
from kernels.money import half_up


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
    alive: NDArray[np.uint8], placed: NDArray[np.int64],
) -> None:  # fmt: skip
    """Quantise what nodes want over the links `start` to `stop`: wanted[buyer] x share, half up.

    By link: `buyer`, `share`, `alive`; by node: `wanted` units, not negative. Written by link: `placed`.
    """
    for i in range(start, stop):
        placed[i] = half_up(wanted[buyer[i]] * share[i]) if alive[i] != 0 else 0
