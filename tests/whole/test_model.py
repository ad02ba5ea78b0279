"""The market is a model like any of Mesa's: run in batches, kept and taken up again, forgotten when it is done with."""

import gc
import inspect
import json
import pickle
import subprocess
import sys
import weakref
from pathlib import Path

import mesa
import pytest
from typer.testing import CliRunner

from abm import each
from abm.agents import Consumer, Firm
from abm.cli import app
from abm.model import Market

ROOT = Path(__file__).resolve().parents[2]
SMALL = {"world": "tiny", "consumers": 300, "warmup": 2, "days": 4}
BUSY = {"world": "tiny", "consumers": 1200, "warmup": 5, "days": 400, "demand.visits": 0.9}


def in_batches(parameters, seeds, **more):
    """Mesa's batch run with some seeds, in the words of the Mesa that is here."""
    seeded = {"rng": seeds} if "rng" in inspect.signature(mesa.batch_run).parameters else {}
    given = parameters if seeded else {**parameters, "seed": seeds}
    return mesa.batch_run(Market, given, display_progress=False, **seeded, **more)


def test_a_batch_lives_the_days_of_the_scenario_whatever_mesa_counts():
    rows = in_batches({**SMALL, "network__overlap": [0.0, 1.0]}, [1, 2])
    assert len(rows) == 4
    assert {(row["seed"], row["network__overlap"]) for row in rows} == {(1, 0.0), (1, 1.0), (2, 0.0), (2, 1.0)}
    for row in rows:
        single = Market(**SMALL, seed=row["seed"], network__overlap=row["network__overlap"]).run().world.daily[-1]
        assert row["day"] == 3
        assert {name: row[name] for name in single} == single


def test_a_batch_that_is_cut_short_says_on_which_day():
    (row,) = in_batches({**SMALL, "days": 50}, [1], max_steps=10)
    assert row["day"] in (7, 8)  # mesa 3.5 lives 10 steps, mesa 3.3 lives 11; two of them are warm-up
    assert row["orders"] == Market(**SMALL).run(row["day"] + 1).world.daily[-1]["orders"]


def test_every_day_may_be_collected_and_the_warm_up_has_no_measures():
    rows = in_batches(SMALL, [1], data_collection_period=1)
    assert [row["day"] for row in rows] == [-2, -1, 0, 1, 2, 3]
    assert [row["orders"] is None for row in rows] == [True, True, False, False, False, False]


def test_a_model_stops_when_its_days_are_over_and_goes_on_when_it_is_told_to():
    market = Market(**SMALL)
    market.run_model()
    assert (market.day, market.steps) == (4, 6)
    assert not market.running
    assert len(market.run(2).daily) == 6


class Patient(Firm):
    """Orders what its rule says."""

    def order(self, node, proposed):
        return proposed * 0.9


class Eager(Consumer):
    """Takes the first slot on Mondays."""

    def pick(self, page):
        return 0 if self.row % 7 == 0 and len(page) else page.drawn


def by_row(firm, offer):
    return 900.0 + offer.row


OWN = {"agents": {"seller": Patient, "consumer": Eager}, "firms.label.pricing": each(by_row)}


@pytest.mark.parametrize("own", [{}, OWN], ids=["usual", "own agents and rules"])
@pytest.mark.parametrize("days", [0, 45])
def test_a_market_that_was_kept_lives_on_bit_for_bit(own, days, state, monkeypatch):
    monkeypatch.setattr("abm.phases.turnover.BIRTH_RATE", 0.5)  # so that newcomers lengthen the tables
    market = Market(**BUSY, **own)
    while market.day < days:
        market.step()
    kept = pickle.dumps(market)
    start = len(market.world.firms)
    again = pickle.loads(kept)  # noqa: S301 -- made here
    assert again.world is not market.world
    assert state(again.world) == state(market.world)
    market.run(60)
    again.run(60)
    assert state(again.world) == state(market.world)
    assert len(market.world.firms) > start  # tables have grown since
    assert again.agents.get("cash") == market.agents.get("cash")
    assert again.consumers.get("trust") == market.consumers.get("trust")
    assert again.agents[0].model is again
    assert repr(again.datacollector.model_vars) == repr(market.datacollector.model_vars)  # some measures are nan


def test_a_finished_market_is_freed():
    market = Market(**SMALL, agents=OWN["agents"]).run()
    some = [market.consumers.select(lambda one: one.income > 1), market.firm("store").offers, market.daily]
    gone = [weakref.ref(market), weakref.ref(market.world), weakref.ref(market.firm("store"))]
    del market, some
    gc.collect()
    assert [ref() for ref in gone] == [None, None, None]


OWN_RULE = """
from dataclasses import dataclass

from abm.rules import parameter


@dataclass(frozen=True)
class Flat:
    \"\"\"One price for everything.\"\"\"

    level: float = parameter(20.0, "USD", 1, 100, "The price.")

    def __call__(self, world, rows):
        return rows * 0.0 + 100.0 * self.level
"""
THERE = """
import pickle, sys
from pathlib import Path
market = pickle.loads(Path(sys.argv[1]).read_bytes()).run(3)
print(market.world.daily[-1]["orders"], type(market.world.rules["pricing"][-1]).__name__)
"""


@pytest.fixture
def beside(tmp_path):
    """A scenario with a rule of the user's own in a file beside it."""
    (tmp_path / "flat.py").write_text(OWN_RULE, encoding="utf-8")
    scenario = tmp_path / "world.toml"
    text = f"""
        schema = 1
        extends = {json.dumps(str(ROOT / "scenarios" / "tiny.toml"))}
        consumers = 200
        warmup = 0
        days = 40
        [[firms]]
        name = "store"
        price_days = 2.0
        pricing = {{ rule = "flat:Flat", level = 30.0 }}
        """
    scenario.write_text(text, encoding="utf-8")
    return scenario


def test_a_rule_beside_the_scenario_sets_prices(beside):
    market = Market(beside).run(40)
    assert all(abs(offer.value_cents - 3000) < 100 for offer in market.firm("store").offers)
    assert not any(abs(offer.value_cents - 3000) < 100 for offer in market.firm("label").offers)


def test_the_command_line_uses_it_unless_told_not_to(beside, tmp_path):
    def entrepot(*words):
        return CliRunner().invoke(app, [str(word) for word in words])

    for command in (("check", beside), ("run", beside, "--days", 2, "--out", tmp_path / "a")):
        assert entrepot(*command).exit_code == 0
    for command in (("check", beside), ("run", beside, "--days", 2, "--out", tmp_path / "b")):
        refused = entrepot(*command, "--no-user-code")
        assert refused.exit_code == 2
        for words in ("world.toml", "flat:Flat", "cost_plus", "switched off"):
            assert words in refused.stderr
    assert not (tmp_path / "b").exists()


def test_a_market_with_such_a_rule_is_taken_up_by_another_process(beside, tmp_path):
    market = Market(beside).run(2)
    (tmp_path / "kept").write_bytes(pickle.dumps(market))
    command = [sys.executable, "-c", THERE, str(tmp_path / "kept")]
    there = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert there == [str(market.run(3).world.daily[-1]["orders"]), "Flat"]
