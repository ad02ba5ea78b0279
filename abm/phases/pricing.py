"""What sellers ask of shoppers, and makers of their buyers, when a review of prices is due."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.columns import F8, I4, Array
from abm.phases import phase
from abm.rules import parameter
from abm.settlement import tally
from abm.world import World
from kernels import pricing as price_rules
from kernels.chance import Stream

SPEED = 0.4
"""Part of the gap to the target price that one review closes."""
MILLIONTHS = 1e6


@dataclass(frozen=True)
class CostPlus:
    """A markup on the average landed cost of stock, so that stock bought under the old duty sells first."""

    markup: float = parameter(0.35, "share", 0.0, 20.0, "What is added to cost, fees on top.")

    def __call__(self, world: World, rows: I4) -> F8:
        target = np.empty(len(rows))
        price_rules.cost_plus_prices(0, len(rows), _unit_cost(world, rows), np.full(len(rows), self.markup),
                                     _fees(world, rows), target)  # fmt: skip
        return target


@dataclass(frozen=True)
class BestResponse:
    """The Bertrand price under the nest, shares estimated from own sales and the platform's reports."""

    most: float = parameter(3.0, "factor", 1.0, 20.0, "The price stays below this multiple of cost.")

    def __call__(self, world: World, rows: I4) -> F8:
        offers, demand = world.offers, world.scenario.demand
        cost, price = _unit_cost(world, rows), offers.value_cents[rows].astype(np.float64)
        usual = 100.0 * world.categories.price[world.listings.category[offers.listing[rows]]]
        inside, share = _shares(world, rows)
        parts = offers.landed_cents[rows] + offers.coupon_cents[rows] - price
        target = np.empty(len(rows))
        price_rules.best_responses(0, len(rows), price, cost, _fees(world, rows), parts.astype(np.float64),
                                   np.ones(len(rows)), world.price_mean / usual, inside, share, float(demand.lam),
                                   target)  # fmt: skip
        return np.clip(target, cost, self.most * cost)


RULES = {"cost_plus": CostPlus, "best_response": BestResponse}


@phase(writes="offers.price_minor links.price_cents")
def pricing(world: World) -> None:
    """Firms whose review is due post prices: to shoppers by their rule, to business buyers by cost plus markup."""
    firms, offers = world.firms, world.offers
    word = world.words(Stream.REVIEWDAY, firms.identity)[:, 0]
    due = (word < 2.0**32 / np.maximum(firms.price_days, 1.0)) & (firms.alive > 0)
    seller = world.nodes.firm[offers.node]
    for number, rule in enumerate(world.rules["pricing"]):
        mine = due[seller] & (firms.pricing[seller] == number) & (world.nodes.cost_cents[offers.node] > 0)
        rows = np.flatnonzero(mine).astype(np.int32)
        wanted = rule(world, rows) * world.countries.fx[offers.dest[rows]]
        posted = np.empty(len(rows))
        price, every = offers.price_minor[rows].astype(np.float64), np.ones(len(rows), np.uint8)
        price_rules.sticky_prices(0, len(rows), every, price, wanted, SPEED, posted)
        offers.price_minor[rows] = np.maximum(np.floor(posted + 0.5), 1).astype(np.int64)
    _transfer_prices(world, due)


def _unit_cost(world: World, rows: I4) -> F8:
    """Cents that one more pack costs its seller: the shelf's average cost, picking, and brokerage at a border."""
    offers, firms = world.offers, world.firms
    node = offers.node[rows]
    operator, broker = world.nodes.operator[node], world.countries.broker[offers.dest[rows]]
    picking = np.where(operator != world.nodes.firm[node], firms.price_cents[operator], 0)
    crossing = (world.lanes.queue[offers.lane[rows]] >= 0) & (broker >= 0)
    return world.nodes.cost_cents[node] + picking + np.where(crossing, firms.price_cents[broker], 0)


def _fees(world: World, rows: I4) -> F8:
    """Share of the price that platforms and the payment provider keep; the mean over the market's storefronts."""
    fronts, firms, size = world.storefronts, world.firms, len(world.countries)
    total, count = np.zeros(size, np.int64), np.zeros(size, np.int64)
    tally(fronts.country, firms.fee_ppm[fronts.platform], total)
    tally(fronts.country, np.ones(len(fronts), np.int64), count)
    dest, provider = world.offers.dest[rows], world.countries.payment
    paid = np.where(provider >= 0, firms.fee_ppm[provider], 0)
    return np.asarray((total / np.maximum(count, 1) + paid)[dest] / MILLIONTHS)


def _shares(world: World, rows: I4) -> tuple[F8, F8]:
    """The seller's part of what its market and category buys, and of all who look: reported by platforms."""
    listings, kinds = world.listings, len(world.categories)
    sold = np.floor(listings.popularity * MILLIONTHS).astype(np.int64)
    cell = (listings.dest * kinds + listings.category).astype(np.int32)
    total = np.zeros(len(world.countries) * kinds, np.int64)
    tally(cell, sold, total)
    key, place = np.unique(cell.astype(np.int64) * len(world.firms) + listings.seller, return_inverse=True)
    own = np.zeros(len(key), np.int64)
    tally(place.astype(np.int32), sold, own)
    mine = world.offers.listing[rows]
    inside = np.clip(own[place[mine]] / np.maximum(total[cell[mine]], 1), 0.0, 0.99)
    return inside, inside * world.scenario.demand.conversion


def _transfer_prices(world: World, due: Array) -> None:
    """Makers whose review is due move their price to business buyers toward cost plus the usual markup."""
    links, nodes = world.links, world.nodes
    rows = np.flatnonzero((links.price_cents > 0) & (links.supplier >= 0))
    rows = rows[due[nodes.firm[links.supplier[rows]]] & (nodes.cost_cents[links.supplier[rows]] > 0)]
    target = nodes.cost_cents[links.supplier[rows]] * (1.0 + links.markup[rows])
    price = links.price_cents[rows].astype(np.float64)
    posted = np.empty(len(rows))
    price_rules.sticky_prices(0, len(rows), np.ones(len(rows), np.uint8), price, target, SPEED, posted)
    links.price_cents[rows] = np.maximum(np.floor(posted + 0.5), 1).astype(np.int64)
