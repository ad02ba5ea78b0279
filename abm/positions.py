"""Where a firm would stand better: class of quality and maker, one more mode, one more market, each by what it earns.

What shoppers want is estimated from own sales and the market's usual tastes, with rivals as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm import sourcing
from abm.capital import headroom
from abm.columns import F8, I8, Array
from abm.settlement import tally
from abm.sourcing import Ways
from abm.ties import Ties
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
DIRECT = (0, 1, 2)
"""Modes that need no stock abroad: express, line, post."""
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


@dataclass(frozen=True)
class Markets:
    """What platforms keep in each market, and packs a day that one more listing of a kind would sell there."""

    fee: F8
    usual: F8


def markets(world: World) -> Markets:
    """Markets as they are today; what one more would sell is what all sell, over them and one."""
    listings, size = world.listings, (len(world.countries), len(world.categories))
    live = np.flatnonzero(listings.alive > 0)
    cell = listings.dest[live] * size[1] + listings.category[live]
    sold = np.zeros(size[0] * size[1], np.int64)
    tally(cell, np.floor(listings.popularity[live] * MILLIONTHS), sold)
    usual = sold / MILLIONTHS / (np.bincount(cell, minlength=len(sold)) + 1)
    return Markets(fees(world), usual.reshape(size))


def weigh_offers(world: World, known: Ways, now: Places, rows: Array, levers: tuple[str, ...]) -> None:
    """A chain opens the mode or the near market that adds most to what it earns, where cash allows."""
    spare, there, ties = headroom(world), markets(world), Ties(world)
    for row in rows.tolist():
        base = int(now.offer[row])
        if base < 0 or world.chains.new_maker[row] >= 0 or now.packs[row] <= 0:
            continue
        cost = float(world.nodes.cost_cents[world.offers.node[base]])
        if CASH_DAYS * cost * now.packs[row] > spare[world.chains.seller[row]]:
            continue
        least = (BETTER - 1.0) * max(float(now.earns[row]), 0.0) + SWITCHING * cost * float(now.packs[row])
        found = _best_mode(world, known, there, base) if "logistics" in levers else (-1, -1, 0.0)
        if "capital" in levers:
            market = _best_market(world, known, there, ties, base, float(now.packs[row]))
            found = max(found, market, key=lambda one: one[2])
        if found[2] > least:
            world.chains.new_market[row], world.chains.new_mode[row] = found[:2]


def _margin(world: World, there: Markets, offer: int, dest: int) -> float:
    value = float(world.offers.value_cents[offer])
    return value * (1.0 - float(there.fee[dest])) - float(world.nodes.cost_cents[world.offers.node[offer]])


def _way(world: World, known: Ways, offer: int, dest: int, mode: int) -> tuple[float, float] | None:
    """Freight in cents and days to the door of a pack sent from where an offer stands; None where no lane runs."""
    lanes, origin = world.lanes, world.nodes.country[world.offers.node[offer]]
    lane = int(known.table[origin, dest, mode])
    if lane < 0 or not known.runs[lane] or (lanes.queue[lane] < 0 and origin != dest):
        return None
    grams = float(world.categories.weight[world.listings.category[world.offers.listing[offer]]])
    freight = float(lanes.per_item[lane] + lanes.per_kg[lane] * grams / 1000.0) * float(lanes.rate[lane])
    return freight, float(known.days[lane])


def _draw(world: World, offer: int, freight: float, days: float) -> float:
    """Factor of sales when a pack costs other freight and takes other days than by an offer."""
    demand, offers = world.scenario.demand, world.offers
    usual = 100.0 * float(world.categories.price[world.listings.category[offers.listing[offer]]])
    dearer = (freight - float(offers.freight_cents[offer])) / usual + demand.theta * (days - float(offers.days[offer]))
    factor = np.empty(1)
    drawn_by(0, 1, np.array([-world.price_mean * dearer]), float(demand.lam), factor)
    return float(factor[0])


def _best_mode(world: World, known: Ways, there: Markets, offer: int) -> tuple[int, int, float]:
    """Market, mode and cents a day more of the direct mode that the listing of an offer lacks most."""
    listing, dest = int(world.offers.listing[offer]), int(world.offers.dest[offer])
    best = (-1, -1, 0.0)
    sold, margin = float(world.listings.popularity[listing]), _margin(world, there, offer, dest)
    for mode in DIRECT:
        way = _way(world, known, offer, dest, mode) if world.listings.offer[listing, mode] < 0 else None
        if way is not None:
            more = margin * sold * max(_draw(world, offer, *way) - 1.0, 0.0)
            best = max(best, (dest, mode, more), key=lambda one: one[2])
    return best


def _best_market(
    world: World, known: Ways, there: Markets, ties: Ties, offer: int, packs: float
) -> tuple[int, int, float]:
    """Market, mode and cents a day of the best of the two nearest markets where the goods are not listed yet."""
    listings, listed = world.listings, ties.listed(int(world.nodes.product[world.offers.node[offer]]))
    already = set(listings.dest[listed[listings.alive[listed] > 0]].tolist())
    kind = listings.category[world.offers.listing[offer]]
    ways = [
        (way[1], dest, mode, way[0])
        for dest in range(len(world.countries)) if dest not in already
        for mode in DIRECT if (way := _way(world, known, offer, dest, mode)) is not None
    ]  # fmt: skip
    best, near = (-1, -1, 0.0), list(dict.fromkeys(dest for _, dest, _, _ in sorted(ways)))[:NEAREST]
    for days, dest, mode, freight in ways:
        if dest in near:
            sold = min(float(there.usual[dest, kind]), packs)
            more = _margin(world, there, offer, dest) * sold * _draw(world, offer, freight, days)
            best = max(best, (dest, mode, more), key=lambda one: one[2])
    return best


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
