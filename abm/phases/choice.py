"""Who wants something today, which page they read, and what they pick from it."""

from __future__ import annotations

import numpy as np

from abm.columns import I4, U1, U8, Array
from abm.passing import Orders
from abm.phases import phase
from abm.world import VARIANTS, World
from kernels import threads
from kernels.choice import choose
from kernels.needs import arise


@phase(writes="consumers.need consumers.need_age consumers.last_surplus", appends="orders")
def choice(world: World) -> None:
    """Needs arise; each shopper reads one page, weighs what it shows and picks one listing or nothing.

    Readers with a class of their own are asked in person.
    """
    people, size = world.consumers, len(world.consumers)
    identity = np.arange(size, dtype=np.uint64)
    visiting, variant = np.empty(size, np.int8), np.empty(size, np.uint8)
    _needs(world, identity, visiting, variant)
    page = _page(world, visiting, variant)
    slot, lot = np.empty(size, np.int8), np.empty(size, np.uint32)
    threads.run(choose, size, threads.WINDOW, page, identity, people.taste, people.last_seller,
                np.uint64(world.scenario.seed), np.uint32(world.chance_day), world.pages.feature, world.pages.seller,
                world.pages.filled, np.float32(world.scenario.demand.lam), slot, lot, people.last_surplus)  # fmt: skip
    for readers in world.rules.get("choice", ()):
        readers(world, page, slot, lot)
    picked = np.flatnonzero(slot >= 0)
    world.orders = Orders()
    world.orders.append(len(picked), consumer=picked, page=page[picked], slot=slot[picked], lot=lot[picked])
    shopping = visiting >= 0
    world.counts["visits"] += int(shopping.sum())
    surplus = people.last_surplus[shopping].astype(np.float64) * 1e6
    world.counts["surplus_millionths"] += int(np.floor(surplus).astype(np.int64).sum())


def _needs(world: World, identity: U8, visiting: Array, variant: U1) -> None:
    people, countries, demand = world.consumers, world.countries, world.scenario.demand
    season = world.seasons.on(world.first + world.day)
    shares = np.cumsum(world.categories.needs * countries.appetite, axis=1)
    cumulative = (shares / shares[:, -1:]).astype(np.float32)
    cumulative[:, -1] = 1.0
    income = np.ascontiguousarray(people.taste[:, 7])
    threads.run(arise, len(people), threads.WINDOW, identity, people.country, income, np.uint64(world.scenario.seed),
                np.uint32(world.chance_day), (countries.rate * season.needs).astype(np.float32),
                cumulative, season.wait.astype(np.float32), season.event,
                np.float32(demand.survive), np.uint8(demand.longest), people.need, people.need_age, visiting,
                variant)  # fmt: skip


def _page(world: World, visiting: Array, variant: U1) -> I4:
    """The page of each visitor: their storefront's, for the category, their segment and the variant drawn."""
    people, segments = world.consumers, world.scenario.platform.segments
    order = np.argsort(world.storefronts.country, kind="stable")
    first = np.searchsorted(world.storefronts.country[order], np.arange(len(world.countries)))
    front = order[np.minimum(first[people.country] + people.storefront, len(order) - 1)]
    number = (front * len(world.categories) + visiting) * segments + people.segment
    page = number * VARIANTS + variant
    open_door = world.storefronts.country[front] == people.country
    return np.where((visiting >= 0) & open_door, page, -1).astype(np.int32)
