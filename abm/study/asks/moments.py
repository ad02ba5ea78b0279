"""Moments: published figures with their bands, and what daily measures of a market make of them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

TARGETED, UNTARGETED = "targeted", "untargeted"


@dataclass(frozen=True)
class Moment:
    """A published figure: its band, where it stands, its status, and of which daily measures it is the sum.

    A moment without measures is read off otherwise, and no study can meet it.
    """

    name: str
    published: str
    status: str
    role: str
    low: float
    high: float
    of: Mapping[str, float]
    weight: float = 1.0

    @property
    def target(self) -> float:
        """The middle of the band."""
        return (self.low + self.high) / 2.0

    @property
    def scale(self) -> float:
        """Half of the band: how far off counts as one."""
        return (self.high - self.low) / 2.0


@cache
def moments() -> Mapping[str, Moment]:
    """All published figures by name, in the order of the file."""
    text = (files("abm.scenario.facts") / "moments.toml").read_text(encoding="utf-8")
    found = {}
    for row in tomllib.loads(text)["moments"]:
        low, high = row["band"]
        found[row["name"]] = Moment(
            row["name"], row["published"], row["status"], row["role"], low, high, row.get("of", {})
        )
    return found
