"""A market kept in a file and taken up again: every table as it stands, as plain arrays, without any code in it.

The file is NumPy's archive of arrays, with one entry of JSON. What the scenario settles once (law, rules, calendar,
dated changes) is built again from it; what days have changed is read. A market may be taken up with another scenario,
a fork, as long as nothing of what was lived or known by then differs.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from abm.columns import Array, Calendar, Table
from abm.scenario import Scenario
from abm.world import PASSING, STANDING, World

EDITION = 1
ABOUT = "about"
CALENDARS = ("parcels", "shipments", "invoices")


class CheckpointError(ValueError):
    """A market cannot be kept, or a kept one cannot be taken up like this: what stands against it, and the remedy."""


def put(path: str | os.PathLike[str], world: World, about: Mapping[str, Any]) -> None:
    """Write a world and what else is to be known of it, whole or not at all."""
    target = Path(path)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    told = {
        **about,
        "edition": EDITION,
        "day": world.day,
        "scenario": world.scenario.resolved(),
        "folders": [os.fspath(folder.absolute()) for folder in world.scenario.folders],
        "user_code": world.scenario.user_code,
        "names": world.names,
        "entered": list(world.entered.items()),
        "counts": dict(world.counts),
        "base": list(world.base),
        "daily": [row | {"date": row["date"].isoformat()} if "date" in row else row for row in world.daily],
    }
    arrays: dict[str, Any] = {ABOUT: np.frombuffer(json.dumps(told).encode(), np.uint8), **dict(_arrays(world))}
    try:
        with draft.open("wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _arrays(world: World) -> Iterator[tuple[str, Array]]:
    for name in (*STANDING, *PASSING):
        kept = getattr(world, name)
        if name in CALENDARS:
            slabs = kept.every()
            places = np.array([(day, stage, len(rows)) for day, stage, rows in slabs], np.int64).reshape(-1, 3)
            yield f"{name}.slabs", places
            kept = kept.kind.join(rows for _, _, rows in slabs)
        for column in kept.columns:
            yield f"{name}/{column}", getattr(kept, column)
    for table, column in world.base:
        yield f"base/{table}/{column}", world.base[table, column]


def get(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, Array]]:
    """What is told of a kept world, and its arrays.

    Raises:
        CheckpointError: the file is none of ours, or is damaged.
    """
    try:
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as found:
            arrays = {name: found[name] for name in found.files}
        about = json.loads(arrays.pop(ABOUT).tobytes())
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise CheckpointError(f"{os.fspath(path)} is no market that was kept, or is damaged: {error}") from error
    if about.get("edition") != EDITION:
        raise CheckpointError(f"{os.fspath(path)} is of edition {about.get('edition')}; this version reads {EDITION}")
    return about, arrays


def scenario(about: Mapping[str, Any]) -> Scenario:
    """The scenario of a kept market, with the user's rules where they were."""
    folders = tuple(Path(folder) for folder in about["folders"])
    return Scenario.model_validate(about["scenario"]).placed(folders, user_code=about["user_code"])


def restore(world: World, about: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Make a world that was built anew from the scenario what was kept; its own borders stay where they differ."""
    same_law = about["scenario"].get("borders") == world.scenario.resolved().get("borders")
    for name in (*STANDING, *PASSING):
        if name == "borders" and not same_law:
            continue
        table = getattr(world, name)
        if name in CALENDARS:
            _fill_calendar(table, name, arrays)
        else:
            _fill(table, {column: arrays[f"{name}/{column}"] for column in table.columns})
    world.day = about["day"]
    world.names = about["names"]
    world.entered = {int(place): count for place, count in about["entered"]}
    world.counts = Counter(about["counts"])
    world.base = {
        (table, column): arrays[f"base/{table}/{column}"]
        for table, column in about["base"]
        if table != "borders" or same_law
    }
    world.daily = [row | {"date": date.fromisoformat(row["date"])} if "date" in row else row for row in about["daily"]]


def _fill(table: Table, columns: dict[str, Array]) -> None:
    table.__setstate__({"axes": table.axes, **columns})


def _fill_calendar(calendar: Calendar[Any], name: str, arrays: Mapping[str, Array]) -> None:
    rows = calendar.kind()
    _fill(rows, {column: arrays[f"{name}/{column}"] for column in rows.columns})
    calendar.slabs.clear()
    start = 0
    for day, stage, length in arrays[f"{name}.slabs"].tolist():
        part = rows.take(np.arange(start, start + length))
        calendar.slabs.setdefault((day, stage), []).append(part)
        start += length


def admit(about: Mapping[str, Any], fork: Scenario) -> None:
    """Refuse a scenario whose past is not that of a kept market.

    Raises:
        CheckpointError: what differs, though it was lived or known by then.
    """
    then = scenario(about)
    today = then.first + timedelta(days=about["day"])
    for key, (was, now) in _differences(_past(then, today), _past(fork, today)):
        raise CheckpointError(
            f"{key}: the kept market has lived until {today} with {was}, and is to go on with {now}; admissible: what "
            f"only differs from then on and was not announced before (shocks, borders, days, title), or a run from the "
            f"start"
        )


def _past(scenario: Scenario, today: date) -> dict[str, Any]:
    """What a scenario says of the days before one, and of what was known by then."""
    said = scenario.resolved()
    for key in ("title", "days"):
        said.pop(key)
    known = []
    for place, (one, text) in enumerate(zip(scenario.shocks, said.pop("shocks", ()), strict=True)):
        told = one.day if one.announced is None else one.announced
        if min(scenario.date_of(told), scenario.date_of(one.day)) < today:
            known.append({**text, "name": one.name or f"shock-{place + 1}"})
    said["shocks"] = known
    said["borders"] = [
        text
        for one, text in zip(scenario.borders, said.pop("borders", ()), strict=True)
        if min(one.since, one.announced or one.since) < today
    ]
    return said


def _differences(was: Any, now: Any, key: str = "") -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Where two plain values differ: the dotted key, and what stands there in either."""
    if isinstance(was, dict) and isinstance(now, dict):
        for name in dict.fromkeys([*was, *now]):
            yield from _differences(was.get(name), now.get(name), f"{key}.{name}" if key else str(name))
    elif was != now:
        yield key, (was, now)
