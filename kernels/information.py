"""What a firm believes about tomorrow's demand: records kept with or without error, and forecasts made from them.

A record is a ring of days per row: `ring[row, day % W]` is what was asked for on that day. Forecasts are units a day.
"""

import numpy as np
import numpy.typing as npt

from kernels.compiled import kernel


@kernel
def record(start: int, stop: int, demand: npt.NDArray[np.int64], day: int, ring: npt.NDArray[np.int64]) -> None:
    """Enter one day of demand in the rings, over the entry that is `W` days old.

    demand : int64[n], units asked for on `day`.
    ring : int64[n, W], units; column `day % W` is written for the rows of [start, stop), no other.
    """
    column = day % ring.shape[1]
    for row in range(start, stop):
        ring[row, column] = demand[row]


@kernel
def total_units(days: npt.NDArray[np.int64]) -> int:
    """Units asked for on all of these days, int64[days]."""
    total = 0
    for units in days:
        total += units
    return total


@kernel
def moving_average(
    start: int,
    stop: int,
    ring: npt.NDArray[np.int64],
    day: int,
    window: npt.NDArray[np.int64],
    forecast: npt.NDArray[np.float64],
) -> None:
    """Forecast by the mean of the last `window` recorded days, `day` the latest of them.

    ring : int64[n, W], units asked for per day, column `day % W` the latest.
    day : days are counted from 0; never more than day + 1 days are read, so a ring filled before the first day
        (a warm start) starts the count at W - 1 or later.
    window : int64[n], days, taken within [1, W].
    forecast : float64[n], units a day, written. The sum is an integer sum: one rounding, in the division.

    Chen, Drezner, Ryan and Simchi-Levi (2000), Management Science 46(3), 436-443.
    """
    length = ring.shape[1]
    latest = day % length
    for row in range(start, stop):
        days = max(1, min(window[row], length, day + 1))
        oldest = latest + 1 - days
        total = total_units(ring[row, max(0, oldest) : latest + 1]) + total_units(ring[row, length + min(0, oldest) :])
        forecast[row] = total / days


@kernel
def smoothing(
    start: int,
    stop: int,
    observed: npt.NDArray[np.float64],
    alpha: npt.NDArray[np.float64],
    forecast: npt.NDArray[np.float64],
) -> None:
    """Move each forecast towards what was observed: F <- F + alpha (observed - F).

    observed : float64[n], units a day.
    alpha : float64[n], weight of the newest day, in [0, 1]; 0 never learns, 1 repeats the last day.
    forecast : float64[n], units a day, written in place; stays between the old forecast and the observation.

    Single exponential smoothing: Brown (1959), Statistical Forecasting for Inventory Control; the expectation of
    Sterman (1989), Management Science 35(3), with theta = alpha.
    """
    for row in range(start, stop):
        forecast[row] += alpha[row] * (observed[row] - forecast[row])


@kernel
def expected_total(observed: float, mean: float, rho: float, horizon: int) -> float:
    """Expected demand over the `horizon` days that follow a day on which `observed` units were asked for.

    Demand follows D' = mean + rho (D - mean) + e, so the k-th day ahead is expected at mean + rho^k (D - mean).

    Lee, So and Tang (2000), Management Science 46(5), 626-643, with horizon = lead time + 1.
    """
    gap = observed - mean
    total = horizon * mean
    for _ in range(horizon):
        gap *= rho
        total += gap
    return total


@kernel
def ar1(
    start: int,
    stop: int,
    observed: npt.NDArray[np.float64],
    mean: npt.NDArray[np.float64],
    rho: npt.NDArray[np.float64],
    horizon: npt.NDArray[np.int64],
    forecast: npt.NDArray[np.float64],
) -> None:
    """Forecast by the optimal rule for demand that is autoregressive of order one.

    observed, mean : float64[n], units a day; rho : float64[n] in (-1, 1); horizon : int64[n], days, at least 1.
    forecast : float64[n], units a day, the mean over the horizon, written.

    Lee, So and Tang (2000), as `expected_total`.
    """
    for row in range(start, stop):
        forecast[row] = expected_total(observed[row], mean[row], rho[row], horizon[row]) / horizon[row]


@kernel
def noisy(observed: float, sd: float, normal: float) -> float:
    """What an unconnected firm writes down when `observed` units moved: observed (1 + sd normal), never below 0.

    sd : relative error of the record (.1: ten per cent); normal : a standard normal draw, given by the caller.
    Unbiased while 1/sd is many deviations; sd = 0 gives the truth. DeHoratius and Raman (2008), Management Science
    54(4), find two thirds of store records wrong; the size is a parameter.
    """
    return observed * max(0.0, 1.0 + sd * normal)


@kernel
def misrecord(
    start: int,
    stop: int,
    observed: npt.NDArray[np.float64],
    sd: npt.NDArray[np.float64],
    normal: npt.NDArray[np.float64],
    recorded: npt.NDArray[np.float64],
) -> None:
    """Write the records of a day, each with its firm's own error.

    observed : float64[n], units; sd : float64[n], relative error, 0 for a connected firm; normal : float64[n], draws.
    recorded : float64[n], units, written; never negative, and equal to `observed` where sd is 0.
    """
    for row in range(start, stop):
        recorded[row] = noisy(observed[row], sd[row], normal[row])
