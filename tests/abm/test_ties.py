"""Firms behind chains and what is watched of them, on a small world; what was re-laid, on figures that are known."""

import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from abm.model import Market
from abm.scenario import load
from abm.study.ties import behind, followed, relaid, shares, watch

SCRIPT = Path(__file__).resolve().parents[2] / "scenarios" / "chains_follow_demand.py"


@pytest.fixture(scope="module")
def world():
    """A small world after its warm-up and a month."""
    market = Market(load("tiny", set={"warmup": 5, "days": 60, "consumers": 2000}))
    market.run(30)
    return market.world


def climbed(world, chain):
    """Names of the firms behind a chain, found link by link."""
    links, nodes = world.links, world.nodes
    own = (nodes.product == world.chains.product[chain]) & (nodes.firm == world.chains.seller[chain])
    open_, seen = np.flatnonzero(own).tolist(), set()
    while open_:
        node = open_.pop()
        if node not in seen:
            seen.add(node)
            into = (links.buyer == node) & (links.alive > 0) & (links.share > 0) & (links.supplier >= 0)
            open_ += links.supplier[into].tolist()
    return {world.names["firms"][nodes.firm[node]] for node in seen}


def named(world, chain):
    return {world.names["firms"][row] for row in np.flatnonzero(behind(world)[:, chain])}


def test_behind_a_chain_stand_those_from_whom_its_goods_come_at_any_remove(world):
    for chain, name in enumerate(world.names["chains"]):
        assert named(world, chain) == climbed(world, chain), name
    made = named(world, world.names["chains"].index("home-made"))
    assert "us-tailors" in made
    assert "cotton" not in made, "a chain that begins with a maker"
    others = [name for name in world.names["chains"] if name != "home-made"]
    assert all("cotton" in named(world, world.names["chains"].index(name)) for name in others)


@pytest.mark.parametrize("left", ["cotton", "us-tailors"])
def test_links_that_are_left_and_chains_that_have_ended_tie_nobody(world, left):
    links, nodes, firm = world.links, world.nodes, world.names["firms"].index(left)
    sent = (links.supplier >= 0) & (nodes.firm[links.supplier] == firm) & (nodes.firm[links.buyer] != firm)
    for column in (links.share, links.alive):
        before = column.copy()
        column[sent] = 0
        assert not behind(world)[firm].any(), "though its goods are still there"
        column[:] = before
        assert behind(world)[firm].any()
    world.chains.alive[0] = 0
    try:
        assert not behind(world)[:, 0].any()
        assert behind(world)[:, 1].any()
    finally:
        world.chains.alive[0] = 1


def test_what_is_watched_tells_who_stands_behind_each_chain_of_the_first_day(world):
    found, known = watch(world), behind(world)
    size = sum(chain.count for chain in world.scenario.chains)
    assert sum(name.startswith("makers:apparel:") for name in found) == size
    names = world.names["firms"]
    for kind, column in (("manufacturer", "makers"), ("supplier", "suppliers")):
        firms = [name for one in world.scenario.firms if one.kind == kind for name in one.members]
        for chain in range(size):
            bits = int(found[f"{column}:apparel:{chain}"])
            told = [name for place, name in enumerate(firms) if bits >> place & 1]
            assert told == [name for name in firms if known[names.index(name), chain]]
            assert bits < 2 ** len(firms)


def test_what_is_watched_counts_offers_and_the_packs_asked_and_made(world):
    found, orders = watch(world), world.orders
    assert found["asked:apparel"] == sum(one >= 0 for one in orders.first.tolist()) > 0
    finished = world.products.finished > 0
    assert found["made:apparel"] == world.products.made[finished].sum() > 0
    assert world.products.made[~finished].sum() > 0
    own = set(world.chains.product[: sum(chain.count for chain in world.scenario.chains)].tolist())
    product = world.listings.product[world.offers.listing].tolist()
    assert found["offers"] == sum(one in own for one in product) > 0
    place = int(np.flatnonzero(orders.first >= 0)[0])
    newcomer = world.products.append(1, finished=1, category=0)
    world.chains.append(1, product=newcomer.start, seller=0)
    world.listings.product[0], before = newcomer.start, world.listings.product[0]
    orders.first[place], picked = -1, orders.first[place]
    try:
        again = watch(world)
        assert again["offers"] < found["offers"], "a newcomer's offers do not count"
        assert again["asked:apparel"] == found["asked:apparel"] - 1, "nor does what nobody picked"
    finally:
        orders.first[place], world.listings.product[0] = picked, before
        world.products.rows -= 1
        world.chains.rows -= 1


