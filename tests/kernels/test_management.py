"""Lanes and suppliers: the cheapest delivered, found by comparing them all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import management
from kernels.management import CARGO_HAULS, HOLDING

COUNTRIES, HAULS, LANES = 3, CARGO_HAULS + 3, 24


def test_carriage_is_freight_by_weight_and_capital_while_it_travels():
    """A unit of 2 kg worth 73 dollars: 25 days at a quarter a year cost 1.25 dollars, 5 days by air 25 cents."""
    assert management.carriage(40.0, 1.5, 2000, 7300.0, 25.0) == pytest.approx(120 + 125, rel=1e-14)
    assert management.carriage(400.0, 1.0, 2000, 7300.0, 5.0) == pytest.approx(800 + 25, rel=1e-14)
    assert management.carriage(400.0, 1.0, 0, 0.0, 5.0) == 0.0


def test_what_is_dear_and_light_flies_and_what_is_cheap_and_heavy_sails():
    table = np.full((1, 1, HAULS), -1, np.int32)
    table[0, 0, CARGO_HAULS:] = [0, 1, -1]
    air_sea = np.array([500.0, 15.0]), np.ones(2), np.array([5.0, 35.0]), np.ones(2, np.uint8)
    assert management.best_haul(0, 0, 100, 250_000.0, table, *air_sea)[0] == 0
    assert management.best_haul(0, 0, 5000, 2_000.0, table, *air_sea)[0] == 1
    even = 485.0 * 365 / (HOLDING * 30)  # where a kilogram costs the same on both
    assert management.best_haul(0, 0, 1000, even * 0.999, table, *air_sea)[0] == 1
    assert management.best_haul(0, 0, 1000, even * 1.001, table, *air_sea)[0] == 0


class Routes:
    """Lanes drawn at random between three countries; about half the hauls have one, some do not run."""

    def __init__(self, seed):
        random = np.random.default_rng(seed)
        size = (COUNTRIES, COUNTRIES, HAULS)
        self.table = np.where(random.random(size) < 0.5, random.integers(0, LANES, size), -1).astype(np.int32)
        self.per_kg = random.integers(1, 5, LANES) * 100.0  # few prices, many ties
        self.rate, self.days = np.ones(LANES), random.integers(1, 3, LANES) * 10.0
        self.runs = (random.random(LANES) < 0.8).astype(np.uint8)
        self.random = random

    def given(self):
        return self.table, self.per_kg, self.rate, self.days, self.runs

    def best(self, origin, dest, grams, value):
        lanes = [lane for lane in self.table[origin, dest, CARGO_HAULS:] if lane >= 0 and self.runs[lane]]
        priced = [(self.cost(lane, grams, value), lane) for lane in lanes]
        return min(priced, key=lambda one: one[0], default=(0.0, -1))

    def cost(self, lane, grams, value):
        return management.carriage(self.per_kg[lane], self.rate[lane], grams, value, self.days[lane])


@given(st.integers(0, 10**6))
def test_a_link_gets_the_cheapest_running_freight_lane_the_first_of_equals(seed):
    routes = Routes(seed)
    origin, dest = routes.random.integers(0, COUNTRIES, (2, 6)).astype(np.int32)
    grams, value = routes.random.integers(0, 3000, 6), routes.random.integers(0, 9000, 6).astype(np.float64)
    lane, cost = np.full(6, -9, np.int32), np.full(6, -9.0)
    management.hauls(0, 6, origin, dest, grams, value, *routes.given(), lane, cost)
    for i in range(6):
        least, best = routes.best(origin[i], dest[i], grams[i], value[i])
        assert lane[i] == best
        assert cost[i] == pytest.approx(least, rel=1e-13)


def test_lanes_for_parcels_carry_no_freight():
    table = np.full((1, 1, HAULS), -1, np.int32)
    table[0, 0, :CARGO_HAULS] = 0
    one = np.ones(1)
    assert management.best_haul(0, 0, 100, 9.0, table, one, one, one, np.ones(1, np.uint8)) == (-1, 0.0)


def suppliers(routes, product, dest, present, grams, first, maker, country, price, room, duty=None, need=None):
    count = len(product)
    need = np.ones(count) if need is None else need
    duty = np.zeros((count, COUNTRIES)) if duty is None else duty
    supplier, lane, cost = np.full(count, -9, np.int32), np.full(count, -9, np.int32), np.full(count, -9.0)
    management.best_suppliers(0, count, product, dest, present, grams, first, maker, country, price, duty,
                              room, need, *routes.given(), supplier, lane, cost)  # fmt: skip
    return supplier, lane, cost


@given(st.integers(0, 10**6))
def test_a_supplier_is_the_cheapest_delivered_of_the_others_who_have_room(seed):
    routes = Routes(seed)
    random, nodes, links = routes.random, 8, 6
    product, dest, present = (random.integers(0, top, links).astype(np.int32) for top in (2, COUNTRIES, nodes))
    first, maker = np.array([0, 5, 8], np.int32), random.permutation(nodes).astype(np.int32)
    country, price = random.integers(0, COUNTRIES, nodes).astype(np.int32), random.integers(1, 4, nodes) * 1000.0
    room, grams = random.integers(-1, 4, nodes).astype(np.float64), random.integers(0, 3000, links)
    need = random.integers(0, 4, links).astype(np.float64)
    duty = random.integers(0, 3, (links, COUNTRIES)) / 4.0
    found = suppliers(routes, product, dest, present, grams, first, maker, country, price, room, duty, need)
    for i, (supplier, lane, cost) in enumerate(zip(*found, strict=True)):
        offers = []
        for node in maker[first[product[i]] : first[product[i] + 1]]:
            freight, way = routes.best(country[node], dest[i], grams[i], price[node])
            if node != present[i] and room[node] >= need[i] and way >= 0:
                offers.append((price[node] * (1.0 + duty[i, country[node]]) + freight, node, way))
        least, best, way = min(offers, key=lambda one: round(one[0], 6), default=(0.0, -1, -1))
        assert (supplier, lane) == (best, way)
        assert cost == pytest.approx(least, rel=1e-13)


def test_of_two_alike_the_first_in_the_order_of_identity_is_chosen():
    routes = Routes(0)
    routes.table[:], routes.runs[:] = -1, 1
    routes.table[0, 0, CARGO_HAULS] = 3
    one = np.zeros(1, np.int32)
    for order in ([2, 1, 0], [1, 2, 0]):
        found = suppliers(routes, one, one, one, np.full(1, 500), np.array([0, 3], np.int32),
                          np.array(order, np.int32), np.zeros(3, np.int32), np.full(3, 700.0),
                          np.ones(3))  # fmt: skip
        assert [found[0][0], found[1][0]] == [order[0], 3]


def test_a_duty_on_the_goods_of_one_country_moves_the_purchase_to_another():
    routes = Routes(0)
    routes.table[:], routes.runs[:] = -1, 1
    routes.table[:2, 2, CARGO_HAULS] = [3, 3]
    one, country = np.zeros(1, np.int32), np.array([0, 1, 2], np.int32)
    chosen = []
    for rate in (0.0, 0.2, 0.3):
        found = suppliers(routes, one, one + 2, one + 2, np.full(1, 500), np.array([0, 2], np.int32),
                          np.array([0, 1], np.int32), country, np.array([1000.0, 1250.0, 1.0]),
                          np.ones(3), np.array([[rate, 0.0, 9.0]]))  # fmt: skip
        chosen.append(found[0][0])
    assert chosen == [0, 0, 1]


def test_nobody_else_means_no_supplier():
    routes, one, zero = Routes(1), np.ones(1), np.zeros(1, np.int32)
    alone = suppliers(routes, zero, zero, zero, np.zeros(1, np.int64), np.array([0, 1], np.int32), zero, zero,
                      np.ones(1), one)  # fmt: skip
    assert [column.tolist() for column in alone] == [[-1], [-1], [0.0]]


def test_interpreted_searches_agree_with_compiled_ones():
    routes = Routes(5)
    plain = getattr(management.best_haul, "py_func", management.best_haul)
    for origin in range(COUNTRIES):
        for dest in range(COUNTRIES):
            ours = management.best_haul(origin, dest, 700, 4321.0, *routes.given())
            assert ours == pytest.approx(plain(origin, dest, 700, 4321.0, *routes.given()), rel=1e-14)


def test_sales_follow_utility_by_the_logit_and_estimates_stay_within_bounds():
    factor = np.empty(4)
    management.drawn_by(0, 4, np.array([0.0, 0.1, -9.0, 9.0]), 0.4, factor)
    assert factor == pytest.approx([1.0, np.exp(0.25), 1 / 3, 3.0], rel=1e-12)


def test_what_nothing_changes_earns_what_it_did():
    gain, one = np.empty(2), np.ones(2)
    management.earned_a_day(0, 2, np.array([500.0, -20.0]), np.array([3.0, 1.0]), one, one, 1000 * one, 0.04, gain)
    assert gain.tolist() == [500.0, -20.0]


def test_style_moves_to_the_sales_of_the_neighbourhood_alone():
    style = np.array([0.1, 0.3, -0.9, 0.2], np.float32)
    kind, sold = np.array([0, 0, 0, 1], np.int32), np.array([1, 3, 99, 99], np.int64)
    target = np.empty(2)
    management.local_mean(0, 2, np.array([0.1, 0.9], np.float32), np.array([0, 0], np.int32),
                          np.arange(4, dtype=np.int32), style, kind, sold, 0.5, target)  # fmt: skip
    assert target == pytest.approx([0.25, 0.9], abs=1e-6)


def test_shares_of_modes_are_a_logit_of_landed_price_and_days():
    modes = np.array([[0, 1, -1], [2, -1, -1], [-1, 3, 4]], np.int32)
    price, days = np.array([1.0, 1.2, 0.9, 1.0, 1.0]), np.array([10.0, 3.0, 9.0, 5.0, 5.0])
    able, share = np.array([1, 1, 1, 0, 0], np.uint8), np.full(5, np.nan)
    management.shares_of_modes(0, 3, modes, price, days, able, 1.7, 0.013, 0.4, share)
    weight = np.exp(-1.7 * (price[:2] + 0.013 * days[:2]) / 0.4)
    assert share[:2] == pytest.approx(weight / weight.sum(), rel=1e-9)
    assert share[2:].tolist() == [1.0, 0.0, 0.0]


def test_a_mode_far_too_dear_takes_nothing_and_breaks_nothing():
    share = np.empty(2)
    modes = np.array([[0, 1]], np.int32)
    management.shares_of_modes(0, 1, modes, np.array([1.0, 1e9]), np.zeros(2), np.ones(2, np.uint8), 5.0, 0.0, 0.05,
                               share)  # fmt: skip
    assert share.tolist() == pytest.approx([1.0, 0.0], abs=1e-20)


def test_shares_are_reckoned_from_the_least_burden_of_price_and_days_so_that_none_is_beyond_reckoning():
    share, modes = np.empty(2), np.array([[0, 1]], np.int32)
    management.shares_of_modes(0, 1, modes, np.ones(2), np.array([0.0, 10.0]), np.ones(2, np.uint8), 100.0, 0.1, 0.1,
                               share)  # fmt: skip
    assert share.tolist() == pytest.approx([1.0, 0.0], abs=1e-20)


def drawn_from(better, price, dearer, dislike=(1.7,), part=(1.0,), lam=0.4):
    """The factor of sales of one row."""
    factor = np.empty(1)
    management.drawn_from(0, 1, np.array([better]), np.array([price]), np.array([dearer]), np.array(dislike),
                          np.array(part), lam, factor)  # fmt: skip
    return float(factor[0])


@pytest.mark.parametrize("price", [0.5, 1.0, 2.0])
def test_when_all_shoppers_are_alike_sales_of_other_goods_follow_the_logit(price):
    assert drawn_from(0.2, price, 0.1) == pytest.approx(np.exp((0.2 - 0.17) / 0.4), rel=1e-12)


def test_who_buys_dear_goods_minds_a_higher_price_less():
    kinds = {"dislike": (0.8, 1.7, 3.0), "part": (0.25, 0.5, 0.25)}
    lost = [drawn_from(0.0, price, 0.2, **kinds) for price in (0.5, 1.0, 1.5)]
    assert lost == sorted(lost)
    assert np.exp(-3.0 * 0.2 / 0.4) < lost[0] < lost[2] < np.exp(-0.8 * 0.2 / 0.4)
    weight = np.array([0.25, 0.5, 0.25]) * np.exp(-np.array([0.8, 1.7, 3.0]))
    by_hand = (weight * np.exp(-np.array([0.8, 1.7, 3.0]) * 0.5)).sum() / weight.sum()
    assert lost[1] == pytest.approx(by_hand, rel=1e-12)


def test_an_estimate_from_several_kinds_of_shopper_stays_within_bounds():
    assert drawn_from(9.0, 1.0, 0.0) == 3.0
    assert drawn_from(-9.0, 1.0, 0.0) == pytest.approx(1 / 3)
