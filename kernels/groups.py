"""How rows are put together that belong to the same firm, node, lane or shelf."""

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import kernel


@kernel
def group(key: NDArray[np.int32], first: NDArray[np.int64], order: NDArray[np.int64]) -> None:
    """List the rows of each key, one key after the other; those of one key in their order. Keys below 0 are left out.

    key : int32[n], below K. first : int64[K + 1], where the rows of each key begin, and order : int64[n], the rows,
    written. Sorting by counting: Knuth (1998), The Art of Computer Programming 3, algorithm 5.2D.
    """
    first[:] = 0
    for row in range(key.size):
        if key[row] >= 0:
            first[key[row] + 1] += 1
    for k in range(first.size - 1):
        first[k + 1] += first[k]
    place = first[:-1].copy()
    for row in range(key.size):
        if key[row] >= 0:
            order[place[key[row]]] = row
            place[key[row]] += 1


@kernel
def number(key: NDArray[np.int64], slot: NDArray[np.int32], first: NDArray[np.int64], which: NDArray[np.int32]) -> int:
    """Number the keys in the order in which they first come; returns how many there are.

    key : int64[n]. slot : int32[a power of two, more than n], -1 everywhere, worked on. first : int64[n], the row in
    which each key first comes, its first entries written; which : int32[n], the number of each row's key, written.
    Open addressing, linear probing, multiplicative hashing: Knuth (1998), The Art of Computer Programming 3, 6.4.
    """
    found, last = 0, slot.size - 1
    for row in range(key.size):
        folded = np.uint64((key[row] ^ (key[row] >> 32)) & 0xFFFFFFFF)
        place = np.int64((folded * np.uint64(0x9E3779B1)) >> np.uint64(12)) & last
        while slot[place] >= 0 and key[first[slot[place]]] != key[row]:
            place = (place + 1) & last
        if slot[place] < 0:
            slot[place] = found
            first[found] = row
            found += 1
        which[row] = slot[place]
    return found
