"""Two who learn to price: the rule of the market, lived period by period, and what it settles at."""

import numpy as np
import pytest

from kernels import chance, duel

PROFIT = np.array([[1.0, 3.0], [0.0, 2.0]])
"""Undercutting pays whatever the other does: a dilemma."""
SEED = np.uint64(5)


def lived(rate, discount, decay, periods, name=0, patience=10**9):
    """The same, in plain Python: what both believe, the last period and the last stance."""
    value, lasted = np.zeros((2, 4, 2)), 0
    luck = [chance.uniform64(word) for word in chance.draw(SEED, np.uint64(name), np.uint32(0), duel.EXPLORE)]
    before, move = int(luck[0] * 4), [int(luck[1] * 2), int(luck[2] * 2)]
    for period in range(1, periods + 1):
        best_before = value.argmax(axis=2)
        now = 2 * move[0] + move[1]
        reward = PROFIT[move[0], move[1]], PROFIT[move[1], move[0]]
        words = chance.draw(SEED, np.uint64(name), np.uint32(period), duel.EXPLORE)
        for firm in range(2):
            known = value[firm, before, move[firm]]
            best = value[firm, now].max()
            value[firm, before, move[firm]] = known + rate * (reward[firm] + discount * best - known)
        for firm in range(2):
            move[firm] = int(value[firm, now].argmax())
            if chance.uniform64(words[2 * firm]) < np.exp(-decay * period):
                move[firm] = int(chance.uniform64(words[2 * firm + 1]) * 2)
        before = now
        lasted = lasted + 1 if (value.argmax(axis=2) == best_before).all() else 0
        if lasted == patience:
            break
    return value, period, 2 * move[0] + move[1]


@pytest.mark.parametrize("periods", [1, 2, 50, 400])
def test_they_learn_as_q_learning_says(periods):
    value = np.zeros((2, 4, 2))
    last, _ = duel.duel(np.uint64(0), SEED, PROFIT, 0.2, 0.6, 0.02, 10_000, periods, value)
    assert last == periods
    assert value == pytest.approx(lived(0.2, 0.6, 0.02, periods)[0], rel=1e-12)


@pytest.mark.large
def test_who_does_not_care_for_tomorrow_undercuts():
    lasting, periods = np.empty(20), np.empty(20, np.int64)
    duel.duels(0, 20, SEED, PROFIT, 0.2, 0.0, 0.001, 2000, 100_000, lasting, periods)
    assert (lasting == 1.0).all()
    assert (periods < 100_000).all()
    assert (periods >= 2000).all()


def test_each_duel_is_lived_apart_from_what_moves_earn_against_a_rival_who_does_anything():
    hunt = np.array([[1.0, 1.2], [0.0, 2.1]])  # a stag for two, a hare for one: what they settle at is by chance
    lasting, periods = np.full(4, -1.0), np.full(4, -1)
    duel.duels(1, 3, SEED, hunt, 0.2, 0.6, 0.02, 40, 400, lasting, periods)
    assert (lasting[[0, 3]] == -1).all()
    assert (periods[[0, 3]] == -1).all()
    assert lasting[1] != lasting[2]
    for name in (1, 2):
        value = np.tile(np.array([1.1, 1.05]) / (1 - 0.6), (2, 4, 1))
        last, stance = duel.duel(np.uint64(name), SEED, hunt, 0.2, 0.6, 0.02, 40, 400, value)
        assert (periods[name], lasting[name]) == (last, duel.lasting_profit(stance, hunt, value))


def test_it_ends_only_when_no_mind_has_changed_for_as_long_as_asked():
    ends = set()
    for name, patience in [(0, 300), *((name, patience) for name in range(12) for patience in (1, 2, 9))]:
        value = np.zeros((2, 4, 2))
        ended = duel.duel(np.uint64(name), SEED, PROFIT, 0.2, 0.6, 0.02, patience, 100_000, value)
        assert ended == lived(0.2, 0.6, 0.02, 100_000, name, patience)[1:]
        ends.add(ended[0])
    assert len(ends) > 8


def test_profit_is_averaged_over_the_round_that_lasts():
    value = np.zeros((2, 4, 2))
    value[:, 0, 1] = 1.0  # after both undercut, both relent; after both relent, both undercut
    value[:, 3, 0] = 1.0
    value[:, 1:3, 0] = 1.0
    assert duel.lasting_profit(1, PROFIT, value) == 1.5


def test_the_lasting_profit_is_that_of_both_sellers_each_by_his_own_mind():
    value = np.zeros((2, 4, 2))
    value[0, :, 1] = 1.0  # the first always relents, the second always undercuts
    assert [duel.lasting_profit(stance, PROFIT, value) for stance in range(4)] == [1.5] * 4
    value[1, 2, 1] = 1.0  # the second relents whenever he has undercut alone
    assert [duel.lasting_profit(stance, PROFIT, value) for stance in range(4)] == [1.75] * 4
    once = np.zeros((2, 4, 2))
    once[:, 0, 1] = 1.0  # where they start tells where they end, and so does each step
    once[0, 3, 1] = once[1, 3, 1] = 1.0
    assert [duel.lasting_profit(stance, PROFIT, once) for stance in range(4)] == [2.0, 2.0, 2.0, 2.0]
