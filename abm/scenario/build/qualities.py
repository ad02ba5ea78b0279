"""How good and how stylish goods are, what their brands claim, and what the reviews of the start say about them."""

from __future__ import annotations

import numpy as np

from abm.columns import F8, U4
from abm.scenario.build.capacities import spread_over
from abm.scenario.build.network import Network
from abm.scenario.build.people import group_styles
from abm.world import World
from kernels.chance import Stream
from kernels.people import one_of
from kernels.supply import normals

MAKER_SD, PRODUCT_SD = 0.4, 0.2
"""Spread of true quality between the makers of a group, and between the products of a maker: half an sd in all."""
CLAIM_SLOPE, CLAIM_SD = 0.6, 0.3
"""A claim follows quality by this much, and strays by this much; assumed."""
STYLE_SD = 0.1
RATING_SD = 0.5
USUAL_REVIEWS = 30.0
"""What the reviews of a listing weigh at the start, in the mean of its market and category; assumed."""


def set_qualities(world: World, network: Network) -> None:
    """Write quality of plants, quality, claim and style of goods, and what makes listings liked beyond all that."""
    firms, products, listings = world.firms, world.products, world.listings
    made = products.finished > 0
    makers = np.unique(products.maker[made])
    own = normals(world.words(Stream.BIRTH, firms.identity[makers], day=0)[:, 1].copy())
    firms.quality[makers] = np.array([network.groups[firm].quality for firm in makers]) + MAKER_SD * own
    word = world.words(Stream.BIRTH, products.identity, day=0)
    plant = np.where(made, firms.quality[products.maker], 0.0)
    quality = plant + PRODUCT_SD * normals(word[:, 0].copy())
    products.quality[:] = quality
    products.claim[:] = CLAIM_SLOPE * quality + CLAIM_SD * normals(word[:, 1].copy())
    products.style[:] = np.clip(_aimed_at(world, word) + STYLE_SD * normals(word[:, 3].copy()), -1.0, 1.0)
    luck = world.words(Stream.BIRTH, listings.identity, day=0)[:, 0].copy()
    listings.xi[:] = world.scenario.demand.xi_sd * normals(luck)


def _aimed_at(world: World, word: U4) -> F8:
    """Style of the hidden group that each product is made for, in the market where it is listed first."""
    styles, market = group_styles(world), np.zeros(len(world.products), np.int64)
    rows = np.arange(len(world.listings))[::-1]
    market[world.listings.product[rows]] = world.listings.dest[rows]
    group = [one_of(draw, styles.shape[1]) for draw in word[:, 2]]
    return np.asarray(styles[market, group])


def set_reviews(world: World) -> None:
    """Write reviews in proportion to usual sales, rated near the truth, and quality as it is judged from them."""
    demand, listings, products = world.scenario.demand, world.listings, world.products
    cell = listings.dest * len(world.categories) + listings.category
    count = np.maximum(np.bincount(cell), 1)
    sold = spread_over(cell, listings.popularity, len(count))[cell]
    popular = np.where(sold > 0.0, listings.popularity * count[cell] / np.where(sold > 0.0, sold, 1.0), 1.0)
    weight = world.review_weight
    listings.reviews[:] = np.floor(USUAL_REVIEWS * popular / weight)
    quality = products.quality[listings.product].astype(np.float64)
    luck = normals(world.words(Stream.BIRTH, listings.identity, day=0)[:, 1].copy())
    given = listings.reviews.astype(np.float64)
    listings.rating_sum[:] = np.floor(1000.0 * (given * quality + np.sqrt(given / weight) * RATING_SD * luck) + 0.5)
    prior = demand.prior_reviews
    claim = products.claim[listings.product].astype(np.float64)
    listings.qhat[:] = (prior * claim + weight * listings.rating_sum / 1000.0) / (prior + weight * given)
