"""Who stands with whom: the rows of links, nodes, listings and members by what they belong to, looked up one by one."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from abm.columns import I8, Array, Table
from abm.grouping import by_key
from abm.world import World


class Index:
    """The rows of a table by a column that says what they belong to; a look costs what it finds.

    The rows from ``known`` on are read through, so that they may belong elsewhere by now, and more be appended.
    """

    def __init__(self, table: Table, column: str, known: int) -> None:
        self.table, self.column, self.known = table, column, known
        key = getattr(table, column)[:known]
        self.order, self.first = by_key(key, int(key.max(initial=-1)) + 1)

    def __call__(self, *keys: int) -> I8:
        """The rows that belong to any of some keys, rising."""
        added = getattr(self.table, self.column)[self.known :]
        old = [self.order[self.first[key] : self.first[key + 1]] for key in keys if key < len(self.first) - 1]
        new = [self.known + np.flatnonzero(added == key) for key in keys] if len(added) else []
        found = np.concatenate([np.empty(0, np.int64), *old, *new])
        return np.sort(found) if len(keys) > 1 else found

    def each(self, keys: Array) -> tuple[I8, I8]:
        """The rows that belong to each of some keys, key by key and rising; and the place of the key of each row."""
        added = getattr(self.table, self.column)[self.known :]
        order, first = by_key(added, int(max(added.max(initial=-1), keys.max(initial=-1))) + 1)
        old, new = _runs(self.order, self.first, keys), _runs(self.known + order, first, keys)
        which = np.concatenate([old[1], new[1]])
        place = np.argsort(which, kind="stable")
        return np.concatenate([old[0], new[0]])[place], which[place]


def _runs(order: I8, first: I8, keys: Array) -> tuple[I8, I8]:
    """The rows of each key, as ``by_key`` has put them together, and the place of the key of each."""
    last = len(first) - 1
    begin, end = first[np.minimum(keys, last)], first[np.minimum(keys + np.int64(1), last)]
    which = np.repeat(np.arange(len(keys)), end - begin)
    past = np.cumsum(end - begin) - end
    return order[np.arange(len(which)) - past[which]], which


class Ties:
    """The indices of a world for one step of a day, in which only rows that it adds change where they belong.

    Each is made when it is first asked.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.known = {name: len(getattr(world, name)) for name in ("links", "nodes", "listings", "members")}

    def _index(self, table: str, column: str) -> Index:
        return Index(getattr(self.world, table), column, self.known[table])

    @cached_property
    def into(self) -> Index:
        """Links by who buys."""
        return self._index("links", "buyer")

    @cached_property
    def out_of(self) -> Index:
        """Links by who supplies."""
        return self._index("links", "supplier")

    @cached_property
    def stocked(self) -> Index:
        """Nodes by the product that stands there."""
        return self._index("nodes", "product")

    @cached_property
    def listed(self) -> Index:
        """Listings by product."""
        return self._index("listings", "product")

    @cached_property
    def takes_part(self) -> Index:
        """Members by chain."""
        return self._index("members", "chain")

    @cached_property
    def belongs(self) -> Index:
        """Members by firm."""
        return self._index("members", "firm")

    def supplying(self, products: Array) -> tuple[I8, I8]:
        """Links into the nodes where each product stands, product by product and rising; the place of their product."""
        node, of = self.stocked.each(products)
        link, into = self.into.each(node)
        order = np.lexsort((link, of[into]))
        return link[order], of[into][order]
