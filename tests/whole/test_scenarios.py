"""The scenarios that come with the program: each loads, can be checked, lives, and changes what it says it does."""

import runpy
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from abm.model import Market
from abm.phases.border import border
from abm.phases.shocks import shocks
from abm.scenario import load
from abm.show.checked import checked
from abm.show.summary import as_text

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = ROOT / "scenarios"
WORLDS = {"baseline", "three_countries", "tiny"}
REFORMS = {
    "double_11_peak": (date(2024, 11, 11), date(2024, 11, 11)),
    "eu_three_euro": (date(2026, 7, 1), date(2026, 7, 1)),
    "fx_shock": (date(2024, 10, 29), date(2024, 10, 29)),
    "overseas_warehouse": (date(2024, 10, 29), date(2024, 10, 29)),
    "platform_fee": (date(2024, 10, 29), date(2024, 10, 29)),
    "port_strike": (date(2024, 10, 1), date(2024, 10, 1)),
    "suez_closure": (date(2024, 10, 29), date(2024, 10, 29)),
    "supplier_failure": (date(2024, 10, 29), date(2024, 10, 29)),
    "us_de_minimis_and_surcharges": (date(2025, 5, 2), date(2025, 8, 29)),
    "us_de_minimis_repeal": (date(2025, 5, 2), date(2025, 8, 29)),
}
"""The first and the last day on which something is reformed."""
VARIANTS = {"six_tiers", "strike_called_off"}
"""Worlds that differ from their first day on, and alarms after which nothing comes."""
FEW = {"consumers": 200, "warmup": 0}


@cache
def small(name: str) -> Market:
    """A market that only looks at days, and lives none."""
    return Market(load(SCENARIOS / f"{name}.toml", set=FEW))


def on(market: Market, day: date) -> Market:
    """The market on a day, with the law and the shocks of that day and nothing else having happened."""
    market.world.day = day.toordinal() - market.world.first
    shocks(market.world)
    border(market.world)
    return market


def test_every_scenario_has_its_days_listed_here() -> None:
    assert {path.stem for path in SCENARIOS.glob("*.toml")} - WORLDS - VARIANTS == set(REFORMS)


@pytest.mark.parametrize("name", REFORMS)
def test_120_days_lie_before_a_reform_and_180_after_it(name: str) -> None:
    scenario, (first, last) = load(SCENARIOS / f"{name}.toml"), REFORMS[name]
    assert (first - scenario.start).days >= 120
    assert (scenario.end - last).days >= 180
    moments = [event.day for event in (*scenario.shocks, *scenario.campaigns)] + [row.since for row in scenario.borders]
    assert not moments or {first, last} <= set(moments)


@pytest.mark.parametrize("name", [*REFORMS, *sorted(VARIANTS)])
def test_a_scenario_can_be_checked_and_lives(name: str) -> None:
    scenario = load(SCENARIOS / f"{name}.toml", set=FEW)
    market = Market(scenario)
    said = as_text(checked(scenario, market.world))
    assert all(event.name in said for event in (*scenario.shocks, *scenario.campaigns) if event.name)
    market.run(3)
    assert len(market.daily) == 3
    assert market.daily["visits"].sum() > 0


@pytest.mark.parametrize("name", REFORMS)
def test_every_shock_changes_its_column_on_its_days_and_not_before_or_after(name: str) -> None:
    market = small(name)
    world = market.world
    end = min(max((shock.until for shock in world.shocks), default=0), market.settled.days - 1)
    for shock in world.shocks:
        seen = []
        for day in (shock.first - 1, shock.first, end):
            on(market, date.fromordinal(world.first + day))
            seen.append(getattr(getattr(world, shock.table), shock.column)[shock.rows].copy())
        before = min(other.first for other in world.shocks) == shock.first
        assert not np.array_equal(seen[0], seen[1]), shock.name
        assert not before or np.array_equal(seen[0], seen[2]) == (shock.until <= end), shock.name


