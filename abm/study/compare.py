"""Worlds side by side: the same luck in each, seed by seed, lived in a pool of processes; how surely they differ."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING

from abm.scenario import Scenario, load

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[int, int], None]
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Difference:
    """By how much a measure differs between two worlds, in the mean over seeds, with Student's interval for pairs."""

    off: float
    full: float
    mean: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether the interval leaves nought out."""
        return self.low > 0.0 or self.high < 0.0

    def __str__(self) -> str:
        """As cells of a table in Markdown."""
        means, interval = f"{self.off:.4g} | {self.full:.4g} | {self.mean:+.3g}", f"{self.low:+.3g} to {self.high:+.3g}"
        return f"{means} | {interval} | {'yes' if self.sure else 'no'}"


def lived(scenario: Scenario, threads: int = 1) -> dict[str, float]:
    """The means over the reported days of one run, and the seconds of a processor that a reported day took."""
    from abm.model import Market

    market = Market(scenario, threads=threads)
    market.run(0)
    began = time.process_time()
    daily = market.run().daily
    means = daily.mean(numeric_only=True).drop("day")
    means["cpu_seconds"] = (time.process_time() - began) / len(daily)
    return {str(name): float(value) for name, value in means.items()}


def side_by_side(
    worlds: Mapping[str, Scenario], seeds: int, workers: int = 1, progress: Progress | None = None
) -> pd.DataFrame:
    """Daily means of several worlds under the same seeds, 1 to ``seeds``: a row per world and seed.

    Runs are shared out to ``workers`` new processes of one thread each; the rows do not depend on how many. A script
    that calls this needs ``if __name__ == "__main__"``, as it is imported again by each of them.
    """
    import pandas as pd

    jobs = [(name, seed) for seed in range(1, seeds + 1) for name in worlds]
    found: dict[tuple[str, int], dict[str, float]] = {}
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(lived, load(worlds[name], set={"seed": seed})): (name, seed) for name, seed in jobs}
        for done, future in enumerate(as_completed(waiting), 1):
            found[waiting[future]] = future.result()
            if progress is not None:
                progress(done, len(jobs))
    rows = pd.DataFrame([found[job] for job in jobs], index=pd.MultiIndex.from_tuples(jobs, names=["world", "seed"]))
    return rows.sort_index()


def paired(
    a: Scenario, b: Scenario, seeds: int, days: int, consumers: int, workers: int = 1, progress: Progress | None = None
) -> pd.DataFrame:
    """Daily means of two worlds of one length and size under the same seeds: a row per world (a, b) and seed."""
    size = {"days": days, "consumers": consumers}
    return side_by_side({"a": load(a, set=size), "b": load(b, set=size)}, seeds, workers, progress)


def difference(off: pd.Series[float], full: pd.Series[float]) -> Difference:
    """How the second of two series by seed differs from the first."""
    from scipy.stats import t

    apart = full - off
    wide = float(t.ppf((1.0 + CONFIDENCE) / 2.0, len(apart) - 1) * apart.std(ddof=1) / len(apart) ** 0.5)
    mean = float(apart.mean())
    return Difference(float(off.mean()), float(full.mean()), mean, mean - wide, mean + wide)
