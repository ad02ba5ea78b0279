"""Demand and what sellers charge: mixed and plain logit, one nest, with the prices at which nobody wants another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from abm.study.validation.family import Family, Found
from abm.study.validation.inputs import Labels, Matrix, Numbers, Whole, demand, given
from abm.study.validation.shoppers import Coefficients, SomeCoefficients, SomeConsumers, SomeGrid
from kernels import bertrand, choice, pricing, second_choice
from kernels.functions import exp

F8 = NDArray[np.float64]
NEAR = 2e-14
"""What prices may still move by when they are taken as settled, as a part of themselves."""
PRICED = {
    "prices": "Price of each offer.",
    "shares": "Part of all who look that buys each offer.",
    "outside": "Part of all who look that buys nothing.",
    "markups": "Price less cost, of each offer.",
    "profits": "Profit of each firm, per shopper, in the order of their numbers or names.",
    "consumer_surplus": "What a shopper gains by the market, in units of price.",
    "elasticities": "Elasticity of each share in its own price.",
    "cross_elasticities": "Elasticity of share j in price k, a list for each j.",
}


def owners(firm: tuple[int | str, ...], offers: int) -> NDArray[np.int64]:
    """The firm of each offer, counted from 0 in order; each offer its own firm where nothing is said."""
    labels = firm or tuple(range(offers))
    order = sorted(set(labels), key=lambda label: (isinstance(label, str), label))
    return np.array([order.index(label) for label in labels], np.int64)


def priced(
    price: F8, cost: F8, liking: F8, slope: F8, weight: F8, firm: NDArray[np.int64], lam: float
) -> dict[str, Found]:
    """What follows from prices: by type of shoppers `liking` [type, offer], `slope` and `weight`; `firm` by offer."""
    offers = len(price)
    share, own, cross = np.empty(offers), np.empty(offers), np.empty((offers, offers))
    surplus = bertrand.demand(price, liking, slope, weight, lam, share, own, cross)
    elasticity = (cross - np.diag(own)) * price[None, :] / share[:, None]
    return {
        "prices": price,
        "shares": share,
        "outside": float(1.0 - share.sum()),
        "markups": price - cost,
        "profits": np.bincount(firm, share * (price - cost)).astype(float),
        "consumer_surplus": surplus,
        "elasticities": np.diag(elasticity).copy(),
        "cross_elasticities": elasticity,
    }


def equilibrium(cost: F8, liking: F8, slope: F8, weight: F8, holds: F8, lam: float) -> F8:
    """The Bertrand-Nash prices of the market's kernels; `holds` [offer, offer] says whose profits count."""
    offers, price = len(cost), cost.copy()
    share, own, cross = np.empty(offers), np.empty(offers), np.empty((offers, offers))
    steps = bertrand.nash(cost, liking, slope, weight, holds, lam, NEAR, price, share, own, cross)
    demand(steps >= 0, "prices that settle: these do not")
    return price


