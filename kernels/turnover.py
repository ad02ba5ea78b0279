"""How many newcomers a week brings, and with whom a new or broken chain joins up."""

import numpy as np
from numpy.typing import NDArray

from kernels.chance import draw, uniform64
from kernels.compiled import kernel
from kernels.functions import exp, log
from kernels.management import F8, I4, I8, U1, best_haul

U8 = NDArray[np.uint64]
MOST = 3


@kernel
def poisson(word: np.uint32, mean: float) -> int:
    """A Poisson draw by inversion of one word, at most `MOST`."""
    u, chance, count = uniform64(word), exp(-mean), 0
    total = chance
    while u > total and count < MOST:
        count += 1
        chance *= mean / count
        total += chance
    return count


@kernel
def draw_births(
    start: int, stop: int, word: NDArray[np.uint32], mean: NDArray[np.float64], count: NDArray[np.int64]
) -> None:
    """Newcomers of the cells `start` to `stop`; by cell: `word` and `mean`; written: `count`."""
    for i in range(start, stop):
        count[i] = poisson(word[i], mean[i])


def births(word: NDArray[np.uint32], mean: NDArray[np.float64]) -> NDArray[np.int64]:
    """Newcomers of each cell, one word and one mean for each."""
    count = np.empty(len(word), np.int64)
    draw_births(0, len(word), word, mean, count)
    return count


@kernel
def merit(landed: float, lead: float, reliability: float, slack: float, chains: int) -> float:
    """How well a supplier suits: -ln(landed cost) - .01 L + .5 reliability + slack - .3 ln(1 + chains).

    Landed cost in cents a unit, lead time L in days, reliability and slack in [0, 1], chains that it already serves.
    """
    return -log(landed) - 0.01 * lead + 0.5 * reliability + slack - 0.3 * log(1.0 + chains)


@kernel
def gumbel(word: np.uint32) -> float:
    """A draw of the standard Gumbel distribution: the largest of merit plus such draws is a choice by logit."""
    return -log(-log(uniform64(word)))


@kernel
def join_up(
    start: int, stop: int, link: U8, kind: I4, dest: I4, present: I4, grams: I8, first: I4, maker: I4, identity: U8,
    country: I4, price: F8, duty: F8, reliability: F8, slack: F8, chains: I8, ready: U1, table: I4, per_kg: F8,
    rate: F8, days: F8, runs: U1, seed: np.uint64, day: np.uint32, stream: np.uint32, supplier: I4, lane: I4, cost: F8,
) -> None:  # fmt: skip
    """Choose a supplier for the links `start` to `stop` by keyed logit over `merit`; the luck is of link and maker.

    By link: identity `link`, `kind` of goods wanted, `dest` country, `present` node, `grams` a unit; first int32[kinds
    + 1] and maker int32[m] as in `best_suppliers`; by node: `identity`, `country`, `price` in cents, `reliability`,
    `slack`, `chains`, `ready`; duty float64[link, country]; lanes as in `best_haul`; `stream` with its block. Written
    by link: `supplier` node, -1 for none, `lane`, `cost` delivered per unit. McFadden (1974).
    """
    for i in range(start, stop):
        supplier[i], lane[i], cost[i], most = -1, -1, 0.0, 0.0
        for k in range(first[kind[i]], first[kind[i] + 1]):
            node = maker[k]
            if node == present[i] or ready[node] == 0:
                continue
            way, freight = best_haul(country[node], dest[i], grams[i], price[node], table, per_kg, rate, days, runs)
            if way < 0:
                continue
            landed = price[node] * (1.0 + duty[i, country[node]]) + freight
            luck = gumbel(draw(seed, link[i] ^ identity[node], day, stream)[0])
            score = merit(max(landed, 1.0), days[way], reliability[node], slack[node], chains[node]) + luck
            if supplier[i] < 0 or score > most:
                supplier[i], lane[i], cost[i], most = node, way, landed, score
