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


class Peak:
    """A row of the facts on peaks, as a list of countries sees it: its first day, and 1 for the countries it is in."""

    def __init__(self, row: dict[str, str], codes: list[str]) -> None:
        listed = row["countries"].split()
        self.first = date.fromisoformat(row["date"]).toordinal()
        self.where = np.array([float(code in listed) for code in codes])
        self.demand = row["kind"] == "demand"
        self.share, self.days = float(row["deferral_share"]), int(row["deferral_days"])
        self.event_days = int(row["event_days"])
        self.factor, self.season_days = float(row["season_factor"]), int(row["season_days_before"])
        self.shut_after, self.shut_days = int(row["shutdown_start_offset"]), int(row["shutdown_days"])


class Seasons:
    """The calendar of a list of countries; flat where the scenario wants it so."""

    def __init__(self, codes: list[str], flat: bool) -> None:
        self.codes = codes
        self.flat = flat
        self.days: dict[int, Season] = {}
        self.visits: dict[int, F8] = {}
        peaks = [Peak(row, codes) for row in facts.table("peaks")]
        self.peaks = [] if flat else [peak for peak in peaks if peak.where.any()]

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
        return np.cumsum(np.array([np.zeros(len(self.codes)), *daily]), axis=0)

    def _visits(self, ordinal: int) -> F8:
        if ordinal not in self.visits:
            season = self.on(ordinal)
            self.visits[ordinal] = season.needs * (1.0 - season.wait) + self._returning(ordinal)
        return self.visits[ordinal]

    def _returning(self, ordinal: int) -> F8:
        back = np.zeros(len(self.codes))
        for peak in self.peaks:
            if peak.demand and ordinal == peak.first:
                back += peak.where * peak.share * float(peak.days)
        return back

    def _made(self, ordinal: int) -> Season:
        size = len(self.codes)
        week = 1.0 if self.flat else WEEK[(ordinal + 6) % 7]
        needs, wait = np.full(size, week), np.zeros(size)
        event, shut = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
        for peak in self.peaks:
            away = ordinal - peak.first
            if -peak.days <= away < 0:
                wait = np.maximum(wait, peak.where * peak.share)
            if 0 <= away < peak.event_days:
                event |= peak.where.astype(np.uint8)
            if -peak.season_days <= away < 0:
                needs = needs * (1.0 + peak.where * (peak.factor - 1.0))
            if 0 <= away - peak.shut_after < peak.shut_days:
                shut |= peak.where.astype(np.uint8)
        return Season(needs, np.where(event, 0.0, wait), event, shut)
