"""What a run comes to, in words and units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

from abm.study.figures import unverified

if TYPE_CHECKING:
    import pandas as pd

    from abm.study.run import Run

WEEK = 7
WEEKS = 8
"""Whole weeks below which nothing is said of how orders vary."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a summary: what, how much, and what else is to be known."""

    what: str
    value: str
    more: str = ""


def as_text(lines: Sequence[Line], width: int = 120) -> str:
    """Lines in three columns, the last one wrapped."""
    first, second = max(len(one.what) for one in lines), max(len(one.value) for one in lines)
    rows = []
    for one in lines:
        head = f"{one.what:<{first}}  {one.value:>{second}}"
        more = wrap(one.more, max(width - len(head) - 2, 20)) or [""]
        rows.append(f"{head}  {more[0]}".rstrip())
        rows += [" " * (len(head) + 2) + text for text in more[1:]]
    return "\n".join(rows)


def summary(run: Run) -> list[Line]:
    """The lines of a summary of a run with at least one day."""
    daily = run.daily
    parts: tuple[Callable[[pd.DataFrame], list[Line]], ...] = (_sales, _prices, _service, _border, _supply, _firms)
    lines = [_span(run)]
    for part in parts:
        lines += part(daily)
    return [*lines, *_made(run)]


def _span(run: Run) -> Line:
    scenario, daily = run.scenario, run.daily
    first, last = daily["date"].iloc[0].date(), daily["date"].iloc[-1].date()
    world = f"{scenario.consumers:,} consumers, {len(run.firms)} firms, {len(run.chains)} chains, seed {scenario.seed}"
    return Line("days", f"{len(daily):,}", f"{first} to {last}; {world}")


def _over(above: float, below: float, form: str = ".1%") -> str:
    return format(above / below, form) if below else "none"


def _mean(daily: pd.DataFrame, name: str, weight: str) -> float:
    """The mean of a measure over days by weight, 0 where there was no weight."""
    total = float(daily[weight].sum())
    return float((daily[name].fillna(0.0) * daily[weight]).sum()) / total if total else 0.0


def _last(daily: pd.DataFrame, name: str) -> str:
    """The last value that there was."""
    values = daily[name].dropna()
    return f"{values.iloc[-1]:.2f}" if len(values) else "none"


def _sales(daily: pd.DataFrame) -> list[Line]:
    days = len(daily)
    orders, visits = int(daily["orders"].sum()), int(daily["visits"].sum())
    gmv = float(daily["gmv_usd"].sum())
    return [
        Line("orders", f"{orders:,}", f"{orders / days:,.0f} a day; {_over(orders, visits)} of {visits:,} visits"),
        Line("paid by consumers", f"{gmv:,.0f} USD", f"{gmv / days:,.0f} USD a day"),
    ]


def _prices(daily: pd.DataFrame) -> list[Line]:
    words = {"value": "goods", "freight": "freight", "duty": "duty", "vat": "VAT", "handling": "handling"}
    parts = {word: _mean(daily, f"landed_{part}_usd", "units") for part, word in words.items()}
    parts["coupons"] = -_mean(daily, "coupon_usd", "units")
    parts["left for the door"] = -_mean(daily, "landed_door_usd", "units")
    more = ", ".join(f"{word} {usd:.2f}" for word, usd in parts.items() if abs(usd) >= 0.005)
    if not daily["units"].sum():
        return [Line("landed price", "none", "nothing was sold")]
    return [Line("landed price", f"{_mean(daily, 'landed_price_usd', 'units'):.2f} USD", f"a pack: {more}")]


