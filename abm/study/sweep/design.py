"""Which values each run of a sweep sets: a grid, a sample that fills the space evenly, or runs that are written out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np
from pydantic import ValidationError

from abm.scenario.reading.errors import MISSING
from abm.study.sweep.schema import Design, Plan, Span

Point = dict[str, Any]
"""What one run sets, by dotted key."""
Complain = Callable[[str, object, str], None]
"""Note an error: the key, what was given, what is admissible."""
BARE = re.compile(r"[A-Za-z0-9_.\"-]+")
VALUES = "a list of values, or a range as in { from = 0.1, to = 0.9 }, with log = true if in logarithms"
STEPS = "a range with steps, as in { from = 0.1, to = 0.9, steps = 5 }: a grid needs to know how many"


def points(plan: Plan, complain: Complain) -> list[Point]:
    """The points of the design; none when something was wrong."""
    faults = 0

    def note(key: str, given: object, admissible: str) -> None:
        nonlocal faults
        faults += 1
        complain(key, given, admissible)

    found = _points(plan, note)
    return [] if faults else found


def _points(plan: Plan, complain: Complain) -> list[Point]:
    design = plan.design
    axes = dict(axes_of(plan.vary, complain))
    for name, needed in (("samples", design.kind in ("latin_hypercube", "sobol")), ("runs", design.kind == "runs")):
        given = getattr(design, name)
        if (given is not None) != needed:
            words = Design.model_fields[name].description or ""
            wanted = f"with kind = {design.kind}: {words if needed else 'nothing'}"
            complain(f"design.{name}", MISSING if given is None else given, wanted)
            return []
    if design.kind == "runs":
        return _written(design, plan, complain)
    if design.kind == "grid":
        columns = _columns(axes, complain)
        return [dict(zip(columns, one, strict=True)) for one in product(*columns.values())]
    if not axes:
        complain("vary", MISSING, f"at least one key, with kind = {design.kind}")
        return []
    if design.kind == "sobol" and design.samples and design.samples & (design.samples - 1):
        complain("design.samples", design.samples, "a power of two, with kind = sobol")
        return []
    return [
        {key: at(axis, float(place)) for (key, axis), place in zip(axes.items(), row, strict=True)}
        for row in _sample(design, len(axes))
    ]


def _written(design: Design, plan: Plan, complain: Complain) -> list[Point]:
    if plan.vary:
        complain("vary", plan.vary, "nothing, with kind = runs")
    if not design.runs:
        complain("design.runs", design.runs, "at least one run")
    runs = [dict(flat(one)) for one in design.runs or []]
    if any("seed" in one for one in runs):
        complain("design.runs", "seed", "any other key: seeds stand in seeds")
    return list({repr(sorted(one.items(), key=lambda item: item[0])): one for one in runs}.values())


def flat(tables: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys with what they hold, down to what is no table, or a range."""
    for key, inner in tables.items():
        part = key if BARE.fullmatch(key) else f'"{key}"'
        if isinstance(inner, Mapping) and not {"from", "to"} & inner.keys():
            yield from flat(inner, f"{above}{part}.")
        else:
            yield f"{above}{part}", inner


def axes_of(vary: Mapping[str, Any], complain: Complain) -> Iterator[tuple[str, list[Any] | Span]]:
    for key, given in flat(vary):
        try:
            axis = Span.model_validate(given) if isinstance(given, Mapping) else given
        except ValidationError:
            axis = None
        if key == "seed":
            complain("vary.seed", given, "any other key: seeds stand in seeds")
        elif isinstance(axis, Span) and (axis.low >= axis.high or (axis.log and axis.low <= 0)):
            complain(f"vary.{key}", given, "a range that rises, above nought if in logarithms")
        elif isinstance(axis, Span) or (isinstance(axis, list) and axis):
            yield key, axis
        else:
            complain(f"vary.{key}", given, "at least one value" if given == [] else VALUES)


def _columns(axes: Mapping[str, list[Any] | Span], complain: Complain) -> dict[str, list[Any]]:
    """The values of each axis of a grid."""
    columns = {}
    for key, axis in axes.items():
        if isinstance(axis, Span) and axis.steps is None:
            complain(f"vary.{key}", axis.model_dump(by_alias=True, exclude_defaults=True), STEPS)
            continue
        places = np.linspace(0.0, 1.0, axis.steps or 0) if isinstance(axis, Span) else ()
        values = [at(axis, float(place)) for place in places] if isinstance(axis, Span) else axis
        columns[key] = list({repr(value): value for value in values}.values())
    return columns


def _sample(design: Design, axes: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Places in the unit cube, shape (samples, axes)."""
    from scipy.stats import qmc

    kind = qmc.Sobol if design.kind == "sobol" else qmc.LatinHypercube
    found: np.ndarray[Any, np.dtype[np.float64]] = kind(axes, rng=np.random.default_rng(design.seed)).random(
        design.samples
    )
    return found


def at(axis: list[Any] | Span, place: float) -> Any:
    """The value at a place from 0 to 1 of an axis."""
    if not isinstance(axis, Span):
        return axis[min(int(place * len(axis)), len(axis) - 1)]
    if axis.log:
        value = min(max(axis.low * (axis.high / axis.low) ** place, axis.low), axis.high)
    else:
        value = axis.low * (1.0 - place) + axis.high * place
    return round(value) if isinstance(axis.low, int) and isinstance(axis.high, int) else float(value)
