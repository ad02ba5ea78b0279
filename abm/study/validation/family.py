"""A family of cases: what a case of it has to say, and what the market's own kernels and rules find for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict


@dataclass(frozen=True)
class Estimate:
    """A quantity found by simulation: its mean, of any shape, and the standard error of each entry."""

    mean: NDArray[np.float64]
    error: NDArray[np.float64]


Found = float | NDArray[np.float64] | Estimate


class Family(BaseModel, ABC):
    """One case: its fields are the inputs, with units, bounds and a sentence each; what is unknown is refused.

    `finds` names the quantities found, with a sentence each; left empty, they are known only once they are found.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    finds: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def find(self) -> dict[str, Found]:
        """Every quantity of the family by its name, as found.

        Raises:
            ValueError: the inputs are admissible, but lead to nothing that can be found; the message says why.
        """
