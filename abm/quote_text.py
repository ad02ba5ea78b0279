"""How a quote is shown: a waterfall from goods to landed price as text, or plain values for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from abm.quote import Line, Quote


def as_text(result: Quote) -> str:
    """A waterfall: each part with its amount, rule, status, what it follows from and the source."""
    asked, money = result.asked, result.currency
    made = "" if asked.goods_origin == asked.origin else f", made in {asked.goods_origin}"
    head = f"{asked.origin} to {asked.dest}{made}: {asked.category} by {asked.mode} ({asked.channel}) on {asked.date}"
    rows: list[tuple[str, ...]] = [("", money, "USD", "rule", "status", "from")]
    rows += [_row(line) for line in result.lines]
    rows.append(("landed", f"{result.total:,.2f}", f"{result.total_usd:,.2f}", "", "", ""))
    low, high = result.days
    return "\n".join([head, *_table(rows, right=(1, 2)), f"{low:g}-{high:g} days", *result.remarks])


def comparison_text(results: Sequence[Quote]) -> str:
    """One line per mode, the cheapest marked; parts in USD."""
    labels = list(dict.fromkeys(line.label for result in results for line in result.lines))
    cheapest = min(result.total_usd for result in results)
    rows: list[tuple[str, ...]] = [("mode", "days", *labels, "landed USD", "rule", "")]
    for result in results:
        usd = {line.label: f"{line.usd:,.2f}" for line in result.lines}
        days = f"{result.days[0]:g}-{result.days[1]:g}"
        mark = "cheapest" if result.total_usd == cheapest else ""
        parts = (usd.get(label, "") for label in labels)
        rows.append((result.asked.mode, days, *parts, f"{result.total_usd:,.2f}", result.rule, mark))
    remarks = dict.fromkeys(remark for result in results for remark in result.remarks)
    return "\n".join([*_table(rows, right=range(1, len(labels) + 3)), *remarks])


def as_dict(result: Quote) -> dict[str, Any]:
    """The quote as plain values for JSON: amounts as numbers, days as text."""
    asked = result.asked
    names = ("origin", "dest", "goods_origin", "category", "currency", "mode", "channel", "units", "item_types")
    return {
        "asked": {name: getattr(asked, name) for name in names}
        | {"price": float(asked.price), "kg": float(asked.kg), "date": asked.date.isoformat()},
        "currency": result.currency,
        "rule": result.rule,
        "lines": [_values(line) for line in result.lines],
        "total": float(result.total),
        "total_usd": float(result.total_usd),
        "recoverable_vat": result.recoverable_vat,
        "days": list(result.days),
        "remarks": list(result.remarks),
    }


def comparison_dict(results: Sequence[Quote]) -> dict[str, Any]:
    """Quotes by mode, and the cheapest."""
    cheapest = min(results, key=lambda result: result.total_usd)
    return {"modes": {result.asked.mode: as_dict(result) for result in results}, "cheapest": cheapest.asked.mode}


def _values(line: Line) -> dict[str, Any]:
    texts = {name: getattr(line, name) for name in ("label", "currency", "rule", "status", "note", "source")}
    return texts | {"amount": float(line.amount), "usd": float(line.usd)}


def _row(line: Line) -> tuple[str, ...]:
    follows = line.note + (f" [{line.source}]" if line.source else "")
    return line.label, f"{line.amount:,.2f}", f"{line.usd:,.2f}", line.rule, line.status, follows


def _table(rows: Sequence[Sequence[str]], right: Sequence[int]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            text.rjust(width) if place in right else text.ljust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
