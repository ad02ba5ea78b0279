"""Filters of demand and what they do to its variance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import amplification

RHO = st.floats(-0.95, 0.95)


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=8), RHO)
def test_the_ratio_is_the_quadratic_form_of_the_autocorrelations(weights, rho):
    weights = np.array(weights)
    apart = np.abs(np.subtract.outer(np.arange(len(weights)), np.arange(len(weights))))
    expected = weights @ np.power(rho, apart) @ weights
    assert amplification.ratio(weights, rho) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(st.integers(1, 40), st.floats(0, 10), RHO)
def test_a_moving_average_amplifies_as_chen_and_others_say(window, lead, rho):
    change = np.empty(window + 1)
    amplification.average_change(window, change)
    weights = lead * change
    weights[0] += 1
    expected = 1 + (2 * lead / window + 2 * lead**2 / window**2) * (1 - rho**window)
    assert amplification.ratio(weights, rho) == pytest.approx(expected, rel=1e-9)


@given(st.floats(0.05, 1), st.floats(0, 10), RHO)
def test_smoothing_amplifies_as_chen_and_others_say(alpha, lead, rho):
    change = np.empty(1000)
    amplification.smoothing_change(alpha, change)
    weights = lead * change
    weights[0] += 1
    expected = 1 + (2 * lead * alpha + 2 * (lead * alpha) ** 2 / (2 - alpha)) * (1 - rho) / (1 - (1 - alpha) * rho)
    assert amplification.ratio(weights, rho) == pytest.approx(expected, rel=1e-9)


def test_stages_in_series_are_convolved():
    both = np.empty(4)
    amplification.through(np.array([1.4, -0.4]), np.array([2.0, 0.0, -1.0]), both)
    assert both == pytest.approx(np.convolve([1.4, -0.4], [2.0, 0.0, -1.0]))


def test_the_best_forecast_amplifies_as_lee_so_and_tang_say():
    rho, lead = 0.5, 2
    change = amplification.expected_change(rho, lead + 1)
    assert change == pytest.approx(rho * (1 - rho ** (lead + 1)) / (1 - rho))
    assert amplification.ratio(np.array([1 + change, -change]), rho) == pytest.approx(2.640625, rel=1e-12)


def test_shared_demand_is_worth_what_lee_so_and_tang_say():
    shared, more = amplification.unforeseen(0.5, 2, 2), amplification.unshared(0.5, 2, 2)
    assert shared == pytest.approx(11.1455, abs=5e-5)
    assert shared + more == pytest.approx(13.4902, abs=5e-5)


@given(st.integers(0, 10), st.integers(0, 10))
def test_without_correlation_there_is_nothing_to_share(retailer, supplier):
    assert amplification.unforeseen(0.0, retailer, supplier) == supplier + 1
    assert amplification.unshared(0.0, retailer, supplier) == 0.0
