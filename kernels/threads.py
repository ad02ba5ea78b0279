"""How several threads work through the rows of a day: in fixed chunks, so that no bit depends on how many they are."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

WINDOW = 16384  # rows of a chunk, so that a chunk's lanes stay in a core's own memory
FEW = 1024  # rows of a chunk where each takes a tenth of a microsecond or more


def window(rows: int) -> int:
    """Return the rows of a chunk where more of them read the same pages the larger it is: never few chunks for that."""
    return min(4 * WINDOW, max(WINDOW, rows // 16))


def cores() -> int:
    """Return the processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Crew:
    """The threads in use; the calling thread is one of them."""

    def __init__(self) -> None:
        self.threads = cores()
        self.pool: ThreadPoolExecutor | None = None

    def hands(self) -> ThreadPoolExecutor:
        """Return the pool that helps the calling thread, started on first use."""
        if self.pool is None:
            self.pool = ThreadPoolExecutor(self.threads - 1, thread_name_prefix="kernels")
        return self.pool

    def after_fork(self) -> None:
        """Forget the pool, whose threads did not come along into the child."""
        self.pool = None


crew = Crew()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=crew.after_fork)


def using() -> int:
    """Return how many threads are in use."""
    return crew.threads


def use(threads: int) -> None:
    """Use this many threads from now on, the calling one among them."""
    if threads < 1:
        raise ValueError(f"{threads} threads asked for: at least 1 is needed")
    if threads != crew.threads:
        pool, crew.pool, crew.threads = crew.pool, None, threads
        if pool is not None:
            pool.shutdown(wait=True)


def run(kernel: Callable[..., object], rows: int, chunk: int, *args: Any) -> None:
    """Call `kernel(start, stop, *args)` over all rows in chunks of `chunk`, the last one shorter.

    Chunks are the same for any number of threads. When some fail, no further chunk is begun, and the exception of the
    first failing one is raised once all have ended. With one chunk or one thread everything is called inline.
    """
    starts = range(0, rows, chunk)
    if len(starts) <= 1 or crew.threads == 1:
        for start in starts:
            kernel(start, min(start + chunk, rows), *args)
        return
    turn = count()
    failures: dict[int, BaseException] = {}

    def work() -> None:
        while not failures and (mine := next(turn)) < len(starts):
            start = starts[mine]
            try:
                kernel(start, min(start + chunk, rows), *args)
            except BaseException as failure:  # noqa: BLE001
                failures[start] = failure

    helpers = [crew.hands().submit(work) for _ in range(min(crew.threads, len(starts)) - 1)]
    work()
    for helper in helpers:
        if not helper.cancel():  # one that has not begun would find nothing left to do
            helper.result()
    if failures:
        raise failures[min(failures)]
