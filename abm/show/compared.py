"""What a comparison comes to, in words: what was lived, when the worlds part, and by how much measures differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from abm.study.compare import Comparison

HEADLINES: Final[Mapping[str, Sequence[str]]] = MappingProxyType({
    "demand": ("orders", "gmv_usd", "conversion", "surplus", "experienced_surplus", "long_tail_share"),
    "a pack": ("landed_price_usd", "landed_value_usd", "landed_freight_usd", "landed_duty_usd", "landed_vat_usd"),
    "service": ("fill_rate", "delivery_days", "on_time", "days_of_cover", "rating", "refunds_usd"),
    "modes": ("sent_express", "sent_line", "sent_post", "sent_overseas", "sent_bonded", "sent_retail"),
    "border": ("parcel_duty_usd", "bulk_duty_usd", "parcel_vat_usd", "domestic_vat_usd", "customs_waiting"),
    "firms": ("profit_seller_usd", "profit_retailer_usd", "freight_index", "exits", "entries", "switched", "hhi"),
})  # fmt: skip
"""What is printed unless all is asked for."""
WIDE = 160
"""Columns where there is no terminal."""


def number(value: float, sign: str = "") -> str:
    """A number with four digits that count, or all of them before the point; nothing where there is none."""
    if value != value:
        return ""
    if value == 0.0:
        return "0"
    return f"{value:{sign},.0f}" if abs(value) >= 1000 else f"{value:{sign}.4g}"


def sentences(found: Comparison) -> list[str]:
    """What was lived, when the worlds part, of which days effects are means, and what is to be known of them."""
    world, many = found.b, found.seeds > 1
    pairs = f"{found.seeds} pairs, seeds 1 to {found.seeds}" if many else "One pair, seed 1"
    span = f"{world.days:,} days from {world.start} after {world.warmup:,} of warm-up"
    said = [f"{pairs}, the same luck in both worlds; {world.consumers:,} consumers, {span}."]
    if found.parted is None:
        said.append(f"Nothing differs: in every seed, all measures are the same on all {world.days:,} days.")
    else:
        wanted = "then on" if found.asked is None else f"{found.since} on, as asked"
        days = (world.end - found.since).days
        said.append(f"The worlds part on {found.parted}. Effects are means over the {days:,} days from {wanted}.")
    if not many:
        said.append("One seed tells nothing of chance: there is no interval. Ask for more with --seeds.")
    if found.of_one:
        said.append(f"Only one of the worlds has, and nothing is compared of: {', '.join(found.of_one)}.")
    return said


def effects_table(found: Comparison, every: bool = False) -> Table:
    """Effects as a table for a terminal: those that count most in groups, or all."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in ("", "unit"):
        table.add_column(head, no_wrap=True)
    for head in ("A", "B", "B - A", "95% interval", "", "of A", "seeds saved"):
        table.add_column(head, justify="left" if not head else "right", no_wrap=True)
    effects = rows_of(found)
    groups = {"": tuple(effects)} if every else HEADLINES
    for group, names in groups.items():
        if group:
            table.add_row(group, style="dim")
        for name in names:
            if name in effects:
                table.add_row(*cells(name, effects[name]), style="bold" if effects[name]["sure"] else None)
    return table


def show(found: Comparison, every: bool = False) -> None:
    """Print a comparison."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = WIDE
    console.print(f"A  {escape(found.a.title)}\nB  {escape(found.b.title)}\n")
    console.print(escape("\n".join(sentences(found))))
    if every or found.parted is not None:
        console.print("", effects_table(found, every), "", LEGEND, sep="\n")


def rows_of(found: Comparison) -> dict[str, dict[str, Any]]:
    """The effects by measure."""
    rows: Any = found.effects.to_dict("index")
    return dict(rows)


def cells(name: str, effect: Mapping[str, Any]) -> tuple[str, ...]:
    """A row: the measure, its unit, both means, the difference, its interval, a star when it leaves nought out."""
    low, high, change = effect["low"], effect["high"], effect["per_cent"]
    interval = f"{number(low, '+')} to {number(high, '+')}" if low == low else ""
    saved = f"{number(effect['fewer_seeds'])} x" if isfinite(effect["fewer_seeds"]) else ""
    return (
        name,
        effect["unit"],
        number(effect["mean_a"]),
        number(effect["mean_b"]),
        number(effect["difference"], "+"),
        interval,
        "*" if effect["sure"] else "",
        f"{change:+.1f}%" if change == change and effect["difference"] else "",
        saved,
    )


LEGEND = (
    "*: the interval (Student's, of the paired differences) leaves nought out. Seeds saved: how many times more runs "
    "an interval as narrow takes when each run has luck of its own."
)


def as_dict(found: Comparison) -> dict[str, Any]:
    """A comparison as plain values, null where there is none."""
    return {
        "a": found.a.title,
        "b": found.b.title,
        "seeds": found.seeds,
        "start": str(found.b.start),
        "days": found.b.days,
        "consumers": found.b.consumers,
        "parted": found.parted and str(found.parted),
        "since": str(found.since),
        "effects": [
            {"measure": name, **{key: _plain(value) for key, value in row.items()}}
            for name, row in rows_of(found).items()
        ],
    }


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return value if not isinstance(value, float) or isfinite(value) else None
