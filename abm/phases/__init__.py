"""The phases of a day. Each says what it writes and to which tables it appends; none knows another."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from abm.world import World


@dataclass(frozen=True)
class Phase:
    """A step of the day: a function of the world, the columns that it writes, the tables that it appends to.

    A passing table counts as appended to when its rows change in any way: rows that are filed, moved on or taken out.
    """

    name: str
    doc: str
    writes: frozenset[str]
    appends: frozenset[str]
    run: Callable[[World], None]

    def __call__(self, world: World) -> None:
        self.run(world)

    def __reduce__(self) -> tuple[Any, ...]:
        """A phase that stands in a module is kept by its name there, which hides the function that it is made of."""
        home, name = self.run.__module__, self.run.__qualname__
        if getattr(sys.modules.get(home), name, None) is self:
            return _standing, (home, name)
        return Phase, (self.name, self.doc, self.writes, self.appends, self.run)


def _standing(home: str, name: str) -> Any:
    return getattr(import_module(home), name)


def phase(writes: str = "", appends: str = "") -> Callable[[Callable[[World], None]], Phase]:
    """Declare a phase: ``writes`` lists ``table.column``, ``appends`` lists tables, both separated by spaces."""

    def declare(run: Callable[[World], None]) -> Phase:
        doc = (run.__doc__ or "").strip()
        return Phase(run.__name__, doc, frozenset(writes.split()), frozenset(appends.split()), run)

    return declare
