"""What each edition of the list of keys changed, so that a file of an older one can be told what to mend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SCHEMA: Final = 1
CHANGED: Final[Mapping[int, tuple[str, ...]]] = {
    1: ("give the edition in a key of its own: schema = 1", "say start as a date, and spans of time in whole days"),
}
"""For each edition what a file of the one before must change, in words of the file."""


def remedy(given: object) -> str:
    """What to do about a file that gives this edition."""
    if isinstance(given, bool) or not isinstance(given, int):
        return "the number of an edition"
    if given > SCHEMA:
        return "a newer edition needs a newer entrepot"
    steps = [step for edition in range(max(given, 0) + 1, SCHEMA + 1) for step in CHANGED.get(edition, ())]
    return "; ".join([f"to bring the file from edition {given} to {SCHEMA}", *steps])
