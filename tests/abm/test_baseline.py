"""The baseline world is as broad as it says, and worlds of five firms and of many thousands are built the same way."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from abm.positions import places
from abm.scenario import load
from abm.scenario.build import build
from abm.scenario.reading.errors import ScenarioError
from abm.scenario.schema import Scenario
from abm.sourcing import quality_class
from abm.world import KINDS, MODES, World

BASELINE = Path(__file__).parents[2] / "scenarios" / "baseline.toml"
TRADERS = ("supplier", "manufacturer", "seller", "retailer")
SOURCES = {"CN", "VN", "TH", "IN", "TR", "MX", "US", "DE", "JP", "KR"}


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load(BASELINE)


@pytest.fixture(scope="module")
def world() -> World:
    return build(load(BASELINE, set={"consumers": 20_000}))


def test_it_runs_a_year_of_a_hundred_thousand_consumers_under_the_law_of_its_first_day(scenario: Scenario) -> None:
    assert (scenario.start.isoformat(), scenario.days, scenario.warmup) == ("2024-07-01", 365, 120)
    assert scenario.consumers == 100_000
    assert scenario.law.as_of == scenario.start
    assert scenario.platform.slots == 32


def test_a_reader_sees_it_on_a_few_screens() -> None:
    assert len(BASELINE.read_text().splitlines()) <= 200


def test_every_country_but_a_place_of_making_buys_six_kinds_of_goods(world: World) -> None:
    names = world.names["countries"]
    people = np.bincount(world.consumers.country, minlength=len(names))
    assert [name for name, count in zip(names, people, strict=True) if count == 0] == ["TR"]
    assert len(world.categories) == 6
    cells = {(dest, kind) for dest, kind in zip(world.listings.dest, world.listings.category, strict=True)}
    assert len(cells) == 23 * 6


def test_goods_are_made_in_ten_countries_by_firms_of_nine_kinds(world: World) -> None:
    names, firms = world.names["countries"], world.firms
    makers = firms.country[world.products.maker[world.products.finished > 0]]
    assert {names[row] for row in makers} | {names[row] for row in firms.country[firms.kind == 2]} == SOURCES
    assert set(firms.kind.tolist()) == set(range(len(KINDS)))


def test_hundreds_of_firms_share_hundreds_of_chains_of_four_and_more_tiers(world: World) -> None:
    assert len(world.firms) >= 300
    assert len(world.chains) >= 150
    members = world.members
    depth = np.zeros(len(world.chains), np.int64)
    np.maximum.at(depth, members.chain, members.tier)
    assert depth.min() >= 4
    assert depth.max() >= 5
    pairs = np.unique(np.stack([members.firm, members.chain]), axis=1)
    often = np.bincount(pairs[0], minlength=len(world.firms)) >= 2
    assert often.mean() >= 0.3


def test_thousands_of_offers_stand_over_six_modes_and_nodes_serve_many_markets(world: World) -> None:
    offers, listings = world.offers, world.listings
    assert len(offers) >= 5000
    assert set(offers.mode.tolist()) == set(range(len(MODES)))
    cell = np.bincount(listings.dest * len(world.categories) + listings.category)
    assert np.median(cell[cell > 0]) == pytest.approx(40, abs=3)
    served = np.unique(np.stack([offers.node, offers.dest]), axis=1)[0]
    assert np.bincount(served).max() >= 20
    fronts = np.bincount(world.storefronts.country, minlength=len(world.countries))
    people = np.bincount(world.consumers.country, minlength=len(world.countries))
    assert fronts[people > 0.01 * people.sum()].min() >= 2


def test_every_mode_carries_a_hundredth_of_what_people_would_buy(world: World) -> None:
    carried = np.zeros(len(MODES))
    np.add.at(carried, world.offers.mode, world.offers.demand_ma)
    assert (carried / carried.sum()).min() >= 0.01


def test_stock_abroad_serves_a_customs_union_from_one_place(world: World) -> None:
    names, nodes = world.names["countries"], world.nodes
    abroad = world.offers.mode == MODES.index("overseas")
    french = abroad & (world.offers.dest == names.index("FR"))
    assert {names[row] for row in nodes.country[world.offers.node[french]]} == {"NL"}
    lanes = world.lanes
    assert (lanes.queue[world.offers.lane[french]] == -1).all()
    assert (lanes.days[world.offers.lane[french]] > 0.0).all()


def test_any_way_of_freight_has_room_for_what_moves_between_two_countries(world: World) -> None:
    links, lanes = world.links, world.lanes
    moved = np.flatnonzero(links.lane >= 0)
    grams = world.categories.weight[world.products.category[world.nodes.product[links.buyer[moved]]]]
    pair = lanes.origin.astype(np.int64) * len(world.countries) + lanes.dest
    total = np.bincount(pair[links.lane[moved]], links.baseline[moved] * grams, len(world.countries) ** 2)
    used = np.unique(links.lane[moved])
    assert (lanes.capacity[used] >= total[pair[used]]).all()


def test_a_name_with_a_star_stands_for_groups_and_markets(world: World, scenario: Scenario) -> None:
    chain = next(chain for chain in scenario.chains if chain.name == "store-toys")
    rows = [row for row, name in enumerate(world.names["chains"]) if name.startswith("store-toys-")]
    sellers = {world.names["firms"][row] for row in world.chains.seller[rows]}
    assert len(rows) == chain.count == len(sellers)
    home = world.listings.dest[np.isin(world.listings.product, world.chains.product[rows])]
    assert (np.sort(home) == np.sort(world.firms.country[world.chains.seller[rows]])).all()


@pytest.mark.parametrize("key, value, words", [
    ("tiers", ["resins", "mouldings", "robots-*", "stores-*"], "robots-*"),
    ("tiers", ["resins", "mouldings", "stores-*", "toys-*"], "suppliers, then at least one manufacturer"),
    ("tiers", ["resins", "mouldings", "apparel-*", "stores-*"], "a group that deals in toys"),
    ("markets", ["US"], "where the retailer"),
])  # fmt: skip
def test_a_star_that_leads_nowhere_is_refused(key: str, value: list[str], words: str) -> None:
    with pytest.raises(ScenarioError, match="store-toys") as refused:
        load(BASELINE, set={f"chains.store-toys.{key}": value})
    assert words in str(refused.value)


def grown(times: int) -> dict[str, Any]:
    """A scenario of so many times the baseline's makers and sellers, with chains that sell in two markets each."""
    says = load(BASELINE).resolved()
    markets = [code for code in says["countries"] if code != "TR"]
    says["consumers"] = 1000
    for group in says["firms"]:
        group["count"] *= times if group["kind"] in TRADERS else 1
    chains = []
    for number, chain in enumerate(says["chains"]):
        wide = "*" in chain["markets"] and chain["modes"] != ["retail"]
        few = {"markets": [markets[number % 23], markets[(number + 7) % 23]], "modes": ["express", "post"]}
        chains.append({**chain, "count": chain["count"] * times, **(few if wide else {})})
    return {**says, "chains": chains}


