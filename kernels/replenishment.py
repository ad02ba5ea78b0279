"""How much a firm asks its supplier for: inventory position against a level, by the rules of the textbooks.

Units are goods, days are calendar days. Orders are float64 proposals; the settlement makes them whole. `lead` is the
whole textbook lead time: link lead time plus order delay. Array kernels work on the rows of [start, stop). Snyder and
Shen is Fundamentals of Supply Chain Theory, 2nd edition (2019).
"""

import math

import numpy as np
import numpy.typing as npt

from kernels.compiled import kernel
from kernels.functions import normal_cdf, normal_pdf, normal_quantile


@kernel
def position(on_hand: int, on_order: int, backlog: int) -> int:
    """Inventory position in units: on hand, plus on order, less what is owed to customers.

    Snyder and Shen, chapter 4.
    """
    return on_hand + on_order - backlog


@kernel
def proportional(forecast: float, lead: float, review: float, cover: float, beta: float, position: int) -> float:
    """Order the expected demand of a review period and a part of the gap to the level: max(0, fR + beta (S - IP - fR)).

    S = f (L + R + cover), f units a day, L, R and cover in days, beta in [0, 1]; beta = 1 is order-up-to S. The orders
    vary less than the gap by the factor beta.

    Dejonckheere, Disney, Lambrecht and Towill (2003), European Journal of Operational Research 147(3).
    """
    due = forecast * review
    level = forecast * (lead + review + cover)
    return max(0.0, due + beta * (level - position - due))


@kernel
def order_up_to(level: float, position: int) -> float:
    """Order what lifts the position to the level, in units: max(0, S - IP).

    Snyder and Shen, chapter 4 (base-stock policy).
    """
    return max(0.0, level - position)


@kernel
def s_S(reorder: float, level: float, position: int) -> float:
    """Order up to the level S, in units, once the position is at or below the reorder point s; else nothing.

    Scarf (1960); Zheng and Federgruen (1991), Operations Research 39(4); Snyder and Shen, chapter 4.
    """
    if position > reorder:
        return 0.0
    return max(0.0, level - position)


@kernel
def r_Q(reorder: float, batch: float, position: int) -> float:
    """Order the fewest batches of Q units that lift the position above r; nothing while it is above.

    With unit demand and continuous review that is one batch at r. Hadley and Whitin (1963), Analysis of
    Inventory Systems; Snyder and Shen, chapter 5.
    """
    if position > reorder or batch <= 0.0:
        return 0.0
    return (math.floor((reorder - position) / batch) + 1.0) * batch


@kernel
def sterman(expected: float, alpha: float, target: float, stock: float, beta: float, supply_line: float) -> float:
    """Order the expected loss and a part of the shortfall: max(0, L + alpha (S' - S - beta SL)).

    expected L : units a period; target S', stock S (net of backlog), supply_line SL : units; alpha in [0, 1], speed;
    beta in [0, 1], the part of the supply line that is kept in mind.

    Sterman (1989), Management Science 35(3), 321-339.
    """
    return max(0.0, expected + alpha * (target - stock - beta * supply_line))


@kernel
def base_stock_level(mean: float, sd: float, lead: float, review: float, z: float) -> float:
    """Level that covers lead time and review with z deviations to spare: mu (L + R) + z sd sqrt(L + R), in units.

    mean, sd : demand of one day, independent from day to day. Snyder and Shen, equation (4.30) for the
    demand of L + R days.
    """
    exposed = lead + review
    return mean * exposed + z * sd * math.sqrt(exposed)


@kernel
def newsvendor(mean: float, sd: float, holding: float, shortage: float) -> float:
    """Level that costs least against one draw of normal demand, in units: mu + sd quantile(p / (p + h)).

    holding h, shortage p : cost of a unit left over, or short. Snyder and Shen, equation (4.30), example 4.3.
    """
    return mean + sd * normal_quantile(shortage / (shortage + holding))


@kernel
def expected_short(mean: float, sd: float, level: float) -> float:
    """Units expected to be short when `level` meets one draw of normal demand: sd (phi(z) - z (1 - Phi(z))).

    The normal loss function of Snyder and Shen, appendix C. The fill rate is 1 - expected_short / mean.
    """
    z = (level - mean) / sd
    return sd * (normal_pdf(z) - z * normal_cdf(-z))


@kernel
def newsvendor_cost(mean: float, sd: float, holding: float, shortage: float, level: float) -> float:
    """Expected cost of meeting one draw of normal demand from `level`, in the unit of h and p.

    h (S - mu) + (h + p) expected_short, convex in the level, least at `newsvendor`. Snyder and Shen, equation (4.24).
    """
    return holding * (level - mean) + (holding + shortage) * expected_short(mean, sd, level)


