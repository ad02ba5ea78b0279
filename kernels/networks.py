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
