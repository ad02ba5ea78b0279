"""Print finished runs side by side, as Markdown: what a year comes to, days by mode, seconds and memory.

`entrepot run scenarios/baseline.toml --consumers 10000000 --no-report --out runs/large`, the same with fewer, then
`python scenarios/years_beside.py runs/large runs/small`.
"""

import json
import sys
from pathlib import Path

import pandas as pd
from baseline_scale import headline


def told(folder: Path) -> dict[str, str]:
    """A run in a few words, by what they say."""
    manifest = json.loads((folder / "manifest.json").read_text())
    daily, doors = (pd.read_parquet(folder / f"{name}.parquet") for name in ("daily", "deliveries"))
    total = doors.assign(waited=doors.days * doors.parcels).groupby("mode")[["waited", "parcels"]].sum()
    days = {f"days to the door, {mode}": row.waited / row.parcels for mode, row in total.iterrows()}
    took = {"seconds": f"{manifest['wall_seconds']:,.0f}", "memory, MiB": f"{manifest['peak_memory_mib']:,.0f}"}
    return {name: f"{value:.4g}" for name, value in (headline(daily) | days).items()} | took


def main(folders: list[Path]) -> None:
    """Print a column for each folder."""
    runs = {str(folder.name): told(folder) for folder in folders}
    print("| |", *(f"{name} |" for name in runs))
    print("|---|" + "---|" * len(runs))
    for what in next(iter(runs.values())):
        print(f"| {what} |", *(f"{run[what]} |" for run in runs.values()))


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
