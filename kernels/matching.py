"""Who is served when more is ordered from a stocking point than it holds: the smallest lots."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import kernel

ENOUGH = np.int64(-1)
NOTHING = np.int64(-2)


@kernel
def before(lot: np.uint32, name: np.uint64, other_lot: np.uint32, other_name: np.uint64) -> np.bool_:
    """Whether the first order is served before the other: the smaller lot, between equal lots the smaller identity."""
    return lot < other_lot or (lot == other_lot and name < other_name)


@kernel
def swap(lots: NDArray[np.uint32], names: NDArray[np.uint64], a: int, b: int) -> None:
    """Exchange the orders at `a` and `b`; `lots` and `names` are by place in the queue."""
    lots[a], lots[b] = lots[b], lots[a]
    names[a], names[b] = names[b], names[a]


@kernel
def middle_first(lots: NDArray[np.uint32], names: NDArray[np.uint64], low: int, high: int) -> int:
    """Put the orders at `low`, halfway and `high` in order among themselves; return the place halfway."""
    half = (low + high) >> 1
    if before(lots[half], names[half], lots[low], names[low]):
        swap(lots, names, half, low)
    if before(lots[high], names[high], lots[low], names[low]):
        swap(lots, names, high, low)
    if before(lots[high], names[high], lots[half], names[half]):
        swap(lots, names, high, half)
    return half


@kernel
def last_served(lots: NDArray[np.uint32], names: NDArray[np.uint64], units: int) -> None:
    """Reorder a queue so that place `units - 1` holds the last order that `units` units serve.

    `lots` and `names` (identities) are by place in the queue and written; the pairs are distinct and
    1 <= units <= length. Quickselect with the median of three (Hoare 1961, Algorithm 65).
    """
    low = 0
    high = lots.shape[0] - 1
    wanted = units - 1
    while low < high:
        half = middle_first(lots, names, low, high)
        lot = lots[half]
        name = names[half]
        i = low
        j = high
        while i <= j:
            while before(lots[i], names[i], lot, name):
                i += 1
            while before(lot, name, lots[j], names[j]):
                j -= 1
            if i <= j:
                swap(lots, names, i, j)
                i += 1
                j -= 1
        if wanted <= j:
            high = j
        elif wanted >= i:
            low = i
        else:
            return


@kernel
def short_queues(node: NDArray[np.int32], stock: NDArray[np.int64], place: NDArray[np.int64]) -> np.int64:
    """Lay out the queues of the nodes that are short of stock, one after the other; return their length together.

    `node` is by order (-1 orders nothing), `stock` (units) by node. Written by node: `place`, where the queue
    starts, or `ENOUGH` where everybody is served.
    """
    place[:] = 0
    for i in range(node.shape[0]):
        if node[i] >= 0:
            place[node[i]] += 1
    length = np.int64(0)
    for k in range(stock.shape[0]):
        wanted = place[k]
        place[k] = ENOUGH if wanted <= stock[k] else length
        length += 0 if wanted <= stock[k] else wanted
    return length


@kernel
def queue_up(
    node: NDArray[np.int32],
    lot: NDArray[np.uint32],
    identity: NDArray[np.uint64],
    place: NDArray[np.int64],
    lots: NDArray[np.uint32],
    names: NDArray[np.uint64],
) -> None:
    """Copy the orders of short nodes into their queues `lots` and `names`; `place[node]` moves to the end of each."""
    for i in range(node.shape[0]):
        if node[i] >= 0 and place[node[i]] >= 0:
            at = place[node[i]]
            lots[at] = lot[i]
            names[at] = identity[i]
            place[node[i]] = at + 1


@kernel
def margins(
    stock: NDArray[np.int64], place: NDArray[np.int64], lots: NDArray[np.uint32], names: NDArray[np.uint64]
) -> None:
    """Find the last order served at each short node.

    `stock` (units) and `place` are by node, `lots` and `names` hold the queues one after the other. On entry `place`
    is the end of a short node's queue; written: where its last served order stands, or `NOTHING` without stock.
    """
    start = np.int64(0)
    for k in range(stock.shape[0]):
        if place[k] != ENOUGH:
            end = place[k]
            if stock[k] > 0:
                last_served(lots[start:end], names[start:end], stock[k])
            place[k] = start + stock[k] - 1 if stock[k] > 0 else NOTHING
            start = end


@kernel
def match(
    node: NDArray[np.int32],
    lot: NDArray[np.uint32],
    identity: NDArray[np.uint64],
    stock: NDArray[np.int64],
    filled: NDArray[np.uint8],
) -> None:
    """Serve one-unit orders from the stock of their nodes; write `filled` by order (1 served, 0 not).

    `node` (-1 orders nothing), `lot` and `identity` are by order, and the pairs (lot, identity) at a node are
    distinct; `stock` (units, never below 0) is by node and left as it is. Where orders do not exceed the stock all
    are served, elsewhere exactly `stock` of them, those with the smallest (lot, identity): the same ones in
    whatever order the rows come.
    """
    place = np.empty(stock.shape[0], np.int64)
    length = short_queues(node, stock, place)
    lots = np.empty(length, np.uint32)
    names = np.empty(length, np.uint64)
    queue_up(node, lot, identity, place, lots, names)
    margins(stock, place, lots, names)
    for i in range(node.shape[0]):
        last = place[node[i]] if node[i] >= 0 else NOTHING
        if last >= 0:
            filled[i] = not before(lots[last], names[last], lot[i], identity[i])
        else:
            filled[i] = last == ENOUGH
