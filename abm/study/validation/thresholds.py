"""Sellers who bunch below the value at which a tax begins, and the hole that they leave above it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from abm.study.validation.family import Family, Found
from abm.study.validation.inputs import Numbers, given
from kernels import thresholds
from kernels.pricing import cost_plus


class CesThreshold(Family):
    """A tax on the whole price of whatever costs more than a threshold, under demand of constant elasticity.

    Sellers whose costs lie in between keep the price at the threshold; no price lies in the hole above it.
    """

    finds: ClassVar[Mapping[str, str]] = {
        "cost_low": "Cost from which the price is kept at the threshold.",
        "cost_high": "Cost up to which it is kept there.",
        "hole_low": "Where the hole begins: the threshold.",
        "hole_high": "The lowest price above the threshold.",
        "prices": "Price at each of the costs c, where some are given.",
    }
    s: float = given(..., "1", "Elasticity of demand.", "sigma", "elasticity", above=1.0)
    tax: float = given(..., "share", "Tax on the whole price above the threshold.", "rate", "t", "tariff", above=0.0)
    T: float = given(..., "money", "The threshold.", "threshold", above=0.0)
    c: Numbers = given((), "money", "Costs at which prices are wanted.", "cost", "costs")

    def find(self) -> dict[str, Found]:
        """Where bunching begins and ends, and the prices."""
        stays = thresholds.last_to_stay(self.s, self.T, self.tax)
        found: dict[str, Found] = {
            "cost_low": self.T * (self.s - 1.0) / self.s,
            "cost_high": stays,
            "hole_low": self.T,
            "hole_high": cost_plus(stays, 1.0 / (self.s - 1.0), 0.0),
        }
        if self.c:
            price = np.empty(len(self.c))
            thresholds.prices_near(0, len(price), np.array(self.c, float), self.s, self.T, self.tax, price)
            found["prices"] = price
        return found
