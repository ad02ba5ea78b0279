"""Families of stock, chains, information and networks: published numbers, limits in which one is another, refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from abm.study.validation.beer_game import BeerGame
from abm.study.validation.chains import Assembly, Distribution, Serial
from abm.study.validation.information import Bullwhip, InformationValue
from abm.study.validation.inventory import Newsvendor, OrderQuantity, ReorderBatch, ReorderLevel
from abm.study.validation.networks import Influence, Leontief

DEMAND = (5, 4, 6, 8, 3, 5, 5, 7, 2, 6)
COSTS = {"holding_cost": 0.18, "stockout_cost": 0.70}


def near(estimate, expected):
    """Three standard errors, and errors that are there and small."""
    assert (estimate.error > 0).all()
    assert (estimate.error < 0.03 * np.abs(expected)).all()
    return bool((np.abs(estimate.mean - expected) < 3 * estimate.error).all())


def test_the_newsvendor_and_base_stock():
    found = Newsvendor(**COSTS, demand_mean=50, demand_sd=8).find()
    assert [found["S"], found["cost"], found["fill_rate"]] == pytest.approx(
        [56.6039559274, 1.9976051932, 0.9816160653], rel=1e-9
    )
    found = Newsvendor(**COSTS, demand_mean=50, demand_sd=8, lead_time=4).find()
    assert [found["S"], found["cost"]] == pytest.approx([264.7668943742, 4.4667810041], rel=1e-9)


def test_uniform_demand_is_met_to_its_critical_ratio():
    found = Newsvendor(holding_cost=1, stockout_cost=3, low=20, high=60).find()
    assert [found["S"], found["cost"]] == pytest.approx([50, 0.5 * 40 * 1 * 3 / 4], rel=1e-12)


def test_a_law_given_by_its_probabilities_is_that_law():
    law = [math.exp(-2) * 2**k / math.factorial(k) for k in range(40)]
    for lead in (0, 3):
        listed = Newsvendor(**COSTS, demand_pmf=[*law[:-1], 1 - sum(law[:-1])], lead_time=lead).find()
        assert listed == pytest.approx(Newsvendor(**COSTS, demand_mean=2, lead_time=lead).find(), rel=1e-9)


@given(st.floats(5, 15))
@settings(max_examples=20)
def test_the_best_level_costs_no_more_than_another(level):
    best = Newsvendor(**COSTS, demand_mean=7, lead_time=1).find()
    other = Newsvendor(**COSTS, demand_mean=7, lead_time=1, base_stock=level).find()
    assert best["cost"] <= other["cost"] + 1e-12
    assert other["S"] == level


def test_s_S_exact_and_through_the_rules_of_the_market():
    found = ReorderLevel(holding_cost=1, stockout_cost=4, fixed_cost=5, demand_mean=6).find()
    assert (found["s"], found["S"]) == (4, 10)
    assert found["cost"] == pytest.approx(8.0341115615, rel=1e-9)
    assert near(found["simulated_cost"], 8.0341115615)
    later = ReorderLevel(holding_cost=1, stockout_cost=4, fixed_cost=20, demand_pmf=[0.3, 0.2, 0.2, 0.3], lead_time=2)
    assert near(later.find()["simulated_cost"], later.find()["cost"])


def test_orders_in_batches():
    found = ReorderBatch(holding_cost=20, stockout_cost=150, fixed_cost=100, demand_mean=1.5, lead_time=2).find()
    assert (found["r"], found["Q"]) == (3, 5)
    assert found["cost"] == pytest.approx(107.92358063314975, rel=1e-9)
    found = OrderQuantity(fixed_cost=8, holding_cost=0.225, demand_rate=1300).find()
    assert found == pytest.approx({"Q": 304.0467800264, "cost": 68.4105255059}, rel=1e-9)


@pytest.mark.parametrize(("reorder", "batch", "lead"), [(3, 5, 2), (-2, 1, 1), (0, 9, 3), (3, 2, 1)])
def test_batches_meet_what_a_position_alike_over_a_batch_meets_and_the_rules_of_the_market_do(reorder, batch, lead):
    terms = {"holding_cost": 20, "stockout_cost": 150, "fixed_cost": 100, "demand_mean": 1.5, "lead_time": lead}
    found = ReorderBatch(**terms, reorder_point=reorder, order_quantity=batch, simulated_periods=400).find()
    laws = [
        [math.exp(-mean) * mean**k / math.factorial(k) for k in range(60)] for mean in (1.5 * lead, 1.5 * lead - 1.5)
    ]
    positions = range(reorder + 1, reorder + batch + 1)
    left = sum(max(y - k, 0) * part for y in positions for k, part in enumerate(laws[0])) / batch
    owed, before = (sum(max(k - y, 0) * part for y in positions for k, part in enumerate(law)) / batch for law in laws)
    assert [found["expected_on_hand"], found["expected_backorders"]] == pytest.approx([left, owed], rel=1e-9, abs=1e-12)
    assert found["fill_rate"] == pytest.approx(1 - (owed - before) / 1.5, rel=1e-9)
    assert found["cost"] == pytest.approx(20 * left + 150 * owed + 150 / batch, rel=1e-9)
    assert near(found["simulated_cost"], found["cost"])
    for simulated, exact in (("on_hand", left), ("fill_rate", found["fill_rate"])):
        estimate = found[f"simulated_{simulated}"]
        assert abs(estimate.mean - exact) <= 3 * estimate.error + 1e-12


def test_a_serial_system_period_by_period():
    found = Serial(demand=DEMAND, base_stock=(7, 6, 11), lead_time=(1, 1, 2), holding_cost=(7, 4, 2),
                   stockout_cost=37.12).find()  # fmt: skip
    assert found["cost"] == pytest.approx(530.12, rel=1e-12)
    assert found["levels"].tolist() == [
        [2, 3, 1, -1, 2, 2, 2, 0, 4, 1],
        [1, 2, 0, -2, 0, 1, 1, -1, 3, 0],
        [6, 2, 1, -3, 0, 3, 1, -1, 2, 3],
    ]


def test_lists_may_begin_at_the_source_and_goods_may_be_divided():
    one = Serial(demand=DEMAND, base_stock=(7, 6, 11), lead_time=(1, 1, 2), holding_cost=(7, 4, 2), stockout_cost=37.12)
    turned = Serial(demand=DEMAND, base_stock=(11, 6, 7), lead_time=(2, 1, 1), holding_cost=(2, 4, 7),
                    stockout_cost=37.12, first="source")  # fmt: skip
    assert turned.find()["levels"].tolist() == one.find()["levels"][::-1].tolist()
    assert turned.find()["cost"] == pytest.approx(530.12, rel=1e-12)
    echelon = Serial(demand=DEMAND, echelon_base_stock=(24, 13, 7), lead_time=(2, 1, 1),
                     echelon_holding_cost=(2, 2, 3), stockout_cost=37.12)  # fmt: skip
    assert echelon.find()["cost"] == pytest.approx(530.12, rel=1e-12)
    halves = one.model_copy(update={"demand": tuple(units / 2 for units in DEMAND), "base_stock": (3.5, 3, 5.5)})
    assert halves.find()["levels"] == pytest.approx(one.find()["levels"] / 2, abs=1e-9)
    assert halves.find()["cost"] == pytest.approx(530.12 / 2, rel=1e-9)


def test_echelon_base_stock_of_snyder_and_shen_example_6_1():
    found = Serial(lead_time=(2, 1, 1), echelon_holding_cost=(2, 2, 3), stockout_cost=37.12, demand_mean=5,
                   demand_sd=1, simulated_periods=500).find()  # fmt: skip
    assert found["echelon_S"] == pytest.approx([22.71, 12.02, 6.49], abs=0.01)
    assert found["cost"] == pytest.approx(47.65, abs=0.1)
    assert near(found["simulated_cost"], found["cost"])


@pytest.mark.parametrize("sd", [8.0, None])
def test_one_stage_is_base_stock_exposed_for_its_lead_time(sd):
    stage = Serial(lead_time=5, echelon_holding_cost=0.18, stockout_cost=0.70, demand_mean=50, demand_sd=sd).find()
    shop = Newsvendor(**COSTS, demand_mean=50, demand_sd=sd, lead_time=4).find()
    assert [stage["echelon_S"][0], stage["cost"]] == pytest.approx([shop["S"], shop["cost"]], rel=2e-6)


@pytest.mark.parametrize("sd", [8.0, None])
def test_a_shelf_that_is_filled_at_once_leaves_all_stock_where_it_is_cheap(sd):
    both = Serial(lead_time=(5, 0), echelon_holding_cost=(0.18, 3), stockout_cost=0.70, demand_mean=50, demand_sd=sd)
    shop = Newsvendor(**COSTS, demand_mean=50, demand_sd=sd, lead_time=4).find()
    found = both.find()
    assert [found["echelon_S"][0], found["cost"]] == pytest.approx([shop["S"], shop["cost"]], rel=1e-5)


def test_without_lead_times_nothing_is_kept_and_nothing_costs():
    found = Serial(lead_time=(0, 0), echelon_holding_cost=(1, 1), stockout_cost=9, demand_mean=5, demand_sd=1).find()
    assert found["cost"] == pytest.approx(0, abs=1e-9)
    assert found["echelon_S"] == pytest.approx([0, 0], abs=1e-9)
    found = Serial(demand=DEMAND, base_stock=(0, 0), lead_time=0, holding_cost=1, stockout_cost=9).find()
    assert found["cost"] == 0
    assert not found["levels"].any()


def test_levels_that_are_given_are_costed_and_cost_no_less_than_the_best():
    system = {"lead_time": (2, 1, 1), "echelon_holding_cost": (2, 2, 3), "stockout_cost": 37.12, "demand_mean": 5,
              "demand_sd": 1}  # fmt: skip
    best = Serial(**system).find()
    given_back = Serial(**system, echelon_base_stock=tuple(best["echelon_S"])).find()
    assert given_back["cost"] == pytest.approx(best["cost"], rel=1e-9)
    other = Serial(**system, echelon_base_stock=(24, 12, 7), simulated_periods=500).find()
    assert other["cost"] > best["cost"]
    assert near(other["simulated_cost"], other["cost"])


def test_assembly_of_one_part_and_a_warehouse_with_one_shelf_are_serial():
    terms = {"demand": DEMAND, "base_stock": (7, 6), "lead_time": (1, 2), "holding_cost": (7, 4), "stockout_cost": 9}
    serial = Serial(**terms).find()
    assert Assembly(**terms).find()["levels"].tolist() == serial["levels"].tolist()
    turned = {
        name: value[::-1] if isinstance(value, tuple) and name != "demand" else value for name, value in terms.items()
    }
    assert Distribution(**turned).find()["levels"].tolist() == serial["levels"][::-1].tolist()
    assert Distribution(**turned).find()["cost"] == Assembly(**terms).find()["cost"] == serial["cost"]


def test_two_units_of_a_part_in_each_are_twice_as_many_in_store():
    one = Assembly(demand=DEMAND, base_stock=(7, 6, 11), lead_time=(1, 1, 2), holding_cost=(7, 4, 2), stockout_cost=9)
    two = Assembly(demand=DEMAND, base_stock=(7, 12, 33), bill=(2, 3), lead_time=(1, 1, 2), holding_cost=(7, 4, 2),
                   stockout_cost=9)  # fmt: skip
    assert two.find()["levels"] == pytest.approx(one.find()["levels"] * [[1], [2], [3]], abs=1e-9)


@pytest.mark.parametrize("rationing", ["in_order", "proportional", "uniform"])
def test_a_short_warehouse_shares_out_what_it_has(rationing):
    system = Distribution(demand=((9.0, 0.0), (3.0, 0.0)), base_stock=(6, 0, 0), lead_time=(3, 0, 0),
                          rationing=rationing)  # fmt: skip
    shares = {"in_order": [-3, -3], "proportional": [-4.5, -1.5], "uniform": [-6, 0]}[rationing]
    assert system.find()["levels"][1:, 0] == pytest.approx(np.round(shares), abs=0.5)
    assert system.find()["levels"][1:, 0].sum() == -6


def test_the_benchmark_of_the_beer_game_costs_204_and_its_hold_matters():
    assert BeerGame().find()["costs"].tolist() == [46, 50, 54, 54]
    assert BeerGame(hold=0).find()["cost"] == 180


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=10)
def test_steady_customers_leave_a_stocked_chain_at_rest(theta, alpha, beta):
    target = tuple(12 + beta * line for line in (12.0, 12.0, 12.0, 8.0))
    found = BeerGame(theta=theta, alpha=alpha, beta=beta, target=target, demand=(4,), hold=0).find()
    assert found["orders"] == pytest.approx(np.full((4, 36), 4.0), abs=1e-9)
    assert found["costs"] == pytest.approx(np.full(4, 36 * 6.0), rel=1e-9)


def test_a_supply_line_out_of_mind_is_dear():
    assert BeerGame(theta=0.36, alpha=0.26, beta=0.34, target=17).find()["cost"] > 5 * 204


def test_orders_swing_as_the_filters_say_and_more_with_every_stage():
    assert Bullwhip(p=5, L=2).find()["ratio"] == pytest.approx(2.12, rel=1e-12)
    assert Bullwhip(rho=0.5, p=5, L=2).find()["ratio"] == pytest.approx(2.085, rel=1e-12)
    assert Bullwhip(rho=0.9, p=4, L=3).find()["ratio"] == pytest.approx(1.9027375, rel=1e-12)
    shared = Bullwhip(p=5, L=(2, 2, 2, 2), shared=True).find()["ratio"]
    assert shared == pytest.approx([2.12, 3.88, 6.28, 9.32], rel=1e-12)
    alone = Bullwhip(p=5, L=2, stages=4).find()["ratio"]
    assert alone == pytest.approx([2.12, 5.1216, 13.51712, 37.7030272], rel=1e-9)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(
    "rule", [{"forecast": "moving_average"}, {"forecast": "smoothing", "alpha": 0.3}, {"forecast": "ar1"}]
)
def test_the_rules_of_the_market_swing_as_the_filters_say(rule, shared):
    found = Bullwhip(**rule, rho=0.4, p=4, L=(2, 1, 3), shared=shared, simulated_periods=300).find()
    assert near(found["simulated_ratio"], found["ratio"])


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.8])
def test_stages_that_know_how_orders_come_about_lose_nothing_by_not_seeing_demand(rho):
    found = Bullwhip(forecast="arma", rho=rho, L=(2, 0, 3), simulated_periods=300).find()
    ahead = [3, 4, 8]
    sums = [sum(rho**k for k in range(periods + 1)) for periods in ahead]
    exact = [(1 - rho**2) * one**2 + rho ** (2 * periods + 2) for one, periods in zip(sums, ahead, strict=True)]
    assert found["ratio"] == pytest.approx(exact, rel=1e-12)
    assert near(found["simulated_ratio"], found["ratio"])
    assert found["ratio"][0] == pytest.approx(Bullwhip(forecast="ar1", rho=rho, L=2).find()["ratio"])
    late = Bullwhip(forecast="ar1", rho=rho, L=(2, 0, 3)).find()["ratio"]
    assert (late >= found["ratio"] - 1e-12).all()
    assert (late[1:] > found["ratio"][1:] + 0.01).all() == (rho > 0)


def test_without_a_lead_time_orders_are_the_demand():
    for forecast in ("moving_average", "smoothing"):
        assert Bullwhip(forecast=forecast, rho=0.3, L=0, stages=3).find()["ratio"] == pytest.approx(np.ones(3))
    assert Bullwhip(forecast="ar1", rho=0.0, L=3).find()["ratio"] == 1


def test_shared_demand_is_worth_what_theory_says():
    found = InformationValue(rho=0.5, l=2, L=2, simulated_periods=300).find()
    assert [found["not_shared"], found["shared"]] == pytest.approx([13.4902, 11.1455], rel=5e-6)
    assert near(found["simulated_not_shared"], found["not_shared"])
    assert near(found["simulated_shared"], found["shared"])


def test_sectors_reach_others_through_their_inputs():
    W = [[0, 0.5, 0.5], [1, 0, 0], [0, 1, 0]]
    found = Influence(alpha=0.4, W=W).find()
    assert found["v"] == pytest.approx([0.3670412, 0.3895131, 0.2434457], abs=1e-7)
    assert found["v"].sum() == pytest.approx(1, rel=1e-12)
    inverse = Leontief(alpha=0.4, W=W).find()["inverse"]
    assert inverse @ (np.eye(3) - 0.6 * np.array(W)) == pytest.approx(np.eye(3), abs=1e-12)
    assert Leontief(alpha=1, W=W, final_demand=(1, 2, 3)).find()["output"].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("family", "inputs", "says"),
    [
        (Newsvendor, {**COSTS, "demand_sd": 8}, "demand_mean"),
        (Newsvendor, {**COSTS, "low": 3, "high": 2}, "low < high"),
        (Newsvendor, {"holding_cost": 0, "stockout_cost": 1, "demand_mean": 5}, "greater than 0"),
        (ReorderLevel, {**COSTS, "fixed_cost": 1, "demand_mean": 5, "demand_pmf": [0, 1]}, "one of them"),
        (ReorderLevel, {**COSTS, "fixed_cost": 1, "demand_mean": 5, "reorder_point": 5}, "together"),
        (Serial, {"demand": DEMAND, "base_stock": (1, 2), "lead_time": (1, 1, 1)}, "base_stock"),
        (Serial, {"demand": DEMAND}, "reorder_point"),
        (Distribution, {"demand": (DEMAND, DEMAND), "base_stock": (1, 2)}, "demand for 1 points"),
        (Assembly, {"demand": DEMAND, "base_stock": (1, 2, 3), "parent": (1, 3)}, "parents"),
        (BeerGame, {"theta": 2}, "theta from 0 to 1"),
        (Bullwhip, {"rho": 1}, "less than 1"),
        (Bullwhip, {"rho": -0.1, "forecast": "arma"}, "rho of at least 0"),
        (Bullwhip, {"rho": 0.1, "forecast": "arma", "shared": True}, "shared = false"),
        (ReorderBatch, {**COSTS, "fixed_cost": 1, "demand_mean": 5, "lead_time": 0.5, "simulated_periods": 9}, "1, 2"),
        (Influence, {"alpha": 0.4, "W": [[0, 1]]}, "columns"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_is_admissible(family, inputs, says):
    with pytest.raises(ValidationError, match=says):
        family(**inputs)
