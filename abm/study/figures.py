"""Which figures of the facts a world rests on, and how many of them nobody has verified."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from abm.scenario import Scenario
from abm.scenario.facts import EU, table

PLACES = ("iso2", "dest", "origin", "origin_country", "dest_country", "geo")
PORT = len("CNSHA")
BY_GOODS = ("mfn", "trade_rules")
TABLES = (
    "air_distances", "countries_sources", "demand_facts", "emissions", "fx", "line_haul_modes", "mfn", "peaks",
    "sea_routes", "trade_rules",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """How the figures of one table that concern a world stand; `doubtful` are examples of unverified ones."""

    table: str
    rows: int
    unverified: int
    assumed: int
    doubtful: tuple[str, ...]


def standings(scenario: Scenario) -> list[Standing]:
    """The tables of the facts that a scenario draws on, with how many of their rows are unverified or assumed."""
    found = []
    for name in TABLES:
        rows = list(_concerning(scenario, name))
        worst = [_statuses(row) for row in rows]
        doubtful = [_key(name, row) for row, said in zip(rows, worst, strict=True) if "unverified" in said]
        assumed = sum("assumed" in said and "unverified" not in said for said in worst)
        if rows:
            found.append(Standing(name, len(rows), len(doubtful), assumed, tuple(doubtful)))
    return found


def unverified(scenario: Scenario) -> int:
    """How many figures of the facts, of those that a scenario draws on, are from memory."""
    return sum(one.unverified for one in standings(scenario))


def _statuses(row: dict[str, str]) -> set[str]:
    return {value for column, value in row.items() if column.startswith("status")}


def _concerning(scenario: Scenario, name: str) -> Iterator[dict[str, str]]:
    """The rows that speak of the scenario's countries, goods and days, as far as the table tells them apart."""
    goods, known = {*scenario.category_names, "*"}, {row["category"] for row in table("mfn")}
    if not goods <= {*known, "*"}:
        goods |= known  # a kind of its own bears the duties of one that is known
    for row in table(name):
        if name in BY_GOODS and row["category"] not in goods:
            continue
        if name == "trade_rules" and not _in_force(row, scenario):
            continue
        if _speaks_of(row, set(scenario.countries)):
            yield row


def _speaks_of(row: dict[str, str], countries: set[str]) -> bool:
    """Whether each place that a row names is one of the countries, a port or an airport in one, or no country."""
    if "countries" in row and not set(row["countries"].split()) & countries:
        return False
    for column in PLACES:
        place = row.get(column, "")
        country = place[:2] if len(place) == PORT else place
        members = set(EU) if country == "EU" else {country}
        if country.isupper() and len(country) == len("XX") and not members & countries:
            return False
    return True


def _in_force(row: dict[str, str], scenario: Scenario) -> bool:
    """Whether an import rule may hold on a day of the run."""
    as_of = scenario.law.of(row["dest"])
    first, last = (scenario.first, scenario.end) if as_of == "calendar" else (as_of, as_of)
    return row["from"] <= last.isoformat() and (not row["until"] or row["until"] > first.isoformat())


def _key(name: str, row: dict[str, str]) -> str:
    """A short name of a row."""
    keys = {
        "trade_rules": ("rule", "dest", "channel", "category", "origin"),
        "mfn": ("dest", "category"),
        "fx": ("currency",),
        "demand_facts": ("key", "geo"),
        "countries_sources": ("iso2", "column"),
        "peaks": ("event", "year"),
        "emissions": ("mode", "vehicle", "scope"),
        "line_haul_modes": ("mode", "lane"),
    }.get(name, ("origin", "dest"))
    return " ".join(row[key] for key in keys if row.get(key))
