"""What shoppers really get from the pages they read, and which storefront they go to next."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.chance import Stream, counter, draw, uniform64
from kernels.choice import expected_surplus, page_utilities, shares
from kernels.compiled import kernel
from kernels.functions import logistic
from kernels.people import one_of

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]

STOREFRONT = counter(Stream.STOREFRONT)


@kernel
def experienced(
    features: F4, sellers: I4, filled: int, surprise: F8, taste: F4, last_seller: int, lam: float, room: F8, share: F8
) -> float:  # fmt: skip
    """Surplus that a shopper gets from a page, in usual prices: [ln(1 + exp(lam I)) + sum_j P_j (u_j - V_j)] / e.

    By slot: `features` [6], `sellers`, and `surprise` [3] = true less shown quality, true less shown days, and what
    the rank cost in V, which is no loss to who reads; u_j - V_j = b quality - time days - rank. taste[8] and
    `last_seller` are the shopper's; `room` and `share` [slot] are worked in. Small and Rosen (1981), Train (2015).
    """
    page_utilities(features, sellers, filled, taste, last_seller, room)
    constant = np.float64(taste[6])
    inclusive = shares(room[:filled], constant, lam, share[:filled])[1]
    worth = expected_surplus(lam * inclusive)
    for k in range(filled):
        gap = np.float64(taste[0]) * surprise[k, 0] - np.float64(taste[2]) * surprise[k, 1] - surprise[k, 2]
        worth += share[k] * gap
    return worth / np.float64(taste[1])


@kernel
def experiences(
    start: int, stop: int, reader: I4, page: I4, taste: F4, last_seller: I4, features: F4, sellers: I4, filled: I4,
    listing: I4, offer: I4, attention: F4, quality_gap: F8, delay: F8, lam: float, surplus: F8,
) -> None:  # fmt: skip
    """Experienced surplus of the readers `start` to `stop`; written: `surplus` by reader, in usual prices.

    By reader: `reader` (the consumer) and `page`. By page and slot: `features`, `sellers`, `listing`, lead `offer`,
    `attention` (-kappa ln rank); `filled` by page. `quality_gap` (true less shown) by listing, `delay` (days true less
    shown) by offer. An empty page gives nothing.
    """
    room, share = np.empty(listing.shape[1]), np.empty(listing.shape[1])
    surprise = np.empty((listing.shape[1], 3))
    for i in range(start, stop):
        p, c = page[i], reader[i]
        for k in range(filled[p]):
            surprise[k, 0], surprise[k, 1] = quality_gap[listing[p, k]], delay[offer[p, k]]
            surprise[k, 2] = np.float64(attention[p, k])
        surplus[i] = 0.0
        if filled[p] > 0:
            surplus[i] = experienced(features[p], sellers[p], filled[p], surprise, taste[c], last_seller[c], lam, room,
                                     share)  # fmt: skip


@kernel
def promises(start: int, stop: int, part: int, page: I4, surplus: F4, total: I8, visits: I8) -> None:
    """Add up what pages promised the consumers `start` to `stop`, page by page in whole millionths.

    By consumer: `page` (-1 none) and perceived `surplus`. Consumers are taken in parts of so many, each of which has
    sums of its own, so that none waits for another. Written, [part, 1 + page]: `total` surplus and `visits`, added to;
    who reads nothing is counted at 0, so that there is no branch, which nobody could foresee.
    """
    nth = start // part
    for i in range(start, stop):
        total[nth, page[i] + 1] += np.int64(np.floor(np.float64(surplus[i]) * 1e6))
        visits[nth, page[i] + 1] += 1


@kernel
def wander(
    start: int, stop: int, consumer: I4, front: I4, first: I4, country: U1, own: F4, promised: F8, habit: float,
    scale: float, seed: np.uint64, day_word: np.uint32, storefront: U1,
) -> None:  # fmt: skip
    """Let the consumers named in `start` to `stop` think of another storefront of their market: one by lot.

    It is weighed against their own.

    front int32[storefronts by market], those of market m at first[m] to first[m + 1]. By consumer: `country`, `own`
    surplus of the last page read, `storefront` within the market. `promised` by storefront, the surplus that others
    speak of. Who thinks of it goes with probability logistic(-habit + (promised - own) / scale). Written: `storefront`.
    """
    for i in range(start, stop):
        c = consumer[i]
        begin = first[country[c]]
        count = first[country[c] + 1] - begin
        if count > 1:
            word = draw(seed, np.uint64(c), day_word, STOREFRONT)
            other = (np.int64(storefront[c]) + 1 + one_of(word[1], count - 1)) % count
            better = (promised[front[begin + other]] - np.float64(own[c])) / scale
            if uniform64(word[0]) < logistic(better - habit):
                storefront[c] = other
