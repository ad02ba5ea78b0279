"""The best echelon base stock of a serial system, and what any costs: Clark and Scarf (1960), by kernels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from abm.columns import F8
from abm.study.validation.laws import poisson
from kernels import echelons, functions

SPREADS = 9.0
"""Standard deviations of demand on either side that the grid covers."""
STEPS = 600
"""Steps of the grid to a standard deviation of the demand over all lead times."""


@dataclass(frozen=True)
class Grid:
    """Steps of stock, and the laws of demand on them, one for each stage."""

    start: float
    step: float
    count: int
    laws: list[F8]
    centred: bool
    """Whether a law is centred on the shift, or begins at it."""
    shifts: F8
    """By how much positions lie above the net stock that they become: whole means of demand, or nothing."""

    def where(self, stage: int, level: float) -> float:
        """The place of a position of an echelon on its grid."""
        return float((level - self.start - self.shifts[: stage + 1].sum()) / self.step)

    def level(self, stage: int, place: float) -> float:
        """The position of an echelon at a place of its grid."""
        return float(self.start + self.shifts[: stage + 1].sum() + place * self.step)


def solve(lead: F8, echelon_holding: F8, shortage: float, mean: float, sd: float | None,
          levels: F8 | None = None) -> tuple[F8, float]:  # fmt: skip
    """Return the echelon levels and the cost of a period; stage 1, which sells, first; Poisson where there is no sd.

    lead : periods; echelon_holding : what a stage adds to the cost of holding a unit; shortage p, of owing one.
    """
    grid = _whole(lead, mean, levels) if sd is None else _normal(lead, mean, sd, levels)
    below, later = np.empty(grid.count), np.empty(grid.count)
    echelons.owed(grid.start, grid.step, shortage + echelon_holding.sum(), below)
    found = np.empty(len(lead))
    start, cost, smooth = grid.start, 0.0, False
    for stage, law in enumerate(grid.laws):
        first = -(len(law) // 2) if grid.centred else 0
        echelons.expected_later(start, grid.step, echelon_holding[stage], law, first, below, later)
        start += grid.shifts[stage]
        smooth |= grid.centred and len(law) > 1
        if levels is None:
            place, away = echelons.least(later)
            at = place + (away if smooth else 0.0)
        else:
            at = grid.where(stage, levels[stage])
        found[stage], cost = grid.level(stage, at), echelons.between(later, at)
        echelons.held_to(at, later)
        below[:] = later
    return found, cost


def _normal(lead: F8, mean: float, sd: float, levels: F8 | None) -> Grid:
    total = sd * math.sqrt(max(lead.sum(), 1.0))
    step = total / STEPS
    reach = SPREADS * total
    if levels is not None:
        reach += float(np.abs(levels - mean * np.cumsum(lead)).max())
    side = math.ceil(reach / step)
    return Grid(-side * step, step, 2 * side + 1, [_density(sd * math.sqrt(days), step) for days in lead], True,
                mean * lead)  # fmt: skip


def _density(sd: float, step: float) -> F8:
    """A normal law on whole steps around its mean, sums to 1; all at the mean where sd is 0."""
    if sd == 0.0:
        return np.ones(1)
    side = math.ceil(SPREADS * sd / step)
    law = np.array([functions.normal_pdf(k * step / sd) for k in range(-side, side + 1)])
    return np.asarray(law / law.sum())


def _whole(lead: F8, mean: float, levels: F8 | None) -> Grid:
    most = mean * lead.sum()
    side = int(most + 12 * math.sqrt(most) + 60)
    if levels is not None:
        side += math.ceil(float(np.abs(levels).max()))
    return Grid(-float(side), 1.0, 2 * side + 1, [poisson(mean * days) for days in lead], False,
                np.zeros(len(lead)))  # fmt: skip
