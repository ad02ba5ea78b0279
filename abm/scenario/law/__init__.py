"""Which law holds on a day: the facts' dated rules, a scenario's own rows over them, cut into bands of value per cell.

A cell is (destination, category, channel, origin, postal option), in this order, as one index.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from abm.scenario.facts import EU, table
from abm.scenario.law.cells import AsOf, Cells
from abm.scenario.law.rules import ANY, CHANNELS, POSTAL, LawError, OwnRule, Rule, own_rule, read, whole
from kernels.border import Bands, Channel, Postal, Terms, choose


class Notice(NamedTuple):
    """A change of law that is told before it holds, on the days told and meant."""

    announced: date
    effective: date
    dest: str
    text: str


class Law:
    """The import law of some countries and categories, by day.

    ``rules`` are the rows of the table of borders and never change after the start; ``bands(day)`` is what the border
    kernels read; ``changes`` are the days on which it differs from the day before.
    """

    def __init__(
        self,
        countries: Sequence[str],
        categories: Sequence[str],
        *,
        as_of: AsOf = "calendar",
        overrides: Mapping[str, AsOf] | None = None,
        own: Sequence[Mapping[str, Any]] = (),
        like: Mapping[str, str] | None = None,
    ) -> None:
        """Read the facts for `countries` and `categories`, whose order gives the indices.

        as_of freezes the facts on a day, `overrides` by destination; `own` rows are dated in any case. `like` names for
        a category that the facts do not know one whose duties it bears. LawError lists everything that is wrong.
        """
        self.countries, self.categories = tuple(countries), tuple(categories)
        self.as_of = {dest: (overrides or {}).get(dest, as_of) for dest in countries}
        self._like = {category: (like or {}).get(category, category) for category in categories}
        facts = [read(row) for row in table("trade_rules") if self._concerns(row)]
        counts_in = {rule.row["dest"]: rule.row["currency"] for rule in facts}
        self.own = self._read_own(own, counts_in)
        counts_in |= {rule.reach.row["dest"]: rule.given["currency"] for rule in self.own if "currency" in rule.given}
        self.currencies = tuple(counts_in.get(dest, "") for dest in countries)
        self.mfn_ppm = self._mfn()
        cells = Cells(facts, self.own, self.as_of, self._like)
        self.rules, self.shape, self.changes = tuple(cells.rules), cells.shape, tuple(cells.changes)
        self.upto, self.rule, self._first = cells.upto, cells.rule, cells.firsts
        self.vat_checkout = np.array([rule.row["vat_collected"] == "checkout" for rule in self.rules], np.uint8)
        self.terms = Terms(*(np.array([rule.terms[name] for rule in self.rules], np.int64) for name in Terms._fields))
        self._money, self._level = self._followed()
        self._domestic: dict[int, NDArray[np.int64]] = {}

    def cell(
        self, dest: Any, category: Any, channel: Any, origin: Any, postal: Any = Postal.OTHER
    ) -> NDArray[np.int32]:
        """Index of the cell, of numbers or of arrays of them."""
        return np.ravel_multi_index((dest, category, channel, origin, postal), self.shape).astype(np.int32)  # type: ignore[no-any-return]

    def bands(self, day: int) -> Bands:
        """The law of a day (its ordinal), as the border kernels read it; the same arrays until the next change."""
        return Bands(self._first[bisect_right(self.changes, day) - 1], self.upto, self.rule, self.mfn_ppm)

    def row(self, day: int, cell: int, value: int) -> int:
        """Row of the rule for a value in the law's minor units; -1 where the law has no rule."""
        bands = self.bands(day)
        return choose(int(bands.first[cell]), value, bands.upto, bands.rule)

    def find(self, day: int, cell: int, value: int) -> Rule | None:
        """The rule for a value in the law's minor units, or None where the law has no rule."""
        row = self.row(day, cell, value)
        return self.rules[row] if row >= 0 else None

    def domestic_vat_ppm(self, dest: int, day: int, category: int = 0) -> int:
        """VAT on a domestic sale: the rate of the destination's bulk rule; 0 where it has none."""
        rule = self.find(day, int(self.cell(dest, category, Channel.BULK, dest)), 0)
        return rule.terms["vat_ppm"] if rule else 0

    def domestic_vat(self, day: int) -> NDArray[np.int64]:
        """VAT on domestic sales, ppm, int64[destination, category]; the same array until the next change."""
        since = bisect_right(self.changes, day) - 1
        if since not in self._domestic:
            places, kinds = self.shape[:2]
            rates = [self.domestic_vat_ppm(dest, day, kind) for dest, kind in product(range(places), range(kinds))]
            self._domestic[since] = np.array(rates, np.int64).reshape(places, kinds)
        return self._domestic[since]

    def per_usd(self, fx: NDArray[np.float64]) -> NDArray[np.float64]:
        """Units of each law's currency for one USD, float64[destination], from those of the countries' own currencies.

        Where no country of the world has the currency of the law, the facts' level stands.
        """
        return np.where(self._money >= 0, fx[np.maximum(self._money, 0)], self._level)

    def columns(self) -> dict[str, NDArray[Any]]:
        """The table of borders: one array per column, rows as in ``rules``; -1 stands for all."""
        places = {ANY: -1, **{name: row for row, name in enumerate(self.countries)}}
        kinds = {ANY: -1, **{name: row for row, name in reversed(list(enumerate(self._like.values())))}}
        kinds |= {name: row for row, name in enumerate(self.categories)}
        codes = {ANY: -1, **{name: int(code) for name, code in POSTAL.items()}}
        rows = [rule.row for rule in self.rules]
        return {
            "dest": np.array([places[row["dest"]] for row in rows], np.int32),
            "channel": np.array([CHANNELS[row["channel"]] for row in rows], np.int8),
            "category": np.array([kinds[row["category"]] for row in rows], np.int32),
            "origin": np.array([places[row["origin"]] for row in rows], np.int32),
            "postal": np.array([codes[row["mode"]] for row in rows], np.int8),
            "priority": np.array([rule.priority for rule in self.rules], np.int32),
            "from_day": np.array([rule.start for rule in self.rules], np.int32),
            "until_day": np.array([rule.end for rule in self.rules], np.int32),
            "value_lo": np.array([rule.lo for rule in self.rules], np.int64),
            "value_hi": np.array([rule.hi for rule in self.rules], np.int64),
            **self.terms._asdict(),
            "vat_checkout": self.vat_checkout,
            "vat_recoverable": np.array([row["recoverable_vat"] == "1" for row in rows], np.uint8),
        }

    def notices(self) -> list[Notice]:
        """Changes told in advance, by day: the facts' where the law follows the calendar, and own rows'."""
        told = []
        for row in table("announcements"):
            members = EU if row["dest"] == "EU" else (row["dest"],)
            for dest in members:
                if self.as_of.get(dest) == "calendar":
                    days = date.fromisoformat(row["announced"]), date.fromisoformat(row["effective"])
                    told.append(Notice(*days, dest, row["rule"]))
        for own in self.own:
            if own.announced:
                days = date.fromordinal(own.announced), date.fromordinal(own.reach.start)
                told.append(Notice(*days, own.reach.row["dest"], own.reach.key))
        return sorted(told)

    def _concerns(self, row: Mapping[str, str]) -> bool:
        return (
            row["dest"] in self.countries
            and row["origin"] in (ANY, *self.countries)
            and row["category"] in (ANY, *self._like.values())
        )

    def _mfn(self) -> NDArray[np.int64]:
        cells = {(row["dest"], row["category"]): whole(row["rate_pct"], 10_000) for row in table("mfn")}
        known = sorted({category for _, category in cells})
        if wrong := [category for category, facts in self._like.items() if facts not in known]:
            raise LawError(
                [f"category {name!r} has no duties; say which it is like: {', '.join(known)}" for name in wrong]
            )
        rates = [cells.get((dest, self._like[kind]), 0) for dest, kind in product(self.countries, self.categories)]
        return np.array(rates, np.int64)

    def _read_own(self, rows: Sequence[Mapping[str, Any]], counts_in: Mapping[str, str]) -> list[OwnRule]:
        own, problems = [], []
        for number, given in enumerate(rows):
            try:
                rule = own_rule(number, given, list(self.countries), list(self.categories))
            except LawError as error:
                problems += error.problems
                continue
            money = counts_in.get(rule.reach.row["dest"], "")
            for column in ("currency", "specific_currency", "handling_currency"):
                if money and rule.given.get(column, money) != money:
                    problems.append(
                        f"borders[{number}].{column} = {rule.given[column]!r}; the law there counts in {money}"
                    )
            missing = [column for column in ("currency", "ad_valorem", "valuation", "vat") if column not in rule.given]
            if not money and rule.given.get("ad_valorem") == "MFN":
                problems.append(
                    f"borders[{number}].ad_valorem = 'MFN'; the facts have no MFN rates there: give a number"
                )
            if not money and missing:
                problems.append(f"borders[{number}]: the facts have no rule to take {', '.join(missing)} from")
            own.append(rule)
        if problems:
            raise LawError(problems)
        return own

    def _followed(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Row of the country whose fx the law of each destination follows, -1 for none, and the level then."""
        own = {row["iso2"]: row["currency"] for row in table("fx")}
        levels = {row["currency"]: float(row["per_usd_2024_07"]) for row in table("fx")}
        held = [own.get(country, "") for country in self.countries]
        rows = []
        for place, money in enumerate(self.currencies):
            near = place if held[place] == money else held.index(money) if money in held else -1
            rows.append(-1 if money == "USD" else near)
        return np.array(rows, np.int64), np.array([levels.get(money, 1.0) for money in self.currencies], np.float64)
