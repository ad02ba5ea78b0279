"""The commands for many runs: live the runs of a sweep's file, and merge what they left into one table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from abm.answering import BAD_INPUT, FAILED, answering, say

if TYPE_CHECKING:
    from abm.study.sweep.drive import Outcome, Share
    from abm.study.sweep.engines import Engine
    from abm.study.sweep.plan import Sweep
    from abm.study.sweep.schema import Cluster

ARRAY = "array"


def sweep(
    file: Annotated[Path, typer.Argument(metavar="SWEEP.toml", help="What is varied, and under which seeds.")],
    engine: Annotated[
        str, typer.Option(help="local: workers of this machine; slurm: jobs of a cluster; array: a job array.")
    ] = "local",
    address: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="The scheduler of a Dask cluster that runs already.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes or jobs; one for each core unless said; 1 needs no Dask.")
    ] = None,
    task: Annotated[int | None, typer.Option("--array-task", min=1, metavar="K", help="Live the K-th part.")] = None,
    tasks: Annotated[int | None, typer.Option("--array-tasks", min=1, metavar="N", help="Of so many parts.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the file, count the runs, live none.")] = False,
    out: Annotated[Path | None, typer.Option(help="Where to keep the runs; runs/NAME-sweep unless said.")] = None,
    no_user_code: Annotated[bool, typer.Option("--no-user-code", help="Refuse rules written as module:Class.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
) -> None:
    """Live one scenario many times, with some of its keys varied; what is finished is skipped when repeated."""
    with answering():
        from abm.show.progress import Bar
        from abm.study.sweep.drive import folder_of
        from abm.study.sweep.drive import sweep as live
        from abm.study.sweep.plan import read
        from abm.study.sweep.trunks import shared

        share = _share(task, tasks)
        user_code = not no_user_code
        asked = read(file, user_code=user_code)
        if dry_run:
            typer.echo(f"{asked.title}: {asked.points} worlds under {len(asked.plan.each_seed())} seeds,")
            typer.echo(f"{len(asked.tasks)} runs, to be kept in {folder_of(file, out)}; none was lived")
            common = [task.trunk for task in shared(asked) if task.trunk is not None]
            if common:
                typer.echo(f"{len(common)} of them live what they have in common once for each of {len(set(common))}")
            return
        if engine == ARRAY and share is None and address is None:
            typer.echo(_array(asked, file, folder_of(file, out), workers, user_code))
            return
        chosen = None if share else engine_of(engine, address, workers, asked.plan.cluster, (ARRAY,))
        with Bar(quiet) as bar:
            outcome = live(
                asked, folder_of(file, out), engine=chosen, share=share, progress=bar.run,
                failure=lambda status: say(str(status)),
            )  # fmt: skip
        if not quiet:
            typer.echo(told(outcome))
        if outcome.failed:
            runs = "run" if len(outcome.failed) == 1 else "runs"
            say(f"{len(outcome.failed)} {runs} failed; repeat the command to try again")
            raise typer.Exit(FAILED)


def compact(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a sweep.")],
) -> None:
    """Merge the files of a sweep into one, runs.parquet, sorted by key: the same bytes for the same runs."""
    with answering():
        from abm.study.sweep.parts import compact as merge

        typer.echo(f"{merge(folder)} runs in {folder / 'runs.parquet'}")


def _share(task: int | None, tasks: int | None) -> Share | None:
    from abm.study.sweep.drive import Share

    if task is None and tasks is None:
        return None
    if task is None or tasks is None or task > tasks:
        say(f"given --array-task {task} --array-tasks {tasks}; admissible: both, K from 1 to N")
        raise typer.Exit(BAD_INPUT)
    return Share(task, tasks)


def _array(asked: Sweep, file: Path, folder: Path, jobs: int | None, user_code: bool) -> str:
    """Begin a job array for the runs that are not there yet, and say so; nobody waits for it."""
    from abm.study.sweep import array, drive, live
    from kernels.threads import cores

    waiting = drive.waiting_of(asked, asked.tasks, folder)
    if not waiting:
        return told(drive.Outcome(folder, skipped=len(asked.tasks)))
    live.warm_up(waiting[0])
    jobs = min(jobs or cores(), len(asked.tasks))
    number = array.begun(file, folder, asked.plan.cluster, jobs, user_code)
    return f"job array {number} lives {len(waiting)} runs in {jobs} parts; kept in {folder}; the same command goes on"


def engine_of(
    name: str, address: str | None, workers: int | None, cluster: Cluster, more: tuple[str, ...] = ()
) -> Engine:
    """Who lives the runs, as the options of a command say it; the command knows ``more`` names."""
    from abm.study.sweep import engines
    from kernels.threads import cores

    if name not in engines.NAMES:
        say(f"given --engine {name}; admissible: {', '.join((*engines.NAMES, *more))}")
        raise typer.Exit(BAD_INPUT)
    if address is not None:
        return engines.at(address)
    if name == "slurm":
        return engines.slurm(cluster, workers or cores())
    return engines.here if workers == 1 else engines.local(workers or cores())


def told(outcome: Outcome) -> str:
    """How many runs were lived, and where they are."""
    lived = outcome.lived - len(outcome.failed)
    before = f", {outcome.skipped} were there before" if outcome.skipped else ""
    return f"{lived} runs lived{before}; kept in {outcome.folder}"
