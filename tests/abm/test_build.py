"""What a built world promises: rows that point somewhere, books that balance, flows that add up, the same bytes."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from abm.audit import audit
from abm.scenario import ScenarioError, load
from abm.scenario.build import build
from abm.scenario.build.capacities import roomy
from abm.scenario.build.money import usual_profits, usual_revenue
from abm.scenario.build.network import deck
from abm.scenario.build.people import SAMPLE, sample
from abm.scenario.build.troubles import rows_of
from abm.scenario.schema import target
from abm.world import KINDS, MODES, PASSING, STANDING, World
from kernels import threads

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SMALLEST = {
    "schema": 1,
    "consumers": 100,
    "countries": {"US": {}},
    "firms": [
        {"name": "tailor", "kind": "manufacturer", "country": "US"},
        {"name": "seller", "kind": "seller", "country": "US"},
        {"name": "bazaar", "kind": "platform", "country": "US"},
        {"name": "carrier", "kind": "carrier", "country": "US"},
        {"name": "payment", "kind": "payment", "country": "US"},
    ],
    "chains": [
        {"name": "coats", "category": "apparel", "tiers": ["tailor", "seller"], "markets": ["US"], "modes": ["express"]}
    ],
}


def made(name: str, **changes: Any) -> World:
    return build(load(SCENARIOS / f"{name}.toml", set=changes))


@pytest.fixture(scope="module")
def tiny() -> World:
    return made("tiny")


@pytest.fixture(scope="module")
def three() -> World:
    return made("three_countries", consumers=2000)


@pytest.fixture(scope="module", params=["tiny", "three"])
def world(request: pytest.FixtureRequest) -> World:
    found: World = request.getfixturevalue(request.param)
    return found


def slabs(world: World) -> list[tuple[str, Any]]:
    calendars = ("shipments", "invoices", "releases")
    return [(name, slab) for name in calendars for _, _, slab in getattr(world, name).every()]


def everything(world: World) -> list[tuple[str, Any]]:
    return [(name, getattr(world, name)) for name in STANDING] + slabs(world)


def test_every_key_points_at_a_row_or_nowhere(world: World) -> None:
    for name, rows in everything(world):
        for column, spec in {**STANDING, **PASSING}[name].columns.items():
            if spec.key:
                values = getattr(rows, column).astype(np.int64)
                size = len(getattr(world, spec.key))
                assert values.min(initial=0) >= -1, f"{name}.{column}"
                assert values.max(initial=-1) < size, f"{name}.{column} points beyond {spec.key}"


def test_identities_are_unique_and_rows_have_names(world: World) -> None:
    for name, rows in everything(world):
        if name in STANDING and "identity" in STANDING[name].columns:
            assert len(set(rows.identity.tolist())) == len(rows), name
            assert len(set(world.names[name])) == len(rows), name


def test_no_unit_and_no_cent_is_unaccounted_for(world: World) -> None:
    audit(world, "build")
    assert int(world.accounts.balance_cents.sum()) == 0
    goods, nodes = world.products, world.nodes
    on_hand = np.zeros(len(goods), np.int64)
    np.add.at(on_hand, nodes.product, nodes.on_hand)
    assert np.array_equal(goods.opening, on_hand + goods.in_work + goods.in_transit)
    assert goods.opening.min() > 0
    coming = np.zeros(len(world.links), np.int64)
    for name, slab in slabs(world):
        if name == "shipments":
            np.add.at(coming, slab.link, slab.units)
    assert np.array_equal(coming, world.links.coming)


def test_what_is_owed_for_goods_is_a_receivable_and_a_payable(world: World) -> None:
    owed = sum(int(slab.amount_cents.sum()) for name, slab in slabs(world) if name == "invoices")
    assert owed > 0
    assert owed == int(world.firms.payable_cents.sum()) == int(world.firms.receivable_cents.sum())


def test_escrow_is_what_will_be_released(world: World) -> None:
    firms = world.firms
    sellers = np.flatnonzero(firms.escrow >= 0)
    held = world.accounts.balance_cents[firms.escrow[sellers]]
    waiting = np.zeros(len(firms), np.int64)
    for name, slab in slabs(world):
        if name == "releases":
            np.add.at(waiting, slab.seller, slab.cents)
    assert np.array_equal(held, waiting[sellers])
    assert held.min() > 0


def test_flows_add_up_from_offers_to_raw_material(world: World) -> None:
    nodes, links, offers = world.nodes, world.links, world.offers
    leaving: list[list[float]] = [[] for _ in range(len(nodes))]
    for node, packs in zip(offers.node.tolist(), offers.demand_ma.tolist(), strict=True):
        leaving[node].append(packs)
    for row in range(len(links)):
        assert links.baseline[row] == nodes.baseline[links.buyer[row]] * links.share[row]
        if links.supplier[row] >= 0:
            leaving[links.supplier[row]].append(float(links.baseline[row] * links.per_unit[row]))
    assert nodes.baseline.tolist() == [math.fsum(flows) for flows in leaving]
    assert nodes.baseline.min() > 0.0
    arriving = np.zeros(len(nodes))
    np.add.at(arriving, links.buyer, links.share)
    assert np.allclose(arriving, 1.0, rtol=0, atol=1e-12)


def test_conversion_is_that_of_shops(world: World) -> None:
    visits = len(world.consumers) * world.scenario.demand.visits
    assert 0.025 < float(world.offers.demand_ma.sum()) / visits < 0.045


def bytes_of(world: World) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for number, (name, rows) in enumerate(everything(world)):
        kind = {**STANDING, **PASSING}[name]
        found |= {f"{number} {name}.{column}": getattr(rows, column).tobytes() for column in kind.columns}
    return found


def test_the_same_scenario_gives_the_same_bytes_for_any_number_of_threads(three: World) -> None:
    before = threads.using()
    threads.use(1)
    again = bytes_of(made("three_countries", consumers=2000))
    threads.use(before)
    first = bytes_of(three)
    assert first.keys() == again.keys()
    assert [name for name in first if first[name] != again[name]] == []


def test_another_seed_gives_other_people_and_other_goods() -> None:
    one, other = made("tiny"), made("tiny", seed=2)
    assert not np.array_equal(one.consumers.taste, other.consumers.taste)
    assert not np.array_equal(one.products.quality, other.products.quality)
    assert np.array_equal(one.nodes.identity, other.nodes.identity)


def test_everything_scales_with_the_number_of_consumers(three: World) -> None:
    large = made("three_countries", consumers=20_000)
    assert np.allclose(large.nodes.baseline, 10.0 * three.nodes.baseline, rtol=1e-9)
    linear = three.firms.kind != KINDS.index("broker")
    assert np.allclose(large.firms.fixed_cents[linear], 10.0 * three.firms.fixed_cents[linear], rtol=1e-3, atol=20)
    assert np.array_equal(large.offers.price_minor, three.offers.price_minor)
    assert np.array_equal(large.links.price_cents, three.links.price_cents)
    busy = large.lanes.capacity > 100 * large.categories.weight.max()
    assert busy.any()
    assert (large.lanes.capacity[busy] > 3.0 * three.lanes.capacity[busy]).all()


@pytest.mark.parametrize("consumers", [0, 1, 100])
def test_the_smallest_world_can_handle_a_single_piece(consumers: int) -> None:
    world = build(load(SMALLEST, set={"consumers": consumers}))
    audit(world, "build")
    assert len(world.firms) == 5
    assert len(world.consumers) == consumers
    assert (world.countries.customs >= 1).all()
    assert (world.firms.capacity >= 1).all()
    assert (world.lanes.capacity >= world.categories.weight.max()).all()
    assert (world.nodes.on_hand >= 1).all()


def test_chains_fall_to_firms_by_rank_as_zipf_has_it() -> None:
    has = Counter(deck(60, 100, 1.1))
    assert sorted(has) == list(range(60))
    assert has.total() == 100
    weight = {place: (place + 1.0) ** -1.1 for place in has}
    given = min(weight[place] / times for place, times in has.items() if times > 1)
    assert all(given >= weight[place] / (times + 1) for place, times in has.items())


def test_a_firm_of_many_chains_has_them_among_all_kinds_of_goods() -> None:
    dealt = deck(60, 100, 1.1)
    gaps = np.diff(np.flatnonzero(np.array(dealt) == 0))
    assert gaps.min() >= 3
    assert gaps.max() <= 7


@pytest.mark.parametrize(("firms", "chains", "zipf"), [(4, 9, 0.0), (4, 4, 1.1), (4, 3, 1.1)])
def test_chains_come_to_firms_in_turn_where_no_rank_is_asked_or_there_are_too_few(
    firms: int, chains: int, zipf: float
) -> None:
    assert deck(firms, chains, zipf) == list(range(firms))


def test_chains_that_name_a_group_fall_to_it_by_rank_and_others_in_turn() -> None:
    chain = {**SMALLEST["chains"][0], "count": 12}
    firms = [{**one, "count": 3} if one["name"] == "seller" else one for one in SMALLEST["firms"]]
    uneven = [{**one, "zipf": 1.0} if one["name"] == "seller" else one for one in firms]
    for given, tier, sold in (
        (firms, "seller", [4, 4, 4]),
        (uneven, "seller", [7, 3, 2]),
        (uneven, "sell*", [4, 4, 4]),
    ):
        world = build(load({**SMALLEST, "firms": given, "chains": [{**chain, "tiers": ["tailor", tier]}]}))
        assert np.bincount(world.chains.seller)[-3:].tolist() == sold


def test_a_maker_that_levels_its_work_needs_less_room_beyond_its_usual_flow() -> None:
    flow = np.array([0.0, 1.0, 4.0, 100.0, 10_000.0])
    assert roomy(flow, 1.25).tolist() == [1.0, 4.0, 9.0, 125.0, 12_500.0]
    assert roomy(flow, 1.25, 4.0).tolist() == [1.0, 3.0, 7.0, 125.0, 12_500.0]
    assert roomy(np.array([4.0, 4.0]), 1.0, np.array([1.0, 16.0])).tolist() == [9.0, 6.0]
    factories = [{**one, "levelling_days": 16.0} if one["name"] == "tailor" else one for one in SMALLEST["firms"]]
    usual, level = (build(load({**SMALLEST, "firms": firms})) for firms in (SMALLEST["firms"], factories))
    flows = usual.nodes.baseline[usual.links.buyer[usual.links.make >= 0]]
    assert level.firms.capacity[0] == np.ceil(
        max(1.25 * flows[0], flows[0] + 2.0 * math.sqrt(flows[0] / 16.0) + 1 / 16)
    )
    assert level.firms.capacity[0] < usual.firms.capacity[0]
    assert level.firms.capacity[1:].tolist() == usual.firms.capacity[1:].tolist()


def test_a_country_may_only_make() -> None:
    world = made("three_countries", **{"consumers": 900, "countries.CN.share": 0.0})
    audit(world, "build")
    assert world.names["countries"][0] == "CN"
    assert not (world.consumers.country == 0).any()
    assert (world.offers.demand_ma[world.offers.dest == 0] == 0.0).all()
    assert np.isfinite(world.nodes.baseline).all()


def test_the_three_countries_are_what_they_are_said_to_be(three: World) -> None:
    assert {KINDS[kind] for kind in three.firms.kind} == set(KINDS)
    assert {MODES[mode] for mode in three.offers.mode} == set(MODES)
    assert 55 <= len(three.firms) <= 70
    assert 36 <= len(three.chains) <= 44
    assert 250 <= len(three.offers) <= 350
    cells = three.listings.dest * len(three.categories) + three.listings.category
    assert np.bincount(cells).min() >= three.axes["slot"]
    goods = three.members.tier > 0
    chains = np.bincount(three.members.firm[goods], minlength=len(three.firms))
    assert (chains[three.firms.kind <= KINDS.index("manufacturer")] >= 1).all()
    assert (chains > 3).sum() > 10, "firms stand in several chains"
    assert int(three.members.tier.max()) == 4
    fronts = np.bincount(three.storefronts.country)
    assert fronts[three.names["countries"].index("US")] >= 2
    assert fronts[three.names["countries"].index("CN")] >= 2


def test_tiny_has_every_kind_and_every_mode_sells(tiny: World) -> None:
    assert {KINDS[kind] for kind in tiny.firms.kind} == set(KINDS)
    sold = np.zeros(len(MODES))
    np.add.at(sold, tiny.offers.mode, tiny.offers.demand_ma)
    assert (sold > 0.01).all()


def test_goods_stand_and_move_where_they_can(world: World) -> None:
    nodes, links, lanes, offers = world.nodes, world.links, world.lanes, world.offers
    assert np.array_equal(lanes.origin[offers.lane], nodes.country[offers.node])
    assert np.array_equal(lanes.dest[offers.lane], offers.dest)
    assert np.array_equal(world.listings.dest[offers.listing], offers.dest)
    moved = np.flatnonzero(links.lane >= 0)
    assert np.array_equal(lanes.origin[links.lane[moved]], nodes.country[links.supplier[moved]])
    assert np.array_equal(lanes.dest[links.lane[moved]], nodes.country[links.buyer[moved]])
    assert np.array_equal(nodes.product[links.supplier[moved]], nodes.product[links.buyer[moved]])
    crossing = (lanes.queue[links.lane[moved]] >= 0) & (nodes.bonded[links.buyer[moved]] == 0)
    assert np.array_equal(crossing, links.cell[moved] >= 0)
    assert np.array_equal(lanes.queue[offers.lane] >= 0, offers.cell >= 0)
    kept = np.isin(offers.mode, [MODES.index("overseas"), MODES.index("bonded")])
    assert (world.firms.kind[nodes.operator[offers.node[kept]]] == KINDS.index("warehouse")).all()
    assert np.array_equal(nodes.bonded[offers.node] > 0, offers.mode == MODES.index("bonded"))


def test_prices_leave_something_to_everyone(world: World) -> None:
    profit, revenue = usual_profits(world), usual_revenue(world)
    sold = revenue > 0
    assert sold.all()
    share = profit / revenue
    assert share.min() > 0.0
    assert share.max() < 0.6
    nodes, offers = world.nodes, world.offers
    assert (offers.value_cents > nodes.cost_cents[offers.node]).all()
    links = world.links
    bought = (links.supplier >= 0) & (nodes.firm[links.supplier] != nodes.firm[links.buyer])
    assert np.array_equal(links.price_cents > 0, bought)
    usual = offers.landed_cents / (100.0 * world.categories.price[world.listings.category[offers.listing]])
    assert 0.8 < float(np.mean(usual)) < 1.3
    assert usual.max() < 3.0


def test_stock_and_pipeline_make_up_the_level(world: World) -> None:
    nodes = world.nodes
    review = world.firms.review_days[nodes.firm]
    position = nodes.on_hand + nodes.coming
    assert (position <= np.maximum(nodes.level, nodes.coming) + 1).all()
    assert (position >= nodes.level - nodes.baseline * review - 1).all()
    assert np.array_equal(nodes.forecast, nodes.baseline)
    days = nodes.demand.shape[1]
    assert np.abs(nodes.demand.sum(axis=1) - 100 * nodes.baseline * days).max() <= 1.0


def test_consumers_stand_by_country_and_are_like_the_sample(three: World) -> None:
    people = made("three_countries", consumers=20_000).consumers
    assert (np.diff(people.country.astype(int)) >= 0).all()
    shares = [country.share for country in three.scenario.countries.values()]
    assert np.bincount(people.country).tolist() == [round(20_000 * share) for share in shares if share]
    demand = three.scenario.demand
    mine = people.taste[people.country == 1]
    drawn = sample(three, 1)
    assert drawn.shape == (SAMPLE, 8)
    assert np.allclose(mine.mean(axis=0), drawn.mean(axis=0), rtol=0.06, atol=0.03)
    price, income = mine[:, 1].astype(float), mine[:, 7].astype(float)
    plain = np.log(price) - demand.income_elasticity * np.log(income)
    assert abs(plain.mean() - demand.price_ln_mean) < 0.02
    assert abs(plain.std() - demand.price_ln_sd) < 0.02
    assert abs(income.mean() - 1.0) < 0.03
    assert mine[:, 0].min() >= 0.0
    assert np.abs(mine[:, 3]).max() <= 1.0


def test_shocks_find_their_rows() -> None:
    shocks = [
        {"day": 5, "until": 9, "set": {"passages.suez.open": False}},
        {"day": 1, "scale": {"firms.sellers.capacity": 0.5, "firms.sellers-2.capacity": 0.5}},
        {"day": 2, "scale": {"firms.kind=carrier.capacity": 0.1}},
    ]
    world = build(load(SCENARIOS / "tiny.toml", set={"shocks": shocks}))
    suez, both, second, carriers = world.shocks
    assert [world.names["passages"][row] for row in suez.rows] == ["suez"]
    assert (suez.first, suez.until) == (35, 39)
    assert [world.names["firms"][row] for row in both.rows] == ["sellers-1", "sellers-2"]
    assert [world.names["firms"][row] for row in second.rows] == ["sellers-2"]
    assert [world.names["firms"][row] for row in carriers.rows] == ["carrier-1", "carrier-2"]


def aimed(world: World, text: str) -> set[str]:
    """Names of the rows that a shock's key means."""
    aim = target(text)
    assert aim is not None
    return {world.names[aim.table][row] for row in rows_of(world, aim).tolist()}


