"""The phases of a day. Each says what it writes and to which tables it appends; none knows another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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


def phase(writes: str = "", appends: str = "") -> Callable[[Callable[[World], None]], Phase]:
    """Declare a phase: ``writes`` lists ``table.column``, ``appends`` lists tables, both separated by spaces."""

    def declare(run: Callable[[World], None]) -> Phase:
        doc = (run.__doc__ or "").strip()
        return Phase(run.__name__, doc, frozenset(writes.split()), frozenset(appends.split()), run)

    return declare
