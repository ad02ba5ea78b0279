"""How a key of a scenario is declared: with its unit, its bounds and one sentence, in one place."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

EARLIEST, LATEST = date(1950, 1, 1), date(2150, 1, 1)


class Section(BaseModel):
    """A table of a scenario file: its keys are all declared, its values keep their type and never change.

    `others` is what a table holds under keys that are not declared, where it admits any.
    """

    others: ClassVar[Any] = None
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, validate_default=True)


def quantity(default: Any, unit: str, lo: float | None, hi: float | None, doc: str, *, alias: str | None = None) -> Any:
    """Declare a number with its unit and the bounds that it may take (None: no bound; default ...: required)."""
    return Field(default, ge=lo, le=hi, description=doc, alias=alias, json_schema_extra={"unit": unit})


def entry(default: Any, doc: str, *, unit: str = "", alias: str | None = None) -> Any:
    """Declare anything that is not a bounded number; ... stands for a key that must be given."""
    return Field(default, description=doc, alias=alias, json_schema_extra={"unit": unit})


def listing(default: Any, doc: str, *, unit: str = "", least: int = 0, most: int | None = None) -> Any:
    """Declare a list; the scenario keeps it as a tuple."""
    return Field(
        default, strict=False, min_length=least, max_length=most, description=doc, json_schema_extra={"unit": unit}
    )


def _day(value: object) -> object:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError("not a day of the calendar") from None
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError("not a day of the calendar")
    return value


def _start(value: object) -> object:
    day = _day(value)
    if isinstance(day, date) and not EARLIEST <= day <= LATEST:
        raise ValueError("too far from the facts")
    return day


def _moment(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return _day(value)


def _as_of(value: object) -> object:
    return value if value == "calendar" else _day(value)


def _scalar(value: object) -> object:
    if isinstance(value, (bool, int)) or (isinstance(value, float) and abs(value) < float("inf")):
        return value
    raise ValueError("neither a finite number nor true or false")


def _rate(value: object) -> object:
    if value == "MFN" or (isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1000):
        return value
    raise ValueError("neither a percentage nor MFN")


Name = Annotated[str, StringConstraints(pattern=r"^\w[\w \-]*$", max_length=80)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Share = Annotated[float, Field(ge=0, le=1)]
Units = Annotated[int, Field(ge=1, le=1000)]
Day = Annotated[date, BeforeValidator(_day)]
Start = Annotated[date, BeforeValidator(_start)]
Moment = Annotated[date | int, BeforeValidator(_moment)]
AsOf = Annotated[date | Literal["calendar"], BeforeValidator(_as_of)]
Scalar = Annotated[bool | int | float, BeforeValidator(_scalar)]
Rate = Annotated[float | Literal["MFN"], BeforeValidator(_rate)]
WORDS = {
    _day: "a date such as 2024-07-01",
    _start: f"a date from {EARLIEST} to {LATEST}",
    _moment: "a date such as 2024-07-01, or the number of a day counted from start",
    _as_of: 'a date such as 2024-07-01, or "calendar"',
    _scalar: "a finite number, or true or false",
    _rate: 'a percentage from 0 to 1000, or "MFN"',
}
"""What a validator admits, in words."""

Kind = Literal[
    "supplier", "manufacturer", "seller", "retailer", "platform", "carrier", "warehouse", "broker", "payment"
]
Mode = Literal["express", "line", "post", "overseas", "bonded", "retail"]
Haul = Literal["air", "sea", "road"]
Channel = Literal["parcel", "bonded", "bulk"]
Weekday = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
