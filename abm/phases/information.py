"""What each stocking point knows of its demand: its own records, reports of the shared system, and its forecast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm import foresight
from abm.columns import F8, I4, I8, Array
from abm.grouping import distinct
from abm.phases import phase
from abm.rules import parameter
from abm.settlement import tally
from abm.world import World
from kernels import information as forecasting
from kernels import threads
from kernels.chance import Stream
from kernels.supply import normals

RECORD_ERROR = 0.1
"""Standard deviation of the relative error of records that are kept by hand."""
MONTH = 28
VARIANCE_DAYS = 60.0
LEAST_INDEX = 0.05
HUNDRED = 100
PART = foresight.MILLION // HUNDRED
"""Records are in hundredths of a unit, so that a part of a unit is not lost."""


@dataclass(frozen=True)
class MovingAverage:
    """The mean of the last days."""

    window: int = parameter(28, "days", 1, 180, "Days that the average looks back.")

    def __call__(self, world: World, rows: I4) -> F8:
        nodes = world.nodes
        window, forecast = np.full(len(nodes), self.window, np.int64), np.empty(len(nodes))
        threads.run(
            forecasting.moving_average, len(nodes), threads.WINDOW, nodes.demand, _lived(world), window, forecast
        )
        return np.asarray(forecast[rows] / HUNDRED)


@dataclass(frozen=True)
class Smoothing:
    """Exponential smoothing, the season taken out; an empty shelf says nothing about lower demand."""

    window: int = parameter(60, "days", 1, 720, "Days of a moving average of the same mean age.")

    def __call__(self, world: World, rows: I4) -> F8:
        forecast, alpha = world.nodes.forecast[rows], np.full(len(rows), 2.0 / (self.window + 1.0))
        observed = np.where(_censored(world)[rows], forecast, _today(world)[rows])
        threads.run(forecasting.smoothing, len(rows), threads.WINDOW, observed, alpha, forecast)
        return forecast


@dataclass(frozen=True)
class Autoregressive:
    """The best forecast over lead time and review of demand that returns to its mean at the pace of its record."""

    window: int = parameter(90, "days", 7, 180, "Days of record from which mean and persistence are estimated.")

    def __call__(self, world: World, rows: I4) -> F8:
        nodes, (mean, rho) = world.nodes, np.empty((2, len(world.nodes)))
        forecasting.persistence(0, len(nodes), nodes.demand, _lived(world), self.window, mean, rho)
        horizon = np.maximum(np.floor(nodes.lead + world.firms.review_days[nodes.firm] + 0.5), 1).astype(np.int64)
        observed, forecast = np.where(_censored(world), mean, nodes.demand[:, _column(world)]), np.empty(len(nodes))
        forecasting.ar1(0, len(nodes), observed, mean, rho, horizon, forecast)
        return np.asarray(np.maximum(forecast, 0.0)[rows] / HUNDRED)


@dataclass(frozen=True)
class Plan:
    """What buyers whose order systems tell their plans mean to order, and what the others have been ordering."""

    window: int = parameter(60, "days", 1, 720, "Days of the moving average that stands in where nobody plans.")

    def __call__(self, world: World, rows: I4) -> F8:
        links, nodes = world.links, world.nodes
        told = _partners(world) & (links.alive > 0) & (links.supplier >= 0)
        millionths = np.floor(_planned(world, told) * foresight.MILLION + 0.5).astype(np.int64)
        total = np.zeros(len(nodes), np.int64)
        tally(links.supplier, millionths, total)
        packs = np.floor(world.offers.demand_ma * foresight.MILLION + 0.5).astype(np.int64)
        tally(world.offers.node, packs, total)
        planned = np.zeros(len(nodes), bool)
        planned[links.supplier[told]] = True
        return np.where(planned[rows], (total / foresight.MILLION)[rows], Smoothing(self.window)(world, rows))


RULES = {"smoothing": Smoothing, "moving_average": MovingAverage, "ar1": Autoregressive, "plan": Plan}


@phase(
    writes="nodes.demand nodes.forecast nodes.variance nodes.reported nodes.told nodes.recorded nodes.index "
    "nodes.asked_ma nodes.surprise_ma links.ordered_ma firms.connected firms.adopted firms.bought_units "
    "firms.sold_units"
)
def information(world: World) -> None:
    """What was asked and sold is recorded and sent up the chain; reports arrive; nodes update their forecasts."""
    _join(world)
    _watch(world)
    nodes = world.nodes
    reported, sharing = _reports(world)
    nodes.told[:] = reported >= 0
    nodes.index[:] = _index(world)
    _record(world, np.where(reported >= 0, reported, _own(world)), sharing)
    surprise = nodes.demand[:, _column(world)] / HUNDRED - nodes.forecast * nodes.index
    nodes.variance += (surprise * surprise - nodes.variance) / VARIANCE_DAYS
    forecast = nodes.forecast.copy()
    for number, rule in enumerate(world.rules["forecast"]):
        rows = np.flatnonzero((nodes.predictor == number) & (nodes.alive > 0)).astype(np.int32)
        forecast[rows] = rule(world, rows)
    nodes.forecast[:] = forecast


def _column(world: World) -> int:
    return world.day % int(world.nodes.demand.shape[1])


def _lived(world: World) -> int:
    """Days on record, those from before the first day among them."""
    return world.day + int(world.nodes.demand.shape[1])


def _join(world: World) -> None:
    """Who is a member of the shared system, and whose order system exchanges notices: those of a smaller share stay."""
    firms, dials = world.firms, world.scenario.dials
    for stream, column, share in (
        (Stream.MEMBERSHIP, firms.connected, dials.information.share),
        (Stream.ADOPTION, firms.adopted, dials.channels.adoption),
    ):
        column[:] = world.words(stream, firms.identity, day=0)[:, 0] < share * 2.0**32


def _watch(world: World) -> None:
    """How far demand was from what was expected, what each link carries, what each firm orders and sells in a month."""
    nodes, links, firms = world.nodes, world.links, world.firms
    links.ordered_ma += (links.asked - links.ordered_ma) / MONTH
    nodes.asked_ma += (nodes.ordered - nodes.asked_ma) / MONTH
    nodes.surprise_ma += (nodes.ordered - nodes.forecast * _expected(world) - nodes.surprise_ma) / MONTH
    month = world.day // MONTH % firms.bought_units.shape[1]
    if world.day % MONTH == 0:
        firms.bought_units[:, month] = firms.sold_units[:, month] = 0
    buyer, supplier = nodes.firm[links.buyer], nodes.firm[links.supplier]
    outward = (links.supplier >= 0) & (supplier != buyer)
    bought, sold = np.zeros((2, len(firms)), np.int64)
    tally(buyer, links.asked * links.per_unit * (outward | (links.supplier < 0)), bought)
    source = distinct(links.supplier[outward], len(nodes))
    tally(nodes.firm[source], nodes.sold[source], sold)
    tally(nodes.firm[world.offers.node], world.offers.sold, sold)
    firms.bought_units[:, month] += bought
    firms.sold_units[:, month] += sold


def _reports(world: World) -> tuple[I8, Array]:
    """Hundredths of a unit that reach each node today as a report, -1 where it has its own record only; who is told.

    Members pass the sales of consumers up the chain as they are; a buyer outside the system is seen by its orders.
    """
    nodes, links, dial = world.nodes, world.links, world.scenario.dials.information
    tier = foresight.tiers(world)
    reach = 1.0 + dial.visibility * max(int(tier.max(initial=1)) - 1, 0)
    sharing = ((world.firms.connected > 0) & (tier <= reach))[nodes.firm]
    if not dial.share:
        return np.full(len(nodes), -1), sharing
    wanted = _wanted(world) * PART
    hidden = ~sharing[links.buyer]
    tally(links.supplier, links.asked * links.per_unit * hidden * foresight.MILLION, wanted)
    way = foresight.climb(world)
    seen = foresight.pass_up(world, way[~hidden[way]], np.zeros(len(links)), wanted[:, None])
    row, ring = np.arange(len(nodes)), nodes.reported.shape[1]
    arrives = world.day + _delay(world, tier)
    nodes.reported[row, arrives % ring] = np.where(sharing, (seen[:, 0] + PART // 2) // PART, -1)
    return nodes.reported[:, world.day % ring].copy(), sharing


def _delay(world: World, tier: I8) -> Array:
    """Days until a report of the day is read: a seller sees its own sales at once."""
    return np.where(tier[world.nodes.firm] <= 1, 0, world.scenario.dials.information.latency)


def _own(world: World) -> I8:
    """Demand that a node knows of by itself: orders, and sales to shoppers; an empty shelf goes by what it expected."""
    nodes = world.nodes
    return np.where(_idle(world), _usual(world), HUNDRED * (nodes.ordered - nodes.short))


def _wanted(world: World) -> I8:
    """What shoppers asked of each node, the short among them; an empty shelf tells what it expected."""
    nodes, links = world.nodes, world.links
    asked = nodes.ordered.copy()
    tally(links.supplier, -links.asked * links.per_unit, asked)
    return np.where(_idle(world), _usual(world), HUNDRED * asked)


def _idle(world: World) -> Array:
    """Shelves that were empty all day, so that nobody saw them."""
    return np.asarray(_shops(world) & world.sold_out & (world.nodes.ordered == 0))


def _usual(world: World) -> I8:
    """What each node expected of the day."""
    return np.asarray(np.floor(HUNDRED * world.nodes.forecast * _expected(world) + 0.5), np.int64)


def _record(world: World, asked: I8, sharing: Array) -> None:
    """Write down the day's demand, in hundredths, and the stock, each with the error of who keeps the record."""
    nodes, dial = world.nodes, world.scenario.dials.information
    size = np.where(sharing, 1.0 - dial.accuracy, RECORD_ERROR) * float(world.scenario.chance.noise)
    word = world.words(Stream.INFORMATION, nodes.identity)
    for block, (truth, column) in enumerate(
        ((asked, nodes.demand[:, _column(world)]), (nodes.on_hand, nodes.recorded))
    ):
        written = np.empty(len(nodes))
        threads.run(forecasting.misrecord, len(nodes), threads.WINDOW, truth.astype(np.float64), size,
                    normals(word[:, block].copy()), written)  # fmt: skip
        column[:] = np.floor(written + 0.5)
    live = nodes.alive > 0
    world.counts["recorded"] += int(nodes.on_hand[live].sum())
    world.counts["misrecorded"] += int(np.abs(nodes.recorded - nodes.on_hand)[live].sum())


