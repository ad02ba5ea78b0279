"""Chance: the published words of the counter, and draws against the laws that they are said to follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import exp
from statistics import NormalDist
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from abm.study.validation.family import Estimate, Family, Found
from abm.study.validation.inputs import demand, given
from kernels import chance
from kernels.chance import Stream, counter
from kernels.turnover import gumbel

F8 = NDArray[np.float64]
EULER = 0.5772156649015329


class Philox(Family):
    """The four words of Philox 4x32-10 at a counter under a key."""

    finds: ClassVar[Mapping[str, str]] = {"words": "The four words, as whole numbers."}
    counter: tuple[int, ...] = given(..., "words", "Four words of 32 bits.")
    key: tuple[int, ...] = given(..., "words", "Two words of 32 bits.")

    @model_validator(mode="after")
    def _fits(self) -> Philox:
        demand(len(self.counter) == 4 and len(self.key) == 2, "counter with four words and key with two")
        demand(all(0 <= word < 2**32 for word in (*self.counter, *self.key)), "words from 0 to 2^32 - 1")
        return self

    def find(self) -> dict[str, Found]:
        """The words."""
        return {"words": np.array(chance.philox(*map(np.uint32, (*self.counter, *self.key))), float)}


class Draws(Family):
    """Draws of the market against the exact law: mean, variance, and the largest gap to the distribution function.

    The laws: `uniform` on 32 bits, `uniform32` of float32 on 23 bits, `normal`, and `extreme_value` of Gumbel.
    """

    finds: ClassVar[Mapping[str, str]] = {
        "mean_gap": "Mean of the draws less that of the law.",
        "variance_gap": "Mean squared distance from the law's mean, less its variance.",
        "kolmogorov": "sqrt(n) times the largest gap between distribution functions; above 1.95 once in a thousand.",
        "correlation": "Correlation of the draws of neighbouring identities.",
    }
    law: Literal["uniform", "uniform32", "normal", "extreme_value"] = given(..., "", "The law.")
    n: int = given(100_000, "count", "How many draws.", "draws", least=100, most=10_000_000)
    seed: int = given(1, "1", "The seed of all chance.", least=0, most=2**63 - 1)

    def find(self) -> dict[str, Found]:
        """The gaps."""
        words = np.empty((self.n, 4), np.uint32)
        identities = np.arange(self.n, dtype=np.uint64)
        chance.words(np.uint64(self.seed), identities, np.uint32(1), counter(Stream.SHOP), words)
        of_word, mean, variance, below = LAWS[self.law]
        value = np.array([of_word(word) for word in words[:, 0]], float)
        ordered = np.array([below(one) for one in np.sort(value)])
        steps = np.arange(self.n + 1) / self.n
        largest = float(np.maximum(steps[1:] - ordered, ordered - steps[:-1]).max())
        return {
            "mean_gap": _mean(value - mean),
            "variance_gap": _mean((value - mean) ** 2 - variance),
            "kolmogorov": largest * self.n**0.5,
            "correlation": _mean((value[1:] - mean) * (value[:-1] - mean) / variance),
        }


def _mean(values: F8) -> Estimate:
    return Estimate(np.array(values.mean()), np.array(values.std(ddof=1) / np.sqrt(len(values))))


Law = tuple[Callable[[np.uint32], Any], float, float, Callable[[float], float]]
LAWS: dict[str, Law] = {
    "uniform": (chance.uniform64, 0.5, 1 / 12, lambda value: value),
    "uniform32": (chance.uniform, 0.5, 1 / 12, lambda value: value),
    "normal": (chance.normal, 0.0, 1.0, NormalDist().cdf),
    "extreme_value": (gumbel, EULER, np.pi**2 / 6, lambda value: exp(-exp(-value))),
}
"""By name: what makes a draw of a word, the mean, the variance, and the distribution function."""
