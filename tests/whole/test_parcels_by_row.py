"""What leaves, comes back and is learned, row by row: each by its own offer, lane, shelf, storefront and platform."""

from collections import Counter
from math import floor

import numpy as np
import pytest

from abm.day import DAY
from abm.passing import Parcels
from abm.phases import feedback, fulfilment
from abm.settlement import Reason
from abm.world import Stage
from kernels.segments import between


def opened(market, phases=3, **changes):
    """A fresh world after the first phases of its first day."""
    world = market(**{"warmup": 0, "consumers": 300, **changes}).world
    for phase in DAY[:phases]:
        phase(world)
    world.invoices.slabs.clear()
    return world


def test_a_pack_that_leaves_owes_freight_picking_by_another_and_at_home_the_vat_of_its_sale(market, bills):
    world = opened(market)
    offers, nodes, firms, lanes = world.offers, world.nodes, world.firms, world.lanes
    every = np.arange(len(offers))
    packs = Parcels.of(len(offers), offer=every, consumer=every, lane=offers.lane, freight_cents=300 + every,
                       vat_cents=50 + 2 * every)  # fmt: skip
    nodes.reserved[:], firms.price_cents[:] = 100, 1000 + np.arange(len(firms))
    fulfilment._leave(world, packs)
    expected = {reason: Counter() for reason in (Reason.FREIGHT, Reason.PICKING, Reason.VAT)}
    home, modes = Counter(), Counter()
    for row in range(len(offers)):
        node = int(offers.node[row])
        seller, keeper, carrier = int(nodes.firm[node]), int(nodes.operator[node]), int(lanes.carrier[offers.lane[row]])
        expected[Reason.FREIGHT][15, seller, int(firms.account[seller]), int(firms.account[carrier])] += 300 + row
        if keeper != seller:
            paid = int(firms.account[keeper])
            expected[Reason.PICKING][15, seller, int(firms.account[seller]), paid] += 1000 + keeper
        if lanes.queue[offers.lane[row]] < 0:
            state = int(world.countries.government[offers.dest[row]])
            expected[Reason.VAT][0, -1, int(firms.escrow[seller]), state] += 50 + 2 * row
            home[row] = 1
        modes[int(offers.mode[row])] += 1
    for reason, due in expected.items():
        assert due
        assert bills(world, reason) == due
    assert packs.booked.tolist() == [home[row] for row in range(len(offers))]
    assert (nodes.reserved == 100 - np.bincount(offers.node, minlength=len(nodes))).all()
    assert world.counts["domestic_vat_cents"] == sum(50 + 2 * row for row in home)
    assert [world.counts[f"sent_{code}"] for code in range(6)] == [modes[code] for code in range(6)]
    for _, stage, part in world.parcels.every():
        assert {home[int(one)] for one in part.offer} <= {int(stage == Stage.LAST_MILE)}


def test_a_pack_goes_back_at_the_fare_of_its_own_lane_weighed_against_its_own_worth(market, monkeypatch):
    world, seen = opened(market), {}
    offers, lanes, nodes = world.offers, world.lanes, world.nodes
    lanes.per_item[:], lanes.per_kg[:] = 100.0 + np.arange(len(lanes)), 200.0 + 7 * np.arange(len(lanes))
    lanes.rate[:], world.categories.weight[:] = 1.0 + 0.1 * np.arange(len(lanes)), 1500
    nodes.cost_cents[:] = 300.0 + 13 * np.arange(len(nodes))
    packs = Parcels.of(len(offers), offer=np.arange(len(offers)), lane=offers.lane)
    monkeypatch.setattr(feedback, "ways_back", lambda *given: seen.update(given=given))
    monkeypatch.setattr(feedback, "shelves_in_market", lambda *given: given[-1].__setitem__(slice(None), np.where(
        np.arange(len(offers)) % 3, -1, 0)))  # fmt: skip
    days = 10 + np.arange(len(offers))
    feedback._ways_back(world, packs, days)
    start, stop, worth, near_days, home_days, near, home, loss, *_ = seen["given"]
    assert (start, stop, loss) == (0, len(offers), 0.005)
    assert home_days.tolist() == days.tolist()
    kinds = Counter()
    for row in range(len(offers)):
        lane = int(offers.lane[row])
        fare = floor((100 + lane + (200 + 7 * lane) * 1.5) * (1 + 0.1 * lane) + 0.5)
        there = offers.mode[row] in (3, 4, 5) or lanes.queue[lane] < 0
        shelf = row % 3 == 0
        assert worth[row] == pytest.approx(0.7 * (300 + 13 * int(offers.node[row])))
        assert home[row] == fare
        assert near[row] == (fare if there else 450 + 90 * (not shelf))
        assert near_days[row] == (5 if there or shelf else 30)
        kinds[bool(there), shelf] += 1
    assert len(kinds) == 4


