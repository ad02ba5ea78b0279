"""What stands on a page and in which order: the lead offer of a listing, its score, its rank and its slot."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kernels.chance import normal, words
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
NEVER = -1.0e9
"""A score with which nothing is shown."""
UNKNOWN = 0.2
"""Packs sold against the cell's mean that anybody is believed to sell: nobody's sales count as none."""
PRICE, TIME, STYLE, HOME = 0, 1, 2, 3
"""What segments want: dislike of price and of a day, taste of style and of home, in utility."""


class Keys(NamedTuple):
    """Pages: market x category, storefront x segment, stream and block of luck, slots in all, for sale, for news.

    Of pages of the same cell and segment, which only differ in luck, as many slots are for sale.
    """

    cell: I4
    segment: I4
    block: I4
    room: I4
    paid: I4
    news: I4


class Goods(NamedTuple):
    """Listings: their name, offers by mode, what is known of them, who sells them and what part of a margin he bids."""

    identity: U8
    modes: I4
    popular: F8
    fresh: U1
    rating: F8
    qhat: F4
    fixed: F4
    style: F4
    home: U1
    seller: I4
    bid: F8


class Quotes(NamedTuple):
    """Offers: price in usual prices and the part of it that is goods, days, cents earned, stock and life (1 or 0)."""

    relative: F4
    goods: F4
    days: F8
    margin: F8
    stocked: U1
    alive: U1


class Aim(NamedTuple):
    """What a platform ranks by: weights of relevance, revenue and rating; liking of quality; how far relevance is what
    the segment is likely to make of a listing, in log odds for utility, beside how it sells to all; spread of luck."""

    relevance: float
    revenue: float
    rating: float
    quality: float
    personal: float
    luck: float


@kernel
def relative_price(start: int, stop: int, cents: I8, usual: F8, relative: F4) -> None:
    """Prices of the offers `start` to `stop` against the usual ones: `cents` over `usual` cents, by offer."""
    for i in range(start, stop):
        relative[i] = np.float32(np.float64(cents[i]) / usual[i])


@kernel
def lead_offer(
    n: int, modes: I4, relative: F4, days: F8, stocked: U1, alive: U1, price_taste: float, time_taste: float
) -> int:  # fmt: skip
    """The offer of listing `n` that a segment likes best, from stock if there is any; -1 where there is none.

    modes int32[listing, mode]: offers, -1 none; by offer as in `Quotes`; tastes in utility for a usual price, and for a
    day.
    """
    lead, least = -1, 0.0
    for k in range(modes.shape[1]):
        j = modes[n, k]
        if j >= 0 and alive[j] != 0:
            burden = price_taste * np.float64(relative[j]) + time_taste * days[j]
            better = lead < 0 or stocked[j] > stocked[lead]
            if better or (stocked[j] == stocked[lead] and burden < least):
                lead, least = j, burden
    return lead


@kernel
def score(
    quality: float, style: float, home: float, popular: float, rating: float, price: float, days: float, stocked: int,
    want: F8, aim: Aim,
) -> float:  # fmt: skip
    """How high a platform ranks a listing with its lead offer for a segment that wants `want` [4]; as in `Goods`.

    Relevance is in log odds: how it sells to all, and what the segment is likely to make of it; revenue follows the
    logarithm of the price.
    """
    liked = aim.quality * quality - want[PRICE] * price - want[TIME] * days
    liked += want[STYLE] * style + want[HOME] * home
    relevance = aim.personal * liked + 0.5 * log(UNKNOWN + popular)
    found = aim.relevance * relevance + aim.revenue * log(max(price, 0.01)) + aim.rating * rating
    return found if stocked != 0 else found - OUT_OF_STOCK


@kernel
def worth(bid: float, popular: float, margin: float, stocked: int) -> float:
    """What a slot is worth to a seller who bids so much of `margin`, for each view: margin x conversion, in cents.

    Conversion is that against the market and category's mean. Nothing without stock.
    """
    return bid * max(margin, 0.0) * (UNKNOWN + popular) if stocked != 0 else 0.0


@kernel
def best_of(score: F8, least: float, wanted: int, rank: int, place: I4) -> int:
    """Give the `wanted` best rows not yet placed the ranks from `rank` on; how many there were is returned.

    By row: `score`, above `least` for who may be placed; ties go to the earlier. Written: `place`, 0 for none.
    """
    if wanted <= 0:
        return 0
    best, found = np.empty(wanted, np.int32), 0
    for i in range(score.size):
        if place[i] == 0 and score[i] > least and (found < wanted or score[i] > score[best[found - 1]]):
            found = min(found + 1, wanted)
            at = found - 1
            while at > 0 and score[best[at - 1]] < score[i]:
                best[at] = best[at - 1]
                at -= 1
            best[at] = i
    for k in range(found):
        place[best[k]] = rank + k
    return found


@kernel
def second_prices(worth: F8, conversion: F8, paid: int, place: I4, cents: I4) -> None:
    """What winners of the first `paid` ranks owe for an order: the next one's worth of a view over own conversion.

    By row: `worth` of a view (cents), `conversion`, `place` (rank, 0 none). Written: `cents`, rounded down, never above
    the own bid; 0 for all others. Generalised second price (Edelman, Ostrovsky and Schwarz 2007, section II).
    """
    for i in range(worth.size):
        cents[i] = 0
        if 0 < place[i] <= paid:
            following = 0.0
            for k in range(worth.size):
                if place[k] == 0 or place[k] > place[i]:
                    following = max(following, worth[k])
            cents[i] = np.int32(min(following, worth[i]) / conversion[i])


@kernel
def sell(worths: F8, conversion: F8, for_sale: int, place: I4, cents: I4) -> int:
    """Sell the first slots to those on a shelf to whom they are worth most; how many were sold is returned.

    By listing on the shelf: `worths`, `conversion`. Written: `place` (rank, 0 none bought), `cents` owed for an order.
    """
    place[:] = 0
    sold = best_of(worths, 0.0, for_sale, 1, place)
    second_prices(worths, conversion, sold, place, cents)
    return sold


@kernel
def order_of(scores: F8, fresh: U1, sold: int, room: int, for_news: int, place: I4) -> int:
    """Rank a shelf: first the slots that were sold, then the best, last the slots kept for news; how many is returned.

    By listing on the shelf: `scores`, `fresh`. Slots: `room` in all, of which `sold` and `for_news`; those that nobody
    takes go to the best. Written: `place` (rank, 0 not shown), in which those who bought a slot stand.
    """
    used = sold
    news = np.full(scores.size, NEVER)
    for i in range(scores.size):
        if fresh[i] != 0:
            news[i] = scores[i]
    kept = best_of(news, NEVER, min(for_news, room - used), 1, place.copy())
    used += best_of(scores, NEVER, room - used - kept, used + 1, place)
    used += best_of(news, NEVER, min(kept, room - used), used + 1, place)
    return used + best_of(scores, NEVER, room - used, used + 1, place)


@kernel
def weigh(
    rows: I4, goods: Goods, quotes: Quotes, want: F8, aim: Aim, merit: F8, worths: F8, conversion: F8, fresh: U1
) -> None:
    """What a platform thinks of the listings `rows` for a segment that wants `want` [4], luck apart.

    Written by place in `rows`: `merit` (the score, NEVER where there is no offer), what a view is `worths` to the
    seller, its `conversion`, and `fresh`.
    """
    modes, new, popular, rating, bid = goods.modes, goods.fresh, goods.popular, goods.rating, goods.bid
    qhat, style, home = goods.qhat, goods.style, goods.home
    relative, days, margin, stocked, alive = quotes.relative, quotes.days, quotes.margin, quotes.stocked, quotes.alive
    for i in range(rows.size):
        n = rows[i]
        j = lead_offer(n, modes, relative, days, stocked, alive, want[PRICE], want[TIME])
        merit[i], worths[i], conversion[i], fresh[i] = NEVER, 0.0, 1.0, new[n]
        if j >= 0:
            merit[i] = score(qhat[n], style[n], home[n], popular[n], rating[n], relative[j], days[j], stocked[j],
                             want, aim)  # fmt: skip
            worths[i] = worth(bid[n], popular[n], margin[j], stocked[j])
            conversion[i] = UNKNOWN + popular[n]


@kernel
def rank_pages(
    start: int, stop: int, due: U1, keys: Keys, first: I4, shelf: I4, goods: Goods, quotes: Quotes, want: F8, aim: Aim,
    rank_cost: float, seed: np.uint64, day_word: np.uint32, listing: I4, attention: F4, ad: I4, filled: I4,
) -> None:  # fmt: skip
    """Choose the listings of those of the pages `start` to `stop` that are `due`.

    first int32[cells + 1] and shelf int32[listings on shelves]: the listings of each cell in the order of their
    identity, which is the order of slots too. want float64[storefront x segment, 4]. Written by page: `listing`,
    `attention` (-rank_cost ln(rank)) and `ad` (cents owed for an order) of each slot, and how many are `filled`.
    """
    longest = np.diff(first).max()
    merits, worths, conversion = np.empty(longest), np.empty(longest), np.empty(longest)
    scores, fresh = np.empty(longest), np.empty(longest, np.uint8)
    place, bought, cents = np.empty(longest, np.int32), np.empty(longest, np.int32), np.empty(longest, np.int32)
    names, luck = np.empty(longest, np.uint64), np.empty((4, longest), np.uint32).T
    overlooked = np.empty(listing.shape[1] + 1, np.float32)
    for rank in range(1, overlooked.size):
        overlooked[rank] = -rank_cost * log(np.float64(rank))
    cell, segment, weighed, sold = keys.cell, keys.segment, -1, 0
    for p in range(start, stop):
        if due[p] != 0:
            rows = shelf[first[cell[p]] : first[cell[p] + 1]]
            size, block, room = rows.size, np.uint32(keys.block[p]), min(keys.room[p], listing.shape[1])
            if weighed < 0 or cell[p] != cell[weighed] or segment[p] != segment[weighed]:
                weigh(rows, goods, quotes, want[segment[p]], aim, merits, worths, conversion, fresh)
                names[:size] = goods.identity[rows]
                sold = sell(worths[:size], conversion[:size], min(keys.paid[p], room), bought[:size], cents[:size])
                weighed = p
            words(seed, names[:size], day_word, block, luck)
            for i in range(size):
                scores[i] = merits[i] + aim.luck * normal(luck[i, 0]) if merits[i] > NEVER else NEVER
            place[:size] = bought[:size]
            order_of(scores[:size], fresh[:size], sold, room, keys.news[p], place[:size])
            slot = 0
            for i in range(rows.size):
                if place[i] > 0:
                    listing[p, slot], ad[p, slot] = rows[i], cents[i]
                    attention[p, slot] = overlooked[place[i]]
                    slot += 1
            filled[p] = slot


@kernel
def show_pages(
    start: int, stop: int, keys: Keys, goods: Goods, quotes: Quotes, want: F8, rebate: I4, listing: I4, attention: F4,
    ad: I4, filled: I4, seller: I4, offer: I4, coupon: I4, feature: F4,
) -> None:  # fmt: skip
    """Show today's quotes in the slots of the pages `start` to `stop`; a listing that is no longer offered leaves.

    rebate int32[page], in ppm of the goods, is given by who has stock. Written by page: `listing`, `attention`, `ad`,
    `seller`, lead `offer`, `coupon` (ppm) and `feature` [6] of each slot, and `filled`; slots not in use are -1 or 0.
    """
    lead, asked = np.empty(goods.identity.size, np.int32), np.full(goods.identity.size, -1, np.int32)
    shown = np.empty((goods.identity.size, feature.shape[2]), np.float32)
    modes, owner, qhat, fixed, style = goods.modes, goods.seller, goods.qhat, goods.fixed, goods.style
    relative, part, days, stocked, alive = quotes.relative, quotes.goods, quotes.days, quotes.stocked, quotes.alive
    home, room, segment = goods.home, keys.room, keys.segment
    for p in range(start, stop):
        who, slot = segment[p], 0
        for k in range(filled[p]):
            n = listing[p, k]
            if asked[n] != who:
                lead[n] = lead_offer(n, modes, relative, days, stocked, alive, want[who, PRICE], want[who, TIME])
                asked[n] = who
                if lead[n] >= 0:
                    shown[n, 0], shown[n, 1], shown[n, 2] = fixed[n], qhat[n], relative[lead[n]]
                    shown[n, 3], shown[n, 4], shown[n, 5] = days[lead[n]], style[n], home[n]
            j = lead[n]
            if j >= 0 and slot < room[p]:
                if slot < k:
                    listing[p, slot], attention[p, slot], ad[p, slot] = n, attention[p, k], ad[p, k]
                seller[p, slot], offer[p, slot] = owner[n], j
                coupon[p, slot] = rebate[p] if stocked[j] != 0 else 0
                off = np.float32(1e-6 * coupon[p, slot]) * part[j]
                feature[p, slot, 0], feature[p, slot, 1] = shown[n, 0] + attention[p, slot], shown[n, 1]
                feature[p, slot, 2], feature[p, slot, 3] = shown[n, 2] - off, shown[n, 3]
                feature[p, slot, 4], feature[p, slot, 5] = shown[n, 4], shown[n, 5]
                slot += 1
        for k in range(slot, listing.shape[1]):
            listing[p, k], seller[p, k], offer[p, k], coupon[p, k], ad[p, k] = -1, -1, -1, 0, 0
            attention[p, k], feature[p, k, 0], feature[p, k, 1], feature[p, k, 2] = 0.0, 0.0, 0.0, 0.0
            feature[p, k, 3], feature[p, k, 4], feature[p, k, 5] = 0.0, 0.0, 0.0
        filled[p] = slot