class Bertrand(Family):
    """Bertrand-Nash prices under a mixed logit: u = constant + (price + price_v v) p + (x + x_w w) x + xi + e.

    The zeta fixed point of Morrow and Skerlos over `choice.shares`; consumers are listed, or on a grid.
    """

    finds: ClassVar[Mapping[str, str]] = PRICED
    c: Numbers = given(..., "money", "Unit cost of each offer.", "cost", "costs")
    x: Numbers = given((), "1", "Characteristic of each offer; 0 unless said.")
    xi: Numbers = given((), "utility", "Liking of each offer beyond x; 0 unless said.")
    firm: Labels = given((), "", "Number or name of the firm of each offer; each its own unless said.", "firms")
    coefficients: SomeCoefficients = given(Coefficients(), "utility", "The table constant, price, price_v, x, x_w; "
                                           "price and x may be pairs [mean, spread].", "coef", "beta")  # fmt: skip
    consumers: SomeConsumers | None = given(
        None, "", "Types of consumers: { v, w, weight }, or a list of [v, w, weight]."
    )
    grid: SomeGrid | None = given(None, "", "Types on all pairs of some points: { points, weights }.")
    tariff: Numbers = given(
        (0.0,), "share of cost", "Ad valorem duty on the landed cost of what is imported.", least=None
    )
    imported: Whole = given((), "yes/no", "1 for each offer that bears the tariff; all unless said.")
    ownership: Matrix | Labels | str = given(
        "firms", "", 'Whose profits count: "firms", "single" for each offer alone, "joint" for all together, a number '
        "of the owner of each offer, or a matrix (what the owner of j gets of the profit of k).", "holds")  # fmt: skip
    lam: float = given(1.0, "1", "Nest of all offers; 1 is plain (mixed) logit.", "lambda", above=0.0, most=1.0)

    @model_validator(mode="after")
    def _fits(self) -> Bertrand:
        offers = len(self.c)
        demand(offers > 0, "c with at least one offer")
        for name in ("x", "xi", "firm", "imported"):
            demand(len(getattr(self, name)) in (0, offers), f"{name} with one number per offer, {offers} as c has")
        demand(len(self.tariff) in (1, offers), f"tariff with one number, or one per offer, {offers} as c has")
        demand(all(one > -1.0 for one in self.tariff), "tariff above -1")
        demand(self.consumers is None or self.grid is None, "consumers or grid, not both")
        demand(bool((self.slope() > 0.0).all()), "coefficients of price that are below 0 for every type of consumers")
        self.holds()
        return self

    def types(self) -> tuple[F8, F8, F8]:
        """v, w and weight of each type of consumers."""
        one = np.zeros(1), np.zeros(1), np.ones(1)
        return self.consumers.types() if self.consumers else self.grid.types() if self.grid else one

    def slope(self) -> F8:
        """Utility lost per unit of price, by type."""
        return -(self.coefficients.price + self.coefficients.price_v * self.types()[0])

    def holds(self) -> F8:
        """What the owner of offer j gets of the profit of offer k."""
        offers, firm = len(self.c), owners(self.firm, len(self.c))
        if isinstance(self.ownership, str):
            kinds = {"firms": firm, "single": np.arange(offers), "joint": np.zeros(offers, np.int64)}
            demand(self.ownership in kinds, f"ownership that is one of {', '.join(kinds)}, a list or a matrix")
            firm = kinds[self.ownership]
        elif np.ndim(self.ownership[0]) == 1:
            square = all(len(row) == offers for row in self.ownership) and len(self.ownership) == offers  # type: ignore[arg-type]
            demand(square, f"ownership with {offers} rows of {offers} numbers, as c has")
            return np.array(self.ownership, float)
        else:
            demand(len(self.ownership) == offers, f"ownership with one number per offer, {offers} as c has")
            firm = owners(self.ownership, offers)  # type: ignore[arg-type]
        return np.asarray(firm[:, None] == firm[None, :], float)

    def find(self) -> dict[str, Found]:
        """Prices and all that follows from them."""
        said, (_, w, weight) = self.coefficients, self.types()
        cost = np.array(self.c, float)
        x, xi = (np.array(one or [0.0] * len(cost), float) for one in (self.x, self.xi))
        imported = np.array(self.imported or [1] * len(cost), float)
        cost = cost * (1.0 + np.array(self.tariff, float) * imported)
        liking = said.constant + (said.x + said.x_w * w)[:, None] * x[None, :] + xi[None, :]
        price = equilibrium(cost, liking, self.slope(), weight, self.holds(), self.lam)
        return priced(price, cost, liking, self.slope(), weight, owners(self.firm, len(cost)), self.lam)


def answered(cost: F8, delta: F8, a: float, firm: NDArray[np.int64], lam: float) -> F8:
    """Prices at which the market's best response repeats itself, reviewed again and again as the market reviews."""
    offers, every = len(cost), np.ones(len(cost), np.uint8)
    price, target, share = cost + 1.0 / a, np.empty(offers), np.empty(offers)
    speed, last = 1.0, np.inf
    for _ in range(20_000):
        buy, _ = choice.shares(delta - a * price, 0.0, lam, share)
        own = np.bincount(firm, share).astype(float)[firm]
        pricing.best_responses(0, offers, price, cost, np.zeros(offers), np.zeros(offers), np.ones(offers),
                               np.full(offers, a), own / buy, own, lam, target)  # fmt: skip
        gap = float(np.abs(target - price).max())
        size = float(np.abs(price).max() + 1.0 / a)
        if gap <= 4e-16 * size or (gap < 1e-12 * size and speed < 1e-3):
            break
        speed, last = (speed if gap < last else 0.5 * speed), gap
        pricing.sticky_prices(0, offers, every, price, target, speed, price)
    demand(gap < 1e-11 * size, "prices that settle: these do not")
    return price


