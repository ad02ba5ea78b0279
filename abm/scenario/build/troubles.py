"""Which rows of which column a scenario's shocks change, and on which days of the world."""

from __future__ import annotations

import numpy as np

from abm.columns import I4, Array
from abm.phases.shocks import Shock
from abm.scenario.reading.errors import Problem, ScenarioError, said
from abm.scenario.reading.known import BITS
from abm.scenario.schema import Target, target
from abm.world import HAULS, KINDS, MODES, STANDING, World
from kernels.chance import Stream, identity

FOREVER = 1 << 30
CODES = {"kind": KINDS, "haul": HAULS, "mode": MODES}
"""What the codes of a column are called."""


def shocks_of(world: World) -> list[Shock]:
    """Every change of every shock, in the order of the scenario."""
    scenario = world.scenario
    found: list[Shock] = []
    problems: list[Problem] = []
    for number, shock in enumerate(scenario.shocks):
        first = scenario.date_of(shock.day).toordinal() - world.first
        until = FOREVER if shock.until is None else scenario.date_of(shock.until).toordinal() - world.first
        told = first if shock.announced is None else scenario.date_of(shock.announced).toordinal() - world.first
        name = shock.name or f"shock-{number + 1}"
        true = _comes_true(world, f"{name}/{scenario.date_of(shock.day)}", shock.truth)
        for op, changes in (("set", shock.set), ("scale", shock.scale), ("add", shock.add)):
            for text, value in changes.items():
                aim = target(text)
                if aim is None:
                    raise ValueError(f"{text} is neither table.name.column nor table.where=value.column")
                rows = rows_of(world, aim)
                if not len(rows):
                    problems.append(
                        Problem("scenario", f'shocks.{name}.{op}."{text}"', said(text), "rows of this world")
                    )
                found.append(Shock(name, first, until, told, op, aim.table, aim.column, rows, float(value), true))
    if problems:
        raise ScenarioError(problems)
    return found


def _comes_true(world: World, told: str, truth: float) -> bool:
    """Whether what was announced takes place, drawn once by the name and the day of the shock."""
    word = world.words(Stream.SHOCK, np.array([identity(told)], np.uint64), day=0)[0, 0]
    return bool(word < truth * 2.0**32)


def rows_of(world: World, aim: Target) -> I4:
    """The rows that a shock means: of one name, of a group's members, or of those that meet every condition."""
    table = getattr(world, aim.table)
    mask = np.ones(len(table), bool)
    if not aim.where:
        mask = np.isin(np.arange(len(table)), _named(world, aim.table, aim.row))
    for where, value in aim.where:
        mask &= _meets(world, aim.table, where, value)
    return np.flatnonzero(mask).astype(np.int32)


def _named(world: World, table: str, name: str) -> list[int]:
    """Rows of a name: one row, or those of the members of a group of firms or chains."""
    groups = getattr(world.scenario, table, ()) if table in ("firms", "chains") else ()
    wanted = {name, *(member for group in groups if group.name == name for member in group.members)}
    return [row for row, known in enumerate(world.names[table]) if known in wanted]


def _meets(world: World, table: str, where: str, value: str) -> Array:
    """Mask of the rows that point at a name, have a code, or have the bit of a name."""
    column = getattr(getattr(world, table), where)
    if where in CODES:
        return np.asarray(column == CODES[where].index(value))
    if where in BITS:
        return np.asarray(sum((column >> row) & 1 for row in _named(world, BITS[where], value)) > 0)
    return np.isin(column, _named(world, STANDING[table].columns[where].key, value))
