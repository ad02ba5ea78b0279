"""How a column is declared: once, with its type, its unit, one sentence, and whether a scenario may set it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Generic, Self, TypeVar

import numpy as np
import numpy.typing as npt

type_names = {"f8": np.float64, "f4": np.float32, "i8": np.int64, "i4": np.int32, "i2": np.int16, "i1": np.int8,
              "u8": np.uint64, "u4": np.uint32, "u2": np.uint16, "u1": np.uint8}  # fmt: skip
Array = npt.NDArray[Any]
F8 = npt.NDArray[np.float64]
F4 = npt.NDArray[np.float32]
I8 = npt.NDArray[np.int64]
I4 = npt.NDArray[np.int32]
I2 = npt.NDArray[np.int16]
I1 = npt.NDArray[np.int8]
U8 = npt.NDArray[np.uint64]
U4 = npt.NDArray[np.uint32]
U2 = npt.NDArray[np.uint16]
U1 = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Column:
    """One variable of every row of a table.

    ``axes`` names further axes whose lengths the world gives (``"category"``, ``"mode"``); ``key`` names the table
    whose rows the values point at (-1 points nowhere).
    """

    dtype: str
    unit: str
    doc: str
    default: float = 0
    axes: tuple[str, ...] = ()
    settable: bool = False
    key: str = ""


def column(
    dtype: str,
    unit: str,
    doc: str,
    *,
    default: float = 0,
    axes: tuple[str, ...] = (),
    settable: bool = False,
    key: str = "",
) -> Any:
    """Declare a column in the body of a table; at run time the attribute is the plain array."""
    return Column(dtype, unit, doc, default, axes, settable, key)


def _known(table: str, columns: Mapping[str, Column], values: Mapping[str, Any]) -> None:
    unknown = values.keys() - columns.keys()
    if unknown:
        raise KeyError(f"{table} has no column {sorted(unknown)}; it has {sorted(columns)}")


class Declared:
    """Rows of declared columns of equal length."""

    columns: Mapping[str, Column] = {}
    rows: int

    def __init_subclass__(cls) -> None:
        own = {name: value for name, value in vars(cls).items() if isinstance(value, Column)}
        cls.columns = {**cls.columns, **own}
        for name in own:
            delattr(cls, name)

    def __len__(self) -> int:
        return self.rows


class Table(Declared):
    """Rows that stand: appended, never moved; each column is a plain contiguous array."""

    axes: Mapping[str, int]

    def __init__(self, axes: Mapping[str, int] | None = None, rows: int = 0) -> None:
        self.axes = axes or {}
        self.rows = rows
        self._room: dict[str, Array] = {}
        for name, spec in self.columns.items():
            self._room[name] = self._fresh(spec, rows)
            setattr(self, name, self._room[name])

    def declare(self, name: str, spec: Column) -> None:
        """Add a column that a rule keeps for itself; every row takes its default."""
        self.columns = {**self.columns, name: spec}
        self._room[name] = self._fresh(spec, self.rows)
        setattr(self, name, self._room[name])

    def _fresh(self, spec: Column, rows: int) -> Array:
        shape = (rows, *(self.axes[axis] for axis in spec.axes))
        return np.full(shape, spec.default, type_names[spec.dtype])

    def __getstate__(self) -> dict[str, Any]:
        return {"axes": self.axes, **{name: getattr(self, name) for name in self.columns}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.axes = state.pop("axes")
        self._room = dict(state)
        self.rows = len(next(iter(state.values())))
        for name, values in state.items():
            setattr(self, name, values)

    def append(self, rows: int, /, **values: Any) -> slice:
        """Add rows and return where they stand; columns not named take their default.

        Raises:
            KeyError: a name that is not a column of this table.
        """
        _known(type(self).__name__, self.columns, values)
        first, last = self.rows, self.rows + rows
        for name, spec in self.columns.items():
            room = self._room[name]
            if last > len(room):
                room = np.empty((max(last, 2 * len(room)), *room.shape[1:]), room.dtype)
                room[:first] = self._room[name][:first]
                self._room[name] = room
            room[first:last] = values.get(name, spec.default)
            setattr(self, name, room[:last])
        self.rows = last
        return slice(first, last)

    @classmethod
    def of(cls, rows: int, /, **values: Any) -> Self:
        """A new table of these rows, without axes; columns not named take their default.

        Raises:
            KeyError: a name that is not a column of this table.
        """
        made = cls()
        made.append(rows, **values)
        return made


class Passing(Declared):
    """Rows that come and go: each is one record of plain memory, so that rows are cut and joined in one step.

    Columns are views of the records, and not contiguous.
    """

    record: np.dtype[Any]
    memory: np.dtype[Any]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.record = np.dtype([(name, type_names[spec.dtype]) for name, spec in cls.columns.items()])
        cls.memory = np.dtype((np.void, cls.record.itemsize))

    def __init__(self, slab: Array | None = None) -> None:
        self.slab = np.empty(0, self.memory) if slab is None else slab
        self.rows = len(self.slab)
        records = self.slab.view(self.record)
        vars(self).update({name: records[name] for name in self.columns})

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.columns}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(self.of(len(next(iter(state.values()))), **state).slab)  # type: ignore[misc]

    @classmethod
    def of(cls, rows: int, /, **values: Any) -> Self:
        """New rows; columns not named take their default.

        Raises:
            KeyError: a name that is not a column of these.
        """
        _known(cls.__name__, cls.columns, values)
        made = cls(np.empty(rows, cls.memory))
        for name, spec in cls.columns.items():
            getattr(made, name)[:] = values.get(name, spec.default)
        return made

    def take(self, which: Array) -> Self:
        """The rows that an index or a mask picks, in memory of their own."""
        return type(self)(self.slab[which])

    @classmethod
    def join(cls, parts: Iterable[Self]) -> Self:
        """The rows of several, in order."""
        return cls(np.concatenate([np.empty(0, cls.memory), *(part.slab for part in parts)]))


T = TypeVar("T", bound=Passing)


class Calendar(Generic[T]):
    """Rows that live and go, kept in slabs by the day on which they are due and the stage they are in."""

    def __init__(self, kind: type[T]) -> None:
        self.kind = kind
        self.slabs: dict[tuple[int, int], list[Array]] = {}

    def __len__(self) -> int:
        return sum(len(slab) for slabs in self.slabs.values() for slab in slabs)

    def put(self, rows: T, due: Array | int, stage: int) -> None:
        """File rows under their due days: one day per row, or one for all."""
        if not len(rows):
            return
        slab = rows.slab
        first, last = (due, due) if isinstance(due, int) else (due.min(), due.max())
        if isinstance(due, int) or first == last:
            self._file(slab, first, stage)
            return
        order = np.argsort((due - first).astype(np.min_scalar_type(last - first)), kind="stable")
        slab, days = slab[order], due[order]
        edges = [0, *(np.flatnonzero(days[1:] != days[:-1]) + 1).tolist(), len(rows)]
        for start, stop in pairwise(edges):
            self._file(slab[start:stop].copy(), days[start], stage)  # else the last to go keeps the memory of all

    def _file(self, slab: Array, day: int, stage: int) -> None:
        self.slabs.setdefault((int(day), int(stage)), []).append(slab)

    def _rows(self, slabs: list[Array]) -> T:
        return self.kind(np.concatenate([np.empty(0, self.kind.memory), *slabs]))

    def due(self, day: int, stage: int) -> T:
        """Take out what is due on this day in this stage, in the order in which it was filed."""
        return self._rows(self.slabs.pop((day, stage), []))

    def pull(self, which: Callable[[T], Array], stage: int) -> T:
        """Take out the rows of a stage that a mask picks, whenever due."""
        keys = sorted(key for key in self.slabs if key[1] == stage)
        slabs = [(key[0], slab) for key in keys for slab in self.slabs.pop(key)]
        days = np.repeat([day for day, _ in slabs], [len(slab) for _, slab in slabs])
        rows = self._rows([slab for _, slab in slabs])
        picked = which(rows)
        self.put(rows.take(~picked), days[~picked], stage)
        return rows.take(picked)

    def every(self) -> list[tuple[int, int, T]]:
        """Everything that is filed, as (due day, stage, rows), earliest first."""
        filed = sorted(self.slabs.items())
        return [(day, stage, self.kind(slab)) for (day, stage), slabs in filed for slab in slabs]
