"""Show that a market kept on day 200 and taken up again is, on day 365, the same to the bit as one lived straight on.

`python -P tests/kept_market.py` lives three countries with few consumers, keeps the market on the way, takes it up on
one and on two threads, and writes `tests/kept_market.md`. It takes a minute or two and is not part of the check.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

from abm import Market
from abm.checkpoint import ABOUT

TABLE = Path(__file__).with_suffix(".md")
SCENARIO = "three_countries"


def digest(market: Market, file: Path) -> tuple[str, int, int]:
    """A hash of all that the market's file holds but the clock, how many arrays that is, and how many bytes."""
    market.seconds.clear()
    market.save(file)
    with ZipFile(file) as kept:
        names = sorted(kept.namelist())
        held = {name: kept.read(name) for name in names}
    assert f"{ABOUT}.npy" in held
    found = hashlib.sha256()
    for name in names:
        found.update(f"{name} {len(held[name])} ".encode() + held[name])
    return found.hexdigest()[:16], len(names), sum(map(len, held.values()))


def lives(asked: argparse.Namespace, folder: Path) -> Iterator[tuple[str, str, int, int]]:
    """How each market was lived, and what its last day holds."""
    kept, last = folder / "kept.npz", folder / "last.npz"
    for threads in (1, 2):
        market = Market(SCENARIO, consumers=asked.consumers, days=asked.days, threads=threads).run(asked.day)
        if threads == 1:
            market.save(kept)
        yield f"straight on, {threads} threads", *digest(market.run(asked.days - asked.day), last)
    for threads in (1, 2):
        market = Market.load(kept, threads=threads).run(asked.days - asked.day)
        yield f"kept on day {asked.day} and taken up, {threads} threads", *digest(market, last)


def page(asked: argparse.Namespace, found: list[tuple[str, str, int, int]]) -> str:
    command = f"python -P tests/kept_market.py --consumers {asked.consumers} --day {asked.day} --days {asked.days}"
    lines = (
        "# A market that is kept",
        "",
        f"Printed by `{command}`,",
        f"from the market of {SCENARIO}.toml, lived to day {asked.days}, as the file in which it is kept holds it:",
        "every column of every table, what was measured on each day, and chance; all but the seconds that phases took.",
        "",
        "| lived | SHA-256 | arrays | bytes |",
        "|---|---|---|---|",
        *(f"| {how} | {held} | {arrays} | {size:,} |" for how, held, arrays, size in found),
        "",
        f"All {len(found)} are the same.",
    )
    return "\n".join(lines) + "\n"


def main() -> None:
    wish = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    wish.add_argument("--consumers", type=int, default=2000)
    wish.add_argument("--day", type=int, default=200, help="on which it is kept")
    wish.add_argument("--days", type=int, default=365)
    asked = wish.parse_args()
    os.nice(10)
    with tempfile.TemporaryDirectory() as scratch:
        found = []
        for one in lives(asked, Path(scratch)):
            print(*one, flush=True)
            found.append(one)
    if len({held[1:] for held in found}) != 1:
        raise SystemExit("they differ")
    TABLE.write_text(page(asked, found), encoding="utf-8")


if __name__ == "__main__":
    main()
