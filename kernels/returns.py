"""How a pack comes back: left with its buyer, gathered in the market, or sent home, whichever loses least."""

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import kernel

I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
F8 = NDArray[np.float64]
U1 = NDArray[np.uint8]

LEFT, GATHERED, HOMEWARD = 0, 1, 2


@kernel
def way_back(worth: float, local_days: int, home_days: int, local_cents: int, home_cents: int, loss: float) -> int:
    """The way that leaves most of what a pack is `worth` on a shelf, less its fare and what it loses while away.

    worth : cents on a shelf today; days and fares in cents of the two ways; loss : part of worth lost each day. `LEFT`
    leaves nothing and costs nothing: a refund without return. Of equals the one nearer to the buyer.
    """
    local = worth * max(1.0 - loss * local_days, 0.0) - local_cents
    home = worth * max(1.0 - loss * home_days, 0.0) - home_cents
    if max(local, home) <= 0.0:
        return LEFT
    return GATHERED if local >= home else HOMEWARD


@kernel
def ways_back(
    start: int,
    stop: int,
    worth: F8,
    local_days: I8,
    home_days: I8,
    local_cents: I8,
    home_cents: I8,
    loss: float,
    way: U1,
    fare_cents: I8,
) -> None:
    """Ways back of the packs `start` to `stop`, by `way_back`; written: `way` and `fare_cents`, its fare."""
    for i in range(start, stop):
        way[i] = way_back(worth[i], local_days[i], home_days[i], local_cents[i], home_cents[i], loss)
        fare_cents[i] = 0
        if way[i] == GATHERED:
            fare_cents[i] = local_cents[i]
        elif way[i] == HOMEWARD:
            fare_cents[i] = home_cents[i]


@kernel
def shelves_in_market(start: int, stop: int, listing: I4, modes: I4, offer: I4, node: I4, alive: U1, shelf: I4) -> None:
    """The shelf in its own market from which each of the listings `start` to `stop` is also sold, -1 for none.

    listing int32[n]; modes : those whose goods stand in the market, the first is taken; offer int32[listing, mode], -1
    none; by offer: `node`; by node: `alive`. Written: `shelf`.
    """
    for i in range(start, stop):
        shelf[i] = -1
        for mode in modes:
            j = offer[listing[i], mode]
            if shelf[i] < 0 and j >= 0 and alive[node[j]] != 0:
                shelf[i] = node[j]
