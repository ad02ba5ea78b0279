"""A closed canal makes the lanes through it longer, smaller and dearer, and leaves all others as they are."""

import pytest

from abm.model import Market
from abm.scenario import load
from abm.scenario.build import build
from abm.scenario.facts import table

SERVED = ["US", "DE"]
BY_SEA = {
    "schema": 1, "title": "by sea", "start": "2024-07-01", "warmup": 0, "days": 90, "consumers": 8000, "seed": 1,
    "law": {"as_of": "2024-07-01"}, "demand": {"propensity": -2.5},
    "countries": {"CN": {"share": 0.0}, "US": {"share": 0.5}, "DE": {"share": 0.5}},
    "categories": {"apparel": {"weight_g": 500, "price_usd": 40.0, "returns": 0.1}},
    "firms": [
        {"name": "tailors", "kind": "manufacturer", "country": "CN"},
        {"name": "sellers", "kind": "seller", "country": "CN", "count": 4, "review_days": 1},
        {"name": "bazaar", "kind": "platform", "country": "US", "serves": SERVED},
        {"name": "carrier", "kind": "carrier", "country": "CN"},
        {"name": "warehouse", "kind": "warehouse", "country": "US", "serves": SERVED},
        {"name": "broker", "kind": "broker", "country": "US", "serves": SERVED},
        {"name": "payment", "kind": "payment", "country": "US"},
    ],
    "chains": [{"name": "direct", "category": "apparel", "count": 4, "tiers": ["tailors", "sellers"],
                "markets": SERVED, "modes": ["overseas"], "via": "sea"}],
}  # fmt: skip
SHUT = {"name": "Suez", "day": 20, "set": {"passages.suez.open": False}}


def lane(world, name):
    """Days, grams of room a day, spot and blended rate of a lane, by the end of the day."""
    row = world.names["lanes"].index(name)
    lanes = world.lanes
    return tuple(float(column[row]) for column in (lanes.days, lanes.room_ma, lanes.spot, lanes.rate))


@pytest.fixture(scope="module")
def worlds():
    """The world by sea after 90 days, with Suez open, and shut since day 20."""
    return [Market({**BY_SEA, "shocks": shocks}).run(90).world for shocks in ([], [SHUT])]


def test_the_lane_through_suez_is_longer_smaller_and_dearer(worlds):
    usual, round_the_cape = (lane(world, "CN-DE-sea") for world in worlds)
    routes = {(row["origin"], row["dest"]): row for row in table("sea_routes")}
    quickest = min((float(row["days_16kn"]), float(row["days_16kn_no_suez"])) for (a, b), row in routes.items()
                   if (a[:2], b[:2]) == ("CN", "DE"))  # fmt: skip
    assert round_the_cape[0] - usual[0] == pytest.approx(quickest[1] - quickest[0])
    assert round_the_cape[1] / usual[1] == pytest.approx(usual[0] / round_the_cape[0], rel=1e-3)
    assert round_the_cape[2] > 3 * usual[2]
    assert round_the_cape[3] > 1.5 * usual[3]


def test_the_lane_across_the_pacific_has_the_same_days_and_room_to_the_last_bit(worlds):
    assert lane(worlds[0], "CN-US-sea")[:2] == lane(worlds[1], "CN-US-sea")[:2]


def test_rates_across_the_pacific_stay_until_sellers_themselves_feel_the_detour():
    worlds = [Market({**BY_SEA, "shocks": shocks}).run(25).world for shocks in ([], [SHUT])]
    assert lane(worlds[0], "CN-US-sea") == lane(worlds[1], "CN-US-sea")
    assert lane(worlds[0], "CN-DE-sea") != lane(worlds[1], "CN-DE-sea")


def test_goods_round_the_cape_arrive_later_and_cost_more_freight(worlds):
    def shipped(world):
        slabs = [(day, slab) for day, _, slab in world.shipments.every()]
        row = world.names["lanes"].index("CN-DE-sea")
        mine = [(day - sent, cents / units) for day, slab in slabs for link, sent, cents, units in
                zip(slab.link.tolist(), slab.ordered.tolist(), slab.freight_cents.tolist(), slab.units.tolist(),
                    strict=True) if world.links.lane[link] == row]  # fmt: skip
        return [sum(column) / len(mine) for column in zip(*mine, strict=True)]

    (days, cents), (late_days, late_cents) = map(shipped, worlds)
    assert late_days > days + 5
    assert late_cents > 1.3 * cents


def test_shanghai_to_rotterdam_goes_by_the_cape_and_to_new_york_as_before():
    routes = {(row["origin"], row["dest"]): row for row in table("sea_routes")}
    rotterdam, new_york = routes["CNSHA", "NLRTM"], routes["CNSHA", "USNYC"]
    assert "south_africa" in rotterdam["via_no_suez"]
    assert float(rotterdam["days_16kn_no_suez"]) - float(rotterdam["days_16kn"]) == pytest.approx(8.6)
    assert new_york["days_16kn_no_suez"] == new_york["days_16kn"]
    assert new_york["via_no_suez"] == new_york["via"] == "panama"


def test_a_scenario_with_suez_closed_sails_to_rotterdam_by_the_cape():
    dutch = {**BY_SEA, "shocks": [{**SHUT, "day": 0}]}
    dutch["countries"] = {"CN": {"share": 0.0}, "US": {"share": 0.5}, "NL": {"share": 0.5}}
    served = ["US", "NL"]
    dutch["firms"] = [{**firm, "serves": served} if "serves" in firm else firm for firm in BY_SEA["firms"]]
    dutch["chains"] = [{**BY_SEA["chains"][0], "markets": served}]
    world = build(load(dutch))
    rotterdam, america = (world.names["lanes"].index(name) for name in ("CN-NL-sea", "CN-US-sea"))
    before = world.lanes.days.copy()
    market = Market(load(dutch))
    market.step()
    days = market.world.lanes.days
    routes = [row for row in table("sea_routes") if (row["origin"][:2], row["dest"][:2]) == ("CN", "NL")]
    quickest = min(routes, key=lambda row: float(row["days_16kn"]))
    assert quickest["dest"] == "NLRTM"
    assert days[rotterdam] - before[rotterdam] == pytest.approx(
        float(quickest["days_16kn_no_suez"]) - float(quickest["days_16kn"])
    )
    assert days[america] == before[america]
