"""Which levels and batches cost least, in theory: the newsvendor, (s, S) and (r, Q) policies for whole units, EOQ.

Units are goods; costs are in the unit of h, p and K, a period (or, under continuous review, a unit of time). A law of
demand is its probabilities, float64[d] for 0 to d - 1 units. A level is costed by the demand that it meets before the
next order can help: lead time and review. Snyder and Shen is Fundamentals of Supply Chain Theory, 2nd edition (2019).
"""

import math

import numpy as np
import numpy.typing as npt

from kernels.compiled import kernel
from kernels.functions import normal_cdf, normal_pdf
from kernels.replenishment import expected_short, newsvendor, newsvendor_cost

NO_ANSWER = -1.0
"""What a search returns as a cost when the room that it was given is too small."""


@kernel
def poisson(mean: float, law: npt.NDArray[np.float64]) -> None:
    """Write the Poisson law of a mean, cut after the last entry: law float64[d], sums to 1.

    From the likeliest value outward, so that no mean under- or overflows; relative error about d rounding errors.
    """
    mode = min(int(mean), law.size - 1)
    law[mode] = 1.0
    for units in range(mode, 0, -1):
        law[units - 1] = law[units] * units / mean
    for units in range(mode + 1, law.size):
        law[units] = law[units - 1] * mean / units
    law /= law.sum()


@kernel
def convolved(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64], both: npt.NDArray[np.float64]) -> None:
    """Write the law of the sum of two independent demands; float64[a], float64[b], float64[a + b - 1]."""
    both[:] = 0.0
    for i in range(one.size):
        for j in range(other.size):
            both[i + j] += one[i] * other[j]


@kernel
def left_over(law: npt.NDArray[np.float64], level: float) -> float:
    """Units expected to be left when `level` meets one draw of demand: E[(S - D)+].

    Snyder and Shen, appendix C.
    """
    total = 0.0
    for units in range(min(law.size, max(0, math.ceil(level)))):
        total += (level - units) * law[units]
    return total


@kernel
def mean_of(law: npt.NDArray[np.float64]) -> float:
    """Mean of a law, in units."""
    total = 0.0
    for units in range(law.size):
        total += units * law[units]
    return total


@kernel
def level_cost(law: npt.NDArray[np.float64], mean: float, holding: float, shortage: float, level: float) -> float:
    """Expected cost of meeting one draw of demand from `level`: h E[(S - D)+] + p E[(D - S)+], convex in the level.

    mean : of the law, units. Snyder and Shen, chapter 4.
    """
    left = left_over(law, level)
    return holding * left + shortage * (left + mean - level)


@kernel
def quantile(law: npt.NDArray[np.float64], part: float) -> int:
    """Smallest number of units that covers demand with probability `part`: with p / (p + h), the newsvendor's level.

    Snyder and Shen, chapter 4.
    """
    total = 0.0
    for units in range(law.size):
        total += law[units]
        if total >= part:
            return units
    return law.size - 1


@kernel
def visits(law: npt.NDArray[np.float64], density: npt.NDArray[np.float64]) -> None:
    """Periods that the position spends d units below S before it falls to s, for d from 0 on; density float64[m].

    m(0) = 1 / (1 - f(0)), m(d) = sum_l f(l) m(d - l) / (1 - f(0)), f the law of one period's demand, f(0) < 1.
    Zheng and Federgruen (1991), Operations Research 39(4); Snyder and Shen, equations (4.71) to (4.75).
    """
    density[0] = 1.0 / (1.0 - law[0])
    for below in range(1, density.size):
        total = 0.0
        for units in range(1, min(below, law.size - 1) + 1):
            total += law[units] * density[below - units]
        density[below] = total * density[0]


@kernel
def s_S_cost(
    reorder: int, level: int, density: npt.NDArray[np.float64], exposed: npt.NDArray[np.float64], mean: float,
    setup: float, holding: float, shortage: float,
) -> float:  # fmt: skip
    """Expected cost of a period under (s, S): [K + sum_d m(d) G(S - d)] / sum_d m(d), d from 0 to S - s - 1.

    density : float64[S - s or more], `visits` of one period's demand; exposed : law of demand over lead time and
    review, with its mean. Zheng and Federgruen (1991); Snyder and Shen, chapter 4, example 4.7.
    """
    cost, periods = setup, 0.0
    for below in range(level - reorder):
        cost += density[below] * level_cost(exposed, mean, holding, shortage, level - below)
        periods += density[below]
    return cost / periods


