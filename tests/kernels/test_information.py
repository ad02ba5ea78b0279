"""Forecasts against their definitions, their bullwhip against published formulas, and news that climbs the chains."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import information, replenishment

MILLION = 1_000_000
BASE = 10_000_000
"""Steady demand, so large that an order is never cut at nought."""


def forecasts(ring, day, window):
    found = np.full(len(ring), np.nan)
    information.moving_average(0, len(ring), ring, day, np.asarray(window, np.int64), found)
    return found


@given(
    st.lists(st.integers(0, 10**9), min_size=1, max_size=40),
    st.integers(1, 12),
    st.integers(0, 15),
)
def test_the_moving_average_is_the_mean_of_the_last_recorded_days(demand, length, window):
    ring = np.zeros((1, length), np.int64)
    for day, units in enumerate(demand):
        information.record(0, 1, np.array([units]), day, ring)
    kept = demand[-max(1, min(window, length)) :]
    assert forecasts(ring, len(demand) - 1, [window])[0] == sum(kept) / len(kept)


def test_a_record_and_a_forecast_touch_only_their_rows():
    ring = np.zeros((3, 2), np.int64)
    information.record(1, 2, np.array([7, 8, 9]), 3, ring)
    assert ring.tolist() == [[0, 0], [0, 8], [0, 0]]
    forecast = np.full(3, -1.0)
    information.moving_average(1, 2, ring, 3, np.full(3, 1), forecast)
    assert forecast.tolist() == [-1.0, 8.0, -1.0]


def test_smoothing_repeats_the_geometric_weights_of_brown():
    alpha = 0.3
    observed = [4.0, 9.0, 1.0, 6.0]
    forecast = np.array([5.0])
    for units in observed:
        information.smoothing(0, 1, np.array([units]), np.array([alpha]), forecast)
    expected = 5.0 * (1 - alpha) ** 4 + sum(alpha * (1 - alpha) ** k * d for k, d in enumerate(reversed(observed)))
    assert forecast[0] == pytest.approx(expected, rel=1e-14)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1))
def test_smoothing_stays_between_what_was_believed_and_what_was_seen(believed, seen, alpha):
    forecast = np.array([believed])
    information.smoothing(0, 1, np.array([seen]), np.array([alpha]), forecast)
    slack = 1e-9 * max(believed, seen)
    assert min(believed, seen) - slack <= forecast[0] <= max(believed, seen) + slack


def orders_up_to_moving_averages(demand, window, lead, start):
    """Orders of one stage: level = lead x moving average, reviewed every period, nothing ever short."""
    ring = np.full((1, window), start, np.int64)
    level = lead * float(start)
    orders = []
    for day, units in enumerate(demand, start=window):
        information.record(0, 1, np.array([units]), day, ring)
        position = replenishment.position(round(level), 0, units)
        level = lead * forecasts(ring, day, [window])[0]
        orders.append(round(replenishment.order_up_to(level, position)))
    return orders


def impulse(size, length):
    return [BASE + size] + [BASE] * (length - 1)


def response(orders, size):
    return np.array([(units - BASE) / size for units in orders])


def amplification(filter_, rho=0.0):
    lag = np.arange(len(filter_))
    return filter_ @ rho ** np.abs(lag[:, None] - lag[None, :]) @ filter_


@pytest.mark.parametrize(
    ("rho", "window", "lead", "expected"), [(0.0, 5, 2, 2.12), (0.5, 5, 2, 2.085), (0.9, 4, 3, 1.90274)]
)
def test_order_up_to_with_a_moving_average_amplifies_as_chen_and_others_derive(rho, window, lead, expected):
    size = 1000 * window
    orders = orders_up_to_moving_averages(impulse(size, window + 2), window, lead, BASE)
    formula = 1 + (2 * lead / window + 2 * lead**2 / window**2) * (1 - rho**window)
    assert amplification(response(orders, size), rho) == pytest.approx(formula, rel=1e-9)
    assert formula == pytest.approx(expected, abs=5e-6)


def test_without_shared_information_four_stages_multiply_their_filters():
    size = 5**4
    orders = impulse(size, 24)
    found = []
    for _ in range(4):
        orders = orders_up_to_moving_averages(orders, 5, 2, BASE)
        found.append(amplification(response(orders, size)))
    assert found == pytest.approx([2.12, 5.1216, 13.5171, 37.7030], abs=5e-5)


def test_with_shared_information_the_lead_times_add():
    size = 5**4
    sales = impulse(size, 8)
    ring = np.full((1, 5), BASE, np.int64)
    level = [2.0 * BASE] * 4
    found = [[], [], [], []]
    for day, units in enumerate(sales, start=5):
        information.record(0, 1, np.array([units]), day, ring)
        order = units
        for stage in range(4):
            position = replenishment.position(round(level[stage]), 0, order)
            level[stage] = 2.0 * forecasts(ring, day, [5])[0]
            order = round(replenishment.order_up_to(level[stage], position))
            found[stage].append(order)
    shared = [amplification(response(orders, size)) for orders in found]
    assert shared == pytest.approx([2.12, 3.88, 6.28, 9.32], rel=1e-9)


def test_the_optimal_forecast_of_autoregressive_demand_amplifies_as_lee_so_and_tang_derive():
    rho, horizon = 0.5, 3
    per_unit = information.expected_total(101.0, 100.0, rho, horizon) - information.expected_total(
        100.0, 100.0, rho, horizon
    )
    found = amplification(np.array([1 + per_unit, -per_unit]), rho)
    assert found == pytest.approx(2.64062, abs=5e-6)


def test_the_autoregressive_forecast_is_the_mean_of_the_days_ahead():
    forecast = np.full(3, np.nan)
    observed, mean = np.array([14.0, 6.0, 10.0]), np.full(3, 10.0)
    information.ar1(0, 3, observed, mean, np.array([0.5, -0.5, 0.9]), np.array([2, 3, 5]), forecast)
    ahead = [(4 * 0.5 + 4 * 0.25) / 2, (-4 * -0.5 - 4 * 0.25 - 4 * -0.125) / 3, 0.0]
    assert forecast == pytest.approx([10 + gap for gap in ahead], rel=1e-14)


def test_a_record_without_error_is_the_truth_and_noise_keeps_the_mean():
    observed, normal = np.full(2, 50.0), np.array([1.5, -1.5])
    recorded = np.full(2, np.nan)
    information.misrecord(0, 2, observed, np.zeros(2), normal, recorded)
    assert recorded.tolist() == [50.0, 50.0]
    information.misrecord(0, 2, observed, np.full(2, 0.1), normal, recorded)
    assert recorded == pytest.approx([57.5, 42.5], rel=1e-14)
    assert recorded.mean() == pytest.approx(50.0, rel=1e-14)


def test_a_record_is_never_negative():
    assert information.noisy(50.0, 0.1, -11.0) == 0.0


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
    information.shoppers(0, len(visits), *offers, visits, expected)
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


def told(forecast, node, units, deepest, *links):
    information.announce(np.array(node, np.int64), np.array(units, np.float64), deepest, *links, forecast)
    return forecast.tolist()


def test_news_of_lines_reaches_all_suppliers_before_them_in_proportion_and_no_forecast_falls_below_nothing():
    supplier, buyer = np.array([1, 2, 2, 3, -1, 3], np.int32), np.array([0, 0, 1, 2, 0, 0], np.int32)
    alive, share, per_unit = np.array([1, 1, 1, 1, 1, 0], np.uint8), np.array([0.5, 0.25, 1, 1, 1, 1]), np.ones(6, int)
    per_unit[2] = 2
    into = np.argsort(buyer, kind="stable")
    first = np.searchsorted(buyer[into], np.arange(5))
    links, forecast = (into, first, supplier, alive, share, per_unit), np.array([9.0, 1.0, 1.0, 4.0])
    assert told(forecast, [0], [4.0], 16, *links) == [9.0, 3.0, 6.0, 9.0]
    assert told(forecast, [0], [-8.0], 2, *links) == [9.0, 0.0, 0.0, 7.0]
    assert told(forecast, [3], [5.0], 16, *links) == [9.0, 0.0, 0.0, 7.0]
    assert told(forecast, [1, 2], [1.0, 3.0], 16, *links) == [9.0, 0.0, 2.0, 12.0]
    assert told(forecast, [], [], 16, *links) == [9.0, 0.0, 2.0, 12.0]
