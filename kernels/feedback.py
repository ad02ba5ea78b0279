"""What buyers make of what they got: experience against hope, reviews, returns, loyalty."""

import numpy as np
from numpy.typing import NDArray

from kernels.chance import normal, uniform64
from kernels.compiled import kernel
from kernels.functions import exp, logistic
from kernels.money import half_up

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]
U4 = NDArray[np.uint32]

HABIT = 0.3
"""Weight of the newest parcel in satisfaction."""
MOST_RETURNED = 0.9


@kernel
def experience(quality: float, late_days: int, noise: float, late: float, per_day: float) -> float:
    """Quality as lived: true quality, luck of the piece, and what lateness costs; in standard deviations of quality."""
    delay = late + per_day * np.float64(late_days) if late_days > 0 else 0.0
    return quality + noise - delay


@kernel
def judge(
    start: int,
    stop: int,
    quality: F4,
    hope: F4,
    late_days: I8,
    words: U4,
    returns: F8,
    piece_sd: float,
    late: float,
    per_day: float,
    base: float,
    slope: float,
    gap: F8,
    rating: I8,
    reviewed: U1,
    returned: U1,
) -> None:
    """Judge the parcels `start` to `stop` that arrived today.

    By parcel: true `quality`, `hope` (as shown), `late_days` after the promise, `words` [n, 4] (review, piece, return),
    `returns` (share sent back by the content). A review is written with probability base + slope |gap|, a pack sent
    back with returns x exp(-gap), at most `MOST_RETURNED`. Written by parcel: `gap` of experience over hope, `rating`
    in thousandths, `reviewed`, `returned`.
    """
    for i in range(start, stop):
        lived = experience(np.float64(quality[i]), late_days[i], piece_sd * normal(words[i, 1]), late, per_day)
        gap[i] = lived - np.float64(hope[i])
        rating[i] = half_up(1000.0 * lived)
        reviewed[i] = uniform64(words[i, 0]) < base + slope * abs(gap[i])
        returned[i] = uniform64(words[i, 2]) < min(returns[i] * exp(-gap[i]), MOST_RETURNED)


@kernel
def remember(consumer: U4, seller: I4, gap: F8, satisfaction: F4, trust: F4, last_seller: I4) -> None:
    """Let consumers remember what they got, in row order.

    By parcel: `consumer`, `seller`, `gap`. Written by consumer: `satisfaction` and `trust` in [0, 1] move toward
    logistic(2 gap), trust a third as fast; `last_seller` is the seller unless the gap was below -1/2.
    """
    for i in range(consumer.size):
        c = consumer[i]
        felt = np.float32(logistic(2.0 * gap[i]))
        satisfaction[c] += np.float32(HABIT) * (felt - satisfaction[c])
        trust[c] += np.float32(HABIT / 3.0) * (felt - trust[c])
        if gap[i] >= -0.5:
            last_seller[c] = seller[i]
        elif last_seller[c] == seller[i]:
            last_seller[c] = -1


@kernel
def judged_quality(
    start: int, stop: int, claim: F4, reviews: I8, rating_sum: I8, prior: float, weight: float, qhat: F4
) -> None:
    """Quality as shown: (k claim + w sum of ratings) / (k + w n), for the listings `start` to `stop`.

    By listing: `claim`, `reviews` n, `rating_sum` in thousandths; `prior` k in reviews, `weight` w of a review.
    Written: `qhat`. A credibility estimate: Buhlmann (1967), ASTIN Bulletin 4(3).
    """
    for i in range(start, stop):
        told = weight * np.float64(rating_sum[i]) / 1000.0
        qhat[i] = np.float32((prior * np.float64(claim[i]) + told) / (prior + weight * np.float64(reviews[i])))
