"""A market of half or twice the consumers is the same market while lines stay with their makers: all scales along."""

import pytest

from abm.model import Market
from abm.scenario import load

DAYS = 90
SIZES = (10_000, 20_000, 40_000)
STILL = {"dials.management.levers": ["logistics", "capital"]}
"""A line moves whole or not at all, and one move more of a dear line in a small market is seen in its rates."""


@pytest.fixture(scope="module")
def daily():
    """The days of three countries by number of consumers."""
    return {size: Market(load("three_countries", set={"consumers": size, **STILL})).run(DAYS).daily for size in SIZES}


@pytest.mark.parametrize("measure, above, below", [
    ("conversion", "orders", "visits"),
    ("fill rate", "orders", "wanted"),
    ("delivery days", "waited", "delivered"),
])  # fmt: skip
@pytest.mark.parametrize("size", [10_000, 40_000])
def test_half_or_twice_the_consumers_leaves_the_rates_within_three_percent(size, measure, above, below, daily):
    rates = {}
    for one in (20_000, size):
        days = daily[one].copy()
        days["wanted"] = days["orders"] + days["lost"]
        days["waited"] = days["delivery_days"].fillna(0.0) * days["delivered"]
        rates[one] = days[above].sum() / days[below].sum()
    assert rates[size] == pytest.approx(rates[20_000], rel=0.03), measure
