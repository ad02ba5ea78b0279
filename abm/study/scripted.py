"""What a script of an experiment does: live it, print its table, keep what it showed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from abm.show.progress import Bar
from abm.study import experiments
from abm.study.experiments import FEW, SMALL, Experiment, Result

QUICK = {"seeds": 2, "consumers": SMALL, "workers": 0}


def main(experiment: Experiment, words: Sequence[str] | None = None) -> Result:
    """Live an experiment as the words of a command line say; with ``--out`` keep what it showed in a file."""
    parser = argparse.ArgumentParser(description=experiment.title)
    parser.add_argument("--quick", action="store_true", help="a small world, two seeds, few days")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--consumers", type=int, default=experiment.consumers)
    parser.add_argument("--large", type=int, default=0, help="consumers of a world that is lived once more; 0 for none")
    parser.add_argument("--workers", type=int, default=1, help="processes; 0 is this one")
    parser.add_argument("--out", type=Path, help=f"a file for the result, such as docs/results/{experiment.name}.json")
    parser.add_argument("--resume", action="store_true", help="live only what the file lacks of the present code")
    given = parser.parse_args(words)
    size = QUICK if given.quick else {name: getattr(given, name) for name in QUICK}
    if given.quick:
        experiment = replace(experiment, since=0, settings={**experiment.settings, **FEW})
    kept = experiments.get(given.out) if given.resume and given.out and given.out.exists() else None
    trace = experiments.trace(experiment) if given.out and not given.quick else ""
    same = kept and kept.trace == trace and kept.seeds >= size["seeds"]
    with Bar() as bar:
        found = kept if kept and same else replace(experiments.live(experiment, **size, progress=bar.day), trace=trace)
        if given.out and found is not kept:
            experiments.put(found, given.out)
        if given.large and found.large != given.large:
            found = experiments.confirm(experiment, found, given.large, bar.day)
            if given.out:
                experiments.put(found, given.out)
    sys.stdout.write(experiments.table(found) + "\n")
    return found
