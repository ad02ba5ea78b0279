"""The lane kernel of choice on its own, and the same choice by other means: NumPy, C, and the usual Gumbel idioms.

All do the same work for readers of shared pages: weigh each offer of the page by exp2 of scaled utility, loyalty among
it, sum the weights up, and find the slot in which the reader's mark falls.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.choice import LANES, LOG2_E, slot_at, weigh
from kernels.compiled import kernel

F4 = NDArray[np.float32]
I4 = NDArray[np.int32]
SLOTS = 32
TASTES = 8
LAM = np.float32(0.4)


LINE = 64
"""Bytes of a line of cache."""


def aligned(values: NDArray[Any]) -> NDArray[Any]:
    """A copy that begins with a line of cache, so that no vector lies across two of them by chance."""
    room = np.empty(values.nbytes + LINE, np.uint8)
    first = -room.ctypes.data % LINE
    copy = room[first : first + values.nbytes].view(values.dtype).reshape(values.shape)
    copy[...] = values
    return copy


@dataclass(frozen=True)
class Readers:
    """Readers of pages, as many of each: tastes as they enter utility, the last seller, and a uniform to choose by.

    `feature[page, slot, 6]`, `seller[page, slot]`, `taste[reader, 8]` with the signs and scale of the lanes,
    `last[reader]`, `chance[reader]`.
    """

    feature: F4
    seller: I4
    taste: F4
    last: I4
    chance: F4
    scale: np.float32

    @property
    def each(self) -> int:
        """Readers of a page."""
        return len(self.last) // len(self.feature)

    @property
    def pairs(self) -> float:
        """Pairs of a reader and an offer."""
        return float(len(self.last) * self.feature.shape[1])

    def blocks(self) -> Iterator[tuple[int, slice]]:
        """The readers block by block, each with the page that it reads."""
        for page in range(len(self.feature)):
            for first in range(page * self.each, (page + 1) * self.each, BLOCK):
                yield page, slice(first, min(first + BLOCK, (page + 1) * self.each))

    def lanes(self, width: int, tastes: int) -> F4:
        """Tastes of blocks of `width` readers side by side, float32[block, taste, width]."""
        blocks = self.taste[:, :tastes].reshape(-1, width, tastes)
        return aligned(blocks.transpose(0, 2, 1))


def readers(pages: int, each: int, seed: int = 1) -> Readers:
    """Readers with tastes like those of the baseline, of pages with `SLOTS` offers."""
    chance = np.random.default_rng(seed)
    scale = LOG2_E / LAM
    feature = chance.normal(0.0, 0.5, (pages, SLOTS, 6)).astype(np.float32)
    feature[:, :, 2] = chance.lognormal(0.0, 0.3, (pages, SLOTS))
    feature[:, :, 3] = chance.uniform(2.0, 30.0, (pages, SLOTS))
    count = pages * each
    taste = np.ones((count, TASTES), np.float32)
    taste[:, 0] = np.abs(chance.normal(0.75, 0.25, count)) * scale
    taste[:, 1] = -chance.lognormal(0.53, 0.35, count) * scale
    taste[:, 2] = taste[:, 1] * np.float32(0.013)
    taste[:, 3] = chance.normal(0.0, 0.3, count) * scale
    taste[:, 4:6] = np.float32(0.2) * scale
    seller = chance.integers(0, 200, (pages, SLOTS)).astype(np.int32)
    last = chance.integers(-1, 200, count).astype(np.int32)
    return Readers(feature, seller, taste, aligned(last), aligned(chance.random(count, np.float32)), scale)


@kernel
def choose_lanes(
    feature: F4, seller: I4, filled: int, scale: np.float32, blocks: int, lane: F4, last: I4, chance: F4,
    buying: np.float32, weight: F4, total: F4, slot: I4,
) -> None:  # fmt: skip
    """Choose for blocks of readers, `blocks` to a page: the lane kernel with nothing around it.

    feature[page, slot, 6], seller[page, slot], the first `filled` slots; lane[block, 8, LANES], last[block, LANES],
    chance[block, LANES]; the part `buying` of readers take something. Written: weight[slot, LANES] and total[LANES] of
    the last block, slot[block, LANES] of those who take something.
    """
    for b in range(lane.shape[0]):
        page = b // blocks
        weigh(feature[page], seller[page], filled, scale, lane[b], last[b], weight, total)
        for i in range(LANES):
            if chance[b, i] < buying:
                slot[b, i] = slot_at(weight, i, filled, chance[b, i] / buying * total[i])


class Ours:
    """The lane kernel, with its readers lined up; the part `buying` of them take something."""

    def __init__(self, of: Readers, buying: float = 1.0) -> None:
        self.of, self.buying = of, np.float32(buying)
        self.lane = of.lanes(LANES, TASTES)
        self.last, self.chance = of.last.reshape(-1, LANES), of.chance.reshape(-1, LANES)
        self.weight, self.total = aligned(np.empty((SLOTS, LANES), np.float32)), aligned(np.empty(LANES, np.float32))
        self.slot = np.full(self.last.shape, -1, np.int32)

    def __call__(self) -> I4:
        """The slot that each reader takes, -1 for who takes nothing."""
        of = self.of
        choose_lanes(of.feature, of.seller, SLOTS, of.scale, of.each // LANES, self.lane, self.last, self.chance,
                     self.buying, self.weight, self.total, self.slot)  # fmt: skip
        return self.slot.reshape(-1)

    def shares(self) -> F4:
        """The share of each slot for the readers of the last block, float32[slot, reader]."""
        self()
        return shares(self.weight)


def shares(running: F4) -> F4:
    """The share of each slot, given running sums [slot, reader]."""
    return np.asarray(np.diff(running, axis=0, prepend=np.float32(0.0)) / running[-1])


BLOCK = 2048
"""Readers at once of NumPy and torch, so that their weights stay in a core's own memory; found best of 256 to 8,192."""


