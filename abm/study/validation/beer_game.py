"""The beer game of Sterman (1989): four people in series who see their own stock and orders, and what it costs them.

A week: receive, and move goods on; fill orders and backlog; charge; move order slips on (the factory starts what it
asked for last week); order. Goods take two weeks from stage to stage, orders one; the factory's take three in all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from pydantic import model_validator

from abm.columns import F8
from abm.study.validation.family import Family, Found
from abm.study.validation.inputs import demand as demanded
from abm.study.validation.inputs import given
from abm.study.validation.stages import Levels, Units, each
from kernels import information, replenishment


class BeerGame(Family):
    """Anchoring and adjustment at every stage, stage 1 the retailer, the last the factory."""

    finds: ClassVar[Mapping[str, str]] = {
        "costs": "Cost of each stage over all weeks.",
        "cost": "Cost of all stages.",
        "orders": "Orders of each week: a list for each stage.",
        "levels": "Stock less backlog at the end of each week: a list for each stage.",
    }
    theta: Levels = given(0.0, "share", "Weight of the newest order in what is expected.")
    alpha: Levels = given(1.0, "1/week", "Part of the gap in stock that one order closes.", "alpha_S")
    beta: Levels = given(1.0, "share", "Part of the supply line that is kept in mind.")
    target: Levels = given(
        (28.0, 28.0, 28.0, 20.0), "units", "Desired stock S' of each stage, its supply line counted by beta.",
        "S_prime", "S'", "desired_stock", "targets",
    )  # fmt: skip
    stages: int | None = given(None, "count", "How many stages; told from target when left out.", least=1, most=100)
    weeks: int = given(36, "weeks", "Weeks that are played.", "periods", least=1, most=10_000)
    hold: int = given(4, "weeks", "First weeks in which all order what customers asked for at first.", "held", least=0)
    demand: tuple[Units, ...] | None = given(
        None, "units", "Orders of customers week by week, the last one repeated; 4, and from week 5 on 8.", "customers"
    )
    initial_stock: float = given(12.0, "units", "Stock of each stage at the start.", "stock", least=0, most=1e6)
    initial_flow: float = given(
        4.0, "units", "Goods in each shipping box and on each order slip at the start.", "boxes", "pipeline",
        least=0, most=1e6,
    )  # fmt: skip
    holding_cost: float = given(0.5, "cost/unit/week", "Cost of a unit kept.", "holding", "h", least=0, most=1e6)
    backlog_cost: float = given(
        1.0, "cost/unit/week", "Cost of a unit owed.", "backlog", "stockout_cost", "p", least=0, most=1e6
    )

    @model_validator(mode="after")
    def _fits(self) -> BeerGame:
        for name in ("theta", "alpha", "beta", "target"):
            each(getattr(self, name), self.count(), name)
        for name in ("theta", "alpha", "beta"):
            values = np.asarray(getattr(self, name))
            demanded(bool(np.all((values >= 0) & (values <= 1))), f"{name} from 0 to 1")
        demanded(self.demand is None or len(self.demand) > 0, "demand of at least one week")
        return self

    def count(self) -> int:
        """How many stages play."""
        return self.stages or (len(self.target) if isinstance(self.target, tuple) else 4)

    def customers(self) -> F8:
        """What customers order in each week."""
        said = self.demand or (4.0, 4.0, 4.0, 4.0, 8.0)
        return np.array([said[min(week, len(said) - 1)] for week in range(self.weeks)])

    def find(self) -> dict[str, Found]:
        """Play the weeks."""
        count, customers = self.count(), self.customers()
        stock, backlog, cost = np.full(count, self.initial_stock), np.zeros(count), np.zeros(count)
        near, far, slip, placed = (np.full(count, self.initial_flow) for _ in range(4))
        expected = np.full(count, self.initial_flow)
        levels, orders = np.zeros((2, count, self.weeks))
        for week, asked_first in enumerate(customers):
            stock = stock + near
            near, far = far, np.zeros(count)
            asked = np.append(asked_first, slip[:-1])
            backlog = backlog + asked
            sent = np.minimum(stock, backlog)
            stock, backlog = stock - sent, backlog - sent
            far[:-1] = sent[1:]
            cost += self.holding_cost * stock + self.backlog_cost * backlog
            slip, far[-1] = placed.copy(), placed[-1]
            line = near + far
            line[:-1] += slip[:-1] + backlog[1:]
            wanted = self._wanted(asked, stock - backlog, line, expected)
            placed = np.full(count, customers[0]) if week < self.hold else wanted
            levels[:, week], orders[:, week] = stock - backlog, placed
        return {"costs": cost, "cost": float(cost.sum()), "orders": orders, "levels": levels}

    def _wanted(self, asked: F8, net: F8, line: F8, expected: F8) -> F8:
        """What each stage's rule orders; what it expects is smoothed in place."""
        count, order = self.count(), np.empty(self.count())
        theta, alpha, beta, target = (each(one, count, "") for one in (self.theta, self.alpha, self.beta, self.target))
        information.smoothing(0, count, asked, theta, expected)
        replenishment.sterman_orders(0, count, net, line, expected, target, alpha, beta, order)
        return order
