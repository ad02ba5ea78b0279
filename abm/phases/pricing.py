"""What sellers ask of shoppers, and makers of their buyers, when a review of prices is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from abm import sourcing
from abm.columns import F8, I4, I8, Array, Column
from abm.grouping import grouped
from abm.phases import phase
from abm.rules import parameter
from abm.settlement import tally
from abm.world import World
from kernels import pricing as price_rules
from kernels.border import assess_cents
from kernels.chance import Stream
from kernels.payments import part

IDLE, BUSY = 0.5, 1.5
"""Parts of its usual markup that a maker asks with little work at hand, and with much."""
SPEED = 0.4
"""Part of the gap to the target price that one review closes."""
MILLIONTHS = 1e6
DECLARED = np.arange(1_000_000, 200_000, -100_000)
"""Parts of the value that a seller thinks of declaring, honest first."""


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


@dataclass(frozen=True)
class MatchRival:
    """The landed price of the rival whom shoppers judge most alike, as long as that covers cost."""

    undercut: float = parameter(0.0, "share", 0.0, 0.5, "How far below the rival it goes.")
    least: float = parameter(0.05, "share", 0.0, 20.0, "Markup on cost that it does not go below.")

    def __call__(self, world: World, rows: I4) -> F8:
        offers = world.offers
        price, shown = offers.value_cents[rows], offers.landed_cents[rows] + offers.coupon_cents[rows]
        rival = _rivals(world, rows)
        wanted = np.where(rival >= 0, rival * (1.0 - self.undercut), shown)
        untaxed = price + offers.freight_cents[rows]
        floor = _unit_cost(world, rows) * (1.0 + self.least) / (1.0 - _fees(world, rows))
        return np.asarray(np.maximum(price + (wanted - shown) * untaxed / np.maximum(shown, 1), floor))


@dataclass(frozen=True)
class Markdown:
    """A markup on cost that is given up as the stock lasts longer than it should: how shelves are cleared."""

    markup: float = parameter(0.35, "share", 0.0, 20.0, "What is added to cost, fees on top.")
    usual: float = parameter(45.0, "days", 1.0, 3650.0, "Days for which the stock may last at the full price.")
    depth: float = parameter(0.4, "share", 0.0, 0.95, "Part of the price given up when it lasts twice as long.")

    def __call__(self, world: World, rows: I4) -> F8:
        nodes, node, target = world.nodes, world.offers.node[rows], np.empty(len(rows))
        cover = nodes.on_hand[node] / np.maximum(nodes.forecast[node], 1e-9)
        price_rules.markdowns(0, len(rows), CostPlus(self.markup)(world, rows), cover, self.usual, self.depth,
                              target)  # fmt: skip
        return target


@dataclass(frozen=True)
class QLearning:
    """What has earned most so far in the same stance against rivals, now and then something else: learning by doing."""

    rate: float = parameter(0.2, "share", 0.0, 1.0, "How fast it learns.")
    discount: float = parameter(0.9, "share", 0.0, 0.999, "What the next review counts against this one.")
    explore: float = parameter(0.1, "share", 0.0, 1.0, "Chance of a move at random.")
    lowest: float = parameter(0.1, "share", 0.0, 20.0, "The least of seven markups.")
    highest: float = parameter(1.0, "share", 0.0, 20.0, "The most of seven markups.")

    axes: ClassVar[Mapping[str, int]] = {"stance": 3, "move": 7}
    declares: ClassVar[Mapping[str, Column]] = {
        "offers.q_value": Column("f8", "USD cents", "Learned worth of each markup in each stance.",
                                 axes=("stance", "move")),
        "offers.q_stance": Column("i2", "code", "Stance at the last review: below rivals, among or above them."),
        "offers.q_move": Column("i1", "code", "Markup chosen at the last review, -1 before the first.", default=-1),
    }  # fmt: skip

    def __call__(self, world: World, rows: I4) -> F8:
        offers, cost, fee = world.offers, _unit_cost(world, rows), _fees(world, rows)
        reward = (offers.value_cents[rows] * (1.0 - fee) - cost) * offers.demand_ma[rows]
        words = world.words(Stream.EXPLORE, offers.identity[rows])
        value, stance, move = (getattr(offers, name) for name in ("q_value", "q_stance", "q_move"))
        price_rules.learn_moves(0, len(rows), rows, _stance(world, rows), reward, words, self.rate, self.discount,
                                self.explore, value, stance, move)  # fmt: skip
        step = (self.highest - self.lowest) / (self.axes["move"] - 1)
        return np.asarray(cost * (1.0 + self.lowest + step * move[rows]) / (1.0 - fee))


RULES = {
    "cost_plus": CostPlus,
    "best_response": BestResponse,
    "match_rival": MatchRival,
    "markdown": Markdown,
    "q_learning": QLearning,
}


@phase(writes="offers.price_minor links.price_cents offers.declared_ppm " + " ".join(QLearning.declares))
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
    _declare(world, np.flatnonzero(due[seller] & (offers.cell >= 0)))
    _transfer_prices(world, due)


def _declare(world: World, rows: Array) -> None:
    """Sellers who may declare less than the value weigh what it saves against inspection and penalty."""
    offers, firms, countries = world.offers, world.firms, world.countries
    least = firms.least_declared_ppm[world.nodes.firm[offers.node[rows]]]
    rows = rows[(least < 1_000_000) | (offers.declared_ppm[rows] < 1_000_000)]
    if not len(rows):
        return
    dest, kinds = offers.dest[rows], len(DECLARED)
    broker, chosen = countries.broker[dest], np.empty(len(rows), np.int64)
    usual = countries.inspection[dest] * np.where(broker >= 0, firms.compliance[broker], 1.0)
    price_rules.declare_share(0, len(rows), DECLARED, _taxes(world, np.repeat(rows, kinds)).reshape(-1, kinds),
                              offers.value_cents[rows], usual, countries.penalty_ppm[dest],
                              firms.least_declared_ppm[world.nodes.firm[offers.node[rows]]], chosen)  # fmt: skip
    offers.declared_ppm[rows] = chosen


def _taxes(world: World, rows: Array) -> I8:
    """Duty, VAT and fee in cents of the offers, each named once for every part of the value that may be declared."""
    offers, count = world.offers, len(rows)
    value = np.empty(count, np.int64)
    part(0, count, offers.value_cents[rows], np.tile(DECLARED, count // len(DECLARED)), value)
    grams = world.categories.weight[world.listings.category[offers.listing[rows]]]
    rule, one, (duty, vat, fee) = np.empty(count, np.int32), np.ones(count, np.int64), np.empty((3, count), np.int64)
    assess_cents(0, count, offers.cell[rows], world.law.per_usd(world.countries.fx), value, offers.freight_cents[rows],
                 one, one, grams, world.law.bands(world.first + world.day), world.law.terms, rule, duty, vat,
                 fee)  # fmt: skip
    return np.asarray(duty + vat + fee)


def _cheapest(world: World) -> I8:
    """The least landed price in cents among the live offers of each listing, -1 where there is none."""
    offers, most = world.offers, np.iinfo(np.int64).max
    least = np.full(len(world.listings), most)
    live = np.flatnonzero(offers.alive & offers.admitted)
    np.minimum.at(least, offers.listing[live], offers.landed_cents[live])
    return np.where(least == most, -1, least)


def _rivals(world: World, rows: I4) -> I8:
    """Landed price of the rival most alike of each offer, in cents; -1 where it has none."""
    listings, kinds = world.listings, len(world.categories)
    cell = (listings.dest * kinds + listings.category).astype(np.int32)
    shelf = np.flatnonzero(listings.alive)
    order, first = grouped(cell[shelf], len(world.countries) * kinds, listings.identity[shelf])
    rival = np.empty(len(rows), np.int64)
    price_rules.nearest_rivals(0, len(rows), world.offers.listing[rows], cell, first.astype(np.int32),
                               shelf[order].astype(np.int32), listings.seller, listings.qhat, _cheapest(world),
                               rival)  # fmt: skip
    return rival


def _stance(world: World, rows: I4) -> Array:
    """Whether each offer stands a tenth below the rival most alike, about level with it, or above: 0, 1 or 2."""
    rival, shown = _rivals(world, rows), world.offers.landed_cents[rows]
    below, above = shown < 0.9 * rival, (shown > 1.1 * rival) & (rival >= 0)
    return np.where(below, 0, np.where(above, 2, 1)).astype(np.int16)


def _unit_cost(world: World, rows: I4) -> F8:
    """Cents that one more pack costs its seller: the shelf's average cost, picking, and brokerage at a border."""
    offers, firms = world.offers, world.firms
    node = offers.node[rows]
    operator, broker = world.nodes.operator[node], world.countries.broker[offers.dest[rows]]
    picking = np.where(operator != world.nodes.firm[node], firms.price_cents[operator], 0)
    crossing = (world.lanes.queue[offers.lane[rows]] >= 0) & (broker >= 0)
    return world.nodes.cost_cents[node] + picking + np.where(crossing, firms.price_cents[broker], 0)


