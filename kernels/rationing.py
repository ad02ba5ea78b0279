"""Who gets how much when a supplier cannot serve its whole book: reserves first, then the pool by the supplier's rule.

A book is the rows first[s] to first[s + 1] of supplier s, over all chains at once. Every rule takes the same arguments,
so that a scenario names one:

first : int64[S + 1]; claim : int64[m], units asked for, not negative; day : int64[m], day of the order;
lot : uint64[m], the tie-breaker, different within a book; weight : float64[m], priority, the larger the earlier;
available : int64[S], units to give; reserved : int64[m], units of capacity fenced for the claim's chain;
granted : int64[m], units, written for the suppliers in [start, stop).

Invariants: 0 <= granted <= claim; a book's sum <= max(0, available), and with nothing reserved it is min(available,
claims); the answer does not depend on the order of rows. A fence is a fence: what a chain leaves of its reserve goes to
nobody else, so a chain with a reserve and no order stands in the book with a claim of 0. Where `available` does not
cover the reserves, they shrink in proportion. The rules are compared by Cachon and Lariviere (1999), Management Science
45(8).
"""

import numpy as np
import numpy.typing as npt

from kernels import money
from kernels.compiled import kernel


@kernel
def fence(
    available: int,
    claim: npt.NDArray[np.int64],
    lot: npt.NDArray[np.uint64],
    reserved: npt.NDArray[np.int64],
    rest: npt.NDArray[np.int64],
    granted: npt.NDArray[np.int64],
) -> int:
    """Grant each claim of one book from its own reserve; return the pool, the units that nobody has reserved.

    granted, rest : int64[m], written: min(claim, reserve), and what of the claim is left for the pool.
    """
    fenced = 0
    for row in range(claim.size):
        fenced += reserved[row]
    pool = max(0, available)
    money.proportional(pool, reserved, lot, granted)
    for row in range(claim.size):
        granted[row] = min(claim[row], granted[row])
        rest[row] = claim[row] - granted[row]
    return max(0, pool - fenced)


@kernel
def serve_without_rivals(
    start: int,
    stop: int,
    first: npt.NDArray[np.int64],
    claim: npt.NDArray[np.int64],
    available: npt.NDArray[np.int64],
    reserved: npt.NDArray[np.int64],
    granted: npt.NDArray[np.int64],
    rivals: npt.NDArray[np.bool_],
) -> None:
    """Serve the books in which no claim stands in another's way; rivals : bool[stop - start], the others, written.

    Those are books with nothing fenced that hold one claim, or not more than there is. All rules agree on them. A pass
    of its own, for to hand columns to another kernel costs twenty times what such a book does.
    """
    for supplier in range(start, stop):
        a, b, pool = first[supplier], first[supplier + 1], max(0, available[supplier])
        asked, fenced = 0, 0
        for row in range(a, b):
            asked += claim[row]
            fenced += reserved[row]
            granted[row] = min(claim[row], pool)
        rivals[supplier - start] = fenced > 0 or (asked > pool and b - a > 1)


@kernel
def before(left: int, right: int, key: npt.NDArray[np.float64], lot: npt.NDArray[np.uint64]) -> bool:
    """Whether row `left` is served before row `right`: smaller key first, ties by lot."""
    return key[left] < key[right] or (key[left] == key[right] and lot[left] < lot[right])


