"""What a worker does with a batch of runs: live them one by one, write them down, and tell how each of them ended."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from abm.measures import Field, fields
from abm.provenance import sources_sha256
from abm.study import store
from abm.study.sweep import parts, trunks
from abm.study.sweep.plan import INDEX, SAMPLE, Task


@dataclass(frozen=True)
class Status:
    """How a run ended: done, or why it failed, and whether that is written down."""

    task: Task
    message: str = ""
    kept: bool = True

    def __str__(self) -> str:
        said = ", ".join(f"{key} = {value}" for key, value in self.task.settings.items())
        return f"seed {self.task.seed}{', ' if said else ''}{said}: {self.message or 'done'}"


@dataclass(frozen=True)
class Keeping:
    """Where runs are kept, and what of them."""

    folder: Path
    keep: str
    measures: tuple[str, ...]
    code: str
    house: str
    """The hash of the code without the user's own rules, which a worker loads only with a run."""
    flush: float
    """Seconds after which what is finished is written."""
    measured: Callable[[Task, Keeping], pa.Table] | None = None
    """How a run is lived and measured, in place of all its days from the start."""
    start: Path | None = None
    """The kept market from which runs go on, if any."""


def warm_up(task: Task) -> None:
    """Live one day of a run with few consumers, so that the kernels are compiled once, before many begin.

    A run that fails here fails again where it is recorded.
    """
    from abm.model import Market  # mesa is paid for here

    few = task.scenario.model_copy(update={"consumers": min(task.scenario.consumers, SAMPLE)})
    try:
        Market(few, threads=1).step()
    except Exception:  # noqa: BLE001 -- told by the run itself
        return


def lived(keeping: Keeping, batch: Sequence[Task]) -> list[Status]:
    """Live the runs of a batch until it is time to write; those that were not reached have no status.

    Raises:
        OSError: what is finished cannot be written.
    """
    ended: list[Status] = []
    rows: list[pa.Table] = []
    began = time.monotonic()
    try:
        for task in batch:
            keys = keys_of(task, keeping.code)
            try:
                rows.append(parts.rows_of(keys, _measured(task, keeping)))
                ended.append(Status(task))
            except Exception as failure:  # noqa: BLE001 -- a run that fails stops nothing
                message = f"{type(failure).__name__}: {failure}"
                rows.append(parts.failed_row(keys, message))
                ended.append(Status(task, message))
            if time.monotonic() - began > keeping.flush:
                break
    finally:  # also when interrupted
        if rows:
            parts.put_part(keeping.folder, rows)
    return ended


def keys_of(task: Task, code: str) -> dict[str, Any]:
    """What identifies the rows of a run."""
    settings = json.dumps(task.settings, sort_keys=True, ensure_ascii=False, default=str)
    return {"key": task.key, "code": code, "seed": task.seed, "settings": settings, "message": None}


def _measured(task: Task, keeping: Keeping) -> pa.Table:
    if _house() != keeping.house:
        raise RuntimeError("the worker has other code than whoever began the sweep")
    if keeping.measured is not None:
        return keeping.measured(task, keeping)
    from abm.model import Market  # mesa is paid for here

    scenario = task.scenario.model_copy(update={"seed": task.seed})
    if keeping.start is None:
        market = trunks.begun(scenario, task.trunk, keeping.folder)
    else:
        market = Market.load(keeping.start, scenario, threads=1)
    named = [one for one in fields(market.world) if not keeping.measures or one.name in (*INDEX, *keeping.measures)]
    days = market.run(scenario.days - max(market.day, 0)).world.daily
    if keeping.keep == "daily":
        return store.table(named, days)
    return summary(named, days)


@cache
def _house() -> str:
    return sources_sha256()


def summary(named: Sequence[Field], days: Sequence[Mapping[str, Any]]) -> pa.Table:
    """One row: the mean of each measure over the days that have it, rounded once."""
    means = [Field(one.name, one.unit, f"Mean over days: {one.doc}", "float") for one in named if one.name not in INDEX]
    row = {}
    for one in means:
        values = [day[one.name] for day in days]
        values = [value for value in values if isinstance(value, int | float) and math.isfinite(value)]
        row[one.name] = math.fsum(values) / len(values) if values else math.nan
    return store.table(means, [row])
