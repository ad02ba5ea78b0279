"""Each phase changes what it declares and nothing else, and all that it declares it changes in some market."""

from collections import defaultdict

import pytest

from abm.day import DAY
from abm.phases.pricing import QLearning
from abm.phases.shocks import SETTABLE
from abm.world import MODES, PASSING, STANDING

NAMES = [phase.name for phase in DAY]


def differences(before, after, lengths, now):
    """Columns whose old rows changed, and tables to which rows were added or of which the passing rows changed."""
    tables = {place for place in before if "." not in place and before[place] != after[place]}
    tables |= {name for name in lengths if now[name] != lengths[name]}
    kept = {place: len(before[place]) for place in before if "." in place}
    return {place for place, size in kept.items() if after[place][:size] != before[place]}, tables


def sizes(world):
    """Rows of each standing table."""
    return {name: len(getattr(world, name)) for name in STANDING}


def observe(market, state, days, seen):
    """Live some days and add to `seen` what each phase changed."""
    world = market.world
    before, lengths = state(world), sizes(world)
    for _ in range(days):
        for phase in market.phases:
            phase(world)
            after, now = state(world), sizes(world)
            seen[phase.name].append(differences(before, after, lengths, now))
            before, lengths = after, now
        world.day += 1


def everything_at_once(market, targets):
    """Shocks to every settable column, each on a day of its own, mild enough that trade goes on."""
    for day, (_, op, changes) in enumerate(targets):
        yield {"name": f"shock {day}", "day": day % 12, "until": day % 12 + 2, op: changes}


ABROAD = {
    "firms": [
        {"name": "knits", "count": 1},
        {"name": "us-knits", "kind": "supplier", "country": "US", "category": "apparel"},
        {"name": "warehouse", "count": 2},
        {"name": "broker", "count": 2},
        {"name": "payment", "count": 2},
    ],
    "chains": [
        {
            "name": "us-made", "category": "apparel", "tiers": ["cotton", "us-knits", "us-tailors", "label"],
            "markets": ["US"], "modes": ["express"], "via": "air",
        }
    ],
}  # fmt: skip
STRIKES = [
    {"day": 0, "set": {"firms.knits.capacity": 0}},
    {"day": 20, "until": 50, "set": {"lanes.haul=express.open": False}},
]
JAM = [{"day": 8, "until": 20, "set": {"lanes.haul=road.capacity": 0, "lanes.haul=sea.capacity": 0}}]
FEE = [{"dest": "US", "channel": "parcel", "from": "2024-11-25", "ad_valorem": 10.0, "handling_fee": 2.5}]
SLY = {
    "firms__sellers__incoterm": "DAP", "firms__sellers__least_declared": 0.3, "firms__sellers__price_days": 2.0,
    "firms__sellers__pricing": {"rule": "q_learning"}, "dials__personalisation__coupons": 0.5,
    "demand__fraud": 0.1, "demand__given": [{"seller": "store", "market": "US", "mean": 3.0, "sd": 1.0}],
}  # fmt: skip
"""Sellers who leave taxes to the door, declare what pays, learn prices and aim half of their coupons."""
KEEN = {
    "dials__management__preset": "proactive", "dials__management__levers": ["logistics", "product"],
    "lanes__CN-US-express__per_kg": 4000.0,
    "chains": [
        {"name": "direct", "count": 4, "modes": ["express"], "markets": ["US"]},
        {
            "name": "fast", "category": "apparel", "tiers": ["cotton", "knits", "tailors", "sellers"],
            "markets": ["US", "CN"], "modes": ["line", "post"],
        },
    ],
    "borders": [{"dest": "US", "channel": "bulk", "from": "2024-08-20", "announced": "2024-07-05", "ad_valorem": 80.0}],
    "shocks": [{"day": 30, "until": 40, "announced": 2, "set": {"firms.knits.capacity": 0}}],
}  # fmt: skip
"""Firms that look ahead, a duty and a strike that are told, sellers who could offer more modes and markets."""
FAIL = ("knits", "seller", "manufacturer", "carrier", "warehouse", "broker", "payment", "platform", "cotton")


@pytest.fixture(scope="module")
def changed(market, state, targets, ruin):
    """For each phase, the columns and tables that it changed: one pair for each day of several markets."""
    seen = defaultdict(list)
    everything = list(everything_at_once(market, targets))
    observe(
        market(warmup=0, shocks=everything, firms__knits__batch=2.0, firms__cotton__minimum_order=2.0), state, 15, seen
    )
    sly = market(warmup=0, consumers=3000, start="2024-11-20", borders=FEE, **SLY)
    bands = sly.world.law.bands(sly.world.first)
    bands.first[sly.world.offers.cell[sly.world.offers.mode == MODES.index("post")]] = -1
    observe(sly, state, 20, seen)
    observe(market(warmup=0, seed=2, shocks=STRIKES, **ABROAD), state, 60, seen)
    ruins = [ruin((one,), 12 + place) for place, one in enumerate(FAIL)]
    observe(market(warmup=0, shocks=JAM, phases=(*DAY[:-2], *ruins, *DAY[-2:]), **ABROAD), state, 85, seen)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("abm.phases.turnover.BIRTH_RATE", 0.2)
        patch.setattr("abm.positions.REVIEW_DAYS", 20)
        observe(market(warmup=0, **KEEN), state, 45, seen)
    return seen


@pytest.mark.parametrize("phase", DAY, ids=NAMES)
def test_a_phase_changes_nothing_but_what_it_declares(phase, changed):
    columns = set().union(*[columns for columns, _ in changed[phase.name]])
    tables = set().union(*[tables for _, tables in changed[phase.name]])
    assert columns <= phase.writes
    assert tables <= phase.appends


@pytest.mark.parametrize("phase", DAY, ids=NAMES)
def test_whatever_a_phase_declares_it_changes_in_some_market(phase, changed):
    columns = set().union(*[columns for columns, _ in changed[phase.name]])
    tables = set().union(*[tables for _, tables in changed[phase.name]])
    assert phase.writes - columns == set()
    assert phase.appends - tables == set()


@pytest.mark.parametrize("phase", DAY, ids=NAMES)
def test_what_a_phase_declares_is_there(phase):
    tables = {**STANDING, **PASSING}
    for place in phase.writes:
        table, column = place.split(".")
        assert column in tables[table].columns or place in QLearning.declares
    assert phase.appends <= {*tables, "daily"}


def test_standing_tables_grow_by_turnover_alone(changed):
    grown = {name for name in NAMES for _, tables in changed[name] if tables & STANDING.keys()}
    assert grown == {"turnover"}


def test_what_a_scenario_may_set_is_what_shocks_write():
    shocks = DAY[0]
    assert shocks.writes == SETTABLE | {"countries.fx", "countries.fx_walk", "countries.fx_past"}
