"""How what happens to one sector reaches all: the influence vector and the Leontief inverse of a network of inputs.

W[i][j] is the share of sector j in the inputs of sector i, alpha the share of labour; rows of W sum to 1 under constant
returns. Acemoglu, Carvalho, Ozdaglar and Tahbaz-Salehi (2012), Econometrica 80(5), 1977-2016.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field, model_validator

from abm.columns import F8
from abm.study.validation.family import Family, Found
from abm.study.validation.inputs import demand, given
from kernels import networks

Share = Annotated[float, Field(ge=0, le=1)]
Value = Annotated[float, Field(ge=-1e12, le=1e12)]


class Network(Family):
    """Sectors that use each other's goods."""

    alpha: float = given(..., "share", "Share of labour in what a sector makes.", "labour_share", above=0, most=1)
    W: tuple[tuple[Share, ...], ...] = given(
        ..., "share", "Share of each sector (column) in the inputs of each (row).", "weights", "inputs", "matrix"
    )

    @model_validator(mode="after")
    def _square(self) -> Network:
        demand(all(len(row) == len(self.W) for row in self.W) and len(self.W) > 0, "as many columns as rows of W")
        demand(all(sum(row) <= 1 + 1e-9 for row in self.W), "rows of W that sum to at most 1")
        return self

    def spread(self) -> F8:
        """The Leontief inverse [I - (1 - alpha) W]^-1, by sector and input."""
        shares = np.array(self.W, np.float64)
        inverse = np.empty_like(shares)
        networks.leontief((1.0 - self.alpha) * shares, inverse)
        return inverse


class Influence(Network):
    """The influence vector: by how much output falls, in logs, with the productivity of each sector."""

    finds: ClassVar[Mapping[str, str]] = {
        "v": "Influence of each sector, alpha / n [I - (1 - alpha) W']^-1 1.",
        "norm": "Euclidean norm of v: deviation of output per deviation of independent sectors.",
    }

    def find(self) -> dict[str, Found]:
        """The vector and its norm."""
        v = self.alpha / len(self.W) * self.spread().sum(axis=0)
        return {"v": v, "norm": float(np.sqrt((v * v).sum()))}


class Leontief(Network):
    """What all sectors make, directly and indirectly, for what is finally wanted of each."""

    finds: ClassVar[Mapping[str, str]] = {
        "inverse": "[I - (1 - alpha) W]^-1: a row for each sector.",
        "output": "Output of each sector that meets the final demand.",
        "v": "The influence vector.",
    }
    final_demand: tuple[Value, ...] | Value = given(
        1.0, "value", "What is finally wanted of each sector.", "final", "demand", "d"
    )

    @model_validator(mode="after")
    def _wanted_of_each(self) -> Leontief:
        wanted = self.final_demand
        demand(not isinstance(wanted, tuple) or len(wanted) == len(self.W), "a final_demand for each sector, or one")
        return self

    def find(self) -> dict[str, Found]:
        """The inverse and what follows."""
        inverse = self.spread()
        wanted = np.broadcast_to(np.asarray(self.final_demand, np.float64), len(self.W))
        return {"inverse": inverse, "output": wanted @ inverse, "v": self.alpha / len(self.W) * inverse.sum(axis=0)}
