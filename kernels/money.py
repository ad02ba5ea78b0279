"""How amounts are rounded, converted and shared out, so that no cent and no unit is made or lost on the way."""

import numpy as np
import numpy.typing as npt

from kernels.compiled import kernel

TIE = 2.0**-46  # a tie in decimals may fall short by the rounding of its factors: 0.145 * 100 is 14.499999999999998
DIRECT = 1 << 31  # below it products of two fit 64 bits


@kernel
def half_up(x: float) -> int:
    """Return the nearest whole number, ties toward plus infinity."""
    below = np.floor(x)
    return int(below) + int(x - below >= 0.5)


@kernel
def muldiv(amount: int, num: int, den: int) -> int:
    """Return amount x num / den, half up and exact, for |amount| <= 2^53 and 0 <= num <= 10^9, 0 < den <= 10^9.

    amount = whole x den + rest splits off what divides, so that nothing exceeds 64 bits before the result does.
    """
    whole = amount // den
    rest = amount - whole * den
    return whole * num + (2 * rest * num + den) // (2 * den)


@kernel
def to_cents(minor: int, per_usd: float, scale: int) -> int:
    """Convert minor units of a currency to US cents, half up.

    `per_usd` units of the currency buy a dollar; each has `scale` minor units.
    """
    cents = 100.0 * np.float64(minor) / (per_usd * np.float64(scale))
    return half_up(cents + abs(cents) * TIE)


@kernel
def to_minor(cents: int, per_usd: float, scale: int) -> int:
    """Convert US cents to minor units of a currency, half up: the opposite of `to_cents`."""
    minor = np.float64(cents) * (per_usd * np.float64(scale)) / 100.0
    return half_up(minor + abs(minor) * TIE)


@kernel
def share(total: int, claim: int, claims: int) -> tuple[int, int]:
    """Return quotient and remainder of total x claim / claims, exact.

    0 <= claim <= claims, 0 <= total <= claims, 0 < claims < 2^61. Products beyond 64 bits are divided bit by bit.
    """
    if total < DIRECT and claim < DIRECT:
        product = total * claim
        return product // claims, product % claims
    quotient, rest = 0, 0
    for bit in range(60, -1, -1):
        quotient, rest = 2 * quotient, 2 * rest
        if (total >> bit) & 1:
            rest += claim
        while rest >= claims:
            quotient, rest = quotient + 1, rest - claims
    return quotient, rest


@kernel
def ahead(a: int, b: int, rests: npt.NDArray[np.int64], lots: npt.NDArray[np.uint64]) -> bool:
    """Tell whether row a is served before row b: the larger remainder first, then the smaller lot."""
    return rests[a] > rests[b] or (rests[a] == rests[b] and lots[a] < lots[b])


@kernel
def sift(
    root: int, size: int, rests: npt.NDArray[np.int64], lots: npt.NDArray[np.uint64], heap: npt.NDArray[np.int64]
) -> None:
    """Let the row at `root` of a heap of `size` rows sink to where no row below is ahead of it."""
    row = heap[root]
    child = 2 * root + 1
    while child < size:
        if child + 1 < size and ahead(heap[child + 1], heap[child], rests, lots):
            child += 1
        if not ahead(heap[child], row, rests, lots):
            break
        heap[root] = heap[child]
        root = child
        child = 2 * root + 1
    heap[root] = row


@kernel
def proportional(
    total: int, claims: npt.NDArray[np.int64], lots: npt.NDArray[np.uint64], out: npt.NDArray[np.int64]
) -> None:
    """Share `total` over `claims` [n] in proportion, in whole units, and write the parts into `out` [n].

    Each gets the floor of its part; what is left goes one each to the largest remainders (Hamilton's method), ties to
    the smaller of `lots` [n], which are distinct. The parts sum to the lesser of total and claims, none is above its
    claim, and none depends on the order of the rows. Claims are >= 0 and sum to less than 2^61.
    """
    rows = claims.shape[0]
    asked = int(claims.sum())
    if total >= asked or total <= 0:
        for row in range(rows):
            out[row] = claims[row] if total > 0 else 0
        return
    rests = np.empty(rows, np.int64)
    heap = np.empty(rows, np.int64)
    left = total
    for row in range(rows):
        out[row], rests[row] = share(total, claims[row], asked)
        left -= out[row]
        heap[row] = row
    if left > 0:
        for root in range(rows // 2 - 1, -1, -1):
            sift(root, rows, rests, lots, heap)
    for served in range(left):
        out[heap[0]] += 1
        size = rows - 1 - served
        heap[0] = heap[size]
        sift(0, size, rests, lots, heap)
