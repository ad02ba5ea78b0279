"""On which days of the world a scenario's shocks change which rows of which column, and its campaigns take place."""

from __future__ import annotations

import numpy as np

from abm.columns import I4, Array
from abm.phases.shocks import Shock
from abm.scenario.reading.errors import Problem, ScenarioError, said
from abm.scenario.reading.known import BITS
from abm.scenario.schema import Scenario, Target, target
from abm.scenario.seasons import Campaign, Peak
from abm.world import HAULS, KINDS, MODES, STANDING, World
from kernels import chance
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
        true = _comes_true(scenario.seed, f"{name}/{scenario.date_of(shock.day)}", shock.truth)
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


def campaigns_of(scenario: Scenario) -> list[Campaign]:
    """The campaigns of a scenario, in its order, by calendar day."""
    found, codes = [], list(scenario.countries)
    for number, one in enumerate(scenario.campaigns):
        first = scenario.date_of(one.day)
        where = np.array([float(code in (one.countries or codes)) for code in codes])
        told = 0 if one.announced is None else scenario.date_of(one.announced).toordinal()
        true = _comes_true(scenario.seed, f"{one.name or f'campaign-{number + 1}'}/{first}", one.truth)
        peak = Peak(first.toordinal(), where, one.share, one.waiting, one.days, event_factor=one.factor)
        found.append(Campaign(peak, told, true))
    return found


def _comes_true(seed: int, told: str, truth: float) -> bool:
    """Whether what was announced takes place, drawn once by its name and its day."""
    word = np.empty((1, 4), np.uint32)
    chance.words(
        np.uint64(seed), np.array([identity(told)], np.uint64), np.uint32(0), chance.counter(Stream.SHOCK, 0), word
    )
    return bool(word[0, 0] < truth * 2.0**32)


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
