"""What a plain market begins with: the state of a world, read from its columns into ordinary lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from abm.columns import Array
from abm.scenario.schema.demand import Demand
from abm.study.bench.plain_mesa import MOST, Link, Listing, Offer, Page, Shelf
from abm.world import World


class Given:
    """A world as a plain market takes it over: columns of shelves and shoppers, and who joins shelves to pages."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.demand: Demand = world.scenario.demand
        self.kinds, self.segments = len(world.categories), world.scenario.platform.segments
        shares = np.cumsum(world.categories.needs * world.countries.appetite, axis=1)
        self.categories: list[list[float]] = (shares / np.maximum(shares[:, -1:], 1e-300))[:, :-1].tolist()

    @property
    def shelves(self) -> Iterator[tuple[Any, ...]]:
        """Stock, forecast, lead, cover, review days and smoothing of each shelf."""
        nodes, firms = self.world.nodes, self.world.firms
        review = np.maximum(firms.review_days[nodes.firm], 1)
        columns = (nodes.on_hand, nodes.forecast, nodes.lead, nodes.cover, review, nodes.beta)
        return zip(*(column.tolist() for column in columns), strict=True)

    @property
    def shoppers(self) -> Iterator[tuple[Any, ...]]:
        """Tastes, storefront, segment, need, rate of needs, country and last seller of each shopper."""
        people, countries = self.world.consumers, self.world.countries
        front = self.world.front_of(np.arange(len(people)))
        rate = np.minimum(countries.rate[people.country] * people.taste[:, 7], MOST)
        need = people.need.astype(np.int64) - 1
        columns = (people.taste, front, people.segment, need, rate, people.country, people.last_seller)
        return zip(*(column.tolist() for column in columns), strict=True)

    def furnished(self, shelves: list[Shelf]) -> list[Page]:
        """Join the shelves to each other and to their offers; the pages of offers."""
        self._join(shelves)
        offers = self._offers(shelves)
        return self._pages(offers)

    def _join(self, shelves: list[Shelf]) -> None:
        """Who supplies whom, what is under way, and what has been ordered and not been sent."""
        world, links = self.world, self.world.links
        joined: list[Link] = []
        columns = (links.supplier, links.buyer, links.share * links.alive, links.lead, links.per_unit)
        for supplier, buyer, share, lead, per_unit in zip(*(column.tolist() for column in columns), strict=True):
            source = shelves[supplier] if supplier >= 0 else None
            joined.append(Link(source, shelves[buyer], share, max(round(lead), 1), per_unit))
            if share > 0.0:
                shelves[buyer].links.append(joined[-1])
        for due, _, rows in world.shipments.every():
            for link, units in zip(rows.link.tolist(), rows.units.tolist(), strict=True):
                self._under_way(joined[link], units, max(due - world.day, 0))
        for number, units in enumerate((links.granted).tolist()):
            self._under_way(joined[number], units, joined[number].lead)
        for number, units in enumerate((links.placed + links.backlog).tolist()):
            link = joined[number]
            if units and link.supplier is not None:
                link.buyer.ordered += units
                link.supplier.book.append((link, units))

    def _under_way(self, link: Link, units: int, days: int) -> None:
        if units:
            link.buyer.arrivals[days] += units
            link.buyer.ordered += units

    def _offers(self, shelves: list[Shelf]) -> list[Offer]:
        world, listings, offers = self.world, self.world.listings, self.world.offers
        columns: tuple[Array, ...] = (listings.seller, world.products.quality[listings.product], listings.qhat)
        shown = [Listing(*values) for values in zip(*(column.tolist() for column in columns), strict=True)]
        fee = np.zeros(len(world.countries), np.int64)
        np.maximum.at(fee, world.storefronts.country, world.firms.fee_ppm[world.storefronts.platform])
        commission = offers.value_cents * fee[offers.dest] // 1_000_000
        columns = (offers.listing, offers.node, offers.relative, offers.days, offers.promised, offers.value_cents,
                   offers.duty_cents, offers.vat_cents, offers.freight_cents, commission)  # fmt: skip
        found = []
        for listing, node, *values in zip(*(column.tolist() for column in columns), strict=True):
            found.append(Offer(shown[listing], shelves[node], *values))
        for number in np.flatnonzero(offers.alive & offers.admitted).tolist():
            found[number].listing.offers.append(found[number])
        return found

    def _pages(self, offers: list[Offer]) -> list[Page]:
        pages, lam = self.world.pages, self.demand.lam
        feature = pages.feature.astype(np.float64)
        feature[:, :, 0] /= lam
        made = []
        for filled, features, sellers, leads in zip(
            pages.filled.tolist(), feature.tolist(), pages.seller.tolist(), pages.offer.tolist(), strict=True
        ):
            slots = [(*features[k], sellers[k]) for k in range(filled)]
            made.append(Page(slots, [offers[lead] for lead in leads[:filled]]))
        return made
