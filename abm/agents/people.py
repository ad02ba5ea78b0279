"""Consumers as Mesa agents made on demand: a set of a million of them is a column of row numbers."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Any, Self

import mesa
import numpy as np
from mesa.agent import AgentSet

from abm.agents.pages import Page
from abm.agents.views import HELD, Cell, View
from abm.columns import Array
from abm.world import World

try:
    from mesa.agentset import GroupBy
except ImportError:  # before mesa 3.5
    from mesa.agent import GroupBy

if TYPE_CHECKING:
    from abm.model import Market

TASTES = ("quality", "price", "time", "style", "home", "loyalty", "propensity", "income")
"""The places of a row of taste, each an attribute of a consumer."""
FELT = frozenset({"taste", "satisfaction", "trust", "last_surplus", "bought", "spend", "speed"})
"""What may be set of a person: what they like and feel, no reference into another table."""


class Consumer(View, mesa.Agent, shows="consumers", may_set=FELT):
    """One person; a view of their row, made when it is looked at. Two views of one person are equal."""

    model: Market
    pos = None

    def __init__(self, model: Market, row: int) -> None:
        self.__dict__.update(model=model, row=row)  # nobody registers a million one by one

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Consumer) and other.model is self.model and other.row == self.row

    def __hash__(self) -> int:
        return hash((id(self.model), self.row))

    @property
    def world(self) -> World:  # type: ignore[override]
        """The world whose row this is."""
        return self.model.world

    @property
    def unique_id(self) -> int:
        """Their number in the model, from 1."""
        return self.row + 1

    @property
    def name(self) -> str:
        """Who they are, in words."""
        return f"consumer {self.row} of {self.country_name}"

    @property
    def country_name(self) -> str:
        """Where they live, in words."""
        return self._word("countries", self.country)

    def pick(self, page: Page) -> int | None:
        """The slot of a page that they take, None for nothing; what their tastes and their luck draw.

        Who finds it sold out chooses again among the rest by tastes and luck.
        """
        return page.drawn

    def remove(self) -> None:
        """Refused: how many people there are is settled by the scenario.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(f"{self.name} stays; to keep them from buying, set their propensity to -50")


for _place, _name in enumerate(TASTES):
    _whole = Consumer.taste
    assert _name not in HELD
    setattr(Consumer, _name, Cell("consumers", "taste", _whole.spec, _whole.may_set, _place))


