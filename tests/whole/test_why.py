"""One agent in two worlds under the same luck: a planted difference is found, named, and followed to the agent."""

import numpy as np
import pytest

from abm import load
from abm.scenario import ScenarioError
from abm.scenario.build import build
from abm.show.reasons import sentences
from abm.study.why import why

SIZE = {"warmup": 0, "days": 12, "consumers": 600}
LATE = [{"name": "late", "day": 3, "set": {"lanes.CN-US-post.transit": 40.0}}]
DUTY = [
    {"name": "duty", "dest": "US", "channel": "parcel", "origin": "CN", "from": "2024-07-05", "value_hi": 800,
     "ad_valorem": 30.0}
]  # fmt: skip


@pytest.fixture(scope="module")
def plain():
    return load("tiny", set=SIZE)


@pytest.fixture(scope="module")
def late():
    return load("tiny", set={**SIZE, "shocks": LATE})


def test_identical_worlds_say_that_nothing_differs(plain):
    found = why("firm", "sellers-1", plain, plain)
    assert sentences(found) == ["Nothing differs between the worlds."]
    assert all(a == b for _, a, b in found.timeline)
    assert found.timeline


def test_a_late_lane_is_named_with_its_day_phase_and_both_values_and_followed_to_a_seller(plain, late):
    usual = build(plain)
    row = usual.names["lanes"].index("CN-US-post")
    people = np.flatnonzero(usual.consumers.country == usual.names["countries"].index("US"))
    found = why("consumer", str(people[0]), plain, late)
    assert str(found.world) == (
        f"2024-07-04, shocks: lanes.transit of CN-US-post: {usual.lanes.transit[row]:.6g} days in A, 40 days in B"
    )
    assert found.touched == found.world
    seller = why("firm", "sellers-1", plain, late)
    assert seller.world == seller.touched == found.world
    assert seller.agent.day > found.world.day
    assert seller.agent.row == "sellers-1"


def test_one_late_ship_is_named_with_its_day_and_followed_to_the_chain_whose_goods_it_brings():
    late = [{"name": "late", "day": 3, "until": 10, "set": {"lanes.CN-US-sea.transit": 60.0}}]
    longer = {**SIZE, "days": 40}
    found = why("chain", "direct-1", load("tiny", set=longer), load("tiny", set={**longer, "shocks": late}))
    assert (str(found.world.day), found.world.phase) == ("2024-07-04", "shocks")
    assert (found.world.place, found.world.row, found.world.b) == ("lanes.transit", "CN-US-sea", "60 days")
    assert found.touched == found.world
    assert (found.agent.phase, found.agent.place) == ("arrivals", "products.in_transit")  # goods that are not there yet
    assert found.agent.day > found.world.day


def test_a_duty_on_one_cell_is_a_rule_of_one_world_that_reaches_the_seller_by_its_offers(plain):
    found = why("firm", "sellers-1", plain, load("tiny", set={**SIZE, "borders": DUTY}))
    assert (found.world.phase, found.world.place) == ("building the world", "a rule of import")
    assert found.world.row.startswith("duty/")
    assert (found.world.a, found.world.b) == ("is not there", "is there")
    assert (str(found.touched.day), found.touched.phase) == ("2024-07-05", "border")
    assert found.touched.place == "offers.duty_cents"
    assert found.touched.row.startswith("sellers-1/")
    assert (found.touched.a, float(found.touched.b.split()[0]) > 0) == ("0.00 USD", True)
    assert found.agent.day >= found.touched.day
    assert found.agent.row == "sellers-1"
    said = sentences(found)
    assert len(said) == 3


def test_a_parcel_is_found_by_consumer_and_day_and_told_where_it_is(plain):
    world = build(plain)
    from abm.day import DAY

    for _ in range(4):
        for phase in DAY:
            phase(world)
        world.day += 1
    rows = world.parcels.every()
    _, _, part = next(one for one in rows if len(one[2]))
    name = f"{part.consumer[0]}@{part.ordered[0]}"
    found = why("parcel", name, plain, plain)
    assert found.agent is None
    assert any(" on " in a and "paid" in a for _, a, _ in found.timeline)


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        ("firm", "selers-1", 'did you mean "sellers-1"'),
        ("chain", "none", "the name of a chain"),
        ("consumer", "600", "consumers from 0 to 599"),
        ("parcel", "12", "CONSUMER@DAY"),
        ("ship", "12", "consumer, firm, parcel or chain"),
    ],
)
def test_an_agent_that_there_is_not_is_refused_with_what_is_admissible(plain, kind, name, told):
    with pytest.raises(ScenarioError, match=told):
        why(kind, name, plain, plain)
