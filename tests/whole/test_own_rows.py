"""A rule answers for each row by that row's own figures: what changes at one place changes the answer there alone."""

import numpy as np
import pytest

from abm.day import DAY
from abm.phases import information, pricing, replenishment

STOCK = ("forecast", "season", "cover", "lead", "on_hand", "coming", "owed", "level", "recorded", "beta")
RECORD = ("forecast", "index", "on_hand", "told", "lead")
OFFER = ("value_cents", "freight_cents", "coupon_cents", "landed_cents")


@pytest.fixture(scope="module")
def varied(market):
    """A world in which no two stocking points and no two offers have the same figures."""
    world = market(warmup=0, consumers=300).world
    for phase in DAY[:4]:
        phase(world)
    nodes, offers, luck = world.nodes, world.offers, np.random.default_rng(3)
    for name, low, high in (("forecast", 2, 9), ("season", 0.5, 2), ("cover", 1, 30), ("lead", 1, 20),
                            ("beta", 0.2, 0.9), ("level", 20, 90), ("index", 0.6, 1.6),
                            ("cost_cents", 300, 900)):  # fmt: skip
        getattr(nodes, name)[:] = luck.permutation(np.linspace(low, high, len(nodes)))
    for name, low, high in (("on_hand", 1, 60), ("coming", 0, 7), ("owed", 0, 20), ("recorded", 1, 70)):
        getattr(nodes, name)[:] = luck.permutation(np.linspace(low, high, len(nodes)).astype(np.int64))
    nodes.demand[:] = luck.integers(100, 2000, nodes.demand.shape)
    offers.value_cents[:] = luck.permutation(np.linspace(900, 4000, len(offers)).astype(np.int64))
    offers.landed_cents[:] = offers.value_cents + luck.integers(200, 900, len(offers))
    return world


def touched(rule, world, table, column, row):
    """Rows whose answers change when a figure changes in one row."""
    values = getattr(getattr(world, table), column)
    every = np.arange(len(world.offers if rule.__module__.endswith("pricing") else world.nodes), dtype=np.int32)
    before, usual = np.array(rule(world, every)), values[row].copy()
    values[row] = 1 - usual if column == "told" else usual * 1.5 + 3
    after = np.array(rule(world, every))
    values[row] = usual
    return np.flatnonzero(before != after).tolist()


def all_of(rules, columns, skipped=()):
    return [(rule, column) for name, rule in rules.items() if name not in skipped for column in columns]


@pytest.mark.parametrize(("rule", "column"), [*all_of(replenishment.RULES, STOCK),
                                              *all_of(information.RULES, RECORD, ("plan",))])  # fmt: skip
def test_a_figure_of_a_stocking_point_moves_its_own_orders_and_forecast_alone(varied, rule, column):
    for row in (0, 5, len(varied.nodes) - 1):
        assert set(touched(rule(), varied, "nodes", column, row)) <= {row}


@pytest.mark.parametrize(("name", "columns"), [
    ("proportional", {"forecast", "season", "cover", "lead", "on_hand", "coming", "owed", "beta"}),
    ("order_up_to", {"level", "on_hand", "coming", "owed"}),
    ("s_S", {"level", "on_hand", "coming", "owed", "forecast", "season"}),
    ("r_Q", {"level", "on_hand", "coming", "owed", "forecast", "season"}),
    ("sterman", {"forecast", "season", "cover", "lead", "on_hand", "coming", "owed"}),
    ("vendor_managed", {"forecast", "season", "cover", "lead", "recorded", "coming", "owed"}),
])  # fmt: skip
def test_orders_go_by_each_figure_that_the_rule_names(varied, name, columns):
    rule = replenishment.RULES[name]()
    moving = {column for column in STOCK for row in range(len(varied.nodes))
              if touched(rule, varied, "nodes", column, row)}  # fmt: skip
    assert moving >= columns


def test_a_record_moves_the_forecast_of_its_own_point_alone(varied):
    rows, usual = np.arange(len(varied.nodes), dtype=np.int32), varied.nodes.demand.copy()
    for name in ("moving_average", "smoothing", "ar1"):
        rule = information.RULES[name]()
        before = np.array(rule(varied, rows))
        for row in (0, 7, len(rows) - 1):
            varied.nodes.demand[row] *= 2
            assert np.flatnonzero(np.array(rule(varied, rows)) != before).tolist() == [row]
            varied.nodes.demand[:] = usual


@pytest.mark.parametrize(("rule", "column"), all_of(pricing.RULES, OFFER, ("q_learning", "match_rival")))
def test_a_quote_moves_the_price_of_its_own_offer_alone(varied, rule, column):
    for row in (0, 5, len(varied.offers) - 1):
        assert set(touched(rule(), varied, "offers", column, row)) <= {row}


@pytest.mark.parametrize(
    "rule", [one for name, one in pricing.RULES.items() if name not in ("q_learning", "best_response")]
)
def test_the_cost_of_a_shelf_moves_the_prices_of_what_is_sold_from_it(varied, rule):
    varied.offers.landed_cents[:] = 1
    for row in np.unique(varied.offers.node)[[0, 2, -1]].tolist():
        mine = np.flatnonzero(varied.offers.node == row).tolist()
        found = touched(rule(), varied, "nodes", "cost_cents", row)
        assert set(found) <= set(mine)
        assert found or rule is pricing.MatchRival


def test_who_anchors_on_demand_orders_it_and_a_part_of_each_gap(varied):
    nodes, rows = varied.nodes, np.arange(len(varied.nodes), dtype=np.int32)
    found = replenishment.Sterman(alpha=0.3, beta=0.4)(varied, rows)
    for node in range(len(rows)):
        demand, review = nodes.forecast[node] * nodes.season[node], int(varied.firms.review_days[nodes.firm[node]])
        cover = nodes.cover[node] / max(nodes.season[node], replenishment.LEAST_SEASON)
        gap = demand * (0.4 * nodes.lead[node] + review + cover) - (nodes.on_hand[node] - nodes.owed[node])
        wanted = demand * review + 0.3 * (gap - 0.4 * nodes.coming[node])
        assert found[node] == pytest.approx(max(wanted, 0.0))
