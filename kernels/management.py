"""What firms look at when they look back: what a way of carriage costs, and whom else they could buy from."""

import numpy as np
from numpy.typing import NDArray

from kernels.compiled import kernel
from kernels.functions import exp
from kernels.money import half_up

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]

HOLDING = 0.25
"""Cost of holding stock, a year, as a share of its value."""
MOST_DRAWN = 3.0
"""Nobody trusts an estimate of more times, or a smaller part, of present sales."""
CARGO_HAULS = 6
"""Ways of carriage from this code on carry freight."""


@kernel
def carriage(per_kg: float, rate: float, grams: int, value: float, days: float) -> float:
    """Cents that one unit costs on a lane: freight by weight, and capital held while it travels.

    Baumol and Vinod (1970), Management Science 16(7): freight, and inventory in transit by value and time.
    """
    return per_kg * rate * np.float64(grams) / 1000.0 + value * HOLDING / 365.0 * days


@kernel
def best_haul(
    origin: int, dest: int, grams: int, value: float, table: I4, per_kg: F8, rate: F8, days: F8, runs: U1
) -> tuple[int, float]:
    """The cheapest lane for freight from one country to another and its cost per unit; -1 where none runs.

    table int32[origin, dest, haul]: lanes, -1 none; by lane: per_kg cents, rate factor, days door to door, runs.
    """
    best, least = -1, 0.0
    for haul in range(CARGO_HAULS, table.shape[2]):
        lane = table[origin, dest, haul]
        if lane >= 0 and runs[lane] != 0:
            cost = carriage(per_kg[lane], rate[lane], grams, value, days[lane])
            if best < 0 or cost < least:
                best, least = lane, cost
    return best, least


@kernel
def hauls(
    start: int, stop: int, origin: I4, dest: I4, grams: I8, value: F8, table: I4, per_kg: F8, rate: F8, days: F8,
    runs: U1, lane: I4, cost: F8,
) -> None:  # fmt: skip
    """Cheapest freight lanes for the links `start` to `stop`; by link: origin, dest, grams, value in cents a unit.

    The rest as in `best_haul`. Written by link: `lane`, -1 where none runs, and its `cost` per unit.
    """
    for i in range(start, stop):
        lane[i], cost[i] = best_haul(origin[i], dest[i], grams[i], value[i], table, per_kg, rate, days, runs)


@kernel
def best_suppliers(
    start: int, stop: int, product: I4, dest: I4, present: I4, grams: I8, first: I4, maker: I4, country: I4, price: F8,
    duty: F8, room: F8, need: F8, table: I4, per_kg: F8, rate: F8, days: F8, runs: U1, supplier: I4, lane: I4, cost: F8,
) -> None:  # fmt: skip
    """The cheapest supplier of the links `start` to `stop` with room for them, delivered, other than the present one.

    By link: `product`, `dest` country, `present` supplier node, `grams` a unit, `need` in units a day. first
    int32[products + 1] and maker int32[m]: nodes that make each product, in the order of identity, who come first in
    ties; by node: `country`, `price` in cents, `room` in units a day, below every need for who is not to be asked; duty
    float64[link, country]: rate on goods from there. Lanes as in `best_haul`. Written by link: `supplier` node, -1 for
    none, `lane`, `cost` delivered per unit.
    """
    for i in range(start, stop):
        supplier[i], lane[i], cost[i] = -1, -1, 0.0
        for k in range(first[product[i]], first[product[i] + 1]):
            node = maker[k]
            paid = price[node] * (1.0 + duty[i, country[node]])
            dear = supplier[i] >= 0 and paid >= cost[i]  # whatever the freight
            if node == present[i] or room[node] < need[i] or dear:
                continue
            way, freight = best_haul(country[node], dest[i], grams[i], price[node], table, per_kg, rate, days, runs)
            landed = paid + freight
            if way >= 0 and (supplier[i] < 0 or landed < cost[i]):
                supplier[i], lane[i], cost[i] = node, way, landed