@kernel
def eoq(setup: float, holding: float, demand: float) -> float:
    """Batch that costs least when demand is steady, in units: sqrt(2 K D / h).

    setup K : cost of one order; holding h : cost of a unit kept for the period in which `demand` D units are asked for.
    Harris (1913); Snyder and Shen, equation (3.4), example 3.1.
    """
    return math.sqrt(2.0 * setup * demand / holding)


@kernel
def eoq_cost(setup: float, holding: float, demand: float, batch: float) -> float:
    """Cost of a period when `demand` is met in batches: K D / Q + h Q / 2, least at `eoq`.

    Snyder and Shen, chapter 3.
    """
    return setup * demand / batch + holding * batch / 2.0


@kernel
def positions(
    start: int,
    stop: int,
    on_hand: npt.NDArray[np.int64],
    on_order: npt.NDArray[np.int64],
    backlog: npt.NDArray[np.int64],
    written: npt.NDArray[np.int64],
) -> None:
    """Inventory positions, rule `position`; all int64[n], units, `written` is written."""
    for row in range(start, stop):
        written[row] = position(on_hand[row], on_order[row], backlog[row])


@kernel
def base_stock_levels(
    start: int,
    stop: int,
    mean: npt.NDArray[np.float64],
    sd: npt.NDArray[np.float64],
    lead: npt.NDArray[np.float64],
    review: npt.NDArray[np.float64],
    z: npt.NDArray[np.float64],
    level: npt.NDArray[np.float64],
) -> None:
    """Levels by `base_stock_level`; all float64[n]: units a day, days, deviations; `level`, units, is written."""
    for row in range(start, stop):
        level[row] = base_stock_level(mean[row], sd[row], lead[row], review[row], z[row])


@kernel
def proportional_orders(
    start: int,
    stop: int,
    position: npt.NDArray[np.int64],
    forecast: npt.NDArray[np.float64],
    lead: npt.NDArray[np.float64],
    review: npt.NDArray[np.float64],
    cover: npt.NDArray[np.float64],
    beta: npt.NDArray[np.float64],
    order: npt.NDArray[np.float64],
) -> None:
    """Orders by `proportional`.

    position : int64[n], units; forecast : float64[n], units a day; lead, review, cover : float64[n], days;
    beta : float64[n]. order : float64[n], units, written, never negative.
    """
    for row in range(start, stop):
        order[row] = proportional(forecast[row], lead[row], review[row], cover[row], beta[row], position[row])


@kernel
def up_to_orders(
    start: int,
    stop: int,
    position: npt.NDArray[np.int64],
    level: npt.NDArray[np.float64],
    order: npt.NDArray[np.float64],
) -> None:
    """Orders by `order_up_to`; position int64[n], level float64[n], units; order float64[n] is written, at least 0."""
    for row in range(start, stop):
        order[row] = order_up_to(level[row], position[row])


@kernel
def s_S_orders(
    start: int,
    stop: int,
    position: npt.NDArray[np.int64],
    reorder: npt.NDArray[np.float64],
    level: npt.NDArray[np.float64],
    order: npt.NDArray[np.float64],
) -> None:
    """Orders by `s_S`; position int64[n], reorder and level float64[n], units; order float64[n] is written."""
    for row in range(start, stop):
        order[row] = s_S(reorder[row], level[row], position[row])


@kernel
def r_Q_orders(
    start: int,
    stop: int,
    position: npt.NDArray[np.int64],
    reorder: npt.NDArray[np.float64],
    batch: npt.NDArray[np.float64],
    order: npt.NDArray[np.float64],
) -> None:
    """Orders by `r_Q`; position int64[n], reorder and batch float64[n], units; order float64[n] is written."""
    for row in range(start, stop):
        order[row] = r_Q(reorder[row], batch[row], position[row])


@kernel
def sterman_orders(
    start: int,
    stop: int,
    stock: npt.NDArray[np.float64],
    supply_line: npt.NDArray[np.float64],
    expected: npt.NDArray[np.float64],
    target: npt.NDArray[np.float64],
    alpha: npt.NDArray[np.float64],
    beta: npt.NDArray[np.float64],
    order: npt.NDArray[np.float64],
) -> None:
    """Orders by `sterman`; all float64[n]: units, units a period, parts; order is written, never negative."""
    for row in range(start, stop):
        order[row] = sterman(expected[row], alpha[row], target[row], stock[row], beta[row], supply_line[row])
