"""On what terms firms deal with each other: orders of a least size, whole batches, best margins first, no circles."""

import numpy as np

from abm import sourcing


def bought(world):
    """Links between two firms."""
    links, nodes = world.links, world.nodes
    return (links.make < 0) & (nodes.firm[links.supplier] != nodes.firm[links.buyer])


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
