"""What one world does differently from another: pairs of runs with the same luck, and how surely measures differ."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from abm.files import put
from abm.provenance import processor, sha256_of, sources_sha256, versions
from abm.scenario import Scenario, ScenarioError, load
from abm.scenario.reading.errors import Problem, said
from abm.study import store
from abm.study.run import Source, ended_by_signals
from abm.study.side_by_side import SECONDS, Progress, side_by_side

if TYPE_CHECKING:
    import pandas as pd

CONFIDENCE = 0.95
A, B = "a", "b"
INDEX = ["seed", "day"]
SHARED = ("start", "warmup", "days", "consumers")
"""What A has of B."""


@dataclass(frozen=True)
class Comparison:
    """Two worlds under the same luck: their days, and by how much the second differs from the first."""

    a: Scenario
    b: Scenario
    seeds: int
    days: pa.Table = field(repr=False)
    asked: date | None = None

    @cached_property
    def daily(self) -> pd.DataFrame:
        """A row per world (a, b), seed and day."""
        found: pd.DataFrame = self.days.to_pandas(date_as_object=False)
        return found

    @cached_property
    def units(self) -> dict[str, tuple[str, str]]:
        """Unit and sentence of each measure that both worlds have."""
        both = [name for name in self.days.column_names if self.days[name].null_count == 0]
        known = store.units(self.days)
        return {name: known[name] for name in both if name not in ("world", "date", *INDEX)}

    @property
    def of_one(self) -> list[str]:
        """Measures that only one of the worlds has, such as an exchange rate of its own: they are not compared."""
        return [name for name in self.days.column_names if self.days[name].null_count > 0]

    @cached_property
    def parted(self) -> date | None:
        """The first reported day on which any measure differs in any seed; None when none ever does."""
        one, other = self.paired_days
        differ = ((one != other) & ~(one.isna() & other.isna())).any(axis=1)
        days = differ.index.get_level_values("day")[differ.to_numpy()]
        return self.b.date_of(int(days.min())) if len(days) else None

    @property
    def since(self) -> date:
        """The first day of those that effects are means of."""
        return self.asked or self.parted or self.b.start

    @cached_property
    def paired_days(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """The measures of A and of B, a row per seed and day."""
        rows = self.daily.set_index(INDEX)
        one, other = (rows[rows["world"] == world][list(self.units)].astype(float) for world in (A, B))
        return one, other

    @cached_property
    def effects(self) -> pd.DataFrame:
        """By how much each measure differs, in the mean over the days from `since` on: a row per measure."""
        import pandas as pd

        one, other = self.paired_days
        late = one.index.get_level_values("day") >= (self.since - self.b.start).days
        known = one.notna() & other.notna() & late[:, None]
        found = effects(*(days.where(known).groupby("seed").mean() for days in (one, other)))
        units = pd.Series({name: unit for name, (unit, _) in self.units.items()}, dtype=object)
        found.insert(0, "unit", units)
        return found


def effects(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """By how much the second of two tables differs from the first, with Student's interval for pairs.

    Args:
        a, b: a row per seed, the same in both, and a column per measure; a seed without a value in either is left out.

    Returns:
        A row per measure: means, difference, interval, difference in per cent of A, whether the interval leaves
        nought out (``sure``), how many times fewer seeds pairs need than runs of their own luck would for an interval
        as narrow (``fewer_seeds``), and of how many pairs this is.
    """
    import pandas as pd
    from scipy.stats import t

    known = a.notna() & b.notna()
    a, b = a.where(known), b.where(known)
    apart, pairs = b - a, known.sum()
    mean, variance = apart.mean(), apart.var(ddof=1)
    wide = t.ppf((1.0 + CONFIDENCE) / 2.0, np.where(pairs > 1, pairs - 1, np.nan)) * np.sqrt(variance / pairs)
    alone = a.var(ddof=1) + b.var(ddof=1)
    found = {
        "mean_a": a.mean(), "mean_b": b.mean(), "difference": mean, "low": mean - wide, "high": mean + wide,
        "per_cent": 100.0 * mean / a.mean().abs().where(a.mean() != 0.0),
        "sure": (mean - wide > 0.0) | (mean + wide < 0.0),
        "fewer_seeds": (alone / variance.where(variance > 0.0)).mask((variance == 0.0) & (alone > 0.0), np.inf),
        "pairs": pairs,
    }  # fmt: skip
    return pd.DataFrame(found).rename_axis("measure")


def compare(
    a: Source,
    b: Source,
    seeds: int = 5,
    days: int | None = None,
    consumers: int | None = None,
    workers: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 -- the name of the option
    since: date | str | None = None,
    out: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    *,
    user_code: bool = True,
) -> Comparison:
    """Live two worlds on B's days under seeds 1 to ``seeds``, the same luck in both, and tell how B differs from A.

    Effects are means over the days since the worlds part, or from ``since`` on. Runs are shared out to ``workers``
    processes, one for each core unless said, so that a script needs ``if __name__ == "__main__"``. With ``out``, the
    comparison is kept in a folder.

    Raises:
        ScenarioError: what is wrong with either scenario, with both on the days of B, or with ``since``.
        FolderError: why the folder cannot take the comparison; nothing was run.
    """
    from kernels.threads import cores

    size = {"days": days, "consumers": consumers}
    settings = {**(set or {}), **{key: value for key, value in size.items() if value is not None}}
    one, other, day = settled(a, b, settings, seeds, since, user_code)
    folder = Path(out) if out is not None else None
    if folder is not None:
        store.admit(folder, overwrite)
        store.clear(folder)
        _put_manifest(folder, Comparison(one, other, seeds, pa.table({})), complete=False)
    with ended_by_signals(progress) as heard:
        lived = side_by_side({A: one, B: other}, seeds, workers or cores(), heard)
        found = Comparison(one, other, seeds, lived.drop_columns([SECONDS.name]), day)
        if folder is not None:
            keep(found, folder)
    return found


def settled(
    a: Source,
    b: Source,
    settings: Mapping[str, Any],
    seeds: int,
    since: date | str | None,
    user_code: bool = True,
    alike: tuple[str, ...] = (),
) -> tuple[Scenario, Scenario, date | None]:
    """Both scenarios on the days and with the consumers of B, and the day from which effects are asked for.

    ``alike`` names other keys in which A follows B.

    Raises:
        ScenarioError: all that is wrong with either.
    """
    problems: list[Problem] = []
    try:
        other = load(b, set=settings, user_code=user_code)
    except ScenarioError as error:
        problems += error.problems
    shared = {} if problems else {key: getattr(other, key) for key in (*SHARED, *alike)}
    try:
        one = load(a, set={**settings, **shared}, user_code=user_code)
    except ScenarioError as error:
        told = f" on the days of {other.title}" if shared else ""
        problems += [replace(problem, file=problem.file + told) for problem in error.problems]
    if seeds < 1:
        problems.append(Problem("settings", "seeds", said(seeds), "a whole number from 1"))
    day = None
    if since is not None and shared:
        day = _day(since)
        if day is None or not other.start <= day <= other.last:
            problems.append(
                Problem("settings", "since", said(since), f"a reported day, from {other.start} to {other.last}")
            )
    if problems:
        raise ScenarioError(dict.fromkeys(problems))
    return one, other, day


def _day(given: date | str) -> date | None:
    try:
        return date.fromisoformat(given) if isinstance(given, str) else given
    except ValueError:
        return None


def keep(found: Comparison, folder: Path) -> None:
    """Write effects, days, what they were made with, and a page with figures."""
    from abm.show.compared_page import page  # matplotlib is paid for here

    put(folder / store.EFFECTS, lambda draft: found.effects.to_csv(draft))
    store.put_table(folder / "daily.parquet", found.days)
    store.put_text(folder / store.COMPARED, page(found))
    _put_manifest(folder, found, complete=True)


def _put_manifest(folder: Path, found: Comparison, complete: bool) -> None:
    worlds = {}
    for name, scenario in ((A, found.a), (B, found.b)):
        resolved = scenario.resolved()
        worlds[name] = {"title": scenario.title, "scenario_sha256": sha256_of(resolved), "scenario": resolved}
    told: dict[str, Any] = {"parted": found.parted and str(found.parted), "since": str(found.since)} if complete else {}
    store.put_manifest(
        folder,
        {
            "made_by": store.MAKER, "kind": "comparison", "complete": complete, "seeds": found.seeds, **told,
            "versions": versions(), "sources_sha256": sources_sha256(found.a, found.b), "processor": processor(),
            "worlds": worlds,
        },
    )  # fmt: skip
