"""What every key of a scenario is for and may hold, in words read from where the keys are declared."""

from __future__ import annotations

import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from inspect import isclass
from typing import Annotated, Any, Literal, Union, get_args
from typing import get_origin as typing_origin

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BeforeValidator, StringConstraints
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from abm.scenario.reading.errors import said
from abm.scenario.schema import Scenario
from abm.scenario.schema.fields import WORDS, Section

Place = tuple[int | str, ...]
Said = tuple[Any, list[Any]]  # a type, and what is demanded of it beyond


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its path (<name> for a name of one's own, [] for an entry of a list), unit, bounds and sentence."""

    path: str
    unit: str
    default: str
    admissible: str
    doc: str
    lo: float | None = None
    hi: float | None = None


def get_origin(annotation: Any) -> Any:
    """What a type is made of: tuple, dict, Literal; None for a plain one."""
    return typing_origin(annotation)


def bare(annotation: Any, demands: Sequence[Any] = ()) -> Said:
    """A type without its None and its Annotated, and what they demanded."""
    found = list(demands)
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *more = get_args(annotation)
            found += [inner for item in more for inner in (item.metadata if isinstance(item, FieldInfo) else [item])]
        elif get_origin(annotation) in (Union, types.UnionType) and type(None) in get_args(annotation):
            rest = [kind for kind in get_args(annotation) if kind is not type(None)]
            if len(rest) > 1:
                return Union[tuple(rest)], found  # noqa: UP007 -- made at run time
            annotation = rest[0]
        else:
            return annotation, found


def bounds(demands: Sequence[Any]) -> tuple[float | None, float | None]:
    """The least and the greatest admissible number, None where there is no bound."""
    lo = next((item.ge for item in demands if isinstance(item, Ge)), None)
    hi = next((item.le for item in demands if isinstance(item, Le)), None)
    return lo, hi  # type: ignore[return-value]


def words(annotation: Any, demands: Sequence[Any] = (), unit: str = "") -> str:
    """What is admissible, as a phrase."""
    kind, demands = bare(annotation, demands)
    for item in demands:
        if isinstance(item, BeforeValidator) and item.func in WORDS:
            return WORDS[item.func]
    if get_origin(kind) is Literal:
        return ", ".join(map(str, get_args(kind)))
    if kind is bool:
        return "true or false"
    if kind in (int, float):
        return _number("a whole number" if kind is int else "a number", *bounds(demands), unit)
    if kind is str:
        return _text(demands)
    if get_origin(kind) is tuple:
        return _list(words(get_args(kind)[0]), demands)
    if get_origin(kind) is dict:
        return f"a table of names, each with {words(get_args(kind)[1])}"
    if isclass(kind) and issubclass(kind, Section):
        return f"a table with the keys {', '.join(names(kind))}" if kind.model_fields else "a table"
    return "a date" if kind is date else str(kind)


def _number(noun: str, lo: float | None, hi: float | None, unit: str) -> str:
    reach = {
        (True, True): f" from {lo:g} to {hi:g}" if lo is not None and hi is not None else "",
        (True, False): f", at least {lo}",
        (False, True): f", at most {hi}",
        (False, False): "",
    }[lo is not None, hi is not None]
    if hi is not None and noun == "a whole number":
        reach = f" from {lo} to {hi}"
    return noun + reach + (f" ({unit})" if unit not in ("", "1", "0..1") else "")


def _text(demands: Sequence[Any]) -> str:
    rules = [item for item in demands if isinstance(item, StringConstraints)]
    if any(item.pattern for item in rules):
        return "a name of letters, digits, spaces, - and _"
    longest = next((item.max_length for item in rules if item.max_length), None)
    return f"a text of 1 to {longest} characters" if longest else "a text"


def _list(inner: str, demands: Sequence[Any]) -> str:
    least = next((item.min_length for item in demands if isinstance(item, MinLen)), 0)
    most = next((item.max_length for item in demands if isinstance(item, MaxLen)), None)
    count = f"{least} to {most} entries, each " if most else "at least one entry, each " if least else "entries, each "
    return f"a list of {count}{inner}"


def names(section: type[Section]) -> list[str]:
    """The keys of a table as a file spells them."""
    return [field.alias or name for name, field in section.model_fields.items()]


def fields(section: type[Section]) -> dict[str, FieldInfo]:
    """The keys of a table, as a file spells them, and how they are declared."""
    return {field.alias or name: field for name, field in section.model_fields.items()}


def unit_of(field: FieldInfo) -> str:
    """The unit of a key."""
    extra = field.json_schema_extra
    return str(extra.get("unit", "")) if isinstance(extra, dict) else ""


def at(place: Place) -> tuple[Any, list[Any], str]:
    """What is declared at a place of a scenario: type, demands and unit; type None where nothing is declared."""
    kind: Any = Scenario
    demands: list[Any] = []
    unit = ""
    for part in place:
        kind, _ = bare(kind)
        demands, unit = [], ""
        if isclass(kind) and issubclass(kind, Section):
            field = fields(kind).get(str(part))
            if field is None:
                kind = kind.others
            else:
                kind, demands, unit = field.annotation, list(field.metadata), unit_of(field)
        elif get_origin(kind) in (tuple, dict):
            kind = get_args(kind)[0 if get_origin(kind) is tuple else 1]
        else:
            kind = None
        if kind is None:
            return None, [], ""
    return *bare(kind, demands), unit


def admissible_at(place: Place) -> str:
    """What is admissible at a place, as a phrase."""
    kind, demands, unit = at(place)
    return words(kind, demands, unit) if kind is not None else "no such key"


def names_at(place: Place) -> list[str]:
    """The keys that a table at a place has, the file's own `extends` included; none where there is no such table."""
    kind, _, _ = at(place)
    if not (isclass(kind) and issubclass(kind, Section)):
        return []
    return [*names(kind), *(["extends"] if kind is Scenario else [])]


def describe_schema() -> list[Key]:
    """All keys of a scenario file, in the order in which they are declared."""
    extends = Key("extends", "", "nothing", "the path of a scenario file", "The scenario that this one changes.")
    return [extends, *_describe(Scenario, "", None)]


def _describe(section: type[Section], path: str, usual: object) -> Iterator[Key]:
    for name, field in section.model_fields.items():
        kind, demands = bare(field.annotation, field.metadata)
        here = f"{path}.{field.alias or name}" if path else field.alias or name
        default = getattr(usual, name, field.default) if isinstance(usual, Section) else field.default
        inner = kind
        if get_origin(kind) in (tuple, dict):
            held, _ = bare(get_args(kind)[0 if get_origin(kind) is tuple else 1])
            if isclass(held) and issubclass(held, Section):
                inner, here = held, here + ("[]" if get_origin(kind) is tuple else ".<name>")
        if isclass(inner) and issubclass(inner, Section):
            yield from _describe(inner, here, default)
        else:
            phrase = words(kind, demands)
            yield Key(here, unit_of(field), _default(default), phrase, field.description or "", *bounds(demands))
    if isclass(section.others) and issubclass(section.others, Section):
        yield from _describe(section.others, f"{path}.<name>", None)


def _default(value: object) -> str:
    if value is PydanticUndefined:
        return "required"
    return "left out" if value is None else said(value)
