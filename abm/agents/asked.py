"""Decisions that agents take one by one: the rules and the choice that ask each of them, and how a rule is followed."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from abm.agents.pages import Page
from abm.agents.people import People
from abm.agents.trade import Node, Offer, Plain
from abm.columns import F8, I1, Array
from abm.scenario.rulebook import HOMES
from abm.world import World

ASKED: dict[str, tuple[str, type[Plain], str]] = {
    "pricing": ("price", Offer, "seller"),
    "stocking": ("order", Node, "owner"),
    "forecast": ("forecast", Node, "owner"),
}
"""For each decision: the method of a firm that takes it, what it is about, and whose that is."""
PLACES = {
    "pricing": ("firms", "pricing"), "rationing": ("firms", "rationing"),
    "stocking": ("nodes", "stocking"), "forecast": ("nodes", "predictor"),
}  # fmt: skip
"""The column that says which rule is followed."""


def number(value: Any, whose: str) -> float:
    """A proposal as a number.

    Raises:
        TypeError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not math.isfinite(value):
        raise TypeError(f"{whose} gave {value!r}: a finite number is needed")
    return float(value)


@dataclass(frozen=True)
class InPerson:
    """Asks each firm's own method, giving it what the rule that it follows proposes; its parameters are the rule's."""

    rule: Any
    decision: str

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "rule" not in self.__dict__:  # not there yet while it is being copied
            raise AttributeError(name)
        return getattr(self.rule, name)

    def __call__(self, world: World, rows: Array) -> F8:
        proposed = self.rule(world, rows)
        method, kind, owner = ASKED[self.decision]
        found = np.empty(len(rows))
        for k, view in enumerate(kind(world, row) for row in rows.tolist()):
            firm = getattr(view, owner)
            found[k] = number(getattr(firm, method)(view, float(proposed[k])), f"{firm!r}.{method}")
        return found


@dataclass(frozen=True)
class Each:
    """A rule made of a function of one firm, or of one firm and what is decided about."""

    function: Callable[..., float]
    decision: str = ""
    arguments: int = field(init=False)

    def __post_init__(self) -> None:
        taken = len(inspect.signature(self.function).parameters)
        if taken not in (1, 2):
            raise TypeError("each(...) needs a function of a firm, or of a firm and an offer or a stocking point")
        object.__setattr__(self, "arguments", taken)

    def __call__(self, world: World, rows: Array) -> F8:
        _, kind, owner = ASKED[self.decision]
        found, known = np.empty(len(rows)), {}
        for k, view in enumerate(kind(world, row) for row in rows.tolist()):
            firm = getattr(view, owner)
            if self.arguments == 2:
                found[k] = number(self.function(firm, view), f"each(...) for {firm!r}")
            else:
                if firm.row not in known:
                    known[firm.row] = number(self.function(firm), f"each(...) for {firm!r}")
                found[k] = known[firm.row]
        return found


def each(function: Callable[..., float]) -> Each:
    """A pricing, stocking or forecasting rule made of a plain function of one Mesa agent.

    `each(lambda firm: ...)` is asked once for a firm and holds for all that it decides about today;
    `each(lambda firm, offer: ...)` (a stocking point, for stocking and forecasts) is asked for each. It answers in the
    unit of the decision: USD cents, units, units a day. Give it to a market under the address of the firms' rule:
    `Market("tiny", **{"firms.sellers.pricing": each(lambda firm, offer: 1.4 * offer.unit_cents)})`.
    """
    return Each(function)


@dataclass(frozen=True)
class Readers:
    """Asks each of some consumers what they pick from the page that they read."""

    people: People

    def __call__(self, world: World, page: Array, slot: I1) -> None:
        """Change `slot` for the shoppers (`page` is not -1) who pick something else."""
        rows = self.people.rows[page[self.people.rows] >= 0]
        for row in rows.tolist():
            drawn = int(slot[row])
            shown = Page(world, int(page[row]), row, drawn if drawn >= 0 else None)
            agent = self.people.kind(self.people.market, row)  # type: ignore[arg-type]
            taken = agent.pick(shown)
            if taken is not None and taken not in range(len(shown)):
                raise IndexError(f"{agent!r}.pick gave {taken!r}: a slot from 0 to {len(shown) - 1} or None is needed")
            slot[row] = -1 if taken is None else taken


def follow(world: World, decision: str, firms: Iterable[int], rule: Any) -> None:
    """Let some firms follow a rule from now on, in one of the decisions."""
    rules = world.rules[decision]
    if rule not in rules:
        rules.append(rule)
    table, column = PLACES[decision]
    mine = np.zeros(len(world.firms), bool)
    mine[list(firms)] = True
    getattr(getattr(world, table), column)[mine if table == "firms" else mine[world.nodes.firm]] = rules.index(rule)


def ask_in_person(world: World, decision: str, firms: Array) -> None:
    """Let some firms (a mask) be asked in person whatever rule they follow; those who are asked stay so."""
    rules, (table, column) = world.rules[decision], PLACES[decision]
    followed = getattr(getattr(world, table), column)
    mine = firms if table == "firms" else firms[world.nodes.firm]
    for place in np.unique(followed[mine]).tolist():
        if not isinstance(rules[place], InPerson):
            asked = InPerson(rules[place], decision)
            if asked not in rules:
                rules.append(asked)
            followed[mine & (followed == place)] = rules.index(asked)


def overrides(kind: type, base: type, method: str) -> bool:
    """Whether a class takes a decision in its own way."""
    return getattr(kind, method) is not getattr(base, method)


assert PLACES.keys() == HOMES.keys()
