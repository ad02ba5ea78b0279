"""Who lives the runs of a sweep: this process, workers of this machine, those of a cluster, or jobs of Slurm.

An engine takes runs and yields how each of them ended, in any order. It hands them out in small batches; a batch ends
early when it is time to write, and what was not reached is handed out again.
"""

from __future__ import annotations

import math
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from itertools import islice
from typing import Any

from abm.study.sweep.live import Status, warm_up
from abm.study.sweep.plan import Task
from abm.study.sweep.schema import Cluster

Live = Callable[[Sequence[Task]], list[Status]]
Engine = Callable[[Live, Sequence[Task]], Iterator[Status]]
NAMES = ("local", "slurm")
BATCH = 16
"""Most runs of a batch."""
AHEAD = 2
"""Batches handed out for each worker, so that none waits for the next."""
DIED = "KilledWorker: one worker after another died of it"
PATIENCE = 10.0
"""Seconds after which a scheduler that does not answer is not there."""
FREE = ":0"
"""Any port that is free: two sweeps on one machine shall not meet at the usual one."""
UNWATCHED = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
}
"""Dask does not look every 10 ms what its workers do, which takes a tenth of their time, nor every 20 ms whether it is
late and twice a second what the machine does, which takes a thirtieth of two processors."""
LIFETIME, STAGGER = 0.85, 0.05
"""The part of its time limit after which a worker of Slurm hands over and is replaced, and by how much that differs."""


class EngineError(ValueError):
    """The engine cannot begin: something is not installed, or does not answer. Finished runs are kept."""


def here(live: Live, tasks: Sequence[Task]) -> Iterator[Status]:
    """Live the runs in this process, one after another."""
    waiting = deque(tasks)
    while waiting:
        ended = live(list(islice(waiting, BATCH)))
        for _ in ended:
            waiting.popleft()
        yield from ended


def local(workers: int) -> Engine:
    """Workers of this machine, each a new process of one thread."""

    def engine(live: Live, tasks: Sequence[Task]) -> Iterator[Status]:
        _needs("distributed")
        from dask import config
        from distributed import Client, LocalCluster

        with ExitStack() as stack:
            stack.enter_context(config.set(UNWATCHED))
            cluster = stack.enter_context(
                LocalCluster(
                    n_workers=min(workers, len(tasks)), threads_per_worker=1, processes=True, memory_limit=0,
                    host="127.0.0.1", dashboard_address=FREE, silence_logs="CRITICAL", preload="abm.model",
                )
            )  # fmt: skip
            yield from shared_out(stack.enter_context(Client(cluster)), live, tasks)

    return engine


def at(address: str) -> Engine:
    """The workers of a Dask cluster that somebody else has started; they need this code and the same folders."""

    def engine(live: Live, tasks: Sequence[Task]) -> Iterator[Status]:
        _needs("distributed")
        from distributed import Client

        try:
            client = Client(address, timeout=PATIENCE)
        except (OSError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            raise EngineError(f"no scheduler answers at {address}: {reason}; finished runs are kept") from None
        with client:
            yield from shared_out(client, live, tasks)

    return engine


def slurm(asked: Cluster, workers: int) -> Engine:
    """Jobs of Slurm with a worker each; one that ends while there is work is replaced by the next."""

    def engine(live: Live, tasks: Sequence[Task]) -> Iterator[Status]:
        need_slurm()
        from distributed import Client

        with ExitStack() as stack:
            try:
                cluster = stack.enter_context(slurm_cluster(asked))
            except RuntimeError as error:  # no such interface
                raise EngineError(f"{error}; mend [cluster]; finished runs are kept") from None
            # dask-jobqueue would try again and again, and say nothing
            test = ["sbatch", "--test-only"]
            taken(subprocess.run(test, input=cluster.job_script(), capture_output=True, text=True, check=False))
            jobs = min(workers, len(tasks))
            cluster.adapt(minimum=jobs, maximum=jobs)
            yield from shared_out(stack.enter_context(Client(cluster)), live, tasks)

    return engine


def slurm_cluster(asked: Cluster) -> Any:
    """A scheduler in this process, whose workers will be jobs of Slurm."""
    from dask_jobqueue import SLURMCluster

    return SLURMCluster(scheduler_options={"dashboard_address": FREE}, **job_options(asked))


def job_options(asked: Cluster) -> dict[str, Any]:
    """What dask-jobqueue is told of a job.

    Slurm alone watches over memory: Dask would pause a worker that comes near its limit, and its runs would never end.
    """
    limit = seconds_of(asked.walltime)
    lifetime, stagger = (f"{int(part * limit)}s" for part in (LIFETIME, STAGGER))
    return {
        "cores": 1,
        "processes": 1,
        "job_name": "entrepot",
        "memory": asked.memory,
        "walltime": asked.walltime,
        "queue": asked.queue,
        "account": asked.account,
        "interface": asked.interface,
        "job_extra_directives": list(asked.directives),
        "job_script_prologue": [
            f"export DASK_{key.replace('.', '__').replace('-', '_').upper()}={value}"
            for key, value in UNWATCHED.items()
        ],
        "worker_extra_args": ["--memory-limit", "0", "--lifetime", lifetime, "--lifetime-stagger", stagger],
    }


def need_slurm() -> None:
    """Find that jobs of Slurm can be begun here."""
    _needs("dask_jobqueue")
    if not shutil.which("sbatch"):
        raise EngineError("this machine has no sbatch: jobs of Slurm are begun where sbatch is")


def taken(answer: subprocess.CompletedProcess[str]) -> None:
    """Find in the answer of sbatch that Slurm takes the job."""
    if answer.returncode:
        told = "; ".join(answer.stderr.splitlines())
        raise EngineError(f"Slurm takes no such job ({told}); mend [cluster]; finished runs are kept")


def seconds_of(walltime: str) -> int:
    """The seconds of a time as Slurm writes it, with days or without."""
    days, _, clock = walltime.rpartition("-")
    hours, minutes, seconds = map(int, clock.split(":"))
    return ((24 * int(days or 0) + hours) * 60 + minutes) * 60 + seconds


def _needs(package: str) -> None:
    if find_spec(package) is None:
        raise EngineError(f"{package} is not installed: pip install 'entrepot[sweep]', or sweep with --workers 1")


def shared_out(client: Any, live: Live, tasks: Sequence[Task]) -> Iterator[Status]:
    """Hand runs out to the workers of a client, when one of them has the kernels compiled for all.

    Where workers keep dying, runs are tried alone, and then fail.
    """
    from distributed import KilledWorker, as_completed, wait

    wait(client.submit(warm_up, tasks[0], pure=False))

    waiting = deque(tasks)
    given: dict[Any, list[Task]] = {}
    alone: set[str] = set()
    results = as_completed()

    def hand_out() -> None:
        threads = max(1, sum(client.nthreads().values()))
        share = min(BATCH, math.ceil(len(waiting) / (AHEAD * threads)))
        while waiting and len(given) < AHEAD * threads:
            size = 1 if waiting[0].key in alone else share
            batch = [waiting.popleft() for _ in range(min(size, len(waiting)))]
            future = client.submit(live, batch, pure=False)
            given[future] = batch
            results.add(future)

    hand_out()
    for future in results:
        batch = given.pop(future)
        try:
            ended = future.result()
        except KilledWorker:
            ended = [Status(batch[0], DIED, kept=False)] if len(batch) == 1 else []
            alone |= {task.key for task in batch}
        reached = {status.task.key for status in ended}
        waiting.extend(task for task in batch if task.key not in reached)
        hand_out()
        yield from ended
