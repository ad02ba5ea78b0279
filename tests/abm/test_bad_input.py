"""Bad input is refused with its file, the path to the key, what was given, what is admissible, and a near word."""

import math
import tomllib
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abm.rules import parameter
from abm.scenario import Problem, ScenarioError, assignments, load, rulebook
from abm.scenario.schema import editions

WORLD = """
schema = 1
start = 2024-07-01
consumers = 500
[countries.CN]
[countries.US]
[categories.apparel]
needs = 1
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
tiers = ["mills", "works", "shops"]
markets = ["US", "CN"]
modes = ["line", "overseas"]
[[chains]]
name = "shelf"
category = "apparel"
tiers = ["mills", "works", "stores"]
markets = ["US"]
modes = ["retail"]
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "base.toml"
    path.write_text(WORLD, encoding="utf-8")
    return path


def errors(folder: Path, text: str) -> list[Problem]:
    """What is wrong with a file that says this over the base."""
    path = folder / "bad.toml"
    path.write_text('schema = 1\nextends = "base.toml"\n' + text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load(path)
    return list(caught.value.problems)


CASES: dict[str, dict[str, str]] = tomllib.loads(Path(__file__).with_name("bad_input.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CASES)
def test_each_kind_of_bad_input_is_named_with_file_key_given_and_admissible(name: str, base: Path) -> None:
    case = CASES[name]
    found = errors(base.parent, case["text"])
    mine = [problem for problem in found if problem.key == case["key"] and case["given"] in problem.given]
    assert mine, [str(problem) for problem in found]
    assert case["admissible"] in mine[0].admissible
    assert mine[0].meant == case.get("meant", "")
    assert {Path(problem.file).name for problem in found} <= {"bad.toml", "base.toml"}


def refused(path: Path) -> Problem:
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0]


def test_a_newer_and_an_older_edition_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("schema = 2\nwhatever = 3\n")
    assert "a newer entrepot" in refused(path).admissible
    path.write_text("schema = 0\n")
    assert "from edition 0 to 1; give the edition" in refused(path).admissible
    path.write_text("schema = true\n")
    assert refused(path).key == "schema"


def test_a_file_of_an_older_edition_says_all_that_is_to_be_changed_since(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editions, "SCHEMA", 3)
    monkeypatch.setattr(editions, "CHANGED", {2: ("demand.rate is demand.visits",), 3: ("a fee is in percent",)})
    assert refused(base).admissible == (
        "3; to bring the file from edition 1 to 3; demand.rate is demand.visits; a fee is in percent"
    )


GROUPS = {
    "a circle in a chain": ["chain in a circle", "chain that returns to its makers"],
    "a market that cannot be reached": ["market that no chain reaches", "goods that nobody carries"],
    "a name that leads nowhere": ["chain through an unknown group", "shock on an unknown row"],
    "a name given twice": ["the same name twice", "a member's name again"],
    "a column that is not settable": ["shock on what may not be set"],
    "a rule with a wrong parameter": ["unknown parameter of a rule", "parameter out of bounds"],
}


def test_at_least_sixty_broken_files_are_refused_and_those_that_matter_most_are_among_them() -> None:
    assert len({case["text"] for case in CASES.values()}) >= 60
    for group, names in GROUPS.items():
        assert set(names) <= set(CASES), group


def test_a_file_without_an_edition_is_refused(base: Path) -> None:
    base.write_text(WORLD.replace("schema = 1", ""))
    found = refused(base)
    assert (found.key, found.given, found.admissible) == ("schema", "nothing", "1")


def test_a_file_that_is_not_toml_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("schema = 1\ndays = = 3\n")
    assert "line 2" in refused(path).given
    path.write_text("start = 2024-02-30\n")
    assert "not TOML" in refused(path).given
    path.write_bytes(b"title = '\xff'\n")
    assert "UTF-8" in refused(path).admissible


def test_a_file_that_is_not_there_is_refused_with_a_near_name(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = refused(base.parent / "bse.toml")
    assert found.meant == str(base)
    monkeypatch.chdir(base.parent)
    (base.parent / "scenarios").mkdir()
    (base.parent / "scenarios" / "home_made.toml").write_text(WORLD)
    with pytest.raises(ScenarioError, match='did you mean "home_made"'):
        load("home_mad")
    with pytest.raises(ScenarioError, match="a scenario file"):
        load(base.parent)


def test_an_extended_file_that_is_not_there_is_refused_with_a_near_name(base: Path) -> None:
    path = base.parent / "x.toml"
    path.write_text('schema = 1\nextends = "bas.toml"\n')
    found = refused(path)
    assert (found.key, found.given, found.meant) == ("extends", '"bas.toml"', "base.toml")
    path.write_text("schema = 1\nextends = 3\n")
    assert refused(path).given == "3"


def test_a_world_without_countries_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="at least one country"):
        load({"schema": 1})


def test_a_setting_is_refused_by_its_own_name(base: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(base, {"demand.visit": 0.3, "firms.shps.count": 2})
    assert [(problem.file, problem.key, problem.meant) for problem in caught.value.problems] == [
        ("settings", "firms.shps", "shops"),
        ("settings", "demand.visit", "visits"),
    ]
    with pytest.raises(ScenarioError, match="a dotted key"):
        load(base, {"demand visits": 0.3})
    with pytest.raises(ScenarioError, match="no part is set as well"):
        load(base, {"demand": {"visits": 0.3}, "demand.visits.x": 0.3})
    with pytest.raises(ScenarioError, match="key=value"):
        assignments(["demand.visits"])


def test_all_errors_of_files_are_reported_together_each_under_its_own_file(base: Path) -> None:
    base.write_text(WORLD.replace('"overseas"]', '"overseas"]\nvai = "sea"'))
    found = errors(
        base.parent,
        """
        days = 0
        [demand]
        visits = 3
        survve = 0.5
        [[firms]]
        name = "shops"
        country = "UK"
        [[firms]]
        name = "odd"
        kind = "seler"
        country = "US"
        [[chains]]
        name = "other"
        category = "apparel"
        tiers = ["mils", "works", "shops"]
        markets = ["US"]
        modes = ["line"]
        [[borders]]
        dest = "FR"
        channel = "parcel"
        from = 2024-09-01
        [[shocks]]
        day = 1
        set = { "passages.seuz.open" = false }
        """,
    )
    assert {(Path(problem.file).name, problem.key) for problem in found} == {
        ("base.toml", "chains.direct.vai"),
        ("bad.toml", "days"),
        ("bad.toml", "demand.visits"),
        ("bad.toml", "demand.survve"),
        ("bad.toml", "firms.shops.country"),
        ("bad.toml", "firms.odd.kind"),
        ("bad.toml", "chains.other.tiers #1"),
        ("bad.toml", "borders #1.dest"),
        ("bad.toml", 'shocks #1.set."passages.seuz.open"'),
    }


def test_a_bad_value_does_not_raise_alarms_elsewhere(base: Path) -> None:
    shock = '[[shocks]]\nday = 2031-01-01\nset = { "passages.suez.open" = false }'
    found = errors(base.parent, f'start = "soon"\n{shock}')
    assert [problem.key for problem in found] == ["start"]
    found = errors(base.parent, '[[firms]]\nname = "bazaar"\nkind = "platfrom"\n')
    assert [problem.key for problem in found] == ["firms.bazaar.kind"]
    found = errors(base.parent, '[[chains]]\nname = "direct"\nmodes = ["lin"]\n')
    assert [problem.key for problem in found] == ["chains.direct.modes #1"]


def test_errors_read_as_plain_lines(base: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(base, {"demand.visits": 3, "days": 0})
    assert str(caught.value).splitlines() == [
        "settings: 2 errors",
        "  days: given 0; admissible: a whole number from 1 to 36500 (days)",
        "  demand.visits: given 3; admissible: a number from 0 to 0.95 (visits/day)",
    ]


@dataclass(frozen=True)
class Made:
    """A rule with one parameter of each sort."""

    share: float = parameter(0.5, "share", 0, 1, "A share.")
    days: int = parameter(3, "days", 1, 9, "Some days.")
    quick: bool = parameter(False, "yes/no", 0, 1, "Whether it is quick.")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"share": 1.5}, "a number from 0 to 1 (share)"),
        ({"share": True}, "a number from 0 to 1 (share)"),
        ({"days": 2.5}, "a whole number from 1 to 9 (days)"),
        ({"quick": 1}, "true or false"),
        ({"weeks": 1}, "one of the parameters share, days, quick"),
    ],
)
def test_parameters_of_a_rule_keep_their_type_and_bounds(said: dict[str, Any], words: str) -> None:
    assert [wrong[2] for wrong in rulebook.wrong_parameters(Made, said)] == [words]
    assert not list(rulebook.wrong_parameters(Made, {"share": 1, "days": 9, "quick": True}))


def test_a_users_file_that_fails_is_named(base: Path) -> None:
    text = '[[firms]]\nname = "shops"\npricing = { rule = "mine:Rule" }'
    (base.parent / "mine.py").write_text("1 / 0\n")
    assert "mine.py: ZeroDivisionError" in errors(base.parent, text)[0].admissible
    (base.parent / "mine.py").write_text("rule = 3\n")
    assert "no class Rule" in errors(base.parent, text)[0].admissible


def test_tables_given_by_a_program_are_held_to_the_same() -> None:
    says = tomllib.loads(WORLD)
    with pytest.raises(ScenarioError) as caught:
        load({**says, "consumers": math.nan, "countries": {**says["countries"], "XX": {}}})
    assert [problem.key for problem in caught.value.problems] == ["consumers", "countries.XX"]


NUMBERS = [True, -1, 0, 3, 10**30, 2.5, math.inf]
TEXTS = [None, "", "x", "US", "a.b", date(2024, 7, 1), date(1, 1, 1), date.max]
TABLES = [[], [1], ["US", "US"], {}, {"x": 1}, [{}], [{"name": "x"}], [{"name": 3}]]
ODD = st.sampled_from([*NUMBERS, *TEXTS, *TABLES])


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a table, its own lists and tables included."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, held in inner for place in [(*path, key), *places(held, (*path, key))]]


RICH = """
law = { as_of = 2024-07-01, US = { as_of = "calendar" } }
demand = { visits = 0.5, style = 0.1 }
lanes = { CN-US-line = { departures = ["Mon"] } }
borders = [{ dest = "US", channel = "parcel", from = 2024-09-01, until = 2025-01-01, value_hi = 800, vat = 0.1 }]
shocks = [{ day = 3, until = 2024-09-01, set = { "firms.shops.capacity" = 3, "passages.suez.open" = false } }]
"""


@given(st.data())
def test_nothing_that_a_file_says_ends_in_another_error(data: st.DataObject) -> None:
    says = tomllib.loads(RICH + WORLD)
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(places(says)))
        inner = says
        for part in way:
            inner = inner[part]
        inner[last] = deepcopy(data.draw(ODD))
    try:
        scenario = load(says)
    except ScenarioError as error:
        problems = str(error).splitlines()
        if len(problems) < 2:
            raise
    else:
        assert load(scenario.resolved()).digest == scenario.digest
