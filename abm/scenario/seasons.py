"""When people want more and factories make nothing: the calendar of peaks, holidays and weekdays, by country."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from abm.columns import F8, U1
from abm.scenario import facts

WEEK = np.array([1.02, 1.0, 0.99, 0.98, 0.95, 0.98, 1.08])
"""Needs by weekday, Monday first; assumed, mean 1."""


@dataclass(frozen=True)
class Season:
    """One day, by country: factor of new needs, share of them that waits, whether an event is on, shut factories."""

    needs: F8
    wait: F8
    event: U1
    shut: U1


class Seasons:
    """The calendar of a list of countries; flat where the scenario wants it so."""

    def __init__(self, codes: list[str], flat: bool) -> None:
        self.codes = codes
        self.flat = flat
        self.days: dict[int, Season] = {}
        self.visits: dict[int, F8] = {}
        peaks = [row for row in facts.table("peaks") if set(row["countries"].split()) & set(codes)]
        self.peaks = [] if flat else peaks

    def on(self, ordinal: int) -> Season:
        """The season of a calendar day."""
        if ordinal not in self.days:
            self.days[ordinal] = self._made(ordinal)
        return self.days[ordinal]

    def ahead(self, ordinal: int, days: int) -> F8:
        """Expected visits against a flat day from this day on, summed: float64[days + 1, country], row 0 is zero.

        An event brings back what waited for it, so its first day counts share x waiting days more.
        """
        daily = [self._visits(ordinal + step) for step in range(days)]
        return np.cumsum(np.vstack([np.zeros((1, len(self.codes))), *daily]), axis=0)

    def _visits(self, ordinal: int) -> F8:
        if ordinal not in self.visits:
            season = self.on(ordinal)
            self.visits[ordinal] = season.needs * (1.0 - season.wait) + self._returning(ordinal)
        return self.visits[ordinal]

    def _returning(self, ordinal: int) -> F8:
        back = np.zeros(len(self.codes))
        for row in self.peaks:
            away = ordinal - date.fromisoformat(row["date"]).toordinal()
            if row["kind"] == "demand" and away == 0:
                back += self._where(row) * float(row["deferral_share"]) * float(row["deferral_days"])
        return back

    def _where(self, row: dict[str, str]) -> F8:
        listed = row["countries"].split()
        return np.array([float(code in listed) for code in self.codes])

    def _made(self, ordinal: int) -> Season:
        size = len(self.codes)
        week = 1.0 if self.flat else WEEK[(ordinal + 6) % 7]
        needs, wait = np.full(size, week), np.zeros(size)
        event, shut = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
        for row in self.peaks:
            away = ordinal - date.fromisoformat(row["date"]).toordinal()
            where = self._where(row)
            if -int(row["deferral_days"]) <= away < 0:
                wait = np.maximum(wait, where * float(row["deferral_share"]))
            if 0 <= away < int(row["event_days"]):
                event |= where.astype(np.uint8)
            if -int(row["season_days_before"]) <= away < 0:
                needs = needs * (1.0 + where * (float(row["season_factor"]) - 1.0))
            if 0 <= away - int(row["shutdown_start_offset"]) < int(row["shutdown_days"]):
                shut |= where.astype(np.uint8)
        return Season(needs, np.where(event, 0.0, wait), event, shut)
