"""Show that a sweep loses nothing and doubles nothing: 2,000 short runs, whose workers and driver are killed ten times.

`python tests/sweep_killed.py` begins a sweep on two workers, kills one of them and then the driver by `kill -9` at
moments drawn by chance, repeats the same command, and so ten times; then it lets the sweep end, compares it with one
that nobody disturbed, and writes `tests/sweep_killed.md`. It takes some minutes and is not part of the check.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from pyarrow import parquet

from abm.study.sweep import parts
from abm.study.sweep.drive import Outcome, sweep
from abm.study.sweep.plan import read

ROOT = Path(__file__).resolve().parent.parent
TABLE = Path(__file__).with_suffix(".md")
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


def begun(file: Path, out: Path) -> subprocess.Popen[bytes]:
    words = ("sweep", file, "--out", out, "--workers", WORKERS, "--quiet")
    command = [sys.executable, "-m", "abm.cli", *map(str, words)]
    return subprocess.Popen(command, cwd=file.parent, stderr=subprocess.DEVNULL)


def living(driver: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The workers of a driver."""
    return [one for one in psutil.Process(driver.pid).children() if "--multiprocessing-fork" in one.cmdline()]


def killed(file: Path, out: Path, moments: list[tuple[int, float]], chance: random.Random) -> Iterator[Killed]:
    """Begin the sweep and kill a worker and then the driver, each when so many runs are there and a while later."""
    kept, driver, began = Kept(out), begun(file, out), time.monotonic()
    for who, (runs, delay) in zip(("a worker", "the driver"), moments, strict=True):
        while driver.poll() is None and (kept.count() < runs or (who == "a worker" and not living(driver))):
            time.sleep(PAUSE)
        time.sleep(delay)
        if driver.poll() is not None:
            return
        there = living(driver)
        if who == "the driver":
            driver.kill()
            driver.wait()
        elif there:
            chance.choice(there).kill()
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


def page(command: str, rounds: list[list[Killed]], found: list[tuple[str, str]]) -> str:
    killings = [
        f"| {number} | {one.who} | {one.seconds:.1f} | {one.runs:,} |"
        for number, each in enumerate(rounds, 1)
        for one in each
    ]
    lines = (
        "# A sweep that is killed",
        "",
        f"Printed by `{command}`. Each time the same command was begun on {WORKERS} workers, and both were killed by",
        "`kill -9`: one of its workers, and then itself. What it left was not waited for before it was begun again.",
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


def shown(folder: Path, seeds: int, times: int, seed: int) -> tuple[list[list[Killed]], list[tuple[str, str]]]:
    file, out, undisturbed = folder / "sweep.toml", folder / "killed", folder / "undisturbed"
    file.write_text(SWEEP.format(seeds=seeds), encoding="utf-8")
    chance, rounds = random.Random(seed), []
    for moments in drawn(len(read(file).tasks), times, chance):
        rounds.append(list(killed(file, out, moments, chance)))
        print(rounds[-1], flush=True)
    for place in (out, undisturbed):
        if code := begun(file, place).wait():
            raise SystemExit(f"the sweep ended with {code}")
    return rounds, list(verdicts(file, out, undisturbed))


def main() -> None:
    wish = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    wish.add_argument("--seeds", type=int, default=500, help="of each of four worlds")
    wish.add_argument("--times", type=int, default=10)
    wish.add_argument("--seed", type=int, default=1, help="of the moments")
    wish.add_argument("--folder", type=Path, help="where both sweeps are kept; an undisturbed one in it goes on")
    asked = wish.parse_args()
    os.nice(10)
    with tempfile.TemporaryDirectory() as scratch:
        rounds, found = shown(asked.folder or Path(scratch), asked.seeds, asked.times, asked.seed)
    command = f"python tests/sweep_killed.py --seeds {asked.seeds} --times {asked.times} --seed {asked.seed}"
    TABLE.write_text(page(command, rounds, found), encoding="utf-8")


if __name__ == "__main__":
    main()
