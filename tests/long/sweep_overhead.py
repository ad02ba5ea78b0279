"""Show what a sweep on two workers costs beside the runs themselves: the same runs in two plain processes.

`python tests/long/sweep_overhead.py` lives runs of about a second in both ways at the same time, since a machine is now
faster and now slower, and writes `tests/long/sweep_overhead.md`. It takes some minutes and is not part of the check.
Kernels are compiled before.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
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


def cost(command: list[str]) -> Cost:
    """What a command costs, with all processes that it begins and awaits.

    Raises:
        SystemExit: it fails.
    """
    began = time.perf_counter()
    one = subprocess.Popen(command)
    _, status, used = os.wait4(one.pid, 0)
    one.returncode = os.waitstatus_to_exitcode(status)
    if one.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {one.returncode}")
    return Cost(time.perf_counter() - began, used.ru_utime + used.ru_stime)


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


def ways(asked: argparse.Namespace, folder: Path) -> tuple[list[str], list[str]]:
    """The commands of both ways; the sweep begins from nothing."""
    file = folder / "overhead.toml"
    file.write_text(
        f'scenario = "{ROOT / "scenarios" / "tiny.toml"}"\nseeds = {asked.runs}\nkeep = "summary"\n'
        f"measures = {list(MEASURES)}\n[vary]\nconsumers = [{asked.consumers}]\ndays = [{asked.days}]\n"
        "warmup = [0]\n"
    )
    swept = [sys.executable, "-m", "abm.cli", "sweep", str(file), "--workers", str(WORKERS), "--quiet"]
    wishes = (f"--{name}={getattr(asked, name)}" for name in ("runs", "consumers", "days"))
    return [sys.executable, __file__, "--plainly", *wishes], [*swept, "--out", str(folder / "out")]


def both(asked: argparse.Namespace) -> tuple[Cost, Cost]:
    """What both ways cost at the same time: plainly, and as a sweep."""
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(2) as hands:
        plain, ours = hands.map(cost, ways(asked, Path(scratch)))
    return plain, ours


def page(asked: argparse.Namespace, once: float, rounds: list[tuple[Cost, Cost]]) -> str:
    wishes = " ".join(f"--{name} {getattr(asked, name)}" for name in ("runs", "consumers", "days", "rounds"))
    middle = {
        name: statistics.median(getattr(ours, name) / getattr(plain, name) - 1.0 for plain, ours in rounds)
        for name in ("wall", "processor")
    }
    each = statistics.median(plain.processor for plain, _ in rounds) / asked.runs
    part = once / (each * asked.runs)
    rest = statistics.median((ours.processor - plain.processor - once) / ours.wall for plain, ours in rounds)
    lasted = statistics.median(WORKERS * ours.wall / ours.processor for _, ours in rounds)
    lines = (
        "# What a sweep costs beside its runs",
        "",
        f"Printed by `python tests/long/sweep_overhead.py {wishes}`: {asked.runs} runs of",
        f"tiny.toml of {each:.2f} s each, by the command on {WORKERS} workers, all that it does from its beginning to",
        "its end, against two plain processes with half of the runs each, both at the same time. Seconds:",
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
        "",
        f"Of the processor time {once:.1f} s, {part:.1%}, are spent once, for the command and its workers to begin and",
        f"to end: as much more is a sweep of {WORKERS} runs of a day. The rest is {rest:.1%} of one processor for as",
        f"long as the sweep lasts, here {lasted:.1f} times as long as on {WORKERS} processors of its own; on these",
        f"both together would be {part + rest / WORKERS:+.1%}.",
    )
    return "\n".join(lines) + "\n"


def main() -> None:
    wish = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    wish.add_argument("--runs", type=int, default=120)
    wish.add_argument("--consumers", type=int, default=1500)
    wish.add_argument("--days", type=int, default=95)
    wish.add_argument("--rounds", type=int, default=3)
    wish.add_argument("--plainly", action="store_true", help="live the runs in two plain processes, and write nothing")
    asked = wish.parse_args()
    if asked.plainly:
        plainly(asked)
        return
    os.nice(10)
    lives([1], asked.consumers, 2)  # compiles what there is to compile
    little = argparse.Namespace(runs=WORKERS, consumers=100, days=1)
    few, rounds = [], []
    for _ in range(asked.rounds):
        few.append(both(little))
        rounds.append(both(asked))
        print(few[-1], rounds[-1], flush=True)
        once = statistics.median(ours.processor - plain.processor for plain, ours in few)
        TABLE.write_text(page(asked, once, rounds), encoding="utf-8")


if __name__ == "__main__":
    main()
