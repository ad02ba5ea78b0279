"""A comparison as one page that needs no network: effects with intervals, and how the worlds part day by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context
from matplotlib.ticker import FuncFormatter

from abm.provenance import sha256_of, sources_sha256, versions
from abm.show.compared import HEADLINES, LEGEND, cells, rows_of, sentences
from abm.show.plots import COLOURS, FEW, STYLE, WEEK, calendar, panels
from abm.show.report import LOOK, embedded, tabular
from abm.study.compare import CONFIDENCE

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from abm.study.compare import Comparison

FOREST = (
    "Effects in per cent of A with 95% intervals, those that leave nought out in blue; an arrow "
    "leads beyond the edge. What is nought in A has no per cent."
)
PATHS = (
    "B less A, day by day, as means of a week in a long run: the mean over seeds and its 95% interval. The red line "
    "stands where the worlds part."
)
DAILY = ("orders", "landed_price_usd", "surplus", "parcel_duty_usd", "bulk_duty_usd", "delivery_days", "sent_post",
         "sent_overseas", "profit_seller_usd")  # fmt: skip
"""Measures drawn by day, those that differ; others that differ take the places of those that do not."""
FARTHEST = 20.0
"""Per cent beyond which an effect is not drawn to scale, unless most are."""


def page(found: Comparison) -> str:
    """The comparison as HTML."""
    name = escape(f"{found.b.title}, against {found.a.title}")
    heads = ("measure", "unit", "A", "B", "B - A", "95% interval", "", "of A", "seeds saved")
    measured = rows_of(found)
    rows = [cells(one, effect) for one, effect in measured.items()]
    docs = [found.units[one][1] for one in measured]
    told = "\n".join(f"<p>{escape(one)}</p>" for one in sentences(found))
    figures = [("Effects", forest(found), FOREST), ("Day by day", paths(found), PATHS)]
    drawn = "\n".join(embedded(figure, heading, caption) for heading, figure, caption in figures if figure)
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{name}</title>
<style>{LOOK}</style></head>
<body>
<h1>{name}</h1>
{tabular(("", ""), (("A", found.a.title), ("B", found.b.title)))}
{told}
{drawn}
<h2>All measures</h2>
<p class="aside">{escape(LEGEND)}</p>
{tabular(heads, rows, numbers=(2, 3, 4, 5, 7, 8), under=docs)}
<h2>What it was made with</h2>
{_made(found)}
</body>
</html>
"""


def _made(found: Comparison) -> str:
    rows = [("versions", ", ".join(f"{name} {number}" for name, number in versions().items()))]
    rows += [(f"scenario {name}, SHA-256", sha256_of(one.resolved())) for name, one in (("A", found.a), ("B", found.b))]
    return tabular(("", ""), [*rows, ("sources, SHA-256", sources_sha256(found.a, found.b))])


def forest(found: Comparison) -> Figure | None:
    """Effects in per cent with their intervals, group by group; nothing when nothing differs."""
    effects = {name: effect for name, effect in rows_of(found).items() if _moves(effect)}
    groups = [[name for name in names if name in effects] for names in HEADLINES.values()]
    names = [name for members in groups for name in members]
    if not names:
        return None
    edge = _edge([effects[name] for name in names])
    with rc_context(STYLE):
        figure, (axes,) = panels(1, 0.9 + 0.23 * (len(names) + len(groups)), 8.4)
        place, ticks = 0.0, []
        for members in filter(None, groups):
            for name in members:
                _interval(axes, place, effects[name], edge)
                ticks.append(place)
                place += 1.0
            place += 0.6
        axes.set_yticks(ticks, names)
        axes.set_ylim(place - 0.9, -0.7)
        axes.set_xlim(-1.04 * edge, 1.04 * edge)
        axes.axvline(0.0, color="#222", linewidth=0.8)
        axes.grid(visible=True, axis="x", alpha=0.3)
        axes.grid(visible=False, axis="y")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+.3g}%" if value else "0"))
        axes.set_xlabel("B less A, in per cent of A")
    return figure


