"""Between order and settlement a seller holds the money of its market: what exchange rates do to it is the seller's."""

import numpy as np
import pytest

from abm.day import DAY
from abm.passing import Releases
from abm.phases import payments


def opened(market, **changes):
    """A market with orders on their way and sales in escrow, after twenty days at steady rates."""
    world = market(warmup=0, consumers=3000, **changes).world
    for world.day in range(20):
        for phase in DAY:
            phase(world)
    world.day += 1
    DAY[0](world)
    return world


def held(world, release=None):
    """What is held in escrow until a day, or until any."""
    return Releases.join([part for day, _, part in world.releases.every() if release in (None, day)])


def in_own_money(world):
    """What is held of sales in each market, in its own currency."""
    waits = held(world)
    return np.bincount(waits.market, waits.local_cents, len(world.countries))


def devalue(world, factor):
    """The first country's currency buys fewer dollars from today on."""
    world.countries.fx_par[0] *= factor
    DAY[0](world)


def test_a_sale_is_worth_what_the_money_of_its_market_is_on_the_day_of_its_release(market):
    world = opened(market)
    firms, due = world.firms, held(world, world.day)
    booked, local = np.zeros(len(firms), np.int64), np.zeros((len(firms), 2), np.int64)
    np.add.at(booked, due.seller, due.cents)
    np.add.at(local, (due.seller, due.market), due.local_cents)
    assert (local.sum(axis=1) == booked).all()
    assert (local > 0).any(axis=0).all()
    devalue(world, 1.25)
    cash, escrow = (world.accounts.balance_cents[rows].copy() for rows in (firms.account, firms.escrow))
    payments._release(world)
    worth = [int(np.floor(0.8 * china + 0.5)) + america for china, america in local.tolist()]
    assert (world.accounts.balance_cents[firms.account] - cash).tolist() == worth
    sells = firms.escrow >= 0
    assert (escrow - world.accounts.balance_cents[firms.escrow])[sells].tolist() == booked[sells].tolist()
    assert world.counts["fx_gain_cents"] == sum(worth) - booked.sum() < 0
    assert not len(held(world, world.day))


def test_a_sale_counts_at_the_rate_of_the_day_of_its_order_however_late_it_is_delivered(market):
    world = opened(market)
    devalue(world, 1.25)
    for phase in DAY[1:8]:
        phase(world)
    kept = world.delivered.take(world.delivered.booked == 1)
    dest, early = world.offers.dest[kept.offer], kept.ordered < world.day
    assert (early & (dest == 0)).any()
    before, booked = in_own_money(world), held(world).cents.sum()
    payments._split(world, kept)
    added = in_own_money(world) - before
    assert early.all()
    assert added.sum() == held(world).cents.sum() - booked
    world.countries.fx_past[0] *= 2.0
    payments._split(world, kept)
    assert in_own_money(world) - before == pytest.approx([3 * added[0], 2 * added[1]], abs=len(kept))


@pytest.mark.parametrize("noise", [True, False])
def test_where_rates_stand_still_nobody_gains_or_loses(market, noise):
    world = opened(market, chance__noise=noise)
    assert not any(row["fx_gain_usd"] for row in world.daily)
    assert (held(world).local_cents == held(world).cents).all()


@pytest.mark.parametrize("days", [0, 1, 3])
def test_what_a_platform_does_not_hold_is_free_on_the_day_after_it_was_split(market, days):
    world = opened(market, platform__holding_days=days, platform__reserve_ppm=0)
    when = [(day, stage) for day, stage, _ in world.releases.every()]
    assert max(when) == (world.day - 1 + max(days, 1), 0)
    assert min(when) >= (world.day, 0)
