"""What a scenario file may say, how files change each other, and what comes out of it."""

import json
import pickle
import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from abm.scenario import Scenario, ScenarioError, assignments, load
from abm.scenario.reading.known import TABLES
from abm.scenario.rulebook import HOMES, instance, registry
from abm.scenario.schema import Firm, RuleUse, Target, target
from abm.scenario.schema.describe import describe_schema
from abm.scenario.schema.fields import Haul, Kind, Mode

WORLD = """
schema = 1
title = "Two countries"
start = 2024-07-01
consumers = 500

[countries.CN]
[countries.US]
share = 0.6

[[firms]]
name = "mills"
kind = "supplier"
country = "CN"
count = 2

[[firms]]
name = "works"
kind = "manufacturer"
country = "CN"

[[firms]]
name = "shops"
kind = "seller"
country = "CN"
count = 3
pricing = { rule = "cost_plus", markup = 0.3 }

[[firms]]
name = "stores"
kind = "retailer"
country = "US"

[[firms]]
name = "bazaar"
kind = "platform"
country = "US"
serves = ["CN", "US"]

[[firms]]
name = "ships"
kind = "carrier"
country = "CN"

[[firms]]
name = "sheds"
kind = "warehouse"
country = "US"

[[chains]]
name = "direct"
category = "apparel"
count = 3
tiers = ["mills", "works", "shops"]
markets = ["US", "CN"]
modes = ["line", "overseas"]

[[chains]]
name = "shelf"
category = "electronics"
tiers = ["mills", "works", "stores"]
markets = ["US"]
modes = ["retail"]
"""


