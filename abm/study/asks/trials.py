"""Trials that learn from those before: Optuna asks for places of the unit cube, and is told what runs there came to.

The sampler is seeded and places are asked for in batches of a fixed size, so that the same study asks for the same
places again: repeated, it finds its runs in the store and goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from abm.study.asks.parameters import Asked

BATCH = 8
"""Trials that are asked for before any of them is told."""
FIRST = 10
"""Trials at random places before the sampler learns."""
Answers = Callable[[Sequence[Any], Sequence[Sequence[float]]], Sequence[Sequence[float] | None]]


def study_of(directions: Sequence[str], seed: int) -> Any:
    """An empty study in memory."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=FIRST, n_warmup_steps=0)
    several = len(directions) > 1
    sampler = (
        optuna.samplers.NSGAIISampler(population_size=BATCH, seed=seed)
        if several
        else optuna.samplers.TPESampler(n_startup_trials=FIRST, seed=seed)
    )
    return optuna.create_study(directions=list(directions), sampler=sampler, pruner=pruner)


def explore(asked: Asked[Any], directions: Sequence[str], trials: int, answers: Answers) -> Any:
    """Ask for so many trials, batch by batch; ``answers`` gives the values of each, or None of one that was pruned."""
    from optuna.trial import TrialState

    study = study_of(directions, asked.says.seed)
    while len(study.trials) < trials:
        batch = [study.ask() for _ in range(min(BATCH, trials - len(study.trials)))]
        places = [[trial.suggest_float(key, 0.0, 1.0) for key in asked.space] for trial in batch]
        for trial, values in zip(batch, answers(batch, places), strict=True):
            if values is None:
                study.tell(trial, state=TrialState.PRUNED)
            elif any(value != value for value in values):
                study.tell(trial, state=TrialState.FAIL)
            else:
                study.tell(trial, list(values))
    return study


def place_of(asked: Asked[Any], trial: Any) -> list[float]:
    """Where a trial was."""
    return [float(trial.params[key]) for key in asked.space]
