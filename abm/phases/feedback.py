"""What today's parcels did to their buyers: reviews, loyalty, learned segments, and packs sent back."""

from __future__ import annotations

import numpy as np

from abm.columns import F8, I2, I4, I8, U1, U4
from abm.passing import Parcels
from abm.phases import phase
from abm.settlement import Reason, bill, tally
from abm.world import MODES, Stage, World
from kernels import threads
from kernels.chance import Stream
from kernels.feedback import judge, judged_quality, remember
from kernels.returns import GATHERED, HOMEWARD, shelves_in_market, ways_back
from kernels.segments import believe, between, cluster, learn

PIECE_SD = 0.5
LATE = 1.0
LATE_PER_DAY = 0.1
KEPT_VALUE = 0.7
"""Part of its cost that a pack is worth which is put on a shelf again."""
LOST_A_DAY = 0.005
"""Part of its worth that a pack loses each day that it is on the way back, assumed."""
LOCAL_DAYS, CONSOLIDATION_DAYS, HOMEWARD_DAYS = 5, 30, 10
LOCAL_PER_ITEM, LOCAL_PER_KG, BULK_PER_KG = 300.0, 100.0, 60.0
"""USD cents for a parcel back within a market, and for a kilogram home among others; assumed."""
LOCAL = np.array([mode in ("overseas", "bonded", "retail") for mode in MODES])
DUTY_PAID = np.array([MODES.index("overseas"), MODES.index("retail")], np.int32)
ASKED, REFUSED = 3, 5
FREIGHT_TERMS = 15
REFUSED_GAP = -2.0
"""How far a parcel that had to be refused fell short of hopes, in standard deviations of quality."""
DISAPPOINTED = -1.0
MONTH = 28.0
SEGMENT_DAYS = 28
PARCELS_REMEMBERED = 100


@phase(
    writes="consumers.satisfaction consumers.trust consumers.last_seller consumers.segment consumers.learned "
    "consumers.noted consumers.storefront storefronts.centre storefronts.crowd lanes.delay listings.reviews "
    "listings.rating_sum listings.qhat listings.popularity offers.demand_ma",
    appends="parcels delivered invoices",
)
def feedback(world: World) -> None:
    """Delivered parcels become experience, reviews, loyalty, trust and returns; platforms learn segments."""
    parcels, people, listings = world.delivered, world.consumers, world.listings
    count = len(parcels)
    listing = world.offers.listing[parcels.offer]
    words = world.parcel_words(parcels, Stream.REVIEW)
    gap, rating, reviewed, returned = _judged(world, words)
    tally(listing, reviewed.astype(np.int64), listings.reviews)
    tally(listing, rating * reviewed, listings.rating_sum)
    world.counts["reviews"] += int(reviewed.sum())
    world.counts["ratings_thousandths"] += int((rating * reviewed).sum())
    late = reviewed.astype(bool) & (world.day - parcels.ordered.astype(np.int64) > parcels.promised)
    world.counts["late_reviews"] += int(late.sum())
    world.counts["late_ratings_thousandths"] += int(rating[late].sum())
    consumer = np.ascontiguousarray(parcels.consumer)
    remember(consumer, listings.seller[listing], gap, people.satisfaction, people.trust, people.last_seller)
    _learn(world, gap, reviewed, returned)
    if (world.day + 1) % SEGMENT_DAYS == 0:
        _segment(world)
    _move_house(world, gap, words)
    _send_back(world, returned.astype(bool), words)
    claim = world.products.claim[listings.product]
    judged_quality(0, len(listings), claim, listings.reviews, listings.rating_sum,
                   float(world.scenario.demand.prior_reviews),
                   world.scenario.dials.feedback.weight * world.review_weight, listings.qhat)  # fmt: skip
    listings.popularity += (listings.sold - listings.popularity) / MONTH
    world.offers.demand_ma += (world.offers.sold - world.offers.demand_ma) / MONTH
    world.counts["delivered"] += count


def _judged(world: World, words: U4) -> tuple[F8, I8, U1, U1]:
    parcels, demand, count = world.delivered, world.scenario.demand, len(world.delivered)
    listing = world.offers.listing[parcels.offer]
    late = world.day - parcels.ordered.astype(np.int64) - parcels.promised
    gap, rating = np.empty(count), np.empty(count, np.int64)
    reviewed, returned = np.empty(count, np.uint8), np.empty(count, np.uint8)
    threads.run(judge, count, threads.FEW, world.products.quality[world.listings.product[listing]],
                world.listings.qhat[listing], late, words, world.categories.returns[world.listings.category[listing]],
                PIECE_SD, LATE, LATE_PER_DAY, demand.review_base, demand.review_gap, gap, rating, reviewed,
                returned)  # fmt: skip
    refused = parcels.booked == REFUSED
    gap[refused], rating[refused] = REFUSED_GAP, int(1000 * REFUSED_GAP)
    reviewed[refused], returned[refused] = 1, 0
    return gap, rating, reviewed, returned


def _learn(world: World, gap: F8, reviewed: U1, returned: U1) -> None:
    """Platforms note what was bought, how it was reviewed and whether it was kept; lanes, how late they were."""
    parcels, people, offers, lanes = world.delivered, world.consumers, world.offers, world.lanes
    panned = (reviewed > 0) & (gap < 0.0)
    kept = ((returned == 0) & ~panned).astype(np.uint8)
    signal = np.ascontiguousarray(parcels.signal).view(np.int8).reshape(-1, 4)
    learn(np.ascontiguousarray(parcels.consumer), signal, kept, people.noted, people.learned)
    days = world.day - parcels.ordered.astype(np.int64)
    late, came = np.zeros((2, len(lanes)), np.int64)
    hundredths = np.floor(100.0 * (days - offers.days[parcels.offer])).astype(np.int64)
    tally(parcels.lane, hundredths, late)
    tally(parcels.lane, np.ones(len(parcels), np.int64), came)
    lanes.delay += (late / 100.0 - came * lanes.delay) / (came + PARCELS_REMEMBERED)


