"""The world is its tables, the day, and what the scenario has settled."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from abm.columns import I4, U4, U8, Array, Calendar, Declared, Table
from abm.passing import Invoices, Orders, Pages, Parcels, Releases, Shipments
from abm.standing import (
    Accounts,
    Borders,
    Categories,
    Chains,
    Consumers,
    Countries,
    Firms,
    Lanes,
    Links,
    Listings,
    Members,
    Nodes,
    Offers,
    Passages,
    Products,
    Storefronts,
)
from kernels import chance, functions
from kernels.border import Terms
from kernels.chance import Stream

if TYPE_CHECKING:
    from abm.phases.shocks import Shock
    from abm.scenario.law import Law
    from abm.scenario.schema import Scenario
    from abm.scenario.seasons import Seasons

MODES = ("express", "line", "post", "overseas", "bonded", "retail")
HAULS = (*MODES, "air", "sea", "road")
QUEUES = ("express", "post", "cargo")
KINDS = ("supplier", "manufacturer", "seller", "retailer", "platform", "carrier", "warehouse", "broker", "payment")
VARIANTS = 8


class Stage(IntEnum):
    """Where a parcel or a shipment is; it waits there until the day it is due."""

    READY = 0
    LINE_HAUL = 1
    CUSTOMS = 2
    LAST_MILE = 3
    RETURNING = 4
    WORK = 5
    CONSOLIDATING = 6
    DOCK = 7


class Pool(IntEnum):
    """What the chains of a firm share, as far as it is not fenced for each."""

    CAPACITY = 0
    CASH = 1
    ATTENTION = 2


class Outcome(IntEnum):
    """What became of a shopper who picked something."""

    OPEN = 0
    BOUGHT = 1
    SHORT = 2
    LEFT = 3
    DECLINED = 4


STANDING: dict[str, type[Table]] = {
    "countries": Countries, "categories": Categories, "borders": Borders, "passages": Passages, "lanes": Lanes,
    "firms": Firms, "accounts": Accounts, "chains": Chains, "members": Members, "products": Products, "nodes": Nodes,
    "links": Links, "listings": Listings, "offers": Offers, "storefronts": Storefronts, "consumers": Consumers,
}  # fmt: skip
PASSING: dict[str, type[Declared]] = {
    "pages": Pages, "orders": Orders, "parcels": Parcels, "delivered": Parcels, "shipments": Shipments,
    "invoices": Invoices, "releases": Releases,
}  # fmt: skip


@dataclass
class World:
    """All tables, the day, and what a scenario has settled once.

    Where a market stands over the world, ``agents`` are its firms by row, for rules that ask them one by one.
    """

    scenario: Scenario
    axes: dict[str, int]
    law: Law
    rules: dict[str, list[Any]]
    shocks: list[Shock]
    seasons: Seasons
    countries: Countries
    categories: Categories
    borders: Borders
    passages: Passages
    lanes: Lanes
    firms: Firms
    accounts: Accounts
    chains: Chains
    members: Members
    products: Products
    nodes: Nodes
    links: Links
    listings: Listings
    offers: Offers
    storefronts: Storefronts
    consumers: Consumers
    pages: Pages
    orders: Orders
    delivered: Parcels
    parcels: Calendar[Parcels] = field(default_factory=lambda: Calendar(Parcels))
    shipments: Calendar[Shipments] = field(default_factory=lambda: Calendar(Shipments))
    invoices: Calendar[Invoices] = field(default_factory=lambda: Calendar(Invoices))
    releases: Calendar[Releases] = field(default_factory=lambda: Calendar(Releases))
    names: dict[str, list[str]] = field(default_factory=dict)
    entered: dict[int, int] = field(default_factory=dict)
    day: int = 0
    first: int = 0
    base: dict[tuple[str, str], Array] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    noted: dict[Any, Any] | None = None
    """What several measures of today need, while they are taken; None at all other times."""
    daily: list[dict[str, Any]] = field(default_factory=list)
    agents: list[Any] = field(default_factory=list)

    @property
    def date(self) -> date:
        """Today."""
        return date.fromordinal(self.first + self.day)

    @property
    def chance_day(self) -> int:
        """The day word of chance: the calendar day, or 0 when the scenario has no noise."""
        return self.first + self.day if self.scenario.chance.noise else 0

    @property
    def terms(self) -> Terms:
        """What the import rules say, as the border kernels read it."""
        return Terms(*(getattr(self.borders, name) for name in Terms._fields))

    @property
    def flat(self) -> bool:
        """Whether all days are alike: a scenario without noise has no weekdays and no seasons."""
        return not self.scenario.chance.noise

    def at_work(self, bits: Array) -> Array:
        """Which weekly timetables, bit 0 for Monday, have today in them."""
        return np.ones_like(bits) if self.flat else (bits >> np.uint8(self.date.weekday())) & np.uint8(1)

    def raise_base(self, table: str, column: str, rows: Array, added: Array) -> None:
        """Add to a settable column for good: to today's values, and to the base that dated changes work on."""
        getattr(getattr(self, table), column)[rows] += added
        base = self.base.get((table, column))
        if base is not None:
            known = rows < len(base)
            base[rows[known]] += added[known]

    @property
    def runners(self) -> U8:
        """Identity of the listing in each slot of each page, uint64[page, slot], by which a race is drawn."""
        return np.asarray(self.listings.identity[np.maximum(self.pages.listing, 0)])

    @property
    def price_mean(self) -> float:
        """The usual dislike of price."""
        return float(functions.exp(self.scenario.demand.price_ln_mean))

    @property
    def review_weight(self) -> float:
        """What a review of one of so many consumers counts for beside a claim."""
        among = self.scenario.demand.review_consumers
        return among / max(self.scenario.consumers, 1) if among else 1.0

    @property
    def sold_out(self) -> Array:
        """Mask of the nodes with no pack, or with fewer than so many consumers ask of a shelf that is in stock."""
        among = self.scenario.platform.stock_consumers
        least = np.minimum(self.scenario.consumers / among if among else 0.0, self.nodes.forecast)
        return np.asarray(self.nodes.on_hand < np.maximum(least, 1.0))

    def fronts(self) -> tuple[I4, I4]:
        """The row of each storefront, market by market, and where those of each market begin there."""
        country = self.storefronts.country
        order = np.argsort(country, kind="stable").astype(np.int32)
        return order, np.searchsorted(country[order], np.arange(len(self.countries) + 1)).astype(np.int32)

    def front_of(self, consumer: Array) -> I4:
        """The storefront that consumers use; -1 where their market has none."""
        order, first = self.fronts()
        country = self.consumers.country[consumer]
        if not len(order):
            return np.full(len(country), -1, np.int32)
        count = np.diff(first)[country]
        place = first[country] + np.minimum(self.consumers.storefront[consumer], np.maximum(count - 1, 0))
        return np.where(count > 0, order[np.minimum(place, len(order) - 1)], -1).astype(np.int32)

    def words(self, stream: Stream, identity: Array, block: int = 0, day: int | None = None) -> U4:
        """Four random words for each identity on a day (today, unless named)."""
        out = np.empty((len(identity), 4), np.uint32)
        chance.words(
            np.uint64(self.scenario.seed),
            np.ascontiguousarray(identity, np.uint64),
            np.uint32(self.chance_day if day is None else day),
            chance.counter(stream, block),
            out,
        )
        return out

    def parcel_words(self, parcels: Parcels, stream: Stream, block: int = 0) -> U4:
        """Four random words for each parcel, named by its consumer and the day of its order, whatever today is."""
        ordered = self.first + parcels.ordered.astype(np.uint64) if self.scenario.chance.noise else np.uint64(0)
        return self.words(stream, parcels.consumer.astype(np.uint64) | (ordered << np.uint64(32)), block, day=0)
