"""Price rules against their theory: cost plus, logit and nested best responses, pass-through, sticky prices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels import pricing


def shares(utility, lam):
    """Share of all and share of buyers of each offer, one nest, outside utility 0."""
    weight = np.exp(utility / lam)
    inside = weight / weight.sum()
    bought = weight.sum() ** lam / (1 + weight.sum() ** lam)
    return bought * inside, inside


def equilibrium(cost, delta, slope, lam=1.0, fee=0.0, intercept=0.0, per_price=1.0, owner=None):
    """List prices that answer themselves, by repeated best responses half of the way."""
    cost, delta = np.asarray(cost, float), np.asarray(delta, float)
    owner = np.arange(cost.size) if owner is None else np.asarray(owner)
    price, target = cost + 1.0, np.empty_like(cost)
    due = np.ones(cost.size, np.uint8)
    full = [np.full(cost.size, value) for value in (fee, intercept, per_price, slope)]
    for _ in range(400):
        share, inside = shares(delta - slope * (intercept + per_price * price), lam)
        own, own_inside = ([column[owner == firm].sum() for firm in owner] for column in (share, inside))
        pricing.best_responses(
            0, cost.size, price, cost, *full, np.array(own_inside), np.array(own), lam, target
        )  # fmt: skip
        pricing.sticky_prices(0, cost.size, due, price, target, 0.5, price)
    return price


@given(st.floats(1, 1e6), st.floats(0, 3), st.floats(0, 0.6))
def test_cost_plus_leaves_cost_and_markup_after_the_fee(cost, markup, fee):
    price = pricing.cost_plus(cost, markup, fee)
    assert price * (1 - fee) == pytest.approx(cost * (1 + markup), rel=1e-12)


def test_cost_plus_rows_are_its_scalar_and_leave_other_rows_alone():
    target = np.full(3, -1.0)
    pricing.cost_plus_prices(1, 3, np.full(3, 1000.0), np.array([0.0, 0.35, 1.0]), np.full(3, 0.15), target)
    assert target == pytest.approx([-1.0, 1350 / 0.85, 2000 / 0.85], rel=1e-12)


@given(st.floats(1, 1e6), st.floats(1, 1e6), st.floats(0, 1))
def test_a_sticky_price_closes_its_part_of_the_gap(price, target, speed):
    after = pricing.sticky(price, target, speed)
    assert abs(target - after) == pytest.approx((1 - speed) * abs(target - price), abs=1e-8 * (price + target))


def test_only_prices_under_review_move():
    posted = np.full(3, -1.0)
    pricing.sticky_prices(0, 3, np.array([1, 0, 1], np.uint8), np.full(3, 100.0), np.full(3, 200.0), 0.4, posted)
    assert posted == pytest.approx([140.0, 100.0, 140.0])


def test_the_logit_monopoly_price_is_known():
    assert equilibrium([1.0], [2.0], 1.0) == pytest.approx([2.56714329], abs=5e-9)


def test_the_logit_monopoly_passes_on_one_less_its_share():
    step = 1e-4
    up, down = equilibrium([1.0 + step], [2.0], 1.0), equilibrium([1.0 - step], [2.0], 1.0)
    share, _ = shares(2.0 - equilibrium([1.0], [2.0], 1.0), 1.0)
    assert (up - down) / (2 * step) == pytest.approx(1 - share, rel=1e-6)


def test_rivals_with_one_offer_each_charge_cost_and_the_plain_logit_markup():
    cost, delta, slope = np.array([1.0, 1.5, 0.7]), np.array([1.0, 2.0, 0.5]), 1.7
    price = equilibrium(cost, delta, slope)
    share, _ = shares(delta - slope * price, 1.0)
    assert price == pytest.approx(cost + 1 / (slope * (1 - share)), rel=1e-12)


@pytest.mark.parametrize("lam", [0.25, 0.4, 0.7, 1.0])
def test_no_seller_gains_by_moving_one_list_price_in_the_nest(lam):
    """Two offers of one seller among four, fee, freight, duty and VAT: the slope of profit is nought at the answer."""
    cost, delta = np.array([1.0, 1.4, 0.8, 1.2]), np.array([1.0, 1.5, 0.6, 1.1])
    owner, slope, fee, intercept, per_price = np.array([0, 0, 1, 2]), 1.7, 0.12, 0.3, 1.25
    price = equilibrium(cost, delta, slope, lam, fee, intercept, per_price, owner)

    def profit(firm, offer, step):
        moved = price.copy()
        moved[offer] += step
        share, _ = shares(delta - slope * (intercept + per_price * moved), lam)
        return (((1 - fee) * moved - cost) * share)[owner == firm].sum()

    for offer, firm in enumerate(owner):
        slope_of_profit = (profit(firm, offer, 1e-4) - profit(firm, offer, -1e-4)) / 2e-4
        assert slope_of_profit == pytest.approx(0.0, abs=1e-8)
        assert profit(firm, offer, 0.05) < profit(firm, offer, 0.0) > profit(firm, offer, -0.05)


def test_a_narrower_nest_takes_the_markup_down_and_a_larger_share_takes_it_up():
    assert pricing.markup_nest(1.7, 0.1, 0.003, 0.4) < pricing.markup_nest(1.7, 0.1, 0.003, 1.0)
    assert pricing.markup_nest(1.7, 0.3, 0.009, 0.4) > pricing.markup_nest(1.7, 0.1, 0.003, 0.4)


@pytest.mark.parametrize(
    "answerless",
    [
        (0.15, 0.0, 1.2, 0.0, 0.1, 0.01),
        (0.15, 0.0, 0.0, 1.7, 0.1, 0.01),
        (0.15, 0.0, 1.2, 1.7, 1.0, 1.0),
        (1.0, 0.0, 1.2, 1.7, 0.1, 0.01),
    ],
)
def test_the_price_is_held_where_the_condition_has_no_answer(answerless):
    assert pricing.best_response(9.0, 5.0, *answerless, 0.4) == 9.0


@pytest.mark.parametrize(("cover", "part"), [(0.0, 1.0), (30.0, 1.0), (45.0, 0.8), (60.0, 0.6), (1e9, 0.6)])
def test_goods_are_marked_down_as_they_stand_too_long(cover, part):
    assert pricing.marked_down(1000.0, cover, 30.0, 0.4) == pytest.approx(1000.0 * part)


def test_each_row_of_a_chunk_is_marked_down_by_its_own_cover():
    price, cover, target = np.array([10.0, 1000.0, 1000.0, 10.0]), np.array([60.0, 45.0, 60.0, 60.0]), np.full(4, -1.0)
    pricing.markdowns(1, 3, price, cover, 30.0, 0.4, target)
    assert target.tolist() == pytest.approx([-1.0, 800.0, 600.0, -1.0])


def test_the_nearest_rival_is_another_seller_of_the_cell_whom_shoppers_judge_alike():
    cell, seller = np.array([0, 0, 0, 0, 1], np.int32), np.array([1, 1, 2, 3, 4], np.int32)
    qhat, cheapest = np.array([0.0, 0.1, 0.5, 0.5, 0.0], np.float32), np.array([10, 11, 12, 13, 14])
    first, shelf = np.array([0, 4, 5], np.int32), np.array([3, 2, 1, 0, 4], np.int32)

    def rivals():
        found = np.empty(5, np.int64)
        pricing.nearest_rivals(0, 5, np.arange(5, dtype=np.int32), cell, first, shelf, seller, qhat, cheapest, found)
        return found.tolist()

    assert rivals() == [13, 13, 13, 12, -1]
    cheapest[3] = -1
    assert rivals() == [12, 12, 11, 12, -1]


def learned(explore, rounds, reward_of, seed=5):
    """Moves of one offer whose reward follows from its move, in one stance."""
    value, stance, move = np.zeros((1, 3, 7)), np.zeros(1, np.int16), np.full(1, -1, np.int8)
    random, moves = np.random.default_rng(seed), []
    for _ in range(rounds):
        reward = np.array([reward_of(int(move[0]))], np.float64)
        words = random.integers(0, 2**32, (1, 4), np.uint32)
        pricing.learn_moves(0, 1, np.zeros(1, np.int32), np.ones(1, np.int16), reward, words, 0.2, 0.5, explore, value,
                            stance, move)  # fmt: skip
        moves.append(int(move[0]))
    return moves, value


def test_the_first_move_is_the_middle_one_and_what_earns_most_is_learned():
    assert learned(0.0, 1, lambda move: 1.0)[0] == [3]
    moves, value = learned(0.3, 2000, lambda move: 10.0 - (move - 5) ** 2)
    assert pricing.best_move(value[0, 1]) == 5
    assert moves[-200:].count(5) > 120
    assert set(moves) == set(range(7))
    assert not value[0, 2].any()


def test_one_step_of_learning_is_that_of_the_book():
    value, stance, move = np.zeros((1, 3, 7)), np.array([2], np.int16), np.array([4], np.int8)
    value[0, 2, 4], value[0, 0, 6] = 8.0, 3.0
    words = np.full((1, 4), 2**32 - 1, np.uint32)
    pricing.learn_moves(0, 1, np.zeros(1, np.int32), np.zeros(1, np.int16), np.array([10.0]), words, 0.25, 0.9, 0.1,
                        value, stance, move)  # fmt: skip
    assert value[0, 2, 4] == pytest.approx(8.0 + 0.25 * (10.0 + 0.9 * 3.0 - 8.0))
    assert (stance[0], move[0]) == (0, 6)


SHARES = np.arange(1_000_000, 200_000, -100_000)


def declared(usual, penalty, least, taxes):
    found = np.empty(1, np.int64)
    pricing.declare_share(0, 1, SHARES, np.array([taxes]), np.array([10_000]), np.array([usual]), np.array([penalty]),
                          np.array([least]), found)  # fmt: skip
    return int(found[0])


def test_what_is_declared_weighs_duty_saved_against_inspection_and_penalty():
    taxes = [share * 4000 // 1_000_000 for share in SHARES.tolist()]
    assert declared(0.0, 10**8, 300_000, taxes) == 300_000
    assert declared(0.0, 10**8, 550_000, taxes) == 600_000
    assert declared(0.05, 10**8, 300_000, taxes) == 1_000_000
    assert declared(0.0, 0, 1_000_000, taxes) == 1_000_000
    assert declared(0.05, 10**6, 300_000, [0] * 8) == 1_000_000
    odds = [0.04 * (1 + 9 * (1 - share / 1e6)) for share in SHARES.tolist()]
    gains = [
        (1 - p) * (4000 - tax) - p * (10_000 - share / 100)
        for share, tax, p in zip(SHARES.tolist(), taxes, odds, strict=True)
    ]
    best = int(SHARES[int(np.argmax(gains))])
    assert 300_000 < best < 1_000_000
    assert declared(0.04, 10**6, 300_000, taxes) == best


def test_a_threshold_below_which_nothing_is_due_is_what_declarations_aim_at():
    taxes = [4000, 3600, 3200, 0, 0, 0, 0, 0]
    assert declared(0.01, 10**6, 300_000, taxes) == 700_000
