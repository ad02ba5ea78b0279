"""What forecasting does to orders, and what shared demand is worth: exact by filters, and by the market's own rules.

Demand follows D' = mean + rho (D - mean) + e. Each stage orders up to its forecast of the demand that its lead time
exposes it to: L x forecast under a moving average or smoothing (L counts the review, as in Chen and others); the
expected total of the L + 1 periods ahead under ar1 (Lee, So and Tang). What ar1 takes for demand are orders from stage
2 on, which are ARMA(1, 1); arma forecasts them as such, which nobody can do better (Zhang 2004, Manufacturing & Service
Operations Management 6(2); Gilbert 2005, Management Science 51(2)). With z = 0 there is no safety stock.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from pydantic import model_validator

from abm.columns import F8, I8
from abm.study.validation.family import Family, Found
from abm.study.validation.inputs import given
from abm.study.validation.laws import estimate
from abm.study.validation.stages import Times, each
from kernels import amplification, replenishment
from kernels import information as forecasting
from kernels.supply import place

MEAN, SPREAD = 10_000_000.0, 50_000.0
"""Mean and deviation of simulated demand: so large that neither whole units nor the ban on returns are felt."""
CUT = 1e-18
"""Weight of demand long ago that is left out of the filter of smoothing."""


class Bullwhip(Family):
    """How much more the orders of each stage vary than the demand of customers."""

    finds: ClassVar[Mapping[str, str]] = {
        "ratio": "Variance of the orders of each stage over the variance of demand, exact.",
        "stage_ratio": "Variance of the orders of each stage over that of the orders it is asked for, exact.",
        "simulated_ratio": "The first by simulation through the rules of the market.",
    }
    forecast: Literal["moving_average", "smoothing", "ar1", "arma"] = given(
        "moving_average", "", "How every stage forecasts.", "forecasting"
    )
    rho: float = given(0.0, "1", "Correlation of demand from period to period.", above=-1, below=1)
    p: int = given(5, "periods", "Periods of the moving average.", "window", least=1, most=1000)
    alpha: float | None = given(
        None, "share", "Weight of the newest period under smoothing; 2 / (p + 1) when left out.", "smoothing",
        above=0, most=1,
    )  # fmt: skip
    L: Times = given(1, "periods", "Lead time of each stage, or of all.", "lead_time", "lead_times", "l")
    stages: int | None = given(None, "count", "How many stages; told from L when left out.", least=1, most=50)
    shared: bool = given(False, "yes/no", "Whether every stage forecasts from customers' demand.", "share")
    simulated_periods: int = given(0, "periods", "Periods of the simulation.", "periods", least=0, most=1_000_000)
    replications: int = given(64, "count", "Replications of the simulation.", least=2, most=10_000)
    seed: int = given(1, "1", "Seed of the simulation.", least=0, most=2**63 - 1)

    @model_validator(mode="after")
    def _fits(self) -> Bullwhip:
        each(self.L, self.count(), "L")
        if self.forecast == "arma" and (self.shared or self.rho < 0):
            raise ValueError("arma forecasts from the orders that a stage sees: shared = false, and rho of at least 0, "
                             "below which orders hide what they answer to")  # fmt: skip
        return self

    def count(self) -> int:
        """How many stages there are."""
        return self.stages or (len(self.L) if isinstance(self.L, tuple) else 1)

    def leads(self) -> list[int]:
        """Lead time of each stage."""
        return [int(days) for days in each(self.L, self.count(), "L")]

    def exposed(self) -> list[int]:
        """Periods ahead that the orders of each stage answer to, all stages before it counted."""
        return [int(periods) for periods in np.cumsum([lead + 1 for lead in self.leads()])]

    def find(self) -> dict[str, Found]:
        """The ratios, exact, and by simulation where periods of it are asked for."""
        ratio = np.array([amplification.ratio(weights, self.rho) for weights in self.filters()])
        found: dict[str, Found] = {"ratio": ratio, "stage_ratio": ratio / np.append(1.0, ratio[:-1])}
        if self.count() == 1:
            found = {name: float(one[0]) for name, one in found.items() if isinstance(one, np.ndarray)}
        if self.simulated_periods:
            found["simulated_ratio"] = estimate(self.simulated())
        return found

    def weight(self) -> float:
        """Weight of the newest period under smoothing."""
        return 2.0 / (self.p + 1.0) if self.alpha is None else self.alpha

    def change(self, lead: int) -> F8:
        """By how much the level of a stage moves, as a filter of what it forecasts from."""
        if self.forecast == "ar1":
            return amplification.expected_change(self.rho, lead + 1) * np.array([1.0, -1.0])
        if self.forecast == "moving_average":
            change = np.empty(self.p + 1)
            amplification.average_change(self.p, change)
            return lead * change
        alpha = self.weight()
        change = np.empty(2 if alpha == 1.0 else 2 + math.ceil(math.log(CUT) / math.log1p(-alpha)))
        amplification.smoothing_change(alpha, change)
        return lead * change

    def filters(self) -> list[F8]:
        """The orders of each stage as a filter of customers' demand: what is asked for, and the move of the level."""
        if self.forecast == "arma":
            moves = [amplification.expected_change(self.rho, exposed) for exposed in self.exposed()]
            return [np.array([1.0 + move, -move]) for move in moves]
        found, before = [], np.ones(1)
        for lead in self.leads():
            change = self.change(lead)
            if self.shared:
                weights = np.zeros(max(len(change), len(before)))
                weights[: len(before)] += before
                weights[: len(change)] += change
            else:
                change[0] += 1.0
                weights = np.empty(len(before) + len(change) - 1)
                amplification.through(before, change, weights)
            found.append(weights)
            before = weights
        return found

    def simulated(self) -> F8:
        """Variances [stage, replication] of orders placed by the rules of the market, per variance of demand."""
        settle = sum(len(weights) for weights in self.filters()[-1:]) + 50
        settle += math.ceil(30 / (1.0 - self.rho)) if self.forecast == "arma" else 0
        shopped = autoregressive(self.rho, settle + self.simulated_periods, self.replications, self.seed)
        asked, sample = shopped, np.empty((self.count(), self.replications))
        for stage, (lead, before) in enumerate(zip(self.leads(), [0, *self.exposed()], strict=False)):
            asked = self.ordered(asked, shopped if self.shared else self.lasting(asked, before), lead)
            sample[stage] = np.mean(((asked[settle:] - MEAN) / SPREAD) ** 2, axis=0)
        return sample

    def lasting(self, asked: I8, before: int) -> I8:
        """Orders less what of their surprises does not last, under arma: `before` are the periods that they answer to.

        Such orders move by q' = mean + rho (q - mean) + u' - b u, b = rho (1 + ... + rho^(before - 1)) / (1 + ... +
        rho^before).
        """
        if self.forecast != "arma" or before == 0:
            return asked
        part = (1.0 + amplification.expected_change(self.rho, before - 1)) / (
            1.0 + amplification.expected_change(self.rho, before)
        )
        gap, surprise, lasting = asked - MEAN, np.zeros(asked.shape[1]), np.empty(asked.shape)
        for period in range(len(asked)):
            surprise = gap[period] - self.rho * (gap[period - 1] - part * surprise) if period else surprise
            lasting[period] = asked[period] - part * surprise
        return np.asarray(np.rint(lasting), np.int64)

    def ordered(self, asked: I8, seen: I8, lead: int) -> I8:
        """Orders, int64[period, replication], of a stage that is asked for `asked` and forecasts from `seen`."""
        copies = asked.shape[1]
        level, position, orders = np.empty(copies), np.zeros(copies, np.int64), np.empty_like(asked)
        ring = np.repeat(seen[0][:, None], max(self.p, 2), axis=1)
        rows, share, alive = np.arange(copies, dtype=np.int32), np.ones(copies), np.ones(copies, np.uint8)
        forecast, order = seen[0].astype(np.float64), np.empty(copies)
        for period, units in enumerate(asked):
            forecasting.record(0, copies, seen[period], period, ring)
            self.expect(ring, seen[period], period, lead, forecast)
            level[:] = forecast * (lead + 1 if self.forecast in ("ar1", "arma") else lead)
            position = np.rint(level).astype(np.int64) - units if period == 0 else position - units
            replenishment.up_to_orders(0, copies, position, level, order)
            place(0, copies, rows, share, order, alive, np.zeros(copies, np.int64), orders[period])
            position = position + orders[period]
        return orders

    def expect(self, ring: I8, seen: I8, period: int, lead: int, forecast: F8) -> None:
        """Forecast a period's demand, written."""
        copies = len(seen)
        if self.forecast == "moving_average":
            window = np.full(copies, self.p, np.int64)
            forecasting.moving_average(0, copies, ring, period + ring.shape[1], window, forecast)
        elif self.forecast == "smoothing":
            forecasting.smoothing(0, copies, seen.astype(np.float64), np.full(copies, self.weight()), forecast)
        else:
            forecasting.ar1(0, copies, seen.astype(np.float64), np.full(copies, MEAN), np.full(copies, self.rho),
                            np.full(copies, lead + 1), forecast)  # fmt: skip


