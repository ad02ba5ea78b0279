"""What happens on a day: the keys of [[borders]], [[campaigns]] and [[shocks]], and what a shock can point at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from abm.scenario.schema.fields import Channel, Day, Moment, Name, Rate, Scalar, Section, entry, listing, quantity


class Border(Section):
    """An import rule of the scenario's own; it beats the facts' rule, from which comes what is left out."""

    name: Name | None = entry(None, "A name for it.")
    dest: str = entry(..., "The importing country.")
    channel: Channel = entry(..., "The customs channel.")
    category: str = entry("*", "The kind of goods; * for all.")
    origin: str = entry("*", "The country of the last manufacture; * for all.")
    mode: Literal["*", "post", "post_flat"] = entry("*", "Whether only for the post, or its flat option; * for all.")
    priority: int | None = quantity(None, "1", 0, 99, "Its rank among own rules; left out, that of the facts' rule.")
    since: Day = entry(..., "First day in force.", alias="from")
    announced: Day | None = entry(None, "Day on which it was made known; left out, the first day in force.")
    until: Day | None = entry(None, "First day no longer in force; left out, for ever.")
    value_lo: float | None = quantity(None, "currency", 0, 1e9, "Value of the consignment above which it holds.")
    value_hi: float | None = quantity(None, "currency", 0, 1e9, "Value of the consignment up to which it holds.")
    currency: str | None = entry(None, "Currency of the values; left out, as the facts' rule has it.")
    ad_valorem: Rate | None = entry(None, 'Duty on the value; "MFN" for the usual tariff.', unit="percent")
    extra_ad_valorem: float | None = quantity(None, "percent", 0, 1000, "Duty on the value beside it.")
    specific: float | None = quantity(None, "specific_currency", 0, 1e6, "Duty for each of what specific_per names.")
    specific_currency: str | None = entry(None, "Currency of the specific duty.")
    specific_per: Literal["consignment", "item", "item_type", "kg"] | None = entry(
        None, "What the specific duty counts."
    )
    specific_op: Literal["add", "min"] | None = entry(None, "Whether it is added to the duty or its least amount.")
    offset: float | None = quantity(None, "currency", 0, 1e6, "Amount taken off the duty.")
    valuation: Literal["FOB", "CIF", "RETAIL60"] | None = entry(None, "What the duty is reckoned on.")
    vat: float | None = quantity(None, "share", 0, 1, "VAT.")
    vat_base: Literal["price", "price_plus_duty", "gross_up"] | None = entry(None, "What VAT is reckoned on.")
    vat_from_value: float | None = quantity(None, "currency", 0, 1e9, "Value above which VAT is due.")
    vat_collected: Literal["checkout", "border"] | None = entry(None, "Where VAT is collected.")
    handling_fee: float | None = quantity(None, "handling_currency", 0, 1e6, "Fee for handling the entry.")
    handling_currency: str | None = entry(None, "Currency of the handling fee.")
    handling_per: Literal["consignment", "item_type"] | None = entry(None, "What the handling fee counts.")
    duty_relief: bool | None = entry(None, "Whether no duty is due at all.", unit="yes/no")
    recoverable_vat: bool | None = entry(None, "Whether the importer recovers the VAT.", unit="yes/no")
    note: str | None = entry(None, "A remark.")

    def row(self) -> dict[str, Any]:
        """What was given, by the names of the facts' columns; dates stay dates."""
        return {name: value for name, value in self.model_dump(by_alias=True).items() if value is not None}


class Campaign(Section):
    """A sale beside the calendar's own: shoppers wait for it, sellers give coupons, firms that plan stock up."""

    name: Name | None = entry(None, "A name for it.")
    day: Moment = entry(..., "Its first day.")
    days: int = quantity(3, "days", 1, 60, "Days that it lasts.")
    countries: tuple[str, ...] = listing((), "Where it is held; left out, everywhere.")
    share: float = quantity(0.35, "share", 0, 1, "Part of the needs before it that wait for it.")
    waiting: int = quantity(10, "days", 0, 60, "Days before it on which needs wait.")
    factor: float = quantity(
        1.0, "factor", 0, 20, "Needs on its days against those of others: what it adds to what has waited for it."
    )
    announced: Moment | None = entry(
        None, "Day from which firms know of it; left out, always, as of the calendar's own."
    )
    truth: float = quantity(
        1.0, "share", 0, 1, "Chance that it takes place: firms prepare for a false one all the same."
    )


@dataclass(frozen=True, slots=True)
class Target:
    """What a shock changes: a column of a table, in the rows of one name, or in those that meet every condition."""

    table: str
    row: str
    column: str
    where: tuple[tuple[str, str], ...] = ()


def target(text: str) -> Target | None:
    """Read "table.name.column" or "table.where=value,where=value.column"; None when it is neither."""
    table, _, rest = text.partition(".")
    row, _, column = rest.rpartition(".")
    if not (table and row and column):
        return None
    if "=" not in row:
        return Target(table, row, column)
    parts = [part.partition("=") for part in row.split(",")]
    where = tuple((name.strip(), value.strip()) for name, _, value in parts)
    return Target(table, "", column, where) if all(name and value for name, value in where) else None


class Shock(Section):
    """A dated change of columns: every key is "table.name.column", or "table.where=value.column" for many rows."""

    name: Name | None = entry(None, "A name for it.")
    day: Moment = entry(..., "First day of the change.")
    until: Moment | None = entry(None, "First day on which it is undone; left out, never.")
    announced: Moment | None = entry(None, "Day on which it is made known; left out, its first day.")
    truth: float = quantity(1.0, "share", 0, 1, "Chance that it takes place: what is announced may come to nothing.")
    set: dict[str, Scalar] = entry({}, "Columns and the values that they are given.")
    scale: dict[str, Scalar] = entry({}, "Columns and the factors that they are multiplied by.")
    add: dict[str, Scalar] = entry({}, "Columns and the amounts that are added to them.")
