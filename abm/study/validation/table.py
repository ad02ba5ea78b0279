"""What was expected and what is found, case by case: run, judged, and set in a table for readers or for programs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.study.validation.cases import Case
from abm.study.validation.family import Estimate, Found

F8 = NDArray[np.float64]
HOLDS, FAILS, SHOWN = "holds", "fails", "shown"
ERRORS = 3.0
"""Standard errors within which an estimate must lie."""
LISTED = 8
"""Numbers of a list that are printed before it is cut short."""
HEADS = ("family", "case", "source", "quantity", "expected", "found", "tolerance", "verdict", "seconds")


@dataclass(frozen=True)
class Row:
    """One quantity of a case: `found` is None where the case could not be worked out, `why` says what is amiss."""

    quantity: str
    found: F8 | None
    error: F8 | None = None
    expected: F8 | None = None
    band: tuple[float, float] | None = None
    verdict: str = SHOWN
    why: str = ""


@dataclass(frozen=True)
class Result:
    """A case with all that was found for it, and how long that took."""

    case: Case
    rows: tuple[Row, ...]
    seconds: float

    @property
    def verdict(self) -> str:
        """Fails where any quantity does, holds where any was expected, else shown."""
        verdicts = {row.verdict for row in self.rows}
        return next((one for one in (FAILS, HOLDS) if one in verdicts), SHOWN)


def run(cases: Sequence[Case], workers: int = 1, told: Callable[[int, int], None] | None = None) -> list[Result]:
    """Find and judge every case, in order; several workers are processes of their own."""
    results = []
    if workers > 1 and len(cases) > 1:
        with get_context("spawn").Pool(workers, _alone) as pool:
            for result in pool.imap(judged, cases):
                results.append(result)
                if told:
                    told(len(results), len(cases))
        return results
    for case in cases:
        results.append(judged(case))
        if told:
            told(len(results), len(cases))
    return results


def _alone() -> None:
    """A worker has one thread: there are as many workers as cores."""
    from kernels.threads import use

    use(1)


def judged(case: Case) -> Result:
    """Find what a case asks for, and hold it against what is expected."""
    began = time.perf_counter()
    try:
        found = case.inputs.find()
    except Exception as error:  # noqa: BLE001 -- one case that fails leaves the others to be judged
        wrong = Row("", None, verdict=FAILS, why=f"{type(error).__name__}: {error}")
        return Result(case, (wrong,), time.perf_counter() - began)
    seconds = time.perf_counter() - began
    band = {key or _only(found, case): pair for key, pair in case.band.items()}
    asked = list(dict.fromkeys([*case.expected, *band]))
    rows = [measured(name, found, case.expected.get(name), band.get(name), case.tolerance) for name in asked]
    rows += [measured(name, found, None, None, case.tolerance) for name in found if name not in asked]
    return Result(case, tuple(rows), seconds)


def _only(found: Mapping[str, Found], case: Case) -> str:
    """The quantity that a band without a name is for: the one expected, or the one found."""
    names = case.expected or found
    return next(iter(names)) if len(names) == 1 else "band"


def measured(
    name: str,
    found: Mapping[str, Found],
    expected: F8 | None,
    band: tuple[float, float] | None,
    tolerance: float,
) -> Row:
    """Judge one quantity: in its band, within three standard errors, or as near as the tolerance says."""
    if name not in found:
        return Row(name, None, None, expected, band, FAILS, f"no such quantity; there are {', '.join(found)}")
    value = found[name]
    mean = np.asarray(value.mean if isinstance(value, Estimate) else value, np.float64)
    error = np.asarray(value.error, np.float64) if isinstance(value, Estimate) else None
    why = ""
    if not np.isfinite(mean).all():
        why = "not a finite number"
    elif expected is not None and np.squeeze(mean).shape != np.squeeze(expected).shape:
        why = f"{np.squeeze(mean).shape} numbers found, {np.squeeze(expected).shape} expected"
    elif band is not None and not ((mean >= band[0]) & (mean <= band[1])).all():
        why = "outside its band"
    elif expected is not None and band is None and not near(mean, error, expected, tolerance):
        why = "too far from what is expected"
    asked = expected is not None or band is not None
    verdict = (FAILS if why else HOLDS) if asked else SHOWN
    return Row(name, mean, error, expected, band, verdict, why if asked else "")


def near(mean: F8, error: F8 | None, expected: F8, tolerance: float) -> bool:
    """Whether all entries are near enough: three standard errors, or the tolerance, relative except around 0."""
    gap = np.abs(np.squeeze(mean) - np.squeeze(expected))
    if error is not None:
        return bool((gap <= ERRORS * np.squeeze(error)).all())
    size = np.abs(np.squeeze(expected))
    return bool((gap <= tolerance * np.where(size > 0.0, size, 1.0)).all())


def as_dicts(results: Sequence[Result]) -> list[dict[str, Any]]:
    """The results for programs: one entry per case, all that was found in it."""
    return [
        {
            "family": result.case.family,
            "case": result.case.name,
            "source": result.case.source,
            "kind": result.case.kind,
            "expected": {row.quantity: row.expected.tolist() for row in result.rows if row.expected is not None},
            "band": {row.quantity: list(row.band) for row in result.rows if row.band is not None},
            "found": {row.quantity: row.found.tolist() for row in result.rows if row.found is not None},
            "error": {row.quantity: row.error.tolist() for row in result.rows if row.error is not None},
            "tolerance": result.case.tolerance,
            "verdict": result.verdict,
            "why": {row.quantity: row.why for row in result.rows if row.why},
            "seconds": round(result.seconds, 3),
        }
        for result in results
    ]


def as_markdown(results: Sequence[Result], timed: bool = True) -> str:
    """The results as a table of Markdown, a line per quantity that was asked for, or per quantity where none was."""
    heads = HEADS if timed else HEADS[:-1]
    lines = [heads, *(line[: len(heads)] for result in results for line in _lines(result))]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)] if timed else [0] * len(heads)
    rows = [lines[0], tuple("-" * max(width, 3) for width in widths), *lines[1:]]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    )


def _lines(result: Result) -> list[tuple[str, ...]]:
    case = result.case
    asked = [row for row in result.rows if row.verdict != SHOWN] or list(result.rows)
    lines = []
    for number, row in enumerate(asked):
        begins = (case.family, case.name, case.source) if number == 0 else ("", "", "")
        verdict = f"{row.verdict}: {row.why}" if row.why else row.verdict
        seconds = f"{result.seconds:.2f}" if number == 0 else ""
        cells = (*begins, row.quantity, _wanted(row), _shown(row, case.tolerance), _within(row, case.tolerance))
        lines.append(tuple(cell.replace("|", "\\|") for cell in (*cells, verdict, seconds)))
    return lines


def _wanted(row: Row) -> str:
    if row.band is not None:
        between = f"{row.band[0]:.10g} to {row.band[1]:.10g}"
        return between if row.expected is None else f"{_numbers(row.expected)} ({between})"
    return "" if row.expected is None else _numbers(row.expected)


def _shown(row: Row, tolerance: float) -> str:
    """What was found; rounding errors about an expected 0 are not spelled out."""
    if row.found is None:
        return ""
    if row.expected is not None and not row.expected.any() and row.verdict == HOLDS and row.error is None:
        return _numbers(np.where(np.abs(row.found) <= tolerance, 0.0, row.found))
    if row.error is not None:
        return f"{_numbers(row.found, 5)} ± {_numbers(row.error, 2)}"
    return _numbers(row.found, 4 if row.band is not None else 10)


def _within(row: Row, tolerance: float) -> str:
    if row.band is not None:
        return "in the band"
    if row.expected is None:
        return ""
    return f"{ERRORS:g} standard errors" if row.error is not None else f"{tolerance:g}"


def _numbers(value: F8, digits: int = 10) -> str:
    flat = np.atleast_1d(value).ravel()
    text = " ".join(f"{number:.{digits}g}" for number in flat[:LISTED].tolist())
    return text if flat.size <= LISTED else f"{text} ... ({flat.size} numbers)"
