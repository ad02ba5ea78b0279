"""Every part of the market matters: without any one phase, rule or kind of firm the days come out differently."""

import numpy as np
import pytest

from abm.day import DAY
from abm.scenario import load
from abm.world import KINDS

DAYS = 40
IN_USE = {
    "firms.label.pricing": {"rule": "best_response"},
    "firms.store.stocking": {"rule": "order_up_to"},
    "firms.sellers.stocking": {"rule": "s_S", "batch": 7.0},
    "firms.store.forecast": {"rule": "moving_average", "window": 14},
    "firms.cotton.rationing": {"rule": "priority"},
    "firms.knits.rationing": {"rule": "uniform"},
    "firms.knits.capacity_factor": 1.0,
    "firms.tailors.capacity_factor": 1.0,
    "firms.cotton.capacity_factor": 1.0,
    "countries.CN.fx_sd": 0.005,
}
"""One market in which every rule is somebody's, and what is short must be shared out."""
BUSY = {"start": "2024-11-20", "warmup": 0, "consumers": 2000, **IN_USE}


def lived(market, measured, days=DAYS, **changes):
    """The days of a market, exactly."""
    made = market(**changes)
    return measured(made.run(days))


@pytest.fixture(scope="module")
def usual(market, measured, ruin):
    """The days of the whole market, and of one in which a supplier fails early."""
    failing = (*DAY[:-2], ruin(("knits-1", "carrier"), 5), *DAY[-2:])
    return {
        "usual": lived(market, measured, **BUSY),
        "failing": lived(market, measured, phases=failing, **BUSY),
        "day": failing,
    }


@pytest.mark.parametrize("left_out", DAY, ids=[phase.name for phase in DAY])
def test_without_any_one_phase_the_days_differ_and_still_pass(left_out, market, measured, usual):
    day = tuple(phase for phase in usual["day"] if phase is not left_out)
    assert lived(market, measured, phases=day, **BUSY) != usual["failing"]


def stands_still(decision):
    """What is proposed in place of a rule taken away: the price as it is, no order, the old forecast, nothing."""
    return {
        "pricing": lambda world, rows: world.offers.value_cents[rows].astype(np.float64),
        "stocking": lambda world, rows: np.zeros(len(rows)),
        "forecast": lambda world, rows: world.nodes.forecast[rows],
        "rationing": lambda world, book: np.zeros(len(book.claim), np.int64),
    }[decision]


USED = [(decision, rule) for decision, rules in {
    "pricing": ("CostPlus", "BestResponse"), "stocking": ("Proportional", "OrderUpTo", "ReorderPoint"),
    "forecast": ("Smoothing", "MovingAverage"), "rationing": ("Proportional", "Uniform", "Priority"),
}.items() for rule in rules]  # fmt: skip


def test_every_rule_that_there_is_is_in_use(market):
    from abm.scenario.rulebook import HOMES

    rules = market(**BUSY).world.rules
    assert {(decision, type(rule).__name__) for decision, used in rules.items() for rule in used} == set(USED)
    assert set(rules) == set(HOMES)


@pytest.mark.parametrize("decision, rule", USED)
def test_without_any_one_rule_in_use_the_days_differ(decision, rule, market, measured, usual):
    made = market(**BUSY)
    rules = made.world.rules[decision]
    rules[:] = [stands_still(decision) if type(one).__name__ == rule else one for one in rules]
    assert measured(made.run(DAYS)) != usual["usual"]


@pytest.mark.parametrize("kind", KINDS)
def test_without_the_capacity_of_any_one_kind_the_days_differ(kind, market, measured, usual):
    shock = {"day": 0, "set": {f"firms.kind={kind}.capacity": 0}}
    assert lived(market, measured, shocks=[shock], **BUSY) != usual["usual"]


DIALS = {
    "personalisation.pages": (45, {}),
    "personalisation.coupons": (20, {}),
    "personalisation.delivery": (10, {}),
    "dynamics.rewiring": (60, {}),
    "dynamics.entry": (60, {"seed": 2, "firms.sellers.fixed_share": 0.01}),
    "dynamics.exit": (150, {"firms.sellers.count": 30, "firms.sellers.fixed_share": 1.0}),
    "feedback.weight": (30, {}),
    "management.initiative": (30, {}),
    "management.share": (30, {}),
    "management.preset": (30, {}),
    "management.levers": (90, {}),
    "management.belief": (30, {"shocks": [{"day": 25, "announced": 2, "set": {"firms.cotton.capacity": 0}}]}),
    "network.overlap": (30, {}),
    "network.pools": (30, {}),
    "network.tiers": (10, {}),
    "information.share": (30, {}),
    "information.latency": (30, {}),
    "information.accuracy": (30, {}),
    "information.visibility": (30, {}),
    "channels.adoption": (30, {}),
}
"""Days after which a dial shows, and the market in which it does."""
LEAST = {
    "management.preset": "traditional",
    "management.levers": (),
    "network.pools": (),
    "information.accuracy": 0.9,
    "information.latency": 0,
    "network.tiers": 6,
}
"""What a dial is turned to, where that is not nought."""


@pytest.mark.parametrize("dial", DIALS)
def test_with_any_one_dial_at_zero_the_days_differ(dial, market, measured):
    days, more = DIALS[dial]
    world = {"warmup": 0, "start": "2024-11-20", **IN_USE, **more}
    usual = lived(market, measured, days=days, **world)
    assert lived(market, measured, days=days, **{**world, f"dials.{dial}": LEAST.get(dial, 0.0)}) != usual


def test_every_dial_is_among_those_that_are_turned():
    dials = load("tiny").dials
    assert {
        f"{name}.{key}" for name in type(dials).model_fields for key in type(getattr(dials, name)).model_fields
    } == (DIALS.keys())
