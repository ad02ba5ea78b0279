"""The same market as plain Mesa agents in Python loops: what a user of Mesa would write, without needless work.

It begins where a world stands: the same shoppers and tastes, pages, offers, shelves, and goods under way. A day: goods
and parcels arrive, shoppers with a need read a page, weigh what it shows by the nested logit, choose a mode and buy
while there is stock, or choose again; shelves are reviewed, orders placed and answered. Pages and prices stay as they
are; customs, returns, credit, pricing and management are left out, so that it has less to do than the market.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import exp, floor, log
from typing import TYPE_CHECKING

import mesa

if TYPE_CHECKING:
    from abm.study.bench.plain_world import Given

RETRIES = 2
VARIANTS = 8
MOST = 0.95
PIECE_SD = 0.5
HABIT = 0.3
SMOOTHING = 0.1


@dataclass(slots=True)
class Listing:
    """A seller's product in one market, with its ratings."""

    seller: int
    quality: float
    hope: float
    reviews: int = 0
    rating: float = 0.0
    offers: list[Offer] = field(default_factory=list)


@dataclass(slots=True)
class Offer:
    """A listing from one shelf in one mode, and what its price is made of, in cents."""

    listing: Listing
    shelf: Shelf
    relative: float
    days: float
    promised: int
    value: int
    duty: int
    vat: int
    freight: int
    commission: int


@dataclass(frozen=True, slots=True)
class Page:
    """What a storefront shows: constant (over lambda), quality, price, days, style, home, seller of each slot."""

    slots: list[tuple[float, float, float, float, float, float, int]]
    leads: list[Offer]


@dataclass(slots=True)
class Parcel:
    """A pack on its way."""

    shopper: Shopper
    offer: Offer


@dataclass(slots=True)
class Link:
    """Who supplies a shelf with how large a share of its orders, after how many days; -1: raw material."""

    supplier: Shelf | None
    buyer: Shelf
    share: float
    lead: int
    per_unit: int


class Shelf(mesa.Agent):
    """A stocking point: serves shoppers and other shelves, and orders what is missing."""

    model: PlainMarket

    def __init__(self, model: PlainMarket, on_hand: int, forecast: float, lead: float, cover: float, review: int,
                 beta: float) -> None:  # fmt: skip
        super().__init__(model)
        self.on_hand, self.forecast, self.lead, self.cover = on_hand, forecast, lead, cover
        self.review, self.beta = review, beta
        self.links: list[Link] = []
        self.book: list[tuple[Link, int]] = []
        self.arrivals: dict[int, int] = defaultdict(int)
        self.ordered = 0
        self.asked = 0

    def receive(self) -> None:
        """Take in what arrives today."""
        units = self.arrivals.pop(self.model.day, 0)
        self.on_hand += units
        self.ordered -= units
        self.asked = 0

    def promise(self) -> bool:
        """Give one unit to a shopper, if there is one."""
        self.asked += 1
        if self.on_hand <= 0:
            return False
        self.on_hand -= 1
        return True

    def reorder(self) -> None:
        """Follow demand; on the day of review, order what lifts the position toward the level."""
        self.forecast += SMOOTHING * (self.asked - self.forecast)
        if (self.model.day + self.unique_id) % self.review:
            return
        due = self.forecast * self.review
        owed = sum(units * link.per_unit for link, units in self.book)
        level = self.forecast * (self.lead + self.review + self.cover)
        wanted = max(0.0, due + self.beta * (level - (self.on_hand + self.ordered - owed) - due))
        for link in self.links:
            units = floor(wanted * link.share + 0.5)
            if units > 0:
                self.ordered += units
                if link.supplier is None:
                    self.arrivals[self.model.day + link.lead] += units
                else:
                    link.supplier.asked += units * link.per_unit
                    link.supplier.book.append((link, units))

    def answer(self) -> None:
        """Ration what is on hand over all that is owed to buyers, in proportion, and send it off."""
        if not self.book:
            return
        claimed = sum(units * link.per_unit for link, units in self.book)
        part = min(1.0, self.on_hand / claimed)
        left = []
        for link, units in self.book:
            granted = floor(units * part)
            self.on_hand -= granted * link.per_unit
            if granted:
                link.buyer.arrivals[self.model.day + link.lead] += granted
            if granted < units:
                left.append((link, units - granted))
        self.book = left


