"""What sellers of differentiated goods charge when each answers the others: Bertrand-Nash prices under a nested logit.

Shoppers come in types: a type has a weight, its own liking of every offer and its own dislike of price. All arrays are
float64; prices, costs and markups are in one currency unit, utilities without unit. With one type this is what the
market's `pricing.best_response` repeats itself at.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.choice import expected_surplus, shares
from kernels.compiled import kernel

F8 = NDArray[np.float64]
MOST_STEPS = 20_000


@kernel
def demand(price: F8, liking: F8, slope: F8, weight: F8, lam: float, share: F8, own: F8, cross: F8) -> float:
    """Shares of the offers and their slopes in prices, over all types of shoppers; returned: the consumer surplus.

    price[offer]; by type: `liking[type, offer]` utility without price, `slope[type]` > 0 utility lost per unit of
    price, `weight[type]`, summing to 1. Written: share[offer], own[offer], cross[offer, offer], such that
    ds_j / dp_k = cross[j, k] - own[j] [j = k]. The surplus is in units of price.

    Berry, Levinsohn and Pakes (1995), Econometrica 63(4), equations 6.9; the nest as in McFadden (1978).
    """
    offers = price.shape[0]
    utility, chance = np.empty(offers), np.empty(offers)
    share[:], own[:], cross[:] = 0.0, 0.0, 0.0
    surplus = 0.0
    for i in range(weight.shape[0]):
        for j in range(offers):
            utility[j] = liking[i, j] - slope[i] * price[j]
        buy, inclusive = shares(utility, 0.0, lam, chance)
        surplus += weight[i] * expected_surplus(lam * inclusive) / slope[i]
        closeness = 1.0 + (1.0 / lam - 1.0) / buy
        for j in range(offers):
            part = weight[i] * chance[j]
            share[j] += part
            own[j] += part * slope[i] / lam
            for k in range(offers):
                cross[j, k] += part * slope[i] * closeness * chance[k]
    return surplus


@kernel
def answers(price: F8, cost: F8, holds: F8, share: F8, own: F8, cross: F8, target: F8) -> float:
    """One step of the zeta fixed point: cost + (share + (H o cross)' (price - cost)) / own; returned: how far it leads.

    That is the most that any price moves, as a part of its cost and markup. price, cost, share, own float64[offer],
    cross as of `demand`, holds[j, k]: what the owner of j gets of the profit of k (1 where both are his, else 0).
    Written: target[offer]. Where it leads nowhere, the first-order conditions of all owners hold.

    Morrow and Skerlos (2011), Operations Research 59(2), equation 14.
    """
    furthest = 0.0
    for j in range(price.shape[0]):
        gained = share[j]
        for k in range(price.shape[0]):
            gained += holds[j, k] * cross[k, j] * (price[k] - cost[k])
        target[j] = cost[j] + gained / own[j]
        size = abs(cost[j]) + abs(target[j] - cost[j])
        furthest = max(furthest, abs(target[j] - price[j]) / size)
    return furthest


@kernel
def nash(
    cost: F8,
    liking: F8,
    slope: F8,
    weight: F8,
    holds: F8,
    lam: float,
    near: float,
    price: F8,
    share: F8,
    own: F8,
    cross: F8,
) -> int:
    """Repeat the `answers` until no price moves by more than `near` of itself; returned: the steps, -1 for no end.

    As `demand` and `answers`. Written: price[offer] (on entry where to begin), and share, own and cross at that price.
    """
    target = np.empty(price.shape[0])
    for step in range(MOST_STEPS):
        demand(price, liking, slope, weight, lam, share, own, cross)
        furthest = answers(price, cost, holds, share, own, cross, target)
        if furthest <= near:
            return step
        price[:] = target
    return -1
