"""The benchmark as a table for readers, as plain values for programs, and into its place on a page."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from abm.study.bench.measure import Row

HEADS = ("what", "setting", "page", "shopping", "threads", "found", "goal", "reached", "note")
PLACE: Final = re.compile(r"(<!-- bench -->\n).*?(<!-- end -->)", re.DOTALL)
"""Where a page holds the table: between two remarks that its reader does not see."""


def machine() -> dict[str, str]:
    """The machine and the day: without them a time says nothing."""
    from abm.provenance import processor, versions
    from kernels.threads import cores

    made = versions()
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": f"{model()} ({processor()['family']})",
        "cores": str(cores()),
        "load at the end": f"{os.getloadavg()[0]:.1f}",
        "python": platform.python_version(),
        **{name: made[name] for name in ("entrepot", "numba", "numpy", "mesa")},
    }


def model() -> str:
    """The name by which the processor goes."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"model name\s*:\s*(.+)", text)
    return found[1].strip() if found else platform.machine()


def as_dicts(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """A plain dict for each row, the verdict among its values."""
    return [{**asdict(row), "verdict": row.verdict} for row in rows]


def cells(row: Row) -> tuple[str, ...]:
    """A row as it is printed."""
    sign = "≥" if row.at_least else "≤"
    return (
        row.what,
        row.setting.world,
        "" if row.setting.page is None else str(row.setting.page),
        "" if row.setting.shopping is None else f"{row.setting.shopping:.1%}",
        str(row.setting.threads),
        "" if row.found is None else f"{number(row.found)} {row.unit}",
        "" if row.goal is None else f"{sign} {number(row.goal)}",
        row.verdict,
        row.note,
    )


def number(value: float) -> str:
    """Three digits that count, or all of a large number's."""
    if value != 0 and abs(value) < 1000:
        return f"{value:.3g}"
    return f"{value:,.0f}"


def as_markdown(rows: Sequence[Row]) -> str:
    """The rows as a table of Markdown."""
    lines = [HEADS, tuple("---" for _ in HEADS), *map(cells, rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def page(rows: Sequence[Row], made_on: dict[str, str]) -> str:
    """The machine in a line, then the table."""
    told = ", ".join(f"{name} {value}" for name, value in made_on.items())
    return f"Measured: {told}.\n\n{as_markdown(rows)}"


def filled(text: str, rows: Sequence[Row], made_on: dict[str, str]) -> str:
    """A page with the table in its place, the rest as it was."""
    return PLACE.sub(lambda place: f"{place[1]}\n{page(rows, made_on)}\n\n{place[2]}", text)


def show(rows: Sequence[Row], made_on: dict[str, str]) -> None:
    """Print the table to a terminal."""
    from rich.console import Console
    from rich.table import Table

    table = Table(caption=", ".join(f"{name} {value}" for name, value in made_on.items()))
    for head in ("what", "found", "goal", "reached", "on"):
        table.add_column(head, justify="right" if head in ("found", "goal") else "left")
    for row in rows:
        what, world, slots, shopping, threads, found, goal, verdict, note = cells(row)
        parts = (world, slots and f"{slots} slots", shopping and f"{shopping} shop", f"threads {threads}", note)
        table.add_row(what, found, goal, verdict, "; ".join(part for part in parts if part))
    Console().print(table)