def test_a_strike_that_is_called_off_closes_no_lane() -> None:
    market = on(small("strike_called_off"), date(2024, 10, 5))
    assert (market.world.lanes.open == 1).all()
    assert market.world.shocks[0].announced < market.world.shocks[0].first


def quoted(market: Market, dest: str, modes: tuple[int, ...], origin: str, column: str) -> int:
    """Cents quoted over all offers of some modes to a destination of goods made in a country."""
    world = market.world
    offers, code = world.offers, world.names["countries"].index
    mine = (offers.dest == code(dest)) & np.isin(offers.mode, modes)
    mine &= world.nodes.origin[offers.node] == code(origin)
    assert mine.any()
    return int(getattr(offers, f"{column}_cents")[mine].sum())


@pytest.mark.parametrize(("origin", "day"), [("CN", date(2025, 5, 2)), ("DE", date(2025, 8, 29))])
def test_duty_falls_on_small_parcels_into_the_united_states_on_the_day_of_their_origin(origin: str, day: date) -> None:
    market = small("us_de_minimis_repeal")
    assert quoted(on(market, day - timedelta(1)), "US", (0, 1, 2), origin, "duty") == 0
    assert quoted(on(market, day), "US", (0, 1, 2), origin, "duty") > 0


def test_the_repeal_by_itself_leaves_cargo_alone_and_the_joint_one_does_not() -> None:
    def bulk(name: str, day: date) -> list[int]:
        law = on(small(name), day).world.law
        world = small(name).world
        cells = world.links.cell[world.links.cell >= 0]
        return [row.terms["extra_ppm"] for cell in cells if (row := law.find(day.toordinal(), int(cell), 5000))]

    before, after = date(2025, 1, 10), date(2025, 9, 1)
    assert bulk("us_de_minimis_repeal", before) == bulk("us_de_minimis_repeal", after)
    assert sum(bulk("us_de_minimis_and_surcharges", before)) < sum(bulk("us_de_minimis_and_surcharges", after))


def test_three_euro_fall_on_parcels_into_the_union_and_on_nothing_else() -> None:
    market, day = small("eu_three_euro"), REFORMS["eu_three_euro"][0]
    parcels, elsewhere = ("DE", (0, 1, 2), "CN", "duty"), ("US", (0, 1, 2), "CN", "duty")
    on(market, day - timedelta(1))
    before = quoted(market, *parcels), quoted(market, *elsewhere)
    on(market, day)
    assert (quoted(market, *parcels) > before[0]) & (quoted(market, *elsewhere) == before[1])


def test_suez_lengthens_the_way_to_europe_and_not_to_america() -> None:
    market, day = small("suez_closure"), REFORMS["suez_closure"][0]
    name = market.world.names["lanes"].index
    lanes = market.world.lanes
    open_days = {way: float(lanes.transit[name(way)]) for way in ("CN-DE-sea", "CN-US-sea")}
    on(market, day)
    from abm.phases.fulfilment import fulfilment

    fulfilment(market.world)
    assert lanes.days[name("CN-DE-sea")] > open_days["CN-DE-sea"] + 5
    assert lanes.days[name("CN-US-sea")] == open_days["CN-US-sea"]


def test_the_scripts_are_short_and_compare_the_same_luck_with_and_without() -> None:
    for name in ("de_minimis", "shared_supplier"):
        path = SCENARIOS / f"{name}.py"
        assert len(path.read_text(encoding="utf-8").splitlines()) < 40, path.name
    repeal = runpy.run_path(str(SCENARIOS / "de_minimis.py"))["paired"]
    few = {"consumers": 2000, "warmup": 0}
    table = repeal(1, days=14, since=date(2025, 5, 3), start=date(2025, 5, 1), **few)
    assert table.loc["parcel_duty_usd", "without"] < table.loc["parcel_duty_usd", "reform"]
    failure = runpy.run_path(str(SCENARIOS / "shared_supplier.py"))["paired"]
    chains = failure(1, days=3, start=date(2024, 10, 27), **few)
    assert list(chains.columns) == ["sales", "struck", "change"]
    assert list(chains.index) == [False, True]
    assert (chains["sales"] > 0).all()
