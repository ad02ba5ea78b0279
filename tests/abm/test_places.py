"""Cells in which newcomers settle and the fates of sellers, on a small world and on figures that are known."""

import numpy as np
import pandas as pd
import pytest

from abm.model import Market
from abm.phases.turnover import TIERS
from abm.scenario import load
from abm.study.places import asked, cells, fates, founders, margins, settle, watch
from abm.world import Outcome


@pytest.fixture(scope="module")
def world():
    """A small world whose shelves are nearly bare, as for three weeks nobody makes anything."""
    bare = {f"firms.{name}.stocking": {"rule": "proportional", "cover": 0.0} for name in ("sellers", "label", "store")}
    still = {f"firms.{name}.capacity": 0.0 for name in ("tailors-1", "tailors-2", "us-tailors")}
    halt = {"shocks": [{"day": 5, "set": still}]}
    market = Market(load("tiny", set={"warmup": 0, "days": 60, "consumers": 4000, **bare, **halt}))
    market.run(30)
    return market.world


def test_a_cell_is_market_category_and_tier_of_the_cheapest_landed_price(world):
    found = cells(world)
    for row in range(len(world.listings)):
        mine = (world.offers.listing == row) & (world.offers.alive > 0)
        tier = int(sum(float(world.offers.relative[mine].min()) > edge for edge in TIERS))
        assert found[row] == world.listings.dest[row] * 3 + tier
    assert len(np.unique(found)) > 2


def test_orders_are_counted_where_their_first_choice_stood_and_so_are_those_that_did_not_find_it(world):
    every, without = asked(world)
    orders, cell = world.orders, cells(world)
    by_hand = np.zeros((2, len(every)), int)
    for first, offer, outcome in zip(
        orders.first.tolist(), orders.offer.tolist(), orders.outcome.tolist(), strict=True
    ):
        if first >= 0:
            place = cell[world.offers.listing[first]]
            by_hand[0, place] += 1
            by_hand[1, place] += outcome in (Outcome.SHORT, Outcome.LEFT) or offer != first
    assert every.tolist() == by_hand[0].tolist()
    assert without.tolist() == by_hand[1].tolist()
    assert 0 < without.sum() < every.sum()


def test_margins_are_those_of_the_sellers_listed_there(world):
    listed, found = margins(world)
    cell, listings, firms = cells(world), world.listings, world.firms
    for place in range(len(found)):
        rows = np.flatnonzero((cell == place) & (listings.alive > 0))
        assert listed[place] == len(rows)
        if len(rows):
            seller = listings.seller[rows]
            assert found[place] == pytest.approx((firms.profit_ma[seller] / firms.fixed_cents[seller]).mean())
        else:
            assert np.isnan(found[place])


def test_founders_are_the_sellers_of_the_scenario_and_no_newcomer(world):
    first = [world.names["firms"][row] for row in founders(world)]
    assert first == ["sellers-1", "sellers-2", "label"]
    newcomer = world.firms.append(1, kind=2)
    try:
        assert newcomer.start not in founders(world)
    finally:
        world.firms.rows -= 1


def test_what_is_watched_has_a_number_for_each_cell_and_seller(world):
    found = watch(world)
    assert sum(name.startswith("unserved:") for name in found) == 2 * 1 * 3
    assert sum(name.startswith("alive:") for name in found) == 3
    packs = world.listings.sold
    assert [found[f"sold:{k}"] for k in range(3)] == [
        packs[world.listings.seller == row].sum() for row in founders(world)
    ]


def test_newcomers_are_set_against_what_was_so_before_they_came():
    cell = {"asked": [10.0, 10, 10, 0], "unserved": [1.0, 2, 3, 0], "listed": [1.0, 2, 6, 0],
            "margin": [1.0, 3, 2, np.nan]}  # fmt: skip
    row = {f"{name}:{place}": one for name, values in cell.items() for place, one in enumerate(values)}
    came = [[0, 0, 1, 0]] * 4 + [[1, 4, 7, 0]] * 4
    days = pd.DataFrame([row | {f"entered:{place}": float(one) for place, one in enumerate(day)} for day in came])
    days.loc[0, "entered:2"] = -50.0  # who came before the day would change the order
    days.loc[4:, "unserved:0"] = 99.0  # after the newcomers began to come
    found = settle(days, 4)
    assert found["entry_unserved"] == pytest.approx(1.0)
    assert found["entry_shortage"] == pytest.approx(0.0, abs=1e-12)
    assert found["entry_margin"] == pytest.approx(0.75**0.5)


def test_fates_are_told_by_the_reviews_written_meanwhile():
    days = 80
    frame = {}
    late = [4.0, 8.0, 12.0, 0.0]
    content = [0.1, 0.2, 0.3, -0.5]
    for seller in range(4):
        frame[f"sold:{seller}"] = np.where(np.arange(days) < 40, 4.0, late[seller])
        frame[f"reviews:{seller}"] = 100.0 + np.arange(days)
        frame[f"ratings:{seller}"] = -70.0 * seller + content[seller] * np.arange(days)
        frame[f"quality:{seller}"] = [0.0, 3.0, 2.0, 1.0][seller]
        frame[f"alive:{seller}"] = np.where((seller == 3) & (np.arange(days) > 50), 0.0, 1.0)
    found = fates(pd.DataFrame(frame))
    assert found["growth_told"] == pytest.approx(1.0)
    assert found["growth_quality"] == pytest.approx(0.6)
    assert found["left"] == 0.25
    assert found["left_worse"] == pytest.approx(0.2 + 0.5)
