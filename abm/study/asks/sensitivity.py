"""Which parameters move which measures: Morris's elementary effects, or Sobol's parts of variance, with intervals."""

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
from abm.study.asks.parameters import Asked, Complain, Runs, folder_of
from abm.study.asks.parameters import read as read_study
from abm.study.asks.schema import Sensitivity
from abm.study.sweep import drive, engines

CONFIDENCE = 0.95
TABLE = "sensitivity.csv"
FEW = 512
"""Samples below which Sobol's parts of variance are hardly worth printing."""

MORRIS = {"effect": "mu_star", "plus_minus": "mu_star_conf", "sign": "mu", "spread": "sigma"}
SOBOL = {"effect": "ST", "plus_minus": "ST_conf", "alone": "S1", "alone_plus_minus": "S1_conf"}
"""Our columns, by the names that SALib has for them."""


@dataclass(frozen=True)
class Effects:
    """What each parameter does to each measure, a row for each pair."""

    asked: Asked[Sensitivity]
    folder: Path
    table: pd.DataFrame
    outcome: drive.Outcome


def read(path: str | os.PathLike[str], *, user_code: bool = True) -> Asked[Sensitivity]:
    """Read the file of a study of sensitivity.

    Raises:
        ScenarioError: everything that is wrong; nothing was lived.
    """
    return read_study(path, Sensitivity, _measures, user_code=user_code)


def _measures(says: Sensitivity, complain: Complain) -> Sequence[str]:
    if says.method == "sobol" and says.samples & (says.samples - 1):
        complain("samples", says.samples, "a power of two, with method = sobol")
    return says.measures


def sensitivity(
    asked: Asked[Sensitivity],
    out: str | os.PathLike[str] | None = None,
    engine: engines.Engine | None = None,
    progress: drive.Progress | None = None,
    failure: drive.Failure | None = None,
) -> Effects:
    """Live the runs of the design that are not there yet, and tell what moves what.

    Raises:
        RunsFailedError, FolderError, OSError: see `Runs.at`.
    """
    says = asked.says
    folder = folder_of(asked.file, "sensitivity", out)
    runs = Runs(asked, folder, tuple(dict.fromkeys(says.measures)), engine, progress, failure)
    problem = {"num_vars": len(asked.space), "names": list(asked.space), "bounds": [[0.0, 1.0]] * len(asked.space)}
    places = design(says, problem)
    found = runs.at([asked.point(row) for row in places]).mean(axis=1)
    tables = [effects(says, problem, places, found[:, one], name) for one, name in enumerate(runs.measures)]
    table = pd.concat(tables, ignore_index=True)
    put(folder / TABLE, partial(table.to_csv, index=False))
    return Effects(asked, folder, table, runs.outcome)


def design(says: Sensitivity, problem: dict[str, Any]) -> F8:
    """Places in the unit cube: (p + 1) runs for each of N trajectories (Morris), or (p + 2) N (Saltelli)."""
    from SALib.sample import morris, sobol

    if says.method == "morris":
        found = morris.sample(problem, says.samples, num_levels=says.levels, seed=says.seed)
    else:
        found = sobol.sample(problem, says.samples, calc_second_order=False, seed=says.seed)
    return np.asarray(found, np.float64)


def effects(says: Sensitivity, problem: dict[str, Any], places: F8, found: F8, measure: str) -> pd.DataFrame:
    """A row per parameter, the greatest effect first.

    Args:
        places: in the unit cube, float64[run, parameter].
        found: the measure, float64[run].

    Returns:
        Of Morris, ``effect`` is the mean size of an elementary effect over the whole range (mu*), in units of the
        measure, and ``sign`` its mean with sign (mu), ``spread`` the standard deviation (sigma). Of Sobol, ``effect``
        is the total part of variance and ``alone`` the first-order part. ``plus_minus`` is half of the bootstrap
        interval of ``effect``. Nothing is known of a measure that has no value in some run.
    """
    names = problem["names"]
    columns = (
        "effect",
        "plus_minus",
        *(("sign", "spread") if says.method == "morris" else ("alone", "alone_plus_minus")),
    )
    if not np.isfinite(found).all():
        values = {name: np.full(len(names), np.nan) for name in columns}
    elif np.ptp(found) == 0.0:
        values = {name: np.zeros(len(names)) for name in columns}
    else:
        values = _analysed(says, problem, places, found)
    table = pd.DataFrame({"measure": measure, "parameter": names, **values})
    table["of_mean"] = table["effect"] / abs(found.mean()) if says.method == "morris" and found.mean() else np.nan
    return table.sort_values(["effect", "parameter"], ascending=[False, True], ignore_index=True)


def _analysed(says: Sensitivity, problem: dict[str, Any], places: F8, found: F8) -> dict[str, Any]:
    from SALib.analyze import morris, sobol

    more: dict[str, Any] = {"conf_level": CONFIDENCE, "num_resamples": says.resamples, "seed": says.seed}
    if says.method == "morris":
        told = morris.analyze(problem, places, found, num_levels=says.levels, **more)
    else:
        told = sobol.analyze(problem, found, calc_second_order=False, **more)
    return {ours: told[theirs] for ours, theirs in (MORRIS if says.method == "morris" else SOBOL).items()}
