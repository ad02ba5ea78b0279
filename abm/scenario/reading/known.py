"""Which countries, kinds of goods, passages and laws the facts know, and what names of lanes mean."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from functools import cache
from inspect import isclass
from typing import get_args

from abm import standing
from abm.columns import Table
from abm.scenario.facts import table
from abm.scenario.schema.fields import Haul, Kind, Mode

WAYS = (*get_args(Mode), *get_args(Haul))
CODES = {"kind": get_args(Kind), "mode": get_args(Mode), "haul": WAYS}
"""What the codes of a column are called."""
BITS = {"passage": "passages"}
"""Columns in which every bit stands for a row of a table."""
TABLES: dict[str, type[Table]] = {
    name.lower(): kind
    for name, kind in vars(standing).items()
    if isclass(kind) and issubclass(kind, Table) and kind is not Table
}
"""The standing tables by name, as the world has them; read here so that checking a file loads no kernel."""


def listed(words: Iterable[str]) -> str:
    """Words in a row, or that there are none."""
    return ", ".join(words) or "none, as the scenario has none"


@cache
def known_countries() -> tuple[str, ...]:
    """The countries of which the facts know income, shoppers and customs."""
    return tuple(row["iso2"] for row in table("countries"))


@cache
def known_categories() -> tuple[str, ...]:
    """The kinds of goods of which the facts know the duties."""
    return tuple(sorted({row["category"] for row in table("mfn")}))


@cache
def known_passages() -> tuple[str, ...]:
    """The canals and straits that sea routes name, alphabetically."""
    routes = table("sea_routes")
    ways = [row[column] for row in routes for column in row if column.startswith("via")]
    return tuple(sorted({passage for way in ways for passage in way.split("/") if passage}))


@cache
def law_currency(dest: str) -> str:
    """The currency in which a country's import law counts; blank where the facts have no law."""
    return next((row["currency"] for row in table("trade_rules") if row["dest"] == dest), "")


def lane_parts(name: str, countries: Collection[str]) -> tuple[str, str, str] | None:
    """Origin, destination and way of carriage of a lane's name, None when it is no such name."""
    parts = name.split("-")
    if len(parts) != 3 or parts[0] not in countries or parts[1] not in countries or parts[2] not in WAYS:
        return None
    return parts[0], parts[1], parts[2]


@cache
def law_begins(dest: str) -> date | None:
    """The first day of which the facts know a country's import law; None where they have no law."""
    days = [row["from"] for row in table("trade_rules") if row["dest"] == dest]
    return date.fromisoformat(min(days)) if days else None