def _fees(world: World, rows: I4) -> F8:
    """Share of the price that platforms and the payment provider keep, also for changing the currency of a sale.

    The commission is the mean over the market's storefronts.
    """
    fronts, firms, size = world.storefronts, world.firms, len(world.countries)
    total, count = np.zeros(size, np.int64), np.zeros(size, np.int64)
    tally(fronts.country, firms.fee_ppm[fronts.platform], total)
    tally(fronts.country, np.ones(len(fronts), np.int64), count)
    dest, provider = world.offers.dest[rows], world.countries.payment
    paid = np.where(provider >= 0, firms.fee_ppm[provider], 0)
    home = firms.country[world.nodes.firm[world.offers.node[rows]]]
    changed = (world.countries.currency[home] != world.countries.currency[dest]) & (provider[dest] >= 0)
    return np.asarray(
        ((total / np.maximum(count, 1) + paid)[dest] + firms.spread_ppm[provider[dest]] * changed) / MILLIONTHS
    )


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
    """Makers whose review is due move their price to business buyers toward cost plus markup, less when idle."""
    links, nodes = world.links, world.nodes
    rows = np.flatnonzero((links.price_cents > 0) & (links.supplier >= 0))
    rows = rows[due[nodes.firm[links.supplier[rows]]] & (nodes.cost_cents[links.supplier[rows]] > 0)]
    maker = nodes.firm[links.supplier[rows]]
    stretch = np.clip(sourcing.busyness(world), IDLE, BUSY)[maker]
    target = nodes.cost_cents[links.supplier[rows]] * (1.0 + links.markup[rows] * stretch)
    price = links.price_cents[rows].astype(np.float64)
    posted = np.empty(len(rows))
    price_rules.sticky_prices(0, len(rows), np.ones(len(rows), np.uint8), price, target, SPEED, posted)
    links.price_cents[rows] = np.maximum(np.floor(posted + 0.5), 1).astype(np.int64)
