"""On what terms firms deal with each other: orders of a least size, whole batches, best margins first, no circles."""

from collections import Counter

import numpy as np
import pytest

from abm import capital, sourcing
from abm.day import DAY
from abm.phases import matching, replenishment


def bought(world):
    """Links between two firms."""
    links, nodes = world.links, world.nodes
    return (links.make < 0) & (nodes.firm[links.supplier] != nodes.firm[links.buyer])


def test_every_order_is_of_a_size_that_its_supplier_takes_and_every_batch_is_whole(market):
    world = market(warmup=0, consumers=3000, firms__cotton__minimum_order=9.0, firms__tailors__batch=4.0).world
    links, nodes, seen = world.links, world.nodes, Counter()
    names = np.array(world.names["firms"])
    for world.day in range(40):
        for phase in DAY:
            before = links.placed.copy()
            phase(world)
            if phase.name != "replenishment":
                continue
            for row in np.flatnonzero(links.placed > before).tolist():
                units, usual = int(links.placed[row] - before[row]), float(links.baseline[row])
                if bought(world)[row]:
                    days = 9.0 if names[nodes.firm[links.supplier[row]]] == "cotton" else 0.0
                    least = max(int(np.floor(days * usual + 0.5)), 1)
                    assert units >= least
                    seen["least", days] += units == least
                elif links.make[row] >= 0:
                    days = 4.0 if names[links.make[row]].startswith("tailors") else 0.0
                    assert units % max(int(np.floor(days * usual + 0.5)), 1) == 0
                    seen["batches", days] += 1
                else:
                    seen["own"] += 1
    assert min(seen["least", 9.0], seen["batches", 4.0], seen["own"]) > 2


def test_without_least_orders_and_batches_orders_stay_as_they_are(market):
    world = market(warmup=0).world
    world.firms.least_days[:] = world.firms.batch_days[:] = 0.0
    placed = np.arange(len(world.links), dtype=np.int64) % 5
    before = placed.copy()
    replenishment._in_lots(world, placed)
    assert (placed == before).all()


def test_the_margin_of_a_unit_is_its_price_or_what_it_will_fetch_less_what_it_costs(market):
    world = market(warmup=0).world
    links, nodes, rows = world.links, world.nodes, np.arange(len(world.links))
    links.per_unit[:] = 2
    margin, worth = capital.margins(world, rows), capital._worth(world)
    for row in rows.tolist():
        supplier, maker = int(links.supplier[row]), int(links.make[row])
        onward = float(links.price_cents[row]) or worth[links.buyer[row]]
        cost = nodes.cost_cents[supplier] if supplier >= 0 else world.firms.material_cents[maker]
        wages = world.firms.labour_cents[maker] if maker >= 0 else 0
        assert margin[row] == pytest.approx((onward - wages) / 2 - cost)


def test_a_maker_who_ranks_by_margin_gives_its_machines_to_the_line_that_earns_most_and_not_to_any_at_random(market):
    groups = ("cotton", "knits", "tailors", "us-tailors")
    world = market(warmup=0, **{f"firms__{name}__rationing": {"rule": "priority"} for name in groups}).world
    links = world.links
    maker = int(np.argmax(np.bincount(links.make[links.make >= 0])))
    lines = np.flatnonzero(links.make == maker)
    assert len(lines) > 1
    ample, none = np.full(len(world.firms), 10, np.int64), np.zeros(len(lines), np.int64)
    for best in range(len(lines)):
        world.nodes.cost_cents[links.supplier[lines]] = 900.0
        world.nodes.cost_cents[links.supplier[lines[best]]] = 100.0
        if len(np.unique(links.supplier[lines])) < len(lines):
            world.offers.value_cents[:] = 3000
            links.price_cents[np.isin(links.supplier, links.buyer[lines])] = 1000
            links.price_cents[links.supplier == links.buyer[lines[best]]] = 2000
        asked = np.full(len(lines), maker)
        margin = matching.margins(world, lines)
        got = matching._book(world, lines, asked, asked, margin, np.full(len(lines), 10), ample, none)
        assert got.tolist() == [10 * (place == best) for place in range(len(lines))]


def test_a_maker_whom_the_buyers_own_goods_reach_is_not_chosen(market):
    world = market(warmup=0, firms__knits__count=4).world
    links, nodes = world.links, world.nodes
    world.firms.capacity[:] = 1e9
    kind, known = nodes.product, sourcing.ways(world)
    rows = np.flatnonzero((links.lane >= 0) & bought(world)).astype(np.int32)
    choice = sourcing._cheapest(world, known, rows, kind, kind[links.buyer[rows]], patient=True)
    found = np.flatnonzero(choice.supplier >= 0)
    row, other = int(rows[found[0]]), int(choice.supplier[found[0]])
    spare = int(np.flatnonzero((links.supplier >= 0) & (links.buyer != other))[-1])
    links.supplier[spare], links.buyer[spare] = links.buyer[row], other
    for search in (
        sourcing._cheapest(world, known, rows[found[:1]], kind, kind[links.buyer[rows[found[:1]]]], patient=True),
        sourcing.joined_up(world, known, rows[found[:1]], kind, kind[links.buyer[rows[found[:1]]]]),
    ):
        assert search.supplier[0] != other
