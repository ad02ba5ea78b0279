"""How one world is lived and kept: a folder with its days, its firms, its chains, its trade and a report."""

from __future__ import annotations

import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abm.measures import fields
from abm.provenance import peak_memory_mib, processor, sha256_of, sources_sha256, versions
from abm.scenario import Scenario, load
from abm.study import store, tables, warmups

if TYPE_CHECKING:
    import pandas as pd

    from abm.model import Market

Source = str | os.PathLike[str] | Mapping[str, Any] | Scenario
Progress = Callable[[int, int], None]
RUNS = "runs"
KEEP = 64
"""Days after which the finished days are written."""


@dataclass
class Run:
    """A run in its folder; its tables are read when they are first asked for."""

    folder: Path
    manifest: dict[str, Any] = field(repr=False)

    @property
    def complete(self) -> bool:
        """Whether all its days were lived."""
        return bool(self.manifest["complete"])

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario as it was resolved; rules of the user's own are not loaded."""
        return Scenario.model_validate(self.manifest["scenario"])

    @cached_property
    def daily(self) -> pd.DataFrame:
        """A row per reported day."""
        return self._table("daily")

    @cached_property
    def firms(self) -> pd.DataFrame:
        """The firms at the end."""
        return self._table("firms")

    @cached_property
    def chains(self) -> pd.DataFrame:
        """The supply chains at the end."""
        return self._table("chains")

    @cached_property
    def flows(self) -> pd.DataFrame:
        """Trade by origin, destination and mode."""
        return self._table("flows")

    @cached_property
    def lanes(self) -> pd.DataFrame:
        """What was carried on each lane."""
        return self._table("lanes")

    @cached_property
    def deliveries(self) -> pd.DataFrame:
        """How many parcels of each mode took how many days."""
        return self._table("deliveries")

    @cached_property
    def units(self) -> dict[str, tuple[str, str]]:
        """Unit and sentence of each column of the days."""
        return store.units(store.get_table(self.folder / "daily.parquet"))

    def _table(self, name: str) -> pd.DataFrame:
        found: pd.DataFrame = store.get_table(self.folder / f"{name}.parquet").to_pandas(date_as_object=False)
        return found


def run(
    scenario: Source,
    days: int | None = None,
    consumers: int | None = None,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002 -- the name of the option
    threads: int | None = None,
    out: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    csv: bool = False,
    progress: Progress | None = None,
    *,
    report: bool = True,
    afresh: bool = False,
    user_code: bool = True,
) -> Run:
    """Live a scenario and keep it in a folder, `runs/TITLE-seedN` unless said; `progress(done, all)` hears of each day.

    A warm-up that was lived before, under the same seed and by the same code, is not lived again unless `afresh`.
    Without `report` nothing is drawn, which spares some seconds.

    Raises:
        ScenarioError: what is wrong with the scenario; nothing is written.
        FolderError: why the folder cannot take the run; nothing is written.
        KeyboardInterrupt: after the finished days were written.
    """
    given = {"days": days, "consumers": consumers, "seed": seed}
    settings = {**(set or {}), **{key: value for key, value in given.items() if value is not None}}
    settled = load(scenario, set=settings, user_code=user_code)
    folder = Path(out) if out is not None else Path(RUNS) / f"{store.slug(settled.title)}-seed{settled.seed}"
    store.admit(folder, overwrite)
    with ended_by_signals(progress) as heard:
        began = time.perf_counter()
        from abm.model import Market  # mesa is paid for here

        warm = None if afresh else warmups.taken(settled, threads)
        market = warm or Market(settled, threads=threads)
        return Keeper(market, folder, csv, report, began, warm is not None).live(heard)


def open_run(folder: str | os.PathLike[str]) -> Run:
    """Open a run that was kept.

    Raises:
        FolderError: it is no folder of a run.
    """
    manifest = store.read_manifest(Path(folder))
    if manifest is None or "scenario" not in manifest:
        raise store.FolderError(f"{os.fspath(folder)} is not the folder of a run: it has no {store.MANIFEST} of ours")
    return Run(Path(folder), manifest)


