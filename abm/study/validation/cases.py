"""How files of cases are read: each case checked against its family, and all that is wrong told at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from abm.scenario.reading.errors import MISSING, Problem, ScenarioError, meant, path_to, said
from abm.scenario.reading.loading import label, read_toml
from abm.study.validation.families import FAMILIES
from abm.study.validation.family import Family
from abm.study.validation.inputs import names_of

FOLDER = Path(__file__).parent / "cases"
"""Where the cases lie that come along."""
KINDS = ("exact", "statistical", "slow")
OWN = ("family", "name", "source", "expected", "tolerance", "kind", "band")
TOLERANCE = 1e-9
Band = tuple[float, float]


@dataclass(frozen=True)
class Case:
    """One case as it was read: what is given to its family, and what is expected of what it finds.

    `band` by quantity; under "" where it was given for the only quantity.
    """

    topic: str
    name: str
    family: str
    inputs: Family
    source: str = ""
    kind: str = "exact"
    expected: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    tolerance: float = TOLERANCE
    band: Mapping[str, Band] = field(default_factory=dict)


def built_in() -> list[Case]:
    """The cases that come along, file by file."""
    return [case for path in sorted(FOLDER.glob("*.toml")) for case in read(path)]


def texts(path: Path) -> list[str]:
    """The cases of a file as they are written."""
    parts = re.split(r"^(?=\[\[case\]\])", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [part.strip() for part in parts[1:]]


def read(path: Path) -> list[Case]:
    """Read the cases of a file.

    Raises:
        ScenarioError: everything that is wrong with them, each with its place and what is admissible.
    """
    says = read_toml(path)
    file = Reading(label(path), path.stem, says)
    cases = list(file.cases())
    if file.problems:
        raise ScenarioError(file.problems)
    return cases


class Reading:
    """A file of cases while it is read, with what was found to be wrong."""

    def __init__(self, file: str, stem: str, says: Mapping[str, Any]) -> None:
        self.file, self.stem, self.says = file, stem, says
        self.problems: list[Problem] = []

    def complain(self, place: tuple[int | str, ...], given: object, admissible: str, hint: str = "") -> None:
        """Note what is wrong at a place of the file, once: what may be written in several ways fails in each."""
        where = path_to(self.says, place)
        if all(problem.key != where for problem in self.problems):
            self.problems.append(Problem(self.file, where, said(given), admissible, hint))

    def cases(self) -> Iterator[Case]:
        """The cases that can be read."""
        for key in self.says:
            if key != "case":
                self.complain((key,), key, "nothing but tables [[case]]", meant(key, ["case"]))
        entries = self.says.get("case", MISSING)
        if not isinstance(entries, list) or not entries or not all(isinstance(one, dict) for one in entries):
            self.complain(("case",), entries, "tables [[case]], at least one")
            return
        for number, says in enumerate(entries):
            case = self.case(number, says)
            if case is not None:
                yield case

    def case(self, number: int, says: Mapping[str, Any]) -> Case | None:
        """One case, if it can be read."""
        before, place = len(self.problems), ("case", number)
        name = self.text(place, says, "name", f"case {number + 1}")
        source = self.text(place, says, "source", "")
        kind, tolerance = says.get("kind", "exact"), says.get("tolerance", TOLERANCE)
        if kind not in KINDS:
            self.complain((*place, "kind"), kind, f"one of {', '.join(KINDS)}", meant(kind, KINDS))
        if not _number(tolerance) or tolerance < 0:
            self.complain((*place, "tolerance"), tolerance, "a number, at least 0")
        expected, band = self.expected(place, says), self.band(place, says)
        family = says.get("family", MISSING)
        if not isinstance(family, str) or family not in FAMILIES:
            words = f"one of the families {', '.join(FAMILIES)}"
            self.complain((*place, "family"), family, words, meant(family, FAMILIES))
            return None
        known = FAMILIES[family].finds
        for key, quantities in (("expected", expected), ("band", band)):
            for quantity in quantities if known else ():
                if quantity and quantity not in known:
                    words = f"one of the quantities {', '.join(known)}"
                    self.complain((*place, key, quantity), quantity, words, meant(quantity, known))
        inputs = self.inputs(place, says, family)
        if inputs is None or len(self.problems) > before:
            return None
        return Case(self.stem, name, family, inputs, source, kind, expected, float(tolerance), band)

    def text(self, place: tuple[int | str, ...], says: Mapping[str, Any], key: str, usual: str) -> str:
        """What a case says in words."""
        value = says.get(key, usual)
        if not isinstance(value, str):
            self.complain((*place, key), value, "a text")
        return str(value)

    def expected(self, place: tuple[int | str, ...], says: Mapping[str, Any]) -> dict[str, NDArray[np.float64]]:
        """The quantities expected, each a number or a list of any depth."""
        found, given = {}, says.get("expected", {})
        if not isinstance(given, dict):
            self.complain((*place, "expected"), given, "a table of quantities, as in { prices = [1.5, 2] }")
            return {}
        for quantity, value in given.items():
            numbers = _numbers(value)
            if numbers is None:
                self.complain((*place, "expected", quantity), value, "a finite number, or a list of them")
            else:
                found[quantity] = numbers
        return found

    def band(self, place: tuple[int | str, ...], says: Mapping[str, Any]) -> dict[str, Band]:
        """The bands by quantity."""
        given = says.get("band", {})
        bands, found = given if isinstance(given, dict) else {"": given}, {}
        for quantity, pair in bands.items():
            numbers = _numbers(pair)
            if numbers is None or numbers.shape != (2,) or numbers[0] > numbers[1]:
                self.complain((*place, "band", *([quantity] if quantity else [])), pair, "[lowest, highest]")
            else:
                found[quantity] = (float(numbers[0]), float(numbers[1]))
        return found

    def inputs(self, place: tuple[int | str, ...], says: Mapping[str, Any], family: str) -> Family | None:
        """What a case gives to its family, under the names of its fields."""
        kind, data = FAMILIES[family], {}
        names = names_of(kind)
        spoken: dict[str, str] = {}
        for key, value in says.items():
            if key in OWN:
                continue
            if key not in names:
                words = f"one of the inputs {', '.join(kind.model_fields)}, or of {', '.join(OWN)}"
                self.complain((*place, key), key, words, meant(key, [*names, *OWN]))
            elif names[key] in spoken:
                self.complain((*place, key), value, f"one of {key} and {spoken[names[key]]}, which mean the same")
            else:
                spoken[names[key]], data[names[key]] = key, value
        try:
            return kind.model_validate(data)
        except ValidationError as error:
            for wrong in error.errors():
                self.refuse(place, spoken, kind, wrong)
        return None

    def refuse(
        self, place: tuple[int | str, ...], spoken: Mapping[str, str], kind: type[Family], wrong: Mapping[str, Any]
    ) -> None:
        """Note an input that its family does not take."""
        location, given = wrong["loc"], wrong["input"]
        message = str(wrong["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
        if not location:
            self.complain(place, {key: self.at(place)[key] for key in spoken.values()}, message)
            return
        first = str(location[0])
        said_there = (
            spoken.get(first, first),
            *self.inside((*place, spoken.get(first, first)), location[1:], wrong["type"] == "missing"),
        )
        told = kind.model_fields[first].description if first in kind.model_fields else None
        if wrong["type"] == "missing":
            self.complain((*place, *said_there), MISSING, told or "a value")
        elif wrong["type"] == "extra_forbidden":
            keys = _keys(kind.model_fields[first].annotation)
            hint = meant(location[-1], keys)
            self.complain((*place, *said_there), location[-1], f"one of the keys {', '.join(keys)}", hint)
        else:
            self.complain((*place, *said_there), given, f"{message} ({told})" if told else message)

    def at(self, place: tuple[int | str, ...]) -> Any:
        """What the file says at a place."""
        found: Any = self.says
        for part in place:
            found = found[part]
        return found

    def inside(
        self, place: tuple[int | str, ...], location: tuple[int | str, ...], absent: bool
    ) -> Iterator[int | str]:
        """The parts of a location that lead somewhere in the file, or to what is absent; others name what was tried."""
        held = self.at(place) if location else None
        for part in location:
            if isinstance(held, list) and isinstance(part, int) and part < len(held):
                held = held[part]
                yield part
            elif isinstance(held, dict) and isinstance(part, str) and (part in held or absent):
                held = held.get(part)
                yield part


def _keys(annotation: Any) -> list[str]:
    """The keys of the table that a field holds, wherever it stands in its type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return list(annotation.model_fields)
    return [key for inner in get_args(annotation) for key in _keys(inner)]


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")


def _numbers(value: Any) -> NDArray[np.float64] | None:
    """A finite number, or lists of them of equal length, as an array; None for anything else."""
    if not (_number(value) or (isinstance(value, list) and value and all(_numbers(one) is not None for one in value))):
        return None
    try:
        return np.asarray(value, np.float64)
    except ValueError:
        return None
