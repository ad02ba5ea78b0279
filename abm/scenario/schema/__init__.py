"""What a scenario may say: every key of a file with its unit, its bounds and one sentence."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, Field, PrivateAttr

from abm.scenario.facts import EU
from abm.scenario.schema.demand import Demand, Objective, Platform
from abm.scenario.schema.editions import SCHEMA
from abm.scenario.schema.events import Border, Campaign, Shock, Target, target
from abm.scenario.schema.fields import AsOf, Section, Start, Title, entry, listing, quantity
from abm.scenario.schema.firms import Chain, Firm, RuleUse
from abm.scenario.schema.kinds import OwnKind
from abm.scenario.schema.places import Category, Country, Lane, Passage

__all__ = [
    "SCHEMA",
    "Border",
    "Campaign",
    "Category",
    "Chain",
    "Chance",
    "Country",
    "Demand",
    "Dials",
    "Firm",
    "Lane",
    "Law",
    "Management",
    "Objective",
    "Passage",
    "Platform",
    "RuleUse",
    "Scenario",
    "Shock",
    "Target",
    "target",
]


class Personalisation(Section):
    """How far shoppers are served one by one."""

    pages: float = quantity(1.0, "0..1", 0, 1, "How far pages are ranked for the shopper's segment.")
    coupons: float = quantity(1.0, "0..1", 0, 1, "How far coupons are aimed at segments.")
    delivery: float = quantity(1.0, "0..1", 0, 1, "Share of shoppers who choose how a pack is delivered.")


class Dynamics(Section):
    """How far the network changes."""

    rewiring: float = quantity(1.0, "0..1", 0, 1, "How readily firms switch suppliers, lanes and modes.")
    entry: float = quantity(1.0, "0..1", 0, 1, "How readily new firms come where demand is unserved.")
    exit: float = quantity(1.0, "0..1", 0, 1, "How readily firms that lose money leave; the insolvent always do.")


class Feedback(Section):
    """How far experience is listened to."""

    weight: float = quantity(1.0, "0..1", 0, 1, "How far reviews and returns move rating, loyalty and trust.")


class Management(Section):
    """How far firms look ahead, and what they may change about their place in the market."""

    initiative: float = quantity(
        0.5, "0..1", 0, 1, "How early and how often firms review: 0 once in four usual intervals, 1 four times in one."
    )
    share: float = quantity(
        1.0, "share", 0, 1, "Share of firms that take the initiative; the others take none. A larger share keeps all."
    )
    preset: Literal["traditional", "proactive"] | None = entry(None, "An initiative of 0, or of 1, by name.")
    belief: float = quantity(0.8, "share", 0, 1, "Chance with which firms reckon that what is announced comes true.")
    levers: tuple[Literal["logistics", "capital", "product"], ...] = listing(
        ("logistics", "capital", "product"), "What firms may change in search of a better place: mode, market, design."
    )

    @property
    def level(self) -> float:
        """The initiative, by preset or as given."""
        return {"traditional": 0.0, "proactive": 1.0}.get(self.preset or "", self.initiative)


class Network(Section):
    """How firms stand in several chains at once, and how many tiers chains have."""

    overlap: float = quantity(1.0, "0..1", 0, 1, "Share of capacity, cash and attention that is pooled over chains.")
    pools: tuple[Literal["capacity", "cash", "attention"], ...] = listing(
        ("capacity", "cash", "attention"), "What is pooled as far as the overlap says; the rest is fenced by chain."
    )
    tiers: int = quantity(
        4,
        "count",
        4,
        6,
        "Tiers of a usual chain: each beyond 4 splits the days and markup of its source once more.",
    )


class Information(Section):
    """How far firms share what consumers buy and what is in stock."""

    share: float = quantity(0.5, "share", 0, 1, "Share of firms that are members of the shared information system.")
    latency: int = quantity(7, "days", 0, 28, "Days that a report takes up the chain.")
    accuracy: float = quantity(0.98, "share", 0.9, 1, "1 less the relative error of what the shared system reports.")
    visibility: float = quantity(
        1.0, "share", 0, 1, "Part of a chain's tiers, counted from the seller, that sees reports."
    )


class Channels(Section):
    """How far sellers and those who supply them plan together."""

    adoption: float = quantity(
        0.5, "share", 0, 1, "Share of firms whose order systems exchange campaign notices and plans."
    )


class Dials(Section):
    """The mechanisms, each from off to full."""

    personalisation: Personalisation = entry(Personalisation(), "How far shoppers are served one by one.")
    dynamics: Dynamics = entry(Dynamics(), "How far the network changes.")
    feedback: Feedback = entry(Feedback(), "How far experience is listened to.")
    network: Network = entry(Network(), "How firms stand in several chains at once.")
    management: Management = entry(Management(), "How far firms look ahead, and what they may change.")
    information: Information = entry(Information(), "How far firms share what they see of demand and stock.")
    channels: Channels = entry(Channels(), "How far sellers and those who supply them plan together.")


class Chance(Section):
    """What is left to chance."""

    noise: bool = entry(True, "Whether days differ by chance; false repeats one day's luck for ever.", unit="yes/no")
    draw: Literal["cdf", "race"] = entry(
        "cdf",
        "How a choice is drawn from its shares: by one number a shopper, or by one for each shopper and offer, which "
        "pairs single offers between scenarios and is slower; the shares are the same.",
    )


class CountryLaw(Section):
    """The law of one country."""

    as_of: AsOf = entry(..., 'The day whose law holds for ever, or "calendar".')


class Law(Section):
    """Which import rules hold: those of one day for ever, or the calendar's; a table named by a country, or by EU for
    all its members, overrides."""

    model_config = ConfigDict(extra="allow")
    others: ClassVar[Any] = CountryLaw
    __pydantic_extra__: dict[str, CountryLaw] = Field(init=False)
    as_of: AsOf = entry("calendar", 'The day whose law holds for ever, or "calendar" for the dated rules.')

    @property
    def named(self) -> dict[str, date | Literal["calendar"]]:
        """The tables by name: countries, or EU for all its members."""
        return {name: own.as_of for name, own in (self.__pydantic_extra__ or {}).items()}

    @property
    def overrides(self) -> dict[str, date | Literal["calendar"]]:
        """The countries with an as_of of their own, members of the EU with its one unless they have one."""
        named = self.named
        union = dict.fromkeys(EU, named["EU"]) if "EU" in named else {}
        return union | {name: as_of for name, as_of in named.items() if name != "EU"}

    def of(self, country: str) -> date | Literal["calendar"]:
        """The as_of that holds in a country."""
        return self.overrides.get(country, self.as_of)


class Scenario(Section):
    """A world and the run of it, as its files resolve."""

    schema_version: Literal[1] = entry(..., "The edition of this list of keys.", alias="schema")
    title: Title = entry("untitled", "What the scenario is about; left out, the name of its file.")
    start: Start = entry(date(2024, 7, 1), "The first reported day.")
    warmup: int = quantity(120, "days", 0, 3650, "Days lived before the first reported day.")
    days: int = quantity(365, "days", 1, 36_500, "Reported days.")
    consumers: int = quantity(20_000, "consumers", 0, 200_000_000, "How many consumers stand for all shoppers.")
    seed: int = quantity(1, "1", 0, 2**64 - 1, "The seed of all chance.")
    dials: Dials = entry(Dials(), "The mechanisms, each from off to full.")
    chance: Chance = entry(Chance(), "What is left to chance.")
    law: Law = entry(Law(), "Which import rules hold.")
    demand: Demand = entry(Demand(), "What shoppers want.")
    platform: Platform = entry(Platform(), "What all platforms share.")
    countries: dict[str, Country] = entry({}, "The countries of the world, by their two letters.")
    categories: dict[str, Category] = entry({}, "The kinds of goods, by name.")
    lanes: dict[str, Lane] = entry({}, "Ways of carriage whose facts are overridden, by origin-destination-way.")
    passages: dict[str, Passage] = entry({}, "Canals and straits, by name.")
    kinds: dict[str, OwnKind] = entry({}, "Kinds of firm of the scenario's own, by name.")
    firms: tuple[Firm, ...] = listing((), "The firms and groups of firms.")
    chains: tuple[Chain, ...] = listing((), "The supply chains.")
    borders: tuple[Border, ...] = listing((), "Import rules of the scenario's own.")
    campaigns: tuple[Campaign, ...] = listing((), "Sales of the scenario's own.")
    shocks: tuple[Shock, ...] = listing((), "Dated changes.")
    _folders: tuple[Path, ...] = PrivateAttr(())
    _user_code: bool = PrivateAttr(True)

    def placed(self, folders: tuple[Path, ...], user_code: bool) -> Scenario:
        """This scenario, told beside which files it lies and whether rules of the user's own may be loaded."""
        self._folders, self._user_code = folders, user_code
        return self

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where a rule written as module:Class is looked for: beside the scenario file, then beside what it extends."""
        return self._folders

    @property
    def user_code(self) -> bool:
        """Whether rules of the user's own may be loaded."""
        return self._user_code

    @property
    def first(self) -> date:
        """The first day lived; the warm-up starts there."""
        return self.start - timedelta(days=self.warmup)

    @property
    def end(self) -> date:
        """The first day no longer lived."""
        return self.start + timedelta(days=self.days)

    @property
    def last(self) -> date:
        """The last reported day."""
        return self.end - timedelta(days=1)

    @property
    def category_names(self) -> tuple[str, ...]:
        """The kinds of goods of this world, alphabetically: those declared and those that chains make."""
        return tuple(sorted({*self.categories, *(chain.category for chain in self.chains)}))

    def date_of(self, moment: date | int) -> date:
        """The calendar day of a date, or of a day number counted from the first reported day."""
        return self.start + timedelta(days=moment) if isinstance(moment, int) else moment

    def resolved(self) -> dict[str, Any]:
        """Everything that this scenario says, defaults included, as plain values that `load` reads back."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    @property
    def digest(self) -> str:
        """A hash of all that the scenario says."""
        text = json.dumps(self.resolved(), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
