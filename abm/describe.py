"""What the program is made of, in its own words: columns, phases, rules, measures, keys, each from its declaration."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Final

from abm.columns import Column, Declared
from abm.day import DAY
from abm.measures import MEASURES
from abm.rules import parameters
from abm.scenario.schema.describe import describe_schema
from abm.world import PASSING, STANDING

Row = tuple[str, ...]
PRINTED_PLACE: Final = re.compile(r"(<!-- printed: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
"""Where a page holds a part of the description: between two remarks that its reader does not see."""
MARKS: Final = re.compile(r"[|*]")
"""What a cell has to tell apart from the marks of a page."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of the description: a title, a sentence, heads and rows."""

    title: str
    doc: str
    heads: Row
    rows: tuple[Row, ...]


def sentence(text: str | None) -> str:
    """The first paragraph of a docstring on one line."""
    return " ".join((text or "").strip().partition("\n\n")[0].split())


def columns() -> Iterator[Grid]:
    """Every table of the world with its columns."""
    for kind, tables in (("stands", STANDING), ("passes", PASSING)):
        for name, table in tables.items():
            yield Grid(
                f"{name} ({kind})", sentence(table.__doc__), ("column", "type", "unit", "meaning"), _columns(table)
            )


def _columns(table: type[Declared]) -> tuple[Row, ...]:
    return tuple((name, _type(spec), spec.unit, _meaning(spec)) for name, spec in table.columns.items())


def _type(spec: Column) -> str:
    return spec.dtype + (f"[{', '.join(spec.axes)}]" if spec.axes else "")


def _meaning(spec: Column) -> str:
    told = f"A row of {spec.key}." if spec.key else ""
    may = "A scenario may set it." if spec.settable else ""
    return " ".join(filter(None, (spec.doc, told, may)))


def phases() -> Iterator[Grid]:
    """The day: each phase with what it writes and the tables to which it appends."""
    rows = tuple(
        (str(place), phase.name, sentence(phase.doc), _joined(phase.appends), _written(phase.writes))
        for place, phase in enumerate(DAY, 1)
    )
    yield Grid("The day", "Its phases in order.", ("", "phase", "what happens", "appends to", "writes"), rows)


def _joined(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))


def _written(writes: Iterable[str]) -> str:
    """Columns grouped by their table."""
    tables: dict[str, list[str]] = {}
    for place in sorted(writes):
        table, _, name = place.partition(".")
        tables.setdefault(table, []).append(name)
    return "; ".join(f"{table}: {', '.join(names)}" for table, names in tables.items())


def rules() -> Iterator[Grid]:
    """The rules of each phase by name, with their parameters."""
    for phase in DAY:
        registry = getattr(import_module(f"abm.phases.{phase.name}"), "RULES", {})
        rows = tuple(row for name, rule in registry.items() for row in _rule(name, rule))
        if rows:
            heads = ("rule", "parameter", "default", "unit", "bounds", "meaning")
            yield Grid(f"Rules of {phase.name}", "", heads, rows)


def _rule(name: str, rule: type) -> Iterator[Row]:
    yield (name, "", "", "", "", sentence(rule.__doc__))
    for parameter, said in parameters(rule).items():
        bounds = f"{said['lo']:g} to {said['hi']:g}"
        yield ("", parameter, f"{said['default']:g}", said["unit"], bounds, said["doc"])


def measures() -> Iterator[Grid]:
    """What is measured of each day."""
    rows = tuple(
        (one.name.replace("{", "<").replace("}", ">"), one.unit, one.doc.replace("{", "").replace("}", ""))
        for one in MEASURES
    )
    yield Grid("Measures", "The columns of daily.parquet.", ("measure", "unit", "meaning"), rows)


def keys() -> Iterator[Grid]:
    """What a scenario may say."""
    rows = tuple((key.path, key.unit, key.default, key.admissible, key.doc) for key in describe_schema())
    yield Grid("Keys of a scenario", "", ("key", "unit", "default", "admissible", "meaning"), rows)


PARTS: Final = MappingProxyType[str, Callable[[], Iterator[Grid]]](
    {"columns": columns, "phases": phases, "rules": rules, "measures": measures, "keys": keys}
)
"""The parts of a description by name."""
PRINTED: Final = ("columns", "phases", "rules", "measures")
"""The parts that are printed unless others are named."""


def grids(parts: Sequence[str] = ()) -> list[Grid]:
    """The tables of some parts, of those that are printed unless said."""
    return [grid for name in (parts or PRINTED) for grid in PARTS[name]()]


def as_text(parts: Sequence[str] = ()) -> str:
    """The description for a terminal."""
    blocks = []
    for grid in grids(parts):
        lines = [grid.title.upper(), *([grid.doc] if grid.doc else []), *_lined([grid.heads, *grid.rows])]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _lined(rows: Sequence[Row]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def as_markdown(parts: Sequence[str] = ()) -> str:
    """The description as sections of a page of the documentation."""
    return "\n\n".join(map(_page, grids(parts)))


def filled(page: str) -> str:
    """A page of the documentation with its printed places printed anew; the rest is as it was."""
    return PRINTED_PLACE.sub(lambda place: f"{place[1]}\n{as_markdown([place[2]])}\n\n{place[3]}", page)


def _page(grid: Grid) -> str:
    lines = [_piped(grid.heads), _piped(tuple("---" for _ in grid.heads)), *map(_piped, grid.rows)]
    return "\n\n".join([f"### {grid.title}", *([grid.doc] if grid.doc else []), "\n".join(lines)])


def _piped(row: Row) -> str:
    return "| " + " | ".join(MARKS.sub(r"\\\g<0>", text).replace("<", "&lt;") for text in row) + " |"
