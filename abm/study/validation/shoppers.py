"""Who shops in a case of demand: types of consumers on a grid or in a list, and what their coefficients are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from abm.study.validation.inputs import Numbers, demand

F8 = NDArray[np.float64]
EQUATION = ("constant", "price", "price_v", "x", "x_w")
ALSO = {
    "price_spread": "price_v", "price_sd": "price_v", "sigma_price": "price_v", "v": "price_v",
    "alpha": "price",
    "price_mean": "price",
    "sigma_alpha": "price_v",
    "beta": "x",
    "x_mean": "x",
    "sigma_beta": "x_w",
    "const": "constant",
    "intercept": "constant",
    "x_spread": "x_w", "x_sd": "x_w", "sigma_x": "x_w", "w": "x_w",
}  # fmt: skip


def _by_name(value: Any) -> Any:
    """Coefficients by name, from a list in the order of the equation or with pairs [mean, spread]."""
    if isinstance(value, (list, tuple)) and len(value) == len(EQUATION):
        return dict(zip(EQUATION, value, strict=True))
    if not isinstance(value, Mapping):
        return value
    found = {ALSO.get(name, name): number for name, number in value.items()}
    for mean, spread in (("price", "price_v"), ("x", "x_w")):
        pair = found.get(mean)
        if isinstance(pair, (list, tuple)) and len(pair) == 2 and spread not in found:
            found[mean], found[spread] = pair
    return found


class Part(BaseModel):
    """A table within a case."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Coefficients(Part):
    """u = constant + (price + price_v v) p + (x + x_w w) x + xi: by name, in this order, or as pairs [mean, spread]."""

    constant: float = Field(default=1.0, description="Liking of any offer, against buying nothing.")
    price: float = Field(default=-1.0, description="Mean coefficient of price.")
    price_v: float = Field(default=0.0, description="How the coefficient of price changes with v.")
    x: float = Field(default=1.0, description="Mean coefficient of x.")
    x_w: float = Field(default=0.0, description="How the coefficient of x changes with w.")


def _as_columns(value: Any) -> Any:
    """Types of consumers as columns, from rows [v, w, weight] or from tables."""
    if isinstance(value, Mapping):
        return {"weight" if key == "weights" else key: inner for key, inner in value.items()}
    if isinstance(value, (list, tuple)) and value:
        if all(isinstance(row, Mapping) for row in value):
            return {
                key: [row.get(key) for row in value if key in row] for key in dict.fromkeys(k for r in value for k in r)
            }
        if all(isinstance(row, (list, tuple)) and len(row) in (2, 3) for row in value):
            return dict(zip(("v", "w", "weight"), map(list, zip(*value, strict=True)), strict=False))
    return value


class Consumers(Part):
    """Types of consumers, side by side."""

    v: Numbers = Field(default=(0.0,), description="Taste for price of each type.")
    w: Numbers = Field(default=(0.0,), description="Taste for x of each type.")
    weight: Numbers = Field(default=(), description="Weight of each type, scaled to sum to 1; all alike unless said.")

    @model_validator(mode="after")
    def _fits(self) -> Consumers:
        lengths = {len(one) for one in (self.v, self.w, self.weight) if len(one) > 1}
        demand(len(lengths) <= 1, "v, w and weight with one number per type of consumers")
        _weights(self.weight)
        return self

    def types(self) -> tuple[F8, F8, F8]:
        """v, w and weight of each type."""
        count = max(len(self.v), len(self.w), len(self.weight))
        weight = np.array(self.weight or (1.0,), float)
        v, w, weight = (np.broadcast_to(np.array(one, float), count).copy() for one in (self.v, self.w, weight))
        return v, w, weight / weight.sum()


def _as_grid(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return {"points": value}
    if isinstance(value, Mapping):
        return {{"g": "points", "weight": "weights"}.get(key, key): inner for key, inner in value.items()}
    return value


class Grid(Part):
    """Types of consumers at all pairs (v, w) of some points, each with the product of their weights."""

    points: Numbers = Field(description="The points of the grid, the same for v and w.")
    weights: Numbers = Field(
        default=(), description="The weight of each point, scaled to sum to 1; all alike unless said."
    )

    @model_validator(mode="after")
    def _fits(self) -> Grid:
        demand(len(self.weights) in (0, len(self.points)), "as many weights as points")
        _weights(self.weights)
        return self

    def types(self) -> tuple[F8, F8, F8]:
        """v, w and weight of each type."""
        points = np.array(self.points, float)
        weights = np.array(self.weights or [1.0] * len(points), float)
        weights /= weights.sum()
        v, w = np.meshgrid(points, points, indexing="ij")
        return v.ravel(), w.ravel(), np.outer(weights, weights).ravel()


def _weights(weights: tuple[float, ...]) -> None:
    demand(all(one >= 0 for one in weights) and (not weights or sum(weights) > 0), "weights of at least 0, not all 0")


SomeCoefficients = Annotated[Coefficients, BeforeValidator(_by_name)]
SomeConsumers = Annotated[Consumers, BeforeValidator(_as_columns)]
SomeGrid = Annotated[Grid, BeforeValidator(_as_grid)]
