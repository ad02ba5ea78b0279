"""The whole day, given demand from outside, swings as theory says: order-up-to on a moving average, tier by tier.

Nobody shops; customers from outside ask one shelf for whole units a day, far from nothing. Capacities, attention, cash
and lanes never bind and nothing is left to chance but that demand. The lead time of theory is the market's (link and
order delay) with the review of a day and the cover: a level of f (L + R + cover) moves like one of f x their sum.
"""

import numpy as np
import pytest

from abm import settlement
from abm.day import DAY
from abm.model import Market
from abm.phases import phase
from abm.scenario import load
from abm.scenario.build.stocks import set_stocks
from abm.settlement import OUTSIDE
from kernels.amplification import average_change, ratio, through

MEAN, SPREAD, DAYS, SETTLE, LOTS, WINDOW, COVER = 200_000, 150, 360, 60, 30, 5, 3.0
PLENTY = 1 << 40
assert LOTS > 4 * (WINDOW + 1)  # no memory of the filters joins lots that are not neighbours
TIERS = ["shop/cotton/shelf", "maker/cotton/out", "maker/apparel of tier 3/in", "mill/apparel of tier 3/out"]
CONDUCT = {
    "stocking": {"rule": "order_up_to", "cover": COVER}, "review_days": 1,
    "forecast": {"rule": "moving_average", "window": WINDOW},
}  # fmt: skip
FIRMS = {"mill": "supplier", "maker": "manufacturer", "shop": "seller", "bazaar": "platform", "carrier": "carrier",
         "warehouse": "warehouse", "broker": "broker", "payment": "payment"}  # fmt: skip
WORLD = {
    "schema": 1, "title": "a chain that customers from outside ask", "warmup": 0, "days": DAYS, "consumers": 0,
    "chance": {"noise": False}, "countries": {"CN": {"share": 1.0}},
    "dials": {"dynamics": {"rewiring": 0.0, "entry": 0.0, "exit": 0.0}, "network": {"overlap": 1.0},
              "information": {"latency": 0, "accuracy": 1.0, "visibility": 1.0}},
    "categories": {"apparel": {"weight_g": 500, "price_usd": 40.0, "needs": 1.0}},
    "firms": [{"name": name, "kind": kind, "country": "CN", "category": "apparel", **CONDUCT}
              for name, kind in FIRMS.items()],
    "chains": [{"name": "cotton", "category": "apparel", "tiers": ["mill", "maker", "shop"], "markets": ["CN"],
                "modes": ["express"]}],
}  # fmt: skip


def demand(rho, seed):
    """Whole units a day, autoregressive, in their steady state from the first day."""
    chance, gap = np.random.default_rng(seed), 0.0
    units = []
    for day in range(DAYS):
        gap = rho * gap + (np.sqrt(1 - rho * rho) if day else 1.0) * chance.normal()
        units.append(round(MEAN + SPREAD * gap))
    return np.array(units)


def a_year(asked, share):
    """Orders that each tier placed on each day, int64[tier, day], in a market that counts its goods and cents."""

    @phase(writes="nodes.on_hand nodes.ordered nodes.sold products.scrapped accounts.balance_cents "
                  "firms.earned_cents firms.spent_cents")  # fmt: skip
    def customers(world):
        """Customers from outside take what they ask for and pay."""
        units = asked[world.day : world.day + 1]
        settlement.scrap(world, shelf, units)
        settlement.post(world, OUTSIDE, world.firms.account[world.nodes.firm[shelf]], units * 4000)
        for column in (world.nodes.ordered, world.nodes.sold):
            settlement.tally(shelf, units, column)

    after = next(n for n, one in enumerate(DAY) if one.name == "matching") + 1
    market = Market(
        load(WORLD, set={"dials.information.share": share}),
        phases=(*DAY[:after], customers, *DAY[after:]),
        audited=True,
    )
    world = market.world
    rows = [world.names["nodes"].index(name) for name in TIERS]
    shelf = np.array(rows[:1])
    world.nodes.baseline[:] = world.links.baseline[:] = MEAN
    world.shipments = type(world.shipments)(world.shipments.kind)
    set_stocks(world)
    world.firms.capacity[:] = world.firms.credit_cents[:] = PLENTY
    world.lanes.capacity[:] = float(PLENTY)
    orders = np.empty((len(TIERS), DAYS), np.int64)

    def each_day(market):
        orders[:, market.world.day - 1] = [market.world.links.placed[market.world.links.buyer == n].sum() for n in rows]

    market.run(each_day=each_day)
    return orders, world.nodes.lead[rows]


def filters(leads, shared):
    """The orders of each tier as a filter of customers' demand, and by how much they swing with what it is asked for.

    A tier is asked on the day after the one below it ordered; what is shared it knows on the day itself.
    """
    change, asked = np.empty(WINDOW + 1), np.ones(1)
    average_change(WINDOW, change)
    for lead in leads:
        moved = (lead + 1 + COVER) * change
        own = np.append(1 + moved[0], moved[1:])
        if shared:
            weights = np.zeros(max(len(asked), len(moved)))
            weights[: len(asked)] += asked
            weights[: len(moved)] += moved
        else:
            weights = np.empty(len(asked) + WINDOW)
            through(asked, own, weights)
        yield weights, 1.0 if shared else np.abs(own).sum()
        asked = np.append(0.0, weights)


@pytest.mark.parametrize("rho, share", [(0.0, 0.0), (0.5, 1.0)])
def test_the_day_swings_as_the_filters_say_tier_by_tier(rho, share):
    asked = demand(rho, seed=7)
    orders, leads = a_year(asked, share)
    rounded = 0.0
    for tier, (weights, gain) in enumerate(filters(leads, share > 0)):
        rounded = rounded * gain + 1.0
        seen = orders[tier, SETTLE:]
        expected = np.convolve(asked, weights)[SETTLE:DAYS]
        assert np.abs(seen - expected).max() <= rounded
        assert rounded < 0.1 * seen.std()
        squares = (((seen - MEAN) / SPREAD) ** 2)[-LOTS * 10 :].reshape(10, LOTS).mean(axis=1)
        error = squares.std(ddof=1) / np.sqrt(10)
        assert abs(squares.mean() - ratio(weights, rho)) < 3 * error
        assert error < 0.3 * ratio(weights, rho)
