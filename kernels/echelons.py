"""What the echelons of a serial system should hold: Clark and Scarf's recursion from the customer up.

Stage 1 sells; stage j is supplied by stage j + 1. An echelon's stock is what is at the stage and all below it, less
what is owed to customers. Cost functions are tabled on a grid of equal steps and are straight lines below it.
"""

import numpy as np
import numpy.typing as npt

from kernels.compiled import kernel


@kernel
def tabled(table: npt.NDArray[np.float64], place: int) -> float:
    """Value at a place of the grid; below its first entry and above its last on the straight line through the two."""
    last = table.size - 1
    if place < 0:
        return table[0] + place * (table[1] - table[0])
    if place > last:
        return table[last] + (place - last) * (table[last] - table[last - 1])
    return table[place]


@kernel
def owed(start: float, step: float, cost: float, table: npt.NDArray[np.float64]) -> None:
    """Write what customers' waiting costs on the grid from `start` on: cost max(0, -x), cost = p + all echelon h.

    table : float64[g]. Snyder and Shen, chapter 6.
    """
    for place in range(table.size):
        table[place] = cost * max(0.0, -(start + place * step))


@kernel
def expected_later(
    start: float, step: float, holding: float, law: npt.NDArray[np.float64], first: int,
    below: npt.NDArray[np.float64], table: npt.NDArray[np.float64],
) -> None:  # fmt: skip
    """Write what an echelon at each position will cost once its lead time is over: E[h (y - D) + below(y - D)].

    holding : echelon h; law : float64[d], probabilities that demand over the lead time is `first` + k steps.
    below : float64[g], cost of the stages below by the echelon's net stock, grid from `start`. table : float64[g], the
    same for positions. Chen and Zheng (1994), Management Science 40(11), 1426-1443.
    """
    for place in range(table.size):
        total = 0.0
        for k in range(law.size):
            at = place - first - k
            total += law[k] * (holding * (start + at * step) + tabled(below, at))
        table[place] = total


@kernel
def least(table: npt.NDArray[np.float64]) -> tuple[int, float]:
    """Return where a convex table is least, and how far from there the parabola through its neighbours is least.

    The second is a part of a step, in [-1/2, 1/2]; 0 at an end.
    """
    place = int(np.argmin(table))
    if place == 0 or place == table.size - 1:
        return place, 0.0
    curve = table[place - 1] - 2.0 * table[place] + table[place + 1]
    return place, 0.5 * (table[place - 1] - table[place + 1]) / curve if curve > 0.0 else 0.0


@kernel
def between(table: npt.NDArray[np.float64], place: float) -> float:
    """Value of a smooth table between its entries, by the parabola through the nearest three."""
    near = int(np.floor(place + 0.5))
    away = place - near
    left, here, right = tabled(table, near - 1), tabled(table, near), tabled(table, near + 1)
    return here + away * (0.5 * (right - left) + 0.5 * away * (left - 2.0 * here + right))


@kernel
def held_to(place: float, table: npt.NDArray[np.float64]) -> None:
    """Write over a table what a stage costs that orders up to `place` and may be given less: the value at min(x, S)."""
    cost = between(table, place)
    for entry in range(table.size):
        if entry >= place:
            table[entry] = cost
