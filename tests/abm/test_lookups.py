"""Rows looked up by what they belong to are those that reading the whole column finds, old ones and new ones."""

import numpy as np
import pytest

from abm import Market, load
from abm.ties import Index, Ties


@pytest.fixture
def world():
    return Market(load("tiny", set={"warmup": 0, "consumers": 300}), seed=3).world


def read(column, *keys):
    return np.flatnonzero(np.isin(column, keys)).tolist()


def test_rows_are_found_by_one_key_or_several_and_those_added_since_too(world):
    links, index = world.links, Index(world.links, "buyer", len(world.links))
    last = int(links.buyer.max())
    for keys in ((0,), (last,), (last, 0, 1), ()):
        assert index(*keys).tolist() == read(links.buyer, *keys)
    links.append(3, buyer=np.array([last, last + 5, 0]), supplier=-1)
    index = Index(links, "buyer", len(links) - 5)
    links.buyer[-4] = last + 5
    for keys in ((0,), (last,), (last + 5,), (last + 1,), (0, last + 5)):
        found = index(*keys)
        assert found.dtype == np.int64
        assert found.tolist() == read(links.buyer, *keys)
    assert index(last + 5).tolist() == [len(links) - 4, len(links) - 2]
    for keys in ([0, last, 0, last + 5, last + 99], [], [last + 5]):
        rows, which = index.each(np.array(keys, np.int64))
        found = [(place, row) for place, key in enumerate(keys) for row in read(links.buyer, key)]
        assert list(zip(which.tolist(), rows.tolist(), strict=True)) == found


def test_ties_name_links_nodes_listings_and_members_by_what_they_belong_to(world):
    ties, links, members = Ties(world), world.links, world.members
    for node in range(len(world.nodes)):
        assert ties.into(node).tolist() == read(links.buyer, node)
        assert ties.out_of(node).tolist() == read(links.supplier, node)
    for product in range(len(world.products)):
        assert ties.stocked(product).tolist() == read(world.nodes.product, product)
        assert ties.listed(product).tolist() == read(world.listings.product, product)
    rows, which = ties.supplying(np.array([3, 0, 3]))
    for place, product in enumerate((3, 0, 3)):
        assert rows[which == place].tolist() == read(world.nodes.product[links.buyer], product)
    assert (np.diff(which) >= 0).all()
    for chain in range(len(world.chains)):
        assert ties.takes_part(chain).tolist() == read(members.chain, chain)
    for firm in range(len(world.firms)):
        assert ties.belongs(firm).tolist() == read(members.firm, firm)
