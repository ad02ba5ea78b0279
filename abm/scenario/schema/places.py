"""Where goods and people are: the keys of [countries], [categories], [lanes] and [passages]."""

from __future__ import annotations

from typing import get_args

from abm.scenario.schema.fields import Section, Share, Weekday, entry, listing, quantity


class Country(Section):
    """A market or a place of making; what is left out comes from the facts."""

    share: float | None = quantity(
        None, "share", 0, 1, "Its part of the consumers; left out, by online spending. 0: a place of making only."
    )
    visits: float | None = quantity(
        None, "visits/day", 0, 0.95, "Visits per consumer and day; left out, demand.visits."
    )
    customs: float | None = quantity(
        None, "declarations/day", 0, 1e12, "What each customs queue clears; left out, the usual flow over .7."
    )
    inspection: float | None = quantity(None, "share", 0, 1, "Share of declarations that customs inspects.")
    clearance: float | None = quantity(None, "days", 0, 60, "Working days from the head of the queue to release.")
    penalty: float = quantity(1.0, "share", 0, 100, "Fine on value that an inspection finds undeclared.")
    interest: float = quantity(0.08, "share/year", 0, 10, "What its banks take for a year of credit; assumed.")
    fx_par: float | None = quantity(
        None, "currency/USD", 1e-6, 1e6, "Units of currency per US dollar on the first day."
    )
    fx_sd: float | None = quantity(None, "ln/day", 0, 0.5, "Standard deviation of a day's step of the exchange rate.")
    categories: dict[str, Share] = entry({}, "Shares of needs by category; left out, as [categories] has them.")


class Category(Section):
    """A kind of goods; what is left out comes from the facts."""

    like: str | None = entry(None, "The kind of the facts whose duties it bears; needed for a kind of one's own.")
    weight_g: int | None = quantity(None, "g", 1, 100_000, "What a pack weighs, with its box.")
    price_usd: float | None = quantity(None, "USD", 0.01, 100_000, "The usual price of a pack, landed.")
    returns: float | None = quantity(None, "share", 0, 0.9, "Share of packs sent back by a buyer whose hopes were met.")
    needs: float | None = quantity(None, "share", 0, 1, "Share of needs; those of all categories are scaled to 1.")


class Lane(Section):
    """A way of carriage between two countries, named origin-destination-way; what is left out comes from the facts."""

    transit: float | None = quantity(None, "days", 0, 200, "Usual days from departure to the border.")
    last_mile: float | None = quantity(None, "days", 0, 60, "Usual days from the border, or the shelf, to the door.")
    spread: float | None = quantity(None, "ln", 0, 2, "Standard deviation of the logarithm of the days.")
    per_item: float | None = quantity(None, "USD cents", 0, 1e6, "Base rate for each parcel.")
    per_kg: float | None = quantity(None, "USD cents/kg", 0, 1e6, "Base rate for each kilogram.")
    capacity_factor: float | None = quantity(None, "factor", 0, 1000, "Capacity as a multiple of its usual flow.")
    departures: tuple[Weekday, ...] | None = listing(
        None, "Weekdays on which it departs; left out, every day.", least=1
    )

    @property
    def departure_bits(self) -> int | None:
        """The weekdays as the lanes' column has them: Monday is bit 0; None when left out."""
        if self.departures is None:
            return None
        return sum(1 << get_args(Weekday).index(day) for day in set(self.departures))


class Passage(Section):
    """A canal or a strait."""

    open: bool = entry(True, "Whether ships may pass on the first day.", unit="yes/no")
