"""Experiments: variants of a world under the same luck, scored seed by seed, and kept as what their pages print."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from abm.provenance import sha256_of
from abm.scenario import load
from abm.study import store
from abm.study.compare import effects
from abm.study.side_by_side import Changed, Progress, Watch, side_by_side

if TYPE_CHECKING:
    import pandas as pd

    from abm.columns import Array
    from abm.phases import Phase

Scores = Mapping[str, Mapping[str, float]]
"""By variant and measure, what one seed showed."""
Score = Callable[[Mapping[str, "pd.DataFrame"]], Scores]
"""From the days of each variant under one seed, a row per reported day, to what they showed."""
WEEK = 7
TOTALS = (
    "orders", "gmv_usd", "conversion", "surplus", "landed_price_usd", "fill_rate", "delivery_days", "days_of_cover",
    "refunds_usd", "parcel_duty_usd", "parcel_vat_usd", "domestic_vat_usd", "freight_index", "profit_seller_usd",
)  # fmt: skip
"""Headline measures of which it is told how many seeds pairs save."""

HEAD = ("title", "dial", "world", "settings", "seeds", "expected", "units", "trace", "large")
PARTS = ("values", "totals", "once")
"""What a result is kept as: words and numbers, then lists by variant and measure."""
SMALL, FEW = 300, {"warmup": 0, "days": 14}
"""Consumers of a small world, and days of an experiment that show that it lives."""


@dataclass(frozen=True)
class Experiment:
    """Variants of a world by name, the first of which the others are set against.

    ``measures`` maps each measure to the sign that is expected of its effect: "+", "-" or "" for none; those that only
    ``score`` knows have their unit in ``units``. Without ``score`` they are means over the days from ``since`` on.
    ``phases`` gives variants a day of their own, ``changed`` settings that hang on the seed, ``watch`` adds daily
    measures. ``consumers`` is the size of its world unless another is asked for.
    """

    name: str
    title: str
    dial: str
    variants: Mapping[str, Mapping[str, Any]]
    measures: Mapping[str, str]
    settings: Mapping[str, Any]
    world: str = "three_countries"
    since: int = 0
    units: Mapping[str, str] = field(default_factory=dict)
    score: Score | None = None
    phases: Mapping[str, Callable[[], tuple[Phase, ...]]] = field(default_factory=dict)
    changed: Mapping[str, Changed] = field(default_factory=dict)
    watch: Watch | None = None
    consumers: int = 20_000

    def scored(self, days: Mapping[str, pd.DataFrame]) -> Scores:
        """What one seed showed."""
        if self.score is not None:
            return self.score(days)
        return {name: means(one, self.measures, self.since) for name, one in days.items()}


@dataclass(frozen=True)
class Result:
    """What an experiment showed: ``values`` and ``totals`` by variant and measure, a number per seed, NaN for none.

    ``trace`` is a hash of what it shows in a small world: code that changes no number there need not live it again.
    ``once`` is what a single seed of a large world shows, with ``large`` consumers.
    """

    title: str
    dial: str
    world: str
    settings: Mapping[str, Any]
    seeds: int
    expected: Mapping[str, str]
    units: Mapping[str, str]
    values: Mapping[str, Mapping[str, list[float]]]
    totals: Mapping[str, Mapping[str, list[float]]]
    trace: str = ""
    large: int = 0
    once: Mapping[str, Mapping[str, list[float]]] = field(default_factory=dict)

    def effects(self, variant: str, against: str | None = None) -> pd.DataFrame:
        """Paired effects of a variant against another, the first unless named: as of `abm.study.compare.effects`."""
        import pandas as pd

        first = against or next(iter(self.values))
        return effects(pd.DataFrame(self.values[first]), pd.DataFrame(self.values[variant]))

    def confirmed(self, variant: str, measure: str) -> float:
        """Effect of a variant against the first in the large world; NaN where that was not lived."""
        if variant not in self.once:
            return float("nan")
        one, other = (self.once[name].get(measure, [np.nan])[0] for name in (next(iter(self.values)), variant))
        return other - one

    def saved(self) -> pd.Series:
        """By headline measure, how many times fewer seeds pairs of the first variant and "full" need."""
        import pandas as pd

        first, last = (pd.DataFrame(one) for one in self.totals.values())
        ratio: pd.Series = effects(first, last)["fewer_seeds"]
        return ratio


def live(
    experiment: Experiment,
    seeds: int,
    consumers: int,
    workers: int = 1,
    progress: Progress | None = None,
) -> Result:
    """Live every variant under seeds 1 to ``seeds`` and score each seed."""
    common = {**experiment.settings, "consumers": consumers}
    base = load(experiment.world, set=common)
    worlds = {name: load(base, set=changes) for name, changes in experiment.variants.items()}
    lived = side_by_side(worlds, seeds, workers, progress, experiment.phases, experiment.watch, experiment.changed)
    rows = lived.to_pandas(date_as_object=False).set_index("day")
    split = {(world, seed): days for (world, seed), days in rows.groupby(["world", "seed"], sort=False)}
    by_seed = [{name: split[name, seed] for name in worlds} for seed in range(1, seeds + 1)]
    ends = [next(iter(worlds)), "full" if "full" in worlds else list(worlds)[-1]]
    totals = [{name: means(days[name], TOTALS, experiment.since) for name in ends} for days in by_seed]
    known = {name: unit for name, (unit, _) in store.units(lived).items()}
    units = {name: experiment.units.get(name) or known[name] for name in experiment.measures}
    return Result(
        experiment.title, experiment.dial, base.title, common, seeds, experiment.measures, units,
        _stacked([experiment.scored(days) for days in by_seed], experiment.measures), _stacked(totals, TOTALS),
    )  # fmt: skip


def _stacked(scores: Sequence[Mapping[str, Mapping[str, float]]], measures: Any) -> dict[str, dict[str, list[float]]]:
    """Numbers by variant and measure, one per seed, to six digits."""
    return {
        variant: {
            name: [float(f"{one[variant].get(name, np.nan):.6g}") for one in scores]
            for name in measures
            if any(name in one[variant] for one in scores)
        }
        for variant in scores[0]
    }


def means(days: pd.DataFrame, measures: Any, since: int = 0, until: int | None = None) -> dict[str, float]:
    """Means of some measures over the days from ``since`` up to before ``until``; NaN where no day has a value."""
    last = None if until is None else until - 1
    chosen = days.loc[since:last, list(measures)].astype(float)
    return {str(name): float(value) for name, value in chosen.mean().items()}


def recovery_days(struck: Array, calm: Array, hit: int, band: float) -> int | None:
    """Days from ``hit`` until a series is back within a band of its undisturbed pair and stays there for a week.

    Args:
        struck, calm: a value per day, in the world with the shock and in the one without.
        hit: the day of the shock, an index into both.
        band: what counts as back: no further away than this share of the undisturbed value.

    Returns:
        0 when it never leaves the band; None when it has not come back for a week before the series ends.
    """
    off = (np.abs(np.asarray(struck, float) - calm) > band * np.abs(np.asarray(calm, float)))[hit:]
    if not off.any():
        return 0
    back = (day for day in range(int(off.argmax()), len(off) - WEEK + 1) if not off[day : day + WEEK].any())
    return next(back, None)


def pass_through(
    struck: tuple[float, float], calm: tuple[float, float], tariff: float, control: tuple[float, float] = (0.0, 0.0)
) -> float:
    """The part of a tariff that buyers pay: the difference in differences of the landed price over the tariff's change.

    Args:
        struck, calm: price of what the tariff falls on, before and after its day, with it and without it.
        tariff: by how much duty on a pack rose, in the money of the prices.
        control: how the price of what it does not fall on moved, before and after, with it less without it.
    """
    moved = (struck[1] - struck[0]) - (calm[1] - calm[0])
    return (moved - (control[1] - control[0])) / tariff


def contagion(calm: Array, struck: Array, shares: Array, failed: Array) -> tuple[float, float]:
    """The part of their sales that firms lose which share a chain with a failed firm, and which share none.

    Args:
        calm, struck: sales of each firm without the failure and with it.
        shares: whether a firm shares a chain with the failed one.
        failed: whether it is the failed one, which is left out.
    """
    calm, struck = np.asarray(calm, float), np.asarray(struck, float)
    groups = (
        np.asarray(shares, bool) & ~np.asarray(failed, bool),
        ~np.asarray(shares, bool) & ~np.asarray(failed, bool),
    )
    near, far = (float(1.0 - struck[rows].sum() / calm[rows].sum()) if calm[rows].sum() else np.nan for rows in groups)
    return near, far


def trace(experiment: Experiment) -> str:
    """A hash of what the experiment shows in a small world for a few days."""
    small = replace(experiment, since=0, settings={**experiment.settings, **FEW})
    found = live(small, 1, SMALL, workers=0)
    asked = {name: str(getattr(experiment, name)) for name in ("variants", "settings", "since", "measures")}
    return sha256_of({**asked, "values": str(found.values)})


def confirm(experiment: Experiment, result: Result, consumers: int, progress: Progress | None = None) -> Result:
    """The result, with the first variant, "full" and what is told of them lived once more in a large world."""
    ends = (next(iter(experiment.variants)), "full")
    few = {name: one for name, one in experiment.variants.items() if name.startswith(ends)}
    once = live(replace(experiment, variants=few), 1, consumers, progress=progress)
    return replace(result, large=consumers, once=once.values)


def table(result: Result) -> str:
    """Effects against the first variant as a table in Markdown: a line for each variant and measure.

    What is told part by part, as the measure of one chain, is left to pages: its name has a colon.
    """
    first, large = next(iter(result.values)), f" {result.large:,}, once |" if result.once else ""
    lines = [f"| measure | unit | {first} | variant | effect | 95% interval | expected | nought left out |{large}"]
    lines.append("|---" * (8 + bool(large)) + "|")
    for name in (one for one in result.expected if ":" not in one):
        for variant in result.values:
            if variant == first or name not in result.values[variant] or name not in result.values[first]:
                continue
            one = result.effects(variant).loc[name]
            expected = result.expected[name]
            against = one["sure"] and expected and (one["difference"] > 0) != (expected == "+")
            again = result.confirmed(variant, name)
            reach = f"{one['low']:+.3g} to {one['high']:+.3g}" if one["pairs"] > 1 else "of one pair"
            lines.append(
                f"| {name} | {result.units[name]} | {one['mean_a']:.4g} | {variant} | {one['difference']:+.3g} | "
                f"{reach} | {expected or ' '} | "
                f"{'against' if against else 'yes' if one['sure'] else 'no'} |"
                + (f" {'' if np.isnan(again) else f'{again:+.3g}'} |" if large else "")
            )
    return "\n".join(lines)


def put(result: Result, path: Path) -> None:
    """Keep a result as JSON, a line per variant and measure."""
    head = {key: getattr(result, key) for key in HEAD}
    told = json.dumps(head, indent=1, default=str)[:-2]
    for part in PARTS:
        rows = [
            f'  "{variant}": {{\n' + ",\n".join(f'   "{name}": {_list(one)}' for name, one in by.items()) + "\n  }"
            for variant, by in getattr(result, part).items()
        ]
        told += f',\n "{part}": {{\n' + ",\n".join(rows) + "\n }"
    path.parent.mkdir(parents=True, exist_ok=True)
    store.put_text(path, told + "\n}\n")


def _list(values: list[float]) -> str:
    return "[" + ", ".join("null" if np.isnan(one) else f"{one:g}" for one in values) + "]"


def get(path: Path) -> Result:
    """Read a result."""
    found = json.loads(path.read_text(encoding="utf-8"))
    for by in chain.from_iterable(found.get(part, {}).values() for part in PARTS):
        for name, one in by.items():
            by[name] = [np.nan if value is None else float(value) for value in one]
    return Result(**found)