def test_building_takes_time_in_proportion_to_the_firms() -> None:
    build(load(grown(1)))
    seconds = []
    for times in (2, 8):
        scenario = load(grown(times))
        began = time.process_time()
        world = build(scenario)
        seconds.append(time.process_time() - began)
        assert len(world.firms) == sum(group.count for group in scenario.firms)
    assert seconds[1] < 4 * 2.0 * seconds[0]


def finished_lines(world: World) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The makers of finished goods, their classes of quality, and what each asks against the usual price."""
    links, nodes, products = world.links, world.nodes, world.products
    bought = np.flatnonzero((links.supplier >= 0) & (links.price_cents > 0))
    bought = bought[products.finished[nodes.product[links.supplier[bought]]] > 0]
    maker = nodes.firm[links.supplier[bought]]
    kind = products.category[nodes.product[links.supplier[bought]]]
    asked = links.price_cents[bought] / (100.0 * world.categories.price[kind])
    makers = np.unique(maker)
    return makers, quality_class(world)[makers], np.array([asked[maker == one].mean() for one in makers])


def test_better_goods_cost_more_to_make_and_makers_of_a_class_cost_about_the_same(world: World) -> None:
    makers, level, asked = finished_lines(world)
    middle = [float(np.median(asked[level == one])) for one in range(3)]
    assert middle[0] * 1.2 < middle[1]
    assert middle[1] * 1.2 < middle[2]
    groups = 3 * world.firms.category[makers] + level
    spread = [np.log(asked[groups == one]).std() for one in np.unique(groups) if (groups == one).sum() > 2]
    assert max(spread) < 0.2
    assert np.mean(spread) > 0.05


def test_three_tiers_of_price_follow_quality_and_sell_side_by_side(world: World) -> None:
    offers, listings, products = world.offers, world.listings, world.products
    usual = 100.0 * world.categories.price[listings.category[offers.listing]]
    price, level = offers.landed_cents / usual, quality_class(world)[products.maker[world.nodes.product[offers.node]]]
    live = offers.admitted > 0
    tier = [float(np.exp(np.log(price[live & (level == one)]).mean())) for one in range(3)]
    assert tier == pytest.approx([0.7, 1.0, 1.4], rel=0.1)
    cell = offers.dest * len(world.categories) + listings.category[offers.listing]
    spread = [np.log(price[live & (cell == one)]).std() for one in np.unique(cell)]
    assert float(np.median(spread)) == pytest.approx(0.30, abs=0.06)
    assert float(listings.qhat.std()) == pytest.approx(0.5, abs=0.08)
    sold = np.array([offers.demand_ma[level == one].sum() for one in range(3)]) / offers.demand_ma.sum()
    assert sold.min() > 0.15
    now = places(world)
    earns = [now.earns[quality_class(world)[products.maker[world.chains.product]] == one].mean() for one in range(3)]
    assert max(earns) < 1.5 * min(earns)


def test_at_the_start_sellers_earn_about_what_capital_must(world: World) -> None:
    sells = world.firms.kind == KINDS.index("seller")
    assert 0.3 < world.firms.profit_ma[sells].sum() / world.firms.fixed_cents[sells].sum() < 1.2
