"""What carriage emitted today: all of it by what left on lanes, and that of a pack by the way it came.

Grams for each kilogram along a lane stand in `lanes.co2`, whose source the facts name: read or computed, roads assumed.
"""

from __future__ import annotations

import numpy as np

from abm.columns import F8, I8
from abm.measures.declared import measure, once, ratio, sums
from abm.world import MODES, World

STEPS = 3
"""Lanes that goods travel from their maker to where they are sold from, at most: origin, shelf, shelf abroad."""


@once
def along_lanes(world: World) -> F8:
    """Grams of CO2e for each kilogram on each lane today: more, in proportion, on the way round a closed passage."""
    lanes = world.lanes
    longer = np.where(lanes.transit > 0, lanes.days / np.maximum(lanes.transit, 1e-9), 1.0)
    return np.asarray(lanes.co2 * longer)


@once
def of_packs(world: World) -> I8:
    """Grams of CO2e of a pack of each offer, from its maker to the door: the way of the parcel and of the cargo before.

    A node that is supplied on several links reckons with the mean of what came on each, by their shares.
    """
    links, nodes, offers, lane = world.links, world.nodes, world.offers, along_lanes(world)
    rows = np.flatnonzero((links.lane >= 0) & (links.alive > 0) & (nodes.product[links.buyer] >= 0))
    rows = rows[world.products.finished[nodes.product[links.buyer[rows]]] > 0]
    came: F8 = np.zeros(len(nodes))
    share, last, supplier, buyer = links.share[rows], lane[links.lane[rows]], links.supplier[rows], links.buyer[rows]
    for _ in range(STEPS):
        came = np.asarray(np.bincount(buyer, share * (last + came[supplier]), len(nodes)), np.float64)
    grams = world.categories.weight[world.listings.category[offers.listing]]
    return np.floor((came[offers.node] + lane[offers.lane]) * grams / 1000.0 + 0.5).astype(np.int64)


@measure("kg")
def co2_kg(world: World) -> float:
    """CO2e of all that left today on lanes of any kind, parcels and cargo, inputs among it."""
    grams = np.floor(world.lanes.load_g * along_lanes(world) / 1000.0 + 0.5).astype(np.int64)
    return int(grams.sum()) / 1000


@measure("kg")
def co2_per_parcel_kg(world: World) -> float:
    """CO2e of the carriage of a pack sold today, from its maker to the door; the mean."""
    sold = world.offers.sold
    return ratio(int((of_packs(world) * sold).sum()) / 1000, int(sold.sum()))


@measure("kg", "co2_{mode}_kg", "mode")
def co2_by_mode(world: World) -> list[float]:
    """CO2e of the carriage of a pack sold today by {mode}, from its maker to the door; the mean."""
    mode, packs = world.offers.mode, world.offers.sold
    grams, sold = (sums(mode, values, len(MODES)) for values in (of_packs(world) * packs, packs))
    return [ratio(above / 1000, below) for above, below in zip(grams, sold, strict=True)]
