"""Warm-ups that were lived before: the market on its first reported day, kept among the caches of the user.

A run with the same past by then, lived by the same code, goes on from there, bit for bit as if it had lived it itself.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from abm.checkpoint import CheckpointError
from abm.provenance import sha256_of, sources_sha256
from abm.scenario import Scenario
from abm.scenario.past import past
from kernels import cache_bases, writable

if TYPE_CHECKING:
    from abm.model import Market

FOLDER = "warmups"
LEAST = 10
"""Days that are worth a file."""
ROOM = 2**30
"""Bytes of all that is kept; what nobody has used for longest leaves first."""


def taken(scenario: Scenario, threads: int | None) -> Market | None:
    """The market after its warm-up, if one with the same past is kept; its phases have not taken any time yet."""
    from abm.model import Market  # mesa is paid for here

    file = _file(scenario)
    if file is None or not file.exists():
        return None
    with suppress(CheckpointError, OSError):  # damaged, or gone meanwhile: then it is lived again
        market = Market.load(file, scenario, threads=threads)
        os.utime(file)
        market.seconds = dict.fromkeys(market.seconds, 0.0)
        return market
    return None


def keep(market: Market) -> None:
    """Keep a market that has lived its warm-up and no more, where there is room, and its firms remember nothing."""
    file = _file(market.settled)
    if file is None:
        return
    with suppress(CheckpointError, OSError):
        file.parent.mkdir(mode=0o700, exist_ok=True)
        market.save(file)
        _make_room(file.parent)


def _file(scenario: Scenario) -> Path | None:
    """Where the market of a scenario is kept after its warm-up; None where there is none worth it, or no place."""
    if scenario.warmup < LEAST or (base := next(filter(writable, cache_bases()), None)) is None:
        return None
    told = {"past": past(scenario, scenario.start), "sources": sources_sha256(scenario)}
    return base / FOLDER / f"{sha256_of(told)[:32]}.npz"


def _make_room(folder: Path) -> None:
    """Remove what has not been used for longest, drafts of who was killed among it."""
    room = ROOM
    for file in sorted(folder.iterdir(), key=lambda one: one.stat().st_mtime, reverse=True):
        room -= file.stat().st_size
        if room < 0:
            file.unlink(missing_ok=True)
