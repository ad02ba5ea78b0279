"""What shoppers pick from pages like those of a market with all defaults, first and when it is sold out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from abm.scenario.build.people import spread
from abm.scenario.schema import Demand
from abm.study.validation.demand import weights
from abm.study.validation.family import Estimate, Family, Found
from abm.study.validation.inputs import given
from kernels import choice, second_choice, threads
from kernels.people import births

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
GROUPS = np.array([-0.6, 0.6])
"""Mean styles of the hidden groups."""
PRICE_SD, QUALITY_SD, AT_HOME = 0.3, 0.5, 0.2
"""Spread of ln price and of rated quality on a page, and the part of sellers from the shopper's country."""
THINNEST = 5.0
"""Expected frequency below which a cell is counted together with who buys nothing."""


class Shown(NamedTuple):
    """Pages: features [page, slot, 6], sellers [page, slot], filled slots [page]."""

    features: F4
    sellers: NDArray[np.int32]
    filled: NDArray[np.int32]


def usual_pages(pages: int, slots: int, seed: int) -> Shown:
    """Pages whose offers are spread as the defaults say: prices, quality, days, style and rank."""
    said, rng, size = Demand(), np.random.default_rng(seed), (pages, slots)
    style = rng.uniform(-1.0, 1.0, size)
    liked = rng.normal(0.0, said.xi_sd, size) - said.style * style**2 - said.rank * np.log(np.arange(1, slots + 1))
    columns = [liked, rng.normal(0.0, QUALITY_SD, size), np.exp(rng.normal(0.0, PRICE_SD, size)),
               rng.integers(3, 20, size), 2.0 * said.style * style, rng.random(size) < AT_HOME]  # fmt: skip
    sellers = np.tile(np.arange(slots, dtype=np.int32), (pages, 1))
    return Shown(np.stack(columns, axis=2).astype(np.float32), sellers, np.full(pages, slots, np.int32))


def usual_people(count: int, seed: int, propensity: float | None) -> F4:
    """Tastes of people born as in a market with all defaults; `propensity` in place of the default's mean."""
    said = Demand() if propensity is None else Demand(propensity=propensity)
    taste = np.empty((count, 8), np.float32)
    births(0, count, 0, GROUPS, spread(said), np.uint64(seed), taste)
    return taste


def shop(page: NDArray[np.int32], taste: F4, shown: Shown, lam: float, seed: int, day: int) -> NDArray[np.int8]:
    """The slots that shoppers take, by the kernel of the market; -1 for nothing. None has bought before."""
    count = len(page)
    slot, surplus, last = np.empty(count, np.int8), np.empty(count, np.float32), np.full(count, -1, np.int32)
    threads.run(choice.choose, count, threads.WINDOW, page, taste, last, np.uint64(seed), np.uint32(day), *shown,
                np.float32(lam), slot, surplus)  # fmt: skip
    return slot


def utilities(page: int, taste: F4, shown: Shown) -> F8:
    """V - c of the offers of one page to one shopper."""
    value = np.empty(shown.filled[page])
    choice.page_utilities(shown.features[page], shown.sellers[page], len(value), taste, -1, value)
    return value


