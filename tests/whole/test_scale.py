"""A market of half or twice the consumers is the same market while lines stay with their makers: all scales along."""

import numpy as np
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


@pytest.fixture(scope="module")
def judged():
    """Quality as shown at the start, and a month after all goods became better by one, by number of consumers."""
    found = {}
    for size in SIZES:
        settings = {"consumers": size, "warmup": 0, "demand.review_consumers": 20_000}
        market = Market(load("three_countries", set=settings))
        listings = market.world.listings
        start = listings.qhat.copy()
        market.world.products.quality += 1.0
        market.run(30)
        found[size] = start, listings.qhat[: len(start)].copy()
    return found


@pytest.mark.parametrize("size", [10_000, 40_000])
def test_half_or_twice_the_consumers_start_with_the_same_opinion_of_goods(size, judged):
    assert np.abs(judged[size][0] - judged[20_000][0]).mean() < 0.01


@pytest.mark.parametrize("size", [10_000, 40_000])
def test_what_is_better_is_known_as_soon_among_half_or_twice_the_consumers(size, judged):
    learned = {one: np.mean(later - start) for one, (start, later) in judged.items()}
    assert learned[size] == pytest.approx(learned[20_000], rel=0.1)
