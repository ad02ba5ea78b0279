"""Who is struck, by how much, who hangs on whom, and what a strike spreads to, on worlds and figures that are known."""

import numpy as np
import pandas as pd
import pytest

from abm.given import means
from abm.scenario import load
from abm.scenario.build import build
from abm.study.strikes import exposure, membership, rank_correlation, replay, spread, strike, struck


@pytest.fixture(scope="module")
def tiny():
    return load("tiny", set={"seed": 3, "days": 12, "warmup": 0})


def test_a_chain_is_wholly_exposed_to_its_members_and_partly_to_those_with_whom_they_share_others(tiny):
    world = build(tiny)
    found, within = exposure(world), membership(world)
    assert (found[within] == 1.0).all()
    assert ((found >= 0.0) & (found <= 1.0 + 1e-12)).all()
    assert not found[world.firms.kind > 3].any()  # services make and sell nothing
    # a store's own chain of home-made goods hangs on the tailors only by the store, which sells their goods too
    store, other = world.names["firms"].index("store"), world.names["chains"].index("home-made")
    tailors = world.names["firms"].index("tailors-2")
    rows = np.flatnonzero(world.members.firm == store)
    share, chain = world.members.share[rows], world.members.chain[rows]
    owed = share[within[tailors, chain]].sum() / share.sum()
    assert 0.0 < owed < 1.0
    assert found[tailors, other] == pytest.approx(owed / within[:, other].sum())


def test_each_seed_strikes_a_maker_in_its_turn_by_the_same_volume(tiny):
    turns = [load(tiny, set={"seed": seed}) for seed in range(3)]
    assert {struck(one) for one in turns} == {"tailors-1", "tailors-2", "us-tailors"}
    for one in turns:
        (shock,) = load(one, set=strike(one, 2, 9)).shocks
        ((key, value),) = shock.add.items()
        assert (key, shock.day, shock.until) == (f"firms.{struck(one)}.capacity", 2, 9)
        world = build(one)
        own = float(world.firms.capacity[world.names["firms"].index(struck(one))])
        assert -value == pytest.approx(min(float(world.firms.capacity[world.firms.kind == 1].mean()), own))


def test_where_usual_demand_is_asked_again_nobody_shops_and_as_much_is_asked_as_usual(tiny):
    usual, again = build(tiny), build(load(tiny, set=replay(tiny)))
    assert again.scenario.demand.visits == 0.0
    assert means(again).sum() == pytest.approx(usual.offers.demand_ma.sum())
    assert (means(again) > 0).sum() == (usual.offers.demand_ma > 0).sum()


def test_what_a_strike_spreads_to_is_told_from_the_first_day_that_counts():
    exposed = {"exposed:0": 1.0, "exposed:1": 0.5, "exposed:2": 0.1}
    calm = pd.DataFrame([{"sold:0": 5.0, "sold:1": 5.0, "sold:2": 10.0, **exposed}] * 9)
    hit = calm.copy()
    hit.loc[0] = 0.0  # before the first day that counts
    hit.loc[1:, ["sold:0", "sold:1", "sold:2"]] = [2.0, 4.0, 10.5]
    found = spread(calm, hit, 1)
    assert found["lost_in_all"] == pytest.approx(100 * 3.5 / 20)
    assert found["loss_near"] == pytest.approx(60.0)
    assert found["loss_far"] == pytest.approx(100 * 0.5 / 15)
    assert found["exposure_told"] == pytest.approx(1.0)
    assert found["variation"] == pytest.approx(0.0)
    assert found["sold"] == pytest.approx(20.0)


def test_ranks_tell_how_far_two_orders_agree_and_nothing_of_too_little():
    assert rank_correlation([1, 2, 3, 9], [2, 4, 8, 100]) == pytest.approx(1.0)
    assert rank_correlation([1, 2, 3, np.nan], [3, 2, 1, 7]) == pytest.approx(-1.0)
    assert rank_correlation([1, 2, 3, 4, 5], [2, 1, 4, 3, 5]) == pytest.approx(0.8)
    assert np.isnan(rank_correlation([1, 1, 1], [1, 2, 3]))
    assert np.isnan(rank_correlation([1, 2], [1, 2]))
