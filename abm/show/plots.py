"""How the days of a run are drawn: one figure per question, units on the axes, colours that everyone can tell apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, MaxNLocator, PercentFormatter
from pandas import Timedelta

if TYPE_CHECKING:
    import pandas as pd

    from abm.study.run import Run

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#8C8C8C", "#B8A600", "#000000")
"""Okabe and Ito's, told apart also by those who see fewer colours."""
STYLE: Any = {
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "figure.constrained_layout.use": True,
    "font.size": 9,
    "grid.alpha": 0.3,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "svg.hashsalt": "entrepot",
}
WEEK = 7
FEW = 21
"""Days below which days are drawn as points."""
TOP_FLOWS = 12
NAMED = COLOURS[:6]
"""Colours of the currencies that moved farthest; the others are grey."""
MODE_COLOURS = dict(zip(("express", "line", "post", "overseas", "bonded", "retail"), COLOURS, strict=False))


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure that can be drawn of a run: a heading, a sentence that says what is seen, and who draws it."""

    name: str
    heading: str
    caption: str
    draw: Callable[[Run], Figure]


def panels(count: int, height: float = 2.7, width: float = 9.6) -> tuple[Figure, list[Axes]]:
    """A figure with panels side by side."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, [figure.add_subplot(1, count, place + 1) for place in range(count)]


def calendar(axes: Axes, first: Any, last: Any, few: bool) -> None:
    """Days along the bottom, as few and as short as tell them apart."""
    locator = AutoDateLocator(minticks=3, maxticks=6)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    edge = Timedelta(hours=14 if few else 0)  # room for the first and the last bar
    if first != last or edge:
        axes.set_xlim(first - edge, last + edge)


def _days(axes: Axes, daily: pd.DataFrame) -> None:
    calendar(axes, daily["date"].iloc[0], daily["date"].iloc[-1], len(daily) < FEW)


def _title(axes: Axes, title: str, unit: str) -> None:
    axes.set_title(title)
    axes.set_ylabel(unit)


def _above(axes: Axes, columns: int) -> None:
    """A legend above the panel, where it covers nothing."""
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.08), ncols=columns, borderaxespad=0, handlelength=1.2)


def smooth(values: pd.Series[float]) -> pd.Series[float]:
    """The mean of the last seven days, of those with a value; nothing until there have been seven."""
    mean = values.rolling(WEEK, min_periods=1).mean()
    mean.iloc[: WEEK - 1] = np.nan  # weekends would show
    return mean


def line(
    axes: Axes, daily: pd.DataFrame, name: str, colour: str = COLOURS[0], label: str = "", raw: bool = True
) -> None:
    """Days thin, their week's mean thick."""
    few = len(daily) < FEW
    if raw or few:
        look = {"marker": "o", "markersize": 3, "linewidth": 1.2} if few else {"linewidth": 0.6, "alpha": 0.4}
        axes.plot(daily["date"], daily[name], color=colour, label=(label or None) if few else None, **look)
    if not few:
        axes.plot(daily["date"], smooth(daily[name]), color=colour, linewidth=1.6, label=label or None)


def stack(axes: Axes, daily: pd.DataFrame, names: Sequence[str], labels: Sequence[str], colours: Sequence[str]) -> None:
    """Parts on top of each other, as means of a week; days in a short run."""
    if len(daily) < FEW:
        below = np.zeros(len(daily))
        for name, label, colour in zip(names, labels, colours, strict=True):
            axes.bar(daily["date"], daily[name].fillna(0.0), bottom=below, color=colour, label=label, width=0.8)
            below = below + daily[name].fillna(0.0).to_numpy()
        return
    values = [smooth(daily[name].fillna(0.0)).iloc[WEEK - 1 :] for name in names]
    axes.stackplot(daily["date"].iloc[WEEK - 1 :], values, labels=list(labels), colors=list(colours), linewidth=0)


def demand(run: Run) -> Figure:
    """Orders, what was paid, how many visits end in an order."""
    daily = run.daily
    figure, (left, middle, right) = panels(3)
    line(left, daily, "orders")
    _title(left, "Orders", "orders/day")
    line(middle, daily, "gmv_usd", COLOURS[2])
    _title(middle, "Gross merchandise value", "USD/day")
    middle.yaxis.set_major_formatter(EngFormatter(sep=""))
    line(right, daily, "conversion", COLOURS[3])
    _title(right, "Conversion", "orders per visit")
    right.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=1))
    for axes in (left, middle, right):
        axes.set_ylim(bottom=0)
        _days(axes, daily)
    return figure


def landed(run: Run) -> Figure:
    """What a pack costs at the door, by part, and the surplus that shoppers expect."""
    daily = run.daily
    figure, (left, right) = panels(2, 3.1)
    parts = ("value", "freight", "duty", "vat", "handling")
    words = ("goods", "freight", "duty", "VAT", "handling")
    stack(left, daily, [f"landed_{part}_usd" for part in parts], words, COLOURS[:5])
    _title(left, "", "USD/pack")
    _above(left, 5)
    line(right, daily, "surplus", COLOURS[4])
    _title(right, "Surplus expected from a page", "usual prices/visit")
    for axes in (left, right):
        axes.set_ylim(bottom=0)
        _days(axes, daily)
    return figure


