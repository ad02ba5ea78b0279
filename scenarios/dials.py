"""What each dial does: days with it off and at full, the same luck in both, and the interval of the difference."""

import argparse
from pathlib import Path

import pandas as pd

from abm import Scenario, load
from abm.show.progress import Bar
from abm.study.compare import effects
from abm.study.side_by_side import means, side_by_side

MEASURES = {  # by dial: off, full, and what it ought to move while all others are at full
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
    "dynamics.exit": (0.0, 1.0, ("exits", "firms_seller")),
    "feedback.weight": (0.0, 1.0, ("experienced_surplus", "refunds_usd")),
    "network.overlap": (0.0, 1.0, ("fill_rate", "unpaid")),
}
UNSHARED = "channels.adoption, nothing shared"
SIZE = {"seeds": 20, "consumers": 20_000, "days": 365, "warmup": 120, "start": "2024-07-01", "workers": 2}
QUICK = {"seeds": 2, "consumers": 1000, "days": 14, "warmup": 30, "start": "2024-11-08"}


def worlds(world: str, seeds: int = 0, workers: int = 0, **size: object) -> dict[str, Scenario]:
    """The world with everything at full, with everything off, and with one dial off each, for all seeds alike."""
    full = load(world, set={**{f"dials.{dial}": high for dial, (_, high, _) in MEASURES.items()}, **size})
    off = {dial: {f"dials.{dial}": low} for dial, (low, _, _) in MEASURES.items()}
    off["off"] = {key: low for one in off.values() for key, low in one.items()}
    off[UNSHARED] = off["channels.adoption"] | off["information.share"]
    return {dial: load(full, set=low) for dial, low in {"full": {}, **off}.items()}


def cells(effect: pd.Series) -> str:
    """An effect as cells of a table in Markdown."""
    means = f"{effect['mean_a']:.4g} | {effect['mean_b']:.4g} | {effect['difference']:+.3g}"
    return f"{means} | {effect['low']:+.3g} to {effect['high']:+.3g} | {'yes' if effect['sure'] else 'no'}"


def table(found: pd.DataFrame) -> str:
    """A line for each dial and measure, and how much longer a day takes with everything on."""
    lines = ["| dial | measure | off | full | difference | 95% interval | nought left out |", "|---" * 7 + "|"]
    against = {UNSHARED: ("information.share", MEASURES["channels.adoption"][2])}
    for dial, (full, measures) in ({dial: ("full", one[2]) for dial, one in MEASURES.items()} | against).items():
        differ = effects(found.loc[dial], found.loc[full])
        lines += [f"| {dial} | {name} | {cells(differ.loc[name])} |" for name in measures]
    ratio = found.cpu_seconds["full"].mean() / found.cpu_seconds["off"].mean()
    return "\n".join([*lines, "", f"A day with everything on takes {ratio:.2f} times as long as with everything off."])


def surest(found: pd.DataFrame) -> str:
    """How many measures each dial surely moves, 5% of which could be luck, and the one of which that is surest."""
    lines = ["| dial | measures surely moved | the surest | off | full | difference | 95% interval |", "|---" * 7 + "|"]
    for dial in MEASURES:
        every = effects(found.loc[dial], found.loc["full"]).drop("cpu_seconds")
        every = every[every["pairs"] == len(found.loc[dial])]
        apart = every[every["high"] > every["low"]]
        if not len(apart):
            lines.append(f"| {dial} | 0 of {len(every)} | none differs |  |  |  |  |")
            continue
        best = (apart["difference"].abs() / (apart["high"] - apart["low"])).idxmax()
        told = cells(apart.loc[best]).rpartition(" | ")[0]
        lines.append(f"| {dial} | {apart['sure'].sum()} of {len(every)} | {best} | {told} |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--page", type=Path, help="A page whose tables are written anew, such as docs/dials.md.")
    for key, usual in {"world": "three_countries", **SIZE}.items():
        parser.add_argument(f"--{key}", type=type(usual), default=usual)
    given = vars(parser.parse_args())
    quick, page = given.pop("quick"), given.pop("page")
    given |= QUICK if quick else {}
    with Bar() as bar:
        found = means(side_by_side(worlds(**given), given["seeds"], given["workers"], bar.day))
    told = f"{table(found)}\n\n{surest(found)}\n"
    print(told)
    if page:
        head, _, _ = page.read_text().partition("| dial |")
        page.write_text(head + told)
