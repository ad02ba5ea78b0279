"""What a run was made with: versions, sources, processor; and what it took."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from abm.scenario import Scenario
from abm.scenario.rulebook import own_modules

PACKAGES = ("entrepot", "numba", "llvmlite", "numpy", "pyarrow", "pandas", "mesa", "pydantic")
HOMES = ("abm", "kernels")


def sha256_of(said: Mapping[str, Any]) -> str:
    """A hash of plain values, whatever the order of their keys."""
    text = json.dumps(said, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def versions() -> dict[str, str]:
    """Python and the packages that numbers may depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def _sources(scenarios: Iterable[Scenario]) -> Iterator[tuple[str, Path]]:
    top = Path(__file__).parents[1]
    for home in HOMES:
        for path in sorted((top / home).rglob("*")):
            if path.suffix in (".py", ".csv"):
                yield path.relative_to(top).as_posix(), path
    own = {module for scenario in scenarios for module in own_modules(scenario)}
    for name in sorted(own):
        yield name, Path(str(sys.modules[name].__file__))


def sources_sha256(*scenarios: Scenario) -> str:
    """A hash of the code, the facts, and the rules of the user's own that some scenarios follow."""
    digest = hashlib.sha256()
    for name, path in _sources(scenarios):
        text = path.read_bytes()
        digest.update(f"{name} {len(text)}\n".encode())
        digest.update(text)
    return digest.hexdigest()


def processor() -> dict[str, str]:
    """The kind of processor: across kinds, floats agree only nearly."""
    from llvmlite import binding

    return {"machine": platform.machine(), "family": binding.get_host_cpu_name(), "system": platform.system()}


def peak_memory_mib() -> float:
    """The most memory that this process has held, in MiB."""
    if os.name != "posix":
        return float("nan")
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