def delivery(run: Run) -> Figure:
    """How long parcels take, and how many come when promised."""
    daily = run.daily
    figure, (left, right) = panels(2, 3.0)
    line(left, daily, "delivery_days", COLOURS[0], "mean")
    line(left, daily, "delivery_days_p95", COLOURS[1], "95% within")
    _title(left, "", "days from order to door")
    left.set_ylim(bottom=0)
    _above(left, 2)
    line(right, daily, "on_time", COLOURS[2])
    _title(right, "Delivered when promised", "share of parcels")
    right.set_ylim(0, 1.02)
    right.yaxis.set_major_formatter(PercentFormatter(1.0))
    for axes in (left, right):
        _days(axes, daily)
    return figure


def service(run: Run) -> Figure:
    """How many orders find stock, and how long stock lasts."""
    daily = run.daily
    figure, (left, middle, right) = panels(3, 3.0)
    line(left, daily, "fill_rate", COLOURS[2])
    _title(left, "Orders that find stock", "share of orders")
    left.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    lowest = daily["fill_rate"].min()
    left.set_ylim(min(0.9, lowest - 0.02) if lowest == lowest else 0.0, 1.005)
    line(middle, daily, "lost", COLOURS[3], "lost", raw=False)
    line(middle, daily, "deferred", COLOURS[1], "bought another", raw=False)
    line(middle, daily, "declined", COLOURS[6], "payment declined", raw=False)
    _title(middle, "", "orders/day")
    middle.set_ylim(bottom=0)
    _above(middle, 2)
    line(right, daily, "days_of_cover", COLOURS[0])
    _title(right, "Stock near consumers", "days of forecast demand")
    right.set_ylim(bottom=0)
    for axes in (left, middle, right):
        _days(axes, daily)
    return figure


def parcels(run: Run) -> Figure:
    """Which modes carry the parcels, and how many come back."""
    daily = run.daily
    figure, (left, right) = panels(2, 3.1)
    modes = [mode for mode in MODE_COLOURS if daily[f"sent_{mode}"].sum() > 0]
    if modes:
        stack(left, daily, [f"sent_{mode}" for mode in modes], modes, [MODE_COLOURS[mode] for mode in modes])
        _above(left, 3)
    _title(left, "", "parcels sent/day")
    back = [mode for mode in MODE_COLOURS if daily[f"returned_{mode}"].sum() > 0]
    if back:
        stack(right, daily, [f"returned_{mode}" for mode in back], back, [MODE_COLOURS[mode] for mode in back])
        _above(right, 3)
    _title(right, "", "packs given back/day")
    for axes in (left, right):
        axes.set_ylim(bottom=0)
        _days(axes, daily)
    return figure


def border(run: Run) -> Figure:
    """What treasuries take, and what waits at customs."""
    daily = run.daily
    figure, (left, right) = panels(2, 3.3)
    names = ("parcel_duty_usd", "bulk_duty_usd", "parcel_vat_usd", "domestic_vat_usd")
    words = ("duty on parcels", "duty on cargo", "VAT on parcels", "VAT on domestic sales")
    stack(left, daily, names, words, [COLOURS[place] for place in (0, 5, 3, 1)])
    left.yaxis.set_major_formatter(EngFormatter(sep=""))
    _title(left, "", "USD/day")
    _above(left, 2)
    line(right, daily, "customs_waiting", COLOURS[4], "in the queues of customs", raw=False)
    line(right, daily, "parcels_waiting", COLOURS[6], "sold, not yet departed", raw=False)
    _title(right, "", "declarations, parcels")
    _above(right, 1)
    for axes in (left, right):
        axes.set_ylim(bottom=0)
        _days(axes, daily)
    return figure


def chain(run: Run) -> Figure:
    """How orders vary along the chain, by steps from the consumer, against their mean."""
    daily = run.daily
    weeks = len(daily) // WEEK
    blocks = daily.iloc[: weeks * WEEK].copy() if weeks > 2 else daily.copy()
    keys = np.arange(len(blocks)) // (WEEK if weeks > 2 else 1)
    figure, (axes, bars) = panels(2, 3.1)
    tiers = [name for name in blocks if str(name).startswith("ordered_tier_")]
    starts = blocks["date"].groupby(keys).first()
    sums = blocks[["units", *tiers]].groupby(keys).sum()
    spread = {}
    words = ["consumers", *(f"tier {str(name)[len('ordered_tier_') :]}" for name in tiers)]
    for name, word, colour in zip(sums, words, COLOURS, strict=False):
        mean = sums[name].mean()
        if mean > 0:
            axes.plot(starts, sums[name] / mean, color=colour, linewidth=1.3, label=word, marker="o", markersize=2)
            spread[word] = (float(sums[name].std(ddof=0)) / mean, colour)
    _title(axes, "", "orders against their mean")
    _above(axes, 3)
    axes.set_ylim(bottom=0)
    _days(axes, daily)
    values = [value for value, _ in spread.values()]
    drawn = bars.bar(list(spread), values, color=[colour for _, colour in spread.values()])
    base = spread.get("consumers", (0.0, ""))[0]
    if base:
        bars.bar_label(drawn, [f"{value / base:.1f} x" for value in values], padding=2, fontsize=8)
    _title(bars, "How far orders vary; x: against consumers", "standard deviation / mean")
    return figure