@kernel
def s_S_optimum(
    density: npt.NDArray[np.float64], exposed: npt.NDArray[np.float64], setup: float, holding: float, shortage: float
) -> tuple[int, int, float]:
    """Return the (s, S) that costs least, and its cost; `NO_ANSWER` when S - s would exceed the room of `density`.

    Arguments as in `s_S_cost`. The algorithm of Zheng and Federgruen (1991).
    """
    mean = mean_of(exposed)
    best = quantile(exposed, shortage / (shortage + holding))
    low, level = best - 1, best
    cost = s_S_cost(low, best, density, exposed, mean, setup, holding, shortage)
    while cost > level_cost(exposed, mean, holding, shortage, low):
        low -= 1
        if best - low > density.size:
            return 0, 0, NO_ANSWER
        cost = s_S_cost(low, best, density, exposed, mean, setup, holding, shortage)
    while level_cost(exposed, mean, holding, shortage, level + 1) <= cost:
        level += 1
        if level - low > density.size:
            return 0, 0, NO_ANSWER
        if s_S_cost(low, level, density, exposed, mean, setup, holding, shortage) < cost:
            best = level
            while s_S_cost(low, best, density, exposed, mean, setup, holding, shortage) <= level_cost(
                exposed, mean, holding, shortage, low + 1
            ):
                low += 1
            cost = s_S_cost(low, best, density, exposed, mean, setup, holding, shortage)
    return low, best, cost


@kernel
def r_Q_cost(
    reorder: int, batch: int, rate: float, exposed: npt.NDArray[np.float64], setup: float, holding: float,
    shortage: float,
) -> float:  # fmt: skip
    """Expected cost of a unit of time under (r, Q), demand by the unit at `rate`: [K rate + sum G(y)] / Q.

    y runs from r + 1 to r + Q; exposed : law of the demand of a lead time. Snyder and Shen, equation (5.48).
    """
    mean, cost = mean_of(exposed), setup * rate
    for position in range(reorder + 1, reorder + batch + 1):
        cost += level_cost(exposed, mean, holding, shortage, position)
    return cost / batch


@kernel
def r_Q_optimum(
    rate: float, exposed: npt.NDArray[np.float64], setup: float, holding: float, shortage: float
) -> tuple[int, int, float]:
    """Return the (r, Q) that costs least, and its cost, demand coming by the unit: widen while the mean falls.

    Arguments as in `r_Q_cost`. Federgruen and Zheng (1992), Operations Research 40(4), 808-813.
    """
    mean = mean_of(exposed)
    reorder, batch = quantile(exposed, shortage / (shortage + holding)) - 1, 1
    total = setup * rate + level_cost(exposed, mean, holding, shortage, reorder + 1)
    while True:
        below = level_cost(exposed, mean, holding, shortage, reorder)
        above = level_cost(exposed, mean, holding, shortage, reorder + batch + 1)
        if min(below, above) * batch >= total:
            return reorder, batch, total / batch
        reorder -= below < above
        batch += 1
        total += min(below, above)


@kernel
def second_loss(z: float) -> float:
    """Integral of the standard normal loss from z on: [(z^2 + 1)(1 - Phi(z)) - z phi(z)] / 2.

    Snyder and Shen, appendix C.
    """
    return 0.5 * ((z * z + 1.0) * normal_cdf(-z) - z * normal_pdf(z))


@kernel
def r_Q_normal_cost(
    reorder: float, batch: float, rate: float, mean: float, sd: float, setup: float, holding: float, shortage: float
) -> float:
    """Expected cost of a unit of time under (r, Q) when demand flows: [K rate + integral of G from r to r + Q] / Q.

    mean, sd : normal demand of a lead time, sd > 0. Snyder and Shen, equation (5.7), integrated in closed form.
    """
    low, high = reorder - mean, reorder + batch - mean
    stock = 0.5 * holding * (high * high - low * low)
    short = (holding + shortage) * sd * sd * (second_loss(low / sd) - second_loss(high / sd))
    return (setup * rate + stock + short) / batch


