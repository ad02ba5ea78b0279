"""Worlds side by side: the same luck in each, seed by seed, lived in a pool of processes of one thread each."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from abm.measures import Field, fields
from abm.scenario import Scenario, load
from abm.study import store

if TYPE_CHECKING:
    import pandas as pd

    from abm.model import Market
    from abm.phases import Phase
    from abm.world import World

Progress = Callable[[int, int], None]
Watch = Callable[["World"], Mapping[str, float]]
"""What an experiment measures of a world at the end of a day, by name: always the same names."""
Changed = Callable[[Scenario], Mapping[str, Any]]
"""Settings for a scenario whose seed is known, by dotted key."""
Jobs = Mapping[tuple[str, int], tuple[Any, ...]]
"""By world and seed, what `lived` is called with."""
KEYS = (
    Field("world", "name", "Which of the worlds.", "text"),
    Field("seed", "1", "The seed of all chance, the same in each world.", "int"),
)
SECONDS = Field("cpu_seconds", "s", "Seconds of a processor that the day took.", "float")
LOOK = 0.25
"""Seconds between looks at how many days are lived."""
_counted: Any = None
"""In a worker, the days lived by all of them."""


def lived(
    scenario: Scenario,
    threads: int = 1,
    phases: Callable[[], tuple[Phase, ...]] | None = None,
    watch: Watch | None = None,
) -> pa.Table:
    """The reported days of one run with their units and sentences, and the seconds of a processor that each took.

    ``phases`` makes another day than the usual one, ``watch`` adds measures of one's own.
    """
    from abm.day import DAY
    from abm.model import Market

    market = Market(scenario, threads=threads, phases=phases() if phases else DAY)
    known, clock, seen = fields(market.world), [time.process_time()], list[Mapping[str, float]]()

    def after(market: Market) -> None:
        clock.append(time.process_time())
        if watch is not None and market.day > 0:
            seen.append(watch(market.world))
        if _counted is not None:
            with _counted.get_lock():
                _counted.value += 1

    days = market.run(each_day=after).world.daily
    took = np.diff(clock)[-len(days) :].tolist()
    watched = seen or [{}] * len(days)
    known += [Field(name, "", "Watched by an experiment.", "float") for name in watched[0]]
    rows = [{**day, **more, SECONDS.name: one} for day, more, one in zip(days, watched, took, strict=True)]
    return store.table([*known, SECONDS], rows)


def side_by_side(
    worlds: Mapping[str, Scenario],
    seeds: int,
    workers: int = 1,
    progress: Progress | None = None,
    phases: Mapping[str, Callable[[], tuple[Phase, ...]]] | None = None,
    watch: Watch | None = None,
    changed: Mapping[str, Changed] | None = None,
) -> pa.Table:
    """The days of several worlds under the same seeds, 1 to ``seeds``: columns world, seed, day, date, the measures.

    Runs are shared out to ``workers`` new processes, or lived here when that is 0; the rows do not depend on how many,
    seconds apart. ``progress(done, all)`` hears of days, the warm-up's among them. A script that calls this needs
    ``if __name__ == "__main__"``, as it is imported again by each process. ``phases`` makes another day for the worlds
    that it names, ``watch`` adds measures: both functions that a module has by name. ``changed`` gives settings that
    hang on the seed to the worlds that it names.
    """
    jobs = {}
    for seed in range(1, seeds + 1):
        for name, one in worlds.items():
            scenario = load(one, set={"seed": seed})
            if changed and name in changed:
                scenario = load(scenario, set=changed[name](scenario))
            jobs[name, seed] = (scenario, 1, (phases or {}).get(name), watch)
    found = _shared_out(jobs, workers, progress) if workers else _one_by_one(jobs, progress)
    parts = []
    for name, seed in sorted(jobs, key=lambda job: (list(worlds).index(job[0]), job[1])):
        days = found[name, seed]
        keys = store.table(KEYS, [{"world": name, "seed": seed}] * len(days))
        schema = pa.schema([*keys.schema, *days.schema])
        parts.append(pa.Table.from_arrays([*keys.columns, *days.columns], schema=schema))
    return pa.concat_tables(parts, promote_options="default").combine_chunks()


def _one_by_one(jobs: Jobs, progress: Progress | None) -> dict[tuple[str, int], pa.Table]:
    """Live each job in this process."""
    found: dict[tuple[str, int], pa.Table] = {}
    total, done = sum(_days(job) for job in jobs.values()), 0
    for name, job in jobs.items():
        found[name] = lived(*job)
        done += _days(job)
        if progress is not None:
            progress(done, total)
    return found


def _days(job: tuple[Any, ...]) -> int:
    scenario: Scenario = job[0]
    return scenario.warmup + scenario.days


def _shared_out(jobs: Jobs, workers: int, progress: Progress | None) -> dict[tuple[str, int], pa.Table]:
    """Live each job in one of some processes; whatever cuts this short ends them, too."""
    context, others = get_context("spawn"), active_children()
    counted = context.Value("q", 0)
    pool = ProcessPoolExecutor(
        max(1, min(workers, len(jobs))), mp_context=context, initializer=_begin, initargs=(counted,)
    )
    total = sum(_days(job) for job in jobs.values())
    try:
        futures = {name: pool.submit(lived, *job) for name, job in jobs.items()}
        waiting = set(futures.values())
        while waiting:
            done, waiting = wait(waiting, LOOK, FIRST_EXCEPTION)
            for future in done:
                future.result()
            if progress is not None:
                progress(counted.value, total)
        return {name: future.result() for name, future in futures.items()}
    except BaseException as cut:
        if isinstance(cut, BrokenProcessPool):
            cut.add_note('processes could not begin: does the script say `if __name__ == "__main__":`?')
        for child in set(active_children()) - set(others):
            child.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(counted: Any) -> None:
    """In a new worker: an interruption ends it without a word, as whoever started it has the word."""
    global _counted
    _counted = counted
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def means(days: pa.Table) -> pd.DataFrame:
    """The mean of each measure over the days of each world and seed that have it: a row per world and seed."""
    rows = days.to_pandas(date_as_object=False).groupby(["world", "seed"], sort=False)
    found: pd.DataFrame = rows.mean(numeric_only=True).drop(columns="day")
    return found
