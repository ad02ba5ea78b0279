"""What speed is held against computes the same: JAX and torch choose the same slots, stockpyl has the same levels."""

import importlib

import numpy as np
import pytest

from abm.study.bench import goods, lanes, peers


@pytest.mark.parametrize("name", peers.PEERS)
def test_a_peer_takes_the_same_slots(name):
    pytest.importorskip(name, reason=f"{name} is not installed: pip install -e '.[peers]'")
    of = lanes.readers(3, 256)
    assert (peers.by(name, of)() == lanes.Ours(of)()).mean() > 0.999


def test_stockpyl_has_the_same_levels_period_by_period():
    pytest.importorskip("stockpyl", reason="stockpyl is not installed: pip install -e '.[peers]'")
    asked = goods.demand(3)[:40]
    assert (goods.followed(asked)[:, :, 1] == goods.by_stockpyl(asked[:, 1])).all()


def test_supplynetpy_lives_through_as_many_periods():
    pytest.importorskip("SupplyNetPy", reason="SupplyNetPy is not installed: pip install -e '.[peers]'")
    assert importlib.import_module("SupplyNetPy.Components") is not None
    network = goods.by_supplynetpy(50)
    assert np.isfinite(network["profit"])