def _expected(world: World) -> F8:
    """Demand of the day against a flat day, as each node expected it."""
    index = np.append(world.seasons.seen(world.first + world.day), 1.0)
    return np.where(world.nodes.market >= 0, index[world.nodes.market], world.nodes.expects)


def _index(world: World) -> F8:
    """Season in the record of the day: a report has that of the day on which consumers bought."""
    nodes, dial = world.nodes, world.scenario.dials.information
    index = _expected(world)
    if dial.share and not world.seasons.flat:
        tier, today = foresight.tiers(world), world.first + world.day
        visits = np.vstack([world.seasons.seen(day) for day in (today, today - dial.latency)])
        wanted = foresight.calendar(world, foresight.climb(world), visits, early=False)
        season = foresight.against_a_flat_day(wanted)
        knows = (nodes.told > 0) & ((tier == 1) | (world.firms.adopted > 0))[nodes.firm]
        late = (_delay(world, tier) > 0).astype(np.int64)
        index = np.where(knows, season[np.arange(len(nodes)), late], np.where(nodes.told > 0, 1.0, index))
    return np.maximum(index, LEAST_INDEX)


def _today(world: World) -> F8:
    """Recorded demand of the day, the season taken out."""
    return np.asarray(world.nodes.demand[:, _column(world)] / (HUNDRED * world.nodes.index))


