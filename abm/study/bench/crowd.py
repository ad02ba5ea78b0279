"""A day of very many firms and chains: a world made from another by multiplying its groups."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from abm.scenario import load
from abm.study.bench.days import WEEK, Lived
from abm.study.bench.measure import Row, Task, rounds, typical
from kernels import threads

SERVICES = ("platform", "carrier", "warehouse", "broker", "payment")
"""Kinds that grow with consumers, not in number."""
SHELVES = ("overseas", "bonded", "retail")
"""Modes that need stock in the market, and so a warehouse or a shop that not every market has."""


def crowd(world: str, firms: int, chains: int) -> dict[str, Any]:
    """What turns a world into one of about so many firms and chains: groups as many times as large.

    A group of chains that sells in many markets by modes without a shelf there becomes a group for each market.
    """
    like = load(world)
    served = sum(group.count for group in like.firms if group.kind in SERVICES)
    others = sum(group.count for group in like.firms) - served
    buying = [name for name, place in like.countries.items() if place.share != 0.0]
    parts = [part for group in like.chains for part in _by_market(group.model_dump(exclude_unset=True), buying)]
    count = sum(part.get("count", 1) for part in parts)
    return {
        "firms": [
            _times(group.model_dump(exclude_unset=True), 1.0 if group.kind in SERVICES else (firms - served) / others)
            for group in like.firms
        ],
        "chains": [_times(part, chains / count) for part in parts],
    }


def _times(group: dict[str, Any], factor: float) -> dict[str, Any]:
    return group | {"count": max(round(group.get("count", 1) * factor), 1)}


def _by_market(group: dict[str, Any], buying: Sequence[str]) -> Iterator[dict[str, Any]]:
    """A group of chains for each market that it sells in, where no shelf is needed; else as it is."""
    direct = [mode for mode in group["modes"] if mode not in SHELVES]
    if not direct:
        yield group
        return
    for market in buying if tuple(group["markets"]) == ("*",) else group["markets"]:
        yield group | {"name": f"{group['name']}-{market.lower()}", "markets": [market], "modes": direct}


def crowd_rows(consumers: int, firms: int, chains: int, weeks: int, world: str) -> list[Row]:
    """A day of such a world on all cores, by the clock on the wall."""
    one = Lived(consumers, threads.cores(), world, crowd(world, firms, chains))
    one.week()
    one.forget()
    found = rounds([Task("day", one.week, WEEK * 1e9)], weeks, time.perf_counter, least=0.0)
    there, shopping = one.market.world, one.visits / (one.days * consumers)
    size = f"{len(there.firms):,} firms, {len(there.offers):,} offers, {len(there.chains):,} chains"
    setting = replace(one.setting(shopping), world=f"{world}, {consumers:,}, {size}")
    return [Row("crowd", "a day of very many firms, on the wall", typical(found, "day"), "s", 0.5, False, setting)]