def _segment(world: World) -> None:
    """Each storefront sorts its shoppers into segments by what is believed of them, and explores with some of them."""
    people, fronts, terms = world.consumers, world.storefronts, world.scenario.platform
    front = world.front_of(np.arange(len(people)))
    rows = np.argsort(front.astype(np.min_scalar_type(-1 - len(fronts))), kind="stable").astype(np.int32)
    first = np.searchsorted(front[rows], np.arange(len(fronts) + 1)).astype(np.int64)
    threads.run(cluster, len(fronts), 1, first, rows, _beliefs(world, front), float(terms.exploration),
                np.uint64(world.scenario.seed), np.uint32(world.chance_day), fronts.centre, fronts.crowd,
                people.segment)  # fmt: skip


def _beliefs(world: World, front: I4) -> I2:
    """What platforms believe of their shoppers: each reckons how much its shoppers differ, and how far luck goes."""
    people, fronts = world.consumers, world.storefronts
    rows = np.flatnonzero((front >= 0) & (people.noted > 0)).astype(np.int32)
    platform = fronts.platform[front[rows]]
    noted, learned = people.noted[rows].astype(np.int64), people.learned[rows].astype(np.int64)
    total = np.zeros((5, world.axes["trait"], len(world.firms)), np.int64)
    for trait, signal in enumerate(learned.T):
        for place, one in enumerate((noted, noted * noted, signal, noted * signal, signal * signal)):
            tally(platform, one, total[place, trait])
    mean, variance = (np.zeros((len(world.firms), world.axes["trait"])) for _ in range(2))
    for firm in np.unique(platform).tolist():
        for trait in range(world.axes["trait"]):
            mean[firm, trait], variance[firm, trait] = between(*total[:, trait, firm].tolist())
    belief = np.zeros(people.learned.shape, np.int16)
    threads.run(believe, len(rows), threads.WINDOW, rows, platform, people.noted, people.learned, mean, variance,
                belief)  # fmt: skip
    return belief


def _move_house(world: World, gap: F8, words: U4) -> None:
    """Who is badly disappointed and has little trust left tries the market's next storefront."""
    people, parcels = world.consumers, world.delivered
    fronts = np.bincount(world.storefronts.country, minlength=len(world.countries))
    rows = np.flatnonzero(gap < DISAPPOINTED)
    consumer = parcels.consumer[rows]
    mover = np.unique(consumer[words[rows, 3] < people.trust[consumer] * -(2.0**32) + 2.0**32])
    people.storefront[mover] = (people.storefront[mover] + 1) % np.maximum(fronts[people.country[mover]], 1)


def _send_back(world: World, returned: np.ndarray, words: U4) -> None:
    """A returned pack is refunded today; it stays, is gathered in its market or sent home, as costs least."""
    parcels = world.delivered
    parcels.booked[returned] = ASKED
    packs = parcels.take(returned)
    mode = world.offers.mode[packs.offer]
    for code, number in enumerate(np.bincount(mode, minlength=len(MODES)).tolist()):
        world.counts[f"returned_{code}"] += number
    home_days = HOMEWARD_DAYS + (words[returned, 1] % np.uint32(16)).astype(np.int64)
    way, fare, local_days = _ways_back(world, packs, home_days)
    seller = world.listings.seller[world.offers.listing[packs.offer]]
    account, carrier = world.firms.account, world.lanes.carrier[packs.lane]
    bill(world, account[seller], account[carrier], fare, Reason.FREIGHT, world.day + FREIGHT_TERMS, seller)
    ways = ((GATHERED, Stage.CONSOLIDATING, local_days), (HOMEWARD, Stage.RETURNING, home_days))
    for code, stage, days in ways:
        mine = way == code
        world.parcels.put(packs.take(mine), (world.day + days)[mine], stage)
    for code, number in enumerate(np.bincount(way, minlength=HOMEWARD + 1).tolist()):
        world.counts[f"back_{code}"] += number


def _ways_back(world: World, packs: Parcels, home_days: I8) -> tuple[U1, I8, I8]:
    """The way back of each pack, its fare, and the days until a gathered one stands on a shelf again."""
    offers, lanes, count = world.offers, world.lanes, len(packs)
    node, listing = offers.node[packs.offer], offers.listing[packs.offer]
    shelf, way, fare = np.empty(count, np.int32), np.empty(count, np.uint8), np.empty(count, np.int64)
    shelves_in_market(0, count, listing, DUTY_PAID, world.listings.offer, offers.node, world.nodes.alive, shelf)
    there = LOCAL[offers.mode[packs.offer]] | (lanes.queue[packs.lane] < 0)
    near = there | (shelf >= 0)
    kilograms = world.categories.weight[world.listings.category[listing]] / 1000.0
    local = LOCAL_PER_ITEM + LOCAL_PER_KG * kilograms + np.where(near, 0.0, BULK_PER_KG * kilograms)
    rate = (lanes.per_item[packs.lane] + lanes.per_kg[packs.lane] * kilograms) * lanes.rate[packs.lane]
    fares = np.floor(np.where(there, rate, local) + 0.5).astype(np.int64), np.floor(rate + 0.5).astype(np.int64)
    local_days = np.where(near, LOCAL_DAYS, CONSOLIDATION_DAYS).astype(np.int64)
    ways_back(0, count, KEPT_VALUE * world.nodes.cost_cents[node], local_days, home_days, *fares, LOST_A_DAY, way,
              fare)  # fmt: skip
    return way, fare, local_days
