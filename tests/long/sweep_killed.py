"""Show that a sweep loses nothing and doubles nothing: 2,000 short runs, whose workers and driver are killed ten times.

`python tests/long/sweep_killed.py` begins a sweep on two workers, kills one of them and then the driver by `kill -9` at
moments drawn by chance, repeats the same command, and so ten times; then it lets the sweep end, compares it with one
that nobody disturbed, and writes `tests/long/sweep_killed.md`. With `--slurm` the workers are jobs on the two nodes of
a Slurm that it begins on this machine, one of which is killed by `scancel`, and it writes
`tests/long/sweep_killed_slurm.md`. It takes some minutes and is not part of the check.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
from pyarrow import parquet

from abm.study.sweep import parts
from abm.study.sweep.drive import Outcome, sweep
from abm.study.sweep.plan import read

ROOT = Path(__file__).resolve().parents[2]
SLURM = ROOT / "tests" / "slurm"
WORKERS = 2
PAUSE = 0.05
"""Seconds between two looks at the folder."""
DELAY = 2.0
"""Most seconds between a look that finds enough runs and the kill, so that it falls anywhere in a batch."""
SWEEP = f"""
scenario = "{ROOT / "scenarios" / "tiny.toml"}"
seeds = {{seeds}}
measures = ["orders", "gmv_usd"]
keep = "summary"
[vary]
days = [2]
warmup = [0]
consumers = [50]
"demand.propensity" = [-2.5, 1.0, 4.0, 6.0]
[cluster]
interface = "lo"
memory = "1GB"
walltime = "00:02:00"
"""


@dataclass
class Kept:
    """How many rows lie in the folder of a sweep, each file read once: a row is a run, some perhaps lived twice."""

    folder: Path
    rows: dict[str, int] = field(default_factory=dict)

    def count(self) -> int:
        for path in parts.files(self.folder):
            if path.name not in self.rows:
                self.rows[path.name] = parquet.read_metadata(path).num_rows
        return sum(self.rows.values())


@dataclass(frozen=True)
class Killed:
    """One process that was killed: who, how long after its command began, and how many runs were there."""

    who: str
    seconds: float
    runs: int


Driver = subprocess.Popen[bytes]


@dataclass(frozen=True)
class Place:
    """Where workers live: how the command says it, what they are called, which a driver has, how one is killed."""

    words: tuple[str, ...]
    worker: str
    killed_by: str
    living: Callable[[Driver], list[Any]]
    kill: Callable[[Any], object]
    table: Path


def processes(driver: Driver) -> list[psutil.Process]:
    """The workers of a driver on this machine."""
    return [one for one in psutil.Process(driver.pid).children() if "--multiprocessing-fork" in one.cmdline()]


def jobs(driver: Driver) -> list[str]:
    """The jobs of a driver that Slurm has begun; those of earlier drivers may still be there."""
    said = subprocess.run(["squeue", "-h", "-t", "R", "-o", "%A %V"], capture_output=True, text=True, check=True).stdout
    began = psutil.Process(driver.pid).create_time()
    each = [line.split() for line in said.splitlines()]
    return [job for job, asked in each if datetime.fromisoformat(asked).timestamp() >= began]


def cancel(job: str) -> None:
    subprocess.run(["scancel", "--signal=KILL", job], check=True)


SHARED = ("--workers", str(WORKERS))
TABLE = Path(__file__).with_suffix(".md")
ON_NODES = TABLE.with_stem("sweep_killed_slurm")
HERE = Place(SHARED, "worker", "`kill -9`", processes, psutil.Process.kill, TABLE)
NODES = Place(("--engine", "slurm", *SHARED), "job", "`scancel --signal=KILL`", jobs, cancel, ON_NODES)


@contextmanager
def nodes(folder: Path) -> Iterator[None]:
    """A Slurm of two nodes on this machine, of which all commands from here on speak."""
    before = os.environ.get("SLURM_CONF")
    subprocess.run([SLURM / "up.sh", folder], check=True)
    os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
    try:
        yield
    finally:
        os.environ.pop("SLURM_CONF")
        if before is not None:
            os.environ["SLURM_CONF"] = before
        subprocess.run([SLURM / "down.sh", folder], check=True)


def begun(place: Place, file: Path, out: Path) -> Driver:
    words = ("sweep", file, "--out", out, *place.words, "--quiet")
    command = [sys.executable, "-m", "abm.cli", *map(str, words)]
    return subprocess.Popen(command, cwd=file.parent, stderr=subprocess.DEVNULL)


def killed(
    place: Place, file: Path, out: Path, moments: list[tuple[int, float]], chance: random.Random
) -> Iterator[Killed]:
    """Begin the sweep and kill a worker and then the driver, each when so many runs are there and a while later."""
    kept, driver, began = Kept(out), begun(place, file, out), time.monotonic()
    for who, (runs, delay) in zip((f"a {place.worker}", "the driver"), moments, strict=True):
        while driver.poll() is None and (kept.count() < runs or (who != "the driver" and not place.living(driver))):
            time.sleep(PAUSE)
        time.sleep(delay)
        if driver.poll() is not None:
            return
        there = place.living(driver)
        if who == "the driver":
            driver.kill()
            driver.wait()
        elif there:
            place.kill(chance.choice(there))
        else:
            continue
        yield Killed(who, time.monotonic() - began, len(parts.known(out).done))


def drawn(runs: int, times: int, chance: random.Random) -> list[list[tuple[int, float]]]:
    """For each time, after how many runs a worker and the driver are killed, and how long after that."""
    after = sorted(chance.sample(range(1, int(0.95 * runs)), 2 * times))
    moments = [(runs_there, chance.uniform(0.0, DELAY)) for runs_there in after]
    return [moments[k : k + 2] for k in range(0, len(moments), 2)]


def verdicts(file: Path, out: Path, undisturbed: Path) -> Iterator[tuple[str, str]]:
    """What was found in the end; raises where it is not as it must be."""
    keys = sorted(task.key for task in read(file).tasks)
    found = parts.read(out)["key"].to_pylist()
    yield "files, all of which can be read", f"{len(parts.files(out)):,}"
    assert sorted(set(found)) == keys
    yield "runs there, of those asked", f"{len(set(found)):,} of {len(keys):,}"
    yield "of them lived twice, since they were killed before they were told", f"{len(found) - len(keys):,}"
    assert not parts.known(out).failed
    yield "runs that failed", "0"
    assert sweep(file, out) == Outcome(out, skipped=len(keys))
    yield "runs that the same command lives once more", "0"
    assert parts.compact(out) == parts.compact(undisturbed) == len(keys)
    assert sorted(parquet.read_table(out / parts.WHOLE)["key"].to_pylist()) == keys
    yield "runs in the compacted table, each once", f"{len(keys):,}"
    one, other = ((folder / parts.WHOLE).read_bytes() for folder in (out, undisturbed))
    assert one == other
    yield "bytes of it that differ from those of the undisturbed sweep", f"0 of {len(other):,}"


def page(place: Place, command: str, rounds: list[list[Killed]], found: list[tuple[str, str]]) -> str:
    killings = [
        f"| {number} | {one.who} | {one.seconds:.1f} | {one.runs:,} |"
        for number, each in enumerate(rounds, 1)
        for one in each
    ]
    lines = (
        "# A sweep that is killed",
        "",
        f"Printed by `{command}`.",
        f"Each time the same command was begun on {WORKERS} {place.worker}s, one of which was killed",
        f"by {place.killed_by}, and then the command itself by `kill -9`.",
        "What it left was not waited for before it was begun again.",
        "",
        "| time | killed | seconds after its beginning | runs there |",
        "|---|---|---|---|",
        *killings,
        "",
        "Then the command was left alone until it ended.",
        "",
        "| in the end | |",
        "|---|---|",
        *(f"| {what} | {number} |" for what, number in found),
    )
    return "\n".join(lines) + "\n"


def shown(
    place: Place, folder: Path, seeds: int, times: int, seed: int
) -> tuple[list[list[Killed]], list[tuple[str, str]]]:
    file, out, undisturbed = folder / "sweep.toml", folder / "killed", folder / "undisturbed"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(SWEEP.format(seeds=seeds), encoding="utf-8")
    chance, rounds = random.Random(seed), []
    for moments in drawn(len(read(file).tasks), times, chance):
        rounds.append(list(killed(place, file, out, moments, chance)))
        print(rounds[-1], flush=True)
    for where, kept in ((place, out), (HERE, undisturbed)):
        if code := begun(where, file, kept).wait():
            raise SystemExit(f"the sweep ended with {code}")
    return rounds, list(verdicts(file, out, undisturbed))


def main() -> None:
    wish = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    wish.add_argument("--seeds", type=int, default=500, help="of each of four worlds")
    wish.add_argument("--times", type=int, default=10)
    wish.add_argument("--seed", type=int, default=1, help="of the moments")
    wish.add_argument("--slurm", action="store_true", help="on jobs of a Slurm that is begun here")
    wish.add_argument("--folder", type=Path, help="where both sweeps are kept; an undisturbed one in it goes on")
    asked = wish.parse_args()
    os.nice(10)
    place = NODES if asked.slurm else HERE
    with tempfile.TemporaryDirectory() as scratch, nodes(Path(scratch) / "slurm") if asked.slurm else nullcontext():
        rounds, found = shown(place, asked.folder or Path(scratch), asked.seeds, asked.times, asked.seed)
    command = f"python tests/long/sweep_killed.py --seeds {asked.seeds} --times {asked.times} --seed {asked.seed}"
    command += " --slurm" if asked.slurm else ""
    place.table.write_text(page(place, command, rounds, found), encoding="utf-8")


if __name__ == "__main__":
    main()
