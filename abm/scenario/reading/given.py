"""Whether every key of a scenario is known and holds what it may hold, each one by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from abm.scenario.reading.errors import MISSING
from abm.scenario.reading.known import known_categories
from abm.scenario.reading.merge import Merged, plain
from abm.scenario.schema import SCHEMA, Scenario
from abm.scenario.schema.describe import Place, admissible_at, names_at
from abm.scenario.schema.kinds import as_roles

PASSES = 20
Wrong = tuple[Place, str, Any]  # where, how, what was given


@dataclass
class Reading:
    """What of a scenario could be read, so that it can be checked against itself.

    `spoilt` names the keys of the file in which something could not be read, `rows` where the entries that are left of
    each list stood.
    """

    merged: Merged
    scenario: Scenario
    spoilt: set[str] = field(default_factory=set)
    rows: dict[str, list[int]] = field(default_factory=dict)

    def entries(self, key: str) -> list[tuple[Place, Any]]:
        """The entries of a list that could be read, each with its place in the file."""
        return [((key, row), entry) for row, entry in zip(self.rows[key], getattr(self.scenario, key), strict=True)]

    def written(self, key: str) -> tuple[str, ...]:
        """Names that the file gives to the entries of a list or a table, whether they could be read or not."""
        held = self.merged.says.get(key)
        if isinstance(held, dict):
            return tuple(held)
        entries = held if isinstance(held, list) else []
        return tuple(str(entry["name"]) for entry in entries if isinstance(entry, dict) and "name" in entry)

    @property
    def countries(self) -> tuple[str, ...]:
        """The countries of the world, in the order of the file."""
        return self.written("countries")

    @property
    def categories(self) -> tuple[str, ...]:
        """The kinds of goods of the world, and those that chains which could not be read may have meant."""
        found = {*self.written("categories"), *self.scenario.category_names}
        return tuple(sorted({*found, *known_categories()} if "chains" in self.spoilt else found))

    def complain(self, place: Place, given: object, admissible: str, among: Iterable[str] = ()) -> None:
        """Note an error at a place of the file."""
        self.merged.complain(place, given, admissible, among)


def read(merged: Merged) -> Reading | None:
    """Read the keys one by one; what is wrong is noted and left out, until the rest can be read."""
    says: dict[str, Any] = plain(merged.says)
    as_roles(says)
    spoilt: set[str] = set()
    if says.setdefault("schema", SCHEMA) and "schema" not in merged.says:
        merged.complain(("schema",), MISSING, admissible_at(("schema",)))
    for attempt in range(PASSES):
        rows = {key: _rows(value) for key, value in says.items() if isinstance(value, list)}
        kept = {key: [value[row] for row in rows[key]] if key in rows else value for key, value in says.items()}
        try:
            scenario = Scenario.model_validate(kept)
        except ValidationError as error:
            wrong = _outermost([(_place(item["loc"], rows), item["type"], item["input"]) for item in error.errors()])
        else:
            return Reading(merged, scenario, spoilt, {key: rows.get(key, []) for key in Scenario.model_fields})
        for place, kind, given in wrong:
            if attempt == 0:
                _complain(merged, place, kind, given)
            spoilt.add(str(place[0]))
            _drop(says, place[:-1] if kind == "missing" else place)
    return None


def _outermost(wrong: list[Wrong]) -> list[Wrong]:
    """Without lists that are too short only because their entries could not be read."""
    inner = {place[:-1] for place, _, _ in wrong}
    return [item for item in wrong if item[1] != "too_short" or item[0] not in inner]


def _rows(entries: list[Any]) -> list[int]:
    return [row for row, entry in enumerate(entries) if entry is not MISSING]


def _place(location: Place, rows: dict[str, list[int]]) -> Place:
    """Where an error stands in the file as it was written, before anything was left out."""
    if len(location) > 1 and isinstance(location[1], int):
        return (location[0], rows[str(location[0])][location[1]], *location[2:])
    return location


def _complain(merged: Merged, place: Place, kind: str, given: object) -> None:
    words = admissible_at(place)
    if kind == "missing":
        merged.complain(place, MISSING, words)
    elif kind == "extra_forbidden":
        known = names_at(place[:-1])
        merged.complain(place, place[-1], f"one of the keys {', '.join(known)}", known)
    else:
        merged.complain(place, given, words, words.split(", "))


def _drop(says: Any, place: Place) -> None:
    """Leave out what stands at a place: of a list of plain values the whole, of a list of tables the entry."""
    deep = next((depth for depth, part in enumerate(place) if isinstance(part, int) and depth > 1), len(place))
    *way, last = place[:deep]
    for part in way:
        says = says.get(part, MISSING) if isinstance(says, dict) else says[part]
        if says is MISSING:  # with something around it
            return
    if isinstance(last, int):
        says[last] = MISSING
    else:
        says.pop(last, None)
