"""Which policy of a seller or a platform is best: trials on the same seeds, for one objective or for several."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from abm.files import put
from abm.study.asks.parameters import Asked, Complain, Runs, folder_of
from abm.study.asks.parameters import read as read_study
from abm.study.asks.schema import Optimisation
from abm.study.asks.trials import explore, place_of
from abm.study.sweep import drive, engines

TRIALS = "trials.csv"


@dataclass(frozen=True)
class Best:
    """All trials, and which of them are best: one, or all that none other beats in every objective."""

    asked: Asked[Optimisation]
    folder: Path
    trials: pd.DataFrame
    outcome: drive.Outcome

    @property
    def best(self) -> pd.DataFrame:
        """The best trials."""
        return self.trials[self.trials["best"]]


def read(path: str | os.PathLike[str], *, user_code: bool = True) -> Asked[Optimisation]:
    """Read the file of an optimisation.

    Raises:
        ScenarioError: everything that is wrong; nothing was lived.
    """
    return read_study(path, Optimisation, _measures, user_code=user_code)


def _measures(says: Optimisation, complain: Complain) -> Sequence[str]:
    objectives = objectives_of(says)
    if not objectives:
        complain("maximise", says.maximise, "at least one measure here or in minimise")
    for name in sorted({*says.maximise} & {*says.minimise}):
        complain("minimise", name, "a measure that is not in maximise")
    return list(objectives)


def objectives_of(says: Optimisation) -> dict[str, str]:
    """Measures with the direction that Optuna has a word for."""
    return dict.fromkeys(says.maximise, "maximize") | dict.fromkeys(says.minimise, "minimize")


def optimise(
    asked: Asked[Optimisation],
    out: str | os.PathLike[str] | None = None,
    engine: engines.Engine | None = None,
    progress: drive.Progress | None = None,
    failure: drive.Failure | None = None,
) -> Best:
    """Try policies. With one objective, one that does worse on its first seeds than most is not lived on others.

    Raises:
        RunsFailedError, FolderError, OSError: see `Runs.at`.
    """
    says, objectives = asked.says, objectives_of(asked.says)
    folder = folder_of(asked.file, "optimise", out)
    runs = Runs(asked, folder, tuple(objectives), engine, progress, failure)
    pruning = says.prune and len(objectives) == 1

    def answers(batch: Sequence[Any], places: Sequence[Sequence[float]]) -> list[list[float] | None]:
        points = [asked.point(place) for place in places]
        if not pruning:
            return [list(map(float, row)) for row in runs.at(points).mean(axis=1)]
        found: list[list[float]] = [[] for _ in batch]
        going = list(range(len(batch)))
        for step, seed in enumerate(runs.seeds):
            values = runs.at([points[row] for row in going], [seed])[:, 0, 0]
            for row, value in zip(going, values.tolist(), strict=True):
                found[row].append(value)
                batch[row].report(float(np.mean(found[row])), step)
            if step + 1 < len(runs.seeds):
                going = [row for row in going if not batch[row].should_prune()]
            if not going:
                break
        return [[float(np.mean(values))] if row in going else None for row, values in enumerate(found)]

    study = explore(asked, list(objectives.values()), says.trials, answers)
    table = _table(asked, study, list(objectives))
    put(folder / TRIALS, partial(table.to_csv, index=False))
    return Best(asked, folder, table, runs.outcome)


def _table(asked: Asked[Optimisation], study: Any, names: list[str]) -> pd.DataFrame:
    done = any(trial.values for trial in study.trials)
    best = {trial.number for trial in study.best_trials} if done else set()
    rows = []
    for trial in study.trials:
        complete = trial.state.name == "COMPLETE"
        values = trial.values if complete else [np.nan] * len(names)
        rows.append({
            "trial": trial.number, "state": trial.state.name.lower(), "best": trial.number in best,
            **dict(zip(names, values, strict=True)), **asked.point(place_of(asked, trial)),
        })  # fmt: skip
    return pd.DataFrame(rows)