def written(folder: Path, text: str, name: str = "world.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def world(tmp_path: Path) -> Path:
    return written(tmp_path, WORLD)


def test_a_file_says_what_it_says_and_the_rest_is_usual(world: Path) -> None:
    scenario = load(world)
    assert scenario.title == "Two countries"
    assert scenario.start == date(2024, 7, 1)
    assert scenario.first == date(2024, 3, 3)
    assert scenario.end == date(2025, 7, 1)
    assert list(scenario.countries) == ["CN", "US"]
    assert scenario.countries["US"].share == 0.6
    assert scenario.demand.visits == 0.6
    assert scenario.demand.lam == 0.4
    assert scenario.law.of("US") == "calendar"
    assert scenario.category_names == ("apparel", "electronics")
    assert scenario.firms[2].pricing.parameters == {"markup": 0.3}


def test_a_group_has_numbered_members_and_a_single_firm_its_name(world: Path) -> None:
    scenario = load(world)
    assert scenario.firms[0].members == ("mills-1", "mills-2")
    assert scenario.firms[1].members == ("works",)
    assert scenario.chains[0].members == ("direct-1", "direct-2", "direct-3")


def test_what_a_firm_leaves_out_comes_by_its_kind() -> None:
    countries = ["CN", "US"]
    seller, carrier, shed, site = (
        Firm(name="a", kind=kind, country="CN") for kind in ("seller", "carrier", "warehouse", "platform")
    )
    assert seller.factor == 3
    assert carrier.factor == pytest.approx(1 / 0.75)
    assert carrier.reach(countries) == ("CN", "US")
    assert shed.reach(countries) == ("CN",)
    assert Firm(name="a", kind="warehouse", country="CN", serves=["US"]).reach(countries) == ("US",)
    assert site.fee_percent == 15
    assert seller.fee_percent == 0
    assert Firm(name="a", kind="retailer", country="US").price_review == 60


def test_a_resolved_scenario_reads_back_as_itself(world: Path) -> None:
    scenario = load(world)
    resolved = json.loads(json.dumps(scenario.resolved()))
    again = load(resolved)
    assert again.resolved() == scenario.resolved()
    assert again.digest == scenario.digest == load(scenario).digest
    assert pickle.loads(pickle.dumps(scenario)).digest == scenario.digest  # noqa: S301 -- own bytes
    assert load(world, {"seed": 2}).digest != scenario.digest


def test_a_scenario_never_changes(world: Path) -> None:
    scenario = load(world)
    with pytest.raises(ValueError, match="frozen"):
        scenario.days = 3  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        scenario.demand.visits = 0.1  # type: ignore[misc]


def test_a_scenario_is_found_by_its_name(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = world.parent / "scenarios"
    shelf.mkdir()
    written(shelf, WORLD, "home_made.toml")
    monkeypatch.chdir(world.parent)
    assert load("home_made").title == "Two countries"
    assert load("world.toml").digest == load(str(world)).digest == load(world).digest


def test_an_extending_file_merges_tables_and_names_and_appends_the_rest(world: Path) -> None:
    over = written(
        world.parent,
        """
        schema = 1
        extends = "world.toml"
        days = 30
        [demand]
        visits = 0.5
        [countries.CN]
        share = 0
        [countries.US]
        visits = 0.4
        [[firms]]
        name = "shops"
        count = 9
        [[firms]]
        name = "bazaar-2"
        kind = "platform"
        country = "CN"
        [[chains]]
        name = "direct"
        markets = ["US"]
        [[shocks]]
        name = "Suez"
        day = 3
        set = { "passages.suez.open" = false }
        """,
        "over.toml",
    )
    scenario = load(over)
    assert scenario.title == "over"
    assert scenario.days == 30
    assert scenario.demand.visits == 0.5
    assert scenario.demand.survive == 0.9
    assert (scenario.countries["US"].share, scenario.countries["US"].visits) == (0.6, 0.4)
    assert [firm.name for firm in scenario.firms][-1] == "bazaar-2"
    assert scenario.firms[2].count == 9
    assert scenario.firms[2].pricing.parameters == {"markup": 0.3}
    assert scenario.chains[0].markets == ("US",)
    assert scenario.shocks[0].set == {"passages.suez.open": False}


def test_another_rule_does_not_inherit_the_parameters_of_the_one_it_replaces(world: Path) -> None:
    scenario = load(world, {"firms.shops.pricing": {"rule": "best_response"}})
    assert scenario.firms[2].pricing.key == ("best_response",)
    scenario = load(world, {"firms.shops.pricing.markup": 0.5})
    assert scenario.firms[2].pricing.key == ("cost_plus", ("markup", 0.5))


def test_extends_is_followed_through_folders_and_the_nearest_file_wins(world: Path) -> None:
    (world.parent / "deep").mkdir()
    written(world.parent, 'extends = "world.toml"\nseed = 5\ndays = 50\n', "middle.toml")
    last = written(world.parent / "deep", 'extends = "../middle.toml"\nseed = 6\n', "last.toml")
    scenario = load(last)
    assert (scenario.seed, scenario.days, scenario.consumers) == (6, 50, 500)


def test_files_that_extend_each_other_are_refused(world: Path) -> None:
    a = written(world.parent, 'schema = 1\nextends = "b.toml"\n', "a.toml")
    written(world.parent, 'schema = 1\nextends = "a.toml"\n', "b.toml")
    with pytest.raises(ScenarioError, match=r"a\.toml -> b\.toml -> a\.toml"):
        load(a)


def test_settings_reach_tables_and_entries_of_lists_by_name(world: Path) -> None:
    settings = {
        "demand.lambda": 1.0,
        "firms.shops.count": 7,
        "dials.network.overlap": 0.25,
        "law.US.as_of": "2024-07-01",
    }
    scenario = load(world, settings)
    assert scenario.demand.lam == 1.0
    assert scenario.firms[2].count == 7
    assert scenario.dials.network.overlap == 0.25
    assert scenario.law.of("US") == date(2024, 7, 1)
    assert scenario.law.of("CN") == "calendar"


def test_settings_are_read_from_texts_with_or_without_quotes() -> None:
    texts = ["start=2024-08-01", "title=A b", 'law.as_of="calendar"', "chance.noise=false", "demand.visits = 0.5",
             'shocks.x.set."firms.kind=carrier.capacity"=3']  # fmt: skip
    assert assignments(texts) == {
        "start": date(2024, 8, 1),
        "title": "A b",
        "law.as_of": "calendar",
        "chance.noise": False,
        "demand.visits": 0.5,
        'shocks.x.set."firms.kind=carrier.capacity"': 3,
    }


def test_a_key_with_dots_of_its_own_is_quoted(world: Path) -> None:
    shock = {"name": "x", "day": 1, "set": {"countries.US.customs": 9}}
    scenario = load({**tomllib.loads(WORLD), "shocks": [shock]}, {'shocks.x.set."countries.US.customs"': 12})
    assert scenario.shocks[0].set == {"countries.US.customs": 12}


def test_days_of_shocks_are_dates_or_counted_from_the_start(world: Path) -> None:
    scenario = load(world)
    assert scenario.date_of(0) == scenario.start
    assert scenario.date_of(-120) == scenario.first
    assert scenario.date_of(date(2025, 1, 1)) == date(2025, 1, 1)


def test_a_shocks_key_is_a_table_a_name_and_a_column() -> None:
    assert target("passages.suez.open") == Target("passages", "suez", "open")
    assert target("lanes.CN-US-line.capacity") == Target("lanes", "CN-US-line", "capacity")
    assert target("firms.kind=carrier.capacity") == Target("firms", "", "capacity", (("kind", "carrier"),))
    assert target("lanes.haul=sea, dest=US.capacity") == Target(
        "lanes", "", "capacity", (("haul", "sea"), ("dest", "US"))
    )
    assert target("lanes.haul=sea,US.capacity") is None
    assert target("capacity") is None
    assert target("firms.capacity") is None


def test_shocks_reach_groups_members_kinds_and_lanes(world: Path) -> None:
    keys = [
        "firms.shops.capacity",
        "firms.shops-3.capacity",
        "firms.kind=carrier.capacity",
        "firms.country=CN.capacity",
        "lanes.CN-US-line.per_kg",
        "lanes.origin=CN.capacity",
        "countries.US.customs",
        "categories.apparel.needs",
    ]
    shock = {"day": 10, "until": 20, "scale": dict.fromkeys(keys, 0.5)}
    scenario = load({**tomllib.loads(WORLD), "shocks": [shock]})
    assert list(scenario.shocks[0].scale) == keys


def test_an_own_border_row_has_the_names_of_the_facts_columns() -> None:
    row = {"dest": "US", "channel": "parcel", "from": date(2024, 9, 1), "value_hi": 800, "ad_valorem": "MFN"}
    scenario = load({**tomllib.loads(WORLD), "borders": [row]})
    given = scenario.borders[0].row()
    assert given == {**row, "value_hi": 800.0, "category": "*", "origin": "*", "mode": "*"}


def test_the_law_of_the_scenario_takes_its_own_border_rows() -> None:
    law = pytest.importorskip("abm.scenario.law")
    row = {"dest": "US", "channel": "parcel", "from": date(2024, 9, 1), "value_hi": 800, "duty_relief": False}
    scenario = load({**tomllib.loads(WORLD), "borders": [row]})
    own = [border.row() for border in scenario.borders]
    assert len(law.Law(tuple(scenario.countries), scenario.category_names, own=own).own) == 1


def test_a_rule_is_made_with_the_parameters_given_and_the_usual_others(world: Path) -> None:
    scenario = load(world)
    rule = instance(scenario, "pricing", RuleUse.model_validate({"rule": "cost_plus", "markup": 1}))
    assert type(rule) is registry("pricing")["cost_plus"]
    assert rule.markup == 1.0
    assert isinstance(rule.markup, float)


def test_the_usual_rules_exist() -> None:
    for decision in HOMES:
        assert Firm.model_fields[decision].default.rule in registry(decision)


OWN_RULE = """
from dataclasses import dataclass
from abm.rules import parameter

@dataclass(frozen=True)
class Flat:
    level: float = parameter(2.0, "USD", 0, 10, "A price.")
    def __call__(self, world, rows):
        return rows + self.level
"""


def test_a_rule_of_the_users_own_lies_beside_the_scenario(world: Path) -> None:
    written(world.parent, OWN_RULE, "mine.py")
    scenario = load(world, {"firms.shops.pricing": {"rule": "mine:Flat", "level": 3}})
    assert instance(scenario, "pricing", scenario.firms[2].pricing)(None, 1) == 4.0
    with pytest.raises(ScenarioError, match="switched off"):
        load(world, {"firms.shops.pricing": {"rule": "mine:Flat"}}, user_code=False)


def test_the_words_of_the_schema_are_those_of_the_world() -> None:
    from abm import world as tables

    assert get_args(Kind) == tables.KINDS
    assert get_args(Mode) == tables.MODES
    assert (*get_args(Mode), *get_args(Haul)) == tables.HAULS
    assert set(tables.STANDING.items()) == set(TABLES.items())


def test_every_key_is_described_by_unit_bounds_and_a_sentence() -> None:
    keys = {key.path: key for key in describe_schema()}
    visits = keys["demand.visits"]
    assert (visits.unit, visits.lo, visits.hi, visits.default) == ("visits/day", 0, 0.95, "0.6")
    assert keys["firms[].kind"].default == "required"
    assert keys["countries.<name>.share"].default == "left out"
    assert keys["firms[].stocking.rule"].default == '"proportional"'
    assert keys["law.<name>.as_of"].admissible == 'a date such as 2024-07-01, or "calendar"'
    for key in keys.values():
        assert key.doc.endswith(".") or key.path == "extends"
        assert key.admissible
        if "a number" in key.admissible and not key.admissible.startswith("a table"):
            assert key.unit, key.path


def test_every_number_of_the_schema_takes_its_bounds_and_refuses_what_lies_beyond() -> None:
    tried = 0
    for key in describe_schema():
        if key.lo is None or key.hi is None or "[]" in key.path or "<" in key.path:
            continue
        for bound, step in ((key.lo, -1), (key.hi, 1)):
            *tables, last = key.path.split(".")
            says: dict[str, object] = {"schema": 1}
            inner = says
            for part in tables:
                inner = inner.setdefault(part, {})  # type: ignore[assignment]
            inner[last] = bound
            Scenario.model_validate(says)
            inner[last] = bound + step * max(1, abs(bound))
            with pytest.raises(ValueError, match=last):
                Scenario.model_validate(says)
            tried += 1
    assert tried > 60


def test_reading_a_scenario_of_usual_rules_loads_no_kernel_and_nothing_heavy(tmp_path: Path) -> None:
    path = written(tmp_path, WORLD.replace("pricing = ", "#"))
    code = (
        f"import sys; from abm.scenario import load; load(load({str(path)!r}).resolved()); "
        "heavy = {'numba', 'mesa', 'pandas', 'matplotlib', 'kernels'} & set(sys.modules); "
        "sys.exit(' '.join(heavy) or 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
