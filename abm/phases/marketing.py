"""Who is seen: coupons on event days, slots that sellers buy, and the pages that platforms show to each segment."""

from __future__ import annotations

import numpy as np

from abm.columns import F8, I4, I8, U1, Array
from abm.grouping import grouped
from abm.phases import phase
from abm.settlement import Reason, bill, tally
from abm.world import VARIANTS, Outcome, World
from kernels import threads
from kernels.chance import Stream, counter
from kernels.marketing import Aim, Goods, Keys, Quotes, rank_pages, relative_price, show_pages
from kernels.segments import BELIEF

CAMPAIGN_PPM = 80_000
FRESH_DAYS = 30
FRESH_DOUBT = 0.3
"""How far below the mean of its market and category a new listing is rated before anybody has reviewed it."""
LUCK_SD = 0.5
RANKING_DAYS = 7
"""Each storefront ranks its pages anew on its day of the week; quotes on them are those of the day."""
SPREAD = np.array([0.13, 1.6, 0.4, 0.3])
"""Standard deviation of price, days, style and being from home over what a page sells; computed in the baseline."""
AD_DAYS = 15
AD_SHARE = (0.05, 0.08)
"""Between these parts of their sales sellers leave their bids as they are."""
MONTH = 28.0


@phase(
    writes="offers.coupon_cents offers.landed_cents offers.relative firms.bid_share firms.ads_ma firms.sales_ma "
    "pages.feature pages.listing pages.seller pages.filled pages.offer pages.attention pages.ad_cents "
    "pages.coupon_ppm",
    appends="invoices",
)
def marketing(world: World) -> None:
    """Yesterday's slots are billed, bids adapt, sellers give coupons; platforms rebuild pages segment by segment."""
    _advertise(world)
    _campaign(world)
    offers, listings = world.offers, world.listings
    usual = 100.0 * world.categories.price[listings.category[offers.listing]]
    usual /= (world.countries.fx / world.countries.fx_start)[offers.dest]
    threads.run(relative_price, len(offers), threads.WINDOW, offers.landed_cents, usual, offers.relative)
    goods_price = np.empty(len(offers), np.float32)
    threads.run(relative_price, len(offers), threads.WINDOW, offers.value_cents, usual, goods_price)
    quotes = Quotes(
        offers.relative, goods_price, offers.days, _margin(world), _stocked(world), offers.alive & offers.admitted
    )
    _fill(world, quotes)


def _advertise(world: World) -> None:
    """Sellers owe platforms for orders that came from slots they bought; each week they adapt what they bid."""
    orders, firms, pages = world.orders, world.firms, world.pages
    rows = np.flatnonzero(orders.outcome == Outcome.BOUGHT)
    seller = world.listings.seller[world.offers.listing[orders.offer[rows]]]
    front = orders.page[rows] // (len(world.categories) * world.scenario.platform.segments * VARIANTS)
    owed = pages.ad_cents[orders.page[rows], orders.slot[rows]].astype(np.int64)
    bill(world, firms.account[seller], firms.account[world.storefronts.platform[front]], owed, Reason.ADVERTISING,
         world.day + AD_DAYS, seller)  # fmt: skip
    ads, sales = np.zeros((2, len(firms)), np.int64)
    tally(seller, owed, ads)
    tally(seller, orders.paid_cents[rows], sales)
    firms.ads_ma += (ads - firms.ads_ma) / MONTH
    firms.sales_ma += (sales - firms.sales_ma) / MONTH
    if world.day % RANKING_DAYS == 0:
        part = firms.ads_ma / np.maximum(firms.sales_ma, 1.0)
        step = np.where(part < AD_SHARE[0], 1.25, np.where(part > AD_SHARE[1], 0.8, 1.0))
        firms.bid_share[:] = np.where(firms.sales_ma > 0.0, np.clip(firms.bid_share * step, 0.01, 1.0), firms.bid_share)


