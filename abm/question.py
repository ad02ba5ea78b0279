"""What can be quoted: the question is checked as a whole, and everything wrong with it is said together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, Final

from abm.scenario.facts import table

CHANNEL_OF: Final = {
    "express": "parcel", "line": "parcel", "post": "parcel", "overseas": "bulk", "bonded": "bonded", "retail": "bulk",
}  # fmt: skip
CHANNELS: Final = ("parcel", "bulk", "bonded")
MOST: Final = 10**9


class QuoteError(ValueError):
    """It cannot be quoted. Each of `problems` says what was given and what is admissible: mend that."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be quoted, checked."""

    origin: str
    dest: str
    goods_origin: str
    category: str
    price: Decimal
    currency: str
    mode: str
    channel: str
    date: date
    units: int
    item_types: int
    kg: Decimal
    kg_status: str
    freight: Decimal | None
    us_post: str
    transfer: Decimal | None


class Check:
    """Collects what is wrong while a question is read; what is wrong is replaced so that reading goes on."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = given
        self.problems: list[str] = []

    def refuse(self, name: str, admissible: str) -> None:
        """Note that a value is not admissible."""
        self.problems.append(f"{name} = {self.given[name]!r}; admissible: {admissible}")

    def word(self, name: str, admissible: list[str], default: str = "") -> str:
        """One of some words."""
        value = str(self.given[name] if self.given[name] is not None else default)
        if value in admissible:
            return value
        spelt = {row["name"].upper(): row["iso2"] for row in table("countries") if row["iso2"] in admissible}
        words = {word.upper(): word for word in admissible} | spelt
        started = [word for word in words if len(value) > 2 and word.startswith(value.upper())]
        near = [words[word] for word in (*started, *get_close_matches(value.upper(), words))]
        self.refuse(name, ", ".join(admissible) + (f"; did you mean {near[0]!r}?" if near else ""))
        return default or admissible[0]

    def number(self, name: str, least: str, whole: bool = False) -> Decimal:
        """A number in bounds."""
        try:
            value = Decimal(str(self.given[name]))
        except InvalidOperation:
            value = Decimal("NaN")
        if value.is_finite() and Decimal(least) <= value <= MOST and not (whole and value % 1):
            return value
        self.refuse(name, f"a {'whole ' if whole else ''}number from {least} to {MOST}")
        return Decimal(1)

    def optional(self, name: str, least: str) -> Decimal | None:
        """A number in bounds, or none."""
        return None if self.given[name] is None else self.number(name, least)

    def day(self, name: str) -> date:
        """A date, or its ISO text."""
        value = self.given[name]
        try:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            self.refuse(name, "a day such as 2026-07-02")
            return date(2024, 7, 1)


def weight(category: str) -> tuple[Decimal, str]:
    """Kilograms of one parcel of a category, and the status of the figure."""
    row = next(row for row in table("demand_facts") if row["key"] == f"parcel_weight_{category}")
    return Decimal(row["value"]), row["status"]


def checked(given: Mapping[str, Any]) -> Asked:
    """The question, or a QuoteError with all that is wrong with it."""
    check = Check(given)
    countries = [row["iso2"] for row in table("fx")]
    origin = check.word("origin", countries)
    dest = check.word("dest", sorted({row["dest"] for row in table("trade_rules")}))
    category = check.word("category", sorted({row["category"] for row in table("mfn")}))
    mode = check.word("mode", list(CHANNEL_OF))
    channel = check.word("channel", list(CHANNELS), CHANNEL_OF[mode])
    units = int(check.number("units", "1", whole=True))
    item_types = int(check.number("item_types", "1", whole=True))
    if item_types > units and not check.problems:
        check.refuse("item_types", f"at most {units}, the units of the consignment")
    kg, kg_status = weight(category)
    given_kg, transfer = check.optional("kg", "0.001"), check.optional("transfer", "0.01")
    if transfer is not None and (channel != "bulk" or transfer > 1):
        check.refuse("transfer", "a share of the price, for goods that enter in bulk (overseas, retail)")
    us_post = check.word("us_post", ["", "ad_valorem", "flat"])
    if us_post and (mode != "post" or dest != "US"):
        check.refuse("us_post", "only for mode post to US")
    monies = sorted({row["currency"] for row in table("fx")})
    asked = Asked(
        origin=origin, dest=dest, goods_origin=check.word("goods_origin", countries, origin), category=category,
        price=check.number("price", "0"), currency=check.word("currency", monies),
        mode=mode, channel=channel, date=check.day("date"), units=units, item_types=item_types,
        kg=kg * units if given_kg is None else given_kg, kg_status=kg_status if given_kg is None else "",
        freight=check.optional("freight", "0"), us_post=us_post, transfer=transfer,
    )  # fmt: skip
    if check.problems:
        raise QuoteError(check.problems)
    return asked
