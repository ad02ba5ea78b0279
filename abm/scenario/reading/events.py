"""Whether import rules, campaigns and shocks of a scenario speak of its world, its days, and what may be changed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from abm.columns import Column
from abm.scenario.reading.firms import check_names
from abm.scenario.reading.given import Reading
from abm.scenario.reading.known import BITS, CODES, TABLES, known_passages, lane_parts, law_currency, listed
from abm.scenario.schema import Border, Shock, Target, target
from abm.scenario.schema.describe import Place

FORMS = '"table.name.column", as in "passages.suez.open", or "lanes.haul=sea,dest=US.capacity"'
DECIMALS = {
    "value_lo": 2, "value_hi": 2, "specific": 2, "offset": 2, "vat_from_value": 2, "handling_fee": 2,
    "ad_valorem": 4, "extra_ad_valorem": 4, "vat": 6,
}  # fmt: skip
TIMES = {"start", "warmup", "days"}


def check_borders(reading: Reading) -> None:
    """Note every own import rule that speaks of no country, goods or day of this run."""
    countries, categories = reading.countries, reading.categories
    check_names(reading, "borders")
    for place, border in reading.entries("borders"):
        if border.dest not in countries:
            reading.complain((*place, "dest"), border.dest, f"one of {listed(countries)}", countries)
        for key, given, known in (("origin", border.origin, countries), ("category", border.category, categories)):
            if given not in ("*", *known):
                reading.complain((*place, key), given, f"*, or one of {listed(known)}", known)
        _check_terms(reading, place, border)
        _check_span(reading, place, ("from", border.since), border.until, border.announced)


def _check_terms(reading: Reading, place: Place, border: Border) -> None:
    given = border.row()
    for key, places in DECIMALS.items():
        value = given.get(key, 0)
        if not isinstance(value, str) and Decimal(str(value)).as_tuple().exponent < -places and value != int(value):  # type: ignore[operator]
            reading.complain((*place, key), value, f"a number of at most {places} decimals")
    if border.value_hi is not None and border.value_hi <= (border.value_lo or 0.0):
        reading.complain((*place, "value_hi"), border.value_hi, f"a value above value_lo = {border.value_lo or 0:g}")
    if border.vat_base == "gross_up" and border.vat == 1:
        reading.complain((*place, "vat"), border.vat, "a share below 1, as the VAT is part of its own base")
    money = law_currency(border.dest)
    for key in ("currency", "specific_currency", "handling_currency"):
        if money and given.get(key, money) != money:
            reading.complain((*place, key), given[key], f"{money}, in which the law of {border.dest} counts")
    if not money and border.dest in reading.countries:
        missing = [key for key in ("currency", "ad_valorem", "valuation", "vat") if key not in given]
        if missing:
            words = f"also {', '.join(missing)}, as the facts have no rule of {border.dest} to take them from"
            reading.complain(place, listed(given), words)
        if border.ad_valorem == "MFN":
            reading.complain(
                (*place, "ad_valorem"), "MFN", f"a percentage, as the facts have no tariff of {border.dest}"
            )


def _check_span(
    reading: Reading,
    place: Place,
    since: tuple[str, date | int],
    until: date | int | None,
    announced: date | int | None,
) -> None:
    """A span of days has a beginning before its end, and a part within the run."""
    scenario = reading.scenario
    key, given = since
    if reading.spoilt & TIMES:
        return
    run = f"days of the run, from {scenario.first} (the warm-up's first) to {scenario.last}"
    first, last, told = (_day(reading, moment) for moment in (given, until, announced))
    if first is None or first >= scenario.end:
        reading.complain((*place, key), given, run)
        return
    if until is not None and (last is None or last <= first):
        reading.complain((*place, "until"), until, f"a day after {key} = {given}")
    elif key == "day" and first < scenario.first:
        reading.complain((*place, key), given, run)
    elif last is not None and last <= scenario.first:
        reading.complain((*place, "until"), until, run)
    if announced is not None and (told is None or told > first):
        reading.complain((*place, "announced"), announced, f"a day not after {key} = {given}")


def _day(reading: Reading, moment: date | int | None) -> date | None:
    """The calendar day, None for none and for days beyond any calendar."""
    try:
        return None if moment is None else reading.scenario.date_of(moment)
    except OverflowError:
        return None


def check_campaigns(reading: Reading) -> None:
    """Note every campaign outside the run, or in a country that there is not."""
    countries = reading.countries
    check_names(reading, "campaigns")
    for place, campaign in reading.entries("campaigns"):
        _check_span(reading, place, ("day", campaign.day), None, campaign.announced)
        for country in campaign.countries:
            if country not in countries:
                reading.complain((*place, "countries"), country, f"some of {listed(countries)}", countries)


def check_shocks(reading: Reading) -> None:
    """Note every shock outside the run, or of something that there is not or that may not be set."""
    check_names(reading, "shocks")
    for place, shock in reading.entries("shocks"):
        _check_span(reading, place, ("day", shock.day), shock.until, shock.announced)
        if not (shock.set or shock.scale or shock.add) and "shocks" not in reading.spoilt:
            reading.complain(place, "a shock that changes nothing", "at least one of set, scale, add")
        _check_changes(reading, place, shock)


def _check_changes(reading: Reading, place: Place, shock: Shock) -> None:
    for verb in ("set", "scale", "add"):
        for text, value in getattr(shock, verb).items():
            here = (*place, verb, text)
            found = target(text)
            if found is None:
                reading.complain(here, text, FORMS)
                continue
            column = _column(reading, here, found)
            if column:
                _check_row(reading, here, found)
                _check_value(reading, here, verb, column, value)


def _column(reading: Reading, place: Place, found: Target) -> Column | None:
    tables = [name for name, table in TABLES.items() if any(column.settable for column in table.columns.values())]
    if found.table not in TABLES:
        reading.complain(place, found.table, f"one of the tables {', '.join(tables)}", tables)
        return None
    columns = TABLES[found.table].columns
    settable = [name for name, column in columns.items() if column.settable]
    if found.column in settable:
        return columns[found.column]
    given = f"{found.column}, which scenarios may not set" if found.column in columns else found.column
    words = f"one of the columns {', '.join(settable)}" if settable else f"a table of {', '.join(tables)}"
    reading.complain(place, given, words, () if found.column in columns else settable)
    return None


def _check_row(reading: Reading, place: Place, found: Target) -> None:
    if not found.where:
        known = _rows(reading, found.table)
        lane = found.table == "lanes" and lane_parts(found.row, reading.countries)
        if known is not None and found.row not in known and not lane:
            shown = [name for name in known if name in reading.written(found.table)] or list(known)
            words = f"one of {listed(shown)}" if found.table != "lanes" else "origin-destination-way, as in CN-US-line"
            reading.complain(place, found.row, words, known)
        return
    columns = TABLES[found.table].columns
    able = [name for name, column in columns.items() if column.key or name in CODES or name in BITS]
    for where, value in found.where:
        if where not in able:
            words = f"one of the columns {', '.join(able)}" if able else "a name, as no column of it tells rows apart"
            reading.complain(place, where, words, able)
            continue
        known = CODES.get(where) or _rows(reading, BITS.get(where, columns[where].key))
        if known is not None and value not in known:
            reading.complain(place, value, f"one of {listed(known)}", known)


def _rows(reading: Reading, table: str) -> Collection[str] | None:
    """The names of a table's rows as far as the scenario settles them; None where the world is built first."""
    scenario = reading.scenario
    if table in ("firms", "chains"):
        members = [name for entry in getattr(scenario, table) for name in entry.members]
        return dict.fromkeys([*reading.written(table), *members])
    return {
        "countries": reading.countries,
        "categories": reading.categories,
        "passages": known_passages(),
        "lanes": tuple(scenario.lanes),
    }.get(table)


def _check_value(reading: Reading, place: Place, verb: str, column: Column, value: float) -> None:
    switch = column.unit == "yes/no"
    if switch:
        if verb != "set" or value not in (0, 1):
            reading.complain(place, value, "true or false, under set")
        return
    if isinstance(value, bool):
        reading.complain(place, value, f"a number ({column.unit})")
    elif verb != "add" and value <= 0 and column.unit == "currency/USD":
        reading.complain(place, value, "a number above 0, as it is divided by")
    elif verb != "add" and value < 0:
        reading.complain(place, value, "a number not below 0")
    elif verb == "set" and column.unit == "share" and value > 1:
        reading.complain(place, value, "a share from 0 to 1")
    elif verb != "scale" and column.dtype[0] in "iu" and value != int(value):
        reading.complain(place, value, f"a whole number ({column.unit})")
