"""What a script of an experiment does: live it, print its table, keep what it showed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from abm.show.progress import Bar
from abm.study import experiments
from abm.study.experiments import Experiment, Result

QUICK = {"seeds": 2, "consumers": 300, "workers": 0}
FEW = {"warmup": 0, "days": 14}
"""Of the days of an experiment, those that show that it lives."""


def main(experiment: Experiment, words: Sequence[str] | None = None) -> Result:
    """Live an experiment as the words of a command line say; with ``--out`` keep what it showed in a file."""
    parser = argparse.ArgumentParser(description=experiment.title)
    parser.add_argument("--quick", action="store_true", help="a small world, two seeds, few days")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--consumers", type=int, default=20_000)
    parser.add_argument("--workers", type=int, default=1, help="processes; 0 is this one")
    parser.add_argument("--out", type=Path, help=f"a file for the result, such as docs/results/{experiment.name}.json")
    given = parser.parse_args(words)
    size = QUICK if given.quick else {name: getattr(given, name) for name in QUICK}
    if given.quick:
        experiment = replace(experiment, since=0, settings={**experiment.settings, **FEW})
    with Bar() as bar:
        found = experiments.live(experiment, **size, progress=bar.day)
    sys.stdout.write(experiments.table(found) + "\n")
    if given.out:
        experiments.put(found, given.out)
    return found
