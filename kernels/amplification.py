"""How much more orders vary than the demand behind them: linear ordering rules as filters of the demand.

A filter is float64[k]: the order of a day is sum_i filter[i] x demand i days ago. Demand is autoregressive of order
one, D' = mean + rho (D - mean) + e, with -1 < rho < 1; ratios are of variances in the steady state.
"""

import numpy as np
import numpy.typing as npt

from kernels.compiled import kernel


@kernel
def ratio(weights: npt.NDArray[np.float64], rho: float) -> float:
    """Variance of filtered demand over the variance of demand: sum_ij f_i f_j rho^|i - j|.

    weights : float64[k], the filter. In one pass, as what earlier weights add is carried along and fades by rho.
    """
    total, carried = 0.0, 0.0
    for weight in weights:
        carried *= rho
        total += weight * (weight + 2.0 * carried)
        carried += weight
    return total


@kernel
def through(weights: npt.NDArray[np.float64], other: npt.NDArray[np.float64], both: npt.NDArray[np.float64]) -> None:
    """Write the filter of one stage after another: float64[a], float64[b], float64[a + b - 1], a convolution."""
    both[:] = 0.0
    for i in range(weights.size):
        for j in range(other.size):
            both[i + j] += weights[i] * other[j]


@kernel
def average_change(window: int, change: npt.NDArray[np.float64]) -> None:
    """Write by how much a moving average of the last days moves, as a filter: (D_t - D_{t-p}) / p.

    window p : days. change : float64[p + 1 or more].

    Chen, Drezner, Ryan and Simchi-Levi (2000), Management Science 46(3), 436-443.
    """
    change[:] = 0.0
    change[0] = 1.0 / window
    change[window] = -1.0 / window


@kernel
def smoothing_change(alpha: float, change: npt.NDArray[np.float64]) -> None:
    """Write by how much a smoothed forecast moves, as a filter: alpha D_t - alpha^2 sum_i (1 - alpha)^(i-1) D_{t-i}.

    change : float64[k]; what is cut off after the last entry sums to alpha (1 - alpha)^(k-1).

    Chen, Ryan and Simchi-Levi (2000), Naval Research Logistics 47(4), 269-286.
    """
    change[0] = alpha
    weight = -alpha * alpha
    for back in range(1, change.size):
        change[back] = weight
        weight *= 1.0 - alpha


@kernel
def expected_change(rho: float, horizon: int) -> float:
    """By how much the expected total of the `horizon` days ahead moves with a unit more today: rho + ... + rho^horizon.

    Lee, So and Tang (2000), Management Science 46(5), 626-643, horizon = lead time + 1.
    """
    total, power = 0.0, 1.0
    for _ in range(horizon):
        power *= rho
        total += power
    return total


@kernel
def unforeseen(rho: float, retailer: int, supplier: int) -> float:
    """Variance of a retailer's orders over a supplier's lead time that nobody can foresee, per variance of the error e.

    retailer l, supplier L : lead times in days. sum over the L + 1 days ahead of ((1 - rho^(j + l + 1)) / (1 - rho))^2:
    what is left when the retailer shares its demand. Lee, So and Tang (2000).
    """
    total = 0.0
    for days in range(supplier + 1):
        ahead = 1.0 + expected_change(rho, retailer + 1 + days)
        total += ahead * ahead
    return total


@kernel
def unshared(rho: float, retailer: int, supplier: int) -> float:
    """Variance that a supplier adds to `unforeseen` when it sees orders only and not the error behind the last of them.

    The last error weighs -(rho + ... + rho^(l+1)) (1 + rho + ... + rho^L) in the orders ahead.

    Lee, So and Tang (2000).
    """
    weight = expected_change(rho, retailer + 1) * (1.0 + expected_change(rho, supplier))
    return weight * weight
