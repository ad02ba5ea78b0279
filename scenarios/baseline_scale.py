"""Write docs/baseline.md: what the baseline world comes to, and that it is the same market at every size."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from abm import Market, load

SIZES = (10_000, 100_000, 1_000_000)
MIDDLE = 100_000
SEEDS = range(1, 10)
"""At each size the same: a seed draws firms and designs, and with them prices."""
HERE = Path(__file__).parent
MARK, END = "<!-- sizes -->\n", "<!-- end of sizes -->"
PAGE = HERE.parent / "docs" / "baseline.md"


def lived(consumers: int, days: int, seed: int) -> pd.DataFrame:
    """The reported days of a baseline of so many consumers."""
    return Market(load(HERE / "baseline.toml", set={"consumers": consumers}), days=days, seed=seed).run().daily


def headline(daily: pd.DataFrame) -> dict[str, float]:
    """What a run comes to in a few numbers."""
    total = daily.sum(numeric_only=True)
    return {
        "conversion": total.orders / total.visits,
        "fill rate": total.orders / (total.orders + total.lost),
        "first choice in stock": (total.orders - total.deferred) / (total.orders + total.lost),
        "landed price, USD": total.gmv_usd / total.units,
        "days to the door": (daily.delivery_days * daily.delivered).sum() / total.delivered,
        "HHI of sellers": daily.hhi.mean(),
    }


def beside(found: pd.DataFrame, middle: pd.DataFrame) -> pd.Series:
    """By how much each number is off in the mean over seeds, with its standard error."""
    off = (found - middle) / middle.mean()
    return pd.Series({name: f"{off[name].mean():+.1%} ± {off[name].sem():.1%}" for name in off})


def main(days: int) -> None:
    """Live the days at each size and write the page."""
    found = {}
    for size in SIZES:
        found[size] = pd.DataFrame([headline(lived(size, days, seed)) for seed in SEEDS], index=SEEDS)
        print(size, found[size].to_string(), sep="\n", flush=True)
    table = pd.DataFrame({f"{size:,} consumers": one.mean().map("{:.4g}".format) for size, one in found.items()})
    for size in SIZES:
        if size != MIDDLE:
            table[f"{size:,} beside {MIDDLE:,}"] = beside(found[size], found[MIDDLE])
    lines = [
        ["", *table.columns],
        ["---"] * (1 + len(table.columns)),
        *([name, *table.loc[name]] for name in table.index),
    ]
    page = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    head, mark, rest = PAGE.read_text().partition(MARK)
    PAGE.write_text(f"{head}{mark}\n{page}{rest[rest.index(END) :]}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