def money(run: Run) -> Figure:
    """What firms of each kind have in cash, and how sales are spread over sellers."""
    daily = run.daily
    figure, (left, right) = panels(2, 3.4)
    kinds = [str(name)[5:-4] for name in daily if str(name).startswith("cash_")]
    for kind, colour in zip(kinds, COLOURS, strict=True):
        if daily[f"firms_{kind}"].max() > 0:
            line(left, daily, f"cash_{kind}_usd", colour, kind, raw=False)
    left.yaxis.set_major_formatter(EngFormatter(sep=""))
    _title(left, "", "cash, USD")
    _above(left, 4)
    line(right, daily, "hhi", COLOURS[0], "concentration (HHI)", raw=False)
    line(right, daily, "gini", COLOURS[3], "inequality (Gini)", raw=False)
    _title(right, "", "sellers' sales, 0..1")
    right.set_ylim(0, 1)
    _above(right, 2)
    for axes in (left, right):
        _days(axes, daily)
    return figure


def turnover(run: Run) -> Figure:
    """Firms and chains that come and go, and links that are moved."""
    daily = run.daily
    figure, (left, middle, right) = panels(3, 3.0)
    trading = [str(name) for name in daily if str(name).startswith("firms_")]
    _steps(left, daily, daily[trading].sum(axis=1), COLOURS[0], "firms")
    _steps(left, daily, daily["chains_alive"], COLOURS[3], "chains")
    _title(left, "", "trading, alive")
    _steps(middle, daily, daily["entries"].cumsum(), COLOURS[2], "firms came")
    _steps(middle, daily, daily["exits"].cumsum(), COLOURS[3], "firms left")
    _title(middle, "", "so far")
    _steps(right, daily, daily["switched"].cumsum(), COLOURS[0], "links moved")
    _steps(right, daily, daily["chains_rebuilt"].cumsum(), COLOURS[4], "chains rebuilt")
    _title(right, "", "so far")
    for axes in (left, middle, right):
        axes.set_ylim(bottom=0, top=max(axes.get_ylim()[1], 1))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        _above(axes, 2)
        _days(axes, daily)
    return figure


def _steps(axes: Axes, daily: pd.DataFrame, values: Iterable[float], colour: str, label: str) -> None:
    axes.step(daily["date"], list(values), where="post", color=colour, label=label, linewidth=1.5)


def quality(run: Run) -> Figure:
    """How quality is reviewed, and how exchange rates and freight rates have moved."""
    daily = run.daily
    figure, (left, middle, right) = panels(3, 3.0)
    line(left, daily, "rating", COLOURS[2])
    _title(left, "Quality as reviewed so far", "sd")
    rates = daily[[name for name in daily if str(name).startswith("fx_") and name != "fx_gain_usd"]]
    rates = rates / rates.iloc[0]
    farthest = (rates.max() - rates.min()).sort_values(ascending=False, kind="stable").index
    for name in farthest[len(NAMED) :]:
        middle.plot(daily["date"], rates[name], color="#CCCCCC", linewidth=0.8)
    for name, colour in zip(farthest, NAMED, strict=False):
        middle.plot(daily["date"], rates[name], color=colour, label=name[3:], linewidth=1.3)
    _title(middle, "" if len(farthest) else "No currency but the dollar", "per USD, first day = 1")
    if len(farthest):
        _above(middle, 3)
    line(right, daily, "freight_index", COLOURS[1])
    _title(right, "Spot freight rates", "base rate = 1")
    for axes in (left, middle, right):
        _days(axes, daily)
    return figure


def trade(run: Run) -> Figure:
    """The largest flows from where goods are made to where they are sold, by mode."""
    flows = run.flows
    pairs = flows.assign(pair=flows["origin"] + " to " + flows["destination"])
    shares = pairs.pivot_table(index="pair", columns="mode", values="value_usd", aggfunc="sum", fill_value=0.0)
    shares = shares.loc[shares.sum(axis=1).sort_values(ascending=False).index[:TOP_FLOWS]]
    figure, (axes,) = panels(1, 1.2 + 0.32 * max(len(shares), 2), 7.2)
    left = np.zeros(len(shares))
    for mode in (mode for mode in MODE_COLOURS if mode in shares):
        part = shares[mode].to_numpy()
        axes.barh(list(shares.index), part, left=left, color=MODE_COLOURS[mode], label=mode, height=0.7)
        left = left + part
    if len(shares):
        axes.invert_yaxis()
        _above(axes, 6)
    axes.grid(visible=True, axis="x", alpha=0.3)
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.set_xlabel("value of goods sold, USD")
    return figure