class People(AgentSet):
    """A set of consumers in order, kept as row numbers; an agent is made of each when it is touched.

    It does what `mesa.agent.AgentSet` does, in the same order and with the same luck. A boolean array in place of a
    filter selects without making agents, and `column` gives a whole column without making any.
    """

    def __init__(self, agents: Iterable[Consumer], random: Random | None = None) -> None:
        listed = list(dict.fromkeys(agents))
        if not listed and random is None:
            warnings.warn("a set of nobody has luck of its own: give it `random`", UserWarning, stacklevel=2)
        nobody: Array = np.empty(0, np.int32)
        self._made(listed[0].model if listed else None, type(listed[0]) if listed else Consumer, nobody, random)
        self._update(listed)

    @classmethod
    def everybody(cls, market: Market, kind: type[Consumer]) -> Self:
        """All consumers of a market."""
        return cls.__new__(cls)._made(market, kind)

    def _made(
        self, market: Market | None, kind: type[Consumer], rows: Array | None = None, random: Random | None = None
    ) -> Self:
        self.market, self.kind = market, kind
        self._held: Array | None = None
        self.random = random or (market.random if market is not None else Random())
        return self if rows is None else self._kept(rows)

    @cached_property
    def rows(self) -> Array:
        """The row numbers in order; those of everybody are made when somebody first looks at them."""
        assert self.market is not None
        return np.arange(len(self.market.world.consumers), dtype=np.int32)

    def _like(self, rows: Array) -> Self:
        """A new set of the same market."""
        return type(self).__new__(type(self))._made(self.market, self.kind, rows, self.random)

    def _kept(self, rows: Array) -> Self:
        self.rows, self._held = rows, None
        return self

    def _result(self, rows: Array, inplace: bool) -> Self:
        return self._kept(rows) if inplace else self._like(rows)

    def _row(self, agent: Any) -> int:
        """The row of somebody who may be in this set.

        Raises:
            TypeError: not a consumer.
            ValueError: a consumer of another market.
        """
        if not isinstance(agent, Consumer):
            raise TypeError(f"{agent!r} is no consumer; a set of people holds consumers only")
        if agent.model is not self.market:
            raise ValueError(f"{agent!r} is of another market")
        return agent.row

    def _holds(self) -> Array:
        """For each row of the world whether it is in the set."""
        if self._held is None:
            size = len(self.market.world.consumers) if self.market is not None else 0
            self._held = np.zeros(size, bool)
            self._held[self.rows] = True
        return self._held

    @property
    def _agents(self) -> dict[Consumer, None]:
        """Agents as Mesa keeps them, for what it may add to its sets one day."""
        return dict.fromkeys(self)

    def _update(self, agents: Iterable[Consumer]) -> Self:
        listed = list(dict.fromkeys(agents))
        return self._kept(np.array([self._row(agent) for agent in listed], np.int32))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Consumer]:
        return map(self._agent, self.rows.tolist())

    def _agent(self, row: int) -> Consumer:
        assert self.market is not None
        return self.kind(self.market, row)

    def __contains__(self, agent: object) -> bool:
        mine = isinstance(agent, Consumer) and self.market is not None and agent.model is self.market
        return mine and bool(self._holds()[agent.row])  # type: ignore[attr-defined]

    def __getitem__(self, item: Any) -> Any:
        if isinstance(item, slice):
            return [self._agent(row) for row in self.rows[item].tolist()]
        return self._agent(int(self.rows[operator.index(item)]))

    def __copy__(self) -> Self:
        return self._like(self.rows.copy())

    def __getstate__(self) -> dict[str, Any]:
        return {"market": self.market, "kind": self.kind, "rows": vars(self).get("rows"), "random": self.random}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._made(**state)

    def __repr__(self) -> str:
        return f"{len(self)} x {self.kind.__name__}"

    def to_list(self) -> list[Consumer]:
        """All of them as agents."""
        return list(self)

    def index(self, value: object, start: int = 0, stop: int | None = None) -> int:
        """The place of somebody in the set.

        Raises:
            ValueError: they are not in that part of it.
        """
        if value not in self:
            raise ValueError(f"{value!r} is not in the set")
        place = int(np.flatnonzero(self.rows == value.row)[0])  # type: ignore[attr-defined]
        if place not in range(*slice(start, stop).indices(len(self))):
            raise ValueError(f"{value!r} is at {place}, which is outside")
        return place

    def count(self, value: object) -> int:
        """1 for who is in the set, else 0."""
        return int(value in self)

    def add(self, agent: Consumer) -> None:
        """Put somebody of the same market at the end, unless they are in the set already."""
        if self.market is None and isinstance(agent, Consumer):
            self.market, self.kind, self._held = agent.model, type(agent), None
        row = self._row(agent)
        if agent not in self:
            self._kept(np.append(self.rows, np.int32(row)))

    def discard(self, agent: Consumer) -> None:
        """Take somebody out of the set, if they are in it."""
        if agent in self:
            self._kept(self.rows[self.rows != agent.row])

    def remove(self, agent: Consumer) -> None:
        """Take somebody out of the set.

        Raises:
            KeyError: they are not in it.
        """
        if agent not in self:
            raise KeyError(agent)
        self.discard(agent)

    def clear(self) -> None:
        """Take everybody out of the set."""
        self._kept(self.rows[:0])

    def cell(self, name: str) -> Cell | None:
        """The column behind an attribute; None if it is no column, or if an agent's own class says otherwise."""
        found = getattr(self.kind, name, None)
        return found if isinstance(found, Cell) else None

    def column(self, name: str) -> Array:
        """A copy of one column for those in the set, in their order.

        Raises:
            AttributeError: there is no such column.
        """
        cell = self.cell(name)
        if cell is None or self.market is None:
            raise AttributeError(f"consumers have no column {name!r}")
        return np.asarray(cell.column(self.market.world)[self.rows])

    def select(
        self,
        filter_func: Callable[[Consumer], bool] | Array | None = None,
        at_most: float = float("inf"),
        inplace: bool = False,
        agent_type: type | None = None,
    ) -> Self:
        """Those who pass a filter, at most so many (a float up to 1.0 is a share of the set).

        The filter is a function of an agent, or a boolean array with a place for each of the set.

        Raises:
            ValueError: a mask of another length.
        """
        if filter_func is None and agent_type is None and at_most == float("inf"):
            return self if inplace else self.__copy__()
        if at_most <= 1.0 and isinstance(at_most, float):
            at_most = int(len(self) * at_most)
        rows = self.rows
        if agent_type is not None and not issubclass(self.kind, agent_type):
            rows = rows[:0]
        elif isinstance(filter_func, np.ndarray):
            if filter_func.dtype != bool or filter_func.shape != rows.shape:
                raise ValueError(f"a mask of {len(rows)} booleans is needed, one for each of the set")
            rows = rows[filter_func]
        elif filter_func is not None:
            rows = np.array(list(self._passing(filter_func, at_most)), np.int32)
        return self._result(rows if at_most == float("inf") else rows[: max(int(np.ceil(at_most)), 0)], inplace)

    def _passing(self, passes: Callable[[Consumer], bool], at_most: float) -> Iterator[int]:
        found = 0
        for agent in self:
            if found >= at_most:
                return
            if passes(agent):
                found += 1
                yield agent.row

    def shuffle(self, inplace: bool = False) -> Self:
        """The same people in a random order."""
        return self._result(self.rows[self._shuffled()], inplace)

    def _shuffled(self) -> Array:
        order = list(range(len(self)))
        self.random.shuffle(order)
        return np.array(order, np.int64)

    def sort(self, key: Callable[[Consumer], Any] | str, ascending: bool = False, inplace: bool = False) -> Self:
        """The same people by an attribute or a function of each, largest first unless ascending; equals stay."""
        values = self.get(key) if isinstance(key, str) and "." not in key else None
        if values is None:
            of = operator.attrgetter(key) if isinstance(key, str) else key
            values = [of(agent) for agent in self]
        order = sorted(range(len(self)), key=values.__getitem__, reverse=not ascending)
        return self._result(self.rows[np.array(order, np.int64)], inplace)

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """Call a method, or a function, on each."""
        self._each(self.rows, method, args, kwargs)
        return self

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Self:
        """Call a method, or a function, on each in a random order."""
        self._each(self.rows[self._shuffled()], method, args, kwargs)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """What a method, or a function, returns for each."""
        return self._each(self.rows, method, args, kwargs)

    def _each(self, rows: Array, method: Any, args: Any, kwargs: Any) -> list[Any]:
        agents = map(self._agent, rows.tolist())
        if isinstance(method, str):
            return [getattr(agent, method)(*args, **kwargs) for agent in agents]
        return [method(agent, *args, **kwargs) for agent in agents]

    def get(self, attr_names: str | list[str], handle_missing: str = "error", default_value: Any = None) -> list[Any]:
        """The value of an attribute for each, or a list of several; a column is read without making agents.

        Raises:
            AttributeError: somebody has no such attribute, unless `handle_missing` is "default".
            ValueError: another word than "error" or "default".
        """
        if handle_missing not in ("error", "default"):
            raise ValueError(f"handle_missing {handle_missing!r}: 'error' or 'default' is needed")
        missing = () if handle_missing == "error" else (default_value,)
        if isinstance(attr_names, str):
            return self._values(attr_names, missing)
        if not attr_names:
            return [[] for _ in self.rows]
        return [list(values) for values in zip(*(self._values(name, missing) for name in attr_names), strict=True)]

    def _values(self, name: str, missing: tuple[Any, ...]) -> list[Any]:
        if self.cell(name) is None or self.market is None:
            return [getattr(agent, name, *missing) for agent in self]
        values = self.column(name)
        return values.tolist() if values.ndim == 1 else list(values)

    def set(self, attr_name: str, value: Any) -> Self:
        """Set an attribute to one value for each; a column is written at once."""
        cell = self.cell(attr_name)
        if cell is None or self.market is None:
            for agent in self:
                setattr(agent, attr_name, value)
        else:
            cell.put(self.market.world, self.rows, value)
        return self

    def groupby(self, by: Callable[[Consumer], Any] | str, result_type: str = "agentset") -> Any:
        """Groups of people by an attribute or a function of each, in the order in which they first appear."""
        keys = self.get(by) if isinstance(by, str) else [by(agent) for agent in self]
        places: dict[Any, list[int]] = {}
        for place, key in enumerate(keys):
            places.setdefault(key, []).append(place)
        groups = {key: self._like(self.rows[np.array(found)]) for key, found in places.items()}
        return GroupBy(groups if result_type == "agentset" else {key: list(one) for key, one in groups.items()})
