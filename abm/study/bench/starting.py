"""What a process holds and how soon it starts: memory by size, a first use that compiles, and a later one."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from abm.passing import Parcels
from abm.study.bench.measure import Row, Setting

MIB = 2.0**20
DAYS = 3
MONTH = 35
"""Days after which every phase has had its turn, those that come once a month among them."""


def resident() -> int:
    """Bytes that this process holds in memory now."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def held(consumers: int, world: str) -> int:
    """Bytes that a fresh process holds once a market of so many consumers has lived some days."""
    program = (
        "from abm.study.bench.days import Lived; from abm.study.bench.starting import resident\n"
        f"one = Lived({consumers}, world={world!r})\n"
        f"[one.day() for _ in range({DAYS})]\n"
        "print(resident())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])


def memory_rows(sizes: Sequence[int], world: str) -> list[Row]:
    """The straight line through what processes of these sizes hold, and the bytes of a parcel."""
    slope, base = np.polyfit(sizes, [held(size, world) for size in sizes], 1)
    parcel = sum(np.dtype(spec.dtype).itemsize for spec in Parcels.columns.values())
    setting = Setting(f"{world}, {min(sizes):,} to {max(sizes):,}", None, 1.0)
    return [
        Row("memory", "resident bytes for each further consumer", float(slope), "B", 72.0, False, setting),
        Row("memory", "columns of a parcel in flight", float(parcel), "B", 40.0, False),
        Row("memory", "base process, without consumers", float(base) / MIB, "MiB", 350.0, False, setting),
    ]


def started(cache: str, days: int) -> float:
    """CPU seconds of a process that lives some days of a small world, its compiled kernels kept in `cache`."""
    program = (
        "from abm.model import Market\n"
        f"market = Market('three_countries', consumers=2000)\n[market.step() for _ in range({days})]"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "NUMBA_CACHE_DIR": cache}, check=True, capture_output=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def start_rows() -> list[Row]:
    """A first use with nothing compiled against the same again, and a start, in CPU seconds of a process."""
    with tempfile.TemporaryDirectory() as cache:
        first, again, later = started(cache, MONTH), started(cache, MONTH), started(cache, 1)
    world = "three_countries, 2,000"
    return [
        Row("start", f"first use, compilation in all, {MONTH} days", first - again, "s", 90.0, False, Setting(world)),
        Row("start", "later start and a first day", later, "s", 3.0, False, Setting(world)),
    ]
