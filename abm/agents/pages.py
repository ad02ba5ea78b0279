"""A page as its reader sees it: what stands in its slots, and which of them tastes and luck have drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.agents.trade import Offer
from abm.columns import F8
from abm.world import World
from kernels.choice import page_utilities


@dataclass(frozen=True)
class Page:
    """One page in the hands of one consumer; `drawn` is the slot that they would take, None for nothing."""

    world: World
    row: int
    consumer: int
    drawn: int | None

    def __len__(self) -> int:
        return int(self.world.pages.filled[self.row])

    def offers(self, slot: int) -> list[Offer]:
        """The offers of the listing in a slot, one for each way of fulfilment."""
        rows = self.world.listings.offer[self.world.pages.listing[self.row, slot]]
        return [Offer(self.world, row) for row in rows[rows >= 0].tolist()]

    @property
    def prices(self) -> list[float]:
        """The landed price in each slot, in usual prices of the market and category."""
        return self._feature(2)

    @property
    def days(self) -> list[float]:
        """The usual days to the door in each slot."""
        return self._feature(3)

    @property
    def qualities(self) -> list[float]:
        """The quality in each slot as claim and reviews tell it."""
        return self._feature(1)

    @property
    def utilities(self) -> F8:
        """What each slot is worth to the consumer, against nothing at 0."""
        world, found = self.world, np.empty(len(self))
        taste = world.consumers.taste[self.consumer]
        page_utilities(world.pages.feature[self.row], world.pages.seller[self.row], len(self), taste,
                       int(world.consumers.last_seller[self.consumer]), found)  # fmt: skip
        return found + np.float64(taste[6])

    def _feature(self, place: int) -> list[float]:
        found: list[float] = self.world.pages.feature[self.row, : len(self), place].tolist()
        return found