class ByNumpy:
    """The best form known in NumPy: products of matrices block by block, powers of two in place, sums, counts."""

    def __init__(self, of: Readers) -> None:
        self.of = of
        self.features = [np.ascontiguousarray(page[:, 1:].T) for page in of.feature]
        self.taste = np.ascontiguousarray(of.taste[:, :5])
        self.slot = np.empty(len(of.last), np.int32)
        self.value = np.empty((BLOCK, SLOTS), np.float32)

    def running(self, page: int, mine: slice) -> F4:
        """The running sums of the weights of a page for some of its readers, float32[reader, slot]."""
        of, value = self.of, self.value[: mine.stop - mine.start]
        np.matmul(self.taste[mine], self.features[page], out=value)
        value += of.feature[page, :, 0] * of.scale
        value += (of.last[mine, None] == of.seller[page]) * of.taste[mine, 5:6]
        np.exp2(np.clip(value, -126.0, 120.0, out=value), out=value)
        return np.cumsum(value, axis=1, out=value)

    def __call__(self) -> I4:
        """The slot that each reader takes."""
        of = self.of
        for page, mine in of.blocks():
            running = self.running(page, mine)
            mark = of.chance[mine] * running[:, -1]
            self.slot[mine] = (running[:, :-1] <= mark[:, None]).sum(axis=1)
        return self.slot


class ByGumbel:
    """What is usually written: utility plus a Gumbel for every pair, and the largest taken."""

    def __init__(self, of: Readers) -> None:
        self.of, self.rng = of, np.random.default_rng(2)

    def __call__(self) -> I4:
        """The slot that each reader takes, by luck of its own."""
        of, taken = self.of, []
        for page, feature in enumerate(of.feature):
            mine = slice(page * of.each, (page + 1) * of.each)
            utility = feature[:, 0] * of.scale + of.taste[mine, :5] @ feature[:, 1:].T
            utility += (of.last[mine, None] == of.seller[page]) * of.taste[mine, 5:6]
            taken.append((utility / LOG2_E + self.rng.gumbel(size=utility.shape)).argmax(axis=1))
        return np.concatenate(taken).astype(np.int32)
