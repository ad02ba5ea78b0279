"""Rows on their way into a table: they are named, found again by name, and written into columns at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from abm.columns import Table
from kernels.chance import identity

T = TypeVar("T", bound=Table)


class Draft:
    """The rows of one table before it exists. Every row has a name; what is not given takes the column's default."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.labels: list[str] = []
        self.rows: dict[str, int] = {}
        self.values: list[dict[str, Any]] = []

    def __len__(self) -> int:
        return len(self.names)

    def add(self, name: str, label: str = "", /, **values: Any) -> int:
        """Add a row and return its number; a name that is there already returns that row, unchanged.

        The identity is made from `label`, or from the name.
        """
        if name in self.rows:
            return self.rows[name]
        row = self.rows[name] = len(self.names)
        self.names.append(name)
        self.labels.append(label)
        self.values.append(values)
        return row

    def column(self, name: str, default: Any = 0) -> list[Any]:
        """One value of every row."""
        return [values.get(name, default) for values in self.values]

    def table(self, kind: type[T], axes: Mapping[str, int]) -> T:
        """The table, with identities made from names."""
        made = kind(axes)
        columns: dict[str, Any] = {}
        if "identity" in kind.columns:
            known = zip(self.names, self.labels, strict=True)
            columns["identity"] = np.array([identity(label or name) for name, label in known], np.uint64)
        given = dict.fromkeys(key for values in self.values for key in values)
        for key in given:
            columns[key] = np.array(self.column(key, kind.columns[key].default))
        made.append(len(self), **columns)
        return made
