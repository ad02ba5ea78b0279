"""How the file of a sweep is read and becomes runs: every error at once, before anything is lived."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from abm import checkpoint
from abm.checkpoint import CheckpointError
from abm.provenance import sha256_of, sources_sha256
from abm.scenario import Scenario, ScenarioError, load
from abm.scenario.reading.errors import MISSING, Problem, meant, said
from abm.scenario.reading.loading import SETTING, label, read_toml
from abm.study.sweep.design import Point, points
from abm.study.sweep.schema import Plan

SAMPLE = 2_000
"""Consumers with whom a world is built to be looked at."""
INDEX = {"day", "date"}
"""What tells rows of the daily table apart, and is no measure."""


@dataclass(frozen=True)
class Trunk:
    """Days that a run has in common with others: the name of the file that keeps them, and the first day without."""

    name: str
    until: date


@dataclass(frozen=True)
class Task:
    """One run: its key, what it sets, its seed, and the scenario with all of it but the seed."""

    key: str
    settings: Point
    seed: int
    scenario: Scenario
    trunk: Trunk | None = None


@dataclass(frozen=True)
class Sweep:
    """A sweep that may begin: its plan, all its runs, and a hash of the code that will live them."""

    plan: Plan
    title: str
    tasks: tuple[Task, ...]
    code: str

    @property
    def points(self) -> int:
        """How many different worlds there are."""
        return len(self.tasks) // len(self.plan.each_seed())


def read(path: str | os.PathLike[str], *, user_code: bool = True) -> Sweep:
    """Read the file of a sweep, load the scenario of every run, and find that its measures are known.

    Raises:
        ScenarioError: everything that is wrong; nothing was lived.
    """
    file = Path(path)
    says, where = read_toml(file), label(file.resolve())
    plan, problems = _validated(says, where)

    def complain(key: str, given: object, admissible: str) -> None:
        problems.append(Problem(where, key, said(given), admissible))

    if plan is None:
        raise ScenarioError(problems)
    if plan.start is not None:
        plan = plan.model_copy(update={"start": os.fspath((file.parent / plan.start).resolve())})
    found = points(plan, complain)
    source = file.parent / plan.scenario
    return planned(plan, found, source if source.is_file() else plan.scenario, problems, where, user_code)


def planned(
    plan: Plan, found: list[Point], source: str | Path, problems: list[Problem], where: str, user_code: bool = True
) -> Sweep:
    """The sweep of some points of a plan; ``problems`` are those known so far, ``where`` the file they are told of.

    Raises:
        ScenarioError: everything that is wrong; nothing was lived.
    """
    worlds = _worlds(source, plan, found, problems, where, user_code)
    if worlds:
        problems += _unknown_measures(plan, worlds[0], where)
    if problems:
        raise ScenarioError(dict.fromkeys(problems))
    code = sources_sha256(*worlds)
    return Sweep(plan, worlds[0].title, _tasks(plan, found, worlds, code), code)


def _tasks(plan: Plan, found: list[Point], worlds: list[Scenario], code: str) -> tuple[Task, ...]:
    tasks: dict[str, Task] = {}
    start = {"start": plan.start_sha256()} if plan.start else {}
    for settings, world in zip(found, worlds, strict=True):
        resolved = world.resolved()
        for seed in plan.each_seed():
            key = sha256_of({"scenario": {**resolved, "seed": seed}, "code": code, **start})
            tasks.setdefault(key, Task(key, settings, seed, world))
    return tuple(tasks.values())


def _worlds(
    source: str | Path, plan: Plan, found: list[Point], problems: list[Problem], where: str, user_code: bool
) -> list[Scenario]:
    """The scenario of each point; without points, at least that of the file is tried."""
    worlds = []
    for settings in found or [{}]:
        try:
            worlds.append(load(source, set=settings, user_code=user_code))
        except ScenarioError as error:
            problems += [_placed(problem, plan, where) for problem in error.problems]
            if not any(problem.file == SETTING for problem in error.problems):
                break
    if plan.start is not None and not problems:
        problems += _refused(plan.start, plan, worlds, where)
    return worlds


def _refused(start: str, plan: Plan, worlds: list[Scenario], where: str) -> Iterable[Problem]:
    """Why runs cannot go on from a kept market: it is not readable, of other code, or has another past."""
    from abm.day import DAY  # the kernels are paid for here

    try:
        about, _ = checkpoint.get(start)
        checkpoint.admit_code(start, about, worlds[0], (phase.name for phase in DAY))
    except (CheckpointError, OSError) as error:
        yield Problem(where, "start", said(start), f"the file of a market that this code has kept: {error}")
        return
    (today, then), seed = checkpoint.lived(about), about["scenario"]["seed"]
    if plan.each_seed() != (seed,):
        yield Problem(where, "seeds", said(plan.seeds), f"[{seed}], with which the market of start has lived")
    for world in worlds:
        for key, was, now in checkpoint.unlike(then, world.model_copy(update={"seed": seed}), today):
            yield Problem(where, f"start, {key}", now, f"{was}, with which the kept market has lived until {today}")
        if world.warmup + world.days <= about["day"]:
            lived = about["day"] - world.warmup
            yield Problem(where, "days", str(world.days), f"more than {lived}, which the market of start has lived")


def _placed(problem: Problem, plan: Plan, where: str) -> Problem:
    """An error in a setting is one of the sweep's file."""
    if problem.file != SETTING:
        return problem
    table = "design.runs" if plan.design.kind == "runs" else "vary"
    return replace(problem, file=where, key=f"{table}.{problem.key}" if problem.key else table)


def _unknown_measures(plan: Plan, world: Scenario, where: str) -> Iterable[Problem]:
    from abm.measures import MEASURES, fields

    everywhere = {one.name for one in MEASURES if not one.axis} - INDEX
    if everywhere.issuperset(plan.measures):  # no world need be built
        return
    from abm.scenario.build import build

    few = world.model_copy(update={"consumers": min(world.consumers, SAMPLE)})
    known = [one.name for one in fields(build(few)) if one.name not in INDEX]
    for name in plan.measures:
        if name not in known:
            words = f"a measure of `entrepot describe measures`, such as {', '.join(known[:4])}"
            yield Problem(where, "measures", said(name), words, meant(name, known))


def _validated(says: dict[str, Any], where: str) -> tuple[Plan | None, list[Problem]]:
    try:
        return Plan.model_validate(says), []
    except ValidationError as error:
        problems = [_problem(item["loc"], item["type"], item["input"], says, where) for item in error.errors()]
        return None, list(dict.fromkeys(problems))


def _problem(place: tuple[int | str, ...], kind: str, given: object, says: dict[str, Any], where: str) -> Problem:
    """An error that pydantic found, at the key of the file in which it lies."""
    model: type[BaseModel] = Plan
    fields, key, inner = model.model_fields, str(place[0]), says.get(str(place[0]), MISSING)
    if key in ("design", "cluster") and isinstance(inner, dict) and len(place) > 1:
        table = fields[key].annotation
        assert isinstance(table, type)
        assert issubclass(table, BaseModel)
        fields, inner, key = table.model_fields, inner.get(str(place[1]), MISSING), f"{key}.{place[1]}"
    name = key.rpartition(".")[2]
    if kind == "extra_forbidden" and name not in fields:
        return Problem(where, key, said(name), f"one of the keys {', '.join(fields)}", meant(name, fields))
    words = fields[name].description or ""
    return Problem(where, key, said(inner), words, meant(inner, words.split(", ")))
