"""One number for each of several stages or points, and demand drawn for them."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from abm.columns import F8, I8
from abm.study.validation.inputs import demand

MOST = 1e6
"""Most units of anything at a stage: counted in parts, they still fit 53 bits."""
Amount = Annotated[float, Field(ge=0, le=1e9)]
Units = Annotated[float, Field(ge=0, le=MOST)]
Level = Annotated[float, Field(ge=-MOST, le=MOST)]
Time = Annotated[int, Field(ge=0, le=1000)]
Amounts = Amount | tuple[Amount, ...]
Levels = Level | tuple[Level, ...]
Times = Time | tuple[Time, ...]


def each(value: float | tuple[float, ...] | tuple[int, ...] | None, count: int, name: str) -> F8:
    """One value for each of `count` stages: a single number stands for all."""
    values = np.asarray(value, np.float64)
    if values.ndim == 0:
        return np.full(count, float(values))
    demand(len(values) == count, f"one {name}, or {count}: one for each; {len(values)} were given")
    return values


def drawn(mean: F8, sd: F8 | None, periods: int, copies: int, seed: int, parts: int) -> I8:
    """Demand int64[stream, period, copy] in parts of a unit: normal and cut at 0, or Poisson where there is no sd."""
    chance = np.random.default_rng(seed)
    shape = (len(mean), periods, copies)
    if sd is None:
        return chance.poisson(mean[:, None, None], shape) * parts
    units = chance.normal(mean[:, None, None], sd[:, None, None], shape)
    return np.asarray(np.rint(np.maximum(units, 0.0) * parts), np.int64)
