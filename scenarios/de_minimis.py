"""What the end of the American exemption does to prices, parcels and customs: paired runs with the same luck in both.

python scenarios/de_minimis.py [SEEDS] [CONSUMERS]
"""

import sys
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from abm import Market, load

SCENARIO = Path(__file__).with_name("us_de_minimis_repeal.toml")
AFTER = date(2025, 8, 29)
MEASURES = ["orders", "landed_price_usd", "parcel_duty_usd", "bulk_duty_usd", "sent_post", "sent_overseas", "surplus"]


def lived(seed: int, days: int | None, **settings: Any) -> pd.DataFrame:
    """The measures of one run, a row per day."""
    market = Market(load(SCENARIO, set={"seed": seed, **settings}))
    return market.run(days).daily.set_index("date")[MEASURES]


def paired(seeds: int, consumers: int, days: int | None = None, since: date = AFTER, **more: Any) -> pd.DataFrame:
    """Means from a day on, without the reform and with it; the error is that of the paired difference."""
    rows = []
    for seed in range(1, seeds + 1):
        without = lived(seed, days, consumers=consumers, borders=[], **more)[since:].mean()
        rows.append({"without": without, "reform": lived(seed, days, consumers=consumers, **more)[since:].mean()})
    table = pd.DataFrame({name: pd.DataFrame([row[name] for row in rows]).mean() for name in rows[0]})
    change = pd.DataFrame([row["reform"] - row["without"] for row in rows])
    return table.assign(change=change.mean(), error=change.sem())


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    print(paired(*(given + [5, 20_000][len(given) :])).round(3).to_string())
