"""What questions of many runs came to, as tables of plain text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from abm.show.compared import number

if TYPE_CHECKING:
    from abm.study.asks.calibration import Fit
    from abm.study.asks.optimisation import Best
    from abm.study.asks.sensitivity import Effects
    from abm.study.asks.stress import Found

ROWS = 15
"""The worst that are printed; all are in the folder."""


END = 0.02
"""Part of a range that counts as its end."""
STATES = {"complete": "lived on all seeds", "pruned": "given up early", "fail": "without a value"}


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows below heads, the first column to the left and the others to the right."""
    wide = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = []
    for row in (heads, *rows):
        cells = [cell.rjust(width) for cell, width in zip(row[1:], wide[1:], strict=True)]
        lines.append("  ".join([row[0].ljust(wide[0]), *cells]).rstrip())
    return "\n".join(lines)


def stressed(found: Found) -> str:
    """The league of failures, and the cheapest buffer against each of the worst."""
    from abm.study.asks.buffers import Buffer

    ask = found.asked
    league: Any = found.league.head(ROWS)
    said = [
        f"{ask.scenario.title}: {len(found.league)} {ask.each} fail in turn from day {ask.day} for {ask.lasts} days.",
        f"Lost against the undisturbed market within {ask.horizon} days, USD of sales, the same luck in all:",
        "",
        columns(
            ["", "kind", "outside its chains", "in them", "in all", "of sales"],
            [
                [row.fails, row.kind, number(row.lost_outside_usd), number(row.lost_own_usd), number(row.lost_usd),
                 f"{row.of_sales:.1%}"]
                for row in league.itertuples()
            ],
        ),
    ]  # fmt: skip
    for name, tried in found.buffers.groupby("fails", sort=False):
        best: Any = tried[tried["cheapest"]]
        for row in best.itertuples():
            buffer = Buffer(row.buffer, row.level)
            said.append(f"\n{name}: {buffer} remove {row.removed:.0%}, for {number(row.cost_usd_a_year)} USD a year")
        if best.empty:
            most = tried["removed"].max()
            said.append(f"\n{name}: no buffer that was tried removes four fifths of the loss; the best {most:.0%}")
    return "\n".join(said)


def moved(found: Effects) -> str:
    """What moves each measure, the greatest effect first."""
    from abm.study.asks.sensitivity import FEW

    says = found.asked.says
    morris = says.method == "morris"
    said = [f"{found.asked.title}: {len(found.asked.space)} parameters over their ranges."]
    if morris:
        heads = ["", "effect", "+-", "of mean", "sign", "spread"]
        names = ["effect", "plus_minus", "of_mean", "sign", "spread"]
        said.append("Effect: how far a measure moves over the whole range of a parameter, the mean of its sizes.")
    else:
        heads = ["", "total", "+-", "alone", "+-"]
        names = ["effect", "plus_minus", "alone", "alone_plus_minus"]
        said.append("Total and alone: parts of the variance of a measure, with interactions and without.")
        if says.samples < FEW:
            said.append(f"{says.samples} samples are few: with less than {FEW}, parts of variance are rough.")
    for measure, table in found.table.groupby("measure", sort=False):
        rows = [[str(row["parameter"]), *(number(row[name]) for name in names)] for row in table.to_dict("records")]
        said += ["", columns([str(measure), *heads[1:]], rows)]
        if table["effect"].isna().all():
            said.append("nothing is known of it: in some run no day has a value")
    return "\n".join(said)


def fitted(found: Fit) -> str:
    """The best point: moments beside their targets, parameters with their errors, and what is not identified."""
    rows: Any = found.fit.to_dict("records")
    parameters: Any = found.parameters.to_dict("records")
    told = [
        [row["moment"], number(row["target"]), number(row["found"]), number(row["off_scales"], "+"),
         number(row["weight"]), "yes" if row["inside"] else "no"]
        for row in rows
    ]  # fmt: skip
    values = [
        [row["parameter"], number(row["value"]), f"{number(row['from'])} to {number(row['to'])}",
         "none" if row["error"] == float("inf") else number(row["error"]), "yes" if row["identified"] else "no"]
        for row in parameters
    ]  # fmt: skip
    said = [
        f"{found.asked.title}: the best of {found.asked.says.trials} trials, loss {number(found.loss)}.",
        "",
        columns(["moment", "target", "found", "off, in scales", "weight", "inside"], told),
        "",
        columns(["parameter", "value", "range", "error, in ranges", "identified"], values),
        "",
        f"Singular values of the scaled slopes: {', '.join(number(value) for value in found.singular)}.",
    ]
    if loose := [row["parameter"] for row in parameters if not row["identified"]]:
        said.append(f"Not identified: {', '.join(loose)}. Other values of them fit about as well as these.")
    ends = [row["parameter"] for row in parameters if min(row["place"], 1.0 - row["place"]) < END]
    if ends:
        said.append(f"At an end of its range, where the best may lie beyond: {', '.join(ends)}.")
    return "\n".join(said)


def best(found: Best) -> str:
    """The best trial, or all that none other beats in every objective."""
    from abm.study.asks.optimisation import objectives_of

    objectives, trials = objectives_of(found.asked.says), found.trials
    rows: Any = found.best.to_dict("records")
    names = [*objectives, *found.asked.space]
    states = trials["state"].value_counts()
    counts = ", ".join(f"{states[state]} {word}" for state, word in STATES.items() if state in states)
    said = [f"{found.asked.title}: {len(trials)} trials, {counts}; the same seeds for all.", ""]
    if not rows:
        return "\n".join([*said, "No trial has a value: the objective has none on any day."])
    table = [[str(row["trial"]), *(number(row[name]) for name in names)] for row in rows]
    said.append(columns(["trial", *names], table))
    if len(objectives) > 1:
        said += ["", "None of these is beaten by another trial in every objective."]
    return "\n".join(said)