def _service(daily: pd.DataFrame) -> list[Line]:
    orders, lost = int(daily["orders"].sum()), int(daily["lost"].sum())
    back = int(daily.filter(regex="^returned_").to_numpy().sum())
    sent = {str(name)[5:]: int(daily[str(name)].sum()) for name in daily.filter(regex="^sent_")}
    by_mode = sorted(((count, mode) for mode, count in sent.items() if count), reverse=True)
    delivered = int(daily["delivered"].sum())
    days = f"{_mean(daily, 'delivery_days', 'delivered'):.1f} days" if delivered else "none"
    return [
        Line("fill rate", _over(orders, orders + lost), f"{lost:,} orders found no stock"),
        Line("delivery", days, f"{_mean(daily, 'on_time', 'delivered'):.0%} of {delivered:,} when promised"),
        Line("parcels sent", f"{sum(sent.values()):,}", ", ".join(f"{mode} {count:,}" for count, mode in by_mode)),
        Line("given back", f"{back:,}", f"{_over(back, delivered)} of what was delivered"),
    ]


def _border(daily: pd.DataFrame) -> list[Line]:
    duty = float((daily["parcel_duty_usd"] + daily["bulk_duty_usd"]).sum())
    vat = float((daily["parcel_vat_usd"] + daily["domestic_vat_usd"]).sum())
    waiting = daily["customs_waiting"]
    return [
        Line("duty", f"{duty:,.0f} USD", f"{float(daily['parcel_duty_usd'].sum()):,.0f} USD of it on parcels"),
        Line("VAT", f"{vat:,.0f} USD", f"{float(daily['parcel_vat_usd'].sum()):,.0f} USD of it on parcels"),
        Line("customs queue", f"{waiting.mean():,.0f}", f"declarations left over a day; {waiting.max():,} at most"),
    ]


def _days(count: float) -> str:
    return f"{count:.0f} days" if count == count else "none"


def _supply(daily: pd.DataFrame) -> list[Line]:
    lines = [Line("stock near consumers", _days(daily["days_of_cover"].mean()), "of forecast demand, mean")]
    weeks = len(daily) // WEEK
    if weeks < WEEKS:
        return lines
    kept = daily.iloc[: weeks * WEEK].reset_index(drop=True)
    sums = kept.groupby(kept.index // WEEK).sum(numeric_only=True)
    spread = {str(name): sums[name].std(ddof=0) / sums[name].mean() for name in sums if sums[name].mean() > 0}
    tiers = [name for name in spread if name.startswith("ordered_tier_")]
    if not tiers or not spread.get("units"):
        return lines
    times = ", ".join(f"{spread[name] / spread['units']:.1f}" for name in tiers)
    return [
        *lines,
        Line("orders vary", times, "times as much as sales, week by week, from the seller back to the source"),
    ]


def _firms(daily: pd.DataFrame) -> list[Line]:
    alive = int(daily.filter(regex="^firms_").iloc[-1].sum())
    turned = {
        word: int(daily[word].sum()) for word in ("entries", "exits", "switched", "chains_rebuilt", "chains_gone")
    }
    return [
        Line("firms", f"{alive:,}", f"trade at the end; {turned['entries']} came, {turned['exits']} left"),
        Line("chains", f"{int(daily['chains_alive'].iloc[-1]):,}",
             f"alive at the end; {turned['chains_rebuilt']} rebuilt, {turned['chains_gone']} gone, "
             f"{turned['switched']} links moved"),
        Line("sellers", f"HHI {_last(daily, 'hhi')}", f"Gini {_last(daily, 'gini')} of sales at the end"),
    ]  # fmt: skip


def _made(run: Run) -> list[Line]:
    manifest = run.manifest
    most = sorted(manifest["phase_seconds"].items(), key=lambda item: -item[1])[:3]
    told = ", ".join(f"{name} {seconds:.1f}" for name, seconds in most)
    warm = "; the warm-up was lived before" if manifest.get("warmup_from_cache") else ""
    count = unverified(run.scenario)
    return [
        Line(
            "took", f"{manifest['wall_seconds']:.1f} s", f"{manifest['peak_memory_mib']:,.0f} MiB; most: {told} s{warm}"
        ),
        Line("unverified figures", f"{count:,}", "of the facts that this world draws on; `entrepot check` names them"),
    ]