def _shops(world: World) -> Array:
    """Mask of the nodes that serve consumers."""
    shop = np.zeros(len(world.nodes), bool)
    shop[world.offers.node] = True
    return shop


def _censored(world: World) -> Array:
    """Shelves that shoppers found empty: what they sold says nothing about what was wanted, unless it was reported."""
    return np.asarray(_shops(world) & world.sold_out & (world.nodes.told == 0))


def _partners(world: World) -> Array:
    """Mask of the links on both sides of which order systems exchange plans."""
    links, firm, adopted = world.links, world.nodes.firm, world.firms.adopted > 0
    buyer, supplier = firm[links.buyer], firm[links.supplier]
    return np.asarray(adopted[buyer] & adopted[supplier])


def _planned(world: World, told: Array) -> F8:
    """Units a flat day that each link will ask for: what its buyer plans to meet demand and close its gap, or habit."""
    nodes, links = world.nodes, world.links
    review = world.firms.review_days[nodes.firm]
    level = nodes.forecast * (nodes.lead + review + nodes.cover)
    gap = level - (nodes.on_hand + foresight.on_order(world) - nodes.owed) - nodes.forecast * review
    plan = np.maximum(nodes.forecast + nodes.beta * gap / np.maximum(review, 1), 0.0)
    return np.where(told, plan[links.buyer] * links.share, links.ordered_ma) * links.per_unit