@kernel
def crossing(mean: float, sd: float, holding: float, shortage: float, target: float, low: float, high: float) -> float:
    """Level between `low` and `high` at which the newsvendor's cost passes `target`, by halving to the last bit.

    `low` and `high` are given in the order in which the cost rises above the target from one to the other.
    """
    for _ in range(200):
        middle = 0.5 * (low + high)
        if newsvendor_cost(mean, sd, holding, shortage, middle) < target:
            low = middle
        else:
            high = middle
    return high


@kernel
def r_Q_normal_optimum(
    rate: float, mean: float, sd: float, setup: float, holding: float, shortage: float
) -> tuple[float, float, float]:
    """Return the (r, Q) that costs least when demand flows, and its cost c: the one with G(r) = G(r + Q) = c.

    Arguments as in `r_Q_normal_cost`. c is halved between the least G and that plus the cost of EOQ with backorders:
    the policy whose G is c at both ends costs less than c above the optimum, and more below it.

    Zheng (1992), Management Science 38(1), 87-103.
    """
    best = newsvendor(mean, sd, holding, shortage)
    least = newsvendor_cost(mean, sd, holding, shortage, best)
    low = least
    high = least + math.sqrt(2.0 * setup * rate * holding * shortage / (holding + shortage))
    reorder, top = best, best
    for _ in range(200):
        target = 0.5 * (low + high)
        reorder = crossing(mean, sd, holding, shortage, target, best, mean - target / shortage)
        top = crossing(mean, sd, holding, shortage, target, best, mean + target / holding)
        if r_Q_normal_cost(reorder, top - reorder, rate, mean, sd, setup, holding, shortage) < target:
            high = target
        else:
            low = target
    return reorder, top - reorder, r_Q_normal_cost(reorder, top - reorder, rate, mean, sd, setup, holding, shortage)


@kernel
def short_of_batches(reorder: float, batch: float, mean: float, sd: float) -> float:
    """Units on backorder on average under (r, Q), normal demand: the loss averaged over positions from r to r + Q.

    Hadley and Whitin (1963), Analysis of Inventory Systems, chapter 4; Snyder and Shen, chapter 5.
    """
    low, high = (reorder - mean) / sd, (reorder + batch - mean) / sd
    return sd * sd * (second_loss(low) - second_loss(high)) / batch


@kernel
def eoq_with_backorders(setup: float, holding: float, shortage: float, demand: float) -> tuple[float, float, float]:
    """Return the batch, the part of demand that waits, and the cost: EOQ when customers wait at p a unit and period.

    Q = sqrt(2 K D (h + p) / (h p)), x = h / (h + p), cost sqrt(2 K D h p / (h + p)). Snyder and Shen, chapter 3.
    """
    both = holding + shortage
    batch = math.sqrt(2.0 * setup * demand * both / (holding * shortage))
    return batch, holding / both, math.sqrt(2.0 * setup * demand * holding * shortage / both)


@kernel
def eoq_with_backorders_cost(
    setup: float, holding: float, shortage: float, demand: float, batch: float, waits: float
) -> float:
    """Cost of a period when demand is met in batches and a part `waits`: [h (1 - x)^2 + p x^2] Q / 2 + K D / Q.

    Snyder and Shen, chapter 3.
    """
    served = 1.0 - waits
    return 0.5 * batch * (holding * served * served + shortage * waits * waits) + setup * demand / batch


@kernel
def unmet(mean: float, sd: float, earlier: float, earlier_sd: float, level: float) -> float:
    """Units of a period's demand that are not met at once from a base stock: what is owed after it, less before it.

    mean, sd : normal demand of lead time and review; earlier, earlier_sd : of the lead time alone (sd 0: a known
    amount). Their difference is exact, where expected_short / mean counts a unit again in each period that it waits.
    """
    owed = expected_short(earlier, earlier_sd, level) if earlier_sd > 0.0 else max(0.0, earlier - level)
    return expected_short(mean, sd, level) - owed