@kernel
def drawn_by(start: int, stop: int, utility: F8, lam: float, factor: F8) -> None:
    """Factor by which an offer's sales change with its utility, rivals fixed: exp(dV / lambda), from a third to three.

    By row: `utility`, the change dV; `lam` the nest's dissimilarity; written: `factor`. Right for a small share.
    """
    for i in range(start, stop):
        factor[i] = min(max(exp(min(max(utility[i] / lam, -5.0), 5.0)), 1.0 / MOST_DRAWN), MOST_DRAWN)


@kernel
def shares_of_modes(
    start: int, stop: int, modes: I4, price: F8, days: F8, able: U1, dislike: float, theta: float, lam: float, share: F8
) -> None:
    """Part of the sales of the listings `start` to `stop` that each mode takes, by exp(-e (p + theta d) / lam).

    modes int32[listing, mode]: offers, -1 none; by offer: landed `price` in usual prices, `days`, `able` to be had;
    `dislike` e of price, `theta` usual prices a day, `lam` the nest's dissimilarity. Written by offer: `share`, which
    adds up to 1 over a listing with any that is able, as in the choice of delivery of the mean shopper.
    """
    for i in range(start, stop):
        least, total = np.inf, 0.0
        for j in modes[i]:
            if j >= 0:
                share[j] = 0.0
                if able[j] != 0:
                    least = min(least, price[j] + theta * days[j])
        for j in modes[i]:
            if j >= 0 and able[j] != 0:
                share[j] = exp(max(-dislike * (price[j] + theta * days[j] - least) / lam, -60.0))
                total += share[j]
        for j in modes[i]:
            if j >= 0 and total > 0.0:
                share[j] /= total


@kernel
def drawn_from(
    start: int, stop: int, better: F8, price: F8, dearer: F8, dislike: F8, part: F8, lam: float, factor: F8
) -> None:
    """Factor by which sales of goods change with quality and price, rivals fixed, for those who buy them now.

    By row: utility `better`, landed `price` now and its change `dearer`, as parts of the usual price. By kind of
    shopper: `dislike` e of price, `part` of all. Who buys dear goods minds price less: a kind's part of the buyers
    falls with exp(-e ((p - 1) / lambda + 1)), against rivals at the usual price. Written: `factor`, from a third to
    three.
    """
    for i in range(start, stop):
        buyers, drawn = 0.0, 0.0
        for k in range(len(dislike)):
            weight = part[k] * exp(min(max(-dislike[k] * ((price[i] - 1.0) / lam + 1.0), -30.0), 30.0))
            buyers += weight
            drawn += weight * exp(min(max((better[i] - dislike[k] * dearer[i]) / lam, -5.0), 5.0))
        factor[i] = min(max(drawn / buyers, 1.0 / MOST_DRAWN), MOST_DRAWN)


@kernel
def earned_a_day(
    start: int, stop: int, earns: F8, packs: F8, factor: F8, ratio: F8, cost: F8, capital: float, gain: F8
) -> None:
    """Cents a day in another place: sales by `factor`, margin and cost by `ratio`, less the capital of more stock.

    By row: `earns` cents and `packs` a day now, unit `cost` there in cents; `capital`: cost of the capital bound by a
    pack a day, as a share of its cost. Written: `gain`.
    """
    for i in range(start, stop):
        more = factor[i] * packs[i] - packs[i] / max(ratio[i], 1e-9)
        gain[i] = earns[i] * factor[i] * ratio[i] - max(more, 0.0) * cost[i] * capital


@kernel
def local_mean(
    start: int, stop: int, style: F4, category: I4, rivals: I4, theirs: F4, kind: I4, sold: I8, width: float, target: F8
) -> None:
    """Mean style of what sells in the neighbourhood: sum of sales x style over sum of sales, within `width`.

    Styles count in whole thousandths, so that no order of rows matters.

    By row: own `style` and `category`; `rivals`: products by which to go; by product: style `theirs`, category `kind`,
    `sold` weights. Written: `target`, own style where nothing sells near it. Fukunaga and Hostetler (1975), the
    gradient of a density (mean shift).
    """
    for i in range(start, stop):
        total, weighted = 0, 0
        for k in rivals:
            if kind[k] == category[i] and abs(theirs[k] - style[i]) <= width:
                total += sold[k]
                weighted += sold[k] * half_up(1000.0 * theirs[k])
        target[i] = weighted / (1000.0 * total) if total > 0 else np.float64(style[i])
