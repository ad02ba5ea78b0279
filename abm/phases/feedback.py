"""What today's parcels did to their buyers: reviews, loyalty, learned segments, and packs sent back."""

from __future__ import annotations

import numpy as np

from abm.columns import F8, I8, U1, U4
from abm.phases import phase
from abm.settlement import tally
from abm.world import MODES, Stage, World
from kernels.chance import Stream
from kernels.feedback import judge, judged_quality, learn, remember

PIECE_SD = 0.5
LATE = 1.0
LATE_PER_DAY = 0.1
RETURNLESS_CENTS = 2000
LOCAL_DAYS = 5
HOMEWARD_DAYS = 10
LOCAL = np.array([mode in ("overseas", "bonded", "retail") for mode in MODES])
DISAPPOINTED = -1.0
MONTH = 28.0


@phase(
    writes="consumers.satisfaction consumers.trust consumers.last_seller consumers.segment consumers.spend "
    "consumers.speed consumers.storefront listings.reviews listings.rating_sum listings.qhat "
    "listings.popularity offers.demand_ma",
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
    days = world.day - parcels.ordered.astype(np.int64)
    learn(parcels.consumer, world.offers.relative[parcels.offer], days, people.spend, people.speed, people.segment)
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
