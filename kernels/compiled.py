"""How every kernel is compiled: one decorator with one set of options, and a count of the kernels being compiled."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import numba
from numba.core import config, event

F = TypeVar("F", bound=Callable[..., Any])

# No "reassoc": sums keep their written order. No "arcp": with it a vectorised float32 quotient is an estimate that
# differs from the scalar one and between makers of processors, so that a row's bits depend on its place in a chunk.
FASTMATH = frozenset({"contract", "nnan", "ninf", "nsz"})
OPTIONS: dict[str, Any] = {"fastmath": set(FASTMATH), "error_model": "numpy", "nogil": True, "cache": True}

registered: list[Any] = []


def kernel(function: F) -> F:
    """Make `function` a kernel: compiled on its first call, then cached; other threads run beside it."""
    compiled = numba.njit(**OPTIONS)(function)
    registered.append(compiled)
    return cast(F, compiled)


def signatures(of: Callable[..., Any]) -> tuple[Any, ...]:
    """Return the argument types for which a kernel was compiled or loaded: one, or somebody passes a second type."""
    return tuple(getattr(of, "signatures", ()))


class Count(event.Listener):  # type: ignore[misc]
    """Counts the kernels really compiled; those found in the cache raise no event."""

    def __init__(self, report: Callable[[int, int], None]) -> None:
        self.report = report
        self.done = 0

    def on_start(self, event: Any) -> None:
        """A kernel is about to be compiled, and first all those that it calls."""

    def on_end(self, event: Any) -> None:
        """A kernel is compiled: report, when it is one of ours."""
        if any(event.data["dispatcher"] is one for one in registered):
            self.done += 1
            self.report(self.done, max(self.done, len(registered)))


@contextmanager
def compiling(report: Callable[[int, int], None]) -> Iterator[None]:
    """Call `report(done, total)` after each kernel compiled inside the block, from whichever thread compiles it.

    `total` counts the kernels imported so far. With everything in the cache, or uncompiled, nothing is reported.
    """
    if config.DISABLE_JIT:
        yield
        return
    with event.install_listener("numba:compile", Count(report)):
        yield
