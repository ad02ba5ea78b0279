"""What happens to the world from outside today: dated changes of settable columns, and the walk of exchange rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.columns import I4, Array
from abm.phases import phase
from abm.world import STANDING, World
from kernels.chance import Stream
from kernels.currency import walk


@dataclass(frozen=True)
class Shock:
    """A dated change of some rows of one settable column, on world days ``first`` to ``until`` (excluded).

    One that is not ``true`` is announced like any other, and then does not take place.
    """

    name: str
    first: int
    until: int
    announced: int
    op: str
    table: str
    column: str
    rows: I4
    value: float
    true: bool = True

    def change(self, values: Array) -> None:
        """Apply it to a copy of the column's base values."""
        now = values[self.rows]
        changed = {"set": now * 0 + self.value, "scale": now * self.value, "add": now + self.value}[self.op]
        if np.issubdtype(values.dtype, np.integer):
            changed = np.floor(changed + 0.5)
        values[self.rows] = changed


SETTABLE = {f"{table}.{name}" for table, kind in STANDING.items() for name, c in kind.columns.items() if c.settable}


@phase(writes=" ".join(sorted(SETTABLE)) + " countries.fx countries.fx_walk countries.fx_past")
def shocks(world: World) -> None:
    """Dated changes of settable columns, each an operation on the column's base; exchange rates take a step."""
    for place in dict.fromkeys((shock.table, shock.column) for shock in world.shocks):
        values = getattr(getattr(world, place[0]), place[1])
        base = world.base.setdefault(place, values.copy())
        values[: len(base)] = base
        for shock in world.shocks:
            if (shock.table, shock.column) == place and shock.true and shock.first <= world.day < shock.until:
                shock.change(values)
    countries = world.countries
    steps = world.words(Stream.FX, countries.currency)[:, 0].copy()
    sd = countries.fx_sd if world.scenario.chance.noise else np.zeros_like(countries.fx_sd)
    walk(0, len(countries), steps, sd, countries.fx_par, countries.fx_walk, countries.fx)
    countries.fx_past[:, world.day % world.axes["window"]] = countries.fx
