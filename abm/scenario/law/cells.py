"""How the rules of import law are cut into cells and bands, so that a consignment only looks up its value.

A cell is (destination, category, channel, origin, postal option). Where a destination has no rules for bonded goods,
those released per order follow its rules for parcels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import product
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from abm.scenario.law.rules import ANY, CHANNELS, FOREVER, POSTAL, UNLIMITED, LawError, OwnRule, Rule
from kernels.border import Channel, Postal

AsOf = date | Literal["calendar"]
MODES: Final = {Postal.OTHER: ANY, **{code: name for name, code in POSTAL.items()}}


class Cells:
    """The cut of facts and own rows by day.

    ``rules`` are the facts' rules and after them those that own rows make of them; ``changes`` the days on which the
    law turns; ``firsts`` the first band of every cell from each of these days on; ``upto`` and ``rule`` the bands.
    """

    def __init__(
        self, facts: Sequence[Rule], own: Sequence[OwnRule], as_of: Mapping[str, AsOf], like: Mapping[str, str]
    ) -> None:
        """Cut. as_of gives the destinations, in order, and the day of their law; like the categories and their kind."""
        self.rules = list(facts)
        self.shape = (len(as_of), len(like), len(Channel), len(as_of), len(Postal))
        self._own, self._as_of, self._like = own, as_of, like
        self._facts: dict[str, list[int]] = {dest: [] for dest in as_of}
        for row, rule in enumerate(facts):
            self._facts[rule.row["dest"]].append(row)
        self._bonding = {rule.row["dest"] for rule in facts if rule.row["channel"] == "bonded"}
        self._starts: dict[tuple[tuple[int, int], ...], int] = {}
        self._edges: list[tuple[int, int]] = []
        self._over: dict[tuple[int, int, str], int] = {}
        self._ties: set[tuple[int, int]] = set()
        self.changes = self._changes(as_of)
        self.firsts = self._all_days()
        if self._ties:
            text = "borders[{}] and borders[{}] rule the same goods, values and days; give one a priority"
            raise LawError([text.format(*pair) for pair in sorted(self._ties)])
        self.upto = np.array([upto for upto, _ in self._edges], np.int64)
        self.rule = np.array([row for _, row in self._edges], np.int64)

    def _changes(self, dests: Iterable[str]) -> list[int]:
        """Days on which the law of any of these destinations turns, the first day of all among them."""
        days = {1}
        for dest in dests:
            if self._as_of[dest] == "calendar":
                days.update(day for row in self._facts[dest] for day in (self.rules[row].start, self.rules[row].end))
            for own in self._own:
                if own.reach.row["dest"] == dest:
                    days |= {own.reach.start, own.reach.end}
        return sorted(days - {FOREVER})

    def _all_days(self) -> list[NDArray[np.int64]]:
        turns = {dest: set(self._changes([dest])) for dest in self._as_of}
        firsts: list[NDArray[np.int64]] = []
        blocks = np.empty(self.shape, np.int64)
        for day in self.changes:
            for place, dest in enumerate(self._as_of):
                if day in turns[dest]:
                    blocks[place] = self._place(dest, day)
            firsts.append(blocks.reshape(-1).copy())
        return firsts

    def _place(self, dest: str, day: int) -> NDArray[np.int64]:
        """First bands of all cells of a destination on a day, int64[category, channel, origin, postal]."""
        as_of = self._as_of[dest]
        facts_day = as_of.toordinal() if isinstance(as_of, date) else day
        facts = [row for row in self._facts[dest] if self.rules[row].holds(facts_day)]
        facts.sort(key=lambda row: -self.rules[row].priority)
        own = [number for number, row in enumerate(self._own) if row.reach.row["dest"] == dest and row.reach.holds(day)]
        rows = [self.rules[row].row for row in facts] + [self._own[number].reach.row for number in own]
        kinds, origins = ({row[column] for row in rows} for column in ("category", "origin"))
        said = {name: [row for row in facts if self.rules[row].row["channel"] == name] for name in CHANNELS}
        if dest not in self._bonding:
            said["bonded"] = said["parcel"]
        block = np.empty(self.shape[1:], np.int64)
        seen: dict[tuple[str, str, str, Postal], int] = {}
        for spot in product(enumerate(self._like), Channel, enumerate(self._as_of), Postal):
            (kind_row, kind), channel, (origin_row, origin), postal = spot
            known = kind in kinds or self._like[kind] in kinds
            key = (kind if known else ANY, channel.name.lower(), origin if origin in origins else ANY, postal)
            if key not in seen:
                seen[key] = self._cell(said, own, kind, key[1], origin, MODES[postal])
            block[kind_row, channel, origin_row, postal] = seen[key]
        return block

    def _cell(
        self, said: Mapping[str, list[int]], own: Sequence[int], kind: str, channel: str, origin: str, mode: str
    ) -> int:
        """Cut one cell into bands; the index of the first, or -1 where nothing is ruled."""
        rules, like = self.rules, self._like[kind]
        facts = [row for row in said[channel] if rules[row].covers(like, origin, mode)]
        bulks = (rules[row] for row in said["bulk"])
        extra = next((rule.row["extra_ad_valorem"] for rule in bulks if rule.covers(like, origin, mode)), "")
        channels = {channel, "parcel"} if said[channel] is said["parcel"] else {channel}
        mine = [number for number in own if self._own[number].reach.covers(kind, origin, mode)]
        mine = [number for number in mine if self._own[number].reach.row["channel"] in channels]
        reach = [rules[row] for row in facts] + [self._own[number].reach for number in mine]
        bands: list[tuple[int, int]] = []
        lo = -1
        for hi in sorted({rule.lo for rule in reach} | {rule.hi for rule in reach} | {UNLIMITED}):
            if hi <= lo:
                continue
            row = next((row for row in facts if rules[row].spans(lo, hi)), -1)
            over = [number for number in mine if self._own[number].reach.spans(lo, hi)]
            if over:
                row = self._own_ruling(self._strongest(over, row, channel), row, extra)
            if bands and bands[-1][1] == row:
                bands.pop()
            bands.append((hi, row))
            lo = hi
        return self._kept(tuple(bands))

    def _kept(self, bands: tuple[tuple[int, int], ...]) -> int:
        """Where these bands stand among all; -1 when they rule nothing."""
        if all(row < 0 for _, row in bands):
            return -1
        if bands not in self._starts:
            self._starts[bands] = len(self._edges)
            self._edges += bands
        return self._starts[bands]

    def _strongest(self, own: Sequence[int], base: int, channel: str) -> int:
        """The own row that wins over a band: by priority, then by what it names."""
        usual = self.rules[base].priority if base >= 0 else 0
        ranks = []
        for number in own:
            row = self._own[number]
            ranks.append(
                (int(row.given.get("priority", usual)), row.reach.row["channel"] == channel, *row.named, number)
            )
        ranks.sort(reverse=True)
        if len(ranks) > 1 and ranks[0][:-1] == ranks[1][:-1]:
            self._ties.add((ranks[1][-1], ranks[0][-1]))
        return ranks[0][-1]

    def _own_ruling(self, number: int, base: int, extra: str) -> int:
        """Row of the rule that an own row makes over a rule of the facts (-1: over none)."""
        key = (number, base, extra)
        if key not in self._over:
            try:
                rule = self._own[number].over(self.rules[base] if base >= 0 else None, extra)
            except ValueError as error:
                raise LawError([f"borders[{number}]: {error}"]) from None
            self._over[key] = len(self.rules)
            self.rules.append(rule)
        return self._over[key]
