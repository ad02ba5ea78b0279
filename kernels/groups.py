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
