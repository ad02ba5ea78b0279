"""What a firm would like to charge: by its cost, its rivals, its demand, its stock, or by what it has learned.

Prices and costs are net of duty and VAT in one currency unit, whichever the caller keeps to; they are float64
proposals, and the settlement rounds them to cents.
"""

import numpy as np
import numpy.typing as npt

from kernels.arrivals import odds_of_inspection
from kernels.chance import uniform64
from kernels.compiled import kernel


@kernel
def cost_plus(cost: float, markup: float, fee: float) -> float:
    """Price that leaves cost (1 + markup) after the platform's fee: cost (1 + markup) / (1 - fee).

    markup : part of cost; fee : part of the price kept by the platform, below 1.
    """
    return cost * (1.0 + markup) / (1.0 - fee)


@kernel
def sticky(price: float, target: float, speed: float) -> float:
    """Price after a review that closes the part `speed` of the gap to the target: p + speed (p* - p).

    speed in [0, 1] keeps the price between the two; partial adjustment, Nerlove (1958).
    """
    return price + speed * (target - price)


@kernel
def markup_nest(slope: float, share_inside: float, share: float, lam: float) -> float:
    """Markup per unit of landed price that is best under one nest: lam / (a (1 - (1 - lam) S_in - lam S)).

    slope a : utility lost per unit of landed price; share_inside S_in : part of those who buy that buys from the
    seller; share S : part of all who look; both over the seller's own offers. lam = 1 is plain logit, 1 / (a (1 - S)).
    Without meaning where the bracket is not positive: there `best_response` holds the price.

    Berry (1994), RAND Journal of Economics 25(2), the nested logit with sigma = 1 - lam.
    """
    return lam / (slope * (1.0 - (1.0 - lam) * share_inside - lam * share))


@kernel
def best_response(
    price: float,
    unit_cost: float,
    fee: float,
    intercept: float,
    per_price: float,
    slope: float,
    share_inside: float,
    share: float,
    lam: float,
) -> float:
    """List price that answers the first-order condition at the shares seen: c / (1 - fee) + markup / B.

    The shopper pays the landed price p = A + B l on the list price l; intercept A (freight, specific duties), per_price
    B (ad valorem duty and VAT), slope a per unit of p. A moves the answer through the shares alone. The price at which
    the answer repeats itself is the Bertrand price when all own offers carry one B. Where the condition has no answer
    (no slope, no pass-on, nobody left to lose), the price is held.

    Anderson, de Palma and Thisse (1992), Discrete Choice Theory of Product Differentiation, chapter 7.
    """
    held = 1.0 - (1.0 - lam) * share_inside - lam * share
    if slope <= 0.0 or per_price <= 0.0 or held <= 0.0 or fee >= 1.0:
        return price
    return unit_cost / (1.0 - fee) + markup_nest(slope, share_inside, share, lam) / per_price


@kernel
def cost_plus_prices(
    start: int,
    stop: int,
    cost: npt.NDArray[np.float64],
    markup: npt.NDArray[np.float64],
    fee: npt.NDArray[np.float64],
    target: npt.NDArray[np.float64],
) -> None:
    """Target prices by `cost_plus`; all float64[n] over offers, `target` is written."""
    for row in range(start, stop):
        target[row] = cost_plus(cost[row], markup[row], fee[row])


@kernel
def best_responses(
    start: int,
    stop: int,
    price: npt.NDArray[np.float64],
    unit_cost: npt.NDArray[np.float64],
    fee: npt.NDArray[np.float64],
    intercept: npt.NDArray[np.float64],
    per_price: npt.NDArray[np.float64],
    slope: npt.NDArray[np.float64],
    share_inside: npt.NDArray[np.float64],
    share: npt.NDArray[np.float64],
    lam: float,
    target: npt.NDArray[np.float64],
) -> None:
    """Target prices by `best_response`; all float64[n] over offers, `target` is written; lam is one number."""
    for row in range(start, stop):
        target[row] = best_response(
            price[row],
            unit_cost[row],
            fee[row],
            intercept[row],
            per_price[row],
            slope[row],
            share_inside[row],
            share[row],
            lam,
        )


@kernel
def sticky_prices(
    start: int,
    stop: int,
    due: npt.NDArray[np.uint8],
    price: npt.NDArray[np.float64],
    target: npt.NDArray[np.float64],
    speed: float,
    posted: npt.NDArray[np.float64],
) -> None:
    """Prices after the reviews of a day: `sticky` where a review is due, else as they were.

    due : uint8[n], 1 where the offer's review is today; price, target : float64[n]; posted : float64[n], written, may
    be `price` itself.
    """
    for row in range(start, stop):
        posted[row] = sticky(price[row], target[row], speed) if due[row] != 0 else price[row]


@kernel
def marked_down(price: float, cover: float, usual: float, depth: float) -> float:
    """Price of goods that stand too long: price (1 - depth x), x rising from 0 to 1 as cover goes from usual to twice.

    cover, usual : days for which the stock lasts; depth : part of the price, 0 to 1. Never rises in cover.
    """
    over = min(max(cover / max(usual, 1e-9) - 1.0, 0.0), 1.0)
    return price * (1.0 - depth * over)


