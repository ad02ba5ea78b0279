"""The Leontief inverse, and that what is wanted of suppliers is what passing orders up a chain adds up to."""

import numpy as np
import pytest

from kernels import information, networks


@pytest.mark.parametrize("size", [1, 2, 7, 30])
def test_the_inverse_is_the_inverse(size):
    inputs = np.random.default_rng(size).dirichlet(np.ones(size), size) * 0.9
    inverse = np.empty_like(inputs)
    networks.leontief(inputs, inverse)
    assert inverse @ (np.eye(size) - inputs) == pytest.approx(np.eye(size), abs=1e-12)
    assert (inverse >= 0).all()


def test_sectors_without_inputs_make_what_is_wanted():
    inverse = np.empty((3, 3))
    networks.leontief(np.zeros((3, 3)), inverse)
    assert inverse.tolist() == np.eye(3).tolist()


def test_what_the_market_passes_up_a_chain_is_the_leontief_output():
    supplier, buyer = np.array([1, 2, 2, 3], np.int32), np.array([0, 0, 1, 2], np.int32)
    factor, live = np.array([0.5, 0.25, 0.5, 0.5]), np.ones(4, np.uint8)
    order = np.empty(4, np.int64)
    assert information.climb(supplier, buyer, live, 4, order) == 4
    wanted = np.array([[8_000_000], [0], [4_000_000], [0]])
    final = wanted[:, 0].astype(float)
    information.pass_up(order, supplier, buyer, factor, np.zeros(4, np.int64), wanted)
    inputs, inverse = np.zeros((4, 4)), np.empty((4, 4))
    inputs[buyer, supplier] = factor
    networks.leontief(inputs, inverse)
    assert wanted[:, 0].tolist() == (final @ inverse).tolist()


def circled(pairs, new, nodes):
    """Which of the links `new` (supplier, buyer) close a circle beside the links `pairs`."""
    links = np.array(sorted(pairs), np.int32).reshape(-1, 2)
    first = np.searchsorted(links[:, 0], np.arange(nodes + 1)).astype(np.int64)
    supplier, buyer = np.array(new, np.int32).T.copy()
    closes = np.full(len(new), 9, np.uint8)
    networks.circles(0, len(new), supplier, buyer, first, links[:, 1].copy(), closes)
    return closes.tolist()


def test_a_link_closes_a_circle_where_its_buyer_feeds_its_supplier():
    chain = [(0, 1), (1, 2), (2, 3), (1, 4)]
    assert circled(chain, [(3, 0), (3, 1), (0, 3), (4, 2), (4, 1), (2, 2), (-1, 0)], 5) == [1, 1, 0, 0, 1, 1, 0]


def test_who_feeds_whom_is_what_steps_along_links_add_up_to():
    rng, nodes = np.random.default_rng(3), 12
    for _ in range(20):
        there = rng.random((nodes, nodes)) < 0.12
        reach = np.linalg.matrix_power(np.eye(nodes) + there, nodes) > 0
        new = [(a, b) for a in range(nodes) for b in range(nodes)]
        assert circled(np.argwhere(there).tolist(), new, nodes) == [int(reach[b, a]) for a, b in new]
