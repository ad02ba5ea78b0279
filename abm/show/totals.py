"""How a run's totals are drawn: who earned, what a pack cost, how long parcels took, who supplies whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, MaxNLocator, PercentFormatter

from abm.show.plots import COLOURS, MODE_COLOURS, TOP_FLOWS, panels

if TYPE_CHECKING:
    import pandas as pd

    from abm.study.run import Run

TAXES = ("parcel_duty_usd", "bulk_duty_usd", "parcel_vat_usd", "domestic_vat_usd")
PARTS = {"value": "goods", "freight": "freight", "duty": "duty", "vat": "VAT", "handling": "handling"}
CHAINS_SHOWN, FIRMS_SHOWN = 14, 34
LONGEST_NAME = 22
SHARED = LinearSegmentedColormap.from_list("shared", ["#DCE6F0", COLOURS[0]])


def _sideways(axes: Axes, unit: str) -> None:
    axes.grid(visible=True, axis="x", alpha=0.3)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(unit)
    axes.margins(x=0.16)


def earners(run: Run) -> Figure:
    """What each kind of firm kept of what it took in, what treasuries took, and how far that is of what was paid."""
    daily = run.daily
    kept: dict[str, float] = {}
    for name in (str(name) for name in daily if str(name).startswith("net_")):
        kind = name[4:-4]
        if daily[f"firms_{kind}"].max() > 0:
            kept[f"{kind}s"] = float(daily[name].iloc[-1] - daily[name].iloc[0])
    kept["treasuries"] = float(daily[list(TAXES)].to_numpy().sum())
    ranked = sorted(kept.items(), key=lambda item: item[1])
    figure, (left, right) = panels(2, 1.2 + 0.26 * len(ranked))
    paid = float(daily["gmv_usd"].sum())
    colours = [
        COLOURS[3] if value < 0 else COLOURS[1] if name == "treasuries" else COLOURS[0] for name, value in ranked
    ]
    for axes, scale, unit in ((left, 1.0, "cash in less cash out, USD"), (right, paid, "of what consumers paid")):
        values = [value / scale if scale else 0.0 for _, value in ranked]
        bars = axes.barh([name for name, _ in ranked], values, color=colours, height=0.7)
        form = EngFormatter(sep="") if axes is left else PercentFormatter(1.0, decimals=1)
        written = EngFormatter(sep="", places=0) if axes is left else "{:.1%}".format
        axes.bar_label(bars, [written(value) for value in values], padding=3, fontsize=8)
        axes.xaxis.set_major_formatter(form)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.axvline(0, color="#444444", linewidth=0.8)
        _sideways(axes, unit)
    right.set_yticklabels([])
    return figure


def waterfall(run: Run) -> Figure:
    """From the list price of a pack to what was paid for it, step by step; the mean over all that were sold."""
    daily = run.daily
    units = float(daily["units"].sum())

    def mean(name: str) -> float:
        return float((daily[name].fillna(0.0) * daily["units"]).sum()) / units if units else 0.0

    steps = [(word, mean(f"landed_{part}_usd")) for part, word in PARTS.items()]
    steps += [("coupons", -mean("coupon_usd")), ("left for\nthe door", -mean("landed_door_usd"))]
    figure, (axes,) = panels(1, 3.0, 7.2)
    level = 0.0
    for place, (word, value) in enumerate(steps):
        colour = COLOURS[0] if place == 0 else COLOURS[2] if value < 0 else COLOURS[1]
        axes.bar(word, value, bottom=level, color=colour, width=0.62)
        axes.text(
            place, max(level, level + value), f"{round(value, 2) + 0.0:.2f}", ha="center", va="bottom", fontsize=8
        )
        axes.plot([place + 0.31, place + 0.69], [level + value] * 2, color="#777777", linewidth=0.8)
        level += value
    axes.bar("paid", level, color=COLOURS[0], width=0.62)
    axes.text(len(steps), level, f"{level:.2f}", ha="center", va="bottom", fontsize=8)
    axes.set_ylabel("USD/pack")
    axes.set_ylim(0, max(1.12 * level, 1.0))
    return figure


def durations(run: Run) -> Figure:
    """How the days from order to door are spread, for each fulfilment mode."""
    found = run.deliveries
    modes = [mode for mode in MODE_COLOURS if (found["mode"] == mode).any()]
    figure, (axes,) = panels(1, 1.1 + 0.55 * max(len(modes), 1), 8.4)
    last = 1.0
    for place, mode in enumerate(reversed(modes)):
        mine = found[found["mode"] == mode].sort_values("days")
        counts, days = mine["parcels"].to_numpy(), mine["days"].to_numpy()
        tall = 0.85 * counts / counts.max()
        axes.bar(days, tall, bottom=place, width=0.9, color=MODE_COLOURS[mode])
        share = np.cumsum(counts) / counts.sum()
        middle, late = (int(days[np.searchsorted(share, part)]) for part in (0.5, 0.95))
        last = max(last, float(days[np.searchsorted(share, 0.995)]))
        axes.plot([middle] * 2, [place, place + 0.85], color="black", linewidth=1.2)
        axes.annotate(f"half in {middle}, 95% in {late} days; {counts.sum():,} parcels", (1, place + 0.45),
                      xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points", fontsize=8,
                      va="center", annotation_clip=False)  # fmt: skip
    axes.set_yticks([place + 0.4 for place in range(len(modes))], [*reversed(modes)])
    axes.set_xlim(0, last + 2)
    axes.set_ylim(0, max(len(modes), 1))
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x", alpha=0.3)
    axes.set_xlabel("days from order to door")
    return figure


def lanes(run: Run) -> Figure:
    """The ways on which most parcels were ordered, from where goods are made to where they are sold, by mode."""
    flows = run.flows
    pairs = flows.assign(pair=flows["origin"] + " to " + flows["destination"])
    table = pairs.pivot_table(index="pair", columns="mode", values="parcels", aggfunc="sum", fill_value=0)
    table = table.loc[table.sum(axis=1).sort_values(ascending=False).index[:TOP_FLOWS]]
    modes = [mode for mode in MODE_COLOURS if mode in table]
    figure, (left, right) = panels(2, 1.4 + 0.3 * max(len(table), 2))
    _bars(left, table, modes, "parcels ordered")
    total = table.sum(axis=1).to_numpy()[:, None]
    _bars(right, table / np.maximum(total, 1), modes, "share of the way's parcels")
    right.set_yticklabels([])
    for place, count in enumerate(total[:, 0].tolist()):
        left.text(count, place, f" {count:,}", va="center", fontsize=8)
    left.margins(x=0.12)
    left.xaxis.set_major_formatter(EngFormatter(sep=""))
    right.xaxis.set_major_formatter(PercentFormatter(1.0))
    if modes:
        left.legend(loc="lower left", bbox_to_anchor=(0, 1.02), ncols=6, borderaxespad=0, handlelength=1.2)
    return figure


def _bars(axes: Axes, table: pd.DataFrame, modes: list[str], unit: str) -> None:
    left = np.zeros(len(table))
    for mode in modes:
        part = table[mode].to_numpy(float)
        axes.barh(list(table.index), part, left=left, color=MODE_COLOURS[mode], label=mode, height=0.7)
        left = left + part
    axes.invert_yaxis()
    _sideways(axes, unit)
    axes.margins(x=0.02)


def network(run: Run) -> Figure:
    """Who supplies whom in the chains that sell most; a firm is the darker, the more chains it stands in."""
    import networkx as nx

    graph, tiers = _graph(run)
    figure, (axes,) = panels(1, 1.2 + 0.3 * max([len(column) for column in tiers.values()] or [1]), 10.4)
    axes.set_xlabel("from raw material to who sells")
    axes.set_yticks([])
    axes.set_xticks([])
    axes.grid(visible=False)
    axes.spines[["left", "bottom"]].set_visible(False)
    deep = max(tiers, default=1)
    where = {
        firm: (deep - tier, (row + 0.5) / len(column))
        for tier, column in tiers.items()
        for row, firm in enumerate(column)
    }
    shared = run.firms.set_index("firm")["chains"].to_dict()
    most = max([shared.get(firm, 1) for firm in graph] or [2])
    scale = Normalize(1, max(most, 2))
    wide = {pair: graph.edges[pair]["chains"] for pair in graph.edges}
    nx.draw_networkx_edges(graph, where, ax=axes, arrows=False, edge_color="#9AA5B1",
                           width=[0.6 + 0.5 * count for count in wide.values()])  # fmt: skip
    for firm, (x, y) in where.items():
        count = shared.get(firm, 1)
        dark = scale(count) > 0.55
        box = {"boxstyle": "round,pad=0.25", "facecolor": SHARED(scale(count)), "edgecolor": "none"}
        colour = "white" if dark else "black"
        axes.text(x, y, _short(firm), ha="center", va="center", fontsize=7.5, color=colour, bbox=box)
    axes.set_xlim(-0.6, deep - 0.4)
    axes.set_ylim(0, 1)
    if where:
        bar = figure.colorbar(ScalarMappable(scale, SHARED), ax=axes, shrink=0.5, pad=0.01)
        bar.set_label("chains in which a firm stands")
        bar.locator = MaxNLocator(integer=True, nbins=5)
    return figure


def _graph(run: Run) -> tuple[Any, dict[int, list[str]]]:
    """Firms of the chains that sell most, joined as they supply each other, and the firms of each step, in order."""
    import networkx as nx

    graph = nx.DiGraph()
    step: dict[str, int] = {}
    links: Counter[tuple[str, str]] = Counter()
    chains = run.chains[run.chains["alive"]].sort_values(["sales", "chain"], ascending=[False, True])
    for line in chains["members"].head(CHAINS_SHOWN):
        tiers = [tier.split(" + ") for tier in line.split(" < ") if tier]
        if len({*step, *(firm for tier in tiers for firm in tier)}) > FIRMS_SHOWN:
            break
        for place, tier in enumerate(tiers):
            for firm in tier:
                step[firm] = max(step.get(firm, 0), place + 1)
        links.update((maker, buyer) for near, far in pairwise(tiers) for maker in far for buyer in near)
    graph.add_nodes_from(step)
    graph.add_edges_from((maker, buyer, {"chains": count}) for (maker, buyer), count in links.items())
    columns: dict[int, list[str]] = defaultdict(list)
    height: dict[str, float] = {}
    for tier in range(1, max(step.values(), default=0) + 1):
        mine = sorted(firm for firm, at in step.items() if at == tier)
        mine.sort(key=lambda firm: _mean([height[buyer] for buyer in graph.successors(firm) if buyer in height]))
        columns[tier] = mine
        height.update({firm: (row + 0.5) / len(mine) for row, firm in enumerate(mine)})
    return graph, columns


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.5


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 3] + "..."
