"""Firms as Mesa agents: each a view of its row, with no state of its own."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from abm.standing import Firms
from abm.world import KINDS, World

if TYPE_CHECKING:
    from abm.model import Market

PLAIN = {"model", "row", "unique_id", "pos"}


class IdsOnModel:
    """Numbers agents from a counter that the model keeps, so that no class keeps a finished model alive."""

    def __getitem__(self, model: Any) -> count[int]:
        numbers: count[int] = model.__dict__.setdefault("_agent_numbers", count(1))
        return numbers


class Cell:
    """One column as an attribute of the agents of a table: reads and writes their row."""

    def __init__(self, name: str, doc: str) -> None:
        self.name, self.__doc__ = name, doc

    def __get__(self, agent: Firm | None, owner: type | None = None) -> Any:
        if agent is None:
            return self
        value = getattr(agent.world.firms, self.name)[agent.row]
        return value if isinstance(value, np.ndarray) else value.item()

    def __set__(self, agent: Firm, value: Any) -> None:
        getattr(agent.world.firms, self.name)[agent.row] = value


class Firm(mesa.Agent):
    """A company; the columns of its row are its attributes."""

    _ids = IdsOnModel()

    def __init__(self, model: Market, row: int) -> None:
        super().__init__(model)
        self.row = row

    def __setattr__(self, name: str, value: Any) -> None:
        if name in PLAIN or name.startswith("_") or name in Firms.columns:
            object.__setattr__(self, name, value)
            return
        known = ", ".join(sorted(Firms.columns))
        raise AttributeError(f"a firm has no column {name!r}, so the value would be lost; it has {known}")

    @property
    def world(self) -> World:
        """The world whose row this is."""
        world: World = self.model.world
        return world

    @property
    def name(self) -> str:
        """Its name."""
        return self.world.names["firms"][self.row]

    @property
    def kind_name(self) -> str:
        """Which of the nine kinds it is, in words."""
        return KINDS[self.world.firms.kind[self.row]]

    @property
    def cash(self) -> int:
        """Its cash in US cents: the balance of its account."""
        return int(self.world.accounts.balance_cents[self.world.firms.account[self.row]])

    @property
    def chains(self) -> list[str]:
        """Names of the chains that it is in."""
        members = self.world.members
        rows = np.unique(members.chain[(members.firm == self.row) & (members.alive > 0)])
        return [self.world.names["chains"][row] for row in rows.tolist()]

    @property
    def offers(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Rows of the offers that it sells by."""
        return np.flatnonzero(self.world.listings.seller[self.world.offers.listing] == self.row)


for _name, _spec in Firms.columns.items():
    setattr(Firm, _name, Cell(_name, f"{_spec.doc} ({_spec.unit})"))
