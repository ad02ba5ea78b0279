"""Two sellers who learn to price against each other: between the Bertrand price and the monopoly's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from abm.study.validation.demand import equilibrium
from abm.study.validation.family import Estimate, Family, Found
from abm.study.validation.inputs import given
from kernels import choice, duel, threads

F8 = NDArray[np.float64]


class QDuopoly(Family):
    """Q-learning under logit demand q = exp((a - p) / mu) / (sum of these + exp(a0 / mu)), memory of one period.

    Prices stand on a grid from a tenth of the way below Nash to a tenth beyond monopoly; a session ends when neither
    seller's best move has changed for `patience` periods.
    """

    finds: ClassVar[Mapping[str, str]] = {
        "nash": "Price at which neither wants another.",
        "monopoly": "Price that is best for both together.",
        "nash_profit": "Profit of each at the Nash price.",
        "monopoly_profit": "Profit of each at the monopoly price.",
        "profit_gain": "Mean of (profit - Nash) / (monopoly - Nash) over the sessions.",
        "periods": "Mean number of periods until both have settled.",
        "unsettled": "Sessions that were cut off before.",
    }
    a: float = given(2.0, "utility", "Quality of both goods.")
    a0: float = given(0.0, "utility", "Quality of the outside good.")
    mu: float = given(0.25, "1", "How little the goods resemble each other.", above=0.0)
    c: float = given(1.0, "money", "Unit cost of both.", "cost")
    delta: float = given(
        0.95, "share", "What the next period counts against this one.", "discount", least=0.0, below=1.0
    )
    alpha: float = given(0.15, "share", "How fast they learn.", "rate", above=0.0, most=1.0)
    beta: float = given(
        4e-6, "1/period", "How fast they cease to explore: with chance exp(-beta t).", "decay", above=0.0
    )
    prices: int = given(15, "count", "Prices on the grid.", "m", "moves", least=2, most=100)
    xi: float = given(0.1, "share", "How far the grid goes beyond Nash and monopoly.", least=0.0)
    memory: int = given(1, "periods", "Periods that a stance remembers; there is no other.", least=1, most=1)
    sessions: int = given(40, "count", "Sessions; 0 for the two prices alone.", least=0, most=10_000)
    patience: int = given(100_000, "periods", "Periods without change after which a session ends.", least=1)
    longest: int = given(20_000_000, "periods", "Periods after which it is cut off.", "periods", least=1, most=2**31)
    seed: int = given(1, "1", "The seed of all chance.", least=0, most=2**63 - 1)

    def find(self) -> dict[str, Found]:
        """Both prices, and what learning leads to."""
        (nash, least), (monopoly, most) = (self.benchmark(holds) for holds in (np.eye(2), np.ones((2, 2))))
        found: dict[str, Found] = {
            "nash": nash, "monopoly": monopoly, "nash_profit": least, "monopoly_profit": most,
        }  # fmt: skip
        if self.sessions:
            beyond = self.xi * (monopoly - nash)
            profit = self.profits(np.linspace(nash - beyond, monopoly + beyond, self.prices))
            lasting, periods = np.empty(self.sessions), np.empty(self.sessions, np.int64)
            threads.run(duel.duels, self.sessions, 1, np.uint64(self.seed), profit, self.alpha, self.delta, self.beta,
                        self.patience, self.longest, lasting, periods)  # fmt: skip
            found |= {
                "profit_gain": _mean((lasting - least) / (most - least)),
                "periods": _mean(periods.astype(float)),
                "unsettled": float((periods >= self.longest).sum()),
            }
        return found

    def benchmark(self, holds: F8) -> tuple[float, float]:
        """The price and the profit of each when profits count as `holds` says."""
        quality = np.full((1, 2), (self.a - self.a0) / self.mu)
        price = equilibrium(np.full(2, self.c), quality, np.array([1.0 / self.mu]), np.ones(1), holds, 1.0)
        return float(price[0]), float(self.profits(price[:1])[0, 0])

    def profits(self, price: F8) -> F8:
        """Profit of the first at his price, by the other's."""
        profit, share = np.empty((len(price), len(price))), np.empty(2)
        for i, mine in enumerate(price):
            for j, other in enumerate(price):
                value = (self.a - self.a0 - np.array([mine, other])) / self.mu
                choice.shares(value, 0.0, 1.0, share)
                profit[i, j] = (mine - self.c) * share[0]
        return profit


def _mean(values: F8) -> Estimate:
    error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.inf
    return Estimate(np.array(values.mean()), np.array(error))
