"""How a sweep is driven: what is there is skipped, an engine lives the rest, failures are told as they come."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from abm.provenance import sources_sha256
from abm.study import store
from abm.study.run import RUNS, ended_by_signals
from abm.study.sweep import engines, parts, trunks
from abm.study.sweep.live import Keeping, Status, keys_of, lived
from abm.study.sweep.plan import Sweep, Task, read

FLUSH = 5.0
"""Seconds after which what is finished is written."""
Progress = Callable[[int, int], None]
Failure = Callable[[Status], None]


@dataclass
class Outcome:
    """What became of a sweep: runs that were there before, runs lived now, and those that failed."""

    folder: Path
    skipped: int = 0
    lived: int = 0
    failed: list[Status] = field(default_factory=list)


@dataclass(frozen=True)
class Share:
    """Which part of a job array this is: the k-th of so many, from 1."""

    task: int = 1
    tasks: int = 1

    def of(self, runs: Sequence[Task]) -> Sequence[Task]:
        """Its runs, whatever the others have done so far."""
        return runs[self.task - 1 :: self.tasks]


def folder_of(path: str | os.PathLike[str], out: str | os.PathLike[str] | None) -> Path:
    """Where a sweep is kept, `runs/NAME-sweep` unless said."""
    return Path(out) if out is not None else Path(RUNS) / f"{store.slug(Path(path).stem)}-sweep"


def sweep(
    asked: Sweep | str | os.PathLike[str],
    out: str | os.PathLike[str] | None = None,
    engine: engines.Engine | None = None,
    share: Share | None = None,
    progress: Progress | None = None,
    failure: Failure | None = None,
    measured: Callable[[Task, Keeping], pa.Table] | None = None,
    *,
    user_code: bool = True,
) -> Outcome:
    """Live the runs of a sweep, or of its file, that its folder does not hold yet; failed ones are tried again.

    Without an engine, runs are lived one after another in this process. ``progress(done, all)`` hears of each run, and
    ``failure(status)`` of each that failed. ``measured`` lives a run in another way, and answers with its rows.

    Raises:
        ScenarioError: everything that is wrong with the file; nothing was lived.
        FolderError: why the folder cannot take the sweep; nothing was lived.
        EngineError: why the engine cannot begin.
        OSError: the folder takes no more.
        KeyboardInterrupt: finished runs are kept.
    """
    folder = folder_of("sweep" if isinstance(asked, Sweep) else asked, out)
    if not isinstance(asked, Sweep):
        asked = read(asked, user_code=user_code)
    tasks = asked.tasks if measured is not None else trunks.shared(asked)
    mine = (share or Share()).of(tasks)
    waiting = waiting_of(asked, mine, folder)
    outcome = Outcome(folder, skipped=len(mine) - len(waiting))
    if not waiting:
        trunks.forget(mine, folder)
        return outcome
    keeping = Keeping(
        folder.resolve(),
        asked.plan.keep,
        tuple(asked.plan.measures),
        asked.code,
        sources_sha256(),
        FLUSH,
        measured=measured,
        start=None if asked.plan.start is None else Path(asked.plan.start),
    )
    with ended_by_signals(progress) as heard:
        try:
            _drive(keeping, waiting, engine or engines.here, outcome, heard, failure)
        except KeyboardInterrupt as cut:
            cut.add_note(f"finished runs are in {folder}; the same command goes on")
            raise
    trunks.forget(mine, folder)
    return outcome


def waiting_of(asked: Sweep, mine: Sequence[Task], folder: Path) -> list[Task]:
    """Those of some runs of a sweep that its folder does not hold yet.

    Raises:
        FolderError: why the folder cannot take the sweep.
    """
    parts.admit(folder, told(asked))
    there = parts.known(folder)
    return [task for task in mine if task.key not in there.done]


def _drive(
    keeping: Keeping,
    waiting: Sequence[Task],
    engine: engines.Engine,
    outcome: Outcome,
    progress: Progress,
    failure: Failure | None,
) -> None:
    statuses: Iterator[Status] = engine(partial(lived, keeping), waiting)
    with closing(statuses):  # type: ignore[type-var]
        for status in statuses:
            outcome.lived += 1
            if status.message:
                outcome.failed.append(status)
                if not status.kept:
                    row = parts.failed_row(keys_of(status.task, keeping.code), status.message)
                    parts.put_part(keeping.folder, [row])
                if failure is not None:
                    failure(status)
            progress(outcome.lived, len(waiting))


def told(asked: Sweep) -> dict[str, Any]:
    """What the folder of a sweep says about itself; a sweep that goes on in it must agree."""
    plan = asked.plan
    return {
        "scenario": plan.scenario,
        "keep": plan.keep,
        "measures": plan.measures,
        "code": asked.code,
        "start": plan.start_sha256(),
    }
