"""What a warehouse asks for keeping goods: a base price by weight and day, dearer as its shelves fill up."""

import numpy as np
import numpy.typing as npt

from kernels.compiled import kernel
from kernels.lanes import spot_rate, utilisation
from kernels.money import half_up


@kernel
def storage_price(base: float, held_g: int, room_g: int) -> float:
    """Price of a kilogram and day where `held_g` of `room_g` are in use: base (1 + 4 max(0, u - .85)^2 / .15^2).

    The base price up to .85, 5 times the base when full or beyond; never falls in `held_g`. The convex form is that of
    `lanes.spot_rate`; the figures are assumed.
    """
    return spot_rate(base, utilisation(held_g, room_g))


@kernel
def storage_prices(
    start: int,
    stop: int,
    base: npt.NDArray[np.float64],
    held_g: npt.NDArray[np.int64],
    room_g: npt.NDArray[np.int64],
    price: npt.NDArray[np.float64],
) -> None:
    """Today's price of each of the firms `start` to `stop`; by firm: `base`, `held_g`, `room_g`; written: `price`."""
    for i in range(start, stop):
        price[i] = storage_price(base[i], held_g[i], room_g[i])


@kernel
def rents(
    start: int,
    stop: int,
    keeper: npt.NDArray[np.int32],
    grams: npt.NDArray[np.int64],
    days: float,
    price: npt.NDArray[np.float64],
    cents: npt.NDArray[np.int64],
) -> None:
    """Cents for keeping `grams` for some `days` at the price of each keeper, half up.

    By stocking point, `start` to `stop`: `keeper` (below 0: nobody, costs nothing), `grams`; by firm: `price` of a
    kilogram and day. Written: `cents`.
    """
    for i in range(start, stop):
        cents[i] = half_up(grams[i] / 1000.0 * days * price[keeper[i]]) if keeper[i] >= 0 else 0
