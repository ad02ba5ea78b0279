"""A study over parameters: its file, the space that its ranges span, and what the runs at any points of it come to.

Runs are those of a sweep, in its folder: what was lived once is looked up. So a study that asks for the same points in
the same order, as all of them do from the same seed, goes on where it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from pydantic import ValidationError

from abm.columns import F8
from abm.scenario import ScenarioError
from abm.scenario.reading.errors import MISSING, Problem, meant, said
from abm.scenario.reading.loading import label, read_toml
from abm.study import store
from abm.study.asks.schema import Study
from abm.study.sweep import drive, engines, parts
from abm.study.sweep.design import Point, at, axes_of, flat
from abm.study.sweep.plan import Sweep, planned
from abm.study.sweep.schema import Plan, Span

S = TypeVar("S", bound=Study)
RANGE = "a range that rises, as in { from = 0.1, to = 0.9 }"
Complain = Callable[[str, object, str], None]


class RunsFailedError(RuntimeError):
    """Some of the runs that an answer needs have failed; they are recorded, and tried again when asked for again."""


@dataclass(frozen=True)
class Asked(Generic[S]):
    """A study that may begin: its file and what it says, and the range of each parameter."""

    says: S
    file: Path
    where: str
    space: dict[str, Span]
    title: str
    user_code: bool = True

    def point(self, places: Sequence[float]) -> Point:
        """What runs set at a place of the unit cube."""
        return {key: at(span, float(place)) for (key, span), place in zip(self.space.items(), places, strict=True)}


def read(
    path: str | os.PathLike[str],
    kind: type[S],
    measures: Callable[[S, Complain], Sequence[str]],
    *,
    user_code: bool = True,
) -> Asked[S]:
    """Read the file of a study, and build the worlds at both ends of its ranges.

    ``measures`` names those that it needs, and complains of what else is wrong.

    Raises:
        ScenarioError: everything that is wrong; nothing was lived.
    """
    needs("SALib", "optuna")
    file = Path(path)
    tables, where = read_toml(file), label(file.resolve())
    problems: list[Problem] = []

    def complain(key: str, given: object, admissible: str) -> None:
        problems.append(Problem(where, key, said(given), admissible))

    try:
        says = kind.model_validate(tables)
    except ValidationError as error:
        problems += [_problem(kind, one["loc"], one["type"], tables, where) for one in error.errors()]
        raise ScenarioError(dict.fromkeys(problems)) from None
    space = {}
    for key, axis in axes_of(says.vary, complain):
        if isinstance(axis, Span):
            space[key] = axis
        else:
            complain(f"vary.{key}", axis, RANGE)
    if not says.vary:
        complain("vary", says.vary, "at least one key")
    fixed = dict(flat(says.set))
    for key in fixed.keys() & {*space, "seed"}:
        complain(f"set.{key}", fixed[key], "a key that is not varied, and not seed")
    asked = Asked(says, file, where, space, "", user_code)
    ends = [] if problems else [asked.point([end] * len(space)) for end in (0.0, 1.0)]
    needed = tuple(dict.fromkeys(measures(says, complain)))
    try:
        world = _sweep(asked, ends, needed, problems)
    except ScenarioError as error:
        raise ScenarioError(_of_its_table(problem, fixed) for problem in error.problems) from None
    return Asked(says, file, where, space, world.title, user_code)


def _of_its_table(problem: Problem, fixed: Container[str]) -> Problem:
    """An error in what all runs set, at its key in the file."""
    key = problem.key.removeprefix("vary.")
    return replace(problem, key=f"set.{key}") if key in fixed else problem


def needs(*packages: str) -> None:
    """Refuse to begin without the libraries of studies.

    Raises:
        EngineError: what to install.
    """
    if missing := [name for name in packages if find_spec(name) is None]:
        raise engines.EngineError(f"{', '.join(missing)} not installed: pip install 'entrepot[study]'")


def _problem(kind: type[Study], place: tuple[int | str, ...], what: str, tables: Any, where: str) -> Problem:
    """An error that pydantic found, at the key of the file in which it lies."""
    key, fields = str(place[0]), kind.model_fields
    given = tables.get(key, MISSING)
    if what == "extra_forbidden" and key not in fields:
        return Problem(where, key, said(given), f"one of the keys {', '.join(fields)}", meant(key, fields))
    words = fields[key].description or ""
    return Problem(where, key, said(given), words, meant(given, words.split(", ")))


def _sweep(asked: Asked[S], points: Sequence[Point], measures: tuple[str, ...], problems: list[Problem]) -> Sweep:
    says = asked.says
    plan = Plan(scenario=says.scenario, seeds=says.seeds, measures=list(measures), keep="summary")
    source = asked.file.parent / says.scenario
    fixed = dict(flat(says.set))
    found = [{**fixed, **point} for point in points]
    where = source if source.is_file() else says.scenario
    return planned(plan, found, where, problems, asked.where, asked.user_code)


@dataclass
class Runs:
    """The runs of a study in its folder, lived as they are asked for."""

    asked: Asked[Any]
    folder: Path
    measures: tuple[str, ...]
    engine: engines.Engine | None = None
    progress: drive.Progress | None = None
    failure: drive.Failure | None = None
    outcome: drive.Outcome = field(init=False)

    def __post_init__(self) -> None:
        self.outcome = drive.Outcome(self.folder)

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of each point."""
        return Plan(scenario="-", seeds=self.asked.says.seeds).each_seed()

    def at(self, points: Sequence[Point], seeds: Sequence[int] | None = None) -> F8:
        """Means over days at some points: float64[point, seed, measure]; not a number where a measure has no days.

        Raises:
            RunsFailedError: runs have failed.
            FolderError: why the folder cannot take them.
            OSError: the folder takes no more.
        """
        sweep = _sweep(self.asked, points, self.measures, [])
        chosen = self.seeds if seeds is None else tuple(seeds)
        tasks = tuple(task for task in sweep.tasks if task.seed in chosen)
        asked = Sweep(sweep.plan, sweep.title, tasks, sweep.code)
        done = drive.sweep(asked, self.folder, self.engine, None, self.progress, self.failure)
        self.outcome.lived += done.lived
        self.outcome.skipped += done.skipped
        if done.failed:
            self.outcome.failed += done.failed
            raise RunsFailedError(
                f"{len(done.failed)} of {len(tasks)} runs failed: {done.failed[0]}; what is finished is kept"
            )
        rows = parts.once(parts.read(self.folder)).select(["key", *self.measures]).to_pandas().set_index("key")
        keys = {(repr(task.settings), task.seed): task.key for task in tasks}
        fixed = dict(flat(self.asked.says.set))
        wanted = [keys[repr({**fixed, **point}), seed] for point in points for seed in chosen]
        found: F8 = rows.loc[wanted].to_numpy(np.float64)
        return found.reshape(len(points), len(chosen), len(self.measures))


def folder_of(path: str | os.PathLike[str], command: str, out: str | os.PathLike[str] | None) -> Path:
    """Where a study is kept, `runs/NAME-COMMAND` unless said."""
    from abm.study.run import RUNS

    return Path(out) if out is not None else Path(RUNS) / f"{store.slug(Path(path).stem)}-{command}"
