"""Where a firm would stand better: class of quality and maker, one more mode, one more market, each by what it earns.

What shoppers want is estimated from own sales and the market's usual tastes, with rivals as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm import sourcing
from abm.capital import headroom
from abm.columns import F8, I8, Array
from abm.moves import DIRECT
from abm.settlement import tally
from abm.sourcing import Ways
from abm.world import World
from kernels import threads
from kernels.functions import exp
from kernels.management import HOLDING, drawn_by, drawn_from, earned_a_day, local_mean

REVIEW_DAYS = 90
BETTER = 1.1
"""A new place must earn more than this multiple of the present one, beside the cost of moving."""
MARGIN = 1.03
"""Another maker must be cheaper by more than this."""
SWITCHING = 0.02
"""Cost of a move, as a share of what is bought in a year."""
CASH_DAYS = 30
"""Days of the new stock's cost that a firm must have at hand."""
NEAREST = 2
STYLE_STEP = 0.3
NEIGHBOURHOOD = 0.5
MILLIONTHS = 1e6
FEW = 16
"""Chains of a chunk that look at their rivals: each at all of them."""
STEPS = np.array([-2.8569700, -1.3556262, 0.0, 1.3556262, 2.8569700])
PARTS = np.array([0.0112574, 0.2220759, 0.5333333, 0.2220759, 0.0112574])
"""Five points that stand for a normal distribution: Abramowitz and Stegun (1964), table 25.10, n = 5."""


@dataclass(frozen=True)
class Places:
    """What chains earn where they stand: cents a day, packs a day, and their ship link from maker to seller.

    Of their offers in the mean of sales, as parts of the usual price: the landed ``price``, and the ``goods`` with
    their taxes in it.
    """

    earns: F8
    packs: F8
    link: Array
    offer: Array
    price: F8
    goods: F8


def due(world: World, willing: Array) -> Array:
    """Chains whose sellers think about their place today: each in its turn, nothing decided and still to be done."""
    chains, firms = world.chains, world.firms
    turn = (chains.identity % np.uint64(REVIEW_DAYS)).astype(np.int64) == world.day % REVIEW_DAYS
    idle = (chains.new_maker < 0) & (chains.new_market < 0) & (chains.searching == 0) & (chains.alive > 0)
    return np.flatnonzero(turn & idle & willing[chains.seller] & (firms.alive[chains.seller] > 0))


def fees(world: World) -> F8:
    """Share of the price that platforms keep, the mean over each market's storefronts."""
    fronts, total = world.storefronts, np.zeros(len(world.countries), np.int64)
    tally(fronts.country, world.firms.fee_ppm[fronts.platform], total)
    return total / np.maximum(np.bincount(fronts.country, minlength=len(total)), 1) / MILLIONTHS


def chain_of(world: World) -> Array:
    """The chain behind each product; -1 for what no chain sells."""
    chain = np.full(len(world.products), -1, np.int64)
    chain[world.chains.product] = np.arange(len(world.chains))
    return chain


def places(world: World, rows: Array | None = None) -> Places:
    """The chains ``rows`` where they stand today, all unless named; the others are left out."""
    offers, links, nodes, size = world.offers, world.links, world.nodes, len(world.chains)
    asked = np.zeros(size + 1, bool)
    asked[np.arange(size) if rows is None else rows] = True
    chain = chain_of(world)[nodes.product[offers.node]]
    mine = np.flatnonzero(asked[chain])
    chain, demand = chain[mine], offers.demand_ma[mine]
    margin = offers.value_cents[mine] * (1.0 - fees(world)[offers.dest[mine]]) - nodes.cost_cents[offers.node[mine]]
    cents, packs = np.zeros(size, np.int64), np.zeros(size, np.int64)
    tally(chain, np.floor(margin * demand * 1000.0), cents)
    tally(chain, np.floor(demand * 1000.0), packs)
    link, offer = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
    bought = (links.alive > 0) & (links.supplier >= 0) & (links.price_cents > 0) & (links.share > 0)
    rows = np.flatnonzero(bought & (world.products.finished[nodes.product[links.buyer]] > 0))
    rows = rows[np.argsort(links.identity[rows])[::-1]]
    link[chain_of(world)[nodes.product[links.buyer[rows]]]] = rows
    live = np.flatnonzero((offers.alive[mine] > 0) & np.isin(offers.mode[mine], DIRECT))
    live = live[np.lexsort((offers.identity[mine[live]], -demand[live]))[::-1]]
    offer[chain[live]] = mine[live]
    price, goods = _shown(world, chain, mine)
    return Places(cents / 1000.0, packs / 1000.0, link, offer, price, goods)


def _shown(world: World, chain: Array, rows: Array) -> tuple[F8, F8]:
    """Landed price of chains' goods in the mean of what the offers ``rows`` sell, and the part that moves with cost."""
    offers, size = world.offers, len(world.chains)
    sold, price, goods = np.zeros((3, size), np.int64)
    demand, value = offers.demand_ma[rows], offers.value_cents[rows]
    shown = offers.relative[rows] * demand
    share = value / np.maximum(value + offers.freight_cents[rows], 1)
    for part, total in ((demand, sold), (shown, price), (shown * share, goods)):
        tally(chain, np.floor(part * MILLIONTHS), total)
    return price / np.maximum(sold, 1), goods / np.maximum(sold, 1)


