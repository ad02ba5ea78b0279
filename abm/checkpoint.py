"""A market kept in a file and taken up again: every table as it stands, as plain arrays, without any code in it.

The file is NumPy's archive of arrays, with one entry of JSON. What the scenario settles once (law, rules, calendar,
dated changes) is built again from it; what days have changed is read. A market may be taken up with another scenario,
a fork, as long as nothing of what was lived or known by then differs.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from abm import files
from abm.columns import Array, Calendar, Passing, Table
from abm.provenance import sources_sha256
from abm.scenario import Scenario
from abm.scenario.past import differences, past
from abm.scenario.reading.errors import said
from abm.scenario.rulebook import HOMES, in_use
from abm.world import PASSING, STANDING, World

EDITION = 2
ABOUT = "about"
CALENDARS = ("parcels", "shipments", "invoices", "releases")


class CheckpointError(ValueError):
    """A market cannot be kept, or a kept one cannot be taken up like this: what stands against it, and the remedy."""


def put(path: str | os.PathLike[str], world: World, about: Mapping[str, Any]) -> None:
    """Write a world and what else is to be known of it, whole or not at all."""
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

    def write(draft: Path) -> None:
        with draft.open("wb") as file:
            np.savez(file, **arrays)

    files.put(Path(path), write)


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
    world.names = about["names"] | ({} if same_law else {"borders": world.names["borders"]})
    world.entered = {int(place): count for place, count in about["entered"]}
    world.counts = Counter(about["counts"])
    world.base = {
        (table, column): arrays[f"base/{table}/{column}"]
        for table, column in about["base"]
        if table != "borders" or same_law
    }
    world.daily = [row | {"date": date.fromisoformat(row["date"])} if "date" in row else row for row in about["daily"]]


def _fill(table: Table | Passing, columns: dict[str, Array]) -> None:
    table.__setstate__({**table.__getstate__(), **columns})


def _fill_calendar(calendar: Calendar[Any], name: str, arrays: Mapping[str, Array]) -> None:
    columns = {column: arrays[f"{name}/{column}"] for column in calendar.kind.columns}
    rows = calendar.kind.of(len(next(iter(columns.values()))), **columns)
    calendar.slabs.clear()
    start = 0
    for day, stage, length in arrays[f"{name}.slabs"].tolist():
        calendar.put(rows.take(np.arange(start, start + length)), day, stage)
        start += length


def admit_code(path: str | os.PathLike[str], about: Mapping[str, Any], fork: Scenario, phases: Iterable[str]) -> None:
    """Refuse a kept market that other code or other phases have lived.

    Raises:
        CheckpointError: which of them, and the remedy.
    """
    if about["sources"] != sources_sha256(fork):
        raise CheckpointError(
            f"{os.fspath(path)} was kept by another version, facts or rules of your own, with which days may turn "
            "out otherwise; live the market again from its start"
        )
    if list(about["seconds"]) != (names := list(phases)):
        raise CheckpointError(
            f"{os.fspath(path)} was lived by the phases {', '.join(about['seconds'])}; given {', '.join(names)}"
        )


def lived(about: Mapping[str, Any]) -> tuple[date, dict[str, Any]]:
    """The date on which a market was kept, which it has not lived yet, and its past until then."""
    then = scenario(about)
    today = then.first + timedelta(days=about["day"])
    return today, past(then, today)


def unlike(was: Mapping[str, Any], fork: Scenario, today: date) -> list[tuple[str, str, str]]:
    """Keys in which a scenario has another past than was lived until a date, with what was and what is given."""
    return [(key, _said(one), _said(now)) for key, one, now in differences(was, past(fork, today))]


def admit(about: Mapping[str, Any], fork: Scenario) -> None:
    """Refuse a scenario whose past is not that of a kept market.

    Raises:
        CheckpointError: all that differs, though it was lived or known by then.
    """
    today, then = lived(about)
    wrong = [
        f"{key}: the kept market has lived until {today} with {was}, and is to go on with {now}"
        for key, was, now in unlike(then, fork, today)
    ]
    if wrong:
        wrong.append(
            "admissible: what only differs from then on and was not announced before (shocks, borders, days, title), "
            "or a run from the start"
        )
        raise CheckpointError("\n".join(wrong))


def _said(value: Any) -> str:
    return "nothing" if value is None else said(value)


def refuse_memory(world: World) -> None:
    """Refuse firms and rules that remember what no column holds.

    Raises:
        CheckpointError: who remembers what.
    """
    for firm in world.agents:
        if own := sorted(name for name in vars(firm) if name.startswith("_")):
            raise CheckpointError(f"{firm} remembers {', '.join(own)}, which no column holds and no file can keep")
    for decision in HOMES:
        fresh = [(type(rule), _memory(rule)) for rule in in_use(world.scenario, decision)]
        for rule in world.rules[decision]:
            if (type(rule), _memory(rule)) not in fresh:
                raise CheckpointError(
                    f"{type(rule).__name__}, a rule of {decision}, was given as an object or remembers what no column "
                    "holds, and no file can keep that; admissible: rules in a file beside the scenario, as "
                    '"module:Class", which declare what they learn as columns'
                )


def _memory(rule: Any) -> str:
    return repr(sorted(vars(rule).items())) if hasattr(rule, "__dict__") else repr(rule)
