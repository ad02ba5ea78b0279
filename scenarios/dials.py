"""What each dial does: days with it off and at full, the same luck in both, and the interval of the difference."""

import argparse
import os
from typing import Any

import pandas as pd

from abm import Scenario, load
from abm.show.progress import Bar
from abm.study.compare import difference, side_by_side

MEASURES: dict[str, tuple[Any, Any, tuple[str, ...]]] = {
    "personalisation.pages": (0.0, 1.0, ("experienced_surplus", "conversion", "long_tail_share")),
    "personalisation.coupons": (0.0, 1.0, ("coupon_usd", "conversion")),
    "personalisation.delivery": (0.0, 1.0, ("experienced_surplus", "delivery_days")),
    "management.initiative": (0.0, 1.0, ("fill_rate", "forecast_error_tier_2", "net_seller_usd")),
    "information.share": (0.0, 1.0, ("forecast_error_tier_2", "record_error", "amplification_tier_2")),
    "information.latency": (28, 0, ("forecast_error_tier_2", "forecast_error_tier_3")),
    "information.accuracy": (0.9, 1.0, ("record_error",)),
    "information.visibility": (0.0, 1.0, ("forecast_error_tier_3", "record_error")),
    "channels.adoption": (0.0, 1.0, ("forecast_error_tier_2", "fill_rate")),
    "dynamics.rewiring": (0.0, 1.0, ("switched", "fill_rate")),
    "dynamics.entry": (0.0, 1.0, ("entries", "experienced_surplus")),
    "dynamics.exit": (0.0, 1.0, ("exits",)),
    "feedback.weight": (0.0, 1.0, ("experienced_surplus", "hhi")),
    "network.overlap": (0.0, 1.0, ("fill_rate", "unpaid")),
}
"""By dial: off, full, and what it ought to move; all other dials are at full."""
QUICK = {"seeds": 2, "consumers": 2000, "days": 30, "warmup": 30}


def worlds(name: str, **size: Any) -> dict[str, Scenario]:
    """The world with everything at full, with everything off, and with one dial off each."""
    full = load(name, set={**{f"dials.{dial}": high for dial, (_, high, _) in MEASURES.items()}, **size})
    off = {dial: {f"dials.{dial}": low} for dial, (low, _, _) in MEASURES.items()}
    every = {key: low for one in off.values() for key, low in one.items()}
    return {dial: load(full, set=low) for dial, low in {"full": {}, "off": every, **off}.items()}


def table(found: pd.DataFrame) -> str:
    """A line for each dial and measure, and how much longer a day takes with everything on."""
    lines = ["| dial | measure | off | full | difference | 95% interval | not nought |", "|---" * 7 + "|"]
    for dial, (_, _, measures) in MEASURES.items():
        for one in measures:
            d = difference(found.loc[dial][one], found.loc["full"][one])
            means, interval = f"{d.off:.4g} | {d.full:.4g} | {d.mean:+.3g}", f"{d.low:+.3g} to {d.high:+.3g}"
            lines.append(f"| {dial} | {one} | {means} | {interval} | {'yes' if d.sure else 'no'} |")
    ratio = found.loc["full"].cpu_seconds.mean() / found.loc["off"].cpu_seconds.mean()
    return "\n".join([*lines, "", f"A day with everything on takes {ratio:.2f} times as long as with everything off."])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--world", default="three_countries")
    parser.add_argument("--quick", action="store_true")
    for key, usual in {"seeds": 20, "consumers": 20_000, "days": 365, "warmup": 120, "workers": os.cpu_count()}.items():
        parser.add_argument(f"--{key}", type=int, default=usual)
    given = vars(parser.parse_args())
    given |= QUICK if given.pop("quick") else {}
    world, seeds, workers = (given.pop(key) for key in ("world", "seeds", "workers"))
    with Bar() as bar:
        print(table(side_by_side(worlds(world, **given), seeds, workers, bar.day)))
