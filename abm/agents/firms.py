"""Firms as Mesa agents: each a view of its row, with decisions that a class of one's own may take otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from abm.agents.trade import Chain, Node, Offer, views
from abm.agents.views import View
from abm.world import KINDS, World

if TYPE_CHECKING:
    from abm.model import Market


class IdsOnModel:
    """Numbers agents from the model's own counter, so that no class keeps a finished model alive."""

    def __getitem__(self, model: Any) -> Iterator[int]:
        number: int = model.agent_id_counter
        model.agent_id_counter += 1
        return iter((number,))


class Firm(View, mesa.Agent, shows="firms"):
    """A company; the columns of its row are its attributes, and what its class adds in names with an underscore."""

    model: Market
    _ids = IdsOnModel()

    def __init__(self, model: Market, row: int) -> None:
        self.row = row
        super().__init__(model)

    @classmethod
    def _keeps(cls, name: str) -> bool:
        return name.startswith("_")

    @property
    def world(self) -> World:  # type: ignore[override]
        """The world whose row this is."""
        return self.model.world

    @property
    def kind_name(self) -> str:
        """Which of the nine kinds it is, in words."""
        return KINDS[self.kind]

    @property
    def country_name(self) -> str:
        """Where it sits, in words."""
        return self._word("countries", self.country)

    @property
    def cash(self) -> int:
        """Its cash in US cents: the balance of its account."""
        return int(self.world.accounts.balance_cents[self.account])

    @property
    def chains(self) -> list[Chain]:
        """The chains that it is in."""
        members, chains = self.world.members, self.world.chains
        mine = np.zeros(len(chains), bool)
        mine[members.chain[(members.firm == self.row) & (members.alive > 0)]] = True
        return views(Chain, self.world, mine & (chains.alive > 0))

    @property
    def offers(self) -> list[Offer]:
        """The offers by which it sells."""
        offers = self.world.offers
        return views(Offer, self.world, self.world.listings.seller[offers.listing] == self.row)

    @property
    def nodes(self) -> list[Node]:
        """The points where it stocks goods of its own."""
        return views(Node, self.world, self.world.nodes.firm == self.row)

    def price(self, offer: Offer, proposed: float) -> float:
        """The price in USD cents that it would like for an offer under review, given what its rule proposes."""
        return proposed

    def order(self, node: Node, proposed: float) -> float:
        """Units to order for a stocking point under review, given what its rule proposes."""
        return proposed

    def forecast(self, node: Node, proposed: float) -> float:
        """Units a day that it expects to be asked for at a stocking point, given what its rule proposes."""
        return proposed

    def remove(self) -> None:
        """Refused: a firm leaves the market by turnover, which settles what it owes.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            f"{self.name} leaves by turnover, which settles its claims; to stop it, set its capacity to 0"
        )
