"""How much moves through the world on a usual day: what people like ours would buy, and what that asks of nodes."""

from __future__ import annotations

import math

import numpy as np

from abm import given
from abm.columns import F4, F8, I4, Array
from abm.scenario.build.people import sample
from abm.world import VARIANTS, World
from kernels import threads
from kernels.functions import exp
from kernels.people import expected_packs

NOT_OFFERED = -1.0


def set_flows(world: World) -> None:
    """Write usual packs a day of offers and listings, and the baselines of nodes and links."""
    offers, listings = world.offers, world.listings
    packs = packs_a_visit(world)
    country = listings.dest
    visits = np.bincount(world.consumers.country, minlength=len(world.countries)) * _visits(world)
    wanted = world.categories.needs[listings.category] * world.countries.appetite[country, listings.category]
    scale = visits[country] * wanted * (1.0 - world.scenario.demand.decline)
    daily = packs * scale[:, None]
    daily[offers.listing, offers.mode] += given.means(world)
    offers.demand_ma[:] = daily[offers.listing, offers.mode]
    listings.popularity[:] = [math.fsum(row) for row in daily.tolist()]
    _upstream(world)


def _visits(world: World) -> F8:
    demand, countries = world.scenario.demand, world.scenario.countries
    own = [demand.visits if country.visits is None else country.visits for country in countries.values()]
    return np.array(own, np.float64)


def packs_a_visit(world: World) -> F8:
    """Packs that one visit to a listing's market and category buys of it in the mean, float64[listing, mode]."""
    demand, listings, size = world.scenario.demand, world.listings, len(world.listings)
    price = np.full((size, world.axes["mode"]), NOT_OFFERED)
    days = np.zeros_like(price)
    listed, mode = world.offers.listing, world.offers.mode
    usual = 100.0 * world.categories.price[listings.category[listed]]
    price[listed, mode] = np.where(world.offers.admitted > 0, world.offers.landed_cents / usual, NOT_OFFERED)
    days[listed, mode] = world.offers.days
    features = _features(world, price, days)
    packs = np.zeros_like(price)
    cell = listings.dest.astype(np.int64) * len(world.categories) + listings.category
    cells = np.unique(cell)
    tastes = {place: sample(world, place) for place in np.unique(cells // len(world.categories)).tolist()}

    def read(start: int, stop: int) -> None:
        for number in cells[start:stop].tolist():
            rows = np.flatnonzero(cell == number)
            page, mine = _pages(world, rows, features), np.zeros((len(rows), price.shape[1]))
            expected_packs(tastes[number // len(world.categories)], page, features[rows], price[rows], days[rows],
                           demand.rank, demand.lam, mine)  # fmt: skip
            packs[rows] = mine

    threads.run(read, len(cells), 1)
    return packs


def _features(world: World, price: F8, days: F8) -> F4:
    """What a page shows of each listing without its rank, at its lead offer: the least of price and waiting."""
    demand, listings = world.scenario.demand, world.listings
    style = world.products.style[listings.product].astype(np.float64)
    burden = np.where(price >= 0.0, price + demand.theta * days, np.inf)
    lead = np.argmin(burden, axis=1)
    row = np.arange(len(listings))
    columns = [listings.xi - demand.style * style * style, listings.qhat, price[row, lead], days[row, lead],
               2.0 * demand.style * style, listings.home]  # fmt: skip
    return np.ascontiguousarray(np.stack(columns, axis=1), np.float32)


def _pages(world: World, rows: Array, features: F4) -> I4:
    """Pages of a market and category, as places in `rows`: all listings by merit, or turns of as many as fit a page."""
    demand = world.scenario.demand
    price_taste = exp(demand.price_ln_mean)
    shown = features[rows].astype(np.float64)
    merit = shown[:, 0] + demand.quality_mean * shown[:, 1] - price_taste * (shown[:, 2] + demand.theta * shown[:, 3])
    order = np.lexsort((world.listings.identity[rows], -merit))
    slots, size = world.axes["slot"], len(rows)
    if size <= slots:
        return order[None, :].astype(np.int32)
    starts = np.arange(VARIANTS) * size // VARIANTS
    turns = np.sort((starts[:, None] + np.arange(slots)[None, :]) % size, axis=1)
    return np.ascontiguousarray(order[turns], np.int32)


def _upstream(world: World) -> None:
    """Baselines from offers up to raw material: a node's is the sum of what its offers and outgoing links take."""
    nodes, links = world.nodes, world.links
    flow: list[list[float]] = [[] for _ in range(len(nodes))]
    for node, packs in zip(world.offers.node.tolist(), world.offers.demand_ma.tolist(), strict=True):
        flow[node].append(packs)
    arriving: list[list[int]] = [[] for _ in range(len(nodes))]
    waits = np.bincount(links.supplier[links.supplier >= 0], minlength=len(nodes))
    for link, buyer in enumerate(links.buyer.tolist()):
        arriving[buyer].append(link)
    ready = np.flatnonzero(waits == 0).tolist()
    for node in ready:
        nodes.baseline[node] = math.fsum(flow[node])
        for link in arriving[node]:
            links.baseline[link] = nodes.baseline[node] * links.share[link]
            source = int(links.supplier[link])
            if source >= 0:
                flow[source].append(float(links.baseline[link] * links.per_unit[link]))
                waits[source] -= 1
                if waits[source] == 0:
                    ready.append(source)
