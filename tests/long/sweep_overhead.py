"""Show what a sweep on two workers costs beside the runs themselves: the same runs in two plain processes, in turns.

`python tests/long/sweep_overhead.py` lives runs of about a second in both ways, round by round, and writes
`tests/long/sweep_overhead.md`. It takes some minutes and is not part of the check. Kernels are compiled before.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_suffix(".md")
WORKERS = 2
MEASURES = ("orders", "gmv_usd")


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock on the wall, and of processor time of all processes together."""

    wall: float
    processor: float


def cost(task: Callable[[], object]) -> Cost:
    """What a task costs whose work is done by processes that it begins and awaits."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    task()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.perf_counter() - began, spent)


def lives(seeds: list[int], consumers: int, days: int) -> None:
    """Live runs one after another and reckon their means, as who needs no sweep would."""
    from abm import Market

    for seed in seeds:
        market = Market("tiny", seed=seed, threads=1, consumers=consumers, days=days, warmup=0).run()
        market.daily[list(MEASURES)].mean()


def plainly(asked: argparse.Namespace) -> None:
    """Live the runs in two processes, half of them in each."""
    spawn = multiprocessing.get_context("spawn")
    halves = [list(range(1 + part, asked.runs + 1, WORKERS)) for part in range(WORKERS)]
    crew = [spawn.Process(target=lives, args=(half, asked.consumers, asked.days)) for half in halves]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
        if one.exitcode:
            raise SystemExit("a plain run failed")


def swept(asked: argparse.Namespace) -> None:
    """Live the runs by the command, from nothing."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "overhead.toml"
        file.write_text(
            f'scenario = "{ROOT / "scenarios" / "tiny.toml"}"\nseeds = {asked.runs}\nkeep = "summary"\n'
            f"measures = {list(MEASURES)}\n[vary]\nconsumers = [{asked.consumers}]\ndays = [{asked.days}]\n"
            "warmup = [0]\n"
        )
        command = [sys.executable, "-m", "abm.cli", "sweep", str(file), "--workers", str(WORKERS), "--quiet"]
        subprocess.run([*command, "--out", str(Path(scratch) / "out")], check=True)


def page(asked: argparse.Namespace, rounds: list[tuple[Cost, Cost]]) -> str:
    wishes = " ".join(f"--{name} {getattr(asked, name)}" for name in ("runs", "consumers", "days", "rounds"))
    middle = {
        name: statistics.median(getattr(ours, name) / getattr(plain, name) - 1.0 for plain, ours in rounds)
        for name in ("wall", "processor")
    }
    each = statistics.median(plain.processor for plain, _ in rounds) / asked.runs
    lines = (
        "# What a sweep costs beside its runs",
        "",
        f"Printed by `python tests/long/sweep_overhead.py {wishes}`: {asked.runs} runs of",
        f"tiny.toml of {each:.2f} s each, by the command on {WORKERS} workers, all that it does from its beginning to",
        "its end, against two plain processes with half of the runs each. Both are begun anew, in turns. Seconds:",
        "",
        "| round | plain, wall | sweep, wall | more | plain, processor | sweep, processor | more |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {number} | {plain.wall:.1f} | {ours.wall:.1f} | {ours.wall / plain.wall - 1:+.1%} | "
            f"{plain.processor:.1f} | {ours.processor:.1f} | {ours.processor / plain.processor - 1:+.1%} |"
            for number, (plain, ours) in enumerate(rounds, 1)
        ),
        "",
        f"In the middle {middle['wall']:+.1%} by the clock and {middle['processor']:+.1%} of processor time.",
    )
    return "\n".join(lines) + "\n"


def main() -> None:
    wish = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    wish.add_argument("--runs", type=int, default=120)
    wish.add_argument("--consumers", type=int, default=1500)
    wish.add_argument("--days", type=int, default=60)
    wish.add_argument("--rounds", type=int, default=5)
    asked = wish.parse_args()
    os.nice(10)
    lives([1], asked.consumers, 2)  # compiles what there is to compile
    rounds = []
    for number in range(asked.rounds):
        ways = (plainly, swept) if number % 2 == 0 else (swept, plainly)
        found = {way: cost(lambda way=way: way(asked)) for way in ways}  # type: ignore[misc]
        rounds.append((found[plainly], found[swept]))
        print(rounds[-1], flush=True)
        TABLE.write_text(page(asked, rounds), encoding="utf-8")


if __name__ == "__main__":
    main()