def weigh_makers(world: World, known: Ways, now: Places, rows: Array) -> None:
    """A line moves to a cheaper maker of its class, or to a maker of the next class where it earns enough more.

    Makers take on lines while they have machines free, in the order of the chains' identities.
    """
    chains = world.chains
    rows = rows[(now.link[rows] >= 0) & (now.packs[rows] > 0)]
    rows = rows[np.argsort(chains.identity[rows])]
    link = now.link[rows]
    maker, quality = world.nodes.firm[world.links.supplier[link]], world.firms.quality
    here = sourcing.quality_class(world)[maker]
    duty = sourcing.duties(world, link)[np.arange(len(rows)), world.nodes.origin[world.links.supplier[link]]]
    cost = sourcing.haul_cost(world, known, link) + world.links.price_cents[link] * (1.0 + duty)
    found, *others = sourcing.cheapest_of_classes(world, known, link, [here, here - 1, here + 1])
    cheaper = found.cost * (MARGIN + SWITCHING) < cost
    best, chosen = np.maximum(BETTER * now.earns[rows], 0.0), np.where(cheaper, found.supplier, -1)
    spare = headroom(world)[chains.seller[rows]]
    for found in others:
        other = quality[world.nodes.firm[found.supplier]] - quality[maker]
        gain, factor = _gain(world, now, rows, cost, found.cost, other)
        able = (found.supplier >= 0) & (CASH_DAYS * found.cost * now.packs[rows] * factor <= spare)
        better = able & (gain > best + SWITCHING * found.cost * now.packs[rows])
        best, chosen = np.where(better, gain, best), np.where(better, found.supplier, chosen)
    moves = sourcing.taken_on(world, chosen, now.packs[rows])
    chains.new_maker[rows[moves]] = chosen[moves]


def _gain(world: World, now: Places, rows: Array, cost: F8, found: F8, quality: Array) -> tuple[F8, F8]:
    """Cents a day with goods of another cost and quality, prices in proportion to cost; and the factor of sales."""
    demand, ratio = world.scenario.demand, np.where(np.isfinite(cost), found / np.maximum(cost, 1.0), 1.0)
    factor, gain = np.empty(len(rows)), np.empty(len(rows))
    dislike, part = _kinds_of_shoppers(world)
    drawn_from(0, len(rows), demand.quality_mean * quality.astype(np.float64), now.price[rows],
               now.goods[rows] * (ratio - 1.0), dislike, part, float(demand.lam), factor)  # fmt: skip
    earned_a_day(0, len(rows), now.earns[rows], now.packs[rows], factor, ratio, found, HOLDING * 60.0 / 365.0, gain)
    return gain, factor


def _kinds_of_shoppers(world: World) -> tuple[F8, F8]:
    """Dislikes of price of five kinds of shopper that stand for all, and their parts; incomes are in them."""
    demand = world.scenario.demand
    sd = np.hypot(demand.price_ln_sd, demand.income_elasticity * demand.income_sd)
    dislike = np.array([exp(demand.price_ln_mean + float(sd * step)) for step in STEPS])
    return dislike, PARTS


def _one_more(world: World) -> F8:
    """Packs a day that one more listing of a kind would sell in each market: what all sell, over them and one."""
    listings, size = world.listings, (len(world.countries), len(world.categories))
    live = np.flatnonzero(listings.alive > 0)
    cell = listings.dest[live] * size[1] + listings.category[live]
    sold = np.zeros(size[0] * size[1], np.int64)
    tally(cell, np.floor(listings.popularity[live] * MILLIONTHS), sold)
    usual = sold / MILLIONTHS / (np.bincount(cell, minlength=len(sold)) + 1)
    return np.asarray(usual.reshape(size))


def weigh_offers(world: World, known: Ways, now: Places, rows: Array, levers: tuple[str, ...]) -> None:
    """Chains open the mode or the near market that adds most to what they earn, where cash allows."""
    chains, offers = world.chains, world.offers
    rows = rows[(now.offer[rows] >= 0) & (chains.new_maker[rows] < 0) & (now.packs[rows] > 0)]
    cost = world.nodes.cost_cents[offers.node[now.offer[rows]]]
    able = CASH_DAYS * cost * now.packs[rows] <= headroom(world)[chains.seller[rows]]
    rows, cost = rows[able], cost[able]
    offer, packs = now.offer[rows], now.packs[rows]
    more = _earned_elsewhere(world, known, offer, packs, levers)
    best = more.reshape(len(rows), len(world.countries) * len(DIRECT)).argmax(axis=1)
    dest, mode = np.divmod(best, len(DIRECT))
    least = (BETTER - 1.0) * np.maximum(now.earns[rows], 0.0) + SWITCHING * cost * packs
    opens = more[np.arange(len(rows)), dest, mode] > least
    chains.new_market[rows[opens]], chains.new_mode[rows[opens]] = dest[opens], np.array(DIRECT)[mode[opens]]


