"""What one row of a table looks like from outside: its columns are attributes, and nothing else can be set on it."""

from __future__ import annotations

from collections.abc import Set
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from abm.columns import Array, Column
from abm.world import STANDING, World

HELD = {"model", "world", "row", "unique_id", "pos"}
"""What a view is made of, apart from the columns."""


class Cell:
    """One column, or one place in each of its rows, as an attribute of a view.

    Whoever sets it moves the base on which dated changes work as well, so that the value stays when they end.
    """

    def __init__(self, table: str, name: str, spec: Column, may_set: Set[str], place: int | None = None) -> None:
        self.table, self.name, self.spec, self.may_set, self.place = table, name, spec, may_set, place
        self.__doc__ = f"{spec.doc} ({spec.unit})"

    def column(self, world: World) -> Array:
        """The values of all rows: the world's own array, or a view of it."""
        values: Array = getattr(getattr(world, self.table), self.name)
        return values if self.place is None else values[:, self.place]

    def fitting(self, world: World, value: Any) -> Array:
        """The value in the column's type.

        Raises:
            ValueError: it is not finite, or not a whole number where one is needed, or too large.
        """
        given, dtype = np.asarray(value), self.column(world).dtype
        unfit = f"{value!r} does not fit {self.table}.{self.name}, which holds {dtype} ({self.spec.unit})"
        if given.dtype.kind not in "biuf" or not np.isfinite(given).all():
            raise ValueError(unfit)
        with np.errstate(all="ignore"):
            cast = given.astype(dtype)
        whole = dtype.kind in "iu"
        if (whole and not np.array_equal(cast, given)) or not np.isfinite(cast).all():
            raise ValueError(unfit)
        if self.spec.unit == "yes/no" and not np.isin(cast, (0, 1)).all():
            raise ValueError(unfit)
        return cast

    def put(self, world: World, rows: Any, value: Any) -> None:
        """Set the value in some rows.

        Raises:
            AttributeError: the column is not for users to set.
        """
        if self.name not in self.may_set:
            may = ", ".join(sorted(self.may_set)) or "none of its columns"
            raise AttributeError(f"{self.table}.{self.name} follows from the day and cannot be set; you may set {may}")
        cast = self.fitting(world, value)
        self.column(world)[rows] = cast
        base = world.base.get((self.table, self.name))
        if base is not None:
            known = np.atleast_1d(np.asarray(rows))
            base[known[known < len(base)]] = cast

    def __get__(self, view: Any, owner: type | None = None) -> Any:
        if view is None:
            return self
        value = self.column(view.world)[view.row]
        return value.copy() if isinstance(value, np.ndarray) else value.item()

    def __set__(self, view: Any, value: Any) -> None:
        self.put(view.world, view.row, value)


class View:
    """A named view of one row: `class Firm(View, shows="firms")` has an attribute for each column of that table.

    It has no state of its own, so setting anything but a column is refused. `may_set` names columns that may be set
    beside those that a scenario may set.
    """

    world: World
    row: int
    table: ClassVar[str] = ""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def __init_subclass__(cls, shows: str = "", may_set: frozenset[str] = frozenset(), **others: Any) -> None:
        super().__init_subclass__(**others)
        if not shows:
            return
        cls.table = shows
        columns = STANDING[shows].columns
        may = may_set | {name for name, spec in columns.items() if spec.settable}
        for name, spec in columns.items():
            assert name not in HELD | vars(cls).keys(), f"{cls.__name__}.{name} would hide a column"
            setattr(cls, name, Cell(shows, name, spec, may))

    def __setattr__(self, name: str, value: Any) -> None:
        if name in HELD or self._keeps(name) or isinstance(getattr(type(self), name, None), Cell | property):
            object.__setattr__(self, name, value)
            return
        known = ", ".join(sorted(STANDING[self.table].columns))
        raise AttributeError(
            f"{type(self).__name__} has no column {name!r}, so the value would be lost; it has {known}"
        )

    @classmethod
    def _keeps(cls, name: str) -> bool:
        """Whether an attribute of this name outlives the moment in which it is set."""
        return False

    @property
    def name(self) -> str:
        """What its row is called."""
        return self._word(self.table, self.row)

    def _word(self, table: str, row: int) -> str:
        """What a row of a table is called."""
        return self.world.names[table][row]

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.name}"
