"""PyBLP finds the same Bertrand prices and shares in random markets with tastes, firms and costs of their own.

It is not among the locked dependencies: `pip install 'entrepot[peers]'` brings it.
"""

import warnings

import numpy as np
import pytest

from abm.study.validation.demand import Bertrand

pyblp = pytest.importorskip("pyblp", reason="PyBLP is not installed; pip install 'entrepot[peers]' brings it")

SEEDS = range(200)
NEAR = 1e-8
COEFFICIENTS = {"constant": 1.0, "price": -1.0, "price_v": 0.25, "x": 0.8, "x_w": 0.5}


def a_market(seed):
    """Offers of random firms, and random types of consumers."""
    rng = np.random.default_rng(seed)
    offers, types = int(rng.integers(2, 9)), int(rng.integers(1, 12))
    return {
        "x": rng.uniform(0, 2, offers),
        "xi": rng.normal(0, 0.5, offers),
        "c": rng.uniform(0.5, 3, offers),
        "firm": rng.integers(0, 4, offers),
        "v": rng.uniform(-1.5, 1.5, types),
        "w": rng.uniform(-2, 2, types),
        "weight": rng.dirichlet(np.ones(types)),
    }


def theirs(markets):
    """Prices and shares of all markets, by PyBLP."""
    pyblp.options.verbose = False
    offers, types = ([len(market[name]) for market in markets] for name in ("c", "v"))
    joined = {name: np.concatenate([market[name] for market in markets]) for name in markets[0]}
    ids = np.repeat(np.arange(len(markets)), offers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        simulation = pyblp.Simulation(
            product_formulations=(pyblp.Formulation("1 + prices + x"), pyblp.Formulation("0 + prices + x")),
            product_data={"market_ids": ids, "firm_ids": joined["firm"], "x": joined["x"]},
            agent_data={
                "market_ids": np.repeat(np.arange(len(markets)), types),
                "weights": joined["weight"],
                "nodes": np.column_stack([joined["v"], joined["w"]]),
            },
            beta=[COEFFICIENTS[name] for name in ("constant", "price", "x")],
            sigma=np.diag([COEFFICIENTS["price_v"], COEFFICIENTS["x_w"]]),
            xi=joined["xi"],
        )
        found = simulation.replace_endogenous(costs=joined["c"], iteration=pyblp.Iteration("simple", {"atol": 1e-14}))
    prices, shares = found.product_data.prices.ravel(), found.product_data.shares.ravel()
    cuts = np.cumsum(offers)[:-1]
    return zip(np.split(prices, cuts), np.split(shares, cuts), strict=True)


def ours(market):
    """Prices and shares of one market, by a case of the family."""
    says = {name: market[name].tolist() for name in ("x", "xi", "c", "firm")}
    people = {name: market[name].tolist() for name in ("v", "w", "weight")}
    found = Bertrand.model_validate({**says, "consumers": people, "coefficients": COEFFICIENTS}).find()
    return found["prices"], found["shares"]


def test_prices_and_shares_of_random_markets_are_the_same():
    markets = [a_market(seed) for seed in SEEDS]
    gaps = []
    for market, (prices, shares) in zip(markets, theirs(markets), strict=True):
        own_prices, own_shares = ours(market)
        gaps.append(max(np.abs(own_prices - prices).max(), np.abs(own_shares - shares).max()))
    assert len(gaps) == len(SEEDS)
    assert max(gaps) < NEAR, f"seed {int(np.argmax(gaps))}: {max(gaps)}"