def test_a_buyer_judges_the_quality_of_what_it_got_by_what_was_known_of_that_listing(market, monkeypatch):
    world, seen = opened(market), {}
    offers, listings, products = world.offers, world.listings, world.products
    world.day, count = 30, len(offers)
    products.quality[:], listings.qhat[:] = 0.1 * np.arange(len(products)), 0.3 * np.arange(len(listings))
    world.delivered = Parcels.of(count, offer=np.arange(count), ordered=np.arange(count), promised=5, booked=1)
    monkeypatch.setattr(feedback, "judge", lambda *given: seen.update(given=given))
    feedback._judged(world, np.zeros((count, 4), np.uint32))
    start, stop, quality, hope, late, _, returns, *rest = seen["given"]
    demand = world.scenario.demand
    assert (start, stop) == (0, count)
    assert quality == pytest.approx(0.1 * listings.product[offers.listing], rel=1e-6)
    assert hope == pytest.approx(0.3 * offers.listing, rel=1e-6)
    assert late.tolist() == [25 - row for row in range(count)]
    assert (returns == world.categories.returns[listings.category[offers.listing]]).all()
    assert rest[:5] == [0.5, 1.0, 0.1, demand.review_base, demand.review_gap]


def test_platforms_sort_shoppers_storefront_by_storefront_every_four_weeks(market, monkeypatch):
    world, days, seen = opened(market), [], {}
    monkeypatch.setattr(feedback, "_segment", lambda world: days.append(world.day))
    world.delivered = Parcels()
    for world.day in range(60):
        feedback.feedback(world)
    assert days == [27, 55]
    monkeypatch.undo()
    front = (np.arange(len(world.consumers)) * 7 % (len(world.storefronts) + 1) - 1).astype(np.int32)
    monkeypatch.setattr(type(world), "front_of", lambda self, rows: front[rows])
    monkeypatch.setattr(feedback, "_beliefs", lambda world, given: given.copy())
    monkeypatch.setattr(feedback.threads, "run", lambda kernel, size, _, *given: seen.update(size=size, given=given))
    feedback._segment(world)
    first, rows, belief = seen["given"][:3]
    assert seen["size"] == len(world.storefronts)
    assert (belief == front).all()
    for one in range(len(world.storefronts)):
        assert rows[first[one] : first[one + 1]].tolist() == np.flatnonzero(front == one).tolist()


def test_each_platform_reckons_from_its_own_shoppers_who_have_bought_how_much_they_differ(market, monkeypatch):
    world, seen = opened(market), {}
    people, fronts = world.consumers, world.storefronts
    front = (np.arange(len(people)) % (len(fronts) + 1) - 1).astype(np.int32)
    people.noted[:] = np.arange(len(people)) % 4
    people.learned[:] = (np.arange(people.learned.size).reshape(people.learned.shape) * 37 % 101) - 30
    monkeypatch.setattr(feedback.threads, "run", lambda kernel, size, _, *given: seen.update(size=size, given=given))
    feedback._beliefs(world, front)
    rows, platform, _, _, mean, variance, _ = seen["given"]
    assert rows.tolist() == [row for row in range(len(people)) if front[row] >= 0 and people.noted[row]]
    assert platform.tolist() == fronts.platform[front[rows]].tolist()
    for firm in range(len(world.firms)):
        mine = rows[platform == firm]
        for trait in range(people.learned.shape[1]):
            n, s = people.noted[mine].astype(int), people.learned[mine, trait].astype(int)
            usual = between(int(n.sum()), int((n * n).sum()), int(s.sum()), int((n * s).sum()), int((s * s).sum()))
            assert (mean[firm, trait], variance[firm, trait]) == pytest.approx(usual if len(mine) else (0.0, 0.0))
    assert (mean[np.unique(platform)] != 0).any()
