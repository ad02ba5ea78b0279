"""Who wants something today, which page they read, and what they pick from it."""

from __future__ import annotations

import numpy as np

from abm.columns import I4, U1, Array
from abm.passing import Orders
from abm.phases import phase
from abm.world import VARIANTS, World
from kernels import threads
from kernels.chance import Stream
from kernels.choice import choose
from kernels.needs import arise, page_of
from kernels.race import race
from kernels.welfare import experiences, promises, wander

HABIT = 4.0
"""Log odds against going elsewhere when another storefront promises as much."""
DIFFERENCE = 0.01
"""Surplus, in usual prices, that moves those log odds by one; assumed."""
THINKING_DAYS = 28
"""Every shopper thinks of another storefront on one day of so many."""
MONTH = 28.0
PARTS = 8
"""Into so many parts at most consumers are split where each part has sums of its own."""
SAMPLE = 4096
"""About how many consumers are asked on a day what their page was really worth."""


@phase(
    writes="consumers.need consumers.need_age consumers.last_surplus consumers.storefront storefronts.surplus",
    appends="orders",
)
def choice(world: World) -> None:
    """Needs arise; each shopper reads one page, weighs what it shows and picks one listing or nothing.

    Readers with a class of their own are asked in person.
    """
    people, size = world.consumers, len(world.consumers)
    visiting, variant = np.empty(size, np.int8), np.empty(size, np.uint8)
    if world.scenario.chance.noise:
        _go_elsewhere(world)
    _needs(world, visiting, variant)
    page = _page(world, visiting, variant)
    slot = np.empty(size, np.int8)
    who = page, people.taste, people.last_seller, np.uint64(world.scenario.seed), np.uint32(world.chance_day)
    pages, lam, window = world.pages, world.scenario.demand.lam, threads.window(size)
    if world.scenario.chance.draw == "race":
        threads.run(race, size, window, *who, pages.feature, pages.seller, world.runners, pages.filled, lam, slot,
                    people.last_surplus)  # fmt: skip
    else:
        threads.run(choose, size, window, *who, pages.feature, pages.seller, pages.filled, np.float32(lam), slot,
                    people.last_surplus)  # fmt: skip
    for readers in world.rules.get("choice", ()):
        readers(world, page, slot)
    picked = np.flatnonzero(slot >= 0)
    lot = world.words(Stream.CHOICE, picked)[:, 1]
    world.orders = Orders.of(len(picked), consumer=picked, page=page[picked], slot=slot[picked], lot=lot)
    world.counts["visits"] += int(np.count_nonzero(visiting >= 0))
    _hear(world, page)
    _weigh_up(world, page)


def _go_elsewhere(world: World) -> None:
    """Habit keeps shoppers where they are, unless their last page was worth less than others' elsewhere."""
    people, fronts = world.consumers, world.storefronts
    rows = np.arange((world.first + world.day) % THINKING_DAYS, len(people), THINKING_DAYS, dtype=np.int32)
    order, first = world.fronts()
    threads.run(wander, len(rows), threads.FEW, rows, order, first, people.country, people.last_surplus,
                fronts.surplus, HABIT, DIFFERENCE, np.uint64(world.scenario.seed), np.uint32(world.chance_day),
                people.storefront)  # fmt: skip


def _hear(world: World, page: I4) -> None:
    """What pages promised today is spoken of, storefront by storefront."""
    fronts, people = world.storefronts, world.consumers
    part = max(threads.WINDOW, -(-len(people) // PARTS))
    sums = np.zeros((2, -(-len(people) // part), 1 + len(world.pages)), np.int64)
    threads.run(promises, len(people), part, part, page, people.last_surplus, *sums)
    pages = len(world.categories) * world.scenario.platform.segments * VARIANTS
    total, visits = sums.sum(axis=1)[:, 1:].reshape(2, len(fronts), pages).sum(axis=2)
    world.counts["surplus_millionths"] += int(total.sum())
    mean = total / np.maximum(visits, 1) / 1e6
    fronts.surplus += np.where(visits > 0, np.where(fronts.surplus > 0.0, (mean - fronts.surplus) / MONTH, mean), 0.0)


def _weigh_up(world: World, page: I4) -> None:
    """Some of those who read a page, each in turn, say what it was worth to them by true quality and true delay."""
    people, pages, listings, offers = world.consumers, world.pages, world.listings, world.offers
    stride = -(-max(len(people), 1) // SAMPLE)
    reader = np.arange((world.first + world.day) % stride, len(people), stride, dtype=np.int32)
    reader = reader[page[reader] >= 0]
    surplus = np.empty(len(reader))
    surprise = world.products.quality[listings.product].astype(np.float64) - listings.qhat
    threads.run(experiences, len(reader), 256, reader, page[reader], people.taste, people.last_seller, pages.feature,
                pages.seller, pages.filled, pages.listing, pages.offer, pages.attention, surprise,
                world.lanes.delay[offers.lane], float(world.scenario.demand.lam), surplus)  # fmt: skip
    world.counts["asked"] += len(reader)
    world.counts["experienced_millionths"] += int(np.floor(surplus * 1e6).astype(np.int64).sum())


def _needs(world: World, visiting: Array, variant: U1) -> None:
    people, countries, demand = world.consumers, world.countries, world.scenario.demand
    season = world.seasons.on(world.first + world.day)
    shares = np.cumsum(world.categories.needs * countries.appetite, axis=1)
    wanted = shares[:, -1] > 0.0
    cumulative = (shares / np.where(wanted, shares[:, -1], 1.0)[:, None]).astype(np.float32)
    cumulative[:, -1] = 1.0
    rate = (countries.rate * season.needs * wanted).astype(np.float32)
    threads.run(arise, len(people), threads.WINDOW, people.country, people.taste[:, 7],
                np.uint64(world.scenario.seed), np.uint32(world.chance_day), rate, cumulative,
                season.wait.astype(np.float32), season.event, np.float32(demand.survive), np.uint8(demand.longest),
                people.need, people.need_age, visiting, variant)  # fmt: skip


def _page(world: World, visiting: Array, variant: U1) -> I4:
    """The page of each visitor: their storefront's, for the category, their segment and the variant drawn."""
    people, page = world.consumers, np.empty(len(world.consumers), np.int32)
    threads.run(page_of, len(people), threads.WINDOW, visiting, variant, people.country, people.storefront,
                people.segment, *world.fronts(), len(world.categories), world.scenario.platform.segments,
                page)  # fmt: skip
    return page