def _campaign(world: World) -> None:
    """On the days of an event sellers who have stock give a rebate, to all alike as far as coupons are not aimed."""
    event = world.seasons.on(world.first + world.day).event
    offers = world.offers
    given = (event[offers.dest] > 0) & ~world.sold_out[offers.node]
    ppm = round(CAMPAIGN_PPM * (1.0 - world.scenario.dials.personalisation.coupons))
    offers.coupon_cents[:] = np.where(given, offers.value_cents * ppm // 1_000_000, 0)
    offers.landed_cents -= offers.coupon_cents


def _rebates(world: World) -> I4:
    """Coupons in ppm of the goods by storefront and segment: for those who have learned to pay less than the mean."""
    fronts = world.storefronts
    ppm = round(CAMPAIGN_PPM * world.scenario.dials.personalisation.coupons)
    dearer = _tilt(world)[:, :, 0]
    event = world.seasons.on(world.first + world.day).event[fronts.country]
    aimed = ppm * np.where(dearer > 0.0, 0, np.where(dearer < 0.0, 2, 1)) * (event[:, None] > 0)
    return np.asarray(aimed.reshape(-1), np.int32)


def _tilt(world: World) -> F8:
    """How much dearer, sooner, higher in style and more from home each segment buys than all there, in deviations."""
    fronts = world.storefronts
    people = np.maximum(fronts.crowd.sum(axis=1), 1)[:, None, None]
    mean = (fronts.crowd[:, :, None] * fronts.centre).sum(axis=1, keepdims=True) / people
    known = (fronts.crowd > 0)[:, :, None]
    return np.asarray(np.where(known, fronts.centre - mean, 0.0) / BELIEF)


def _wants(world: World) -> F8:
    """What platforms believe that each segment wants: dislike of price and of a day, taste of style and home.

    Under logit a taste that differs by d moves the mean of what is bought by d times the variance of what is shown
    over the nest parameter; platforms go the other way, as far as pages are personal.
    """
    demand, dial = world.scenario.demand, world.scenario.dials.personalisation.pages
    taste = dial * demand.lam * _tilt(world) / SPREAD
    want = np.empty_like(taste)
    usual = world.price_mean
    want[:, :, 0] = np.clip(usual - taste[:, :, 0], 0.3 * usual, 3.0 * usual)
    want[:, :, 1] = np.maximum(usual * demand.theta + taste[:, :, 1], 0.0)
    want[:, :, 2] = np.clip(taste[:, :, 2] / max(2.0 * demand.style, 1e-9), -1.0, 1.0)
    want[:, :, 3] = demand.home + taste[:, :, 3]
    return np.asarray(want.reshape(-1, world.axes["trait"]))


def _stocked(world: World) -> U1:
    return (~world.sold_out[world.offers.node]).astype(np.uint8)


def _margin(world: World) -> F8:
    """Cents that an order leaves its seller after the market's highest commission, at the average cost of stock."""
    offers, fronts = world.offers, world.storefronts
    commission = np.zeros(len(world.countries), np.int64)
    np.maximum.at(commission, fronts.country, world.firms.fee_ppm[fronts.platform])
    kept = 1.0 - commission[offers.dest] / 1e6
    return np.asarray((offers.value_cents - offers.coupon_cents) * kept - world.nodes.cost_cents[offers.node])


def _shelves(world: World) -> tuple[I4, I4]:
    """Listings of each market and category in the order of their identity: first[cell + 1], rows."""
    listings, kinds = world.listings, len(world.categories)
    rows = np.flatnonzero(listings.alive)
    cell = listings.dest[rows] * kinds + listings.category[rows]
    order, first = grouped(cell, len(world.countries) * kinds, listings.identity[rows])
    return first.astype(np.int32), rows[order].astype(np.int32)


def _against_the_shelf(values: I8, first: I4, shelf: I4) -> tuple[F8, Array]:
    """The mean of each cell of what its listings have, from whole numbers, and the cell of each listing in order."""
    cell = np.repeat(np.arange(len(first) - 1), np.diff(first))
    total = np.zeros(len(first) - 1, np.int64)
    tally(cell, values[shelf], total)
    return total / np.maximum(np.diff(first), 1), cell


def _goods(world: World, first: I4, shelf: I4) -> Goods:
    """What platforms know of listings: packs sold a day against the cell's mean, ratings, what is new."""
    listings, demand = world.listings, world.scenario.demand
    sold = np.floor(listings.popularity * 1e6).astype(np.int64)
    mean, cell = _against_the_shelf(sold, first, shelf)
    popular = np.ones(len(listings))
    popular[shelf] = (sold[shelf] + 1.0) / (mean[cell] + 1.0)
    fresh = world.day - listings.born < FRESH_DAYS
    mean, cell = _against_the_shelf(np.floor(listings.qhat * 1e6).astype(np.int64), first, shelf)
    rating = listings.qhat.astype(np.float64)
    unknown = fresh & (listings.reviews * world.review_weight < 1.0)
    rating[shelf] = np.where(unknown[shelf], mean[cell] / 1e6 - FRESH_DOUBT, rating[shelf])
    style = world.products.style[listings.product]
    return Goods(listings.identity, listings.offer, popular, fresh.astype(np.uint8), rating, listings.qhat,
                 listings.xi - np.float32(demand.style) * style * style, np.float32(2 * demand.style) * style,
                 listings.home, listings.seller, world.firms.bid_share[listings.seller])  # fmt: skip


def _fill(world: World, quotes: Quotes) -> None:
    pages, scenario, aim = world.pages, world.scenario, world.scenario.platform.objective
    front, keys = _page_keys(world)
    first, shelf = _shelves(world)
    goods, want = _goods(world, first, shelf), _wants(world)
    due = (((world.day + front) % RANKING_DAYS == 0) | (world.day == 0)).astype(np.uint8)
    personal = scenario.dials.personalisation.pages / scenario.demand.lam
    weights = Aim(aim.relevance, aim.revenue, aim.rating, scenario.demand.quality_mean, personal, LUCK_SD)
    threads.run(rank_pages, len(pages), 1024, due, keys, first, shelf, goods, quotes, want, weights,
                scenario.demand.rank, np.uint64(scenario.seed), np.uint32(world.chance_day), pages.listing,
                pages.attention, pages.ad_cents, pages.filled)  # fmt: skip
    threads.run(show_pages, len(pages), 1024, keys, goods, quotes, want, _rebates(world)[keys.segment], pages.listing,
                pages.attention, pages.ad_cents, pages.filled, pages.seller, pages.offer, pages.coupon_ppm,
                pages.feature)  # fmt: skip


def _page_keys(world: World) -> tuple[Array, Keys]:
    """The storefront of each page, and what it is: market x category, segment, luck, room, slots for sale and news."""
    kinds, terms, fronts = len(world.categories), world.scenario.platform, world.storefronts
    shape = len(fronts), kinds, terms.segments, VARIANTS
    front, category, segment, variant = np.ogrid[tuple(slice(size) for size in shape)]
    local = fronts.local[front] % (256 // (terms.segments * VARIANTS))
    block = int(counter(Stream.SEGMENT)) + (local * terms.segments + segment) * VARIANTS + variant
    able = np.minimum(world.pages.axes["slot"], np.floor(world.firms.capacity[fronts.platform]))
    room = (able * world.firms.alive[fronts.platform])[front]
    word = world.words(Stream.NEWCOMERS, np.arange(len(world.pages), dtype=np.uint64))[:, 0]
    news = np.floor(terms.new_share * room + (word.reshape(shape) + 0.5) / 2.0**32)
    columns = (front, fronts.country[front] * kinds + category, front * terms.segments + segment, block, room,
               np.floor(terms.paid_share * room), news)  # fmt: skip
    by_page, *keys = (np.broadcast_to(column, shape).astype(np.int32).reshape(-1) for column in columns)
    return by_page, Keys(*keys)
