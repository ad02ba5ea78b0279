"""The benchmark drawn: how a day grows, how near the limit the lane kernel is, and where the time of a day goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, NullFormatter, PercentFormatter

from abm.show.plots import COLOURS, STYLE, panels
from abm.study.bench.measure import Row

MAIN, GOAL = COLOURS[0], COLOURS[3]


def drawn(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Draw the figures into a folder, made if need be; those of which nothing was measured are left out."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, draw in FIGURES.items():
        with mpl.rc_context(STYLE):
            figure = draw(rows)
            if figure is not None:
                made.append(folder / f"{name}.png")
                figure.savefig(made[-1], dpi=150)
    return made


def _of(rows: Sequence[Row], topic: str, unit: str) -> list[Row]:
    return [row for row in rows if row.topic == topic and row.unit == unit and row.found is not None]


def _values(rows: Sequence[Row]) -> list[float]:
    return [row.found for row in rows if row.found is not None]


def _bars(axes: Axes, names: Sequence[str], values: Sequence[float], form: str, beyond: Sequence[float] = ()) -> None:
    """Horizontal bars, the first on top, each with its value at its end, or right of what stands `beyond` it."""
    axes.grid(visible=True, axis="x", alpha=0.3)
    axes.grid(visible=False, axis="y")
    axes.barh(range(len(values)), values, color=MAIN, height=0.7)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    for place, value in enumerate(values):
        right = max(value, beyond[place]) if beyond else value
        axes.annotate(form.format(value), (right, place), (4, 0), textcoords="offset points", va="center", fontsize=8)
    axes.margins(x=0.12)


def growth(rows: Sequence[Row]) -> Figure | None:
    """Time of a day by size: for each consumer, and in all."""
    days = _of(rows, "growth", "ns/consumer")
    if not days:
        return None
    sizes = [_size(row) for row in days]
    figure, (left, right) = panels(2, 3.2)
    _curve(left, sizes, _values(days))
    left.set_title("A day, for each consumer")
    left.set_ylabel("CPU ns a consumer and day")
    _curve(right, sizes, [size * each * 1e-9 for size, each in zip(sizes, _values(days), strict=True)])
    right.set_title("A day in all")
    right.set_ylabel("CPU s a day")
    for axes in (left, right):
        axes.set_xlabel("consumers")
        axes.set_xticks(sizes)
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.grid(visible=True, which="major", alpha=0.3)
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.margins(x=0.2, y=0.15)
    return figure


def _curve(axes: Axes, sizes: Sequence[int], values: Sequence[float]) -> None:
    """A line on logarithmic axes, each point with its value, above it and beside the line."""
    axes.loglog(sizes, values, "o-", color=MAIN)
    away, side = (-6, "right") if values[-1] > values[0] else (6, "left")
    for size, value in zip(sizes, values, strict=True):
        axes.annotate(f"{value:,.3g}" if value < 1000 else f"{value:,.0f}", (size, value), (away, 5), ha=side,
                      textcoords="offset points", fontsize=8)  # fmt: skip


def _size(row: Row) -> int:
    """The consumers of the setting `world, 1,000,000`."""
    return int(row.setting.world.partition(", ")[2].replace(",", ""))


def shares(rows: Sequence[Row]) -> Figure | None:
    """How near the machine's limit the lane kernel is, and how many times faster than others it is."""
    near = _of(rows, "lanes", "share")
    times = _of(rows, "lanes", "x")
    if not near or not times:
        return None
    figure, (left, right) = panels(2, 3.0, 11.0)
    _bars(left, [row.what.removesuffix(", share of the limit") for row in near], _values(near), "{:.0%}")
    left.set_xlim(0.0, 1.0)
    left.xaxis.set_major_formatter(PercentFormatter(1.0))
    left.set_title("Share of the machine's limit")
    goals = [row.goal for row in times if row.goal is not None]
    _bars(right, [row.what.removeprefix("lane kernel against ") for row in times], _values(times), "{:.3g}", goals)
    right.plot(goals, range(len(goals)), "|", color=GOAL, markersize=18, markeredgewidth=2, label="goal")
    right.set_xscale("log")
    right.set_title("Times faster than")
    right.legend(loc="upper right", markerscale=0.5)
    for row, axes in ((near, left), (times, right)):
        axes.set_ylim(len(row) - 0.5, -0.5)
    return figure


def phases(rows: Sequence[Row]) -> Figure | None:
    """Where the time of a day goes, phase by phase, in the largest market."""
    spent = _of(rows, "phase", "ns/consumer")
    if not spent:
        return None
    figure, (axes,) = panels(1, 4.2, 7.5)
    _bars(axes, [row.what for row in spent], _values(spent), "{:.3g}")
    axes.set_xlabel("CPU ns a consumer and day")
    axes.set_title(f"A day by phase, {spent[0].setting.world} consumers, all shopping, one thread")
    return figure


def offers(rows: Sequence[Row]) -> Figure | None:
    """The lane kernel as the same readers spread over more offers."""
    found = _of(rows, "offers", "ns/pair")
    if not found:
        return None
    counts = [int(row.what.split()[2].replace(",", "")) for row in found]
    figure, (axes,) = panels(1, 3.0, 5.0)
    axes.semilogx(counts, _values(found), "o-", color=MAIN)
    axes.set_ylim(0.0, 1.15 * max(_values(found)))
    axes.set_xticks(counts)
    axes.xaxis.set_major_formatter(EngFormatter(sep="", places=0))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("offers")
    axes.set_ylabel("CPU ns a pair")
    axes.set_title("The lane kernel as offers grow, the same readers")
    return figure


FIGURES: dict[str, Callable[[Sequence[Row]], Figure | None]] = {
    "growth": growth,
    "shares": shares,
    "phases": phases,
    "offers": offers,
}
