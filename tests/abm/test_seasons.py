"""The calendar of peaks and of a scenario's own campaigns: what shoppers do, and what firms expect."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from abm.model import Market
from abm.scenario import ScenarioError, load
from abm.scenario.past import past
from abm.scenario.seasons import Campaign, Peak, Seasons
from kernels.needs import WAITING

ROOT = Path(__file__).resolve().parents[2]
THREE = ROOT / "scenarios" / "three_countries.toml"
DAY = date(2024, 8, 21).toordinal()
"""A Wednesday without an event of the calendar near it."""
BELIEF = 0.8


def calendar(true: bool = True, told: int = DAY - 30, belief: float = BELIEF) -> Seasons:
    peak = Peak(DAY, np.array([1.0, 0.0]), share=0.5, days=4, event_days=2)
    return Seasons(["CN", "US"], False, [Campaign(peak, told, true)], belief)


PLAIN = Seasons(["CN", "US"], False)


def test_needs_wait_for_a_campaign_where_it_is_held_and_come_back_on_its_first_day() -> None:
    seasons = calendar()
    for day in (DAY - 5, DAY + 1, DAY + 2):
        assert seasons.seen(day) == pytest.approx(PLAIN.seen(day), abs=0)
    for day in range(DAY - 4, DAY):
        assert seasons.on(day).wait.tolist() == [0.5, 0.0]
        assert seasons.seen(day) == pytest.approx(PLAIN.seen(day) * [0.5, 1.0])
    assert seasons.seen(DAY) == pytest.approx(PLAIN.seen(DAY) + np.array([2.0, 0.0]))
    assert [seasons.on(DAY + after).event.tolist() for after in (-1, 0, 1, 2)] == [[0, 0], [1, 0], [1, 0], [0, 0]]


def test_of_two_events_on_one_day_the_greater_counts() -> None:
    where = np.array([1.0, 1.0])
    twice = [Campaign(Peak(DAY, where, share, 4, 1), 0, True) for share in (0.2, 0.5)]
    assert Seasons(["CN", "US"], False, twice).seen(DAY) == pytest.approx(PLAIN.seen(DAY) + 2.0)


def test_a_campaign_may_make_needs_on_its_own_days_where_it_is_held_and_firms_expect_them() -> None:
    peak = Peak(DAY, np.array([1.0, 0.0]), share=0.0, days=0, event_days=2, event_factor=3.0)
    seasons = Seasons(["CN", "US"], False, [Campaign(peak, DAY - 5, True)], BELIEF)
    for day, factor in ((DAY - 1, 1.0), (DAY, 3.0), (DAY + 1, 3.0), (DAY + 2, 1.0)):
        assert seasons.on(day).needs == pytest.approx(PLAIN.on(day).needs * [factor, 1.0], abs=0)
        assert seasons.seen(day) == pytest.approx(PLAIN.seen(day) * [factor, 1.0], abs=0)
    more = seasons.ahead(DAY - 1, 4) - PLAIN.ahead(DAY - 1, 4)
    assert more[:, 0] == pytest.approx(BELIEF * 2.0 * np.cumsum([0.0, *(PLAIN.seen(DAY + k)[0] for k in (0, 1)), 0, 0]))
    assert not more[:, 1].any()
    assert load(THREE, set=given()).campaigns[0].factor == 1.0
    world = Market(load(THREE, set=given(factor=3.0, share=0.0))).world
    first = world.first + 50
    assert world.seasons.on(first).needs == pytest.approx(3.0 * world.seasons.on(first - 7).needs)


@pytest.mark.parametrize("true", [True, False])
def test_firms_expect_a_campaign_from_the_day_they_are_told_as_far_as_they_believe_in_it(true: bool) -> None:
    seasons = calendar(true)
    plain, certain = PLAIN.ahead(DAY - 10, 20), calendar(belief=1.0).ahead(DAY - 10, 20)
    assert np.array_equal(seasons.ahead(DAY - 31, 40), PLAIN.ahead(DAY - 31, 40))
    over = seasons.ahead(DAY - 30, 40)[40, 0]
    assert over == pytest.approx(PLAIN.ahead(DAY - 30, 40)[40, 0], rel=0.01), "needs are moved, not made"
    assert seasons.ahead(DAY - 10, 20) == pytest.approx(0.2 * plain + 0.8 * certain)
    assert certain[10, 0] - certain[9, 0] == pytest.approx(PLAIN.seen(DAY)[0] + 2.0)


def test_a_false_campaign_moves_no_shopper_and_is_forgotten_on_its_day() -> None:
    seasons = calendar(true=False)
    for day in range(DAY - 5, DAY + 3):
        assert np.array_equal(seasons.seen(day), PLAIN.seen(day))
        assert np.array_equal(seasons.on(day).wait, PLAIN.on(day).wait)
    assert not np.array_equal(seasons.ahead(DAY - 1, 5), PLAIN.ahead(DAY - 1, 5))
    assert np.array_equal(seasons.ahead(DAY, 5), PLAIN.ahead(DAY, 5))


def given(**campaign: object) -> dict[str, object]:
    return {
        "consumers": 2_000,
        "days": 60,
        "warmup": 0,
        "campaigns": [{"name": "sale", "day": 50, "share": 0.6, **campaign}],
    }


def test_firms_order_more_for_a_false_campaign_and_nobody_waits_for_it() -> None:
    plain = Market(load(THREE, set={**given(), "campaigns": []}))
    false = Market(load(THREE, set=given(announced=20, truth=0.0)))
    placed = np.zeros((2, 50), np.int64)
    for day in range(50):
        for row, market in enumerate((plain, false)):
            market.step()
            placed[row, day] = market.world.links.placed.sum()
            market.world.agents.clear() if market.world is None else None
        if day < 20:
            assert np.array_equal(plain.world.links.placed, false.world.links.placed)
    assert placed[1, 47:].sum() > placed[0, 47:].sum()
    nodes, shop = false.world.nodes, plain.world.nodes.market >= 0
    assert nodes.expects[shop] == pytest.approx(plain.world.nodes.expects[shop] + BELIEF * 0.6 * 10)
    assert not (false.world.consumers.need_age == WAITING).any()


def test_a_true_campaign_is_on_where_it_is_held() -> None:
    world = Market(load(THREE, set=given(countries=["US"], days=2))).world
    here = np.array([code == "US" for code in world.names["countries"]])
    first = world.first + 50
    assert (world.seasons.on(first).event > 0).tolist() == here.tolist()
    assert world.seasons.on(first - 1).wait == pytest.approx(0.6 * here)


def test_a_campaign_in_no_country_or_on_no_day_is_refused() -> None:
    with pytest.raises(ScenarioError) as caught:
        load(THREE, set=given(countries=["XX"], day=400, announced=401))
    said = str(caught.value)
    assert "campaigns.sale.countries" in said
    assert "XX" in said
    assert "campaigns.sale.day" in said
    with pytest.raises(ScenarioError, match="announced"):
        load(THREE, set=given(announced=51))


def test_a_campaign_belongs_to_the_past_once_it_can_matter() -> None:
    def known(**campaign: object) -> list[int]:
        scenario = load(THREE, set=given(**campaign))
        days = (date.fromordinal(scenario.first.toordinal() + day) for day in range(60))
        return [day for day, one in enumerate(days) if past(scenario, one)["campaigns"]]

    assert known(announced=20)[0] == 21
    assert known(announced=48)[0] == 41, "needs wait for it ten days before"
    assert known()[0] == 1
