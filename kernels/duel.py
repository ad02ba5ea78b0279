"""Two sellers who learn what to charge by nothing but the market's Q-learning, until neither changes his mind."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.chance import Stream, counter, draw, uniform64
from kernels.compiled import kernel
from kernels.functions import exp
from kernels.pricing import best_move, learn_moves

F8 = NDArray[np.float64]
EXPLORE = counter(Stream.EXPLORE)


@kernel
def duel(
    name: np.uint64,
    seed: np.uint64,
    profit: F8,
    rate: float,
    discount: float,
    decay: float,
    patience: int,
    longest: int,
    value: F8,
) -> tuple[int, int]:
    """Let two sellers learn against each other; returned: the last period and the stance they are in then.

    profit[mine, other's] of a period; `rate` and `discount` of learning; any move is tried with chance
    exp(-`decay` period). A stance is the pair of moves of the period before, first seller's x moves + second's.
    It ends when no best move has changed for `patience` periods, or after `longest`. Written: value[seller, stance,
    move], on entry what they believe first. Calvano, Calzolari, Denicolo and Pastorello (2020), AER 110(10).
    """
    moves = profit.shape[0]
    rows, words = np.arange(2).astype(np.int32), np.empty((2, 2), np.uint32)
    stance, last_stance, last_move = np.empty(2, np.int16), np.empty(2, np.int16), np.empty(2, np.int8)
    reward, believed = np.empty(2), np.empty(2, np.int64)
    luck = draw(seed, name, np.uint32(0), EXPLORE)
    last_stance[:] = int(uniform64(luck[0]) * (moves * moves))
    last_move[0], last_move[1] = int(uniform64(luck[1]) * moves), int(uniform64(luck[2]) * moves)
    lasted = 0
    for period in range(1, longest + 1):
        reward[0], reward[1] = profit[last_move[0], last_move[1]], profit[last_move[1], last_move[0]]
        stance[:] = last_move[0] * moves + last_move[1]
        words[0, 0], words[0, 1], words[1, 0], words[1, 1] = draw(seed, name, np.uint32(period), EXPLORE)
        was = np.int16(last_stance[0])
        believed[0], believed[1] = best_move(value[0, was]), best_move(value[1, was])
        explore = exp(-decay * period)
        learn_moves(0, 2, rows, stance, reward, words, rate, discount, explore, value, last_stance, last_move)
        changed = best_move(value[0, was]) != believed[0] or best_move(value[1, was]) != believed[1]
        lasted = 0 if changed else lasted + 1
        if lasted >= patience:
            break
    return period, last_move[0] * moves + last_move[1]


@kernel
def lasting_profit(stance: int, profit: F8, value: F8) -> float:
    """Mean profit of both sellers a period, once each only does what he knows best, from a stance on.

    profit and value as of `duel`. After as many periods as there are stances they go round; one round is averaged.
    """
    moves = profit.shape[0]
    for _ in range(moves * moves):
        stance = best_move(value[0, stance]) * moves + best_move(value[1, stance])
    first, total, periods = stance, 0.0, 0
    while periods == 0 or stance != first:
        one, other = best_move(value[0, stance]), best_move(value[1, stance])
        total += 0.5 * (profit[one, other] + profit[other, one])
        stance, periods = one * moves + other, periods + 1
    return total / periods


@kernel
def duels(
    start: int,
    stop: int,
    seed: np.uint64,
    profit: F8,
    rate: float,
    discount: float,
    decay: float,
    patience: int,
    longest: int,
    lasting: F8,
    periods: NDArray[np.int64],
) -> None:
    """Live the duels `start` to `stop`, which differ in chance alone.

    As `duel`; at first a move is believed to be worth what it earns for ever against a rival who does anything.
    Written by duel: `lasting` profit, and the `periods` it took.
    """
    moves = profit.shape[0]
    value = np.empty((2, moves * moves, moves))
    for session in range(start, stop):
        for move in range(moves):
            value[:, :, move] = profit[move].sum() / (moves * (1.0 - discount))
        name = np.uint64(session)
        periods[session], stance = duel(name, seed, profit, rate, discount, decay, patience, longest, value)
        lasting[session] = lasting_profit(stance, profit, value)
