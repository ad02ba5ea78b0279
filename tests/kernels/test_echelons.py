"""Clark and Scarf's recursion, step by step."""

import numpy as np
import pytest

from kernels import echelons


def test_a_table_goes_on_in_straight_lines():
    table = np.array([3.0, 1.0, 2.0, 6.0])
    assert [echelons.tabled(table, place) for place in (-2, 0, 3, 5)] == [7.0, 3.0, 6.0, 14.0]


def test_what_customers_wait_for_is_a_kink_at_nothing_owed():
    table = np.empty(5)
    echelons.owed(-1.0, 0.5, 10.0, table)
    assert table.tolist() == [10.0, 5.0, 0.0, 0.0, 0.0]


def test_demand_that_is_known_moves_the_table_along():
    below, table = np.array([4.0, 2.0, 0.0, 0.0, 0.0]), np.empty(5)
    echelons.expected_later(-2.0, 1.0, 3.0, np.ones(1), 1, below, table)
    assert table.tolist() == [3 * -3 + 6.0, 3 * -2 + 4.0, 3 * -1 + 2.0, 0.0, 3.0]


def test_the_least_of_a_parabola_is_found_between_its_entries():
    table = (np.arange(9) - 3.3) ** 2
    place, away = echelons.least(table)
    assert place + away == pytest.approx(3.3)
    assert echelons.between(table, 3.3) == pytest.approx(0.0, abs=1e-12)
    assert echelons.between(table, 4.9) == pytest.approx(1.6**2)


def test_a_least_at_the_end_of_a_table_stays_there():
    assert echelons.least(np.array([1.0, 2.0, 3.0])) == (0, 0.0)
    assert echelons.least(np.array([4.0, 2.0, 1.0])) == (2, 0.0)


def test_next_to_an_end_the_parabola_counts():
    assert echelons.least(np.array([4.0, 2.0, 1.0, 2.5])) == (2, pytest.approx(0.5 * -0.5 / 2.5))
    assert echelons.least(np.array([2.0, 1.0, 2.5, 5.0])) == (1, pytest.approx(0.5 * -0.5 / 2.5))
    assert echelons.least(np.array([2.0, 1.0, 1.0, 5.0])) == (1, 0.5)


def test_demand_of_several_steps_is_weighed_by_its_law():
    below, table = np.array([4.0, 2.0, 0.0, 1.0]), np.empty(4)
    echelons.expected_later(-1.0, 0.5, 3.0, np.array([0.25, 0.75]), 1, below, table)
    later = [3.0 * (-1.0 + 0.5 * at) + echelons.tabled(below, at) for at in range(-2, 3)]
    assert table == pytest.approx([0.25 * later[place + 1] + 0.75 * later[place] for place in range(4)])


def test_between_entries_the_nearer_three_count():
    table = np.array([0.0, 1.0, 8.0, 27.0])
    assert echelons.between(table, 1.4) == pytest.approx(1.0 + 0.4 * (4.0 + 0.5 * 0.4 * 6.0))
    assert echelons.between(table, 1.5) == pytest.approx(8.0 - 0.5 * (13.0 - 0.5 * 0.5 * 12.0))
    assert echelons.between(table, 2.0) == 8.0


def test_a_level_between_entries_holds_what_is_above_it_alone():
    table = (np.arange(6) - 2.5) ** 2
    echelons.held_to(2.5, table)
    assert table == pytest.approx([6.25, 2.25, 0.25, 0.0, 0.0, 0.0])


def test_above_its_level_a_stage_costs_what_it_costs_there():
    table = (np.arange(9) - 3.0) ** 2
    echelons.held_to(3.0, table)
    assert table.tolist() == [9.0, 4.0, 1.0, 0, 0, 0, 0, 0, 0]