def _moves(effect: Mapping[str, Any]) -> bool:
    return bool(np.isfinite(effect["per_cent"]) and effect["difference"])


def _per_cent(effect: Mapping[str, Any]) -> tuple[float, float, float]:
    """The difference and its interval in per cent of A."""
    scale = 100.0 / abs(effect["mean_a"])
    return scale * effect["difference"], scale * effect["low"], scale * effect["high"]


def _edge(effects: Sequence[Mapping[str, Any]]) -> float:
    """The per cent at which the figure ends: what most intervals stay within, so that one does not flatten all."""
    reach = np.nanmax(np.abs([_per_cent(effect) for effect in effects]), axis=1)
    return min(float(reach.max()), max(FARTHEST, 1.5 * float(np.quantile(reach, 0.8))))


def _interval(axes: Axes, place: float, effect: Mapping[str, Any], edge: float) -> None:
    middle, low, high = _per_cent(effect)
    colour = COLOURS[0] if effect["sure"] else COLOURS[6]
    ends = np.clip((low, high), -edge, edge)
    if low == low and ends[0] < ends[1]:
        axes.plot(ends, [place, place], color=colour, linewidth=2.2, alpha=0.55)
    marker = "o" if abs(middle) <= edge else ">" if middle > 0 else "<"
    axes.plot([np.clip(middle, -edge, edge)], [place], color=colour, marker=marker, markersize=4.5, clip_on=False)
    axes.annotate(f"{middle:+,.1f}%", (1.0, place), (6, 0), xycoords=("axes fraction", "data"), va="center",
                  textcoords="offset points", fontsize=8, color=colour)  # fmt: skip


def paths(found: Comparison) -> Figure | None:
    """How far the worlds are apart on each day; nothing when nothing differs."""
    one, other = found.paired_days
    apart = other - one
    names = shown_by_day(found)
    if not names:
        return None
    rows = -(-len(names) // 3)
    with rc_context(STYLE):
        figure, _ = panels(0, 2.2 * rows + 0.2)
        for place, name in enumerate(names):
            _path(figure.add_subplot(rows, 3, place + 1), found, name, apart[name].unstack("seed"))
    return figure


def shown_by_day(found: Comparison) -> list[str]:
    """Up to nine measures that differ: the usual ones, then other headlines, the surest first."""
    effects = found.effects
    differ = effects[(effects["difference"] != 0.0) & effects["difference"].notna()]
    usual = [name for name in DAILY if name in differ.index]
    others = [name for names in HEADLINES.values() for name in names if name in differ.index and name not in usual]
    strength = (differ["difference"].abs() / (differ["high"] - differ["low"]).where(lambda wide: wide > 0)).fillna(0.0)
    return (usual + sorted(others, key=lambda name: -float(strength[name])))[: len(DAILY)]


def _path(axes: Axes, found: Comparison, name: str, apart: pd.DataFrame) -> None:
    from scipy.stats import t

    long = len(apart) >= FEW
    rows = apart.rolling(WEEK, min_periods=1).mean() if long else apart
    dates = np.datetime64(found.b.start) + rows.index.to_numpy().astype("timedelta64[D]")
    mean, pairs = rows.mean(axis=1), rows.count(axis=1)
    reach = t.ppf((1.0 + CONFIDENCE) / 2.0, np.maximum(pairs - 1, 1)) * np.sqrt(rows.var(axis=1, ddof=1) / pairs)
    if found.seeds > 1:
        axes.fill_between(dates, mean - reach, mean + reach, color=COLOURS[0], alpha=0.22, linewidth=0)
    look = {"linewidth": 1.5} if long else {"linewidth": 1.1, "marker": "o", "markersize": 2.5}
    axes.plot(dates, mean, color=COLOURS[0], **look)
    axes.axhline(0.0, color="#222", linewidth=0.8)
    if found.parted is not None:
        axes.axvline(
            found.parted,  # type: ignore[arg-type] # a date, as along the axis
            color=COLOURS[3],
            linewidth=1.0,
            linestyle="--",
        )
    axes.set_title(name)
    axes.set_ylabel(found.units[name][0])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    calendar(axes, dates[0], dates[-1], not long)