class Logit(Family):
    """Bertrand-Nash prices under the plain logit u = delta - a p + e: p = c + 1 / (a (1 - S_f)).

    Found by the market's best response to the shares seen, reviewed until it repeats itself.
    """

    finds: ClassVar[Mapping[str, str]] = PRICED | {
        "pass_through": "How much price j rises per unit of cost k: a number for one offer, else a list for each j."
    }
    c: Numbers = given(..., "money", "Unit cost of each offer.", "cost", "costs")
    delta: Numbers = given((0.0,), "utility", "Liking of each offer at price 0, one number for all alike.", "xi", "V")
    a: float = given(1.0, "utility/money", "Utility lost per unit of price.", "alpha", "slope", above=0.0)
    firm: Labels = given((), "", "Number or name of the firm of each offer; each its own unless said.", "firms")

    @model_validator(mode="after")
    def _fits(self) -> Logit:
        offers = len(self.c)
        demand(offers > 0, "c with at least one offer")
        demand(len(self.delta) in (1, offers), f"delta with one number, or one per offer, {offers} as c has")
        demand(len(self.firm) in (0, offers), f"firm with one number per offer, {offers} as c has")
        return self

    def find(self) -> dict[str, Found]:
        """Prices, all that follows from them, and how costs are passed on."""
        cost = np.array(self.c, float)
        delta, firm = np.broadcast_to(np.array(self.delta, float), len(cost)), owners(self.firm, len(cost))
        price = answered(cost, delta, self.a, firm, 1.0)
        found = priced(price, cost, delta[None, :].copy(), np.array([self.a]), np.ones(1), firm, 1.0)
        return found | {"pass_through": self.passed_on(cost, delta, firm)}

    def passed_on(self, cost: F8, delta: F8, firm: NDArray[np.int64]) -> F8:
        """dp_j / dc_k by five points."""
        step, passed = 1e-3 / self.a, np.empty((len(cost), len(cost)))
        for k in range(len(cost)):
            there = [cost + step * times * (np.arange(len(cost)) == k) for times in (-2, -1, 1, 2)]
            far, back, on, further = (answered(one, delta, self.a, firm, 1.0) for one in there)
            passed[:, k] = (8.0 * (on - back) - (further - far)) / (12.0 * step)
        return passed


class Nest(Family):
    """One nest over all offers: P(buy) = exp(lam I) / (1 + exp(lam I)), I = ln sum exp(V / lam), P(j | buy) by V / lam.

    With unit costs, V is the utility at price 0 and the Bertrand-Nash prices are found, too.
    """

    finds: ClassVar[Mapping[str, str]] = {
        "shares": PRICED["shares"],
        "buy": "Part of all who look that buys anything.",
        "outside": PRICED["outside"],
        "inclusive": "I = ln sum exp(V / lam).",
        "surplus": "ln(1 + exp(lam I)), in utility.",
        "stay": "Chance that a shopper who finds offer j short takes another one.",
        "answer_gap": "Where there are costs: how far the market's best response leads from the prices.",
        **{name: text for name, text in PRICED.items() if name not in ("shares", "outside")},
    }
    V: Numbers = given(..., "utility", "Utility of each offer, buying nothing is 0.", "v", "utility", "delta")
    lam: float = given(0.4, "1", "Nest: 1 is plain logit.", "lambda", above=0.0, most=1.0)
    constant: float = given(0.0, "utility", "Added to all of V.", "propensity")
    c: Numbers = given((), "money", "Unit cost of each offer, where prices are wanted.", "cost", "costs")
    a: float = given(1.0, "utility/money", "Utility lost per unit of price.", "alpha", "slope", above=0.0)
    firm: Labels = given((), "", "Number or name of the firm of each offer; each its own unless said.", "firms")

    @model_validator(mode="after")
    def _fits(self) -> Nest:
        demand(len(self.V) > 0, "V with at least one offer")
        for name in ("c", "firm"):
            demand(len(getattr(self, name)) in (0, len(self.V)), f"{name} with one number per offer, as V has")
        return self

    def find(self) -> dict[str, Found]:
        """Shares, and with costs the prices."""
        value = np.array(self.V, float) + self.constant
        if not self.c:
            return self.read(value)
        cost, firm = np.array(self.c, float), owners(self.firm, len(self.c))
        holds = (firm[:, None] == firm[None, :]).astype(float)
        alike = value[None, :].copy(), np.array([self.a]), np.ones(1)
        price = equilibrium(cost, *alike, holds, self.lam)
        found = priced(price, cost, *alike, firm, self.lam)
        read = self.read(value - self.a * price)
        share = np.asarray(read["shares"])
        own = np.bincount(firm, share).astype(float)[firm]
        target, zero, one = np.empty(len(cost)), np.zeros(len(cost)), np.ones(len(cost))
        pricing.best_responses(0, len(cost), price, cost, zero, zero, one, np.full(len(cost), self.a),
                               own / share.sum(), own, self.lam, target)  # fmt: skip
        return found | read | {"answer_gap": float(np.abs(target - price).max())}

    def read(self, value: F8) -> dict[str, Found]:
        """What shoppers do who read a page of these utilities."""
        share = np.empty(len(value))
        buy, inclusive = choice.shares(value, 0.0, self.lam, share)
        weight = weights(value, self.lam)
        stay = [second_choice.stay_probability(float(value.max()), float(np.delete(weight, j).sum()), float(weight[j]),
                                               self.lam) for j in range(len(value))]  # fmt: skip
        return {
            "shares": share,
            "buy": buy,
            "outside": 1.0 - buy,
            "inclusive": inclusive,
            "surplus": choice.expected_surplus(self.lam * inclusive),
            "stay": np.array(stay),
        }


def weights(value: F8, lam: float) -> F8:
    """exp((V - best) / lam) of each offer, by the market's own exponential."""
    return np.array([exp(float(one)) for one in (value - value.max()) / lam])
