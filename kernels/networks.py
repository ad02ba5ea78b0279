"""How far what happens in one sector reaches through the inputs of others."""

import numpy as np
import numpy.typing as npt

from kernels.compiled import kernel


@kernel
def clear(column: int, matrix: npt.NDArray[np.float64], inverse: npt.NDArray[np.float64]) -> None:
    """Make one column of a matrix that of the identity, by steps taken on the inverse too: Gauss and Jordan.

    float64[n, n], both written; the pivot is the diagonal, not 0.
    """
    pivot = matrix[column, column]
    for j in range(matrix.shape[1]):
        matrix[column, j] /= pivot
        inverse[column, j] /= pivot
    for row in range(matrix.shape[0]):
        if row != column:
            factor = matrix[row, column]
            for j in range(matrix.shape[1]):
                matrix[row, j] -= factor * matrix[column, j]
                inverse[row, j] -= factor * inverse[column, j]


@kernel
def leontief(inputs: npt.NDArray[np.float64], inverse: npt.NDArray[np.float64]) -> None:
    """Write [I - A]^-1, what each sector makes of every good for a unit of its own: I + A + A^2 + ...

    inputs A : float64[n, n], units of j (column) that a unit of i (row) uses, rows sum to less than 1, so that the
    diagonal may be the pivot. inverse : float64[n, n], written, none below 0.

    Leontief (1936), Review of Economics and Statistics 18(3); Acemoglu and others (2012), Econometrica 80(5).
    """
    size = inputs.shape[0]
    matrix = -inputs
    inverse[:] = 0.0
    for sector in range(size):
        matrix[sector, sector] += 1.0
        inverse[sector, sector] = 1.0
    for column in range(size):
        clear(column, matrix, inverse)


@kernel
def reaches(
    source: int, target: int, first: npt.NDArray[np.int64], onward: npt.NDArray[np.int32],
    turn: int, seen: npt.NDArray[np.int64], stack: npt.NDArray[np.int32],
) -> bool:  # fmt: skip
    """Whether goods get from node `source` to node `target` along links, by a search in depth; a node reaches itself.

    The buyers of node k are onward[first[k] : first[k + 1]]. seen : int64[n] and stack : int32[n], worked on; no entry
    of `seen` is `turn` before, which marks whom this search has seen.
    """
    seen[source], stack[0], height = turn, source, 1
    while height > 0:
        height -= 1
        node = stack[height]
        if node == target:
            return True
        for place in range(first[node], first[node + 1]):
            following = onward[place]
            if seen[following] != turn:
                seen[following], stack[height] = turn, following
                height += 1
    return False


@kernel
def circles(
    start: int, stop: int, supplier: npt.NDArray[np.int32], buyer: npt.NDArray[np.int32],
    first: npt.NDArray[np.int64], onward: npt.NDArray[np.int32], closes: npt.NDArray[np.uint8],
) -> None:  # fmt: skip
    """Which of the new links `start` to `stop` would close a circle of supply: their supplier is fed by their buyer.

    By link: `supplier` (-1: none, closes nothing), `buyer`; `first`, `onward` as in `reaches`. Written: `closes`.
    """
    seen = np.full(first.size - 1, -1)
    stack = np.empty(first.size - 1, np.int32)
    for i in range(start, stop):
        fed = supplier[i] >= 0 and reaches(buyer[i], supplier[i], first, onward, i, seen, stack)
        closes[i] = 1 if fed else 0
