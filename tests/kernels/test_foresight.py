"""News climbs every chain once, from the consumer up; what it adds up to is what consumers want."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import information

MILLION = 1_000_000


def climbed(links, nodes, live=None):
    supplier, buyer = (np.array(column, np.int32) for column in zip(*links, strict=True))
    order = np.full(len(links), -1)
    alive = np.ones(len(links), np.uint8) if live is None else np.array(live, np.uint8)
    found = information.climb(supplier, buyer, alive, nodes, order)
    return order[:found].tolist()


def passed(links, wanted, factor, ahead):
    supplier, buyer = (np.array(column, np.int32) for column in zip(*links, strict=True))
    order, expected = np.array(climbed(links, len(wanted)), np.int64), np.array(wanted, np.int64)
    information.pass_up(order, supplier, buyer, np.array(factor, np.float64), np.array(ahead, np.int64), expected)
    return expected


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] != pair[1]),
                min_size=1, max_size=30))  # fmt: skip
def test_a_link_comes_after_all_on_which_its_buyer_supplies_others(pairs):
    links = [(min(pair), max(pair)) for pair in pairs]  # the supplier has the smaller number: no circles
    order = climbed(links, 10)
    assert sorted(order) == list(range(len(links)))
    for place, link in enumerate(order):
        later = {links[other][0] for other in order[place:]}
        assert links[link][1] not in later


def test_a_dead_link_and_a_circle_carry_no_news():
    assert climbed([(0, 1), (1, 2)], 3, live=[1, 0]) == [0]
    assert climbed([(0, 1), (1, 0), (2, 3)], 4) == [2]


def test_end_demand_reaches_every_tier_by_share_and_units_per_unit():
    # the shops 3 and 4 buy of 2, who makes of 1 (two for each) and, for a quarter, of 0
    links, wanted = [(2, 3), (2, 4), (1, 2), (0, 2)], [[0], [0], [0], [5 * MILLION], [3 * MILLION]]
    found = passed(links, wanted, [1.0, 1.0, 2.0, 0.25], [0, 0, 0, 0])
    assert (found[:, 0] / MILLION).tolist() == [2.0, 16.0, 8.0, 5.0, 3.0]


def test_buyers_order_for_the_days_to_come_and_beyond_the_last_all_days_are_usual():
    links, wanted = [(1, 2), (0, 1)], [[0, 0, 0, 0], [0, 0, 0, 0], [1, 2, 3, 9]]
    assert passed(links, wanted, [1.0, 1.0], [1, 1]).tolist() == [[3, 9, 9, 9], [2, 3, 9, 9], [1, 2, 3, 9]]
    assert passed(links, wanted, [1.0, 1.0], [4, 0])[0].tolist() == [9, 9, 9, 9]
    assert passed(links, [[0] * 4, [0] * 4, [4, 6, 2, 12]], [1.0, 1.0], [2, 0])[0].tolist() == [4, 7, 12, 12]


@given(st.lists(st.integers(0, 10**9), min_size=2, max_size=12), st.integers(1, 11), st.floats(0, 3))
def test_the_days_to_come_are_added_up_as_they_are_one_by_one(need, window, factor):
    total, last = np.zeros(len(need), np.int64), len(need) - 1
    information.wanted_ahead(np.array(need), window, factor, total)
    for day, found in enumerate(total.tolist()):
        ahead = [need[min(day + k, last)] for k in range(1, window + 1)]
        mean = sum(ahead) / window if window <= last else need[last]
        assert found == pytest.approx(mean * factor, abs=0.5 + 1e-9)


@given(st.permutations(range(5)))
def test_the_order_in_which_links_are_written_down_does_not_matter(turn):
    links, factor = [(3, 4), (2, 4), (1, 3), (1, 2), (0, 1)], [0.3, 0.7, 1.0, 3.0, 1.0]
    wanted = [[0], [0], [0], [7], [1_234_567]]
    mixed = passed([links[k] for k in turn], wanted, [factor[k] for k in turn], [0] * 5)
    assert mixed.tolist() == passed(links, wanted, factor, [0] * 5).tolist()


def test_shoppers_want_of_a_node_what_its_offers_sell_times_the_season_of_each_market():
    expected, visits = np.zeros((2, 2), np.int64), np.array([[1.0, 2.0], [0.5, 1.0]])
    offers = np.array([0, 0, 1], np.int32), np.array([0, 1, 1], np.int32), np.array([3.0, 1.5, 0.25])
    information.shoppers(*offers, visits, expected)
    assert (expected / MILLION).tolist() == [[6.0, 3.0], [0.5, 0.25]]


def persisted(ring, day, window):
    mean, rho = np.empty((2, len(ring)))
    information.persistence(0, len(ring), np.array(ring), day, window, mean, rho)
    return mean, rho


@given(st.lists(st.integers(0, 500), min_size=4, max_size=30), st.integers(2, 30), st.integers(0, 7))
def test_persistence_is_the_first_autocorrelation_of_the_record(demand, window, turned):
    last = np.array(demand[-window:], np.float64)
    day = len(demand) - 1 + turned * len(demand)
    mean, rho = persisted([demand], day, window)
    away = last - last.mean()
    assert mean[0] == pytest.approx(last.mean())
    if np.ptp(last) > 0:
        assert rho[0] == pytest.approx((away[1:] * away[:-1]).sum() / (away**2).sum(), abs=1e-9)
    else:
        assert abs(rho[0]) <= 1.0


def test_demand_that_swings_is_told_from_demand_that_lasts():
    _, rho = persisted([[0, 10] * 30, [0] * 30 + [10] * 30, [7] * 60], 59, 60)
    assert rho[0] < -0.9
    assert rho[1] > 0.9
    assert rho[2] == 0.0


def test_a_season_ahead_is_the_mean_of_its_own_days_against_a_flat_day_and_flat_where_nothing_is_wanted():
    wanted = np.array([[30, 60, 90, 20], [30, 60, 90, 20], [5, 6, 7, 0]], np.int64)
    first, mean = np.empty((2, 3))
    information.seasons_ahead(wanted, np.array([1, 3, 2], np.int64), first, mean)
    np.testing.assert_array_equal(first, [1.5, 1.5, 1.0])
    np.testing.assert_array_equal(mean, [1.5, 3.0, 1.0])


def test_a_firm_stands_where_its_shortest_chain_ends_and_services_stand_nowhere():
    firm, tier = np.array([0, 2, 0, 1, 2, 2], np.int32), np.array([3, 4, 2, 0, 0, 5], np.int8)
    fewest = np.full(4, 9, np.int64)
    information.fewest_steps(firm, tier, fewest)
    np.testing.assert_array_equal(fewest, [2, 0, 4, 0])
