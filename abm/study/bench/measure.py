"""How times are taken and set against each other: interleaved rounds after a warm-up, medians over rounds, ratios."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

REACHED, MISSED, SHOWN, ABSENT = "reached", "not reached", "shown", "not measured"
Times = Mapping[str, Sequence[float]]
"""Nanoseconds a unit by task, a number for each round."""


@dataclass(frozen=True)
class Task:
    """Something to be timed: a call, and how many units of work it does."""

    name: str
    run: Callable[[], object]
    units: float


@dataclass(frozen=True)
class Setting:
    """What a number was measured on: the world and its size, slots of a page, who shops, threads."""

    world: str = ""
    page: int | None = None
    shopping: float | None = None
    threads: int = 1


@dataclass(frozen=True)
class Row:
    """A line of the table: what was measured in which setting, what was found, and what is aimed at.

    `found` is None where it could not be measured, and `note` says why.
    """

    topic: str
    what: str
    found: float | None
    unit: str
    goal: float | None = None
    at_least: bool = True
    setting: Setting = Setting()
    note: str = ""

    @property
    def verdict(self) -> str:
        """Whether the goal is reached; shown where there is none."""
        if self.found is None:
            return ABSENT
        if self.goal is None:
            return SHOWN
        return REACHED if (self.found >= self.goal if self.at_least else self.found <= self.goal) else MISSED


LEAST = 0.02
"""Seconds that a task is repeated for in a round, at least: the shorter, the more the clock and the scheduler count."""


def rounds(
    tasks: Sequence[Task], count: int, clock: Callable[[], float] = time.process_time, least: float = LEAST
) -> dict[str, list[float]]:
    """Run all tasks in turn `count` times after a warm-up, each round beginning with another; nanoseconds a unit.

    A task is called as often in a round as fills `least` seconds, by what its second call took, and once more before
    that, which brings back what others have driven from caches; with `least` 0, once and without any warm-up.
    """
    calls = {task.name: calls_for(task, clock, least) for task in tasks}
    found: dict[str, list[float]] = {task.name: [] for task in tasks}
    for number in range(count):
        first = number % len(tasks)
        for task in (*tasks[first:], *tasks[:first]):
            if least > 0.0:
                task.run()
            began = clock()
            for _ in range(calls[task.name]):
                task.run()
            found[task.name].append((clock() - began) * 1e9 / (task.units * calls[task.name]))
    return found


def calls_for(task: Task, clock: Callable[[], float], least: float) -> int:
    """How many calls of a task fill so many seconds, by its second call; the first may compile."""
    if least <= 0.0:
        return 1
    task.run()
    began = clock()
    task.run()
    return max(1, ceil(least / max(clock() - began, 1e-9)))


def typical(times: Times, name: str) -> float:
    """The median over rounds, ns a unit."""
    return median(times[name])


def times_faster(times: Times, one: str, other: str) -> float:
    """How many times faster `one` is than `other`: the median over rounds of the ratio within a round."""
    return median(slow / quick for quick, slow in zip(times[one], times[other], strict=True))
