"""What firms trade in and stand in, seen one by one: chains with their members, offers, stocking points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from abm.agents.views import View
from abm.world import MODES, World

if TYPE_CHECKING:
    from abm.agents.firms import Firm


class Plain(View):
    """A view that is not an agent."""

    def __init__(self, world: World, row: int) -> None:
        self.world, self.row = world, int(row)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and other.world is self.world and other.row == self.row

    def __hash__(self) -> int:
        return hash((type(self), id(self.world), self.row))

    def _firm(self, row: int) -> Firm:
        firm: Firm = self.world.agents[row]
        return firm


class Chain(Plain, shows="chains"):
    """A supply chain."""

    @property
    def members(self) -> list[Firm]:
        """The firms that take part in it: from raw material to the seller, then those who serve them."""
        of = self.world.members
        rows = np.flatnonzero((of.chain == self.row) & (of.alive > 0))
        order = rows[np.lexsort((of.firm[rows], -of.tier[rows]))]
        return [self._firm(row) for row in dict.fromkeys(of.firm[order].tolist())]

    @property
    def category_name(self) -> str:
        """What it makes, in words."""
        return self._word("categories", self.category)


class Node(Plain, shows="nodes"):
    """A stocking point."""

    @property
    def owner(self) -> Firm:
        """Whose goods stand there."""
        return self._firm(self.firm)

    @property
    def country_name(self) -> str:
        """Where it is, in words."""
        return self._word("countries", self.country)

    @property
    def demand_expected(self) -> float:
        """Units a day expected over lead time, review and cover."""
        return float(self.forecast * self.season)

    @property
    def position(self) -> int:
        """Units on hand and ordered, less what is owed to buyers."""
        return int(self.on_hand + self.coming - self.owed)


class Offer(Plain, shows="offers"):
    """One seller's product in one market, in one way of fulfilment."""

    @property
    def seller(self) -> Firm:
        """Who sells."""
        return self._firm(self.world.listings.seller[self.listing])

    @property
    def market(self) -> str:
        """Where it is on offer."""
        return self._word("countries", self.dest)

    @property
    def mode_name(self) -> str:
        """How it is fulfilled, in words."""
        return MODES[self.mode]

    @property
    def stock(self) -> Node:
        """Where its goods stand."""
        return Node(self.world, self.node)

    @property
    def unit_cents(self) -> float:
        """Average landed cost of a unit on the shelf, USD cents."""
        return float(self.stock.cost_cents)


def views(kind: type[Any], world: World, mask: Any) -> list[Any]:
    """A view of each row where the mask holds."""
    return [kind(world, row) for row in np.flatnonzero(mask).tolist()]
