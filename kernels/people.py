"""Who the consumers are: tastes and income at birth, and what a sample of them would buy from a page in the mean."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.chance import Stream, counter, draw, normal
from kernels.choice import page_utilities, shares
from kernels.compiled import kernel
from kernels.functions import exp, log

TASTES = counter(Stream.BIRTH, 0)
MEANS = counter(Stream.BIRTH, 1)


class Spread(NamedTuple):
    """How tastes are spread over people: means and standard deviations, in the units of utility of `kernels.choice`."""

    propensity: float
    propensity_sd: float
    price_ln_mean: float
    price_ln_sd: float
    quality: float
    quality_sd: float
    time: float
    style_sd: float
    home: float
    loyalty: float
    income_sd: float
    income_elasticity: float


@kernel
def one_of(word: np.uint32, count: int) -> np.int64:
    """Number 0 to count - 1 that a word picks, all alike (to 2^-32 of a chance)."""
    return (np.int64(word) * np.int64(count)) >> 32


@kernel
def births(
    start: int,
    stop: int,
    first: int,
    style_mean: NDArray[np.float64],
    spread: Spread,
    seed: np.uint64,
    taste: NDArray[np.float32],
) -> None:
    """Tastes of the people `start` to `stop` of one country, whose global numbers count from `first`.

    style_mean : float64[group], the mean style of each hidden group, in -1..1; all groups are of one size.
    taste : float32[n, 8], written: quality, price (with the income effect y^elasticity), time, style, home, loyalty,
    propensity, income. Income is log-normal with mean 1; the dislikes of price and of waiting share one draw.
    """
    for i in range(start, stop):
        person = np.uint64(first + i)
        w0, w1, w2, w3 = draw(seed, person, np.uint32(0), TASTES)
        w4, w5, _, _ = draw(seed, person, np.uint32(0), MEANS)
        income = exp(spread.income_sd * (normal(w4) - 0.5 * spread.income_sd))
        dislike = exp(spread.price_ln_mean + spread.price_ln_sd * normal(w0))
        richer = exp(spread.income_elasticity * spread.income_sd * (normal(w4) - 0.5 * spread.income_sd))
        style = style_mean[one_of(w2, style_mean.shape[0])] + spread.style_sd * normal(w3)
        taste[i, 0] = max(0.0, spread.quality + spread.quality_sd * normal(w1))
        taste[i, 1] = dislike * richer
        taste[i, 2] = spread.time * dislike
        taste[i, 3] = min(max(style, -1.0), 1.0)
        taste[i, 4] = spread.home
        taste[i, 5] = spread.loyalty
        taste[i, 6] = spread.propensity + spread.propensity_sd * normal(w5)
        taste[i, 7] = income


@kernel
def habits(
    start: int,
    stop: int,
    first: int,
    storefronts: int,
    segments: int,
    seed: np.uint64,
    storefront: NDArray[np.uint8],
    segment: NDArray[np.uint8],
) -> None:
    """The storefront that the people `start` to `stop` of a country use first, and the segment it takes them for.

    storefronts, segments : how many there are, all equally likely. Written, uint8[n] each; 0 where there are none.
    """
    for i in range(start, stop):
        _, _, w2, w3 = draw(seed, np.uint64(first + i), np.uint32(0), MEANS)
        storefront[i] = one_of(w2, storefronts)
        segment[i] = one_of(w3, segments)


@kernel
def delivery_split(
    price: NDArray[np.float64],
    days: NDArray[np.float64],
    dislike: float,
    time: float,
    lam: float,
    part: NDArray[np.float64],
) -> None:
    """Parts of a listing's packs that go by each mode: logit in -(dislike price + time days) / lam.

    price, days : float64[mode], price below 0 where a mode is not offered; part : float64[mode], written, sums to 1.
    """
    best, total = -1.0e300, 0.0
    for m in range(price.shape[0]):
        part[m] = 0.0
        if price[m] >= 0.0:
            part[m] = -(dislike * price[m] + time * days[m]) / lam
            best = max(best, part[m])
    for m in range(price.shape[0]):
        if price[m] >= 0.0:
            part[m] = exp(part[m] - best)
            total += part[m]
    for m in range(price.shape[0]):
        if price[m] >= 0.0:
            part[m] /= total


@kernel
def expected_packs(
    taste: NDArray[np.float32],
    page: NDArray[np.int32],
    features: NDArray[np.float32],
    price: NDArray[np.float64],
    days: NDArray[np.float64],
    kappa: float,
    lam: float,
    packs: NDArray[np.float64],
) -> None:
    """Packs that a visit buys in the mean of a sample of people, by listing and mode.

    taste : float32[person, 8]; page : int32[pages, slots], the listings on each page by rank, person i reads page
    i modulo pages; features : float32[listing, 6] without the rank; price, days : float64[listing, mode], in usual
    prices and days, price below 0 where not offered; kappa : attention lost with ln(rank); lam : nest.
    packs : float64[listing, mode], written; its sum is the conversion. Summed in the order of the people.
    """
    people, pages, slots = taste.shape[0], page.shape[0], page.shape[1]
    shown = np.empty((pages, slots, features.shape[1]), np.float32)
    for v in range(pages):
        for k in range(slots):
            shown[v, k] = features[page[v, k]]
    nobody = np.full(slots, -2, np.int32)
    utility, share, depth = np.empty(slots), np.empty(slots), np.empty(slots)
    for k in range(slots):
        depth[k] = log(np.float64(k + 1))
    part = np.empty(price.shape[1])
    packs[:] = 0.0
    for i in range(people):
        v = i % pages
        page_utilities(shown[v], nobody, slots, taste[i], -1, utility)
        for k in range(slots):
            utility[k] -= kappa * depth[k]
        shares(utility, np.float64(taste[i, 6]), lam, share)
        for k in range(slots):
            j = page[v, k]
            delivery_split(price[j], days[j], np.float64(taste[i, 1]), np.float64(taste[i, 2]), lam, part)
            for m in range(part.shape[0]):
                if price[j, m] >= 0.0:
                    packs[j, m] += share[k] * part[m] / people
