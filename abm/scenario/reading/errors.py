"""How a scenario is refused: every error of it at once, each with its place, what was given and what is admissible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Any

MISSING = object()
LONGEST = 70


def said(value: object) -> str:
    """A value as a scenario file would have it, shortened."""
    if value is MISSING:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        text = f'"{value}"'
    elif isinstance(value, date):
        text = value.isoformat()
    elif isinstance(value, Mapping):
        text = "{ " + ", ".join(f"{key} = {said(inner)}" for key, inner in value.items()) + " }"
    elif isinstance(value, (list, tuple)):
        text = "[" + ", ".join(map(said, value)) + "]"
    else:
        text = str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def meant(given: object, words: Iterable[str]) -> str:
    """The admissible word that was probably meant, or nothing."""
    known = {word.lower(): word for word in words}
    near = get_close_matches(str(given).lower(), known, n=1) if isinstance(given, str) else []
    return known[near[0]] if near else ""


def path_to(data: Any, place: tuple[int | str, ...]) -> str:
    """The path to a key as a reader finds it: entries of lists by their name, or by their number from 1."""
    text = ""
    for part in place:
        inner = data[part] if _has(data, part) else None
        if isinstance(part, int):
            name = inner.get("name") if isinstance(inner, Mapping) else None
            text += f".{_quoted(name)}" if isinstance(name, str) else f" #{part + 1}"
        else:
            text += f".{_quoted(part)}" if text else _quoted(part)
        data = inner
    return text


def _has(data: Any, part: int | str) -> bool:
    if isinstance(part, int):
        return isinstance(data, (list, tuple)) and part < len(data)
    return isinstance(data, Mapping) and part in data


def _quoted(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() else f'"{name}"'


@dataclass(frozen=True, slots=True)
class Problem:
    """One error: the file, the path to the key, what was given, what is admissible, what was probably meant."""

    file: str
    key: str
    given: str
    admissible: str
    meant: str = ""

    def __str__(self) -> str:
        place = f"{self.key}: " if self.key else ""
        hint = f'; did you mean "{self.meant}"?' if self.meant else ""
        return f"{place}given {self.given}; admissible: {self.admissible}{hint}"


class ScenarioError(ValueError):
    """A scenario says something that it may not say. Each of `problems` names the key to mend; nothing was run."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        files = dict.fromkeys(problem.file for problem in self.problems)
        lines = []
        for file in files:
            mine = [problem for problem in self.problems if problem.file == file]
            lines.append(f"{file}: {len(mine)} error{'s' if len(mine) > 1 else ''}")
            lines += [f"  {problem}" for problem in mine]
        return "\n".join(lines)
