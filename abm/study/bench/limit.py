"""What the machine can do at most: multiply-adds, exponentials, memory, in the vectors that kernels are given."""

from __future__ import annotations

from statistics import median

import numpy as np
from numpy.typing import NDArray

from abm.study.bench.measure import Row, Task, Times, typical
from kernels.compiled import kernel
from kernels.functions import exp2f

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
WIDE = 2048
STEPS = 32
EXPONENTIALS = 8
LARGE = 4_000_000
"""Numbers of a column that no cache holds."""
MULTIPLY_ADDS = 6
"""Multiply-adds of a pair of consumer and offer, beside one exp2."""


@kernel
def four_steps(x: np.float32, factor: np.float32, added: np.float32) -> np.float32:
    """Four multiply-adds, each waiting for the one before."""
    return (((x * factor + added) * factor + added) * factor + added) * factor + added


@kernel
def multiply_adds(x: F4, factor: np.float32, added: np.float32, times: int) -> None:
    """Send each entry x[n] through `STEPS` multiply-adds, `times` over; neighbours do not wait for each other."""
    for _ in range(times):
        for i in range(x.shape[0]):
            y = four_steps(four_steps(x[i], factor, added), factor, added)
            y = four_steps(four_steps(y, factor, added), factor, added)
            y = four_steps(four_steps(y, factor, added), factor, added)
            x[i] = four_steps(four_steps(y, factor, added), factor, added)


@kernel
def exponentials(x: F4, out: F4, times: int) -> None:
    """Write to out[n] the sum of `EXPONENTIALS` powers of two about x[n], `times` over."""
    for n in range(times):
        shift = np.float32(n) * np.float32(1e-3)
        for i in range(x.shape[0]):
            total = np.float32(0.0)
            for k in range(EXPONENTIALS):
                total += exp2f(x[i] + (shift + np.float32(k)))
            out[i] = total


@kernel
def triad(b: F8, c: F8, scalar: float, a: F8) -> None:
    """Write a = b + scalar c; McCalpin (1995), STREAM."""
    for i in range(a.shape[0]):
        a[i] = b[i] + scalar * c[i]


def tasks() -> list[Task]:
    """What measures the limit; units are operations, and bytes of the triad."""
    chance = np.random.default_rng(1)
    x, out = chance.uniform(-1.0, 1.0, WIDE).astype(np.float32), np.empty(WIDE, np.float32)
    a, b, c = np.zeros((3, LARGE))
    times, half = 320, np.float32(0.5)
    return [
        Task("multiply-add", lambda: multiply_adds(x, half, half, times), WIDE * STEPS * times),
        Task("exp2", lambda: exponentials(x, out, times), WIDE * EXPONENTIALS * times),
        Task("triad", lambda: triad(b, c, 3.0, a), 24.0 * LARGE),
    ]  # fmt: skip


def pair(times: Times) -> list[float]:
    """The least time of a pair, ns by round: its multiply-adds and its exponential, each at the rate of that round."""
    both = zip(times["multiply-add"], times["exp2"], strict=True)
    return [MULTIPLY_ADDS * one + other for one, other in both]


def rows(times: Times) -> list[Row]:
    """The limit, line by line."""
    return [
        Row("limit", "multiply-adds, float32", 1.0 / typical(times, "multiply-add"), "1e9/s"),
        Row("limit", "exp2 by polynomial of degree 5, float32", 1.0 / typical(times, "exp2"), "1e9/s"),
        Row("limit", "a pair: 6 multiply-adds and one exp2", median(pair(times)), "ns"),
        Row("limit", "memory, triad of float64", 1.0 / typical(times, "triad"), "GB/s"),
    ]