def frame():
    """Six days of two chains that lose and one that gains; before the shift on day 2 other ties held."""
    ties = {
        "makers:toys:0": [7, 1, 2, 2, 4, 4],
        "makers:toys:1": [1, 1, 1, 1, 1, 0],
        "makers:shoes:2": [8, 8, 8, 9, 9, 8],
        "suppliers:toys:0": [1, 3, 3, 3, 6, 6],
        "suppliers:toys:1": [1, 1, 1, 1, 1, 0],
        "suppliers:shoes:2": [12, 12, 12, 12, 12, 12],
    }
    days = pd.DataFrame({name: np.array(one, float) for name, one in ties.items()})
    for place, name in enumerate(("chains_born", "chains_rebuilt", "chains_gone", "switched", "entries", "exits")):
        days[name] = [50.0, 50.0, 1.0, 0.0, 0.0, float(place)]
    return days.assign(offers=[1.0, 5.0, 6.0, 6.0, 6.0, 8.0])


def test_what_was_relaid_is_the_part_of_ties_that_held_before_and_no_longer_do():
    found = relaid(frame(), "toys", 2)
    assert found["relaid_losing"] == pytest.approx(4 / 5), "of five ties, one with a supplier is left"
    assert found["relaid_gaining"] == 0.0
    assert found["relaid"] == pytest.approx(4 / 8)


def test_new_makers_are_counted_day_by_day_even_those_that_do_not_stay():
    found = relaid(frame(), "toys", 2)
    assert (found["new_makers"], found["new_makers_losing"], found["new_makers_gaining"]) == (3.0, 2.0, 1.0)
    assert relaid(frame(), "toys", 3)["new_makers_losing"] == 1.0


def test_turns_and_offers_count_from_the_day_of_the_shift_on():
    found = relaid(frame(), "toys", 2)
    assert (found["chains_born"], found["chains_gone"], found["exits"]) == (1.0, 3.0, 6.0)
    assert found["opened"] == 3.0


def made(asked, made_a_day):
    """Ten days with so many packs of two kinds asked and made a day; what is made is counted from the first."""
    days = pd.DataFrame({f"asked:{name}": np.full(10, float(one)) for name, one in asked.items()})
    return days.assign(**{f"made:{name}": 1000.0 + one * np.arange(10.0) for name, one in made_a_day.items()})


def test_shares_are_of_the_days_named_in_what_is_asked_and_made():
    days = made({"toys": 3, "shoes": 1}, {"toys": 4, "shoes": 6})
    days.loc[7:, "asked:toys"], days.loc[:1, "asked:toys"] = 0.0, 99.0
    days.loc[7:, "made:toys"] += 500.0
    days.loc[:2, "made:toys"] -= 8.0
    assert shares(days, "toys", 3, 7) == {"asked": 75.0, "made": pytest.approx(50.0)}, "the first day's among them"


def test_what_follows_is_set_against_calm_days():
    calm = made({"toys": 6, "shoes": 4}, {"toys": 5, "shoes": 5})
    moved = made({"toys": 1, "shoes": 9}, {"toys": 2, "shoes": 8})
    assert followed(calm, moved, "toys", 2, 10) == pytest.approx(30 / 50)
    assert followed(calm, moved, "shoes", 2, 10) == pytest.approx(30 / 50)
    assert np.isnan(followed(calm, calm, "toys", 2, 10))


def test_the_shift_turns_needs_from_one_kind_to_the_other_and_leaves_as_many():
    script = runpy.run_path(str(SCRIPT))
    usual = {f"categories.{name}.needs": one.needs for name, one in load("three_countries").categories.items()}
    for part in script["PARTS"].values():
        (shock,) = script["moved"](part)["shocks"]
        assert set(shock["set"]) == set(usual)
        assert sum(shock["set"].values()) == pytest.approx(sum(usual.values()))
        assert shock["set"]["categories.electronics.needs"] == pytest.approx(
            (1 - part) * usual["categories.electronics.needs"]
        )


def test_each_world_is_set_against_the_calm_one_that_is_closed_like_it():
    script = runpy.run_path(str(SCRIPT))
    ties = frame().rename(columns=lambda name: name.replace("toys", "electronics")).reindex(range(10)).ffill()
    days = {}
    for name in script["EXPERIMENT"].variants:
        asked = 1 if name.startswith("full") else 6
        less = 2 * name.startswith("full") + ("rewiring" in name)
        packs = made({"electronics": asked, "apparel": 10 - asked}, {"electronics": 5 - less, "apparel": 5 + less})
        days[name] = packs.join(ties).assign(fill_rate=0.9)
    found = script["score"](days)
    assert found["full"]["followed:all"] == pytest.approx(20 / 50)
    assert found["full, no rewiring"]["followed:all"] == pytest.approx(20 / 50)
    assert found["full"]["asked"] == pytest.approx(10.0)
    assert np.isnan(found["off, no rewiring"]["followed:all"])
