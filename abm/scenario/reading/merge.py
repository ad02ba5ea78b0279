"""How one scenario file changes another: tables merge, entries merge by name, lists of plain values are replaced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

from abm.scenario.reading.errors import Problem, meant, path_to, said
from abm.scenario.schema.describe import Place


@dataclass(frozen=True, slots=True)
class Layer:
    """What one file says, the words by which errors call it, and the folder it lies in."""

    label: str
    says: Mapping[str, Any]
    folder: Path


def plain(value: Any) -> Any:
    """A copy of tables and lists, all the way down."""
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


@dataclass
class Merged:
    """What several layers say together, which of them said what, and what is wrong with it."""

    says: dict[str, Any] = field(default_factory=dict)
    owners: dict[Place, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def owner(self, place: Place) -> str:
        """The file that said what stands at a place, or the nearest table around it; the last file for the whole."""
        return next(
            self.owners[place[:length]] for length in range(len(place), -1, -1) if place[:length] in self.owners
        )

    def complain(self, place: Place, given: object, admissible: str, among: Iterable[str] = ()) -> None:
        """Note an error at a place; `among` are the words of which one may have been meant."""
        key = path_to(self.says, place)
        self.problems.append(Problem(self.owner(place), key, said(given), admissible, meant(given, among)))

    def add(self, layer: Layer) -> None:
        """Let a layer speak over what was said so far."""
        self.owners[()] = layer.label
        self._table(self.says, layer.says, (), layer.label)

    def _table(self, base: dict[str, Any], over: Mapping[str, Any], place: Place, label: str) -> None:
        if "rule" in over and base.get("rule") != over["rule"]:
            base.clear()  # the parameters of another rule mean nothing here
        for key, value in over.items():
            here = (*place, key)
            before = base.get(key)
            if isinstance(before, dict) and isinstance(value, Mapping):
                self._table(before, value, here, label)
            elif _entries(before) and _entries(value):
                self._entries(before, value, here, label)
            elif _entries(before) and isinstance(value, Mapping):
                self._by_name(before, value, here, label)
            else:
                base[key] = plain(value)
                self._claim(here, label)

    def _entries(self, base: list[Any], over: Sequence[Any], place: Place, label: str) -> None:
        known = _rows(base)
        for entry in over:
            name = entry.get("name")
            row = known.pop(name, None) if isinstance(name, str) else None  # a name given twice is left to be refused
            if row is None:
                base.append(plain(entry))
                self._claim((*place, len(base) - 1), label)
            else:
                self._table(base[row], entry, (*place, row), label)

    def _by_name(self, base: list[Any], over: Mapping[str, Any], place: Place, label: str) -> None:
        known = _rows(base)
        for name, entry in over.items():
            if name in known and isinstance(entry, Mapping):
                self._table(base[known[name]], entry, (*place, known[name]), label)
            else:
                words = f"a table for one of {', '.join(known) or 'its entries, none of which has a name'}"
                key = path_to(self.says, (*place, name))
                self.problems.append(Problem(label, key, said(entry), words, meant(name, known)))

    def _claim(self, place: Place, label: str) -> None:
        for inner in [key for key in self.owners if key[: len(place)] == place]:
            del self.owners[inner]
        self.owners[place] = label


def _entries(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, Mapping) for entry in value)


def _rows(entries: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {entry["name"]: row for row, entry in enumerate(entries) if isinstance(entry.get("name"), str)}
