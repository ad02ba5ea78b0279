"""Which failure hurts most those who have nothing to do with it: forks of one kept market, each with one thing failing.

A fork has the luck of all others, so that what it sells less than the undisturbed one is lost to the failure alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from abm.checkpoint import CheckpointError
from abm.columns import Array
from abm.files import put
from abm.provenance import sha256_of, sources_sha256
from abm.scenario import Scenario, ScenarioError, load
from abm.scenario.reading.errors import Problem, meant, said
from abm.study import store
from abm.study.asks.buffers import LEVELS, Buffer, put_up
from abm.study.run import Source
from abm.study.sweep import drive, engines, parts
from abm.study.sweep.live import Keeping
from abm.study.sweep.plan import Sweep, Task
from abm.study.sweep.schema import Plan
from abm.world import KINDS, World

EACH = ("firms", "lanes", "countries")
KEPT, LEAGUE, BUFFERS = "market.npz", "league", "buffers"
ENOUGH = 0.8
"""The part of a loss that a buffer is to remove."""
FAILS = {"firms": "firms.{}.capacity", "lanes": "lanes.{}.open", "countries": "firms.country={}.capacity"}
"""The column that a failure sets to nought; of a country, that of all its firms."""


@dataclass(frozen=True)
class Stress:
    """What is asked: which things fail one by one, from which reported day, for how long, and how long is looked."""

    scenario: Scenario
    each: str = "firms"
    day: int = 0
    lasts: int = 28
    horizon: int = 120
    lead: int = 28
    """Days before the failure on which the market is kept, and buffers are put up."""


@dataclass(frozen=True)
class Found:
    """The league of failures, worst first, and what buffers against the worst remove and cost."""

    asked: Stress
    folder: Path
    league: pd.DataFrame
    buffers: pd.DataFrame
    outcome: drive.Outcome


def asked(
    source: Source,
    each: str = "firms",
    day: int = 0,
    lasts: int = 28,
    horizon: int = 120,
    lead: int = 28,
    settings: dict[str, Any] | None = None,
    *,
    user_code: bool = True,
) -> Stress:
    """Check what is asked.

    Raises:
        ScenarioError: everything that is wrong with the scenario and with the numbers.
    """
    problems: list[Problem] = []
    scenario = None
    try:
        scenario = load(source, set=settings or {}, user_code=user_code)
    except ScenarioError as error:
        problems += error.problems
    if each not in EACH:
        problems.append(Problem("stress", "each", said(each), ", ".join(EACH), meant(each, EACH)))
    for name, value in (("for", lasts), ("horizon", horizon), ("lead", lead)):
        if value < 1:
            problems.append(Problem("stress", name, said(value), "a whole number of days from 1"))
    if scenario is not None:
        first = lead + 1 - scenario.warmup
        if day < first:
            words = f"a day from {first}: the market is kept {lead} days before, and has lived by then"
            problems.append(Problem("stress", "day", said(day), words))
        scenario = load(scenario, set={"days": max(day + horizon, 1)}) if horizon > 0 and day >= first else scenario
    if problems or scenario is None:
        raise ScenarioError(problems)
    return Stress(scenario, each, day, lasts, horizon, lead)


def stress(
    ask: Stress,
    out: str | os.PathLike[str],
    buffers: int = 3,
    engine: engines.Engine | None = None,
    progress: drive.Progress | None = None,
    failure: drive.Failure | None = None,
) -> Found:
    """Let each thing fail once, then try buffers against the worst of them; forks that are there are not lived again.

    Raises:
        FolderError: the folder cannot take it; nothing was lived.
        OSError: the folder takes no more.
    """
    folder = Path(out)
    code = sources_sha256(ask.scenario)
    parts.admit(folder, drive.told(_sweep(ask, (), code)))
    kept = _kept(ask, folder)
    outcome = drive.Outcome(folder)

    def live(asked: list[dict[str, Any]]) -> pd.DataFrame:
        tasks = tuple(_task(ask, settings, code) for settings in asked)
        measure = partial(_measured, kept, ask)
        done = drive.sweep(_sweep(ask, tasks, code), folder, engine, None, progress, failure, measure)
        outcome.skipped += done.skipped
        outcome.lived += done.lived
        outcome.failed += done.failed
        rows: pd.DataFrame = parts.once(parts.read(folder)).to_pandas().set_index("key")
        rows = rows[rows["message"].isna()].reindex([task.key for task in tasks])
        return rows.assign(fails=[one.get("fails", "") for one in asked])

    from abm.model import Market  # mesa is paid for here

    world = Market.load(kept, world=ask.scenario, threads=1).world
    names = _names(world, ask.each)
    league = _league(world, ask, live([{}, *({"fails": name} for name in names)]))
    against = _buffered(ask, league, live, buffers)
    for name, table in ((LEAGUE, league), (BUFFERS, against)):
        put(folder / f"{name}.csv", partial(table.to_csv, index=False))
        put(folder / f"{name}.parquet", partial(parquet.write_table, pa.Table.from_pandas(table, preserve_index=False)))
    return Found(ask, folder, league, against, outcome)


def _sweep(ask: Stress, tasks: tuple[Task, ...], code: str) -> Sweep:
    past = ask.scenario.resolved() | {"days": 0}
    return Sweep(Plan(scenario=f"stress {sha256_of(past)[:16]}", keep="summary"), ask.scenario.title, tasks, code)


def _task(ask: Stress, settings: dict[str, Any], code: str) -> Task:
    scenario = ask.scenario
    if "fails" in settings:
        column = FAILS[ask.each].format(settings["fails"])
        shock = {"name": "stress", "day": ask.day, "until": ask.day + ask.lasts, "set": {column: 0}}
        others = [one.model_dump(exclude_none=True) for one in scenario.shocks]
        scenario = load(scenario, set={"shocks": [*others, shock]})
    said_all = {"scenario": scenario.resolved(), "seed": scenario.seed, "code": code, "fork": settings,
                "asked": [ask.day, ask.lead, ask.horizon]}  # fmt: skip
    return Task(sha256_of(said_all), settings, scenario.seed, scenario)


def _kept(ask: Stress, folder: Path) -> Path:
    """The kept market of a folder, lived if it is not there yet.

    Raises:
        FolderError: it is of another scenario, day or version.
    """
    from abm.model import Market

    path = (folder / f"{ask.day - ask.lead}-{KEPT}").resolve()
    if not path.exists():
        market = Market(ask.scenario, threads=1)
        while market.day < ask.day - ask.lead:
            market.step()
        market.save(path)
    try:
        Market.load(path, world=ask.scenario, threads=1)
    except CheckpointError as error:
        raise store.FolderError(f"{error}; remove {path}, or choose another folder with --out") from None
    return path


def _measured(kept: Path, ask: Stress, task: Task, keeping: Keeping) -> pa.Table:
    """One row: what each product sold since the failure, in packs and cents, and what the buffer costs a year."""
    from abm.model import Market

    market = Market.load(kept, world=task.scenario, threads=1)
    world, settings, cost = market.world, task.settings, 0.0
    if "buffer" in settings:
        firm = world.names["firms"].index(settings["against"])
        cost = put_up(world, firm, Buffer(settings["buffer"], settings["level"]))
    sold = np.zeros((2, 0), np.int64)
    while market.day < ask.day + ask.horizon:
        failing = market.day >= ask.day
        market.step()
        if failing:
            sold = _added(sold, _sold(world))
    packs, cents = (pa.array([one.tolist()], pa.list_(pa.int64())) for one in sold)
    return pa.table({"packs": packs, "cents": cents, "cost_usd": pa.array([cost])})


def _sold(world: World) -> Array:
    """What each product sold today: int64[packs and cents, product]."""
    offers = world.offers
    product, size = world.listings.product[offers.listing], len(world.products)
    found = np.zeros((2, size), np.int64)
    np.add.at(found[0], product, offers.sold.astype(np.int64))
    np.add.at(found[1], product, offers.sold.astype(np.int64) * offers.value_cents)
    return found


def _added(one: Array, other: Array) -> Array:
    """Sums of two tables of which the first may have fewer columns."""
    total = other.copy()
    total[:, : one.shape[1]] += one
    return total


def _names(world: World, each: str) -> list[str]:
    firms, lanes = world.firms, world.lanes
    if each == "lanes":
        return [world.names["lanes"][row] for row in np.flatnonzero(lanes.open > 0)]
    if each == "countries":
        return list(world.names["countries"])
    return [world.names["firms"][row] for row in np.flatnonzero((firms.alive > 0) & (firms.capacity > 0))]


def _own(world: World, each: str, name: str) -> Array:
    """Mask of the products of the chains that a firm, lane or country has a part in."""
    row = world.names[each].index(name)
    members, links, nodes, offers = world.members, world.links, world.nodes, world.offers
    mine = np.zeros(len(world.products), bool)
    if each == "lanes":
        used = np.flatnonzero((links.lane == row) & (links.alive > 0) & (links.chain >= 0))
        mine[world.chains.product[links.chain[used]]] = True
        mine[nodes.product[offers.node[(offers.lane == row) & (offers.alive > 0)]]] = True
        return mine
    ours = members.firm == row if each == "firms" else world.firms.country[members.firm] == row
    mine[world.chains.product[members.chain[ours & (members.alive > 0)]]] = True
    return mine


def _league(world: World, ask: Stress, forks: pd.DataFrame) -> pd.DataFrame:
    """A row per failure: what was lost against the undisturbed fork in its own chains, outside them, and in all."""
    rows = []
    calm, others = forks.iloc[0], forks.iloc[1:]
    for name, (_, fork) in zip(others["fails"].tolist(), others.iterrows(), strict=True):
        lost = _lost(calm, fork)
        if lost is None:
            continue
        own = np.zeros(lost.shape[1], bool)
        mine = _own(world, ask.each, name)
        own[: len(mine)] = mine
        kind = KINDS[world.firms.kind[world.names["firms"].index(name)]] if ask.each == "firms" else ask.each
        inside, outside = (int(lost[1, part].sum()) / 100.0 for part in (own, ~own))
        rows.append({
            "fails": name, "kind": kind, "own_products": int(mine.sum()), "lost_packs": int(lost[0].sum()),
            "lost_outside_usd": outside, "lost_own_usd": inside, "lost_usd": inside + outside,
            "of_sales": (inside + outside) * 100.0 / max(int(np.sum(calm["cents"])), 1),
        })  # fmt: skip
    columns = [
        "fails",
        "kind",
        "own_products",
        "lost_packs",
        "lost_outside_usd",
        "lost_own_usd",
        "lost_usd",
        "of_sales",
    ]
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values(["lost_outside_usd", "fails"], ascending=[False, True], ignore_index=True)


def _lost(calm: Any, fork: Any) -> Array | None:
    """Packs and cents that a fork sold less, by product; None where either failed."""
    if not isinstance(calm.packs, np.ndarray) or not isinstance(fork.packs, np.ndarray):
        return None
    tables = [np.stack([one.packs, one.cents]) for one in (calm, fork)]
    empty = np.zeros((2, max(one.shape[1] for one in tables)), np.int64)
    undisturbed, struck = (_added(one, empty) for one in tables)
    return np.asarray(undisturbed - struck)


def _buffered(
    ask: Stress, league: pd.DataFrame, live: Callable[[list[dict[str, Any]]], pd.DataFrame], worst: int
) -> pd.DataFrame:
    """A row per buffer against each of the worst failures: what part of the loss it removes, and its cost a year."""
    columns = ["fails", "buffer", "level", "removed", "cost_usd_a_year", "enough", "cheapest"]
    chosen = league[league["lost_usd"] > 0].head(worst) if ask.each == "firms" else league.head(0)
    tried = [
        {"against": name, "buffer": kind, "level": level}
        for name in chosen["fails"]
        for kind, levels in LEVELS.items()
        for level in levels
    ]
    if not tried:
        return pd.DataFrame(columns=columns)
    forks = live([one for buffer in tried for one in (buffer, {**buffer, "fails": buffer["against"]})])
    rows = list(_removed(forks, tried, dict(zip(chosen["fails"], chosen["lost_usd"], strict=True))))
    found = pd.DataFrame(rows, columns=columns[:-1])
    least = found[found["enough"]].groupby("fails")["cost_usd_a_year"].idxmin()
    return found.assign(cheapest=found.index.isin(least))


def _removed(forks: pd.DataFrame, tried: list[dict[str, Any]], losses: dict[str, float]) -> Iterator[dict[str, Any]]:
    for place, buffer in enumerate(tried):
        lost = _lost(forks.iloc[2 * place], forks.iloc[2 * place + 1])
        if lost is None:
            continue
        removed = 1.0 - int(lost[1].sum()) / 100.0 / losses[buffer["against"]]
        cost = float(forks.iloc[2 * place]["cost_usd"])
        yield {"fails": buffer["against"], "buffer": buffer["buffer"], "level": buffer["level"], "removed": removed,
               "cost_usd_a_year": cost, "enough": removed >= ENOUGH}  # fmt: skip
