"""The report of a run: one page with its summary, its figures and what it was made with, which needs no network."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from io import BytesIO
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from abm.show.gallery import PLOTS, drawn, saved
from abm.show.summary import summary
from abm.study.figures import standings
from abm.study.store import REPORT, put_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from abm.study.run import Run

LOOK = """
body { font: 15px/1.45 system-ui, sans-serif; color: #222; background: #fff;
  max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .3rem; }
table { border-collapse: collapse; margin: .6rem 0; }
td, th { padding: .2rem .9rem .2rem 0; text-align: left; vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr + tr td { border-top: 1px solid #e5e5e5; } tr + tr.aside td { border-top: 0; padding: 0 0 .4rem 1rem; }
img { max-width: 100%; height: auto; } figure { margin: 0; }
figcaption, .aside { color: #555; font-size: .9rem; } code { font-size: .85rem; overflow-wrap: anywhere; }
.bar { display: inline-block; height: .7rem; background: #0072B2; vertical-align: baseline; }
"""
NAMED = 8
"""Unverified rows that are named for each table."""


def write_report(run: Run) -> Path:
    """Write the report of a run into its folder and return where it is."""
    path = run.folder / REPORT
    put_text(path, page(run))
    return path


def page(run: Run) -> str:
    """The report as HTML."""
    title = escape(run.scenario.title)
    lines = [(line.what, line.value, line.more) for line in summary(run)]
    figures = "\n".join(embedded(drawn(plot, run), plot.heading, plot.caption) for plot in PLOTS)
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>{LOOK}</style></head>
<body>
<h1>{title}</h1>
<p class="aside">A run of Entrepot {escape(run.manifest["versions"]["entrepot"])}. Thin lines are days, thick ones the
mean of seven.</p>
{tabular(("", "", ""), lines, numbers=(1,))}
{figures}
<h2>Measures</h2>
<p class="aside">Each column of <code>daily.parquet</code>: mean, least and greatest over the days.</p>
{_measures(run)}
<h2>Figures of the facts that nobody has verified</h2>
{_standing(run)}
<h2>What it took</h2>
{_phases(run)}
{_made(run)}
</body>
</html>
"""


def embedded(figure: Figure, heading: str, caption: str) -> str:
    """A figure within a page, under its heading."""
    buffer = BytesIO()
    saved(figure, buffer)
    image = base64.b64encode(buffer.getvalue()).decode()
    return (
        f'<h2>{escape(heading)}</h2>\n<figure><img alt="{escape(caption)}" '
        f'src="data:image/svg+xml;base64,{image}"><figcaption>{escape(caption)}</figcaption></figure>'
    )


def tabular(
    heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = (), under: Iterable[str] = ()
) -> str:
    """Rows as a table of a page; some columns hold numbers, and a sentence may stand under each row."""

    def cells(tag: str, row: Sequence[str]) -> str:
        kinds = [' class="number"' if place in numbers else "" for place in range(len(row))]
        return "".join(f"<{tag}{kind}>{escape(text)}</{tag}>" for kind, text in zip(kinds, row, strict=True))

    head = f"<tr>{cells('th', heads)}</tr>\n" if any(heads) else ""
    lines = [f"<tr>{cells('td', row)}</tr>" for row in rows]
    said = [f'<tr class="aside"><td colspan="{len(heads)}">{escape(text)}</td></tr>' for text in under]
    told = [part for pair in zip_longest(lines, said, fillvalue="") for part in pair if part]
    return "<table>\n" + head + "\n".join(told) + "\n</table>"


def _number(value: float) -> str:
    if value != value:
        return "none"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:,.4g}"


def _measures(run: Run) -> str:
    rows = []
    for name, (unit, doc) in run.units.items():
        if name in ("day", "date"):
            continue
        values = run.daily[name]
        numbers = (_number(float(one)) for one in (values.mean(), values.min(), values.max()))
        rows.append((name, *numbers, unit, doc))
    return tabular(("measure", "mean", "least", "greatest", "unit", ""), rows, numbers=(1, 2, 3))


def _standing(run: Run) -> str:
    rows = []
    for one in standings(run.scenario):
        names = ", ".join(one.doubtful[:NAMED]) + (", ..." if len(one.doubtful) > NAMED else "")
        rows.append((one.table, f"{one.rows:,}", f"{one.unverified:,}", f"{one.assumed:,}", names))
    return tabular(("table", "rows", "unverified", "assumed", "unverified are"), rows, numbers=(1, 2, 3))


def _phases(run: Run) -> str:
    seconds = run.manifest["phase_seconds"]
    longest = max([*seconds.values(), 1e-9])
    rows = "\n".join(
        f'<tr><td>{escape(name)}</td><td class="number">{taken:.2f} s</td>'
        f'<td><span class="bar" style="width:{16 * taken / longest:.2f}rem"></span></td></tr>'
        for name, taken in seconds.items()
    )
    return f"<table>\n{rows}\n</table>"


def _made(run: Run) -> str:
    manifest = run.manifest
    rows = [
        ("wall time", f"{manifest['wall_seconds']} s on {manifest['threads']} threads"),
        ("peak memory", f"{manifest['peak_memory_mib']} MiB"),
        ("processor", ", ".join(manifest["processor"].values())),
        ("versions", ", ".join(f"{name} {number}" for name, number in manifest["versions"].items())),
        ("scenario, SHA-256", manifest["scenario_sha256"]),
        ("sources, SHA-256", manifest["sources_sha256"]),
    ]
    return tabular(("", ""), rows)
