"""Stock at one place: the newsvendor and base stock, (s, S), (r, Q) and the economic order quantity.

A lead time L is that of the texts: an order and the next L periods come before its goods help, so a level meets the
demand of L + 1 periods; under continuous review, (r, Q), it meets that of L units of time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from abm.columns import F8
from abm.study.validation import periods
from abm.study.validation.family import Estimate, Family, Found
from abm.study.validation.inputs import given
from abm.study.validation.laws import drawn, estimate, poisson, summed
from kernels import policies, replenishment

Share = Annotated[float, Field(ge=0, le=1)]
ROOM = 1 << 18
"""Most units between s and S that are searched."""


class Costs(Family):
    """What holding and owing a unit for a period cost."""

    holding_cost: float = given(..., "cost/unit/period", "Cost of a unit kept for a period.", "holding", "h",
                                above=0, most=1e9)  # fmt: skip
    stockout_cost: float = given(
        ..., "cost/unit/period", "Cost of a unit owed for a period.", "shortage_cost", "backorder_cost", "p",
        above=0, most=1e9,
    )  # fmt: skip


class Whole(Costs):
    """Demand in whole units: Poisson, or by the probabilities of 0, 1, 2 ... units."""

    demand_mean: float | None = given(
        None, "units/period", "Mean of Poisson demand.", "mean", "demand_rate", "lambda", "mu", above=0, most=1e5
    )
    demand_pmf: list[Share] | None = given(
        None, "share", "Probabilities that 0, 1, 2 ... units are asked for in a period.", "pmf"
    )
    lead_time: int = given(
        0, "periods", "Periods from an order to its goods, as the texts count.", "L", least=0, most=1000
    )
    fixed_cost: float = given(..., "cost/order", "Cost of placing an order.", "setup_cost", "K", above=0, most=1e9)

    @model_validator(mode="after")
    def _one_law(self) -> Whole:
        if (self.demand_mean is None) == (self.demand_pmf is None):
            raise ValueError("demand is given by demand_mean (Poisson) or by demand_pmf, and by one of them")
        if self.demand_pmf is not None and (abs(sum(self.demand_pmf) - 1) > 1e-9 or self.demand_pmf[0] >= 1):
            raise ValueError("demand_pmf sums to 1 and has something above 0 units")
        return self

    def law(self, times: float) -> F8:
        """The law of the demand of some periods."""
        if self.demand_mean is not None:
            return poisson(self.demand_mean * times)
        return summed(np.array(self.demand_pmf), int(times))


class Newsvendor(Costs):
    """One level against the demand of lead time and review: the newsvendor, and base stock when L > 0."""

    finds: ClassVar[Mapping[str, str]] = {
        "S": "Level that costs least, or as given.",
        "cost": "Expected cost of a period.",
        "fill_rate": "Part of a period's demand that is met at once.",
        "critical_ratio": "p / (p + h).",
        "expected_backorders": "Units owed at the end of a period.",
        "expected_on_hand": "Units left at the end of a period.",
    }
    demand_mean: float | None = given(None, "units/period", "Mean demand.", "mean", "mu", least=0, most=1e9)
    demand_sd: float | None = given(
        None, "units/period", "Standard deviation of normal demand.", "sd", "sigma", "demand_standard_deviation",
        above=0, most=1e9,
    )  # fmt: skip
    demand_pmf: list[Share] | None = given(None, "share", "Probabilities of 0, 1, 2 ... units.", "pmf")
    low: float | None = given(None, "units", "Least demand, where it is uniform.", "lo", least=0, most=1e9)
    high: float | None = given(None, "units", "Greatest demand, where it is uniform.", "hi", least=0, most=1e9)
    distribution: Literal["normal", "poisson", "uniform", "empirical"] | None = given(
        None, "", "Law of demand; told from what else is given when it is left out.", "demand_distribution"
    )
    lead_time: int = given(
        0, "periods", "Periods from an order to its goods, as the texts count.", "L", least=0, most=1000
    )
    base_stock: float | None = given(
        None, "units", "Level to be costed instead of the best.", "base_stock_level", "S", least=-1e12, most=1e12
    )

    @model_validator(mode="after")
    def _law_is_known(self) -> Newsvendor:
        needs = {"normal": ("demand_mean", "demand_sd"), "poisson": ("demand_mean",), "uniform": ("low", "high"),
                 "empirical": ("demand_pmf",)}[self.law]  # fmt: skip
        missing = [name for name in needs if getattr(self, name) is None]
        if missing:
            raise ValueError(f"{self.law} demand needs {' and '.join(missing)}")
        if self.demand_pmf is not None and abs(sum(self.demand_pmf) - 1) > 1e-9:
            raise ValueError("demand_pmf sums to 1")
        if self.law == "uniform" and (self.lead_time > 0 or not (self.low or 0) < (self.high or 0)):
            raise ValueError("uniform demand has low < high, and no lead time (its sums are not uniform)")
        return self

    def exposed(self) -> int:
        """Periods whose demand a level meets."""
        return self.lead_time + 1

    @property
    def law(self) -> str:
        """The name of the law of demand."""
        if self.distribution is not None:
            return self.distribution
        if self.demand_pmf is not None:
            return "empirical"
        if self.high is not None:
            return "uniform"
        return "poisson" if self.demand_sd is None else "normal"

    def find(self) -> dict[str, Found]:
        ratio = self.stockout_cost / (self.stockout_cost + self.holding_cost)
        solve = {"normal": self._normal, "uniform": self._uniform}.get(self.law, self._whole)
        level, cost, short, unmet, mean = solve(ratio)
        return {"S": level, "cost": cost, "fill_rate": 1 - unmet / mean, "critical_ratio": ratio,
                "expected_backorders": short, "expected_on_hand": short + level - mean * self.exposed()}  # fmt: skip

    def _normal(self, ratio: float) -> tuple[float, float, float, float, float]:
        assert self.demand_mean is not None
        assert self.demand_sd is not None
        days, mean = self.lead_time + 1, self.demand_mean
        sd, earlier = self.demand_sd * math.sqrt(days), self.demand_sd * math.sqrt(self.lead_time)
        best = replenishment.newsvendor(mean * days, sd, self.holding_cost, self.stockout_cost)
        level = best if self.base_stock is None else self.base_stock
        cost = replenishment.newsvendor_cost(mean * days, sd, self.holding_cost, self.stockout_cost, level)
        unmet = policies.unmet(mean * days, sd, mean * self.lead_time, earlier, level)
        return level, cost, replenishment.expected_short(mean * days, sd, level), unmet, mean

    def _whole(self, ratio: float) -> tuple[float, float, float, float, float]:
        days = self.lead_time + 1
        if self.demand_pmf is None:
            assert self.demand_mean is not None
            exposed = poisson(self.demand_mean * days)
            before = poisson(self.demand_mean * self.lead_time)
        else:
            exposed, before = (summed(np.array(self.demand_pmf), times) for times in (days, self.lead_time))
        mean = policies.mean_of(exposed)
        level = float(policies.quantile(exposed, ratio)) if self.base_stock is None else self.base_stock
        cost = policies.level_cost(exposed, mean, self.holding_cost, self.stockout_cost, level)
        short = policies.left_over(exposed, level) + mean - level
        earlier = policies.left_over(before, level) + policies.mean_of(before) - level
        return level, cost, short, short - earlier, mean / days

    def _uniform(self, ratio: float) -> tuple[float, float, float, float, float]:
        assert self.low is not None
        assert self.high is not None
        spread, mean = self.high - self.low, 0.5 * (self.low + self.high)
        level = self.low + ratio * spread if self.base_stock is None else self.base_stock
        inside = min(max(level, self.low), self.high)
        short = (self.high - inside) ** 2 / (2 * spread) + max(0.0, self.low - level)
        cost = self.holding_cost * (level - mean) + (self.holding_cost + self.stockout_cost) * short
        return level, cost, short, short - max(0.0, -level), mean


class ReorderLevel(Whole):
    """(s, S): the pair that costs least, or the cost of the pair that is given; and the same by simulation."""

    finds: ClassVar[Mapping[str, str]] = {
        "s": "Reorder point that costs least, or as given.",
        "S": "Level that costs least, or as given.",
        "cost": "Expected cost of a period.",
        "simulated_cost": "The same by simulation through the rules of the market.",
    }
    reorder_point: int | None = given(
        None, "units", "Reorder point to be costed.", "s", least=-1_000_000, most=1_000_000
    )
    order_up_to: int | None = given(
        None, "units", "Level to be costed.", "order_up_to_level", "S", least=-1_000_000, most=1_000_000
    )
    simulated_periods: int = given(
        2000, "periods", "Periods that each replication is charged.", least=0, most=1_000_000
    )
    replications: int = given(100, "count", "Replications of the simulation.", least=2, most=10_000)
    seed: int = given(1, "", "Seed of the simulation.", least=0, most=2**63 - 1)

    @model_validator(mode="after")
    def _pair(self) -> ReorderLevel:
        if (self.reorder_point is None) != (self.order_up_to is None):
            raise ValueError("reorder_point and order_up_to are given together")
        if self.reorder_point is not None and self.order_up_to is not None and self.reorder_point >= self.order_up_to:
            raise ValueError("reorder_point lies below order_up_to")
        return self

    def find(self) -> dict[str, Found]:
        reorder, level, cost = self._exact()
        found: dict[str, Found] = {"s": float(reorder), "S": float(level), "cost": cost}
        if self.simulated_periods:
            found["simulated_cost"] = self._simulated(reorder, level)
        return found

    def _exact(self) -> tuple[int, int, float]:
        one, exposed = self.law(1), self.law(self.lead_time + 1)
        if self.reorder_point is not None and self.order_up_to is not None:
            density = np.empty(self.order_up_to - self.reorder_point)
            policies.visits(one, density)
            cost = policies.s_S_cost(self.reorder_point, self.order_up_to, density, exposed, policies.mean_of(exposed),
                                     self.fixed_cost, self.holding_cost, self.stockout_cost)  # fmt: skip
            return self.reorder_point, self.order_up_to, cost
        room = 64
        while room <= ROOM:
            density = np.empty(room)
            policies.visits(one, density)
            reorder, level, cost = policies.s_S_optimum(
                density, exposed, self.fixed_cost, self.holding_cost, self.stockout_cost
            )
            if cost != policies.NO_ANSWER:
                return reorder, level, cost
            room *= 4
        raise ValueError(f"S - s would exceed {ROOM} units: count in larger units")

    def _simulated(self, reorder: int, level: int) -> Estimate:
        """Mean cost of a period by the market's own rule, from a shelf at S, after as many periods to settle down."""
        settle = min(self.simulated_periods, 20 * (self.lead_time + 1) + 100)
        demand = drawn(self.law(1), settle + self.simulated_periods, self.replications, self.seed)
        point = periods.Point(periods.s_S(reorder, level), level, self.lead_time + 1, holding=self.holding_cost,
                              shortage=self.stockout_cost, setup=self.fixed_cost)  # fmt: skip
        cost = periods.System([point], []).run({0: demand}).cost[0, settle:].mean(axis=0)
        return estimate(cost)


