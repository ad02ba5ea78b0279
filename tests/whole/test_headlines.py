"""The headline numbers of a usual and of a troubled market: who changes one says why in the commit."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from abm.day import DAY
from abm.model import Market
from abm.phases import Phase
from abm.phases.measures import measures
from abm.phases.turnover import turnover
from abm.scenario import load
from abm.world import KINDS, World

HEADLINES = Path(__file__).with_name("headlines.toml")
SCENARIOS = Path(__file__).parents[2] / "scenarios"
SUMMED = ("visits", "orders", "lost", "deferred", "delivered", "cleared", "reviews", "exits", "entries", "switched")
MODES = ("express", "line", "post", "overseas", "bonded", "retail")


TROUBLED = {
    "consumers": 1500, "warmup": 0, "dials.dynamics.entry": 1.0, "firms.hangzhou-sellers.incoterm": "DAP",
    "firms.hangzhou-sellers.least_declared": 0.5, "firms.hangzhou-sellers.cash_days": 1.0, "demand.fraud": 0.1,
    "dials.management.preset": "proactive",
    "borders": [
        {"dest": "US", "channel": "parcel", "from": "2024-07-05", "ad_valorem": 20.0},
        {"dest": "US", "channel": "bulk", "from": "2024-08-10", "announced": "2024-07-08", "ad_valorem": 80.0},
    ],
    "shocks": [
        {"name": "a way shut", "day": 4, "until": 20, "set": {"lanes.haul=sea.capacity": 0}},
        {
            "name": "a strike told", "day": 30, "until": 40, "announced": 4,
            "set": {"firms.kind=manufacturer.capacity": 0},
        },
    ],
}  # fmt: skip
RUINED = ("supplier", "manufacturer", "seller", "carrier", "broker", "warehouse", "payment", "platform", "manufacturer",
          "retailer", "supplier", "manufacturer")  # fmt: skip
"""A firm of each in turn cannot pay, from the sixth day on, one every third day."""
TABLES = ("firms", "chains", "members", "nodes", "links", "listings", "offers")


def lived() -> dict[str, dict[str, int]]:
    """What both markets come to, in whole numbers."""
    return {"usual": usual(), "troubled": troubled()}


def usual() -> dict[str, int]:
    """What a short run of a small baseline comes to."""
    market = Market(load(SCENARIOS / "baseline.toml", set={"consumers": 5000, "warmup": 5}), days=20).run()
    daily, world = market.daily, market.world
    found = {name: int(daily[name].sum()) for name in SUMMED}
    found |= {f"sent_{mode}": int(daily[f"sent_{mode}"].sum()) for mode in MODES}
    found["gmv_cents"] = round(100 * daily.gmv_usd.sum())
    found["stock_units"] = int(world.nodes.on_hand.sum())
    found["cash_cents"] = int(world.accounts.balance_cents[world.firms.account].sum())
    return found


def troubled() -> dict[str, int]:
    """All that is counted while firms of every kind fail and a way is shut, and whom the living deal with then."""
    total: Counter[str] = Counter()

    def fail(world: World) -> None:
        """One more firm has long not paid."""
        turn, rest = divmod(world.day - 5, 3)
        if 0 <= turn < len(RUINED) and not rest:
            rows = np.flatnonzero((world.firms.kind == KINDS.index(RUINED[turn])) & (world.firms.alive > 0))
            world.firms.overdue[rows[:1]] = 60

    def note(world: World) -> None:
        """What was counted today."""
        total.update(world.counts)

    failing, noting = (Phase(one.__name__, "", frozenset(), frozenset(), one) for one in (fail, note))
    phases = (*DAY[:-2], failing, turnover, noting, measures)
    world = Market(load(SCENARIOS / "three_countries.toml", set=TROUBLED), days=50, phases=phases).run().world
    found = dict(sorted(total.items()))
    found |= {f"living_{name}": int((getattr(world, name).alive > 0).sum()) for name in TABLES}
    live = world.links.alive > 0
    for name in ("supplier", "lane", "chain", "price_cents", "lead", "backlog"):
        found[f"links_{name}"] = int(getattr(world.links, name)[live].astype(np.int64).sum())
    found["forecast_thousandths"] = int(np.floor(world.nodes.forecast * 1000.0).astype(np.int64).sum())
    found["capacity_thousandths"] = int(np.floor(world.firms.capacity * 1000.0).astype(np.int64).sum())
    return found


@pytest.mark.parametrize("which", [usual, troubled], ids=lambda which: which.__name__)
def test_a_short_run_comes_to_its_headline_numbers(which: Callable[[], dict[str, int]]) -> None:
    found, expected = which(), tomllib.loads(HEADLINES.read_text())[which.__name__]
    differ = {key: found.get(key) for key in found | expected if found.get(key) != expected.get(key)}
    assert not differ, "headlines.toml would say:\n" + "\n".join(f"{key} = {value}" for key, value in differ.items())


def test_the_headlines_are_those_of_a_market_that_works() -> None:
    said = tomllib.loads(HEADLINES.read_text())["usual"]
    assert 0.02 < said["orders"] / said["visits"] < 0.045
    assert said["orders"] / (said["orders"] + said["lost"]) > 0.85
    assert min(said[f"sent_{mode}"] for mode in MODES) > 0
    assert sum(said[f"sent_{mode}"] for mode in MODES) == pytest.approx(said["orders"], rel=0.15)


def test_in_trouble_everything_happens_that_trouble_brings() -> None:
    said = tomllib.loads(HEADLINES.read_text())["troubled"]
    for name in ("exits", "entries", "chains_gone", "chains_rebuilt", "lines_moved", "switched", "invested", "hurried",
                 "refused", "penalty_cents", "chargeback_cents", "customs_waiting"):  # fmt: skip
        assert said[name] > 0, name