class ChoiceDraw(Family):
    """Frequencies of the market's float32 draw against the exact shares: many shoppers alike, for each of many keys."""

    finds: ClassVar[Mapping[str, str]] = {
        "chi2_per_df": "Chi-square per degree of freedom, all keys together.",
        "degrees": "Degrees of freedom.",
        "weight_gap": "The largest gap between a float32 probability of the draw and the exact share.",
    }
    keys: int = given(100, "count", "Shoppers of other tastes, each with his page and day.", least=1, most=10_000)
    consumers: int = given(16_384, "count", "Shoppers alike for each key.", least=1000, most=10_000_000)
    slots: int = given(32, "slots", "Offers of a page.", least=1, most=32)
    lam: float = given(0.4, "1", "Nest: 1 is plain logit.", "lambda", least=0.05, most=1.0)
    propensity: float = given(0.5, "utility", "Mean liking of buying at all.")
    seed: int = given(1, "1", "The seed of all chance.", least=0, most=2**63 - 1)

    def find(self) -> dict[str, Found]:
        """Chi-square over all keys."""
        shown = usual_pages(self.keys, self.slots, self.seed)
        tastes = usual_people(self.keys, self.seed, self.propensity)
        chi2, degrees, gap = 0.0, 0, 0.0
        for key in range(self.keys):
            share, taste = np.empty(self.slots), tastes[key]
            lam = float(np.float32(self.lam))
            buy, _ = choice.shares(utilities(key, taste, shown), float(taste[6]), lam, share)
            page, alike = np.full(self.consumers, key, np.int32), np.tile(taste, (self.consumers, 1))
            slot = shop(page, alike, shown, self.lam, self.seed, key)
            seen = np.bincount(np.where(slot < 0, self.slots, slot), minlength=self.slots + 1)
            more, cells = _chi2(seen, self.consumers * np.append(share, 1.0 - buy))
            chi2, degrees = chi2 + more, degrees + cells - 1
            gap = max(gap, float(np.abs(self.drawn(key, taste, shown) - share).max()))
        return {"chi2_per_df": chi2 / degrees, "degrees": float(degrees), "weight_gap": gap}

    def drawn(self, key: int, taste: F4, shown: Shown) -> F8:
        """The probabilities by which the float32 kernel draws."""
        alike, last = np.tile(taste, (choice.LANES, 1)), np.full(choice.LANES, -1, np.int32)
        lane, weight = np.empty((8, choice.LANES), np.float32), np.empty((self.slots, choice.LANES), np.float32)
        total, bought, worth = (np.empty(choice.LANES, np.float32) for _ in range(3))
        lam = np.float32(self.lam)
        scale = np.float32(choice.LOG2_E / lam)
        choice.gather(alike, scale, lane)
        choice.weigh(shown.features[key], shown.sellers[key], self.slots, scale, lane, last, weight, total)
        choice.value_page(lane, total, lam, bought, worth)
        parts = np.diff(weight[:, 0].astype(float), prepend=0.0)
        return np.asarray(parts / float(total[0]) * float(bought[0]))


def _chi2(seen: NDArray[np.int64], expected: F8) -> tuple[float, int]:
    """Chi-square and the number of cells, thin ones counted with the last."""
    thin = expected[:-1] < THINNEST
    expected = np.append(expected[:-1][~thin], expected[-1] + expected[:-1][thin].sum())
    observed = np.append(seen[:-1][~thin], seen[-1] + seen[:-1][thin].sum())
    return float(((observed - expected) ** 2 / expected).sum()), len(expected)


