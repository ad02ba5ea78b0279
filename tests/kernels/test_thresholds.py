"""Sellers below, at and above the value at which a tax begins, against all prices that they might ask."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import thresholds

elasticities, rates = st.floats(1.5, 9.0), st.floats(0.02, 0.8)


def profits(price, cost, elasticity, threshold, rate):
    paid = np.where(price > threshold, (1 + rate) * price, price)
    return (price - cost) * paid**-elasticity


@given(st.floats(20, 300), elasticities, rates)
def test_no_other_price_earns_more(cost, elasticity, rate):
    best = thresholds.price_near(cost, elasticity, 150.0, rate)
    others = np.append(np.geomspace(cost, 40 * cost, 4001), 150.0)
    earned = profits(np.array([best]), cost, elasticity, 150.0, rate)[0]
    assert earned >= profits(others, cost, elasticity, 150.0, rate).max() * (1 - 1e-12)


@given(elasticities, rates)
def test_the_last_to_stay_is_indifferent_and_stays(elasticity, rate):
    cost = thresholds.last_to_stay(elasticity, 800.0, rate)
    usual = cost * elasticity / (elasticity - 1)
    stay, leave = profits(np.array([800.0, usual]), cost, elasticity, 800.0, rate)
    assert stay == pytest.approx(leave, rel=1e-9)
    prices = np.empty(2)
    thresholds.prices_near(0, 2, np.array([cost * (1 - 1e-9), cost * (1 + 1e-9)]), elasticity, 800.0, rate, prices)
    assert prices[0] == 800.0
    assert prices[1] == pytest.approx(usual, rel=1e-8)


def test_a_higher_tax_holds_more_sellers_below():
    held = [thresholds.last_to_stay(5.0, 800.0, rate) for rate in (0.05, 0.1, 0.25, 0.5, 1.0)]
    assert held == sorted(held)
    assert len(set(held)) == 5
