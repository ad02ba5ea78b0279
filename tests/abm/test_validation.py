"""Cases of theory: read or refused all at once, judged, printed, and those that come along hold."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from abm.cli import app
from abm.study.validation import documents, table
from abm.study.validation.cases import Case, built_in, read
from abm.study.validation.demand import Bertrand, Logit
from abm.study.validation.families import FAMILIES
from abm.study.validation.family import Estimate

DOCS = Path(__file__).resolve().parents[2] / "docs"
FENCE = re.compile(r"^```toml\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
MONOPOLY = '[[case]]\nfamily = "logit"\nc = 1\ndelta = 2\n'
PAIR = '[[case]]\nfamily = "bertrand"\nc = [1, 2]\n'


@pytest.fixture(scope="module")
def quick() -> list[table.Result]:
    """All cases that come along and are not slow, worked out once."""
    return table.run([case for case in built_in() if case.kind != "slow"])


def entrepot(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_quick_case_that_comes_along_holds(quick: list[table.Result]) -> None:
    failing = [(result.case.name, row.quantity, row.why) for result in quick for row in result.rows if row.why]
    assert failing == []
    assert all(result.verdict == table.HOLDS for result in quick)


def test_the_page_of_results_is_what_is_found(quick: list[table.Result]) -> None:
    page = (DOCS / "validation.md").read_text(encoding="utf-8").splitlines()
    printed = documents.results_page(quick).splitlines()
    missing = [line for line in printed if line not in page]
    assert missing == [], "print it again: entrepot validate --markdown > docs/validation.md"
    slow = {case.name for case in built_in() if case.kind == "slow"}
    more = [line for line in page if line not in printed and not line.startswith("|  |")]
    assert {line.split(" | ")[1] for line in more} == slow


def test_the_page_of_families_is_printed_and_its_cases_are_cases_that_come_along(quick: list[table.Result]) -> None:
    page = (DOCS / "how_to_validate.md").read_text(encoding="utf-8")
    assert page == documents.families_page() + "\n", "print it again: entrepot validate --families"
    assert entrepot("validate", "--families").stdout == page
    _, *examples = FENCE.findall(page)
    assert len(examples) == len(FAMILIES)
    known = {case.name: case for case in built_in()}
    for text, family in zip(examples, FAMILIES, strict=True):
        name = re.findall(r'^name +=? *= "(.*)"$', text, flags=re.MULTILINE)
        assert known[name[0]].family == family


@pytest.mark.parametrize("family", FAMILIES)
def test_every_input_has_its_sentence_and_every_quantity_is_named(family: str, quick: list[table.Result]) -> None:
    kind = FAMILIES[family]
    assert all(field.description for field in kind.model_fields.values())
    assert kind.__doc__
    found = {row.quantity for result in quick if result.case.family == family for row in result.rows}
    assert not kind.finds or found <= set(kind.finds)


def test_forms_of_shoppers_are_the_same_shoppers() -> None:
    rows = [[-1, 0.5, 1], [0, 0.5, 2], [1, 0.5, 1]]
    columns = {"v": [-1, 0, 1], "w": 0.5, "weight": [0.25, 0.5, 0.25]}
    tables = [{"v": v, "w": w, "weight": weight} for v, w, weight in rows]
    spread = {"price": [-1, 0.25], "x": [0.8, 0.5]}
    named = {"constant": 1, "price": -1, "price_v": 0.25, "x": 0.8, "x_w": 0.5}
    found = [
        Bertrand.model_validate({"c": [1, 2], "x": [1, 0.3], "coefficients": said, "consumers": people}).find()[
            "prices"
        ]
        for said in (spread, named, list(named.values()))
        for people in (rows, columns, tables)
    ]
    assert all(np.array_equal(np.asarray(one), np.asarray(found[0])) for one in found)
    assert len(set(np.asarray(found[0]).tolist())) == 2


def test_forms_of_ownership_are_the_same_owners() -> None:
    def prices(**more: Any) -> Any:
        return Bertrand.model_validate({"c": [1, 1.2, 2], **more}).find()["prices"]

    merged = prices(firm=[4, 4, 1])
    assert np.array_equal(merged, prices(ownership=[0, 0, 1]))
    assert np.array_equal(merged, prices(firm=["b", "b", "a"]))
    assert np.array_equal(merged, prices(firm=[0, 1, 2], ownership=[[1, 1, 0], [1, 1, 0], [0, 0, 1]]))
    assert np.array_equal(prices(firm=[0, 0, 0]), prices(ownership="joint"))
    assert np.array_equal(prices(), prices(firm=[0, 0, 1], ownership="single"))
    assert (prices(ownership="joint") > merged).all()


def test_the_review_of_prices_and_the_zeta_step_come_to_the_same_prices() -> None:
    says = {"c": [1, 1.2, 0.9, 2], "firm": [0, 0, 1, 2]}
    reviewed = Logit.model_validate({**says, "delta": [5, 4, 3, 4], "a": 2}).find()
    stepped = Bertrand.model_validate({**says, "xi": [4, 3, 2, 3], "coefficients": {"price": -2}}).find()
    for name in ("prices", "shares", "profits", "elasticities", "consumer_surplus"):
        assert reviewed[name] == pytest.approx(stepped[name], rel=1e-12)


def a_case(**more: Any) -> Case:
    return Case("mine", "one", "logit", Logit.model_validate({"c": 1.0, "delta": 2.0}), **more)


@pytest.mark.parametrize(
    "found, expected, tolerance, verdict",
    [
        (1.0, 1.0, 0.0, table.HOLDS),
        (1.0 + 2e-9, 1.0, 1e-9, table.FAILS),
        (2e-10, 0.0, 1e-9, table.HOLDS),
        (2e-9, 0.0, 1e-9, table.FAILS),
        (np.array([1.0, 2.0]), [1.0, 2.0], 0.0, table.HOLDS),
        (np.array([1.0, 2.0]), [1.0], 1.0, table.FAILS),
        (np.array([[3.0]]), 3.0, 0.0, table.HOLDS),
        (Estimate(np.array(1.0), np.array(0.1)), 1.29, 0.0, table.HOLDS),
        (Estimate(np.array(1.0), np.array(0.1)), 1.31, 9.0, table.FAILS),
        (np.nan, 1.0, 9.0, table.FAILS),
    ],
)
def test_what_is_near_enough_holds(found: Any, expected: Any, tolerance: float, verdict: str) -> None:
    judged = table.measured("it", {"it": found}, np.array(expected, float), None, tolerance)
    assert judged.verdict == verdict
    assert bool(judged.why) == (verdict == table.FAILS)


def test_a_band_holds_all_numbers_or_fails() -> None:
    for pair, verdict in (((0.0, 2.0), table.HOLDS), ((1.5, 2.0), table.FAILS), ((0.0, 1.5), table.FAILS)):
        assert table.measured("it", {"it": np.array([1.0, 2.0])}, None, pair, 0.0).verdict == verdict


def test_a_case_that_cannot_be_worked_out_fails_and_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Logit) -> Any:
        if self.c == (2.0,):
            raise ValueError("prices that settle: these do not")
        return {"prices": 1.0}

    monkeypatch.setattr(Logit, "find", broken)
    cases = [a_case(), Case("mine", "two", "logit", Logit.model_validate({"c": 2.0, "delta": 2.0}))]
    results = table.run(cases)
    assert [result.verdict for result in results] == [table.SHOWN, table.FAILS]
    assert "prices that settle" in table.as_markdown(results)


def test_codes_tell_whether_all_hold(tmp_path: Path) -> None:
    assert entrepot("validate", written(tmp_path, MONOPOLY)).exit_code == 0
    good = entrepot("validate", written(tmp_path, MONOPOLY + "expected = { prices = 2.567143290409784 }"))
    assert (good.exit_code, good.stderr) == (0, "")
    assert "| holds" in good.stdout
    bad = entrepot("validate", written(tmp_path, MONOPOLY + "expected = { prices = 2.5671 }"))
    assert bad.exit_code == 1
    assert "| fails: too far" in bad.stdout
    assert bad.stderr == "1 of 1 cases fail\n"
    slow = written(tmp_path, MONOPOLY + 'kind = "slow"\nexpected = { prices = 9 }')
    assert entrepot("validate", slow, "--quick").exit_code == 0


def test_json_has_all_that_was_found_and_what_was_expected(tmp_path: Path) -> None:
    said = entrepot("validate", written(tmp_path, MONOPOLY + "expected = { outside = 0.6381037433651108 }"), "--json")
    (one,) = json.loads(said.stdout)
    assert one["verdict"] == "holds"
    assert one["expected"] == {"outside": 0.6381037433651108}
    assert set(one["found"]) == set(Logit.finds)
    assert one["found"]["prices"] == pytest.approx([2.567143290409784])
    assert {"family", "case", "source", "tolerance", "seconds"} <= set(one)


def test_several_workers_find_the_same(tmp_path: Path) -> None:
    cases = read(written(tmp_path, MONOPOLY + MONOPOLY.replace("2", "3")))
    told: list[tuple[int, int]] = []
    alone = table.as_dicts(table.run(cases))
    beside = table.as_dicts(table.run(cases, workers=2, told=lambda done, all_: told.append((done, all_))))
    for result in (*alone, *beside):
        result.pop("seconds")
    assert alone == beside
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    "text, words",
    [
        ('[[case]]\nfamily = "logitt"', ["case #1.family", '"logitt"', 'did you mean "logit"?']),
        ("[[case]]\nc = 1", ["case #1.family: given nothing", "bertrand"]),
        (MONOPOLY + "detla = 3", ["case #1.detla", 'did you mean "delta"?']),
        (MONOPOLY + "xi = 3", ["case #1.xi", "xi and delta, which mean the same"]),
        ('[[case]]\nfamily = "logit"\nname = "mine"', ["case.mine.c: given nothing", "Unit cost"]),
        (MONOPOLY + "a = -1", ["case #1.a: given -1", "greater than 0"]),
        (MONOPOLY + "firm = [0.5]", ["case #1.firm #1: given 0.5", "valid integer"]),
        (MONOPOLY + "firm = [1, 2]", ["firm with one number per offer, 1 as c has"]),
        (MONOPOLY + "expected = { price = 2 }", ["case #1.expected.price", 'did you mean "prices"?']),
        (MONOPOLY + 'expected = { prices = "2" }', ["a finite number, or a list of them"]),
        (MONOPOLY + "expected = { prices = [[1], 2] }", ["a finite number, or a list of them"]),
        (MONOPOLY + "expected = 3", ["a table of quantities"]),
        (MONOPOLY + "tolerance = -1", ["case #1.tolerance: given -1", "at least 0"]),
        (MONOPOLY + 'kind = "exakt"', ['did you mean "exact"?']),
        (MONOPOLY + "band = [2, 1]", ["[lowest, highest]"]),
        (MONOPOLY + "band = { outsid = [0, 1] }", ['did you mean "outside"?']),
        (MONOPOLY + "c2 = nan", ["case #1.c2"]),
        ('[[case]]\nfamily = "logit"\nc = [nan]', ["case #1.c #1", "finite number"]),
        (PAIR + "coefficients = { prise = 1 }", ["case #1.coefficients.prise", 'did you mean "price"?']),
        (PAIR + "coefficients = { price = 1 }", ["coefficients of price that are below 0"]),
        (PAIR + "grid = { weights = [1, 2] }", ["case #1.grid.points: given nothing"]),
        (PAIR + "ownership = { a = 1 }", ["case #1.ownership: given { a = 1 }"]),
        (PAIR + 'ownership = "all"', ["one of firms, single, joint"]),
        (PAIR + "ownership = [[1, 0]]", ["2 rows of 2 numbers"]),
        (PAIR + "consumers = { v = [1, 2], w = [1, 2, 3] }", ["case #1.consumers", "one number per type"]),
        (PAIR + "grid = { points = [1, 2], weights = [0, 0] }", ["case #1.grid", "not all 0"]),
        ("title = 3\n" + MONOPOLY, ["title", "nothing but tables [[case]]"]),
        ("case = 3", ["case: given 3", "at least one"]),
        ("", ["case: given nothing"]),
        ("[[case]", ["what is not TOML"]),
    ],
)  # fmt: skip
def test_a_bad_case_is_refused_with_its_place_and_what_is_admissible(
    text: str, words: list[str], tmp_path: Path
) -> None:
    refused = entrepot("validate", written(tmp_path, text))
    assert refused.exit_code == 2
    assert not refused.stdout
    for word in ("mine.toml: 1 error", *words):
        assert word in refused.stderr, refused.stderr


def test_all_errors_come_together_and_a_file_that_is_not_there_is_one(tmp_path: Path) -> None:
    refused = entrepot("validate", written(tmp_path, MONOPOLY + "a = 0\nx = 1\n" + MONOPOLY + "tolerance = true"))
    assert refused.exit_code == 2
    assert "mine.toml: 3 errors" in refused.stderr
    missing = entrepot("validate", tmp_path / "nothing.toml")
    assert missing.exit_code == 2
    assert "a file that can be read" in missing.stderr
