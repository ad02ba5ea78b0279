"""How goods change place and money changes hands: every flow subtracts in one place what it adds in another."""

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import kernel

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

DONE = -1


@kernel
def post(payer: I4, payee: I4, amount: I8, balance: I8) -> int:
    """Move ``amount[i]`` cents from account ``payer[i]`` to account ``payee[i]``, in row order.

    payer, payee: int32[postings]; amount: int64[postings], not negative; balance: int64[accounts], written.
    The sum of ``balance`` does not change. Returns -1, or the first row with a negative amount (nothing is posted).
    """
    for i in range(len(amount)):
        if amount[i] < 0:
            return i
    for i in range(len(amount)):
        balance[payer[i]] -= amount[i]
        balance[payee[i]] += amount[i]
    return DONE


@kernel
def move(source_row: I4, target_row: I4, units: I8, source: I8, target: I8) -> int:
    """Move ``units[i]`` from ``source[source_row[i]]`` to ``target[target_row[i]]``, in row order.

    source_row, target_row: int32[moves]; units: int64[moves], not negative; source, target: int64 columns, written.
    The sum of ``source`` and ``target`` does not change. Returns -1, or the first row that would take more than there
    is (rows before it are moved).
    """
    for i in range(len(units)):
        if units[i] < 0 or source[source_row[i]] < units[i]:
            return i
        source[source_row[i]] -= units[i]
        target[target_row[i]] += units[i]
    return DONE


@kernel
def create(row: I4, units: I8, position: I8, counter: I8) -> int:
    """Add ``units[i]`` to ``position[row[i]]`` and, as its reason, to ``counter[row[i]]``.

    row: int32[moves]; units: int64[moves], not negative; position, counter: int64 columns, written.
    ``position - counter`` does not change. Returns -1, or the first row with negative units (rows before it are added).
    """
    for i in range(len(units)):
        if units[i] < 0:
            return i
        position[row[i]] += units[i]
        counter[row[i]] += units[i]
    return DONE


@kernel
def average(node: I4, units: I8, value: I8, on_hand: I8, cost: F8) -> None:
    """Blend what arrives into the average cost of what is on hand, before it is added there.

    node: int32[moves]; units: int64[moves]; value: int64[moves], cents in all; on_hand: int64[nodes], given;
    cost: float64[nodes], cents a unit, written. What reaches one node in several rows is summed first, in whole units
    and cents: the order of rows does not matter, and the value of the stock grows by what arrived.
    """
    arrived, worth = np.zeros_like(on_hand), np.zeros_like(on_hand)
    for i in range(len(units)):
        if units[i] > 0:
            arrived[node[i]] += units[i]
            worth[node[i]] += value[i]
    for n in range(len(on_hand)):
        if arrived[n] > 0:
            here = np.float64(max(on_hand[n], 0))
            cost[n] = (here * cost[n] + np.float64(worth[n])) / (here + np.float64(arrived[n]))


@kernel
def tally(row: I4, amount: I8, total: I8) -> None:
    """Add ``amount[i]`` to ``total[row[i]]``; rows below 0 are passed over.

    row: int32[n]; amount: int64[n]; total: int64 column, written. An integer sum: the order of rows does not matter.
    """
    for i in range(len(row)):
        if row[i] >= 0:
            total[row[i]] += amount[i]
