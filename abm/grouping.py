"""Rows of a table named once each, or put together by what they belong to."""

from __future__ import annotations

import numpy as np

from abm.columns import I4, I8, U4, Array
from kernels.groups import group, number


def distinct(rows: Array, size: int) -> I8:
    """The rows named, of a table of ``size`` rows, each once and rising; those below 0 are left out."""
    named = np.zeros(size, bool)
    named[rows[rows >= 0]] = True
    return np.flatnonzero(named)


def by_lot(lot: U4, consumer: Array) -> I8:
    """Rows in the order of their lots, and of the same lot by consumer: one number of 64 bits, which sorts fast."""
    return np.argsort(lot.astype(np.uint64) << np.uint64(32) | consumer.astype(np.uint64))


def grouped(key: Array, size: int, identity: Array) -> tuple[I8, I8]:
    """Rows by their ``key``, below ``size``, and of the same key by ``identity``; and where those of each key begin.

    Rows of a key below 0 are left out.
    """
    named = np.argsort(identity)
    order, first = by_key(key[named], size)
    return named[order], first


def by_key(key: Array, size: int) -> tuple[I8, I8]:
    """Rows by their ``key``, below ``size``, those of one key in their order; and where those of each key begin.

    Rows of a key below 0 are left out.
    """
    first, order = np.empty(size + 1, np.int64), np.empty(len(key), np.int64)
    group(np.ascontiguousarray(key, np.int32), first, order)
    return order[: first[-1]], first


def first_seen(key: Array) -> tuple[I8, I4]:
    """The rows in which each key first comes, and for each row the number of its key in that order."""
    count = len(key)
    first, which = np.empty(count, np.int64), np.empty(count, np.int32)
    slot = np.full(1 << (2 * count).bit_length(), -1, np.int32)
    found = number(np.ascontiguousarray(key, np.int64), slot, first, which)
    return first[:found], which
