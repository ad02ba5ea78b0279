"""Days of a market in which everybody shops: by phase, by size, by thread, and against the same in plain Mesa."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from abm.columns import I4
from abm.day import DAY
from abm.model import Market
from abm.phases import Phase
from abm.scenario import load
from abm.study.bench.measure import Row, Setting, Task, rounds, times_faster, typical
from abm.study.bench.plain_mesa import PlainMarket
from abm.study.bench.plain_world import Given
from abm.world import STANDING, VARIANTS, Outcome, World
from kernels import threads
from kernels.choice import choose

WORLD = "baseline"
EVERYBODY = {"demand.visits": 0.95, "demand.survive": 1.0, "demand.longest": 254, "demand.seasons": False}
"""Needs stay until they are met, all year round; capacities and stocks are built for that."""
ALWAYS = 1e3
"""A rate of needs at which all who have bought want something again the next day, but for one in twenty."""
STANDARD, ENOUGH = 100_000, 1_000_000
"""Consumers from which growth is reckoned, and enough for what a world costs whatever its size to be spread thin."""
WEEK, QUARTER = 7, 92
"""A round lives a week, because storefronts, reviews and management take turns by the day of the week."""


class Lived:
    """A market of so many consumers that is timed phase by phase; `spent` has a list of CPU seconds for each."""

    def __init__(
        self, consumers: int, workers: int = 1, world: str = WORLD, settings: Mapping[str, Any] | None = None
    ) -> None:
        self.consumers, self.workers, self.world = consumers, workers, world
        self.spent: dict[str, list[float]] = {phase.name: [] for phase in DAY}
        phases = [replace(one, run=partial(clocked, one, self.spent[one.name])) for one in DAY]
        counted = Phase("count", "What is read, picked and bought.", frozenset(), frozenset(), self._count)
        scenario = load(world, set={"consumers": consumers, **EVERYBODY, **(settings or {})})
        self.market = Market(scenario, threads=workers, phases=(*phases[:-1], counted, phases[-1]))
        self.market.world.countries.rate[:] = ALWAYS
        self.visits = self.orders = self.sold = 0

    def day(self) -> None:
        """Live a day on as many threads as it has."""
        threads.use(self.workers)
        self.market.step()

    def _count(self, world: World) -> None:
        """Note what was read, picked and bought, before measures begin anew."""
        outcome = world.orders.outcome
        self.visits += world.counts["visits"]
        self.orders += len(outcome)
        self.sold += int((outcome == Outcome.BOUGHT).sum())

    @property
    def days(self) -> int:
        """Days lived since it began to count."""
        return len(self.spent["shocks"])

    def setting(self, shopping: float | None) -> Setting:
        """What is measured here was measured on."""
        slots = int(self.market.world.axes["slot"])
        return Setting(f"{self.world}, {self.consumers:,}", slots, shopping, self.workers)

    def week(self) -> None:
        """Live seven days."""
        for _ in range(WEEK):
            self.day()

    def forget(self) -> None:
        """Begin to count anew, after the warm-up."""
        self.visits = self.orders = self.sold = 0
        for times in self.spent.values():
            times.clear()

    def each(self, name: str) -> float:
        """Nanoseconds a consumer and day that a phase took: the median of its weeks."""
        weeks = np.array(self.spent[name]).reshape(-1, WEEK).mean(axis=1)
        return float(median(weeks.tolist()) * 1e9 / self.consumers)


def compile_days(world: str) -> None:
    """Live a quarter of a small market, so that what comes seldom is compiled before anything is timed."""
    one = Lived(1_000, world=world)
    for _ in range(QUARTER):
        one.day()


def clocked(phase: Phase, spent: list[float], world: World) -> None:
    """Run a phase and note the CPU seconds that it took."""
    began = time.process_time()
    phase(world)
    spent.append(time.process_time() - began)


@dataclass(frozen=True)
class Grown:
    """Markets of several sizes that lived the same weeks, and ns a consumer and day by round."""

    lived: Sequence[Lived]
    times: dict[str, list[float]]

    @classmethod
    def through(cls, sizes: Sequence[int], weeks: int, world: str = WORLD) -> Grown:
        """Let markets of these sizes live so many weeks in turn, after one that is not counted."""
        lived = [Lived(size, world=world) for size in sizes]
        for one in lived:
            one.week()
            one.forget()
        tasks = [Task(str(one.consumers), one.week, WEEK * one.consumers) for one in lived]
        return cls(lived, rounds(tasks, weeks, least=0.0))

    def rows(self) -> list[Row]:
        """The day at each size, and that it is the same market; by phase, and what grows, for the largest."""
        made = [self._day(one) for one in self.lived]
        first, largest = self.standard, self.lived[-1]
        setting = largest.setting(made[-1].setting.shopping)
        if first is not largest:
            grown = times_faster(self.times, str(first.consumers), str(largest.consumers))
            what = f"a day from {first.consumers:,} to {largest.consumers:,} consumers, for each"
            made.append(Row("growth", what, grown, "x", 1.3, False, setting))
        made += [Row("phase", phase.name, largest.each(phase.name), "ns/consumer", setting=setting) for phase in DAY]
        aside = sum(largest.each(phase.name) for phase in DAY if phase.name not in ("choice", "matching"))
        enough = largest.consumers >= ENOUGH
        goal, note = (35.0, "") if enough else (None, f"the goal is for {ENOUGH:,} consumers")
        made.append(
            Row("day", "everything outside choice and matching", aside, "ns/consumer", goal, False, setting, note)
        )
        return made

    def _day(self, one: Lived) -> Row:
        times = self.times[str(one.consumers)]
        visits = one.visits / (WEEK * len(times) * one.consumers)
        told = f"{one.orders / one.visits:.2%} of visits take something, {one.sold / one.orders:.1%} get it"
        return Row("growth", "a day", median(times), "ns/consumer", setting=one.setting(visits), note=told)

    @property
    def standard(self) -> Lived:
        """The market of a hundred thousand, or the smallest."""
        return next((one for one in self.lived if one.consumers >= STANDARD), self.lived[0])


def everybody_reads(world: World, seed: int = 1) -> I4:
    """A page for each consumer: of their storefront and segment, any category and variant."""
    chance, count = np.random.default_rng(seed), len(world.consumers)
    kinds, segments = len(world.categories), world.scenario.platform.segments
    front, category = world.front_of(np.arange(count)), chance.integers(0, kinds, count)
    page = ((front * kinds + category) * segments + world.consumers.segment) * VARIANTS
    return np.where(front >= 0, page + chance.integers(0, VARIANTS, count), -1).astype(np.int32)


def chosen(world: World, page: I4) -> None:
    """Select, sort, gather, nest, draw and scatter, for who reads a page; the world is left as it was."""
    people, pages, size = world.consumers, world.pages, len(world.consumers)
    slot, surplus = np.empty(size, np.int8), np.empty(size, np.float32)
    threads.run(choose, size, threads.window(size), page, people.taste, people.last_seller,
                np.uint64(world.scenario.seed), np.uint32(world.chance_day), pages.feature, pages.seller, pages.filled,
                np.float32(world.scenario.demand.lam), slot, surplus)  # fmt: skip


def choice_rows(one: Lived, times: int) -> list[Row]:
    """The phase of choice with everybody shopping, on one thread."""
    threads.use(1)
    page = everybody_reads(one.market.world)
    found = rounds([Task("choose", lambda: chosen(one.market.world, page), one.consumers)], times)
    each, setting = typical(found, "choose"), one.setting(float((page >= 0).mean()))
    return [
        Row("choice", "choice: select, sort, gather, nest, draw, scatter", each, "ns/consumer", 50.0, False, setting)
    ]


def plain_rows(one: Lived, begun: Lived, weeks: int) -> list[Row]:
    """The whole day against plain Mesa, which begins where another market, or the same, stands.

    Where that one is smaller, plain Mesa is taken to cost as much for each consumer.
    """
    plain, sold = PlainMarket(Given(begun.market.world)), list[int]()
    begun.forget()
    tasks = [
        Task("ours", one.week, WEEK * one.consumers),
        Task("plain", lambda: sold.extend(_sales(plain)), WEEK * begun.consumers),
    ]
    found = rounds(tasks, weeks, least=0.0)
    while begun.days < len(sold):
        begun.day()
    visits = plain.visits / begun.consumers
    small = f"plain market of {begun.consumers:,} consumers, its time taken to grow with them"
    apart, noise = sum(sold) / begun.sold - 1.0, (1.0 / sum(sold) + 1.0 / begun.sold) ** 0.5
    told = f"chance alone moves it by up to {200.0 * noise:.1f}; a test with more sales holds it to 1"
    return [
        Row("plain", "a day in plain Mesa", typical(found, "plain"), "ns/consumer", setting=begun.setting(visits)),
        Row("plain", "whole day against plain Mesa loops", times_faster(found, "ours", "plain"), "x", 300.0,
            setting=one.setting(visits), note="" if begun is one else small),
        Row("plain", "units that the plain market sells more", 100.0 * apart, "%", setting=begun.setting(visits),
            note=told),
    ]  # fmt: skip


def _sales(plain: PlainMarket) -> Iterator[int]:
    """The units sold on each day of a week."""
    for _ in range(WEEK):
        plain.step()
        yield plain.sold


def thread_rows(consumers: int, weeks: int, world: str = WORLD) -> list[Row]:
    """Two threads against one, by the clock on the wall, and whether any bit differs."""
    one, two = Lived(consumers, 1, world), Lived(consumers, 2, world)
    one.week()
    two.week()
    tasks = [Task("one", one.week, WEEK * consumers), Task("two", two.week, WEEK * consumers)]
    found = rounds(tasks, weeks, time.perf_counter, least=0.0)
    same = same_bits(one.market.world, two.market.world)
    setting = two.setting(two.visits / (two.days * consumers))
    note = "" if threads.cores() > 1 else "there is only one core"
    return [
        Row("threads", "two threads against one, on the wall", times_faster(found, "two", "one"), "x", 1.8, note=note,
            setting=setting),
        Row("threads", "columns that differ between one thread and two", float(len(same)), "count", 0.0, False,
            note=", ".join(same[:3]), setting=setting),
    ]  # fmt: skip


def same_bits(one: World, other: World) -> list[str]:
    """The columns of standing tables that differ in any bit."""
    differ = []
    for name in STANDING:
        mine, theirs = getattr(one, name), getattr(other, name)
        for column in mine.columns:
            if getattr(mine, column).tobytes() != getattr(theirs, column).tobytes():
                differ.append(f"{name}.{column}")
    return differ