class InformationValue(Family):
    """What a supplier cannot foresee of a retailer's orders over its lead time, with and without shared demand."""

    finds: ClassVar[Mapping[str, str]] = {
        "not_shared": "Variance of lead-time demand as the supplier sees it from orders alone, per variance of e.",
        "shared": "The same when it sees the retailer's demand.",
        "value": "Part of the standard deviation, and so of safety stock, that sharing takes away.",
        "simulated_not_shared": "The first by simulation through the rules of the market.",
        "simulated_shared": "The second by simulation.",
    }
    rho: float = given(..., "1", "Correlation of demand from period to period.", least=0, below=1)
    l: int = given(..., "periods", "Lead time of the retailer.", "retailer_lead_time", least=0, most=1000)  # noqa: E741
    L: int = given(..., "periods", "Lead time of the supplier.", "supplier_lead_time", "manufacturer_lead_time",
                   least=0, most=1000)  # fmt: skip
    sigma: float = given(1.0, "units", "Standard deviation of e.", "sd", above=0, most=1e6)
    simulated_periods: int = given(0, "periods", "Periods of the simulation.", "periods", least=0, most=1_000_000)
    replications: int = given(64, "count", "Replications of the simulation.", least=2, most=10_000)
    seed: int = given(1, "1", "Seed of the simulation.", least=0, most=2**63 - 1)

    def find(self) -> dict[str, Found]:
        """The variances, exact, and by simulation where periods of it are asked for."""
        one = self.sigma * self.sigma
        shared = one * amplification.unforeseen(self.rho, self.l, self.L)
        not_shared = shared + one * amplification.unshared(self.rho, self.l, self.L)
        found: dict[str, Found] = {"not_shared": not_shared, "shared": shared,
                                   "value": 1.0 - math.sqrt(shared / not_shared)}  # fmt: skip
        if self.simulated_periods:
            blind, told = self.simulated()
            found |= {"simulated_not_shared": estimate(blind), "simulated_shared": estimate(told)}
        return found

    def simulated(self) -> tuple[F8, F8]:
        """Mean squared errors, by replication, of the supplier's forecasts of the orders of L + 1 periods."""
        horizon, settle = self.L + 1, 50
        shopped = autoregressive(self.rho, settle + self.simulated_periods + horizon, self.replications, self.seed)
        retailer = Bullwhip(forecast="ar1", rho=self.rho, L=self.l)
        orders = retailer.ordered(shopped, shopped, self.l)
        copies, expected = self.replications, np.empty(self.replications)
        weight = math.sqrt(amplification.unshared(self.rho, self.l, self.L))
        scale = (1.0 - self.rho * self.rho) * (SPREAD / self.sigma) ** 2
        blind, told = np.zeros((2, copies))
        for period in range(settle, settle + self.simulated_periods):
            forecasting.ar1(0, copies, orders[period].astype(np.float64), np.full(copies, MEAN),
                            np.full(copies, self.rho), np.full(copies, horizon), expected)  # fmt: skip
            error = orders[period + 1 : period + 1 + horizon].sum(axis=0) - expected * horizon
            surprise = shopped[period] - MEAN - self.rho * (shopped[period - 1] - MEAN)
            blind += error * error
            told += (error + weight * surprise) ** 2
        return blind / (self.simulated_periods * scale), told / (self.simulated_periods * scale)


def autoregressive(rho: float, periods: int, copies: int, seed: int) -> I8:
    """Demand, int64[period, replication], of mean MEAN and deviation SPREAD, begun in its steady state."""
    chance = np.random.default_rng(seed).normal(size=(periods, copies))
    gap = np.empty((periods, copies))
    gap[0] = chance[0]
    for period in range(1, periods):
        gap[period] = rho * gap[period - 1] + math.sqrt(1.0 - rho * rho) * chance[period]
    return np.asarray(np.rint(MEAN + SPREAD * gap), np.int64)
