"""Stocking points that supply each other, period by period: in series, assembling parts, and serving several shelves.

Points are numbered from 1. Every list has a value for each point, a single number stands for all. The order of events
and what a lead time means stand in `periods`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from abm.columns import F8, I8
from abm.study.validation import echelons, periods
from abm.study.validation.family import Family, Found
from abm.study.validation.inputs import demand as demanded
from abm.study.validation.inputs import given
from abm.study.validation.laws import estimate
from abm.study.validation.periods import PARTS, Arc, Point, System, Trace
from abm.study.validation.stages import Amounts, Levels, Times, Units, drawn, each

Pieces = Annotated[int, Field(ge=1, le=16)]
Number = Annotated[int, Field(ge=1, le=1000)]


class Chain(Family):
    """Points with order rules, followed along the demand that is given, or along replications of random demand."""

    finds: ClassVar[Mapping[str, str]] = {
        "levels": "Stock less what is owed at the end of each period: a list for each point.",
        "orders": "Units ordered in each period: a list for each point.",
        "cost": "Cost of all points over all periods given.",
        "costs": "The same for each point.",
        "cost_per_period": "The same for each period.",
        "simulated_cost": "Mean cost of a period by simulation.",
    }
    demand: tuple[Units, ...] | tuple[tuple[Units, ...], ...] | None = given(
        None, "units", "Demand of each period; a list for each point with customers, or one that holds for all.",
        "demands", "demand_list",
    )  # fmt: skip
    demand_mean: Levels | None = given(None, "units/period", "Mean of random demand.", "mean", "mu")
    demand_sd: Amounts | None = given(
        None, "units/period", "Standard deviation of normal demand; without it, demand is Poisson.",
        "sd", "sigma", "demand_standard_deviation",
    )  # fmt: skip
    stages: int | None = given(
        None, "count", "How many points; told from the lists when left out.", "points", "num_nodes", "num_stages", "N",
        least=1, most=100,
    )  # fmt: skip
    policy: Literal["base_stock", "s_S", "r_Q"] | None = given(
        None, "", "The order rule; told from the levels when it is left out."
    )
    base_stock: Levels | None = given(
        None, "units", "Local base-stock levels.", "base_stock_level", "base_stock_levels", "local_base_stock", "S"
    )
    reorder_point: Levels | None = given(None, "units", "Reorder points of (s, S) and (r, Q).", "s", "r")
    order_up_to: Levels | None = given(None, "units", "Levels of (s, S).", "order_up_to_level")
    order_quantity: Levels | None = given(None, "units", "Batches of (r, Q).", "batch", "Q")
    lead_time: Times = given(
        0, "periods", "Periods from a shipment to its use.", "lead_times", "shipment_lead_time",
        "shipment_lead_times", "L",
    )  # fmt: skip
    order_lead_time: Times = given(0, "periods", "Periods until an order is seen.", "order_lead_times", "order_delay")
    holding_cost: Amounts = given(
        0.0, "cost/unit/period", "Cost of a unit kept at each point.", "holding", "holding_costs", "local_holding_cost",
        "local_holding_costs", "h",
    )  # fmt: skip
    stockout_cost: Amounts = given(
        0.0, "cost/unit/period", "Cost of a unit owed; a single number holds at the points with customers.",
        "shortage_cost", "backorder_cost", "stockout_costs", "p",
    )  # fmt: skip
    transit_cost: Amounts | None = given(
        None, "cost/unit/period", "Cost of a unit that a point has on its way to others; as held there when left out.",
        "in_transit_holding_cost",
    )  # fmt: skip
    fixed_cost: Amounts = given(0.0, "cost/order", "Cost of placing an order.", "setup_cost", "K")
    initial_level: Levels | None = given(
        None, "units", "Stock at the start; S, or r + Q, when left out.", "initial_inventory_level"
    )
    rationing: Literal["in_order", "proportional", "uniform"] = given(
        "in_order", "", "Who is served when stock is short: by number, in proportion, or everybody the same."
    )
    simulated_periods: int = given(0, "periods", "Periods of random demand.", "periods", least=0, most=100_000)
    replications: int = given(64, "count", "Replications of random demand.", least=2, most=10_000)
    seed: int = given(1, "1", "Seed of random demand.", least=0, most=2**63 - 1)

    @abstractmethod
    def arcs(self, count: int) -> list[Arc]:
        """Who supplies whom."""

    def find(self) -> dict[str, Found]:
        """Follow the demand that is given; simulate what is random."""
        count = self.count()
        found: dict[str, Found] = {}
        if self.demand is not None:
            parts = self.parts()
            trace = self.system(parts).run(self._given(parts))
            levels, orders = (np.asarray(units[:, :, 0] / parts) for units in (trace.level, trace.order))
            cost = trace.cost[:, :, 0]
            found |= {"levels": levels, "orders": orders, "cost": float(cost.sum()), "costs": cost.sum(axis=1),
                      "cost_per_period": cost.sum(axis=0)}  # fmt: skip
        if self.demand_mean is not None and self.simulated_periods:
            found["simulated_cost"] = self.simulated(count)
        return found

    @model_validator(mode="after")
    def _fits(self) -> Chain:
        demanded(self.demand is None or self.demand_mean is None, "one of demand and demand_mean")
        demanded(self.demand is not None or self.demand_mean is not None, "demand, or demand_mean of random demand")
        count = self.count()
        for name in ("lead_time", "order_lead_time", "holding_cost", "stockout_cost"):
            each(getattr(self, name), count, name)
        if self.demand is not None:
            self.points(1)
            self._given(1)
        return self

    def count(self) -> int:
        """How many points there are: as is said, or as many as the longest list has."""
        held = [getattr(self, name) for name in ("base_stock", "reorder_point", "lead_time", "holding_cost",
                                                 "order_up_to", "order_quantity", "order_lead_time")]  # fmt: skip
        lists = [len(one) for one in held if isinstance(one, tuple)]
        return self.stages or max([*lists, self.least()])

    def least(self) -> int:
        """The fewest points that such a chain has."""
        return 1

    def sellers(self) -> list[int]:
        """The points that supply no other: they have the customers."""
        return [n for n in range(self.count()) if all(arc.supplier != n for arc in self.arcs(self.count()))]

    def system(self, parts: int) -> System:
        """The points and arcs, goods counted in parts of a unit."""
        return System(self.points(parts), self.arcs(self.count()), parts, self.rationing)

    def points(self, parts: int) -> list[Point]:
        """The points, with what each of them was given."""
        count = self.count()
        rules, starts = self._rules(count, parts)
        lead, delay = (each(one, count, "lead time") for one in (self.lead_time, self.order_lead_time))
        holding, setup = (each(one, count, "cost") for one in (self.holding_cost, self.fixed_cost))
        transit = holding if self.transit_cost is None else each(self.transit_cost, count, "transit_cost")
        shortage = each(self.stockout_cost, count, "stockout_cost")
        if not isinstance(self.stockout_cost, tuple):
            shortage = np.where(np.isin(np.arange(count), self.sellers()), shortage, 0.0)
        if self.initial_level is not None:
            starts = each(self.initial_level, count, "initial_level")
        return [Point(rules[n], round(starts[n] * parts), int(lead[n]), int(delay[n]), float(holding[n]),
                      float(shortage[n]), float(transit[n]), float(setup[n])) for n in range(count)]  # fmt: skip

    def _rules(self, count: int, parts: int) -> tuple[list[periods.Rule], F8]:
        """The order rule of each point, and where its stock starts."""
        base = self.local_base_stock(count)
        policy = self.policy or (
            "r_Q" if self.order_quantity is not None else "base_stock" if base is not None else "s_S"
        )
        if policy == "base_stock":
            demanded(base is not None, "base_stock for a base-stock policy")
            assert base is not None
            return [periods.up_to(level * parts) for level in base], base
        demanded(self.reorder_point is not None, f"reorder_point for the policy {policy}")
        reorder = each(self.reorder_point, count, "reorder_point")
        if policy == "s_S":
            demanded(self.order_up_to is not None or base is not None, "order_up_to for the policy s_S")
            level = each(self.order_up_to, count, "order_up_to") if self.order_up_to is not None else base
            assert level is not None
            return [periods.s_S(s * parts, S * parts) for s, S in zip(reorder, level, strict=True)], level
        demanded(self.order_quantity is not None, "order_quantity for the policy r_Q")
        batch = each(self.order_quantity, count, "order_quantity")
        return [periods.r_Q(r * parts, Q * parts) for r, Q in zip(reorder, batch, strict=True)], reorder + batch

    def local_base_stock(self, count: int) -> F8 | None:
        """Local base-stock levels, if there are any."""
        return None if self.base_stock is None else each(self.base_stock, count, "base_stock")

    def parts(self) -> int:
        """1 where all goods are whole and go one into one, else as many as divide well."""
        held = [self.demand, self.base_stock, self.reorder_point, self.order_up_to, self.order_quantity,
                self.initial_level, self.local_base_stock(self.count())]  # fmt: skip
        whole = all(np.all(np.asarray(one, np.float64) % 1 == 0) for one in held if one is not None)
        return 1 if whole and all(arc.units == 1 for arc in self.arcs(self.count())) else PARTS

    def _given(self, parts: int) -> dict[int, I8]:
        """The demand that is given, by the point that it is asked of."""
        assert self.demand is not None
        sellers, nested = self.sellers(), isinstance(self.demand[0], tuple) if self.demand else False
        streams: list[Any] = list(self.demand) if nested else [self.demand] * len(sellers)
        same = len(streams) == len(sellers) and len({np.size(one) for one in streams}) == 1
        demanded(same and bool(self.demand), f"demand for {len(sellers)} points with customers, of equal length")
        return {n: np.rint(np.asarray(one, np.float64) * parts).astype(np.int64)[:, None]
                for n, one in zip(sellers, streams, strict=True)}  # fmt: skip

    def simulated(self, count: int) -> Found:
        """Mean cost of a period over the replications, once twice the lead times and a hundred periods are past."""
        sellers = self.sellers()
        mean = each(self.demand_mean, len(sellers), "demand_mean")
        sd = None if self.demand_sd is None else each(self.demand_sd, len(sellers), "demand_sd")
        settle = 100 + 2 * int(each(self.lead_time, count, "lead_time").sum())
        parts = 1 if sd is None and self.parts() == 1 else PARTS
        flows = drawn(mean, sd, settle + self.simulated_periods, self.replications, self.seed, parts)
        trace: Trace = self.system(parts).run(dict(zip(sellers, flows, strict=True)))
        return estimate(trace.cost[:, settle:].sum(axis=0).mean(axis=0))


class Serial(Chain):
    """Stages in series; with random demand, also Clark and Scarf's echelon base stock and its cost.

    Lists begin at stage 1, which sells. With echelon costs or levels they begin at the source, as textbooks print
    them; `first` says it otherwise.
    """

    finds: ClassVar[Mapping[str, str]] = {
        **Chain.finds,
        "echelon_S": "Echelon base stock that costs least, or as given.",
        "S": "The same as local levels.",
        "cost": "Cost of all stages over all periods given; with random demand, expected in a period.",
    }
    echelon_holding_cost: Amounts | None = given(
        None, "cost/unit/period", "What each stage adds to the cost of holding a unit.", "echelon_holding_costs",
        "echelon_h",
    )  # fmt: skip
    echelon_base_stock: Levels | None = given(
        None, "units", "Echelon base-stock levels.", "echelon_base_stock_levels", "echelon_S"
    )
    first: Literal["customer", "source"] | None = given(None, "", "With which stage lists begin.")

    def arcs(self, count: int) -> list[Arc]:
        """Each stage is supplied by the next."""
        forward = [(n + 1, n) for n in range(count - 1)]
        return [Arc(count - 1 - a, count - 1 - b) if self._turned() else Arc(a, b) for a, b in forward]

    def count(self) -> int:
        """As many stages as are said, or as the longest list has."""
        held = [len(one) for one in (self.echelon_holding_cost, self.echelon_base_stock) if isinstance(one, tuple)]
        return self.stages or max([super().count(), *held])

    def _turned(self) -> bool:
        """Whether lists begin at the source."""
        echelon = self.echelon_holding_cost is not None or self.echelon_base_stock is not None
        return self.first == "source" if self.first is not None else echelon

    def _sold_first(self, values: F8) -> F8:
        return values[::-1] if self._turned() else values

    @model_validator(mode="after")
    def _one_holding_cost(self) -> Serial:
        if self.echelon_holding_cost is not None and not np.any(self.holding_cost):
            added = self._sold_first(each(self.echelon_holding_cost, self.count(), "echelon_holding_cost"))
            local = self._sold_first(np.cumsum(added[::-1])[::-1])
            object.__setattr__(self, "holding_cost", tuple(local.tolist()))
        return self

    def local_base_stock(self, count: int) -> F8 | None:
        """Local levels; of echelon levels, each cut to the least above it, the differences."""
        if self.echelon_base_stock is None:
            return super().local_base_stock(count)
        given_there = self._sold_first(each(self.echelon_base_stock, count, "echelon_base_stock"))
        reached = np.minimum.accumulate(given_there[::-1])[::-1]
        return self._sold_first(np.diff(reached, prepend=0.0))

    def find(self) -> dict[str, Found]:
        """Follow the demand that is given, or solve and simulate for what is random."""
        if self.demand is not None or self.policy in ("s_S", "r_Q"):
            return super().find()
        count = self.count()
        local = self._sold_first(each(self.holding_cost, count, "holding_cost"))
        echelon_holding = local - np.append(local[1:], 0.0)
        demanded(not np.any(self.order_lead_time), "no order_lead_time where echelon levels are solved for")
        lead = self._sold_first(each(self.lead_time, count, "lead_time"))
        base = self.local_base_stock(count)
        echelon = None if base is None else np.cumsum(self._sold_first(base))
        mean, sd = (
            each(self.demand_mean, 1, "demand_mean")[0],
            None if self.demand_sd is None else float(each(self.demand_sd, 1, "demand_sd")[0]),
        )
        penalty = float(np.max(self.stockout_cost))
        levels, cost = echelons.solve(lead, echelon_holding, penalty, float(mean), sd, echelon)
        reached = np.minimum.accumulate(levels[::-1])[::-1]
        found: dict[str, Found] = {"echelon_S": self._sold_first(levels), "cost": cost,
                                   "S": self._sold_first(np.diff(reached, prepend=0.0))}  # fmt: skip
        if self.simulated_periods:
            best = self.model_copy(update={"base_stock": tuple(np.asarray(found["S"]).tolist()),
                                           "echelon_base_stock": None})  # fmt: skip
            found["simulated_cost"] = best.simulated(count)
        return found


class Tree(Chain):
    """Point 1 with all others on one side of it."""

    parent: tuple[Number, ...] | None = given(
        None,
        "number",
        "For each point but the first, the number of the point it supplies, or is supplied by.",
        "parents",
    )

    def least(self) -> int:
        """Point 1 and one other, or as many as have a parent."""
        return 2 if self.parent is None else len(self.parent) + 1

    def joined(self, count: int) -> list[tuple[int, int]]:
        """Each point but the first with its parent, counted from 0."""
        parent = self.parent or (1,) * (count - 1)
        demanded(len(parent) == count - 1, f"{count - 1} parents: one for each point but the first")
        demanded(all(above <= n for n, above in enumerate(parent, 1)), "parents that come before their points")
        return [(n, above - 1) for n, above in enumerate(parent, 1)]


class Assembly(Tree):
    """Components made into one: point 1 sells, and every other point supplies its parent by the bill of materials."""

    bill: tuple[Pieces, ...] | Pieces = given(
        1, "units/unit", "Units of each point but the first that go into one of its parent.", "bom", "BOM",
        "bill_of_materials", "units",
    )  # fmt: skip

    def least(self) -> int:
        """As many as have a parent or a place in the bill."""
        return max(super().least(), len(self.bill) + 1 if isinstance(self.bill, tuple) else 2)

    def arcs(self, count: int) -> list[Arc]:
        """From each point to the one that it goes into."""
        units = each(self.bill, count - 1, "bill")
        return [Arc(n, above, int(units[n - 1])) for n, above in self.joined(count)]


class Distribution(Tree):
    """One warehouse, point 1, and those it serves; customers ask where no other point is served."""

    def arcs(self, count: int) -> list[Arc]:
        """From each point's parent to it."""
        return [Arc(above, n) for n, above in self.joined(count)]
