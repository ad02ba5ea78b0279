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
