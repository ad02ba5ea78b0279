"""Where newcomers settle, and who lives and grows: demand that is not served, margins, and how content buyers are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from abm.columns import F8, I8, Array
from abm.phases.turnover import TIERS
from abm.settlement import tally
from abm.study.strikes import rank_correlation
from abm.world import KINDS, Outcome, World

if TYPE_CHECKING:
    import pandas as pd

WEEKS = 28
"""Days at either end over whose sales growth is reckoned."""


def cells(world: World) -> I8:
    """Market, category and price tier of each listing as one number, as newcomers count them."""
    listings, offers, low = world.listings, world.offers, np.full(len(world.listings), np.inf)
    live = offers.alive > 0
    np.minimum.at(low, offers.listing[live], offers.relative[live].astype(np.float64))
    place = listings.dest.astype(np.int64) * len(world.categories) + listings.category
    return place * (len(TIERS) + 1) + np.searchsorted(TIERS, low)


def asked(world: World) -> tuple[I8, I8]:
    """Orders of today by the cell of what was picked first: all of them, and those that did not find it in stock."""
    orders, size = world.orders, len(world.countries) * len(world.categories) * (len(TIERS) + 1)
    every, without = np.zeros((2, size), np.int64)
    rows = np.flatnonzero(orders.first >= 0)
    cell = cells(world)[world.offers.listing[orders.first[rows]]]
    short = (orders.tried[rows] > 0) | np.isin(orders.outcome[rows], (Outcome.SHORT, Outcome.LEFT))
    tally(cell, np.ones(len(rows)), every)
    tally(cell, short, without)
    return every, without


def margins(world: World) -> tuple[I8, F8]:
    """Listings in each cell, and profit over fixed costs of their sellers in the mean; NaN where there is none."""
    firms, listings, cell = world.firms, world.listings, cells(world)
    live = np.flatnonzero(listings.alive)
    seller = listings.seller[live]
    earned = firms.profit_ma[seller] / np.maximum(firms.fixed_cents[seller], 1)
    size = len(world.countries) * len(world.categories) * (len(TIERS) + 1)
    count = np.bincount(cell[live], minlength=size)
    total = np.bincount(cell[live], earned, size)
    return count, np.where(count > 0, total / np.maximum(count, 1), np.nan)


def founders(world: World) -> I8:
    """Rows of the sellers of the first day, dead or alive."""
    first = sum(len(group.members) for group in world.scenario.firms)
    return np.flatnonzero(world.firms.kind[:first] == KINDS.index("seller"))


def watch(world: World) -> dict[str, float]:
    """By cell what is not served, earned and entered; by seller of the first day sales, reviews, quality, life."""
    sellers, listings, firms = founders(world), world.listings, world.firms
    size = len(world.countries) * len(world.categories) * (len(TIERS) + 1)
    came = np.array([world.entered.get(place, 0) for place in range(size)])
    (every, without), (listed, margin) = asked(world), margins(world)
    by_cell: dict[str, Array] = {
        "asked": every,
        "unserved": without,
        "listed": listed,
        "margin": margin,
        "entered": came,
    }
    count, total, packs = np.zeros((3, len(firms)), np.int64)
    tally(listings.seller, listings.reviews, count)
    tally(listings.seller, listings.rating_sum, total)
    tally(listings.seller, listings.sold, packs)
    usual = np.floor(listings.popularity * 1000.0)
    weight = np.bincount(listings.seller, usual, len(firms))
    goods = np.bincount(listings.seller, usual * world.products.quality[listings.product], len(firms))
    by_seller: dict[str, Array] = {
        "sold": packs,
        "reviews": count,
        "ratings": total / 1000.0,
        "quality": goods / np.maximum(weight, 1.0),
        "alive": firms.alive,
    }
    found = {f"{name}:{place}": float(one) for name, values in by_cell.items() for place, one in enumerate(values)}
    for name, values in by_seller.items():
        found |= {f"{name}:{place}": float(values[row]) for place, row in enumerate(sellers)}
    return found


def _of(days: pd.DataFrame, name: str) -> F8:
    return days[[column for column in days.columns if column.startswith(f"{name}:")]].to_numpy(float)


def settle(days: pd.DataFrame, until: int) -> dict[str, float]:
    """Rank correlations over cells of the newcomers from day ``until`` on with what was unserved and earned before.

    ``entry_unserved`` is of newcomers and orders that did not find their first choice; ``entry_shortage`` of newcomers
    for each listing and the part of orders that did not, so that the size of a cell does not count; ``entry_margin`` of
    newcomers for each listing and the profit of its sellers over fixed costs, at which newcomers look.
    """
    entered, before = _of(days, "entered"), days.iloc[:until]
    came = entered[-1] - entered[until - 1]
    every, without, listed = (_of(before, name).sum(axis=0) for name in ("asked", "unserved", "listed"))
    margin = _of(before, "margin")
    known = ~np.isnan(margin)
    mean = np.where(known, margin, 0.0).sum(axis=0) / np.where(known.any(axis=0), known.sum(axis=0), np.nan)
    rate = came / np.where(listed > 0, listed, np.nan)
    return {
        "entry_unserved": rank_correlation(came, without),
        "entry_shortage": rank_correlation(rate, without / np.where(every > 0, every, np.nan)),
        "entry_margin": rank_correlation(rate, mean),
    }


def fates(days: pd.DataFrame) -> dict[str, float]:
    """Growth and survival of the sellers of the first day against how content those were who reviewed their goods.

    ``growth_told`` is the rank correlation of growth with the mean of the reviews that were written in these days,
    ``growth_quality`` that with true quality on the first; who left has grown least. ``left`` is the part that left,
    ``left_worse`` by how much worse the reviews of those are than those of the others.
    """
    sold, alive, quality = _of(days, "sold"), _of(days, "alive")[-1] > 0, _of(days, "quality")[0]
    reviews, ratings = (_of(days, name) for name in ("reviews", "ratings"))
    written = reviews[-1] - reviews[0]
    content = np.where(written > 0, (ratings[-1] - ratings[0]) / np.maximum(written, 1), np.nan)
    weeks = min(WEEKS, len(days) // 2)
    early, late = sold[:weeks].sum(axis=0), sold[-weeks:].sum(axis=0)
    growth = np.where(early > 0, late / np.maximum(early, 1), np.nan)
    known = ~np.isnan(content)
    worse = float("nan")
    if (known & alive).any() and (known & ~alive).any():
        worse = float(content[known & alive].mean() - content[known & ~alive].mean())
    return {
        "growth_told": rank_correlation(growth, content),
        "growth_quality": rank_correlation(growth, quality),
        "left": float(1.0 - alive.mean()),
        "left_worse": worse,
    }
