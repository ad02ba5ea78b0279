"""What today's parcels did to their buyers: reviews, loyalty, learned segments, and packs sent back."""

from __future__ import annotations

import numpy as np

from abm.columns import F8, I8, U1, U4
from abm.phases import phase
from abm.settlement import tally
from abm.world import MODES, Stage, World
from kernels import threads
from kernels.chance import Stream
from kernels.feedback import judge, judged_quality, remember
from kernels.segments import cluster, learn, note

PIECE_SD = 0.5
LATE = 1.0
LATE_PER_DAY = 0.1
RETURNLESS_CENTS = 2000
LOCAL_DAYS = 5
HOMEWARD_DAYS = 10
LOCAL = np.array([mode in ("overseas", "bonded", "retail") for mode in MODES])
DISAPPOINTED = -1.0
MONTH = 28.0
SEGMENT_DAYS = 28
PARCELS_REMEMBERED = 100


@phase(
    writes="consumers.satisfaction consumers.trust consumers.last_seller consumers.segment consumers.learned "
    "consumers.storefront storefronts.centre storefronts.crowd lanes.delay listings.reviews listings.rating_sum "
    "listings.qhat listings.popularity offers.demand_ma",
    appends="parcels delivered",
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
    remember(parcels.consumer, listings.seller[listing], gap, people.satisfaction, people.trust, people.last_seller)
    _learn(world, gap, reviewed, returned)
    if (world.day + 1) % SEGMENT_DAYS == 0:
        _segment(world)
    _move_house(world, gap, words)
    _send_back(world, returned.astype(bool), words)
    claim = world.products.claim[listings.product]
    judged_quality(0, len(listings), claim, listings.reviews, listings.rating_sum,
                   float(world.scenario.demand.prior_reviews), world.scenario.dials.feedback.weight,
                   listings.qhat)  # fmt: skip
    listings.popularity += (listings.sold - listings.popularity) / MONTH
    world.offers.demand_ma += (world.offers.sold - world.offers.demand_ma) / MONTH
    world.counts["delivered"] += count


def _judged(world: World, words: U4) -> tuple[F8, I8, U1, U1]:
    parcels, demand, count = world.delivered, world.scenario.demand, len(world.delivered)
    listing = world.offers.listing[parcels.offer]
    late = world.day - parcels.ordered.astype(np.int64) - parcels.promised
    gap, rating = np.empty(count), np.empty(count, np.int64)
    reviewed, returned = np.empty(count, np.uint8), np.empty(count, np.uint8)
    judge(0, count, world.products.quality[world.listings.product[listing]], world.listings.qhat[listing], late, words,
          world.categories.returns[world.listings.category[listing]], PIECE_SD, LATE, LATE_PER_DAY,
          demand.review_base, demand.review_gap, gap, rating, reviewed, returned)  # fmt: skip
    return gap, rating, reviewed, returned


def _learn(world: World, gap: F8, reviewed: U1, returned: U1) -> None:
    """Platforms note what was bought, how it was reviewed and whether it was kept; lanes, how late they were."""
    parcels, people, listings, offers = world.delivered, world.consumers, world.listings, world.offers
    count, listing = len(parcels), offers.listing[parcels.offer]
    days = world.day - parcels.ordered.astype(np.int64)
    trait = np.empty((count, world.axes["trait"]), np.uint8)
    note(offers.relative[parcels.offer], days, world.products.style[listings.product[listing]], listings.home[listing],
         trait)  # fmt: skip
    verdict = np.where(reviewed > 0, np.where(gap >= 0.0, 2, 0), 1)
    learn(parcels.consumer, trait, _expected(world, trait), np.where(returned > 0, -1, verdict), people.bought,
          people.learned)  # fmt: skip
    lanes = world.lanes
    late, came = np.zeros((2, len(lanes)), np.int64)
    hundredths = np.floor(100.0 * (days - offers.days[parcels.offer])).astype(np.int64)
    tally(parcels.lane, hundredths, late)
    tally(parcels.lane, np.ones(count, np.int64), came)
    lanes.delay += (late / 100.0 - came * lanes.delay) / (came + PARCELS_REMEMBERED)


def _expected(world: World, trait: U1) -> U1:
    """What a storefront expects of a buyer whom it does not know: the mean of those it has sorted, or this purchase."""
    fronts, front = world.storefronts, world.delivered.storefront
    known = fronts.crowd.sum(axis=1)
    mean = (fronts.crowd[:, :, None] * fronts.centre).sum(axis=1) // np.maximum(known, 1)[:, None]
    return np.where((known > 0)[front, None], mean[front], trait).astype(np.uint8)


def _segment(world: World) -> None:
    """Each storefront sorts those of its shoppers who have bought into segments, and explores with some of them."""
    people, fronts, terms = world.consumers, world.storefronts, world.scenario.platform
    rows = np.flatnonzero(people.bought.any(axis=1)).astype(np.int32)
    front = world.front_of(rows)
    order = np.argsort(front, kind="stable")
    first = np.searchsorted(front[order], np.arange(len(fronts) + 1)).astype(np.int64)
    threads.run(cluster, len(fronts), 1, first, rows[order], people.learned, float(terms.exploration),
                np.uint64(world.scenario.seed), np.uint32(world.chance_day), fronts.centre, fronts.crowd,
                people.segment)  # fmt: skip


def _move_house(world: World, gap: F8, words: U4) -> None:
    """Who is badly disappointed and has little trust left tries the market's next storefront."""
    people, parcels = world.consumers, world.delivered
    fronts = np.bincount(world.storefronts.country, minlength=len(world.countries))
    tempted = (gap < DISAPPOINTED) & (words[:, 3] < people.trust[parcels.consumer] * -(2.0**32) + 2.0**32)
    mover = np.unique(parcels.consumer[tempted])
    people.storefront[mover] = (people.storefront[mover] + 1) % np.maximum(fronts[people.country[mover]], 1)


def _send_back(world: World, returned: np.ndarray, words: U4) -> None:
    """A returned pack is refunded today; a cheap one stays, others travel to the shelf they were sold from."""
    parcels = world.delivered
    parcels.booked[returned] = 3
    mode = world.offers.mode[parcels.offer]
    for code, number in enumerate(np.bincount(mode[returned], minlength=len(MODES)).tolist()):
        world.counts[f"returned_{code}"] += number
    homeward = returned & (parcels.value_cents >= RETURNLESS_CENTS)
    days = np.where(LOCAL[mode], LOCAL_DAYS, HOMEWARD_DAYS + words[:, 1] % np.uint32(16))
    world.parcels.put(parcels.take(homeward), (world.day + days)[homeward], Stage.RETURNING)