@kernel
def sequence(key: npt.NDArray[np.float64], lot: npt.NDArray[np.uint64], order: npt.NDArray[np.int64]) -> None:
    """Sort the rows of a book by `before`; order : int64[m], the rows in the order they are served, written.

    Shell (1959), with gaps falling by 4/9 as in Tokuda (1992).
    """
    for row in range(order.size):
        order[row] = row
    gap = order.size
    while gap > 1:
        gap = max(1, gap * 4 // 9)
        for place in range(gap, order.size):
            row = order[place]
            while place >= gap and before(row, order[place - gap], key, lot):
                order[place] = order[place - gap]
                place -= gap
            order[place] = row


@kernel
def serve(pool: int, rest: npt.NDArray[np.int64], order: npt.NDArray[np.int64], granted: npt.NDArray[np.int64]) -> None:
    """Serve the rows in `order`, each in full, until the pool is empty; granted : int64[m], added to."""
    for row in order:
        given = min(pool, rest[row])
        granted[row] += given
        pool -= given


@kernel
def drawn(level: int, rest: npt.NDArray[np.int64]) -> int:
    """Units that a book takes when nobody gets more than `level`: sum of min(rest, level)."""
    total = 0
    for units in rest:
        total += min(units, level)
    return total


@kernel
def water_level(pool: int, rest: npt.NDArray[np.int64]) -> int:
    """Highest whole level, at most the largest claim, at which a book takes no more than the pool."""
    low = 0
    high = 0
    for units in rest:
        high = max(high, units)
    while low < high:
        middle = low + (high - low + 1) // 2
        if drawn(middle, rest) <= pool:
            low = middle
        else:
            high = middle - 1
    return low


@kernel
def longest(start: int, stop: int, first: npt.NDArray[np.int64]) -> int:
    """Rows of the longest book among the suppliers in [start, stop)."""
    rows = 0
    for supplier in range(start, stop):
        rows = max(rows, first[supplier + 1] - first[supplier])
    return rows


@kernel
def proportional(
    start: int,
    stop: int,
    first: npt.NDArray[np.int64],
    claim: npt.NDArray[np.int64],
    day: npt.NDArray[np.int64],
    lot: npt.NDArray[np.uint64],
    weight: npt.NDArray[np.float64],
    available: npt.NDArray[np.int64],
    reserved: npt.NDArray[np.int64],
    granted: npt.NDArray[np.int64],
) -> None:
    """Share the pool in proportion to the claims, whole units by largest remainder, ties by lot; day, weight unread."""
    room = longest(start, stop, first)
    rest = np.empty(room, np.int64)
    share = np.empty(room, np.int64)
    rivals = np.empty(stop - start, np.bool_)
    serve_without_rivals(start, stop, first, claim, available, reserved, granted, rivals)
    for supplier in start + np.flatnonzero(rivals):
        a, b = first[supplier], first[supplier + 1]
        left, given = rest[: b - a], share[: b - a]
        pool = fence(available[supplier], claim[a:b], lot[a:b], reserved[a:b], left, granted[a:b])
        money.proportional(pool, left, lot[a:b], given)
        for row in range(b - a):
            granted[a + row] += given[row]


@kernel
def uniform(
    start: int,
    stop: int,
    first: npt.NDArray[np.int64],
    claim: npt.NDArray[np.int64],
    day: npt.NDArray[np.int64],
    lot: npt.NDArray[np.uint64],
    weight: npt.NDArray[np.float64],
    available: npt.NDArray[np.int64],
    reserved: npt.NDArray[np.int64],
    granted: npt.NDArray[np.int64],
) -> None:
    """Give everybody the same up to the claim; what is left of a unit each goes by lot; day, weight unread.

    Water filling: no two unserved claims end more than one unit of pool apart. Sprumont (1991), Econometrica 59(2).
    """
    room = longest(start, stop, first)
    rest = np.empty(room, np.int64)
    order = np.empty(room, np.int64)
    key = np.zeros(room)
    rivals = np.empty(stop - start, np.bool_)
    serve_without_rivals(start, stop, first, claim, available, reserved, granted, rivals)
    for supplier in start + np.flatnonzero(rivals):
        a, b = first[supplier], first[supplier + 1]
        left, turn = rest[: b - a], order[: b - a]
        pool = fence(available[supplier], claim[a:b], lot[a:b], reserved[a:b], left, granted[a:b])
        level = water_level(pool, left)
        pool -= drawn(level, left)
        for row in range(b - a):
            granted[a + row] += min(level, left[row])
            left[row] = min(1, left[row] - min(level, left[row]))
        sequence(key[: b - a], lot[a:b], turn)
        serve(pool, left, turn, granted[a:b])


@kernel
def in_turn(
    start: int,
    stop: int,
    first: npt.NDArray[np.int64],
    claim: npt.NDArray[np.int64],
    key: npt.NDArray[np.float64],
    lot: npt.NDArray[np.uint64],
    available: npt.NDArray[np.int64],
    reserved: npt.NDArray[np.int64],
    granted: npt.NDArray[np.int64],
) -> None:
    """Serve each book from the smallest key on, each claim in full while the pool lasts; key : float64[m]."""
    room = longest(start, stop, first)
    rest = np.empty(room, np.int64)
    order = np.empty(room, np.int64)
    rivals = np.empty(stop - start, np.bool_)
    serve_without_rivals(start, stop, first, claim, available, reserved, granted, rivals)
    for supplier in start + np.flatnonzero(rivals):
        a, b = first[supplier], first[supplier + 1]
        left, turn = rest[: b - a], order[: b - a]
        pool = fence(available[supplier], claim[a:b], lot[a:b], reserved[a:b], left, granted[a:b])
        sequence(key[a:b], lot[a:b], turn)
        serve(pool, left, turn, granted[a:b])


@kernel
def priority(
    start: int,
    stop: int,
    first: npt.NDArray[np.int64],
    claim: npt.NDArray[np.int64],
    day: npt.NDArray[np.int64],
    lot: npt.NDArray[np.uint64],
    weight: npt.NDArray[np.float64],
    available: npt.NDArray[np.int64],
    reserved: npt.NDArray[np.int64],
    granted: npt.NDArray[np.int64],
) -> None:
    """Serve the pool by descending weight (margin, or another priority), ties by lot; day unread."""
    key = np.empty(weight.size)
    for row in range(first[start], first[stop]):
        key[row] = -weight[row]
    in_turn(start, stop, first, claim, key, lot, available, reserved, granted)


@kernel
def first_come(
    start: int,
    stop: int,
    first: npt.NDArray[np.int64],
    claim: npt.NDArray[np.int64],
    day: npt.NDArray[np.int64],
    lot: npt.NDArray[np.uint64],
    weight: npt.NDArray[np.float64],
    available: npt.NDArray[np.int64],
    reserved: npt.NDArray[np.int64],
    granted: npt.NDArray[np.int64],
) -> None:
    """Serve the pool by the day of the order, then by lot; weight unread."""
    key = np.empty(day.size)
    for row in range(first[start], first[stop]):
        key[row] = day[row]
    in_turn(start, stop, first, claim, key, lot, available, reserved, granted)
