"""How goods and money turn over, what carriage emits, and whether what is made is wanted: checked by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from abm.measures import business, carbon
from abm.model import Market
from abm.scenario.build.carbon import emitted
from abm.world import KINDS, MODES, World

TINY = Path(__file__).resolve().parents[2] / "scenarios" / "tiny.toml"


@pytest.fixture(scope="module")
def world() -> World:
    """A world some days old; tests put back what they change."""
    return Market(str(TINY), consumers=400, warmup=0).run(6).world


def test_a_kilogram_by_air_emits_what_the_facts_say_for_its_distance_and_a_van_to_the_door() -> None:
    from abm.scenario.build.carriage import kilometres

    van = 0.78225 * 30
    assert emitted("air", "CN", "US") == pytest.approx(0.66646 * kilometres("CN", "US"))
    assert emitted("line", "CN", "US") == pytest.approx(0.66646 * kilometres("CN", "US") + van)
    assert emitted("air", "DE", "TR") == pytest.approx(0.96054 * kilometres("DE", "TR"))
    assert emitted("post", "DE", "FR") == pytest.approx(0.12522 * kilometres("DE", "FR") + van)
    assert emitted("retail", "US", "US") == pytest.approx(0.12522 * 300 + van)
    assert emitted("sea", "CN", "US") < emitted("air", "CN", "US") / 20


def test_a_pack_from_a_shelf_abroad_emits_its_cargo_leg_and_its_way_to_the_door(world: World) -> None:
    offers, links, names = world.offers, world.links, world.names
    grams, lanes = carbon.of_packs(world), world.lanes
    row = int(np.flatnonzero(offers.mode == MODES.index("overseas"))[0])
    here, total = int(offers.node[row]), float(lanes.co2[offers.lane[row]])
    while True:
        into = [k for k in np.flatnonzero(links.buyer == here) if links.lane[k] >= 0]
        if not into:
            break
        total += float(lanes.co2[links.lane[into[0]]])
        here = int(links.supplier[into[0]])
    assert names["nodes"][here].endswith("/out")
    assert grams[row] == pytest.approx(total * 500 / 1000, abs=1)
    direct = int(offers.node[row]), offers.mode == MODES.index("line")
    assert grams[direct[1]].min() > 3 * grams[row]


def test_a_longer_way_round_a_closed_passage_emits_in_proportion(world: World) -> None:
    before, days = carbon.along_lanes(world), world.lanes.days.copy()
    sea = int(np.flatnonzero(world.lanes.transit > 10)[0])
    world.lanes.days[sea] = 1.5 * world.lanes.transit[sea]
    assert carbon.along_lanes(world)[sea] == pytest.approx(1.5 * world.lanes.co2[sea])
    world.lanes.days[:] = days
    assert (carbon.along_lanes(world) == before).all()


def test_a_days_carriage_is_the_weight_that_left_on_each_lane(world: World) -> None:
    by_hand = sum(
        round(load * rate / 1000) for load, rate in zip(world.lanes.load_g, carbon.along_lanes(world), strict=True)
    )
    assert carbon.co2_kg(world) == pytest.approx(by_hand / 1000, abs=0.05)
    assert carbon.co2_kg(world) > 0


def test_stock_that_doubles_turns_half_as_often(world: World) -> None:
    once, nodes = business.stock_turns(world), world.nodes
    kept = nodes.on_hand.copy(), nodes.reserved.copy()
    nodes.on_hand *= 2
    nodes.reserved *= 2
    assert business.stock_turns(world) == pytest.approx(once / 2, rel=1e-4)
    nodes.on_hand[:], nodes.reserved[:] = kept
    assert 1 < once < 200


def test_credit_from_suppliers_shortens_the_days_that_cash_is_bound(world: World) -> None:
    before, firms = business.days_to_cash(world), world.firms
    sold = sum(d * world.nodes.cost_cents[n] for d, n in zip(world.offers.demand_ma, world.offers.node, strict=True))
    store = world.names["firms"].index("store")
    firms.payable_cents[store] += round(3 * sold)
    assert business.days_to_cash(world) == pytest.approx(before - 3, abs=0.02)
    firms.payable_cents[store] -= round(3 * sold)


def test_profit_is_by_kind_and_the_dead_have_none(world: World) -> None:
    firms = world.firms
    found = dict(zip(KINDS, business.profit(world), strict=True))
    sellers = (firms.kind == KINDS.index("seller")) & (firms.alive > 0)
    assert found["seller"] == pytest.approx(firms.profit_ma[sellers].sum() / 100, abs=0.05)
    firms.alive[sellers] = 0
    assert dict(zip(KINDS, business.profit(world), strict=True))["seller"] == 0
    firms.alive[sellers] = 1


def test_goods_spread_as_tastes_are_match_and_goods_of_one_style_do_not(world: World) -> None:
    people, goods, links = world.consumers, world.products, world.links
    made = np.flatnonzero((links.make >= 0) & (goods.finished[world.nodes.product[links.buyer]] > 0))
    products = world.nodes.product[links.buyer[made]]
    kept = people.taste[:, business.STYLE].copy(), goods.style.copy(), links.met_ma.copy()
    half = 2.0 * world.scenario.demand.style
    people.taste[:, business.STYLE] = np.where(np.arange(len(people)) % 2, 0.9, -0.9) * half
    links.met_ma[made] = 1.0
    goods.style[products] = 0.9
    assert business.style_mismatch(world) == pytest.approx(0.5)
    goods.style[products] = 0.0
    assert business.style_mismatch(world) == pytest.approx(1.0)
    goods.style[products[::2]], goods.style[products[1::2]] = 0.9, -0.9
    split = abs(len(products[::2]) / len(products) - 0.5)
    assert business.style_mismatch(world) == pytest.approx(split, abs=1e-9)
    people.taste[:, business.STYLE], goods.style[:], links.met_ma[:] = kept
