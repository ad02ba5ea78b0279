"""What a firm would like to charge: cost plus a markup, or the best response of a seller who knows its demand.

Prices and costs are net of duty and VAT in one currency unit, whichever the caller keeps to; they are float64
proposals, and the settlement rounds them to cents.
"""

import numpy as np
import numpy.typing as npt

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
