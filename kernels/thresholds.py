"""What a seller charges where a tax begins above a value: below it, exactly at it, or far above."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import kernel
from kernels.functions import exp, log
from kernels.pricing import cost_plus

F8 = NDArray[np.float64]


@kernel
def profit(price: float, cost: float, elasticity: float, paid: float) -> float:
    """Profit from shoppers who buy `paid`^-elasticity when they pay `paid` for what is listed at `price`."""
    return (price - cost) * exp(-elasticity * log(paid))


@kernel
def price_near(cost: float, elasticity: float, threshold: float, rate: float) -> float:
    """Best price of a seller whose shoppers pay (1 + rate) times the price, but the price alone up to `threshold`.

    Demand has constant `elasticity` above 1. Without the tax, and above the threshold with it, the markup on cost is
    1 / (elasticity - 1); in between the price stays at the threshold as long as that earns more.

    Kleven (2016), Annual Review of Economics 8, section 2.2: a notch leaves a hole above it.
    """
    usual = cost_plus(cost, 1.0 / (elasticity - 1.0), 0.0)
    if usual <= threshold:
        return usual
    kept = profit(threshold, cost, elasticity, threshold)
    return threshold if kept >= profit(usual, cost, elasticity, (1.0 + rate) * usual) else usual


@kernel
def prices_near(start: int, stop: int, cost: F8, elasticity: float, threshold: float, rate: float, price: F8) -> None:
    """Best prices of the sellers `start` to `stop` by `price_near`; written: price[seller], by cost[seller]."""
    for i in range(start, stop):
        price[i] = price_near(cost[i], elasticity, threshold, rate)


@kernel
def last_to_stay(elasticity: float, threshold: float, rate: float) -> float:
    """The highest cost at which the price stays at the threshold, found by halving to the last bit; it rises in rate.

    Between the cost of whom the threshold suits anyway and the threshold itself, who would earn nothing there.
    """
    low, high = threshold * (elasticity - 1.0) / elasticity, threshold
    for _ in range(200):
        cost = 0.5 * (low + high)
        if price_near(cost, elasticity, threshold, rate) <= threshold:
            low = cost
        else:
            high = cost
    return low