def test_shocks_find_lanes_by_haul_end_and_passage_and_nodes_by_owner(three: World) -> None:
    lanes = np.array(three.names["lanes"])
    assert aimed(three, "lanes.haul=sea,dest=US.open") == {name for name in lanes if name.endswith("US-sea")} != set()
    bit = 1 << three.names["passages"].index("suez")
    assert aimed(three, "lanes.passage=suez.open") == set(lanes[(three.lanes.passage & bit) > 0]) != set()
    nodes = aimed(three, "nodes.firm=shenzhen-sellers,country=US.cover")
    owners = three.nodes.firm[[three.names["nodes"].index(name) for name in nodes]].tolist()
    assert {three.names["firms"][row] for row in owners} == {f"shenzhen-sellers-{k}" for k in range(1, 7)}


def test_a_shock_of_a_lane_that_no_chain_uses_is_refused() -> None:
    shock = {"name": "nowhere", "day": 1, "scale": {"lanes.US-CN-road.capacity": 0.5}}
    with pytest.raises(ScenarioError, match=r"nowhere.*US-CN-road.*rows of this world"):
        build(load(SCENARIOS / "tiny.toml", set={"shocks": [shock]}))


def test_lanes_obey_the_scenario_and_passages_the_map(three: World) -> None:
    lanes, name = three.lanes, three.names["lanes"].index
    suez = 1 << three.names["passages"].index("suez")
    assert lanes.passage[name("CN-DE-sea")] & suez
    assert not lanes.passage[name("CN-US-sea")] & suez
    assert 7.0 < lanes.detour[name("CN-DE-sea")] < 11.0
    mine = made("tiny", lanes={"CN-US-line": {"transit": 4.0, "per_kg": 900.0, "departures": ["Mon", "Thu"]}})
    row = mine.names["lanes"].index("CN-US-line")
    assert (mine.lanes.transit[row], mine.lanes.per_kg[row], mine.lanes.departures[row]) == (4.0, 900.0, 0b1001)
