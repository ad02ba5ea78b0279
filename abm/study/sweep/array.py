"""The runs of a sweep as a job array of Slurm, for sites where no process may outlive its jobs."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from abm.study.sweep import engines
from abm.study.sweep.schema import Cluster


def script(command: str, asked: Cluster) -> str:
    """A job that asks of Slurm what a worker asks, and lives a part of the runs."""
    from dask_jobqueue.slurm import SLURMJob

    return f"#!/bin/sh\n{SLURMJob(None, 'part', **engines.job_options(asked)).job_header}\nexec {command}\n"


def begun(file: Path, folder: Path, asked: Cluster, jobs: int, user_code: bool = True) -> str:
    """Hand so many jobs to Slurm, which live the runs of a sweep's file in equal parts; return the array's number.

    Raises:
        EngineError: what is not installed, or why Slurm does not take them.
    """
    engines.need_slurm()
    words = [sys.executable, "-m", "abm.cli", "sweep", str(file), "--out", str(folder), "--quiet"]
    words += [] if user_code else ["--no-user-code"]
    command = f'{shlex.join(words)} --array-task "$SLURM_ARRAY_TASK_ID" --array-tasks {jobs}'
    answer = subprocess.run(
        ["sbatch", "--parsable", f"--array=1-{jobs}"],
        input=script(command, asked), capture_output=True, text=True, check=False,
    )  # fmt: skip
    engines.taken(answer)
    return answer.stdout.strip().partition(";")[0]