class Retry(Family):
    """Shoppers who find their first choice sold out: who stays, by formula, by the market, and by nested errors.

    Pages and people are those of a market with all defaults. At lam = 1 staying has the law of Plackett and Luce.
    """

    finds: ClassVar[Mapping[str, str]] = {
        "stay": "Chance to take another offer, in the mean of those who picked one.",
        "stay_one_by_one": "The same, each shopper weighing alike whether he buys often or not.",
        "market_gap": "Part that stays in the market's own retry, less the chance of each.",
        "nested_gap": "Part that stays when errors of the nest are drawn one by one, less the chance of each.",
        "effective_offers": "One over the sum of squared shares within the nest, in the mean of shoppers.",
    }
    lam: float = given(0.4, "1", "Nest: 1 is plain logit.", "lambda", least=0.05, most=1.0)
    slots: int = given(32, "slots", "Offers of a page.", "K", least=2, most=32)
    propensity: float = given(-2.9, "utility", "Mean liking of buying at all.")
    shoppers: int = given(2000, "count", "Shoppers.", "consumers", least=10, most=1_000_000)
    pages: int = given(24, "count", "Pages that they read in turn.", least=1, most=1000)
    days: int = given(40, "days", "Days on which they shop.", least=1, most=10_000)
    seed: int = given(1, "1", "The seed of all chance.", least=0, most=2**63 - 1)

    def find(self) -> dict[str, Found]:
        """The chance to stay, and what is seen of it."""
        shown = usual_pages(self.pages, self.slots, self.seed)
        taste = usual_people(self.shoppers, self.seed, self.propensity)
        page = (np.arange(self.shoppers) % self.pages).astype(np.int32)
        value = np.array([utilities(int(p), one, shown) for p, one in zip(page, taste, strict=True)])
        share, stay = np.empty_like(value), np.empty_like(value)
        for n in range(self.shoppers):
            constant = float(taste[n, 6])
            choice.shares(value[n], constant, self.lam, share[n])
            weight, best = weights(value[n], self.lam), float(value[n].max()) + constant
            before = np.concatenate([[0.0], np.cumsum(weight)[:-1]])
            after = np.concatenate([np.cumsum(weight[::-1])[::-1][1:], [0.0]])
            for j in range(self.slots):
                rest = float(before[j] + after[j])
                stay[n, j] = second_choice.stay_probability(best, rest, float(weight[j]), self.lam)
        inside = share / share.sum(axis=1)[:, None]
        return {
            "stay": float((share * stay).sum() / share.sum()),
            "stay_one_by_one": float((inside * stay).sum(axis=1).mean()),
            "market_gap": self.in_market(page, taste, shown, stay),
            "nested_gap": self.nested(value + taste[:, 6:7].astype(float), stay),
            "effective_offers": float((1.0 / (inside**2).sum(axis=1)).mean()),
        }

    def in_market(self, page: NDArray[np.int32], taste: F4, shown: Shown, stay: F8) -> Estimate:
        """Every pick is found short; who stays, less the chance of each, over the days."""
        last, gaps = np.full(self.shoppers, -1, np.int32), []
        for day in range(self.days):
            slot = shop(page, taste, shown, self.lam, self.seed, day)
            row = np.flatnonzero(slot >= 0).astype(np.int32)
            first = slot[row]
            second, lot = first.copy(), np.empty(len(row), np.uint32)
            tried = np.uint32(1) << first.astype(np.uint32)
            threads.run(second_choice.retry, len(row), threads.WINDOW, row, page[row], tried, taste, last,
                        np.uint64(self.seed), np.uint32(day), *shown, self.lam, 1, second, lot)  # fmt: skip
            gaps.append((second >= 0) - stay[row, first])
        return _mean(np.concatenate(gaps))

    def nested(self, value: F8, stay: F8) -> Estimate:
        """Utilities with errors of a nest: a common part such that it and lam times Gumbel draws are Gumbel together.

        exp(common / lam) is positive stable of index lam (Cardell 1997), drawn as in Kanter (1975).
        """
        rng, gaps, count = np.random.default_rng(self.seed), [], len(value)
        for _ in range(self.days):
            errors = self.lam * rng.gumbel(size=value.shape)
            if self.lam < 1.0:
                angle, scale = np.pi * rng.random(count), rng.exponential(size=count)
                other = np.sin((1.0 - self.lam) * angle) / scale
                stable = np.sin(self.lam * angle) / np.sin(angle) ** (1 / self.lam)
                errors += self.lam * np.log(stable * other ** ((1.0 - self.lam) / self.lam))[:, None]
            utility, outside = value + errors, rng.gumbel(size=count)
            first = utility.argmax(axis=1)
            rows = np.flatnonzero(utility[np.arange(count), first] > outside)
            utility[np.arange(count), first] = -np.inf
            gaps.append((utility[rows].max(axis=1) > outside[rows]) - stay[rows, first[rows]])
        return _mean(np.concatenate(gaps))


def _mean(values: F8) -> Estimate:
    return Estimate(np.array(values.mean()), np.array(values.std(ddof=1) / np.sqrt(len(values))))
