"""Write docs/baseline.md: what the baseline world comes to, and that it is the same market at every size."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from abm import Market, load

SIZES = (10_000, 100_000, 1_000_000)
SEEDS = (1, 2, 3)
"""At each size the same: a seed draws firms and designs, and with them prices."""
HERE = Path(__file__).parent
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


def main(days: int) -> None:
    """Live the days at each size and write the page."""
    found = {}
    for size in SIZES:
        runs = pd.DataFrame([headline(lived(size, days, seed)) for seed in SEEDS], index=SEEDS)
        found[size] = runs.mean().to_dict()
        print(size, runs.to_string(), sep="\n", flush=True)
    middle = found[100_000]
    sizes = " | ".join(f"{size:,} consumers" for size in SIZES)
    rows = [f"| | {sizes} | furthest from 100,000 |", "|---|" + "---|" * 4]
    for name, value in middle.items():
        far = max(abs(found[size][name] / value - 1.0) for size in SIZES)
        rows.append(f"| {name} | " + " | ".join(f"{found[size][name]:.4g}" for size in SIZES) + f" | {far:.1%} |")
    head, _, _ = PAGE.read_text().partition("| |")
    PAGE.write_text(head + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
