"""Which rows of which column a scenario's shocks change, and on which days of the world."""

from __future__ import annotations

import numpy as np

from abm.columns import I4
from abm.phases.shocks import Shock
from abm.scenario.schema import Target, target
from abm.world import HAULS, KINDS, MODES, STANDING, World

FOREVER = 1 << 30
CODES = {"kind": KINDS, "haul": HAULS, "mode": MODES}
"""What the codes of a column are called."""


def shocks_of(world: World) -> list[Shock]:
    """Every change of every shock, in the order of the scenario."""
    scenario, found = world.scenario, []
    for number, shock in enumerate(scenario.shocks):
        first = scenario.date_of(shock.day).toordinal() - world.first
        until = FOREVER if shock.until is None else scenario.date_of(shock.until).toordinal() - world.first
        told = first if shock.announced is None else scenario.date_of(shock.announced).toordinal() - world.first
        for op, changes in (("set", shock.set), ("scale", shock.scale), ("add", shock.add)):
            for text, value in changes.items():
                aim = target(text)
                if aim is None:
                    raise ValueError(f"{text} is neither table.name.column nor table.where=value.column")
                found.append(Shock(shock.name or f"shock-{number + 1}", first, until, told, op, aim.table, aim.column,
                                   rows_of(world, aim), float(value)))  # fmt: skip
    return found


def rows_of(world: World, aim: Target) -> I4:
    """The rows that a shock means: of one name, of a group's firms, or of those where a column has a value."""
    if aim.where:
        return _where(world, aim)
    names = world.names[aim.table]
    wanted = {aim.row}
    if aim.table == "firms":
        wanted |= {name for group in world.scenario.firms if group.name == aim.row for name in group.members}
    if aim.table == "chains":
        wanted |= {name for chain in world.scenario.chains if chain.name == aim.row for name in chain.members}
    return np.array([row for row, name in enumerate(names) if name in wanted], np.int32)


def _where(world: World, aim: Target) -> I4:
    column = getattr(world, aim.table)
    spec = STANDING[aim.table].columns[aim.where]
    if aim.where in CODES:
        value = CODES[aim.where].index(aim.row)
    elif spec.key:
        value = world.names[spec.key].index(aim.row)
    else:
        value = int(aim.row)
    return np.flatnonzero(getattr(column, aim.where) == value).astype(np.int32)
