"""Levels and batches that cost least: published numbers, brute force, and limits."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import policies, replenishment

COSTS = st.floats(0.1, 10)


def poisson(mean, size=None):
    law = np.empty(size or int(mean + 12 * math.sqrt(mean) + 60))
    policies.poisson(mean, law)
    return law


@given(st.floats(0.01, 500))
def test_the_poisson_law_sums_to_one_with_mean_and_variance_alike(mean):
    law = poisson(mean)
    units = np.arange(len(law))
    assert law.sum() == pytest.approx(1, rel=1e-12)
    assert law @ units == pytest.approx(mean, rel=1e-10)
    assert law @ (units - mean) ** 2 == pytest.approx(mean, rel=1e-8)
    assert law[0] == pytest.approx(math.exp(-mean), rel=1e-10)


def test_the_sum_of_two_poisson_demands_is_poisson():
    one, other = poisson(3.0), poisson(4.5)
    both = np.empty(len(one) + len(other) - 1)
    policies.convolved(one, other, both)
    assert both == pytest.approx(poisson(7.5, len(both)), abs=1e-14)


@given(st.floats(0.5, 30), COSTS, COSTS)
def test_no_whole_level_costs_less_than_the_quantile(mean, holding, shortage):
    law = poisson(mean)
    true = policies.mean_of(law)
    best = policies.quantile(law, shortage / (shortage + holding))
    cost = policies.level_cost(law, true, holding, shortage, best)
    for level in (best - 1, best + 1, best + 0.5, -3):
        assert policies.level_cost(law, true, holding, shortage, level) >= cost * (1 - 1e-12)


@pytest.mark.parametrize("part, units", [(0.0, 0), (0.25, 0), (0.26, 1), (0.75, 1), (0.875, 2), (0.9, 3)])
def test_a_part_that_is_covered_exactly_takes_no_unit_more(part, units):
    assert policies.quantile(np.array([0.25, 0.5, 0.125, 0.125]), part) == units


def test_a_law_that_ends_too_early_is_covered_by_its_last_level():
    assert policies.quantile(np.array([0.5, 0.25]), 0.75) == 1
    assert policies.quantile(np.array([0.5, 0.2, 0.1]), 0.9) == 2


@given(st.floats(-5, 20))
def test_what_is_left_less_what_is_short_is_the_level_less_the_mean(level):
    law = poisson(6.0)
    cost = policies.level_cost(law, 6.0, 1.0, 0.0, level) - policies.level_cost(law, 6.0, 0.0, 1.0, level)
    assert cost == pytest.approx(level - 6.0, abs=1e-10)


def optimum(law, exposed, setup, holding, shortage, room=400):
    density = np.empty(room)
    policies.visits(law, density)
    return policies.s_S_optimum(density, exposed, setup, holding, shortage), density


def test_s_S_of_snyder_and_shen_example_4_7():
    law = poisson(6.0)
    (reorder, level, cost), _ = optimum(law, law, 5.0, 1.0, 4.0)
    assert (reorder, level) == (4, 10)
    assert cost == pytest.approx(8.034111561471642, rel=1e-12)


@given(st.floats(1, 12), st.floats(0.5, 60), COSTS, st.integers(0, 2))
def test_no_other_pair_costs_less_than_s_S(mean, setup, shortage, lead):
    law, exposed = poisson(mean), poisson(mean * (lead + 1))
    (reorder, level, cost), density = optimum(law, exposed, setup, 1.0, shortage)
    true = policies.mean_of(exposed)
    for s in range(reorder - 3, reorder + 4):
        for S in range(max(s + 1, level - 4), level + 5):
            other = policies.s_S_cost(s, S, density, exposed, true, setup, 1.0, shortage)
            assert other >= cost * (1 - 1e-12)


def test_without_a_setup_cost_s_S_is_base_stock():
    law = poisson(6.0)
    (_, level, cost), _ = optimum(law, law, 1e-9, 1.0, 4.0)
    assert level == policies.quantile(law, 0.8)
    assert cost == pytest.approx(policies.level_cost(law, 6.0, 1.0, 4.0, level), rel=1e-6)


def test_a_search_without_room_says_so():
    law = poisson(6.0)
    (_, _, cost), _ = optimum(law, law, 5000.0, 1.0, 4.0, room=8)
    assert cost == policies.NO_ANSWER


def test_a_search_finds_the_same_pair_in_any_room_that_holds_it_and_no_other():
    law = poisson(2.0)
    (reorder, level, cost), _ = optimum(law, law, 9.0, 1.0, 4.0)
    for room in range(1, 40):
        found, _ = optimum(law, law, 9.0, 1.0, 4.0, room=room)
        assert found == ((reorder, level, cost) if found[2] != policies.NO_ANSWER else (0, 0, policies.NO_ANSWER))
        assert room < 2 * (level - reorder) or found[2] == cost
        assert room >= level - reorder or found[2] == policies.NO_ANSWER


def test_r_Q_of_snyder_and_shen_example_5_8():
    assert policies.r_Q_optimum(1.5, poisson(3.0), 100.0, 20.0, 150.0) == (3, 5, pytest.approx(107.92358063314975))


@given(st.floats(0.2, 8), st.floats(0.5, 100), COSTS)
def test_no_other_pair_costs_less_than_r_Q(rate, setup, shortage):
    exposed = poisson(2 * rate)
    reorder, batch, cost = policies.r_Q_optimum(rate, exposed, setup, 1.0, shortage)
    for r in range(reorder - 3, reorder + 4):
        for Q in range(max(1, batch - 3), batch + 4):
            assert policies.r_Q_cost(r, Q, rate, exposed, setup, 1.0, shortage) >= cost * (1 - 1e-12)


def test_a_pair_of_snyder_and_shen_example_5_1_is_costed_in_closed_form():
    cost = policies.r_Q_normal_cost(126.8, 328.5, 1300.0, 1300 / 12, 150 / math.sqrt(12), 8.0, 0.225, 7.5)
    assert cost == pytest.approx(78.07116250928294, rel=1e-10)


@pytest.mark.large
@given(st.floats(1, 50), st.floats(1, 200), COSTS, st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_no_neighbour_costs_less_than_r_Q_when_demand_flows(sd, setup, shortage, aside, more):
    terms = (100.0, 50.0, sd, setup, 1.0, shortage)
    reorder, batch, cost = policies.r_Q_normal_optimum(*terms)
    assert policies.r_Q_normal_cost(reorder + aside * sd, batch * (1 + more), *terms) >= cost * (1 - 1e-12)
    ends = [replenishment.newsvendor_cost(50.0, sd, 1.0, shortage, end) for end in (reorder, reorder + batch)]
    assert ends == pytest.approx([cost, cost], rel=1e-7)


def test_without_noise_r_Q_is_eoq_with_backorders():
    reorder, batch, cost = policies.r_Q_normal_optimum(100.0, 50.0, 1e-6, 20.0, 1.0, 4.0)
    expected, waits, least = policies.eoq_with_backorders(20.0, 1.0, 4.0, 100.0)
    assert [batch, cost] == pytest.approx([expected, least], rel=1e-6)
    assert reorder == pytest.approx(50.0 - waits * expected, rel=1e-6)
    assert policies.eoq_with_backorders_cost(20.0, 1.0, 4.0, 100.0, expected, waits) == pytest.approx(least, rel=1e-12)


def test_nobody_waits_when_waiting_is_dear():
    batch, waits, cost = policies.eoq_with_backorders(8.0, 0.225, 1e9, 1300.0)
    assert batch == pytest.approx(replenishment.eoq(8.0, 0.225, 1300.0), rel=1e-9)
    assert waits < 1e-9
    assert cost == pytest.approx(68.4105255059, rel=1e-9)


@pytest.mark.parametrize(("count", "error"), [(500, 1e-5), pytest.param(100_000, 1e-8, marks=pytest.mark.large)])
def test_units_owed_under_r_Q_are_the_loss_averaged_over_positions(count, error):
    positions = 100.0 + (np.arange(count) + 0.5) / count * 40.0
    loss = np.mean([replenishment.expected_short(110.0, 12.0, level) for level in positions])
    assert policies.short_of_batches(100.0, 40.0, 110.0, 12.0) == pytest.approx(loss, rel=error)


def test_demand_unmet_is_counted_once():
    assert policies.unmet(50.0, 8.0, 0.0, 0.0, 56.6) == replenishment.expected_short(50.0, 8.0, 56.6)
    assert 0 < policies.unmet(250.0, 17.9, 200.0, 16.0, 264.8) < replenishment.expected_short(250.0, 17.9, 264.8)