class Shopper(mesa.Agent):
    """A person with tastes of their own; those that weigh offers are over lambda."""

    model: PlainMarket

    def __init__(self, model: PlainMarket, tastes: Sequence[float], front: int, segment: int, need: int, rate: float,
                 country: int, last_seller: int) -> None:  # fmt: skip
        super().__init__(model)
        self.tastes, self.propensity = tuple(taste / model.lam for taste in tastes[:6]), tastes[6]
        self.front, self.segment, self.country = front, segment, country
        self.need: int | None = need if need >= 0 else None
        self.rate, self.age, self.last_seller, self.satisfaction = rate, 0, last_seller, 0.7

    def shop(self) -> None:
        """Feel a need, read a page, and take what is liked best, or nothing."""
        model, chance = self.model, self.random.random
        if self.need is not None:
            self.age += 1
            if self.age > model.longest or chance() >= model.survive:
                self.need = None
        if self.need is None:
            if chance() >= self.rate:
                return
            self.need, self.age = bisect_right(model.categories[self.country], chance()), 0
        model.visits += 1
        variant = int(chance() * VARIANTS)
        page = model.pages[
            ((self.front * model.kinds + self.need) * model.segments + self.segment) * VARIANTS + variant
        ]
        running = self.weigh(page)
        if not running:
            return
        buy, u = self.buys(running[-1]), chance()
        if u < buy and chance() >= model.decline:
            self.buy(page, running, bisect_right(running, u / buy * running[-1], hi=len(running) - 1))

    def weigh(self, page: Page) -> list[float]:
        """Running sums of the weights of a page."""
        quality, price, time, style, home, loyalty = self.tastes
        last, total, running = self.last_seller, 0.0, []
        for constant, rated, asked, days, cut, near, seller in page.slots:
            value = constant + quality * rated - price * asked - time * days + style * cut + home * near
            if seller == last:
                value += loyalty
            total += exp(value)
            running.append(total)
        return running

    def buys(self, total: float) -> float:
        """The probability to buy anything from offers whose weights sum to `total`."""
        odds = exp(self.propensity + self.model.lam * log(total))
        return odds / (1.0 + odds)

    def buy(self, page: Page, running: list[float], slot: int) -> None:
        """Buy what was picked; who finds it sold out leaves, or picks among the others, twice at most."""
        model, weights = self.model, None
        for again in range(RETRIES + 1):
            offer = self.delivered(page.leads[slot])
            if offer.shelf.promise():
                model.sell(self, offer)
                self.need = None
                return
            if again == RETRIES:
                break
            if weights is None:
                weights = [after - before for before, after in zip([0.0, *running], running, strict=False)]
            short, weights[slot] = weights[slot], 0.0
            rest = sum(weights)
            if rest <= 0.0:
                break
            now = self.buys(rest + short)
            if self.random.random() >= 1.0 - (now - self.buys(rest)) * (rest + short) / (now * short):
                break
            slot = bisect_right(list(accumulate(weights)), self.random.random() * rest, hi=len(weights) - 1)
        model.lost += 1

    def delivered(self, lead: Offer) -> Offer:
        """The offer of a listing that is taken: a mode, by its price and days."""
        offers = lead.listing.offers
        if len(offers) == 1:
            return offers[0]
        price, time = self.tastes[1], self.tastes[2]
        running = list(accumulate(exp(-price * offer.relative - time * offer.days) for offer in offers))
        return offers[bisect_right(running, self.random.random() * running[-1], hi=len(offers) - 1)]

    def receive(self, offer: Offer) -> None:
        """Judge what has come against what was hoped, remember it, and perhaps write a review."""
        listing = offer.listing
        lived = listing.quality + self.random.gauss(0.0, PIECE_SD)
        gap = lived - listing.hope
        self.satisfaction += HABIT * (1.0 / (1.0 + exp(-2.0 * gap)) - self.satisfaction)
        if gap >= -0.5:
            self.last_seller = listing.seller
        elif self.last_seller == listing.seller:
            self.last_seller = -1
        if self.random.random() < self.model.review_base + self.model.review_gap * abs(gap):
            listing.reviews += 1
            listing.rating += lived


class PlainMarket(mesa.Model):
    """The market in plain Mesa, from what is given; `step()` is a day."""

    def __init__(self, given: Given, rng: int = 1) -> None:
        super().__init__(rng=rng)
        demand = given.demand
        self.lam, self.survive, self.longest, self.decline = demand.lam, demand.survive, demand.longest, demand.decline
        self.review_base, self.review_gap = demand.review_base, demand.review_gap
        self.kinds, self.segments, self.categories = given.kinds, given.segments, given.categories
        self.day = self.visits = self.sold = self.lost = 0
        self.cash: dict[int, int] = defaultdict(int)
        self.fees = self.duty = self.vat = self.freight = 0
        self.parcels: dict[int, list[Parcel]] = defaultdict(list)
        shelves = [Shelf(self, *columns) for columns in given.shelves]
        self.pages = given.furnished(shelves)
        for columns in given.shoppers:
            Shopper(self, *columns)
        self.shelves, self.shoppers = self.agents_by_type[Shelf], self.agents_by_type[Shopper]
        self.datacollector = mesa.DataCollector(model_reporters={name: name for name in ("visits", "sold", "lost")})

    def sell(self, shopper: Shopper, offer: Offer) -> None:
        """Split what a shopper pays, and send the parcel."""
        self.sold += 1
        self.cash[offer.listing.seller] += offer.value - offer.commission
        self.fees += offer.commission
        self.duty += offer.duty
        self.vat += offer.vat
        self.freight += offer.freight
        self.parcels[self.day + max(offer.promised, 1)].append(Parcel(shopper, offer))

    def step(self) -> None:
        """Live a day."""
        self.visits = self.sold = self.lost = 0
        self.shelves.do("receive")
        for parcel in self.parcels.pop(self.day, ()):
            parcel.shopper.receive(parcel.offer)
        self.shoppers.shuffle_do("shop")
        self.shelves.do("reorder")
        self.shelves.do("answer")
        self.day += 1
        self.datacollector.collect(self)
