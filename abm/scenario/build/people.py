"""Who lives in the world: consumers by country, with tastes around hidden groups, and samples of people like them."""

from __future__ import annotations

import numpy as np

from abm.columns import F4, F8
from abm.scenario.schema import Demand
from abm.world import World
from kernels import threads
from kernels.chance import Stream, uniform64
from kernels.people import Spread, births, habits

SAMPLE = 2048
ABOVE_ALL = 1 << 40
"""Global numbers of sampled people start here, far above any consumer's."""
COUNTRY_STYLE = 0.2
"""How far a country's mean style may lie from the middle, assumed."""


def spread(demand: Demand) -> Spread:
    """The scenario's spread of tastes, as the kernel takes it."""
    return Spread(
        propensity=demand.propensity,
        propensity_sd=demand.propensity_sd,
        price_ln_mean=demand.price_ln_mean,
        price_ln_sd=demand.price_ln_sd,
        quality=demand.quality_mean,
        quality_sd=demand.quality_sd,
        time=demand.theta,
        style_sd=demand.group_sd,
        home=demand.home,
        loyalty=demand.loyalty,
        income_sd=demand.income_sd,
        income_elasticity=demand.income_elasticity,
    )


def group_styles(world: World) -> F8:
    """Mean style of each hidden group, float64[country, group]: evenly around the country's own, within -1..1."""
    demand = world.scenario.demand
    word = world.words(Stream.BIRTH, world.countries.identity, day=0)[:, 0]
    middle = np.array([COUNTRY_STYLE * (2.0 * uniform64(one) - 1.0) for one in word])
    steps = np.arange(demand.groups) * (2.0 * demand.group_gap / max(demand.groups - 1, 1)) - demand.group_gap
    if demand.groups == 1:
        steps = np.zeros(1)
    return np.asarray(np.clip(middle[:, None] + steps[None, :], -1.0, 1.0))


def settle(world: World, people: list[int]) -> None:
    """Fill the consumers' table, country by country; a consumer's global number is the row."""
    consumers, scenario = world.consumers, world.scenario
    styles, seed = group_styles(world), np.uint64(scenario.seed)
    fronts = np.bincount(world.storefronts.country, minlength=len(people))
    first = 0
    for country, count in enumerate(people):
        rows = slice(first, first + count)
        consumers.country[rows] = country
        threads.run(births, count, threads.WINDOW, first, styles[country], spread(scenario.demand), seed,
                    consumers.taste[rows])  # fmt: skip
        choices = max(int(fronts[country]), 1)
        threads.run(habits, count, threads.WINDOW, first, choices, scenario.platform.segments, seed,
                    consumers.storefront[rows], consumers.segment[rows])  # fmt: skip
        first += count


def sample(world: World, country: int) -> F4:
    """Tastes of people like those of a country: float32[person, 8], the same for any number of consumers."""
    taste = np.empty((SAMPLE, world.axes["taste"]), np.float32)
    first = ABOVE_ALL + country * SAMPLE
    births(0, SAMPLE, first, group_styles(world)[country], spread(world.scenario.demand),
           np.uint64(world.scenario.seed), taste)  # fmt: skip
    return taste
