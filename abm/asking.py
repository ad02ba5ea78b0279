"""The commands for questions that take many runs: each lives what its folder lacks, and tells what it found."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from abm.answering import FAILED, answering, say
from abm.sweeping import engine_of, told

if TYPE_CHECKING:
    from abm.study.sweep.drive import Outcome

Out = Annotated[Path | None, typer.Option(help="Where to keep runs and tables; runs/NAME-COMMAND unless said.")]
EngineName = Annotated[str, typer.Option("--engine", help="local: workers of this machine; slurm: jobs of a cluster.")]
Address = Annotated[
    str | None, typer.Option(metavar="HOST:PORT", help="The scheduler of a Dask cluster that runs already.")
]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes or jobs; one for each core unless said; 1 needs no Dask.")
]
NoUserCode = Annotated[bool, typer.Option("--no-user-code", help="Refuse rules written as module:Class.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]


def stress(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario file, or the name of one.")],
    each: Annotated[str, typer.Option(help="What fails one by one: firms, lanes, countries.")] = "firms",
    day: Annotated[int, typer.Option(help="Reported day on which each failure begins.")] = 0,
    lasts: Annotated[int, typer.Option("--for", metavar="DAYS", help="How long it lasts.")] = 28,
    horizon: Annotated[int, typer.Option(help="Days from its beginning on over which sales are compared.")] = 120,
    lead: Annotated[int, typer.Option(help="Days before it from which buffers stand.")] = 28,
    buffers: Annotated[int, typer.Option(min=0, help="Against how many of the worst firms buffers are tried.")] = 3,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Set one key of the scenario; may be repeated."),
    ] = None,
    engine: EngineName = "local",
    address: Address = None,
    workers: Workers = None,
    out: Out = None,
    no_user_code: NoUserCode = False,
    quiet: Quiet = False,
) -> None:
    """Let each firm, lane or country fail once in a fork of one market, and rank what those outside its chains lose."""
    with answering():
        from abm.scenario.reading.loading import assignments
        from abm.show.asked import stressed
        from abm.study.asks import stress as study
        from abm.study.asks.parameters import folder_of
        from abm.study.sweep.schema import Cluster

        ask = study.asked(
            scenario, each, day, lasts, horizon, lead, assignments(settings or ()), user_code=not no_user_code
        )
        folder, lives = folder_of(scenario, "stress", out), engine_of(engine, address, workers, Cluster())
        _answer(partial(study.stress, ask, folder, buffers, lives), stressed, quiet)


StudyFile = Annotated[Path, typer.Argument(metavar="STUDY.toml", help="A scenario, ranges, and what is asked.")]


def sensitivity(
    file: StudyFile,
    engine: EngineName = "local",
    address: Address = None,
    workers: Workers = None,
    out: Out = None,
    no_user_code: NoUserCode = False,
    quiet: Quiet = False,
) -> None:
    """Tell which parameters move which measures, by Morris's or Sobol's method, with intervals."""
    with answering():
        from abm.show.asked import moved
        from abm.study.asks import sensitivity as study

        asked = study.read(file, user_code=not no_user_code)
        lives = engine_of(engine, address, workers, asked.says.cluster)
        _answer(partial(study.sensitivity, asked, out, lives), moved, quiet)


def calibrate(
    file: StudyFile,
    engine: EngineName = "local",
    address: Address = None,
    workers: Workers = None,
    out: Out = None,
    no_user_code: NoUserCode = False,
    quiet: Quiet = False,
) -> None:
    """Find values of parameters with which moments meet their targets, and tell which are identified."""
    with answering():
        from abm.show.asked import fitted
        from abm.study.asks import calibration as study

        asked = study.read(file, user_code=not no_user_code)
        lives = engine_of(engine, address, workers, asked.says.cluster)
        _answer(partial(study.calibrate, asked, out, lives), fitted, quiet)


def optimise(
    file: StudyFile,
    engine: EngineName = "local",
    address: Address = None,
    workers: Workers = None,
    out: Out = None,
    no_user_code: NoUserCode = False,
    quiet: Quiet = False,
) -> None:
    """Find the policy of a seller or a platform that is best by one measure, or by several."""
    with answering():
        from abm.show.asked import best
        from abm.study.asks import optimisation as study

        asked = study.read(file, user_code=not no_user_code)
        lives = engine_of(engine, address, workers, asked.says.cluster)
        _answer(partial(study.optimise, asked, out, lives), best, quiet)


def _answer(live: Callable[..., Any], show: Callable[[Any], str], quiet: bool) -> None:
    """Live what the folder lacks, telling how far it is and what fails, and print what was found."""
    from abm.show.progress import Bar

    with Bar(quiet) as bar:
        found = live(progress=bar.run, failure=lambda status: say(str(status)))
    _end(show(found), found.outcome, quiet)


def _end(text: str, outcome: Outcome, quiet: bool) -> None:
    """Print what was found and where it is kept; runs that failed end with a code of their own."""
    if not quiet:
        typer.echo(f"{text}\n{told(outcome)}")
    if outcome.failed:
        say(f"{len(outcome.failed)} runs failed; repeat the command to try again")
        raise typer.Exit(FAILED)
