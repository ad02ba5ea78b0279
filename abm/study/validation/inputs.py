"""How the inputs of a case are declared: numbers or lists with unit, bounds and a sentence, under each usual name."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

from abm.study.validation.family import Family


def _several(value: Any) -> Any:
    """A number alone is a list of one."""
    return [value] if isinstance(value, (int, float)) and not isinstance(value, bool) else value


Numbers = Annotated[tuple[float, ...], BeforeValidator(_several)]
Whole = Annotated[tuple[int, ...], BeforeValidator(_several)]
Labels = Annotated[tuple[int | str, ...], BeforeValidator(_several)]
"""Numbers or names, those that are equal belonging together."""
Matrix = tuple[tuple[float, ...], ...]


def given(
    default: Any,
    unit: str,
    doc: str,
    *also: str,
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> Any:
    """Declare an input with its unit and a sentence; `also` are other names for it, ... stands for one to be given.

    The least and the most are admissible themselves, what it must lie above and below are not.
    """
    bounds: dict[str, Any] = {"ge": least, "le": most, "gt": above, "lt": below}
    return Field(
        default,
        description=doc,
        json_schema_extra={"unit": unit, "also": list(also)},
        **{name: bound for name, bound in bounds.items() if bound is not None},
    )


def names_of(family: type[Family]) -> dict[str, str]:
    """Every name under which an input of a family may be given, and the field that it means."""
    found = {}
    for name, field in family.model_fields.items():
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        also = extra.get("also")
        spoken = field.validation_alias.choices if isinstance(field.validation_alias, AliasChoices) else []
        for other in (name, field.alias, *(also if isinstance(also, list) else []), *spoken):
            if isinstance(other, str):
                found[other] = name
    return found


def demand(holds: bool, sentence: str) -> None:
    """Refuse inputs that do not fit each other.

    Raises:
        ValueError: what is admissible, in a sentence.
    """
    if not holds:
        raise ValueError(sentence)
