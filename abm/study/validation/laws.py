"""Laws of demand in whole units, and estimates from replications, as the families share them."""

from __future__ import annotations

import math

import numpy as np

from abm.columns import F8, I8
from abm.study.validation.family import Estimate
from kernels import policies


def poisson(mean: float) -> F8:
    """The Poisson law of a mean, as far as float64 can tell; all at 0 where the mean is 0."""
    if mean == 0.0:
        return np.ones(1)
    law = np.empty(int(mean + 12 * math.sqrt(mean) + 60))
    policies.poisson(mean, law)
    return law


def summed(law: F8, times: int) -> F8:
    """The law of the demand of some periods, all at 0 where there are none."""
    total = np.ones(1)
    for _ in range(times):
        both = np.empty(len(total) + len(law) - 1)
        policies.convolved(total, law, both)
        total = both
    return total


def drawn(law: F8, periods: int, copies: int, seed: int) -> I8:
    """Demand, int64[period, replication], by a law of units from 0 on."""
    chance = np.random.default_rng(seed).random((periods, copies))
    return np.minimum(np.searchsorted(np.cumsum(law), chance, side="right"), len(law) - 1).astype(np.int64)


def estimate(sample: F8) -> Estimate:
    """Mean and standard error of independent replications, the last axis of the sample."""
    error = sample.std(axis=-1, ddof=1) / math.sqrt(sample.shape[-1])
    return Estimate(np.asarray(sample.mean(axis=-1)), np.asarray(error))
