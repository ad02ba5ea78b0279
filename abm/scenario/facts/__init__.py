"""The real figures that worlds are built from, each read, computed, unverified or assumed; SOURCES.md says whose."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from io import StringIO

EU = ("DE", "FR", "NL", "PL", "ES", "IT")
"""The members of the customs union that the facts know."""
STATUSES = ("read", "computed", "unverified", "assumed")


@cache
def table(name: str) -> list[dict[str, str]]:
    """Rows of `name`.csv as text, in the order of the file; one list for all callers, which must not change it."""
    text = (files(__name__) / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(StringIO(text, newline="")))


def names() -> list[str]:
    """Names of all tables, in alphabetical order."""
    return sorted(entry.name.removesuffix(".csv") for entry in files(__name__).iterdir() if entry.name.endswith(".csv"))


def weakest(*statuses: str) -> str:
    """The status of a figure made from others: read < computed < unverified < assumed; inputs of the user have none."""
    known = [status for status in statuses if status in STATUSES]
    return max(known, key=STATUSES.index) if known else ""
