"""Which values of parameters make moments meet their targets, how well, and which parameters the moments identify."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from abm.columns import F8
from abm.files import put
from abm.scenario.reading.errors import Problem, ScenarioError, meant, said
from abm.study.asks.moments import Moment, moments
from abm.study.asks.parameters import Asked, Complain, Runs, folder_of
from abm.study.asks.parameters import read as read_study
from abm.study.asks.schema import Calibration
from abm.study.asks.trials import explore, place_of
from abm.study.sweep import drive, engines

FIT, PARAMETERS = "fit.csv", "parameters.csv"
UNIFORM = 12.0**-0.5
"""Standard deviation of a parameter of which only its range is known, in ranges."""
NOUGHT = 1e-9
"""Part of the largest singular value below which one counts as nought."""


class NothingFoundError(RuntimeError):
    """In no trial all moments had a value."""


@dataclass(frozen=True)
class Fit:
    """The best point: its loss, each moment beside its target, and how far each parameter is identified."""

    asked: Asked[Calibration]
    folder: Path
    loss: float
    fit: pd.DataFrame
    parameters: pd.DataFrame
    singular: F8
    """Singular values of the scaled Jacobian, one for each parameter, descending; nought where nothing is known."""
    outcome: drive.Outcome


def read(path: str | os.PathLike[str], *, user_code: bool = True) -> Asked[Calibration]:
    """Read the file of a calibration.

    Raises:
        ScenarioError: everything that is wrong; nothing was lived.
    """
    return read_study(path, Calibration, _measures, user_code=user_code)


def wanted(says: Calibration) -> list[Moment]:
    """The moments of a calibration: targeted ones of the facts unless named, and those of its own."""
    known = usable()
    names = says.moments
    if names is None:
        names = [] if says.own else [name for name, one in known.items() if one.role == "targeted"]
    own = [
        Moment(name, "own", "", "", one.target - one.scale, one.target + one.scale, {one.measure: 1.0}, one.weight)
        for name, one in says.own.items()
    ]
    return [known[name] for name in names if name in known] + own


def usable() -> dict[str, Moment]:
    """Moments of the facts that daily measures can tell."""
    return {name: one for name, one in moments().items() if one.of}


def _measures(says: Calibration, complain: Complain) -> Sequence[str]:
    known = usable()
    for name in says.moments or ():
        if name not in known:
            near = meant(name, known)
            hint = f"; did you mean {said(near)}?" if near else ""
            complain("moments", name, f"one of {', '.join(map(said, known))}{hint}")
    if not wanted(says):
        complain("moments", says.moments, "at least one moment, or one of own")
    return [measure for one in wanted(says) for measure in one.of]


def calibrate(
    asked: Asked[Calibration],
    out: str | os.PathLike[str] | None = None,
    engine: engines.Engine | None = None,
    progress: drive.Progress | None = None,
    failure: drive.Failure | None = None,
) -> Fit:
    """Try points, keep the best, and take the slopes of the moments there.

    Raises:
        NothingFoundError: no trial has all moments.
        RunsFailedError, FolderError, OSError: see `Runs.at`.
    """
    says, sought = asked.says, wanted(asked.says)
    folder = folder_of(asked.file, "calibrate", out)
    runs = Runs(asked, folder, tuple(dict.fromkeys(_measures(says, _ignored))), engine, progress, failure)

    def losses(_: Any, places: Sequence[Sequence[float]]) -> list[list[float]]:
        off = _off(runs, sought, places)
        return [[float(row @ row)] for row in off]

    study = explore(asked, ["minimize"], says.trials, losses)
    done = [trial for trial in study.trials if trial.values]
    if not done:
        raise NothingFoundError("in no trial all moments have a value: live more days or consumers")
    best = place_of(asked, study.best_trial)
    off = _off(runs, sought, [best])[0]
    slopes = _slopes(runs, sought, best, says.step)
    errors, singular = identified(slopes)
    fit = _fit(sought, off)
    parameters = _parameters(asked, best, errors)
    put(folder / FIT, partial(fit.to_csv, index=False))
    put(folder / PARAMETERS, partial(parameters.to_csv, index=False))
    return Fit(asked, folder, float(off @ off), fit, parameters, singular, runs.outcome)


def _ignored(key: str, given: object, admissible: str) -> None:
    raise ScenarioError([Problem("study", key, said(given), admissible)])


def _off(runs: Runs, sought: Sequence[Moment], places: Sequence[Sequence[float]]) -> F8:
    """How far each moment is off, in scales times the root of its weight: float64[place, moment]."""
    found = runs.at([runs.asked.point(place) for place in places]).mean(axis=1)
    measured = {name: found[:, column] for column, name in enumerate(runs.measures)}
    columns = []
    for one in sought:
        value = np.sum([factor * measured[name] for name, factor in one.of.items()], axis=0)
        columns.append((value - one.target) / one.scale * one.weight**0.5)
    return np.stack(columns, axis=1)


def _slopes(runs: Runs, sought: Sequence[Moment], best: Sequence[float], step: float) -> F8:
    """Central differences of scaled moments, cut short at ends of ranges: float64[moment, parameter]."""
    places, wide = [], []
    for axis in range(len(best)):
        ends = [max(best[axis] - step, 0.0), min(best[axis] + step, 1.0)]
        places += [[*best[:axis], end, *best[axis + 1 :]] for end in ends]
        wide.append(ends[1] - ends[0])
    off = _off(runs, sought, places)
    return np.asarray(((off[1::2] - off[::2]) / np.array(wide)[:, None]).T)


def identified(slopes: F8) -> tuple[F8, F8]:
    """Standard errors of parameters if each moment is uncertain by its scale, and the singular values behind them.

    Args:
        slopes: of scaled moments by parameters in ranges, float64[moment, parameter].

    Returns:
        Errors in ranges, without end where a direction in which nothing changes has a part of the parameter; singular
        values, descending, one for each parameter.
    """
    size = slopes.shape[1]
    if not np.isfinite(slopes).all():
        return np.full(size, np.inf), np.full(size, np.nan)
    _, found, directions = np.linalg.svd(slopes, full_matrices=True)
    singular = np.zeros(size)
    singular[: len(found)] = found[:size]
    known = singular > NOUGHT * max(float(singular[0]), NOUGHT)
    errors = np.sqrt((directions[known] ** 2 / singular[known, None] ** 2).sum(axis=0))
    unknown = (directions[~known] ** 2).sum(axis=0) > NOUGHT
    return np.where(unknown, np.inf, errors), singular


def _fit(sought: Sequence[Moment], off: F8) -> pd.DataFrame:
    rows = [
        {
            "moment": one.name, "target": one.target, "found": one.target + apart * one.scale / one.weight**0.5,
            "off_scales": apart / one.weight**0.5, "weight": one.weight, "inside": abs(apart) <= one.weight**0.5,
            "published": one.published, "status": one.status,
        }
        for one, apart in zip(sought, off.tolist(), strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _parameters(asked: Asked[Calibration], best: Sequence[float], errors: F8) -> pd.DataFrame:
    point = asked.point(best)
    rows = [
        {"parameter": key, "value": point[key], "from": span.low, "to": span.high, "place": place, "error": error,
         "identified": bool(error < UNIFORM)}
        for (key, span), place, error in zip(asked.space.items(), best, errors.tolist(), strict=True)
    ]  # fmt: skip
    return pd.DataFrame(rows)
