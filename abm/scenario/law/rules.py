"""How one row of import law is read: its text becomes whole minor units, parts per million and days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, Final

from kernels.border import Channel, Per, Postal, Valuation, VatBase

ANY: Final = "*"
UNLIMITED: Final = 2**62
FOREVER: Final = date.max.toordinal()

CHANNELS: Final = {channel.name.lower(): channel for channel in Channel}
POSTAL: Final = {"post": Postal.POST, "post_flat": Postal.POST_FLAT}
VALUATIONS: Final = {valuation.name: valuation for valuation in Valuation}
COUNTED_BY: Final = {"": Per.NONE, **{per.name.lower(): per for per in Per if per is not Per.NONE}}
VAT_BASES: Final = {base.name.lower(): base for base in VatBase}

BLANK: Final[Mapping[str, str]] = {
    "rule": "", "dest": "", "channel": "", "category": ANY, "origin": ANY, "priority": "0", "from": "0001-01-01",
    "until": "", "value_lo": "", "value_hi": "", "currency": "", "ad_valorem": "0", "extra_ad_valorem": "0.0",
    "specific": "", "specific_currency": "", "specific_per": "", "offset": "", "valuation": "CIF", "vat": "0.0",
    "vat_base": "price", "vat_from_value": "0", "vat_collected": "border", "handling_fee": "0",
    "handling_currency": "", "duty_relief": "0", "note": "", "status": "assumed", "source": "", "mode": ANY,
    "specific_op": "add", "handling_per": "consignment", "recoverable_vat": "0", "status_valuation": "assumed",
}  # fmt: skip
ADMITTED: Final[Mapping[str, tuple[str, ...]]] = {
    "channel": tuple(CHANNELS),
    "mode": (ANY, *POSTAL),
    "specific_op": ("", "add", "min"),
    "specific_per": tuple(COUNTED_BY),
    "valuation": tuple(VALUATIONS),
    "vat_base": tuple(VAT_BASES),
    "vat_collected": ("border", "checkout"),
    "duty_relief": ("0", "1"),
    "handling_per": ("consignment", "item_type"),
    "recoverable_vat": ("0", "1"),
}


class LawError(ValueError):
    """A rule cannot be read. Each of `problems` says where, what was given and what is admissible: mend that row."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def meant(given: str, admissible: list[str]) -> str:
    """A hint at the nearest admissible word, or nothing."""
    near = get_close_matches(given, admissible, n=1) or get_close_matches(given.upper(), admissible, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def whole(text: str, scale: int) -> int:
    """Exact integer of a decimal text times scale; what does not come out whole is an error."""
    try:
        scaled = Decimal(text) * scale
    except InvalidOperation:
        raise ValueError(f"{text!r} is no number") from None
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise ValueError(f"{text!r} has more decimals than the law counts in (1/{scale})")
    if scaled < 0:
        raise ValueError(f"{text!r} is negative")
    return int(scaled)


def minor(text: str) -> int:
    """Minor units of an amount; blank is none."""
    return whole(text, 100) if text else 0


@dataclass(frozen=True, slots=True)
class Rule:
    """One dated import rule: days [start, end), values (lo, hi] in minor units, and its terms."""

    row: Mapping[str, str]
    start: int
    end: int
    lo: int
    hi: int
    priority: int
    terms: Mapping[str, int]

    @property
    def key(self) -> str:
        """What the rule is called in quotes and tables."""
        return self.row["rule"]

    def holds(self, day: int) -> bool:
        """Whether it is in force on a day."""
        return self.start <= day < self.end

    def covers(self, category: str, origin: str, mode: str) -> bool:
        """Whether it speaks of these goods; the mode of what is no post is ANY."""
        row = self.row
        return row["category"] in (ANY, category) and row["origin"] in (ANY, origin) and row["mode"] in (ANY, mode)

    def spans(self, lo: int, hi: int) -> bool:
        """Whether all values in (lo, hi] are in its band."""
        return self.lo <= lo and hi <= self.hi


def terms_of(row: Mapping[str, str]) -> dict[str, int]:
    """The columns that the border kernel reads, in its units."""
    mfn = row["ad_valorem"] == "MFN"
    return {
        "ad_valorem_ppm": 0 if mfn else whole(row["ad_valorem"], 10_000),
        "mfn": int(mfn),
        "extra_ppm": whole(row["extra_ad_valorem"] or "0", 10_000),
        "specific": minor(row["specific"]),
        "specific_per": int(COUNTED_BY[row["specific_per"]]),
        "specific_least": int(row["specific_op"] == "min"),
        "offset": minor(row["offset"]),
        "valuation": int(VALUATIONS[row["valuation"]]),
        "duty_relief": int(row["duty_relief"]),
        "vat_ppm": whole(row["vat"], 1_000_000),
        "vat_base": int(VAT_BASES[row["vat_base"]]),
        "vat_from": minor(row["vat_from_value"]),
        "fee": minor(row["handling_fee"]),
        "fee_per": int(COUNTED_BY[row["handling_per"]]),
    }


def read(row: Mapping[str, str]) -> Rule:
    """A rule from a full row of text."""
    for column, words in ADMITTED.items():
        if row[column] not in words:
            raise ValueError(f"{column} = {row[column]!r}; admissible: {', '.join(word for word in words if word)}")
    if any(row[column] not in ("", row["currency"]) for column in ("specific_currency", "handling_currency")):
        raise ValueError(f"all money of a rule is in its currency, {row['currency']!r}")
    terms = terms_of(row)
    if terms["vat_base"] == VatBase.GROSS_UP and terms["vat_ppm"] >= 1_000_000:
        raise ValueError(f"vat = {row['vat']!r}; a grossed-up rate is below 1")
    start, end = day_of(row["from"]), day_of(row["until"]) if row["until"] else FOREVER
    lo, hi = minor(row["value_lo"]) or -1, minor(row["value_hi"]) if row["value_hi"] else UNLIMITED
    if end <= start:
        raise ValueError(f"until = {row['until']} is not after from = {row['from']}")
    if hi <= lo:
        raise ValueError(f"value_hi = {row['value_hi']} is not above value_lo = {row['value_lo']}")
    return Rule(row, start, end, lo, hi, int(row["priority"]), terms)


def day_of(text: str) -> int:
    """The ordinal of an ISO date."""
    return date.fromisoformat(text).toordinal()


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A scenario's own row: what it gives, and the days, goods and values it speaks of."""

    given: Mapping[str, str]
    reach: Rule
    announced: int

    @property
    def named(self) -> tuple[bool, bool, bool]:
        """Whether it names mode, origin and category: of two own rows the more particular wins."""
        return tuple(self.reach.row[column] != ANY for column in ("mode", "origin", "category"))  # type: ignore[return-value]

    def over(self, base: Rule | None, bulk_extra: str) -> Rule:
        """The full rule where the facts would have said `base`; see SOURCES.md for what is taken from where."""
        given = dict(self.given)
        row = {**BLANK, **(base.row if base else {}), **given}
        if "ad_valorem" in given and "extra_ad_valorem" not in given:
            row["extra_ad_valorem"] = bulk_extra or "0.0"
        if given.keys() & {"ad_valorem", "extra_ad_valorem", "specific"} and "duty_relief" not in given:
            row["duty_relief"] = "0"
        if base is None and "recoverable_vat" not in given:
            row["recoverable_vat"] = str(int(row["channel"] == "bulk"))
        if "specific" in given and not row["specific_per"]:
            row["specific_per"] = "consignment"
        row["specific_currency"] = row["handling_currency"] = row["currency"]
        for column in ("category", "origin", "mode", "from", "until", "value_lo", "value_hi"):
            row[column] = self.reach.row[column]
        row["rule"] = f"{self.reach.key}/{base.key}" if base else self.reach.key
        row["status"] = row["status_valuation"] = "assumed"
        row["source"] = "the scenario's own row"
        row["note"] = given.get("note", f"what it leaves out follows {base.key}" if base else "")
        row["priority"] = str(int(given.get("priority", base.priority if base else 0)) + 100)
        return read(row)


def own_rule(number: int, given: Mapping[str, Any], countries: list[str], categories: list[str]) -> OwnRule:
    """A row of `[[borders]]`, numbered from 0; LawError lists everything that is wrong with it."""
    where, problems = f"borders[{number}]", []
    known = [*BLANK, "name", "announced"]
    for column in given:
        if column not in known:
            problems.append(f"{where}.{column}: no such column{meant(column, known)}")
    text = {column: str(value) for column, value in given.items() if column in BLANK}
    for column in ("duty_relief", "recoverable_vat"):
        if isinstance(given.get(column), bool):
            text[column] = str(int(given[column]))
    for column in ("dest", "channel", "from"):
        if column not in text:
            problems.append(f"{where}.{column}: is needed")
    lists = {"dest": countries, "origin": [*countries, ANY], "category": [*categories, ANY]}
    lists |= {column: list(words) for column, words in ADMITTED.items()}
    for column, words in lists.items():
        if column in text and text[column] not in words:
            hint = meant(text[column], words)
            problems.append(f"{where}.{column} = {text[column]!r}; admissible: {', '.join(filter(None, words))}{hint}")
    if problems:
        raise LawError(problems)
    name = str(given.get("name", f"own-{number + 1}"))
    try:
        announced = day_of(str(given["announced"])) if "announced" in given else 0
        reach = read({**BLANK, **text, "rule": name, "specific_currency": "", "handling_currency": ""})
    except ValueError as error:
        raise LawError([f"{where}: {error}"]) from None
    return OwnRule(text, reach, announced)
