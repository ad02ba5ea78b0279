"""Order rules against textbook cases: newsvendor, order quantity, trajectories with stated timing, the beer game."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import replenishment

UNITS = st.integers(-10_000, 10_000)
LEVELS = st.floats(-10_000, 10_000)


def test_newsvendor_of_snyder_and_shen_example_4_3():
    level = replenishment.newsvendor(50.0, 8.0, 0.18, 0.70)
    assert level == pytest.approx(56.6039559274, rel=1e-11)
    assert replenishment.newsvendor_cost(50.0, 8.0, 0.18, 0.70, level) == pytest.approx(1.9976051932, rel=1e-10)
    assert 1 - replenishment.expected_short(50.0, 8.0, level) / 50 == pytest.approx(0.9816160653, rel=1e-10)


def test_newsvendor_over_a_lead_time_of_four():
    level = replenishment.newsvendor(250.0, 8.0 * math.sqrt(5.0), 0.18, 0.70)
    assert level == pytest.approx(264.7668943742, rel=1e-11)
    cost = replenishment.newsvendor_cost(250.0, 8.0 * math.sqrt(5.0), 0.18, 0.70, level)
    assert cost == pytest.approx(4.4667810041, rel=1e-10)


@given(st.floats(0.01, 10), st.floats(0.01, 10), st.floats(-20, 20))
def test_no_level_costs_less_than_the_newsvendors(holding, shortage, away):
    best = replenishment.newsvendor(50.0, 8.0, holding, shortage)
    least = replenishment.newsvendor_cost(50.0, 8.0, holding, shortage, best)
    assert replenishment.newsvendor_cost(50.0, 8.0, holding, shortage, best + away) >= least * (1 - 1e-9)


def test_base_stock_is_the_newsvendor_of_the_exposed_days():
    z = (replenishment.newsvendor(0.0, 1.0, 0.18, 0.70) - 0.0) / 1.0
    assert replenishment.base_stock_level(50.0, 8.0, 4.0, 1.0, z) == pytest.approx(264.7668943742, rel=1e-11)
    level = np.full(2, np.nan)
    given_ = [np.full(2, value) for value in (50.0, 8.0, 4.0, 1.0, z)]
    replenishment.base_stock_levels(0, 1, *given_, level)
    assert level[0] == pytest.approx(264.7668943742, rel=1e-11)
    assert np.isnan(level[1])


def test_economic_order_quantity_of_snyder_and_shen_example_3_1():
    batch = replenishment.eoq(8.0, 0.225, 1300.0)
    assert batch == pytest.approx(304.0467800264, rel=1e-12)
    assert replenishment.eoq_cost(8.0, 0.225, 1300.0, batch) == pytest.approx(68.4105255059, rel=1e-11)
    assert replenishment.eoq_cost(8.0, 0.225, 1300.0, 1.1 * batch) > 68.4105255059


@given(LEVELS, UNITS)
def test_order_up_to_lifts_the_position_to_the_level_and_never_takes_back(level, position):
    order = replenishment.order_up_to(level, position)
    assert order >= 0
    assert position + order == pytest.approx(max(level, position), abs=1e-9)


@given(LEVELS, st.floats(0, 1000), UNITS)
def test_s_S_orders_up_to_the_level_at_the_reorder_point_and_nothing_above(reorder, gap, position):
    order = replenishment.s_S(reorder, reorder + gap, position)
    if position > reorder:
        assert order == 0
    else:
        assert position + order == pytest.approx(reorder + gap, abs=1e-9)


@given(st.integers(-1000, 1000), st.integers(1, 500), UNITS)
def test_r_Q_orders_the_fewest_batches_that_clear_the_reorder_point(reorder, batch, position):
    order = replenishment.r_Q(float(reorder), float(batch), position)
    assert order % batch == 0
    if position > reorder:
        assert order == 0
    else:
        assert reorder < position + order <= reorder + batch


def test_a_position_on_the_reorder_point_is_ordered_for():
    assert [replenishment.s_S(4.0, 10.0, position) for position in (5, 4, 3)] == [0.0, 6.0, 7.0]
    assert [replenishment.r_Q(4.0, 6.0, position) for position in (5, 4, -2)] == [0.0, 6.0, 12.0]


def test_r_Q_orders_one_batch_when_demand_comes_by_the_unit():
    position, ordered = 20, []
    for _ in range(40):
        position -= 1
        order = replenishment.r_Q(8.0, 12.0, position)
        position += int(order)
        ordered.append(order)
    assert {order for order in ordered if order} == {12.0}
    assert [day for day, order in enumerate(ordered, 1) if order] == [12, 24, 36]


@given(st.floats(0, 100), st.floats(0, 30), st.floats(1, 30), st.floats(0, 30), UNITS)
def test_the_proportional_rule_with_beta_one_is_order_up_to(forecast, lead, review, cover, position):
    level = forecast * (lead + review + cover)
    expected = replenishment.order_up_to(level, position)
    assert replenishment.proportional(forecast, lead, review, cover, 1.0, position) == pytest.approx(expected, abs=1e-6)


@given(st.floats(0, 100), st.floats(0, 30), st.floats(1, 30), st.floats(0, 30), st.floats(0, 1))
def test_the_proportional_rule_orders_the_expected_demand_at_its_own_rest(forecast, lead, review, cover, beta):
    level = forecast * (lead + cover)
    position = round(level)
    order = replenishment.proportional(forecast, lead, review, cover, beta, position)
    assert order == pytest.approx(max(0.0, forecast * review + beta * (level - position)), abs=1e-9)


def test_the_proportional_rule_in_numbers():
    assert replenishment.proportional(10.0, 5.0, 7.0, 14.0, 0.2, 100) == pytest.approx(70 + 0.2 * (260 - 100 - 70))
    assert replenishment.proportional(10.0, 5.0, 7.0, 14.0, 0.2, 1000) == 0.0


def test_the_rows_of_every_rule_are_its_scalar_and_no_other_row_is_written():
    rng = np.random.default_rng(5)
    rows = 6
    position = rng.integers(-50, 200, rows)
    f, lead, review, cover, beta, level = rng.uniform(0.5, 100, (6, rows))
    beta /= 100
    cases = [
        (
            replenishment.proportional_orders,
            (position, f, lead, review, cover, beta),
            lambda i: replenishment.proportional(f[i], lead[i], review[i], cover[i], beta[i], position[i]),
        ),
        (replenishment.up_to_orders, (position, level), lambda i: replenishment.order_up_to(level[i], position[i])),
        (
            replenishment.s_S_orders,
            (position, level, level + cover),
            lambda i: replenishment.s_S(level[i], level[i] + cover[i], position[i]),
        ),
        (
            replenishment.r_Q_orders,
            (position, level, cover),
            lambda i: replenishment.r_Q(level[i], cover[i], position[i]),
        ),
        (
            replenishment.sterman_orders,
            (lead, review, f, level, beta, beta),
            lambda i: replenishment.sterman(f[i], beta[i], level[i], lead[i], beta[i], review[i]),
        ),
    ]
    for kernel, arrays, scalar in cases:
        order = np.full(rows, -1.0)
        kernel(1, 5, *arrays, order)
        assert order[[0, 5]].tolist() == [-1.0, -1.0]
        assert order[1:5] == pytest.approx([scalar(i) for i in range(1, 5)], rel=1e-12)


def test_positions_add_what_is_coming_and_take_off_what_is_owed():
    written = np.full(3, -9)
    replenishment.positions(0, 2, np.array([5, 0, 1]), np.array([3, 4, 1]), np.array([0, 9, 1]), written)
    assert written.tolist() == [8, -5, -9]


def serial(demand, base_stock, lead, holding, transit_holding, shortage):
    """Local base stock in series, stage 0 sells; a period: order, receive, ship from what is there, charge.

    All stages see the period's demand and order at once; a unit shipped is on the road for the lead time.
    """
    stages = len(base_stock)
    stock, owed = list(base_stock), [0] * stages
    road = [[0] * days for days in lead]
    levels, cost = [], 0.0
    for units in demand:
        asked = units
        for stage in range(stages):
            coming = sum(road[stage]) + [*owed, 0][stage + 1]
            position = replenishment.position(stock[stage], coming, owed[stage])
            owed[stage] += asked
            asked = int(replenishment.order_up_to(float(base_stock[stage]), position - asked))
        sent = asked
        for stage in reversed(range(stages)):
            road[stage].append(sent)
            stock[stage] += road[stage].pop(0)
            sent = min(stock[stage], owed[stage])
            stock[stage] -= sent
            owed[stage] -= sent
        levels.append([on_hand - backlog for on_hand, backlog in zip(stock, owed, strict=True)])
        cost += sum(h * on_hand for h, on_hand in zip(holding, stock, strict=True)) + shortage * owed[0]
        cost += sum(h * sum(units) for h, units in zip(transit_holding, road, strict=True))
    return [list(column) for column in zip(*levels, strict=True)], cost


def test_serial_trajectory_with_local_base_stock():
    demand = [5, 4, 6, 8, 3, 5, 5, 7, 2, 6]
    levels, cost = serial(demand, (7, 6, 11), (1, 1, 2), (7, 4, 2), (4, 2, 0), 37.12)
    assert levels == [
        [2, 3, 1, -1, 2, 2, 2, 0, 4, 1],
        [1, 2, 0, -2, 0, 1, 1, -1, 3, 0],
        [6, 2, 1, -3, 0, 3, 1, -1, 2, 3],
    ]
    assert cost == pytest.approx(530.12, rel=1e-12)


def test_single_stage_costs_825_over_a_hundred_periods():
    demand = [
        int(units)
        for units in "34313331243142344132112233133333333342322314132323"
        "31432442223424243244334323414123214131232323243243"
    ]
    assert len(demand) == 100
    _, cost = serial(demand, (2,), (1,), (1,), (0,), 10)
    assert cost == 825


def beer_game(held):
    """Costs of the four stages over 36 weeks, customers 4 and from week 5 on 8.

    A week: receive and advance; fill orders and backlog; charge; advance order slips (the factory starts last week's
    request); order. Orders are 4 while `held`.
    """
    stock, backlog, cost = [12] * 4, [0] * 4, [0.0] * 4
    near, far, slip, placed = [4] * 4, [4] * 4, [4] * 4, [4] * 4
    for week in range(1, 37):
        stock = [units + box for units, box in zip(stock, near, strict=True)]
        near, far = far, [0] * 4
        for stage, asked in enumerate([4 if week < 5 else 8, *slip[:3]]):
            backlog[stage] += asked
            sent = min(stock[stage], backlog[stage])
            stock[stage] -= sent
            backlog[stage] -= sent
            if stage > 0:
                far[stage - 1] = sent
            cost[stage] += 0.5 * stock[stage] + backlog[stage]
        slip, far[3] = list(placed), placed[3]
        for stage in range(4):
            coming = near[stage] + far[stage]
            coming += slip[stage] + backlog[stage + 1] if stage < 3 else 0
            net = float(stock[stage] - backlog[stage])
            target = 28.0 if stage < 3 else 20.0
            wanted = replenishment.sterman(4.0, 1.0, target, net, 1.0, float(coming))
            placed[stage] = 4 if week <= held else round(wanted)
    return cost


def test_the_benchmark_of_the_beer_game_costs_204():
    assert beer_game(held=4) == [46.0, 50.0, 54.0, 54.0]


def test_without_the_hold_the_same_rule_costs_180():
    assert sum(beer_game(held=0)) == 180.0
