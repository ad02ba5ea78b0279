"""What flows along chains, on a small world against sums by hand, and how lags are told, on figures that are known."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from abm.foresight import tiers
from abm.model import Market
from abm.scenario import load
from abm.study.streams import FLOWS, chain_of, follow, half_way, parts, streams, table, watch
from abm.world import Stage


@pytest.fixture(scope="module")
def lived():
    """A small world that reports all it hears, after forty days, and what was watched on the last ten of them."""
    market = Market(
        load("tiny", set={"warmup": 0, "days": 60, "dials.information.share": 1.0, "dials.dynamics.entry": 0})
    )
    seen, debts = [], []
    for day in range(40):
        market.step()
        if day >= 30:
            seen.append(watch(market.world))
            debts.append(int(market.world.firms.payable_cents.sum()))
    return market.world, pd.DataFrame(seen), debts


def test_a_node_works_for_its_own_chain_or_for_all_whose_goods_need_what_it_makes(lived):
    world, _, _ = lived
    part, own = parts(world), chain_of(world)[world.nodes.product]
    finished = np.flatnonzero((own >= 0) & (part.sum(axis=1) > 0))
    assert (part[finished, own[finished]] == 1.0).all()
    total = part.sum(axis=1)
    assert total[total > 0] == pytest.approx(1.0)
    cotton = np.flatnonzero(world.nodes.firm == world.names["firms"].index("cotton"))
    fed = np.array([name != "home-made" for name in world.names["chains"]])
    assert ((part[cotton] > 0) == fed).all(), "all chains but that which begins with a maker"
    links, nodes, asked = world.links, world.nodes, np.zeros(len(world.chains))
    for chain in range(len(world.chains)):
        mine = own == chain
        onward = mine[np.maximum(links.supplier, 0)] & (links.supplier >= 0)
        asked[chain] = nodes.baseline[mine].sum() - (links.baseline * links.per_unit)[onward].sum()
    usual = asked * fed
    assert part[cotton].sum(axis=0) == pytest.approx(len(cotton) * usual / usual.sum(), rel=1e-3)


def test_flows_add_up_to_what_shoppers_ask_and_pay_and_what_firms_send_and_owe(lived):
    world, _, debts = lived
    found, links, firm = streams(world), world.links, world.nodes.firm
    assert found["told"][0].sum() == world.offers.sold.sum() + world.nodes.short.sum()
    assert found["moved"][0].sum() == len(world.delivered)
    assert found["paid"][0].sum() / 100 == pytest.approx(market_gmv(world))
    sent, billed = np.zeros(len(found["told"])), np.zeros(len(found["told"]))
    for _, stage, rows in world.shipments.every():
        for link, units, day in zip(rows.link.tolist(), rows.units.tolist(), rows.ordered.tolist(), strict=True):
            source = links.supplier[link]
            if stage == Stage.LINE_HAUL and day == world.day - 1 and firm[source] != firm[links.buyer[link]]:
                sent[tiers(world)[firm[source]] - 1] += units
                billed[tiers(world)[firm[source]] - 1] += units * links.price_cents[link]
    assert sent[1:].sum() > 0
    assert found["moved"].sum(axis=1)[1:] == pytest.approx(sent[1:])
    assert found["billed"].sum(axis=1)[1:] == pytest.approx(billed[1:])
    assert found["owed"].sum() == pytest.approx(debts[-1])
    supplies = np.unique(links.supplier[(links.supplier >= 0) & (firm[links.supplier] != firm[links.buyer])])
    record = world.nodes.demand[supplies, (world.day - 1) % world.nodes.demand.shape[1]].sum() / 100
    assert found["told"][1:].sum() == pytest.approx(record)


def market_gmv(world):
    """What shoppers paid for orders that found stock, in dollars."""
    return float(world.orders.paid_cents[world.orders.outcome == 1].sum() / 100)


def test_debts_tell_what_firms_paid(lived):
    _, days, debts = lived
    found = table(days)
    assert set(found) == set(FLOWS)
    billed = days.filter(like="billed:").sum(axis=1).to_numpy()
    paid = found["paid"][:, 1:].sum(axis=(1, 2))
    assert paid[1:] == pytest.approx(billed[1:] - np.diff(debts))
    assert (paid[1:] > -1e-6).all()
    assert paid.sum() > 0
    assert found["paid"][:, 0].sum() == pytest.approx(days.filter(regex="^paid:1:").to_numpy().sum())


def test_only_bills_for_goods_count(lived, monkeypatch):
    world, _, _ = lived
    assert streams(world)["owed"].sum() > 0
    monkeypatch.setattr("abm.study.streams.Reason", SimpleNamespace(GOODS=99))
    assert streams(world)["owed"].sum() == 0


def test_half_way_is_the_day_on_which_half_of_the_most_has_come():
    assert half_way(np.array([0.0, 0, 4, 4, 0])) == 2.0
    assert half_way(np.array([0.0, 1, 1, 1, 1])) == 2.0
    assert half_way(np.array([0.0, 3, 5, -6, 1])) == 2.0, "what is taken back later does not count"
    assert np.isnan(half_way(np.array([0.0, -1.0, 0.5])))
    assert np.isnan(half_way(np.array([])))


def test_lags_are_those_of_flows_behind_what_shoppers_ask_and_chains_that_lose_count_with_the_other_sign():
    lag = {"told:2": 3, "moved:1": 2, "moved:2": 7, "paid:1": 0, "billed:2": 7}
    columns = [f"{name}:{tier}:{chain}" for name in ("told", "moved", "paid", "billed", "owed") for tier in (1, 2)
               for chain in (0, 1, 2)]  # fmt: skip
    calm = pd.DataFrame(10.0, index=range(60), columns=columns)
    struck = calm.copy()
    gains = {0: 4.0, 1: -6.0, 2: 1.0}
    for chain, gain in gains.items():
        struck.loc[10:14, f"told:1:{chain}"] += gain
        for name, late in lag.items():
            struck.loc[10 + late : 14 + late, f"{name}:{chain}"] += gain
        struck[f"owed:2:{chain}"] += (struck[f"billed:2:{chain}"] - calm[f"billed:2:{chain}"]).cumsum()
        struck.loc[50:, f"owed:2:{chain}"] -= 5 * gain  # all is paid on day 50
    found = follow(calm, struck, 5)
    assert {name.replace("_", ":"): one for name, one in found.items() if name[:-2] + name[-2:] in
            ("told_2", "moved_1", "moved_2", "paid_1")} == {name: float(one) for name, one in lag.items()
                                                           if name != "billed:2"}  # fmt: skip
    assert found["paid_2"] == 50.0 - 12.0
    assert found["moved_chains"] == pytest.approx(1.0)
    both = follow(calm, struck, 5, {"first": [0], "others": [1, 2]})
    assert (both["asked:first"], both["asked:others"]) == (20.0, -25.0)
    assert [both[f"{name}:first"] for name in FLOWS] == [3.0, 7.0, 38.0]
    assert [both[f"{name}:others"] for name in FLOWS] == [3.0, 7.0, 38.0]
    struck["moved:2:2"] -= 20.0
    assert follow(calm, struck, 5)["moved_chains"] < 0.6
