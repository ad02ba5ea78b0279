"""How orders swing against sales along the chain, and how far forecasts and records are off."""

from __future__ import annotations

import numpy as np

from abm.columns import F8, Array
from abm.foresight import tiers as tiers_of
from abm.measures.declared import MILLIONTHS, NOTHING, measure, once, ratio, sums
from abm.measures.supply import tiers
from abm.world import World

MONTH, YEAR = 28, 13
"""Four weeks, so that every month has as many reviews; months of a year."""
LEAST_MONTHS = 6
"""Months of which the variation is a measure of anything."""


def _months(world: World) -> Array:
    """Places in the ring of the last complete months, a year at most; none while there are too few."""
    now = world.day // MONTH
    count = min(now, YEAR) if now >= LEAST_MONTHS else 0
    return np.asarray(np.arange(now - count, now) % world.firms.bought_units.shape[1])


@once
def amplifications(world: World) -> list[F8]:
    """Variation of orders against that of sales of the firms of each tier, firm x month, without the common season.

    The season is taken out by dividing by the packs that all consumers bought in the month. Ascending. Bray and
    Mendelson (2012), Management Science 58(5).
    """
    firms, month, tier = world.firms, _months(world), tiers_of(world)
    count = tiers(world)
    whole = (firms.alive > 0) & (firms.sold_units[:, month] > 0).all(axis=1)
    if not len(month) or not whole.any():
        return [np.empty(0)] * count
    season = np.maximum(firms.sold_units[tier == 1][:, month].sum(axis=0), 1)
    bought, sold = (_variation(column[:, month] / season) for column in (firms.bought_units, firms.sold_units))
    found = np.where(whole & (sold > 0), bought / np.where(sold > 0, sold, 1.0), NOTHING)
    return [np.sort(found[(tier == k) & ~np.isnan(found)]) for k in range(1, count + 1)]


def _variation(values: F8) -> F8:
    """Standard deviation of each row against its mean."""
    mean = np.maximum(values.mean(axis=1), 1e-12)
    return np.asarray(values.std(axis=1) / mean)


@measure("factor", "amplification_tier_{tier}", "tier")
def amplification(world: World) -> list[float]:
    """Variation of a year's four-week orders against that of sales, season taken out: median firm of tier {tier}."""
    return [float(one[len(one) // 2]) if len(one) else NOTHING for one in amplifications(world)]


@measure("share", "amplifying_tier_{tier}", "tier")
def amplifying(world: World) -> list[float]:
    """Share of the firms of tier {tier} whose orders varied more than their sales over a year, four weeks at a time."""
    return [ratio(int((one > 1.0).sum()), len(one)) for one in amplifications(world)]


@measure("share", "forecast_error_tier_{tier}", "tier")
def forecast_error(world: World) -> list[float]:
    """Units that four weeks brought firms of tier {tier} more or less than expected, against what was asked of them."""
    nodes, count = world.nodes, tiers(world) + 1
    tier = tiers_of(world)[nodes.firm]
    live = nodes.alive > 0
    missed = sums(tier[live], np.floor(np.abs(nodes.surprise_ma[live]) * MILLIONTHS), count)
    asked = sums(tier[live], np.floor(nodes.asked_ma[live] * MILLIONTHS), count)
    return [ratio(above, below) for above, below in zip(missed, asked, strict=True)][1:]


@measure("share")
def record_error(world: World) -> float:
    """Units by which records of stock are wrong, one way or the other, against the units on hand."""
    return ratio(world.counts["misrecorded"], world.counts["recorded"])
