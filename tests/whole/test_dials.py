"""A dial is read only where its mechanism lives, and a market with all dials off is plain and loses nothing."""

import numpy as np
import pytest
from pydantic import BaseModel

from abm.day import DAY
from abm.scenario.schema import Dials
from abm.world import Pool

OWNERS = {
    "personalisation.pages": {"marketing"},
    "personalisation.coupons": {"marketing"},
    "personalisation.delivery": {"matching"},
    "dynamics.rewiring": {"management"},
    "dynamics.entry": {"turnover"},
    "dynamics.exit": {"turnover"},
    "feedback.weight": {"feedback"},
    "management.initiative": {"management"},
    "management.share": {"management"},
    "management.preset": {"management"},
    "management.belief": {"management", "building"},
    "management.levers": {"management"},
    "network.overlap": {"building"},
    "network.pools": {"building"},
    "network.tiers": {"building"},
    "information.share": {"information"},
    "information.latency": {"information"},
    "information.accuracy": {"information"},
    "information.visibility": {"information"},
    "channels.adoption": {"information"},
}
"""The phases that may read a dial, or the building of the world, which writes it into a column."""
RARE = {"management.levers", "dynamics.exit"}
"""Dials that are asked for when a seller's quarter is over, or a firm loses money."""
OFF = {
    "dials.personalisation.pages": 0.0, "dials.personalisation.coupons": 0.0, "dials.personalisation.delivery": 0.0,
    "dials.dynamics.rewiring": 0.0, "dials.dynamics.entry": 0.0, "dials.dynamics.exit": 0.0,
    "dials.feedback.weight": 0.0, "dials.network.overlap": 0.0, "dials.management.initiative": 0.0,
    "dials.management.belief": 0.0, "dials.management.levers": [], "dials.information.share": 0.0,
    "dials.channels.adoption": 0.0,
}  # fmt: skip
ALARM = {"shocks": [{"day": 8, "announced": 2, "until": 12, "set": {"lanes.haul=sea.open": False}}]}


class Overheard:
    """A section of a scenario that writes down which of its keys are read."""

    def __init__(self, section, path, heard):
        self.section, self.path, self.heard = section, path, heard

    def __getattr__(self, key):
        value = getattr(self.section, key)
        if isinstance(value, BaseModel):
            return Overheard(value, [*self.path, key], self.heard)
        if self.path[:1] == ["dials"]:
            names = ["initiative", "preset"] if key == "level" else [key]
            self.heard.extend(".".join([*self.path[1:], name]) for name in names)
        return value


def test_every_dial_has_its_owner_listed_here():
    listed = {f"{group}.{key}" for group, kind in Dials.model_fields.items() for key in kind.annotation.model_fields}
    assert listed == set(OWNERS)


def test_each_dial_is_read_only_by_the_phase_that_owns_it_and_read_there(market):
    world = market(warmup=0, **ALARM).world
    heard = []
    world.scenario = Overheard(world.scenario, [], heard)
    read = {dial: set() for dial in OWNERS}
    for _ in range(14):
        for phase in DAY:
            phase(world)
            for dial in heard:
                read[dial].add(phase.name)
            heard.clear()
        world.day += 1
    for dial, owners in OWNERS.items():
        assert read[dial] == owners - {"building"} or (dial in RARE and not read[dial]), dial


@pytest.fixture(scope="module")
def plain(market):
    """A market with all dials off, audited after every phase."""
    return market(audited=True, warmup=0, **OFF, **ALARM).run(45)


def test_a_market_with_all_dials_off_conserves_and_trades(plain):
    assert len(plain.daily) == 45
    assert plain.daily["orders"].sum() > 0


def test_a_market_with_all_dials_off_is_plain(plain):
    world, days = plain.world, plain.daily
    assert not days[["switched", "entries", "chains_born"]].any().any()
    for column in (world.firms.connected, world.firms.adopted, world.firms.pooled, world.firms.initiative):
        assert not column.any()
    assert not world.nodes.ahead.any()
    assert (world.chains.new_maker < 0).all()


def test_a_larger_share_of_firms_with_initiative_contains_the_smaller(market):
    before = np.zeros(0, bool)
    for share in (0.0, 0.3, 0.6, 1.0):
        dials = {"dials.management.share": share, "dials.management.initiative": 1.0}
        firms = market(warmup=0, **dials).run(2).world.firms
        takes = firms.initiative == 1.0
        assert (takes | (firms.initiative == 0.0)).all()
        assert takes[: len(before)][before].all()
        assert firms.review_days[takes].max(initial=0) < firms.review_days[~takes].min(initial=99)
        before = takes
    assert before.all()


@pytest.mark.parametrize("pool", list(Pool))
def test_what_is_not_among_the_pools_is_fenced(pool, market):
    dials = {"dials.network.overlap": 0.75, "dials.network.pools": [pool.name.lower()]}
    pooled = market(warmup=0, **dials).world.firms.pooled
    assert (pooled == [0.75 * (one == pool) for one in Pool]).all()
