"""Who leaves owes shoppers first: what has not departed is paid back from escrow, what has departed arrives."""

import numpy as np
import pytest

from abm.day import DAY
from abm.phases import turnover
from abm.world import KINDS, Stage


@pytest.fixture
def evening(market):
    """The end of a day on which no lane has room for parcels, before anybody leaves."""
    world = market(warmup=0, consumers=3000, shocks=[{"day": 8, "set": {"lanes.haul=express.capacity": 0}}]).world
    for world.day in range(12):
        for phase in DAY if world.day < 11 else DAY[:-2]:
            phase(world)
    return world


def packs_of(world, seller, *stages):
    """Parcels of a seller in some stages, each with the cents paid and the node that it was sold from."""
    found = []
    for _, stage, packs in world.parcels.every():
        mine = packs.take(world.listings.seller[world.offers.listing[packs.offer]] == seller)
        if stage in stages:
            found += zip(mine.paid_cents.tolist(), world.offers.node[mine.offer].tolist(), strict=True)
    return found


def test_shoppers_are_paid_back_from_escrow_for_what_has_not_departed_and_its_goods_are_sold_off(evening):
    world = evening
    sellers = np.flatnonzero(world.firms.kind == KINDS.index("seller")).tolist()
    waiting = {seller: packs_of(world, seller, Stage.READY) for seller in sellers}
    gone = max(sellers, key=lambda seller: len(waiting[seller]))
    away = packs_of(world, gone, Stage.LINE_HAUL, Stage.CUSTOMS, Stage.LAST_MILE)
    paid = sum(cents for cents, _ in waiting[gone])
    escrow, people = world.firms.escrow[gone], np.unique(world.countries.people)
    balance, stood = world.accounts.balance_cents, world.nodes.on_hand.sum() + world.nodes.reserved.sum()
    held, purses, refunds = int(balance[escrow]), int(balance[people].sum()), world.counts["refunds_cents"]
    scrapped = world.products.scrapped.sum()
    assert len(waiting[gone]) > 5
    assert away
    world.firms.overdue[gone] = turnover.INSOLVENT_DAYS
    DAY[-2](world)
    assert packs_of(world, gone, Stage.READY) == []
    assert packs_of(world, gone, Stage.LINE_HAUL, Stage.CUSTOMS, Stage.LAST_MILE) == away
    assert all(packs_of(world, seller, Stage.READY) == waiting[seller] for seller in sellers if seller != gone)
    assert held - int(balance[escrow]) == int(balance[people].sum()) - purses == paid
    assert world.counts["refunds_cents"] - refunds == paid
    for _, node in waiting[gone]:
        assert world.nodes.on_hand[node] == world.nodes.reserved[node] == 0
    assert world.nodes.on_hand.sum() + world.nodes.reserved.sum() + world.products.scrapped.sum() == stood + scrapped
