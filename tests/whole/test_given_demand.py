"""Demand given from outside is served from the shelf and paid for, and with it theory holds without consumers."""

import numpy as np
import pytest

from abm import given
from abm.scenario import ScenarioError, load

STORE = {"seller": "store", "market": "US", "mean": 1000.0, "sd": 100.0}
ALONE = {"warmup": 0, "consumers": 0, "demand__seasons": False}


def test_what_is_asked_from_outside_leaves_the_shelf_and_is_paid_at_the_list_price(market):
    made = market(**ALONE, demand__given=[STORE], audited=True)
    world = made.world
    people = world.countries.people[world.names["countries"].index("US")]
    for _ in range(5):
        before = int(world.accounts.balance_cents[people])
        made.step()
        asked = world.offers.sold * world.offers.value_cents
        assert int(world.accounts.balance_cents[people]) == before - int(asked.sum())
        assert 1200 < world.offers.sold.sum() < 2800  # two offers of a thousand
    assert len(world.parcels) == 0


def test_who_asks_is_named_by_group_or_member_goods_market_and_mode(market):
    every = {"seller": "sellers", "market": "US", "mean": 1.0}
    lists = [every, every | {"seller": "sellers-1"}, every | {"mode": "post"}, every | {"category": "apparel"}]
    world = market(**ALONE, demand__given=lists).world
    rows = [set(given.offered(world, k).tolist()) for k in range(4)]
    assert rows[1] < rows[0]
    assert rows[2] < rows[0]
    assert rows[3] == rows[0]
    assert {world.offers.mode[row] for row in rows[2]} == {2}


def test_its_mean_and_spread_are_those_that_were_given(market):
    made = market(**ALONE, demand__given=[STORE])
    row = given.offered(made.world, 0)[0]
    found = []
    for day in range(2000):
        made.world.day = day
        found.append(int(given.packs(made.world)[row]))
    assert np.mean(found) == pytest.approx(1000, abs=3 * 100 / 2000**0.5)
    assert np.std(found) == pytest.approx(100, rel=0.05)


def test_without_noise_it_is_the_mean_every_day(market):
    made = market(**ALONE, demand__given=[STORE], chance__noise=False)
    assert set(given.packs(made.world)[given.offered(made.world, 0)].tolist()) == {1000}


def test_what_finds_an_empty_shelf_is_lost_and_counted(market):
    made = market(**ALONE, demand__given=[STORE | {"mean": 100.0}])
    made.world.nodes.on_hand[:] = 30
    made.world.products.opening[:] = 0
    made.step()
    day = made.world.daily[-1]
    assert day["given_units"] == 60
    assert day["given_lost"] > 60


def test_orders_up_to_a_moving_average_vary_as_theory_says(market):
    """Chen, Drezner, Ryan and Simchi-Levi (2000), Management Science 46(3), equation 3.1: 1 + 2L/p + 2L^2/p^2."""
    window, days, settled = 10, 330, 30
    calm = {f"dials__{name}": 0.0 for name in ("dynamics__rewiring", "dynamics__entry", "dynamics__exit")}
    made = market(**ALONE, **calm, days=days, demand__given=[STORE], dials__information__share=1.0,
                  dials__information__accuracy=1.0, dials__channels__adoption=0.0, firms__store__review_days=1,
                  firms__store__stocking={"rule": "order_up_to", "cover": 0.0},
                  firms__store__forecast={"rule": "moving_average", "window": window})  # fmt: skip
    world = made.world
    node = world.names["nodes"].index("store/home-made/shelf")
    link = np.flatnonzero(world.links.buyer == node)
    asked, placed = [], []
    for _ in range(days):
        made.step()
        asked.append(int(world.nodes.ordered[node]))
        placed.append(int(world.links.placed[link].sum()))
    span = world.nodes.lead[node] + 1.0
    expected = 1.0 + 2.0 * span / window + 2.0 * span**2 / window**2
    assert min(placed[settled:]) > 0
    assert np.var(placed[settled:]) / np.var(asked[settled:]) == pytest.approx(expected, rel=0.15)


def test_names_that_lead_nowhere_are_told():
    wrong = [{"seller": "stores", "market": "XX", "category": "tea", "mean": 1.0}]
    with pytest.raises(ScenarioError) as error:
        load("tiny", {"demand.given": wrong})
    told = str(error.value)
    assert all(key in told for key in ("demand.given", "stores", "XX", "tea"))
