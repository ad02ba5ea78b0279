"""The headline numbers of the baseline world: who changes one says why in the commit."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from abm.model import Market
from abm.scenario import load

HEADLINES = Path(__file__).with_name("headlines.toml")
BASELINE = Path(__file__).parents[2] / "scenarios" / "baseline.toml"
SUMMED = ("visits", "orders", "lost", "deferred", "delivered", "cleared", "reviews", "exits", "entries", "switched")
MODES = ("express", "line", "post", "overseas", "bonded", "retail")


def lived() -> dict[str, Any]:
    """What a short run of a small baseline comes to, in whole numbers."""
    market = Market(load(BASELINE, set={"consumers": 5000, "warmup": 5}), days=20).run()
    daily, world = market.daily, market.world
    found = {name: int(daily[name].sum()) for name in SUMMED}
    found |= {f"sent_{mode}": int(daily[f"sent_{mode}"].sum()) for mode in MODES}
    found["gmv_cents"] = round(100 * daily.gmv_usd.sum())
    found["stock_units"] = int(world.nodes.on_hand.sum())
    found["cash_cents"] = int(world.accounts.balance_cents[world.firms.account].sum())
    return found


def test_a_short_run_of_the_baseline_comes_to_its_headline_numbers() -> None:
    found = lived()
    expected = tomllib.loads(HEADLINES.read_text())
    assert found == expected, "headlines.toml would say:\n" + "\n".join(f"{key} = {found[key]}" for key in found)


def test_the_headlines_are_those_of_a_market_that_works() -> None:
    said = tomllib.loads(HEADLINES.read_text())
    assert 0.02 < said["orders"] / said["visits"] < 0.045
    assert said["orders"] / (said["orders"] + said["lost"]) > 0.85
    assert min(said[f"sent_{mode}"] for mode in MODES) > 0
    assert sum(said[f"sent_{mode}"] for mode in MODES) == pytest.approx(said["orders"], rel=0.15)
