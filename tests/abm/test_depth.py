"""How many tiers supply chains have: only the number of stages changes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm import Market, load
from abm.scenario.build import build
from abm.scenario.build.depth import split_days, split_markup

TINY = "scenarios/tiny.toml"


def deep(tiers):
    return build(load(TINY, {"dials.network.tiers": tiers}))


@pytest.fixture(scope="module", params=[5, 6])
def both(request):
    return deep(4), deep(request.param)


def named(world, column="cost_cents"):
    return dict(zip(world.names["nodes"], getattr(world.nodes, column).tolist(), strict=True))


def days_to(world, node):
    """Days from raw material to a node along its longest way."""
    links = world.links
    ways = [
        float(links.lead[row]) + (days_to(world, links.supplier[row]) if links.supplier[row] >= 0 else 0.0)
        for row in np.flatnonzero(links.buyer == node)
    ]
    return max(ways, default=0.0)


def shelf_days(world):
    return {name: days_to(world, row) for row, name in enumerate(world.names["nodes"]) if name.endswith("/shelf")}


def test_more_tiers_are_more_firms_each_the_supplier_of_its_twin(both):
    usual, deeper = both
    extra = int(deeper.members.tier.max() - usual.members.tier.max())
    assert deeper.scenario.dials.network.tiers == 4 + extra
    assert deeper.names["firms"][: len(usual.firms)] == usual.names["firms"]
    assert deeper.names["firms"][len(usual.firms) :] == [f"upstream-{step}-cotton" for step in range(1, extra + 1)]


def test_the_days_from_raw_material_to_every_shelf_do_not_depend_on_the_tiers(both):
    usual, deeper = both
    assert shelf_days(usual) == shelf_days(deeper)


def test_what_the_source_and_all_after_it_ask_does_not_depend_on_the_tiers(both):
    usual, deeper = (named(world) for world in both)
    shared = [name for name in usual if name in deeper and not name.startswith("cotton/")]
    assert len(shared) > 20
    stages = both[1].scenario.dials.network.tiers - both[0].scenario.dials.network.tiers
    apart = [abs(usual[name] - deeper[name]) for name in shared]
    assert max(apart) <= stages  # whole cents, rounded once more at each stage


def test_who_supplies_whom_from_the_source_on_does_not_depend_on_the_tiers(both):
    usual, deeper = both
    known = set(deeper.names["links"])
    lost = [name for name in usual.names["links"] if name not in known]
    assert all("cotton" in name.split(">")[1] for name in lost)  # the source's own work, which now has an input


def test_a_deeper_market_keeps_its_goods_and_its_money():
    market = Market(load(TINY, {"dials.network.tiers": 6}), warmup=0, days=25)
    market.run(25)
    assert int(market.world.accounts.balance_cents.sum()) == 0
    assert {"ordered_tier_6", "sold_tier_6"} <= set(market.daily.columns)
    assert market.daily.ordered_tier_6.sum() > 0


@given(days=st.integers(1, 40), away=st.integers(0, 6), stages=st.integers(1, 3))
def test_days_are_split_whole_and_no_stage_works_less_than_a_day(days, away, stages):
    parts = split_days(days, away, stages)
    assert len(parts) == stages
    assert min(parts) >= 1
    assert sum(parts) + away * (stages - 1) == max(days, away * (stages - 1) + stages)


@given(markup=st.floats(0, 2), stages=st.integers(1, 3))
def test_split_markups_compound_to_the_whole(markup, stages):
    assert (1.0 + split_markup(markup, stages)) ** stages == pytest.approx(1.0 + markup)