def _earned_elsewhere(world: World, known: Ways, offer: Array, packs: F8, levers: tuple[str, ...]) -> F8:
    """Cents a day that a chain would add in each market by each direct mode: float64[row, market, mode], 0 where none.

    By row: the ``offer`` that sells most now, and ``packs`` a day. In its own market, by a mode that it lacks, what
    shoppers drawn by its terms buy beyond today's sales; in the two nearest markets where the goods are not listed,
    what one more listing sells there.
    """
    offers, listings, fee = world.offers, world.listings, fees(world)
    freight, days, runs = _ways_from(world, known, offer)
    listing, home = offers.listing[offer], offers.dest[offer]
    kept = offers.value_cents[offer][:, None] * (1.0 - fee) - world.nodes.cost_cents[offers.node[offer]][:, None]
    factor = _drawn(world, offer, freight, days)
    here = np.arange(len(world.countries)) == home[:, None]
    lacks = listings.offer[listing][:, DIRECT] < 0
    grows = kept * listings.popularity[listing][:, None]
    in_mode = grows[:, :, None] * np.maximum(factor - 1.0, 0.0)
    sold = np.minimum(_one_more(world)[:, listings.category[listing]].T, packs[:, None])
    in_market = (kept * sold)[:, :, None] * factor
    open_ways = runs & (here[:, :, None] & lacks[:, None, :]) & ("logistics" in levers)
    near = runs & _nearest(world, offer, days, runs)[:, :, None] & ("capital" in levers)
    return np.where(open_ways, in_mode, np.where(near, in_market, 0.0))


def _ways_from(world: World, known: Ways, offer: Array) -> tuple[F8, F8, Array]:
    """Of packs sent from where offers stand: freight in cents, days to the door and whether a lane runs.

    Each [row, market, mode].
    """
    lanes, origin = world.lanes, world.nodes.country[world.offers.node[offer]]
    lane = known.table[origin][:, :, DIRECT]
    grams = world.categories.weight[world.listings.category[world.offers.listing[offer]]][:, None, None]
    freight = (lanes.per_item[lane] + lanes.per_kg[lane] * grams / 1000.0) * lanes.rate[lane]
    abroad = np.arange(len(world.countries)) != origin[:, None]
    runs = (lane >= 0) & (known.runs[lane] > 0) & ~((lanes.queue[lane] < 0) & abroad[:, :, None])
    return freight, known.days[lane], runs


def _drawn(world: World, offer: Array, freight: F8, days: F8) -> F8:
    """Factor of sales when a pack costs other ``freight`` and takes other ``days`` than by an offer; [row, ...]."""
    demand, offers = world.scenario.demand, world.offers
    usual = 100.0 * world.categories.price[world.listings.category[offers.listing[offer]]][:, None, None]
    dearer = (freight - offers.freight_cents[offer][:, None, None]) / usual
    utility = -world.price_mean * (dearer + demand.theta * (days - offers.days[offer][:, None, None]))
    factor = np.empty(utility.size)
    drawn_by(0, factor.size, utility.reshape(-1), float(demand.lam), factor)
    return factor.reshape(utility.shape)


def _nearest(world: World, offer: Array, days: F8, runs: Array) -> Array:
    """The nearest markets, by their fastest mode, in which the goods of offers are not listed: a mask [row, market]."""
    listings, size = world.listings, len(world.countries)
    product = world.nodes.product[world.offers.node[offer]]
    live = np.flatnonzero(listings.alive > 0)
    there = np.zeros((len(world.products), size), bool)
    there[listings.product[live], listings.dest[live]] = True
    fastest = np.where(runs, days, np.inf).min(axis=2, initial=np.inf)
    fastest[there[product]] = np.inf
    order = np.argsort(fastest, axis=1, kind="stable")[:, :NEAREST]
    near = np.zeros(fastest.shape, bool)
    np.put_along_axis(near, order, True, axis=1)
    return np.asarray(near & np.isfinite(fastest))


def restyle(world: World, rows: Array) -> None:
    """New batches move in style toward what sells best near them: a step to the mean of neighbours' sales."""
    products, listings = world.products, world.listings
    sold: I8 = np.zeros(len(products), np.int64)
    tally(listings.product, np.floor(listings.popularity * MILLIONTHS), sold)
    product = world.chains.product[rows]
    rivals = np.flatnonzero((products.finished > 0) & (sold > 0)).astype(np.int32)
    target = np.empty(len(rows))
    threads.run(local_mean, len(rows), FEW, products.style[product], products.category[product], rivals,
                products.style, products.category, sold, NEIGHBOURHOOD, target)  # fmt: skip
    style = products.style[product]
    products.style[product] = np.clip(style + STYLE_STEP * (target - style), -1.0, 1.0)
