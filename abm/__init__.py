"""Entrepot's public names, each loaded when it is first used, so that `import abm` costs nothing."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from abm.agents import each
    from abm.model import Market
    from abm.scenario import Scenario, load
    from abm.study.compare import compare
    from abm.study.run import open_run, run
    from abm.study.sweep.opened import open_sweep

    __version__: str

__all__ = ["Market", "Scenario", "__version__", "compare", "each", "load", "open_run", "open_sweep", "run"]

_HOMES = {
    "Market": "abm.model",
    "Scenario": "abm.scenario",
    "compare": "abm.study.compare",
    "each": "abm.agents",
    "load": "abm.scenario",
    "open_run": "abm.study.run",
    "open_sweep": "abm.study.sweep.opened",
    "run": "abm.study.run",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        return version("entrepot")
    if name not in _HOMES:
        raise AttributeError(f"module 'abm' has no attribute {name!r}; it has {', '.join(sorted(__all__))}")
    found: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