class ReorderBatch(Costs):
    """(r, Q) under continuous review: the pair that costs least, or the cost of the pair that is given."""

    finds: ClassVar[Mapping[str, str]] = {
        "r": "Reorder point that costs least, or as given.",
        "Q": "Batch that costs least, or as given.",
        "cost": "Expected cost of a unit of time.",
        "expected_backorders": "Units owed on average.",
        "expected_on_hand": "Units kept on average, where demand is Poisson.",
        "fill_rate": "Part of the Poisson demand of a unit of time that is met within it.",
        "simulated_cost": "The cost by simulation through the rules of the market, reviewed once a unit of time.",
        "simulated_on_hand": "Units kept at the end of a unit of time, by simulation.",
        "simulated_fill_rate": "The fill rate by simulation.",
    }
    demand_mean: float = given(
        ...,
        "units/time",
        "Mean demand of a unit of time.",
        "mean",
        "demand_rate",
        "lambda",
        "mu",
        "D",
        above=0,
        most=1e9,
    )
    demand_sd: float | None = given(
        None, "units/time", "Standard deviation of normal demand of a unit of time; without it, demand is Poisson.",
        "sd", "sigma", "tau", above=0, most=1e9,
    )  # fmt: skip
    lead_time: float = given(..., "time", "Time from an order to its goods.", "L", least=0, most=1e6)
    fixed_cost: float = given(..., "cost/order", "Cost of placing an order.", "setup_cost", "K", above=0, most=1e9)
    reorder_point: float | None = given(None, "units", "Reorder point to be costed.", "r", least=-1e12, most=1e12)
    order_quantity: float | None = given(None, "units", "Batch to be costed.", "Q", above=0, most=1e12)
    simulated_periods: int = given(
        0, "time", "Units of time that each replication is charged.", "periods", least=0, most=1_000_000
    )
    replications: int = given(100, "count", "Replications of the simulation.", least=2, most=10_000)
    seed: int = given(1, "", "Seed of the simulation.", least=0, most=2**63 - 1)

    @model_validator(mode="after")
    def _pair(self) -> ReorderBatch:
        if (self.reorder_point is None) != (self.order_quantity is None):
            raise ValueError("reorder_point and order_quantity are given together")
        if self.demand_sd is None:
            if self.demand_mean * max(self.lead_time, 1.0) > 1e5:
                raise ValueError("Poisson demand of a lead time is at most 100000 units: give demand_sd")
            if any(x is not None and x != int(x) for x in (self.reorder_point, self.order_quantity)):
                raise ValueError("Poisson demand has whole reorder_point and order_quantity")
        elif self.lead_time == 0:
            raise ValueError("normal demand needs a lead_time above 0")
        if self.simulated_periods and (self.demand_sd is not None or not self._reviewed()):
            raise ValueError("a simulation needs Poisson demand and a lead_time of 1, 2 ... units of time")
        return self

    def _reviewed(self) -> bool:
        """Whether a shelf that is looked at once a unit of time meets as much as one that is always looked at."""
        return self.lead_time >= 1 and self.lead_time == int(self.lead_time)

    def find(self) -> dict[str, Found]:
        return self._by_the_unit() if self.demand_sd is None else self._flowing(self.demand_sd)

    def _by_the_unit(self) -> dict[str, Found]:
        exposed = poisson(self.demand_mean * self.lead_time)
        terms = (self.demand_mean, exposed, self.fixed_cost, self.holding_cost, self.stockout_cost)
        if self.reorder_point is None or self.order_quantity is None:
            reorder, batch, cost = policies.r_Q_optimum(*terms)
        else:
            reorder, batch = int(self.reorder_point), int(self.order_quantity)
            cost = policies.r_Q_cost(reorder, batch, *terms)
        found: dict[str, Found] = {"r": float(reorder), "Q": float(batch), "cost": cost}
        short, left = self._waiting(exposed, reorder, batch)
        found |= {"expected_backorders": short, "expected_on_hand": left}
        if self._reviewed():
            before, _ = self._waiting(poisson(self.demand_mean * (self.lead_time - 1)), reorder, batch)
            found["fill_rate"] = 1.0 - (short - before) / self.demand_mean
        return found | (self._simulated(reorder, batch) if self.simulated_periods else {})

    def _waiting(self, exposed: F8, reorder: int, batch: int) -> tuple[float, float]:
        """Units owed and kept, at a position that is alike r + 1 to r + Q: Hadley and Whitin (1963), chapter 4."""
        positions = range(reorder + 1, reorder + batch + 1)
        left = sum(policies.left_over(exposed, position) for position in positions) / batch
        return left + policies.mean_of(exposed) - reorder - 0.5 * (batch + 1), left

    def _simulated(self, reorder: int, batch: int) -> dict[str, Found]:
        """By the market's own rule, which orders as many batches at once as it takes; each of them has its cost."""
        lead = int(self.lead_time)
        settle = min(self.simulated_periods, 20 * lead + 100)
        demand = drawn(poisson(self.demand_mean), settle + self.simulated_periods, self.replications, self.seed)
        point = periods.Point(periods.r_Q(reorder, batch), reorder + batch, lead, holding=self.holding_cost,
                              shortage=self.stockout_cost)  # fmt: skip
        trace = periods.System([point], []).run({0: demand})
        level, asked = trace.level[0, settle:], demand[settle:]
        cost = trace.cost[0, settle:] + self.fixed_cost / batch * trace.order[0, settle:]
        unmet = np.maximum(-level, 0) - np.maximum(-level - asked, 0)
        return {"simulated_cost": estimate(cost.mean(axis=0)),
                "simulated_on_hand": estimate(np.maximum(level, 0).mean(axis=0)),
                "simulated_fill_rate": estimate(1.0 - unmet.mean(axis=0) / self.demand_mean)}  # fmt: skip

    def _flowing(self, rate_sd: float) -> dict[str, Found]:
        mean, sd = self.demand_mean * self.lead_time, rate_sd * math.sqrt(self.lead_time)
        terms = (self.demand_mean, mean, sd, self.fixed_cost, self.holding_cost, self.stockout_cost)
        if self.reorder_point is None or self.order_quantity is None:
            reorder, batch, cost = policies.r_Q_normal_optimum(*terms)
        else:
            reorder, batch = self.reorder_point, self.order_quantity
            cost = policies.r_Q_normal_cost(reorder, batch, *terms)
        short = policies.short_of_batches(reorder, batch, mean, sd)
        return {"r": reorder, "Q": batch, "cost": cost, "expected_backorders": short}


