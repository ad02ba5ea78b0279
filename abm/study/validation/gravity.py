"""Gravity by construction: shoppers who dislike distance in logarithm buy as the gravity equation says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from abm.study.validation.family import Family, Found
from abm.study.validation.inputs import Matrix, Numbers, demand, given
from kernels import choice
from kernels.functions import log

F8 = NDArray[np.float64]


class Gravity(Family):
    """Shoppers in several places with V = appeal - theta ln(distance): log shares are regressed on log distance.

    With an effect of each place of shoppers and of each origin; under a nest the slope is theta / lam.
    """

    finds: ClassVar[Mapping[str, str]] = {
        "slope": "Minus the coefficient of ln(distance) in the regression of log shares.",
        "shares": "Part of all who look that buys from each origin, a list for each place of shoppers.",
    }
    theta: float = given(..., "1", "Elasticity of utility in distance.")
    distance: Matrix = given(..., "km", "Distance of each origin, a list for each place of shoppers.", "distances", "d")
    appeal: Numbers = given((), "utility", "Liking of the goods of each origin; 0 unless said.", "xi")
    lam: float = given(1.0, "1", "Nest: 1 is plain logit.", "lambda", above=0.0, most=1.0)

    @model_validator(mode="after")
    def _fits(self) -> Gravity:
        origins = len(self.distance[0]) if self.distance else 0
        demand(len(self.distance) > 1 and origins > 1, "distance with at least two lists of at least two numbers")
        demand(all(len(row) == origins for row in self.distance), "distance with lists of equal length")
        demand(all(one > 0 for row in self.distance for one in row), "distances above 0")
        demand(len(self.appeal) in (0, origins), f"appeal with one number per origin, {origins} as distance has")
        return self

    def find(self) -> dict[str, Found]:
        """The slope of the regression, and the shares that it is made of."""
        logs = np.array([[log(one) for one in row] for row in self.distance])
        appeal = np.array(self.appeal or [0.0] * logs.shape[1], float)
        shares = np.empty_like(logs)
        for place in range(len(logs)):
            choice.shares(appeal - self.theta * logs[place], 0.0, self.lam, shares[place])
        regressor, regressed = (_within(one) for one in (logs, np.array([[log(one) for one in row] for row in shares])))
        spread = float((regressor**2).sum())
        demand(spread > 1e-12 * logs.size, "distances that differ beyond the effects of place and origin")
        return {"slope": -float((regressor * regressed).sum()) / spread, "shares": shares}


def _within(table: F8) -> F8:
    """What is left of a table beyond an effect of each row and of each column."""
    return np.asarray(table - table.mean(axis=0) - table.mean(axis=1)[:, None] + table.mean())
