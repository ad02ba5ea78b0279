"""How far a run is: a bar at the terminal for whatever takes more than two seconds, and nothing elsewhere."""

from __future__ import annotations

import sys
from threading import Lock, Timer
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

PATIENCE = 2.0
"""Seconds before anything is shown."""


class Bar:
    """Shown while days are lived, when standard error is a terminal and nobody asked for quiet."""

    def __init__(self, quiet: bool = False) -> None:
        self.wanted = not quiet and sys.stderr.isatty()
        look = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self.progress = Progress(*look, console=Console(stderr=True), transient=True)
        self.task = self.progress.add_task("building the world", total=None)
        self.timer = Timer(PATIENCE, self._begin)
        self.timer.daemon = True
        self.lock = Lock()
        self.begun = self.over = False

    def __enter__(self) -> Self:
        if self.wanted:
            self.timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.timer.cancel()
        with self.lock:
            self.over = True
            if self.begun:
                self.progress.stop()

    def _begin(self) -> None:
        with self.lock:
            if not self.over:
                self.begun = True
                self.progress.start()

    def day(self, done: int, days: int) -> None:
        """Tell that so many days of all, the warm-up among them, are lived; nothing before the first."""
        if not done:
            return
        self.progress.update(self.task, description="day", completed=done, total=days)

    def case(self, done: int, cases: int) -> None:
        """Tell that so many cases of all are held against theory."""
        self.progress.update(self.task, description="case", completed=done, total=cases)

    def run(self, done: int, runs: int) -> None:
        """Tell that so many runs of all of a sweep are lived."""
        self.progress.update(self.task, description="run", completed=done, total=runs)

    def part(self, done: int, parts: int) -> None:
        """Tell that so many parts of a benchmark are measured."""
        self.progress.update(self.task, description="part", completed=done, total=parts)

    def compiling(self, done: int, kernels: int) -> None:
        """Tell that so many kernels of all are compiled, which is done once."""
        self.progress.update(self.task, description=f"compiling {done} of {kernels} (once)")