@kernel
def markdowns(
    start: int,
    stop: int,
    price: npt.NDArray[np.float64],
    cover: npt.NDArray[np.float64],
    usual: float,
    depth: float,
    target: npt.NDArray[np.float64],
) -> None:
    """Target prices by `marked_down`; price, cover and target, which is written, float64[n]."""
    for row in range(start, stop):
        target[row] = marked_down(price[row], cover[row], usual, depth)


@kernel
def nearest_rivals(
    start: int,
    stop: int,
    listing: npt.NDArray[np.int32],
    cell: npt.NDArray[np.int32],
    first: npt.NDArray[np.int32],
    shelf: npt.NDArray[np.int32],
    seller: npt.NDArray[np.int32],
    qhat: npt.NDArray[np.float32],
    cheapest: npt.NDArray[np.int64],
    rival: npt.NDArray[np.int64],
) -> None:
    """Landed cents of the rival that shoppers judge most alike, for each of the rows `start` to `stop`; -1 for none.

    listing int32[n]; by listing: its `cell` of market and category, `seller`, `qhat`, `cheapest` landed price (-1 not
    offered); first int32[cells + 1], shelf: the listings of each cell, of which the first wins ties. Written: `rival`.
    """
    for row in range(start, stop):
        mine, least = listing[row], 0.0
        rival[row] = -1
        for n in shelf[first[cell[mine]] : first[cell[mine] + 1]]:
            apart = abs(np.float64(qhat[n]) - np.float64(qhat[mine]))
            if seller[n] != seller[mine] and cheapest[n] >= 0 and (rival[row] < 0 or apart < least):
                rival[row], least = cheapest[n], apart


@kernel
def best_move(value: npt.NDArray[np.float64]) -> int:
    """The move of most value, the first of several."""
    best = 0
    for move in range(1, value.size):
        if value[move] > value[best]:
            best = move
    return best


@kernel
def learn_moves(
    start: int,
    stop: int,
    rows: npt.NDArray[np.int32],
    stance: npt.NDArray[np.int16],
    reward: npt.NDArray[np.float64],
    words: npt.NDArray[np.uint32],
    rate: float,
    discount: float,
    explore: float,
    value: npt.NDArray[np.float64],
    last_stance: npt.NDArray[np.int16],
    last_move: npt.NDArray[np.int8],
) -> None:
    """Learn from the last move of the offers rows[start:stop], and make the next: Q-learning.

    Q[s, a] += rate (reward + discount max Q[s'] - Q[s, a]); the next move is the best known, or with chance `explore`
    any. By row: `stance` s' against rivals today, `reward`, two `words`. Written by offer: value float64[offer, stance,
    move], `last_stance`, `last_move` (-1 before the first, which is the middle one).

    Watkins and Dayan (1992), Machine Learning 8; as pricing: Calvano et al. (2020), American Economic Review 110(10).
    """
    moves = value.shape[2]
    for i in range(start, stop):
        row, now = rows[i], stance[i]
        best, move = best_move(value[row, now]), last_move[row]
        if move >= 0:
            known = value[row, last_stance[row], move]
            value[row, last_stance[row], move] = known + rate * (reward[i] + discount * value[row, now, best] - known)
            best = best_move(value[row, now])
        if uniform64(words[i, 0]) < explore:
            best = int(uniform64(words[i, 1]) * moves)
        elif move < 0:
            best = moves // 2
        last_stance[row], last_move[row] = now, best


@kernel
def declare_share(
    start: int,
    stop: int,
    shares_ppm: npt.NDArray[np.int64],
    taxes_cents: npt.NDArray[np.int64],
    value_cents: npt.NDArray[np.int64],
    usual: npt.NDArray[np.float64],
    penalty_ppm: npt.NDArray[np.int64],
    least_ppm: npt.NDArray[np.int64],
    declared_ppm: npt.NDArray[np.int64],
) -> None:
    """Part of the value that pays best to declare, for the offers `start` to `stop`.

    shares_ppm int64[k], falling from all of it; taxes_cents int64[n, k] at each; by offer: `value_cents`, `usual`
    chance of inspection, `penalty_ppm` of what is undeclared, `least_ppm` that the seller would declare. Written:
    `declared_ppm`, with the most (1 - p) saving - p penalty, the honest one of equals.

    Allingham and Sandmo (1972), Journal of Public Economics 1(3-4).
    """
    for i in range(start, stop):
        declared_ppm[i], most = shares_ppm[0], 0.0
        for k in range(1, shares_ppm.size):
            caught = odds_of_inspection(usual[i], shares_ppm[k])
            hidden = np.float64(value_cents[i]) * (1.0 - shares_ppm[k] / 1e6)
            saving = np.float64(taxes_cents[i, 0] - taxes_cents[i, k])
            gain = (1.0 - caught) * saving - caught * hidden * (penalty_ppm[i] / 1e6)
            if shares_ppm[k] >= least_ppm[i] and gain > most:
                declared_ppm[i], most = shares_ppm[k], gain
