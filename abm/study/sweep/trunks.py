"""Days that runs of a sweep have in common, lived once: the warm-up, and all before the first thing that differs.

Runs that differ in nothing but what is told or done later share a trunk. Whoever comes to one first keeps the market on
the day before the runs part; the others go on from there, bit for bit as if they had lived from the start.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from abm.checkpoint import CheckpointError
from abm.provenance import sha256_of
from abm.scenario import Scenario
from abm.scenario.past import events, past
from abm.study.sweep.plan import Sweep, Task, Trunk

if TYPE_CHECKING:
    from abm.model import Market

FOLDER = "trunks"
LEAST = 10
"""Days in common that are worth a file."""


def shared(asked: Sweep) -> Sequence[Task]:
    """The runs of a sweep, each with the trunk that it shares with others, if any; a kept market is one already."""
    tasks = asked.tasks
    if asked.plan.start is not None:
        return tasks
    told: dict[int, tuple[str, Mapping[str, date]]] = {}
    for task in tasks:
        if id(task.scenario) not in told:
            told[id(task.scenario)] = _told(task.scenario)
    groups: dict[tuple[str, int], list[Task]] = defaultdict(list)
    for task in tasks:
        groups[told[id(task.scenario)][0], task.seed].append(task)
    trunks = {}
    for (root, seed), group in groups.items():
        first = group[0].scenario.first
        parting = _parting(group, [told[id(task.scenario)][1] for task in group])
        if len(group) > 1 and (parting - first).days >= LEAST:
            name = sha256_of({"root": root, "seed": seed, "day": parting.isoformat()})[:16]
            trunks[root, seed] = Trunk(name, parting)
    return [replace(task, trunk=trunks.get((told[id(task.scenario)][0], task.seed))) for task in tasks]


def _told(scenario: Scenario) -> tuple[str, Mapping[str, date]]:
    """A hash of what has a say from the start, and the day on which each other thing is first told or done."""
    later = {
        sha256_of({"kind": kind, "name": name, "says": says}): told
        for kind, listed in events(scenario).items()
        for name, (told, says) in listed.items()
    }
    return sha256_of(past(scenario, scenario.first)), later


def _parting(group: Sequence[Task], told: Sequence[Mapping[str, date]]) -> date:
    """The first day that runs may live differently; the last one of the shortest at the latest."""
    common = set[str].intersection(*(set(one) for one in told))
    last = min(task.scenario.last for task in group)
    return min([last, *(day for one in told for name, day in one.items() if name not in common)])


def begun(scenario: Scenario, trunk: Trunk | None, folder: Path) -> Market:
    """The market of a run: where its trunk ends, if it has one."""
    from abm.model import Market  # mesa is paid for here

    if trunk is None:
        return Market(scenario, threads=1)
    kept = folder / FOLDER / f"{trunk.name}.npz"
    with suppress(CheckpointError, FileNotFoundError):
        return Market.load(kept, scenario, threads=1)
    market = Market(scenario, threads=1)
    while market.world.date < trunk.until:
        market.step()
    with suppress(CheckpointError, OSError):  # then every run lives its own days
        kept.parent.mkdir(exist_ok=True)
        market.save(kept)
    return market


def forget(tasks: Sequence[Task], folder: Path) -> None:
    """Remove the trunks of runs that have all been lived."""
    kept = folder / FOLDER
    for name in {task.trunk.name for task in tasks if task.trunk is not None}:
        for file in kept.glob(f"*{name}.npz*"):  # also drafts of who was killed
            file.unlink(missing_ok=True)
    with suppress(OSError):  # others may still need theirs
        kept.rmdir()
