"""What stands on a page and in which order: the lead offer of a listing, its score, its rank and its slot."""

import numpy as np
from numpy.typing import NDArray

from kernels.chance import draw, normal
from kernels.compiled import kernel
from kernels.functions import log

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]
U8 = NDArray[np.uint64]

OUT_OF_STOCK = 3.0
"""What an empty shelf costs in score."""


@kernel
def relative_price(start: int, stop: int, landed_cents: I8, usual: F8, relative: F4) -> None:
    """Prices of the offers `start` to `stop` against the usual ones: `landed_cents` over `usual` cents, by offer."""
    for i in range(start, stop):
        relative[i] = np.float32(np.float64(landed_cents[i]) / usual[i])


@kernel
def lead_offer(modes: I4, relative: F4, days: F8, stocked: U1, alive: U1, price_taste: float, time_taste: float) -> int:
    """The offer of one listing that a segment likes best, from stock if there is any; -1 where there is none.

    modes int32[mode]: offers, -1 none; by offer: `relative` price, `days`, `stocked` and `alive`, 1 or 0.
    """
    lead, least = -1, 0.0
    for k in range(modes.size):
        j = modes[k]
        if j >= 0 and alive[j] != 0:
            burden = price_taste * relative[j] + time_taste * days[j]
            if lead < 0 or stocked[j] > stocked[lead] or (stocked[j] == stocked[lead] and burden < least):
                lead, least = j, burden
    return lead


@kernel
def leads(
    start: int, stop: int, modes: I4, relative: F4, days: F8, stocked: U1, alive: U1, price_taste: F8, time_taste: F8,
    lead: I4,
) -> None:  # fmt: skip
    """Lead offers of the listings `start` to `stop` for each segment; written: lead int32[listing, segment].

    modes int32[listing, mode]; price_taste, time_taste float64[segment]; the rest by offer, as in `lead_offer`.
    """
    for i in range(start, stop):
        for s in range(price_taste.size):
            lead[i, s] = lead_offer(modes[i], relative, days, stocked, alive, price_taste[s], time_taste[s])


@kernel
def score(
    relative: float, days: float, stocked: int, qhat: float, liking: float, popular: float, fresh: float,
    price_taste: float, time_taste: float, weights: F8, luck: float,
) -> float:  # fmt: skip
    """How high a platform ranks a listing: relevance to the segment, revenue, rating, being sold, and luck.

    weights float64[3]: relevance, revenue, rating; popular: packs sold against the cell's mean; fresh: 1 if new.
    """
    relevance = liking - price_taste * relative - time_taste * days + 0.5 * log(0.2 + popular)
    revenue = log(max(relative, 0.01))
    empty = 0.0 if stocked != 0 else OUT_OF_STOCK
    return weights[0] * relevance + weights[1] * revenue + weights[2] * qhat + 0.5 * fresh + luck - empty


@kernel
def ranks(score: F8, rank: I4) -> None:
    """Rank of each score, 1 the highest, ties to the earlier row; written: rank int32[n]."""
    for i in range(score.size):
        above = 1
        for k in range(score.size):
            above += score[k] > score[i] or (score[k] == score[i] and k < i)
        rank[i] = above


@kernel
def fill(
    start: int,
    stop: int,
    page_cell: I4,
    page_segment: I4,
    page_block: I4,
    room: I4,
    first: I4,
    shelf: I4,
    lead: I4,
    identity: U8,
    liking: F8,
    popular: F8,
    fresh: F8,
    qhat: F4,
    fixed: F4,
    style: F4,
    home: U1,
    seller: I4,
    relative: F4,
    days: F8,
    stocked: U1,
    price_taste: F8,
    time_taste: F8,
    weights: F8,
    rank_cost: float,
    luck_sd: float,
    seed: np.uint64,
    day_word: np.uint32,
    feature: F4,
    slot_listing: I4,
    slot_seller: I4,
    filled: I4,
) -> None:
    """Rebuild the pages `start` to `stop`.

    By page: `page_cell` (market x category), `page_segment`, `page_block` (stream and block of its luck), `room` in
    slots. first int32[cells + 1] and shelf int32[listings on shelves]: the listings of each cell in the order of their
    identity, which is the order of slots too; a rank costs `rank_cost` ln(rank). lead int32[listing, segment], -1 none.
    By listing: identity, liking, popular, fresh, qhat, fixed (constant utility), style (2 h x), home, seller. By offer:
    relative, days, stocked. Written by page: feature float32[slot, 6], slot_listing, slot_seller, filled.
    """
    for p in range(start, stop):
        segment = page_segment[p]
        rows = shelf[first[page_cell[p]] : first[page_cell[p] + 1]]
        scores, rank = np.empty(rows.size, np.float64), np.empty(rows.size, np.int32)
        for i in range(rows.size):
            n, j = rows[i], lead[rows[i], segment]
            luck = luck_sd * normal(draw(seed, identity[n], day_word, np.uint32(page_block[p]))[0])
            scores[i] = -1e9
            if j >= 0:
                scores[i] = score(np.float64(relative[j]), days[j], stocked[j], np.float64(qhat[n]), liking[n],
                                  popular[n], fresh[n], price_taste[segment], time_taste[segment], weights,
                                  luck)  # fmt: skip
        ranks(scores, rank)
        slot = 0
        for i in range(rows.size):
            n, j = rows[i], lead[rows[i], segment]
            if j >= 0 and rank[i] <= min(room[p], slot_listing.shape[1]):
                slot_listing[p, slot], slot_seller[p, slot] = n, seller[n]
                feature[p, slot, 0] = fixed[n] - np.float32(rank_cost * log(np.float64(rank[i])))
                feature[p, slot, 1], feature[p, slot, 2] = qhat[n], relative[j]
                feature[p, slot, 3], feature[p, slot, 4] = np.float32(days[j]), style[n]
                feature[p, slot, 5] = np.float32(home[n])
                slot += 1
        filled[p] = slot
