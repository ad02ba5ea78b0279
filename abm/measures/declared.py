"""How a measure is declared: a function of the world with its unit and one sentence; and how measures are added up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import numpy as np

from abm.columns import Array
from abm.settlement import rows, whole
from abm.world import World
from kernels.settlement import tally

NOTHING = float("nan")
MILLIONTHS = 1e6


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure as declared; `axis` names what a name with braces stands for, `kind` is int, float or date."""

    name: str
    unit: str
    doc: str
    axis: str
    kind: str
    of: Callable[[World], Any]


MEASURES: list[Measure] = []


def measure(unit: str, name: str = "", axis: str = "") -> Callable[[Callable[[World], Any]], Callable[[World], Any]]:
    """Declare a measure: its sentence is the docstring, its type the annotated result (a list along an axis)."""

    def declare(of: Callable[[World], Any]) -> Callable[[World], Any]:
        kind = str(of.__annotations__["return"]).removeprefix("list[").removesuffix("]").lower()
        MEASURES.append(Measure(name or of.__name__, unit, (of.__doc__ or "").strip(), axis, kind, of))
        return of

    return declare


T = TypeVar("T")


def once(of: Callable[[World], T]) -> Callable[[World], T]:
    """Work out only once what several measures of the same row need."""

    @wraps(of)
    def found(world: World) -> T:
        if world.noted is None:
            return of(world)
        if of not in world.noted:
            world.noted[of] = of(world)
        known: T = world.noted[of]
        return known

    return found


def ratio(above: float, below: float) -> float:
    """A quotient at the end of sums, empty (not a number) where there is nothing to divide by."""
    return above / below if below else NOTHING


def usd(cents: float) -> float:
    """Cents as dollars."""
    return cents / 100


def sums(key: Array, values: Array, size: int) -> list[int]:
    """Whole numbers added up by key; keys below 0 are left out."""
    total = np.zeros(size, np.int64)
    tally(rows(key), whole(values), total)
    found: list[int] = total.tolist()
    return found
