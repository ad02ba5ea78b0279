"""How long things take: days of a trip, and calendar days of work."""

import numpy as np
from numpy.typing import NDArray

from kernels.chance import normal
from kernels.compiled import kernel
from kernels.functions import exp
from kernels.money import half_up

I8 = NDArray[np.int64]


@kernel
def travel_days(usual: float, spread: float, word: np.uint32) -> int:
    """Days of one trip: log-normal with median `usual` and `spread` in logarithm, half up, at least 1."""
    return max(1, half_up(usual * exp(spread * normal(word))))


@kernel
def travel(start: int, stop: int, usual: NDArray[np.float64], spread: NDArray[np.float64], word: NDArray[np.uint32],
           days: I8) -> None:  # fmt: skip
    """Days of the trips `start` to `stop`; by trip: `usual` days, `spread`, `word`; written: `days`."""
    for i in range(start, stop):
        days[i] = travel_days(usual[i], spread[i], word[i])


@kernel
def working(weekday: int, days: int, workdays: np.uint8) -> int:
    """Calendar days that `days` working days take from today; `workdays` has bit d set where day d, 0 Monday, is one.

    Where nobody ever works a working day is taken for a calendar day.
    """
    if workdays % 128 == 0:
        return days
    passed, left = 0, days
    while left > 0:
        passed += 1
        if (workdays >> ((weekday + passed) % 7)) & 1:
            left -= 1
    return passed


@kernel
def working_days(start: int, stop: int, weekday: int, days: I8, workdays: NDArray[np.uint8], calendar: I8) -> None:
    """Calendar days for the `days` working days of the rows `start` to `stop`; written: `calendar`."""
    for i in range(start, stop):
        calendar[i] = working(weekday, days[i], workdays[i])
