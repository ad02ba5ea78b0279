"""When people want more and factories make nothing: the calendar of peaks, campaigns, holidays and weekdays."""

from __future__ import annotations

from collections.abc import Sequence
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


@dataclass(frozen=True, eq=False)
class Peak:
    """An event or a holiday as a list of countries sees it: its first day, and 1 for the countries it is in.

    For ``days`` before it the part ``share`` of needs waits for it. ``factor`` is that of needs in ``season_days``
    before, ``event_factor`` that on its own days; factories are shut for ``shut_days`` from ``shut_after`` days after
    the first one.
    """

    first: int
    where: F8
    share: float
    days: int
    event_days: int
    factor: float = 1.0
    season_days: int = 0
    shut_after: int = 0
    shut_days: int = 0
    event_factor: float = 1.0

    @classmethod
    def of(cls, row: dict[str, str], codes: list[str]) -> Peak:
        """A row of the facts on peaks."""
        listed = row["countries"].split()
        return cls(
            date.fromisoformat(row["date"]).toordinal(),
            np.array([float(code in listed) for code in codes]),
            float(row["deferral_share"]),
            int(row["deferral_days"]),
            int(row["event_days"]),
            float(row["season_factor"]),
            int(row["season_days_before"]),
            int(row["shutdown_start_offset"]),
            int(row["shutdown_days"]),
        )


@dataclass(frozen=True, eq=False)
class Campaign:
    """An event of the scenario's own, known of from the day ``told``; one that is not ``true`` does not take place."""

    peak: Peak
    told: int
    true: bool


class Seasons:
    """The calendar of a list of countries; flat where the scenario wants it so.

    ``belief`` is the chance with which firms reckon that a campaign of which there is word takes place.
    """

    def __init__(self, codes: list[str], flat: bool, campaigns: Sequence[Campaign] = (), belief: float = 1.0) -> None:
        self.codes = codes
        self.flat = flat
        self.days: dict[int, Season] = {}
        self.visits: dict[tuple[int, tuple[int, ...]], F8] = {}
        peaks = [Peak.of(row, codes) for row in facts.table("peaks")]
        self.peaks = [] if flat else [peak for peak in peaks if peak.where.any()]
        self.campaigns = () if flat else tuple(campaigns)
        self.true = tuple(row for row, campaign in enumerate(self.campaigns) if campaign.true)
        self.belief = belief

    def on(self, ordinal: int) -> Season:
        """The season of a calendar day."""
        if ordinal not in self.days:
            self.days[ordinal] = self._made(ordinal, self._with(self.true))
        return self.days[ordinal]

    def seen(self, ordinal: int) -> F8:
        """Visits of a day that is there, against a flat day: float64[country]."""
        return self._visits(ordinal, self.true)

    def ahead(self, today: int, days: int) -> F8:
        """Visits expected after today against a flat day, summed: float64[days + 1, country], row 0 is zero.

        An event brings back what waited for it, so its first day counts share x waiting days more. A campaign of which
        there is word counts by the belief in it until it is there.
        """
        begun = [row for row, one in enumerate(self.campaigns) if one.true and one.peak.first <= today]
        word = [row for row, one in enumerate(self.campaigns) if one.told <= today < one.peak.first]
        sure = self._summed(today + 1, days, tuple(begun))
        if not word:
            return sure
        told = self._summed(today + 1, days, tuple(sorted([*begun, *word])))
        return np.asarray((1.0 - self.belief) * sure + self.belief * told)

    def _with(self, campaigns: Sequence[int]) -> list[Peak]:
        return [*self.peaks, *(self.campaigns[row].peak for row in campaigns)]

    def _summed(self, first: int, days: int, campaigns: tuple[int, ...]) -> F8:
        daily = [self._visits(first + step, campaigns) for step in range(days)]
        return np.cumsum(np.array([np.zeros(len(self.codes)), *daily]), axis=0)

    def _visits(self, ordinal: int, campaigns: tuple[int, ...]) -> F8:
        if (ordinal, campaigns) not in self.visits:
            peaks = self._with(campaigns)
            season, back = self._made(ordinal, peaks), np.zeros(len(self.codes))
            for peak in peaks:
                if ordinal == peak.first:
                    back = np.maximum(back, peak.where * peak.share * float(peak.days))
            self.visits[ordinal, campaigns] = season.needs * (1.0 - season.wait) + back
        return self.visits[ordinal, campaigns]

    def _made(self, ordinal: int, peaks: Sequence[Peak]) -> Season:
        size = len(self.codes)
        week = 1.0 if self.flat else WEEK[(ordinal + 6) % 7]
        needs, wait = np.full(size, week), np.zeros(size)
        event, shut = np.zeros(size, np.uint8), np.zeros(size, np.uint8)
        for peak in peaks:
            away = ordinal - peak.first
            if -peak.days <= away < 0:
                wait = np.maximum(wait, peak.where * peak.share)
            if 0 <= away < peak.event_days:
                event |= peak.where.astype(np.uint8)
                needs = needs * (1.0 + peak.where * (peak.event_factor - 1.0))
            if -peak.season_days <= away < 0:
                needs = needs * (1.0 + peak.where * (peak.factor - 1.0))
            if 0 <= away - peak.shut_after < peak.shut_days:
                shut |= peak.where.astype(np.uint8)
        return Season(needs, np.where(event, 0.0, wait), event, shut)