class OrderQuantity(Family):
    """The economic order quantity, and with backorders when owing a unit has a cost."""

    finds: ClassVar[Mapping[str, str]] = {
        "Q": "Batch that costs least, or as given.",
        "cost": "Cost of a period.",
        "x": "Part of demand that waits, where it may.",
    }
    fixed_cost: float = given(..., "cost/order", "Cost of placing an order.", "setup_cost", "K", above=0, most=1e12)
    holding_cost: float = given(..., "cost/unit/period", "Cost of a unit kept for a period.", "holding", "h",
                                above=0, most=1e12)  # fmt: skip
    demand_rate: float = given(
        ..., "units/period", "Demand of a period.", "demand", "demand_mean", "mean", "lambda", "D", above=0, most=1e12
    )
    stockout_cost: float | None = given(
        None, "cost/unit/period", "Cost of a unit owed for a period; without it, nobody waits.", "shortage_cost",
        "backorder_cost", "p", above=0, most=1e12,
    )  # fmt: skip
    order_quantity: float | None = given(None, "units", "Batch to be costed instead of the best.", "Q",
                                         above=0, most=1e12)  # fmt: skip

    def find(self) -> dict[str, Found]:
        if self.stockout_cost is not None:
            costs = (self.fixed_cost, self.holding_cost, self.stockout_cost, self.demand_rate)
            best, waits, _ = policies.eoq_with_backorders(*costs)
            batch = self.order_quantity or best
            return {"Q": batch, "x": waits, "cost": policies.eoq_with_backorders_cost(*costs, batch, waits)}
        batch = self.order_quantity or replenishment.eoq(self.fixed_cost, self.holding_cost, self.demand_rate)
        return {"Q": batch, "cost": replenishment.eoq_cost(self.fixed_cost, self.holding_cost, self.demand_rate, batch)}
