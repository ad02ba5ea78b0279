"""What each stocking point knows of its demand: records of the day, their errors, and the forecast that follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abm.columns import F8, I4, Array
from abm.phases import phase
from abm.rules import parameter
from abm.world import World
from kernels import information as forecasting
from kernels import threads
from kernels.chance import Stream
from kernels.supply import normals

RECORD_ERROR = 0.1
"""Standard deviation of the relative error of records that are kept by hand."""


@dataclass(frozen=True)
class MovingAverage:
    """The mean of the last days."""

    window: int = parameter(28, "days", 1, 180, "Days that the average looks back.")

    def __call__(self, world: World, rows: I4) -> F8:
        nodes = world.nodes
        window, forecast = np.full(len(nodes), self.window, np.int64), np.empty(len(nodes))
        threads.run(forecasting.moving_average, len(nodes), threads.WINDOW, nodes.demand, world.day, window, forecast)
        return np.asarray(forecast[rows])


@dataclass(frozen=True)
class Smoothing:
    """Exponential smoothing, the season taken out; an empty shelf says nothing about lower demand."""

    window: int = parameter(60, "days", 1, 720, "Days of a moving average of the same mean age.")

    def __call__(self, world: World, rows: I4) -> F8:
        nodes = world.nodes
        forecast, alpha = nodes.forecast[rows], np.full(len(rows), 2.0 / (self.window + 1.0))
        observed = nodes.demand[rows, world.day % nodes.demand.shape[1]] / _season(world)[rows]
        observed = np.where(_censored(world)[rows], forecast, observed)
        threads.run(forecasting.smoothing, len(rows), threads.WINDOW, observed, alpha, forecast)
        return forecast


def _censored(world: World) -> Array:
    """Shelves that shoppers found empty: what they sold says nothing about what was wanted."""
    shop = np.zeros(len(world.nodes), bool)
    shop[world.offers.node] = True
    return shop & (world.nodes.on_hand <= 0)


RULES = {"smoothing": Smoothing, "moving_average": MovingAverage}


@phase(writes="nodes.demand nodes.forecast nodes.variance")
def information(world: World) -> None:
    """What was asked and sold is recorded, with errors; nodes update their forecasts by their rule."""
    nodes, ring = world.nodes, world.nodes.demand.shape[1]
    error = normals(world.words(Stream.INFORMATION, nodes.identity)[:, 0].copy())
    asked, recorded = (nodes.ordered - nodes.short).astype(np.float64), np.empty(len(nodes))
    size = np.full(len(nodes), RECORD_ERROR * float(world.scenario.chance.noise))
    threads.run(forecasting.misrecord, len(nodes), threads.WINDOW, asked, size, error, recorded)
    nodes.demand[:, world.day % ring] = np.floor(recorded + 0.5).astype(np.int64)
    surprise = nodes.demand[:, world.day % ring] - nodes.forecast * _season(world)
    nodes.variance += (surprise * surprise - nodes.variance) / 60.0
    for number, rule in enumerate(world.rules["forecast"]):
        rows = np.flatnonzero((nodes.predictor == number) & (nodes.alive > 0)).astype(np.int32)
        nodes.forecast[rows] = rule(world, rows)


def _season(world: World) -> F8:
    """Visits expected today against a flat day in the market that a node serves; 1 where it serves none."""
    index = np.append(world.seasons.ahead(world.first + world.day, 1)[1], 1.0)
    return np.asarray(np.maximum(index[world.nodes.market], 0.05))
