"""Who is seen: campaigns on event days, and the pages that platforms show to each segment of their shoppers."""

from __future__ import annotations

import numpy as np

from abm.columns import F8, I4, U1, Array
from abm.phases import phase
from abm.world import VARIANTS, World
from kernels import threads
from kernels.chance import Stream, counter
from kernels.marketing import fill, leads, relative_price

CAMPAIGN_PPM = 80_000
FRESH_DAYS = 30
LUCK_SD = 0.5
LUCK_DAYS = 7
SHARPNESS = 0.4
"""How far a segment's price and time tastes stand from the mean when pages are fully personal."""


@phase(writes="offers.coupon_cents offers.landed_cents offers.relative pages.feature pages.listing pages.seller "
       "pages.filled")  # fmt: skip
def marketing(world: World) -> None:
    """Sellers give coupons on event days; platforms rebuild their pages per market, category, segment and variant."""
    _campaign(world)
    offers, listings, pages = world.offers, world.listings, world.pages
    usual = 100.0 * world.categories.price[listings.category[offers.listing]]
    usual /= (world.countries.fx / world.countries.fx_start)[offers.dest]
    threads.run(relative_price, len(offers), threads.WINDOW, offers.landed_cents, usual, offers.relative)
    price_taste, time_taste = _segments(world)
    stocked = (world.nodes.on_hand[offers.node] > 0).astype(np.uint8)
    lead = np.empty((len(listings), len(price_taste)), np.int32)
    threads.run(leads, len(listings), threads.WINDOW, listings.offer, offers.relative, offers.days, stocked,
                offers.alive, price_taste, time_taste, lead)  # fmt: skip
    _fill(world, lead, stocked, price_taste, time_taste)
    pages.listing[np.arange(pages.axes["slot"]) >= pages.filled[:, None]] = -1
    pages.seller[np.arange(pages.axes["slot"]) >= pages.filled[:, None]] = -1


def _campaign(world: World) -> None:
    """On the days of an event every seller who has stock gives a rebate on what it lists there."""
    event = world.seasons.on(world.first + world.day).event
    offers = world.offers
    given = (event[offers.dest] > 0) & (world.nodes.on_hand[offers.node] > 0)
    ppm = int(CAMPAIGN_PPM * world.scenario.dials.personalisation.coupons)
    offers.coupon_cents[:] = np.where(given, offers.value_cents * ppm // 1_000_000, 0)
    offers.landed_cents -= offers.coupon_cents


def _segments(world: World) -> tuple[F8, F8]:
    """Price and time taste that a platform reckons with, by segment: bit 0 pays more, bit 1 waits less."""
    demand, dial = world.scenario.demand, world.scenario.dials.personalisation.pages
    code = np.arange(world.scenario.platform.segments)
    away = SHARPNESS * dial
    price = world.price_mean * np.where(code & 1, 1.0 - away, 1.0 + away)
    time = world.price_mean * demand.theta * np.where(code & 2, 1.0 + away, 1.0 - away)
    return price.astype(np.float64), time.astype(np.float64)


def _shelves(world: World) -> tuple[I4, I4]:
    """Listings of each market and category in the order of their identity: first[cell + 1], rows."""
    listings, kinds = world.listings, len(world.categories)
    rows = np.flatnonzero(listings.alive)
    cell = listings.dest[rows] * kinds + listings.category[rows]
    order = np.lexsort((listings.identity[rows], cell))
    first = np.searchsorted(cell[order], np.arange(len(world.countries) * kinds + 1))
    return first.astype(np.int32), rows[order].astype(np.int32)


def _popular(world: World, first: I4, shelf: I4) -> F8:
    """Packs sold a day against the mean of the market and category; sums are of whole millionths of a pack."""
    listings = world.listings
    sold = np.floor(listings.popularity * 1e6).astype(np.int64)
    cell = np.repeat(np.arange(len(first) - 1), np.diff(first))
    total, count = np.zeros(len(first) - 1, np.int64), np.maximum(np.diff(first), 1)
    np.add.at(total, cell, sold[shelf])
    popular = np.ones(len(listings))
    popular[shelf] = (sold[shelf] + 1.0) / (total[cell] / count[cell] + 1.0)
    return popular


def _fill(world: World, lead: I4, stocked: U1, price_taste: F8, time_taste: F8) -> None:
    listings, offers, pages, scenario = world.listings, world.offers, world.pages, world.scenario
    front, page_cell, page_segment, block = _page_keys(world)
    room = np.minimum(pages.axes["slot"], np.floor(world.firms.capacity[world.storefronts.platform]))
    room *= world.firms.alive[world.storefronts.platform]
    first, shelf = _shelves(world)
    product = listings.product
    style = world.products.style[product]
    demand, aim = scenario.demand, scenario.platform.objective
    fresh = (world.day - listings.born < FRESH_DAYS).astype(np.float64)
    weights = np.array([aim.relevance, aim.revenue, aim.rating], np.float64)
    day = world.chance_day // LUCK_DAYS * LUCK_DAYS
    pages.feature[:] = 0.0
    threads.run(fill, len(pages), 512, page_cell, page_segment, block, room[front].astype(np.int32), first, shelf, lead,
                listings.identity, (demand.quality_mean * listings.qhat).astype(np.float64),
                _popular(world, first, shelf), fresh, listings.qhat,
                listings.xi - np.float32(demand.style) * style * style, np.float32(2 * demand.style) * style,
                listings.home, listings.seller, offers.relative, offers.days, stocked, price_taste, time_taste,
                weights, demand.rank, LUCK_SD, np.uint64(scenario.seed), np.uint32(day),
                pages.feature, pages.listing, pages.seller, pages.filled)  # fmt: skip


def _page_keys(world: World) -> tuple[Array, I4, I4, I4]:
    """Storefront, market x category, segment, and stream and block of luck of each page."""
    kinds, segments = len(world.categories), world.scenario.platform.segments
    number = np.arange(len(world.pages))
    front, rest = np.divmod(number, kinds * segments * VARIANTS)
    category, rest = np.divmod(rest, segments * VARIANTS)
    segment, variant = np.divmod(rest, VARIANTS)
    cell = world.storefronts.country[front] * kinds + category
    local = world.storefronts.local[front] % (256 // (segments * VARIANTS))
    block = int(counter(Stream.SEGMENT)) + (local * segments + segment) * VARIANTS + variant
    return front, cell.astype(np.int32), segment.astype(np.int32), block.astype(np.int32)
