"""Editors know the keys of a scenario file from the same place from which the program knows them."""

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from abm.scenario.schema.describe import describe_schema
from abm.scenario.schema.published import EDITOR_LINE, FILE, as_text, json_schema

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
FILES = sorted(SCENARIOS.glob("*.toml"))


def plain(value: Any) -> Any:
    """A table of TOML as JSON has it."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date) else value


def test_the_schema_of_the_editors_is_the_one_of_the_code() -> None:
    kept = (SCENARIOS / FILE).read_text(encoding="utf-8")
    assert kept == as_text(), f"print it again: entrepot describe --json-schema > scenarios/{FILE}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_scenario_names_the_schema_first_and_keeps_to_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.splitlines()[0] == EDITOR_LINE
    jsonschema.Draft7Validator(json_schema()).validate(plain(tomllib.loads(text)))


@pytest.mark.parametrize(
    "text",
    ["dayz = 3", "[demand]\nvisits = 3", '[kinds.x]\nlike = "seler"', "[law]\nUS = { as_off = 2024-07-01 }",
     "[shocks.x]\nset = { a = 'b' }", 'start = "soon"'],
)  # fmt: skip
def test_what_is_wrong_is_underlined_while_it_is_written(text: str) -> None:
    checker = jsonschema.Draft7Validator(json_schema(), format_checker=jsonschema.FormatChecker())
    said = plain(tomllib.loads(f"schema = 1\n{text}"))
    assert not checker.is_valid(said)


def test_entries_may_be_changed_by_their_names() -> None:
    said = tomllib.loads("schema = 1\n[firms.shops]\ncount = 3\n[firms.shops.pricing]\nmarkup = 0.4")
    jsonschema.Draft7Validator(json_schema()).validate(said)


def test_every_key_has_its_sentence_and_its_unit_there() -> None:
    text = json.dumps(json_schema(), ensure_ascii=False)
    for key in describe_schema():
        assert json.dumps(key.doc, ensure_ascii=False)[1:-1] in text, key.path
        if key.unit not in ("", "1"):
            assert f"({key.unit})" in text
