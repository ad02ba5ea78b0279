"""Every measure says what it says: checked against the tables that it is taken from."""

import re
from math import isnan
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from abm.day import DAY
from abm.measures import MEASURES, fields, labels, row
from abm.measures.supply import gini, hhi
from abm.model import Market
from abm.passing import Parcels
from abm.phases.measures import measures
from abm.world import KINDS, MODES, Outcome, World

TINY = Path(__file__).resolve().parents[2] / "scenarios" / "tiny.toml"


@pytest.fixture(scope="module")
def market() -> Market:
    """A market that has lived all of its last day but for measuring it."""
    made = Market(str(TINY), consumers=400, warmup=3, phases=DAY[:-1])
    for _ in range(12):
        made.world.counts.clear()
        made.step()
    made.world.day -= 1
    return made


@pytest.fixture
def found(market: Market) -> dict[str, Any]:
    return row(market.world)


def of_modes(found: dict[str, Any], name: str) -> int:
    return sum(found[f"{name}_{mode}"] for mode in MODES)


def test_names_are_told_apart_and_every_measure_has_a_unit_and_a_sentence(market: Market) -> None:
    made = fields(market.world)
    names = [one.name for one in made]
    assert len(names) == len(set(names))
    for one in made:
        assert one.unit
        assert one.doc.endswith(".")
        assert "\n" not in one.doc
        assert one.kind in ("int", "float", "date")
    assert all(("{" in one.name) == bool(one.axis) for one in MEASURES)


def test_a_row_has_the_fields_in_their_order_with_their_types(market: Market, found: dict[str, Any]) -> None:
    made = fields(market.world)
    assert list(found) == [one.name for one in made]
    kinds = {"int": int, "float": float}
    for one in made:
        assert one.kind == "date" or type(found[one.name]) is kinds[one.kind], one.name


def test_labels_are_those_of_the_world(market: Market) -> None:
    along = labels(market.world)
    assert along["currency"] == ["CNY"]
    assert along["tier"] == ["1", "2", "3", "4"]


def test_the_day_is_counted_from_the_first_that_is_reported(market: Market, found: dict[str, Any]) -> None:
    assert found["day"] == 11 - 3
    assert found["date"].isoformat() == "2024-07-09"


def test_orders_units_and_what_became_of_shoppers_agree(market: Market, found: dict[str, Any]) -> None:
    outcome = market.world.orders.outcome
    assert found["orders"] == found["units"] == (outcome == Outcome.BOUGHT).sum() > 0
    assert found["orders"] + found["lost"] + found["declined"] == len(outcome)
    assert found["conversion"] == found["orders"] / found["visits"]
    assert found["fill_rate"] == found["orders"] / (found["orders"] + found["lost"])
    assert 0 <= found["deferred"] <= found["orders"]


def test_the_parts_of_the_landed_price_add_up_to_it(found: dict[str, Any]) -> None:
    parts = sum(found[f"landed_{part}_usd"] for part in ("value", "freight", "duty", "vat", "handling"))
    assert found["landed_door_usd"] == 0.0
    assert parts - found["coupon_usd"] == pytest.approx(found["landed_price_usd"], abs=1e-9)
    assert found["landed_price_usd"] * found["units"] == pytest.approx(found["gmv_usd"])


def test_parcels_are_somewhere(market: Market, found: dict[str, Any]) -> None:
    filed = len(market.world.parcels)
    back = sum(len(part) for _, stage, part in market.world.parcels.every() if stage in (4, 6))
    assert found["parcels_waiting"] + found["parcels_in_flight"] == filed - back
    assert 0 <= found["parcels_in_customs"] <= found["parcels_in_flight"]
    assert of_modes(found, "sent") > 0
    assert of_modes(found, "returned") >= 0


def test_delivery_is_counted_from_the_order(market: Market, found: dict[str, Any]) -> None:
    world = market.world
    days = world.day - world.delivered.ordered.astype(np.int64)
    assert found["delivered"] == len(days) > 0
    assert found["delivery_days"] == pytest.approx(days.mean())
    assert found["delivery_days_p95"] == np.quantile(days, 0.95, method="inverted_cdf")
    assert found["on_time"] == pytest.approx((days <= world.delivered.promised).mean())


def test_cash_and_firms_of_all_kinds_are_all_cash_and_all_firms(market: Market, found: dict[str, Any]) -> None:
    world = market.world
    cash = world.accounts.balance_cents[world.firms.account].sum()
    assert round(100 * sum(found[f"cash_{kind}_usd"] for kind in KINDS)) == cash
    net = (world.firms.earned_cents - world.firms.spent_cents).sum()
    assert round(100 * sum(found[f"net_{kind}_usd"] for kind in KINDS)) == net
    assert sum(found[f"firms_{kind}"] for kind in KINDS) == world.firms.alive.sum()


def test_what_sellers_sold_is_what_consumers_bought(found: dict[str, Any]) -> None:
    assert found["sold_tier_1"] == found["units"]


