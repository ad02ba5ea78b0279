"""Prices at which nobody wants another, against closed forms and the conditions that they must meet."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import bertrand, pricing

NEAR = 2e-14
seeds = st.integers(0, 2**32 - 1)


def a_market(seed, offers=5, types=4):
    rng = np.random.default_rng(seed)
    weight = rng.dirichlet(np.ones(types))
    cost, firm = rng.uniform(0.5, 3, offers), rng.integers(0, 3, offers)
    holds = (firm[:, None] == firm).astype(float)
    return cost, rng.normal(2, 1, (types, offers)), rng.uniform(0.8, 1.6, types), weight, holds


def settled(cost, liking, slope, weight, holds, lam=1.0):
    price, offers = cost.copy(), len(cost)
    share, own, cross = np.empty(offers), np.empty(offers), np.empty((offers, offers))
    steps = bertrand.nash(cost, liking, slope, weight, holds, lam, NEAR, price, share, own, cross)
    assert steps > 0
    return price, share, own, cross


def shares_at(price, liking, slope, weight, lam):
    offers = len(price)
    share, own, cross = np.empty(offers), np.empty(offers), np.empty((offers, offers))
    surplus = bertrand.demand(price, liking, slope, weight, lam, share, own, cross)
    return share, surplus, cross - np.diag(own)


@given(seeds, st.sampled_from([0.3, 0.7, 1.0]))
def test_slopes_are_those_of_the_shares_and_surplus_falls_by_what_is_bought(seed, lam):
    cost, liking, slope, weight, _ = a_market(seed)
    price, step = cost + 1.0, 1e-5
    share, _, slopes = shares_at(price, liking, slope, weight, lam)
    for k in range(len(cost)):
        moved = step * (np.arange(len(cost)) == k)
        up, more, _ = shares_at(price + moved, liking, slope, weight, lam)
        down, less, _ = shares_at(price - moved, liking, slope, weight, lam)
        assert (up - down) / (2 * step) == pytest.approx(slopes[:, k], abs=1e-8)
        assert (more - less) / (2 * step) == pytest.approx(-share[k], abs=1e-8)


@pytest.mark.large
@given(seeds, st.sampled_from([0.3, 0.7, 1.0]))
def test_no_owner_gains_by_any_other_price(seed, lam):
    cost, liking, slope, weight, holds = a_market(seed)
    price, share, own, cross = settled(cost, liking, slope, weight, holds, lam)
    gain = share + (holds * (cross - np.diag(own))).T @ (price - cost)
    assert gain == pytest.approx(np.zeros(len(cost)), abs=1e-12)
    for j in range(len(cost)):
        mine = holds[j]
        best = mine @ (share * (price - cost))
        for factor in (0.9, 0.99, 1.01, 1.1):
            other = np.where(np.arange(len(cost)) == j, price * factor, price)
            assert mine @ (shares_at(other, liking, slope, weight, lam)[0] * (other - cost)) < best


@given(seeds, st.sampled_from([0.3, 0.7, 1.0]))
def test_with_one_type_of_shoppers_the_markets_best_response_repeats_itself_there(seed, lam):
    cost, liking, slope, weight, holds = a_market(seed, types=1)
    price, share, _, _ = settled(cost, liking, slope, weight, holds, lam)
    mine = holds @ share
    for j in range(len(cost)):
        given_to = (price[j], cost[j], 0.0, 0.0, 1.0, slope[0], mine[j] / share.sum(), mine[j], lam)
        assert pricing.best_response(*given_to) == pytest.approx(price[j], rel=1e-12)


def test_a_merger_raises_the_prices_of_who_merges_and_joint_monopoly_all():
    cost, liking, slope, weight, _ = a_market(3)
    alone = settled(cost, liking, slope, weight, np.eye(5))[0]
    pair = np.eye(5)
    pair[0, 1] = pair[1, 0] = 1.0
    merged = settled(cost, liking, slope, weight, pair)[0]
    joint = settled(cost, liking, slope, weight, np.ones((5, 5)))[0]
    assert (merged > alone).all()
    assert (merged - alone)[:2].min() > (merged - alone)[2:].max()
    assert (joint > merged).all()


def test_prices_that_do_not_settle_are_told():
    nothing = np.zeros((1, 1))
    room = np.empty(1), np.empty(1), np.empty((1, 1))
    steps = bertrand.nash(np.ones(1), nothing, np.ones(1), np.ones(1), np.ones((1, 1)), 1.0, -1.0, np.ones(1), *room)
    assert steps == -1
