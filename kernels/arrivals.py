"""How long things take, what customs looks into, and who refuses a parcel at the door."""

import numpy as np
from numpy.typing import NDArray

from kernels.chance import normal, uniform64
from kernels.compiled import kernel
from kernels.functions import exp, logistic
from kernels.money import half_up, muldiv

I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
F8 = NDArray[np.float64]
U1 = NDArray[np.uint8]
U4 = NDArray[np.uint32]

SUSPICION = 9.0
"""A declaration of nothing is inspected so many times more often, on top, than an honest one; assumed."""
WHOLE = 1_000_000
REFUSAL, REFUSAL_SLOPE = -2.0, 6.0


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


@kernel
def hurry(queue: I4, room: I8, loss_cents: F8, fee_cents: I8, pays: U1) -> None:
    """Who in a line pays to be served first: those for whom the days until their turn lose more than the fee.

    By row, in the order of the line: `queue` in which it stands, `loss_cents` a day of waiting, `fee_cents` (0: nobody
    sells a better place). By queue: `room`, rows that it serves a day; one that is closed sells no places. A row's turn
    comes after floor(rows before it / room) days, as if nobody else paid. Written: `pays`.
    """
    before = np.zeros(room.size, np.int64)
    for i in range(queue.size):
        turn = before[queue[i]] // room[queue[i]] if room[queue[i]] > 0 else 0
        pays[i] = 1 if fee_cents[i] > 0 and turn * loss_cents[i] > fee_cents[i] else 0
        before[queue[i]] += 1


@kernel
def odds_of_inspection(usual: float, declared_ppm: int) -> float:
    """Chance that a declaration is inspected: usual (1 + 9 (1 - declared part)), at most 1; low values raise a flag."""
    return min(1.0, usual * (1.0 + SUSPICION * (1.0 - declared_ppm / 1e6)))


@kernel
def examine(
    start: int,
    stop: int,
    usual: F8,
    declared_ppm: I8,
    penalty_ppm: I8,
    word: U4,
    value_cents: I8,
    inspected: I8,
    assessed_cents: I8,
    penalty_cents: I8,
) -> None:
    """Which of the declarations `start` to `stop` customs inspects, and the value that it then assesses.

    By declaration: `usual` chance of inspection, `declared_ppm` of the value, `penalty_ppm` of what is not declared,
    `word`, `value_cents`. Written: `inspected`; `assessed_cents`, the declared value, or the true one once inspected;
    `penalty_cents`, 0 unless inspected. Declared in full, the value is assessed and no penalty falls due.
    """
    for i in range(start, stop):
        declared = muldiv(value_cents[i], declared_ppm[i], WHOLE)
        inspected[i] = 1 if uniform64(word[i]) < odds_of_inspection(usual[i], declared_ppm[i]) else 0
        assessed_cents[i] = value_cents[i] if inspected[i] != 0 else declared
        penalty_cents[i] = muldiv(value_cents[i] - declared, penalty_ppm[i], WHOLE) if inspected[i] != 0 else 0


@kernel
def odds_of_refusal(surprise: float, price: float) -> float:
    """Chance that a parcel is refused at the door: logistic(-2 + 6 surprise / price), 0 without surprise."""
    if surprise <= 0.0:
        return 0.0
    return logistic(REFUSAL + REFUSAL_SLOPE * surprise / max(price, 1.0))


@kernel
def refuse(start: int, stop: int, door_cents: I8, paid_cents: I8, word: U4, refused: U1) -> None:
    """Who refuses the parcels `start` to `stop`: `door_cents` to pay where `paid_cents` were; written: `refused`."""
    for i in range(start, stop):
        odds = odds_of_refusal(np.float64(door_cents[i]), np.float64(paid_cents[i]))
        refused[i] = 1 if uniform64(word[i]) < odds else 0


@kernel
def at_the_door(start: int, stop: int, collected_cents: I8, duty: I8, handling: I8, vat: I8, left: I8) -> None:
    """What the parcels `start` to `stop` have left to pay of duty, handling and VAT, in this order; left int64[3, n].

    `collected_cents` was paid at checkout toward all three. VAT is what checkouts collect, so it is covered first, then
    handling, then duty. Written: `left`, with the rows duty, handling, VAT.
    """
    for i in range(start, stop):
        beyond = max(collected_cents[i] - vat[i], 0)
        left[2, i] = max(vat[i] - collected_cents[i], 0)
        left[1, i] = max(handling[i] - beyond, 0)
        left[0, i] = max(duty[i] - max(beyond - handling[i], 0), 0)
