"""What a day of freight costs and which parcels leave: capacity, utilisation, spot and contract rates, departures.

Weights are grams, rates any money per unit of weight, days are calendar days.
"""

import numpy as np
import numpy.typing as npt

from kernels import money
from kernels.compiled import kernel

TIGHT = 0.85
"""Utilisation above which a lane's spot rate rises."""
STEEPNESS = 4.0
"""Rise of the spot rate, as a multiple of the base rate, between `TIGHT` and a full lane."""
NEVER = -1
"""Days until a departure that does not come."""


@kernel
def fleet(transit: float, capacity: float) -> float:
    """Grams that a lane's ships or aircraft hold in all, from its baseline: 2 transit capacity (out and back).

    transit : days one way; capacity : grams a day. Little's law: what is under way = flow x time.
    """
    return 2.0 * transit * capacity


@kernel
def daily_capacity(fleet: float, transit: float) -> float:
    """Grams a day that a fleet carries when one way takes `transit` days: fleet / (2 transit).

    A longer route carries less with the same ships; the opposite of `fleet`.
    """
    return fleet / (2.0 * transit)


@kernel
def utilisation(asked: int, capacity: int) -> float:
    """Part of a day's capacity that is asked for, within [0, 1]; a lane without capacity is full."""
    if capacity <= 0:
        return 1.0
    return min(1.0, max(0.0, asked / capacity))


@kernel
def spot_rate(base: float, u: float) -> float:
    """Spot rate of a lane at utilisation u: base (1 + 4 max(0, u - .85)^2 / .15^2), u at most 1.

    The base rate up to .85, 5 times the base when full; never falls in u. The convex supply of shipping: Stopford
    (2009), Maritime Economics, chapter 4; the curve itself is assumed.
    """
    over = max(0.0, min(u, 1.0) - TIGHT) / (1.0 - TIGHT)
    return base * (1.0 + STEEPNESS * over * over)


@kernel
def smooth(previous: float, today: float, days: float) -> float:
    """Rate remembered over `days`: previous + (today - previous) / days, at least one day; always between the two."""
    return previous + (today - previous) / max(1.0, days)


@kernel
def blended(base: float, spot: float, contract: float) -> float:
    """Rate paid when the part `contract` sails at the base rate and the rest at spot."""
    return contract * base + (1.0 - contract) * spot


@kernel
def rates(
    start: int,
    stop: int,
    asked_g: npt.NDArray[np.int64],
    capacity_g: npt.NDArray[np.int64],
    base: npt.NDArray[np.float64],
    days: float,
    contract: float,
    spot: npt.NDArray[np.float64],
    rate: npt.NDArray[np.float64],
) -> None:
    """Rates of the lanes after a day: spot from utilisation, smoothed, then blended with contracts.

    asked_g, capacity_g : int64[L], grams of the day; base : float64[L], money per weight; days, contract : as in
    `smooth` and `blended`.
    spot : float64[L], smoothed spot rate, written in place; rate : float64[L], what shippers pay, written; base <= rate
    <= 5 base once spot is within the same bounds.
    """
    for lane in range(start, stop):
        today = spot_rate(base[lane], utilisation(asked_g[lane], capacity_g[lane]))
        spot[lane] = smooth(spot[lane], today, days)
        rate[lane] = blended(base[lane], spot[lane], contract)


@kernel
def load(
    start: int,
    stop: int,
    first: npt.NDArray[np.int64],
    weight_g: npt.NDArray[np.int64],
    capacity_g: npt.NDArray[np.int64],
    taken: npt.NDArray[np.uint8],
    used_g: npt.NDArray[np.int64],
) -> None:
    """Load the waiting parcels of each lane in their order, until the next does not fit; nobody overtakes.

    first : int64[L + 1], rows of lane l are first[l] to first[l + 1], sorted by who came first; weight_g : int64[m],
    grams, not negative; capacity_g : int64[L], grams.
    taken : uint8[m], 1 for a row that leaves, written for all rows of the lanes in [start, stop); used_g : int64[L],
    grams loaded, written. Invariant: used_g <= max(0, capacity_g), and the rows taken are a beginning of the queue. A
    row heavier than the capacity waits, and all behind it.
    """
    for lane in range(start, stop):
        room = max(0, capacity_g[lane])
        used = 0
        open_door = True
        for row in range(first[lane], first[lane + 1]):
            open_door = open_door and weight_g[row] <= room - used
            taken[row] = 1 if open_door else 0
            used += weight_g[row] if open_door else 0
        used_g[lane] = used


@kernel
def next_departure(day_of_week: int, departures: int) -> int:
    """Days until the next departure, 0 when there is one today, `NEVER` when there is none in the week.

    day_of_week : 0 Monday to 6 Sunday; departures : seven bits, bit d set when something leaves on day d.
    """
    for days in range(7):
        if (departures >> ((day_of_week + days) % 7)) & 1:
            return days
    return NEVER


@kernel
def waits(
    start: int, stop: int, day_of_week: int, departures: npt.NDArray[np.uint8], days: npt.NDArray[np.int64]
) -> None:
    """Days until the next departure of each lane, rule `next_departure`.

    departures : uint8[L], seven bits; days : int64[L], written, 0 to 6 or `NEVER`.
    """
    for lane in range(start, stop):
        days[lane] = next_departure(day_of_week, int(departures[lane]))


@kernel
def share_room(
    start: int,
    stop: int,
    first: npt.NDArray[np.int64],
    units: npt.NDArray[np.int64],
    grams: npt.NDArray[np.int64],
    lot: npt.NDArray[np.uint64],
    room_g: npt.NDArray[np.int64],
    loaded: npt.NDArray[np.int64],
) -> None:
    """Share the room of the lanes `start` to `stop` over the freight that waits, by weight and in whole units.

    first : int64[L + 1], rows of lane l; units, grams (of one unit, above 0), lot (today's, different within a lane) by
    row; room_g : int64[L]. Written: loaded, units of each row. What whole units leave of the room goes one unit each in
    the order of lots while one fits, so that no row can wait for ever. Invariants: 0 <= loaded <= units, and the weight
    loaded is at most the room.
    """
    for lane in range(start, stop):
        rows = slice(first[lane], first[lane + 1])
        taken, size = loaded[rows], grams[rows]
        money.proportional(room_g[lane], units[rows] * size, lot[rows], taken)
        left = max(0, room_g[lane])
        for i in range(taken.size):
            taken[i] = taken[i] // size[i]
            left -= taken[i] * size[i]
        for i in np.argsort(lot[rows]):
            if taken[i] < units[rows][i] and size[i] <= left:
                taken[i] += 1
                left -= size[i]