def test_orders_along_the_chain_leave_out_what_a_firm_moves_within_itself(market: Market) -> None:
    world = market.world
    links, nodes, members = world.links, world.nodes, world.members
    kept = links.placed.copy()
    links.placed[:] = np.arange(1, len(links) + 1)
    found = row(world)
    expected = dict.fromkeys(range(1, 5), 0)
    for link in range(len(links)):
        firm = nodes.firm[links.buyer[link]]
        inside = links.supplier[link] >= 0 and nodes.firm[links.supplier[link]] == firm
        if not inside:
            tier = members.tier[(members.firm == firm) & (members.tier > 0)].min()
            expected[int(tier)] += int(links.placed[link] * links.per_unit[link])
    links.placed[:] = kept
    assert [found[f"ordered_tier_{tier}"] for tier in expected] == list(expected.values())
    assert all(expected.values())


def test_money_between_consumers_and_the_state_is_what_was_tallied(market: Market, found: dict[str, Any]) -> None:
    counts = market.world.counts
    for name in ("parcel_duty", "bulk_duty", "parcel_vat", "domestic_vat"):
        assert found[f"{name}_usd"] == counts[f"{name}_cents"] / 100
    assert found["domestic_vat_usd"] > 0


def test_every_tally_that_is_read_is_written_by_a_phase() -> None:
    phases = Path(__file__).resolve().parents[2] / "abm"
    written = " ".join(path.read_text(encoding="utf-8") for path in phases.rglob("*.py") if "measures" not in str(path))
    read = " ".join(path.read_text(encoding="utf-8") for path in (phases / "measures").glob("*.py"))
    keys = set(re.findall(r"counts\[f?\"(\w+?)(?:\{\w+\})?\"\]", read))
    assert {"visits", "exits", "sent_", "returned_", "chains_"} <= keys
    assert not [key for key in keys if f'counts["{key}' not in written and f'counts[f"{key}' not in written]


def test_stock_lasts_for_its_days(market: Market, found: dict[str, Any]) -> None:
    world = market.world
    nodes = np.unique(world.offers.node[world.offers.alive > 0])
    assert found["stock_units"] == world.nodes.on_hand[nodes].sum()
    assert found["days_of_cover"] == pytest.approx(found["stock_units"] / world.nodes.forecast[nodes].sum(), rel=1e-4)


def sellers(*sales: float) -> World:
    """A world with nothing but sellers and what they sell."""
    count = len(sales)
    listings = SimpleNamespace(seller=np.arange(count), popularity=np.array(sales))
    firms = SimpleNamespace(kind=np.full(count, KINDS.index("seller")), alive=np.ones(count, np.uint8))

    class Firms(SimpleNamespace):
        def __len__(self) -> int:
            return count

    return cast("World", SimpleNamespace(noted=None, listings=listings, firms=Firms(**vars(firms))))


@pytest.mark.parametrize(
    ("sales", "concentrated", "unequal"),
    [
        ((5.0,), 1.0, 0.0),
        ((2.0, 2.0, 2.0, 2.0), 0.25, 0.0),
        ((0.0, 0.0, 0.0, 8.0), 1.0, 0.75),
        ((1.0, 3.0), 0.625, 0.25),
    ],
)
def test_concentration_and_inequality_are_those_of_the_textbook(
    sales: tuple[float, ...], concentrated: float, unequal: float
) -> None:
    assert hhi(sellers(*sales)) == concentrated
    assert gini(sellers(*sales)) == unequal


def test_where_nothing_happened_a_ratio_is_empty() -> None:
    assert isnan(hhi(sellers(0.0, 0.0)))
    assert isnan(gini(sellers()))


@pytest.mark.parametrize(("waited", "least"), [([3], 3), ([1] * 19 + [9], 1), ([1] * 18 + [9] * 2, 9)])
def test_the_days_of_95_in_a_hundred_are_those_of_the_nearest_rank(waited: list[int], least: int) -> None:
    from abm.measures.market import delivery_days_p95

    parcels = Parcels.of(len(waited), ordered=20 - np.array(waited))
    assert delivery_days_p95(cast("World", SimpleNamespace(noted=None, delivered=parcels, day=20))) == least


def test_a_parcel_that_takes_the_days_promised_is_on_time() -> None:
    from abm.measures.market import on_time

    parcels = Parcels.of(4, ordered=20 - np.array([3, 4, 5, 6]), promised=5)
    assert on_time(cast("World", SimpleNamespace(noted=None, delivered=parcels, day=20))) == 0.75


@pytest.fixture
def fresh() -> Market:
    return Market(str(TINY), consumers=50, warmup=2)


def test_the_warm_up_leaves_no_row_and_tallies_begin_anew_each_day(fresh: Market) -> None:
    for rows in (0, 0, 1, 2):
        fresh.step()
        assert len(fresh.world.daily) == rows
        assert not fresh.world.counts
    assert fresh.daily["day"].tolist() == [0, 1]
    fresh.world.counts["visits"] = 7
    measures(fresh.world)
    assert fresh.world.daily[-1]["visits"] == 7