class Keeper:
    """Lives a market and writes down what is worth keeping, whatever happens."""

    def __init__(self, market: Market, folder: Path, csv: bool, report: bool, began: float, warm: bool) -> None:
        self.market, self.folder, self.csv, self.report = market, folder, csv, report
        self.began, self.warm = began, warm
        self.flows = tables.Flows(len(market.world.countries), len(market.world.lanes))
        self.fields = fields(market.world)
        self.told = _told(market.settled)

    def live(self, progress: Progress) -> Run:
        """Live all days; when they are cut short, the finished ones are there."""
        scenario = self.market.settled
        store.clear(self.folder)
        self._manifest(complete=False, message="running")

        def after(market: Market) -> None:
            if market.day == 0:
                warmups.keep(market)
            if market.day > 0:
                self.flows.add(market.world)
                if market.day % KEEP == 0:
                    self._keep_days()
            progress(market.world.day, scenario.warmup + scenario.days)

        try:
            self.market.run(scenario.days, each_day=after)
            self._keep_all()
        except KeyboardInterrupt as cut:
            self._cut_short(cut, "interrupted")
            raise
        except Exception as failure:
            self._cut_short(failure, f"{type(failure).__name__}: {failure}", traceback.format_exc())
            raise
        return Run(self.folder, self._manifest(complete=True))

    def _cut_short(self, why: BaseException, message: str, trace: str = "") -> None:
        _ignore_signals()
        try:
            self._keep_days()
        finally:  # the disk may be full
            manifest = self._manifest(complete=False, message=message, **({"traceback": trace} if trace else {}))
        why.add_note(f"{manifest['days_finished']} finished days are in {self.folder}")

    def _keep_days(self) -> None:
        store.put_table(self.folder / "daily.parquet", store.table(self.fields, self.market.world.daily), self.csv)

    def _keep_all(self) -> None:
        world = self.market.world
        self._keep_days()
        made = {"firms": tables.firms(world), "chains": tables.chains(world)}
        made |= {"flows": self.flows.table(world.names["countries"]), "deliveries": self.flows.deliveries()}
        made["lanes"] = self.flows.lanes(world)
        for name, one in made.items():
            store.put_table(self.folder / f"{name}.parquet", one, self.csv)
        if self.report:
            from abm.show.report import write_report  # matplotlib is paid for here

            write_report(Run(self.folder, self._manifest(complete=False, message="running")))

    def _manifest(self, complete: bool, **more: str) -> dict[str, Any]:
        world = self.market.world
        manifest = {
            "made_by": store.MAKER,
            **self.told,
            "complete": complete,
            **more,
            "days_finished": len(world.daily),
            "warmup_from_cache": self.warm,
            "wall_seconds": round(time.perf_counter() - self.began, 3),
            "phase_seconds": {name: round(seconds, 4) for name, seconds in self.market.seconds.items()},
            "peak_memory_mib": peak_memory_mib(),
        }
        store.put_manifest(self.folder, manifest)
        return manifest


def _told(scenario: Scenario) -> dict[str, Any]:
    """What a manifest says from the first day on."""
    from kernels.threads import using

    resolved = scenario.resolved()
    return {
        "title": scenario.title,
        "seed": scenario.seed,
        "days": scenario.days,
        "versions": versions(),
        "sources_sha256": sources_sha256(scenario),
        "processor": processor(),
        "threads": using(),
        "scenario_sha256": sha256_of(resolved),
        "scenario": resolved,
    }


def _on_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextmanager
def ended_by_signals(progress: Progress | None = None) -> Iterator[Progress]:
    """Being told to end is like being interrupted; afterwards signals mean what they meant before.

    Python drops what is raised amid a finaliser or a callback: the progress that is yielded raises it again.
    """
    told: list[int] = []

    def end(number: int, frame: object) -> None:
        told.append(number)
        raise KeyboardInterrupt

    def heard(done: int, days: int) -> None:
        if told:
            raise KeyboardInterrupt
        if progress is not None:
            progress(done, days)

    if not _on_main_thread():
        yield heard
        return
    kept = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    for one, handler in kept.items():
        if handler is not signal.SIG_IGN:
            signal.signal(one, end)
    try:
        yield heard
    finally:
        for one, handler in kept.items():
            signal.signal(one, handler)


def _ignore_signals() -> None:
    """While the finished days are written, a second signal changes nothing."""
    if _on_main_thread():
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, signal.SIG_IGN)
