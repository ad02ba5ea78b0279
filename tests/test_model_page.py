"""The page of the model names what exists, tells every phase with its equations, and holds what is printed."""

import ast
import re
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from matplotlib.mathtext import MathTextParser

from abm.day import DAY
from abm.describe import PARTS, PRINTED_PLACE, filled
from abm.rules import parameters
from abm.scenario.schema.describe import describe_schema
from abm.world import PASSING, STANDING

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "model.md"
TEXT = PAGE.read_text(encoding="utf-8")
HAND = PRINTED_PLACE.sub("", TEXT)
"""What of the page is written by hand."""
BLOCK = re.compile(r"^```math\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"\$`([^`]+)`\$")
EQUATIONS = sorted({" ".join(text.split()) for text in [*BLOCK.findall(HAND), *INLINE.findall(HAND)]})
SECTIONS = re.split(r"^### \d+\. ", HAND, flags=re.MULTILINE)[1:]
CONSTANTS = re.compile(r"^Constants of `([\w/.]+)`: (.*?)\.$", re.MULTILINE | re.DOTALL)
PROSE = CONSTANTS.sub("", INLINE.sub("", re.sub(r"```.*?```", "", HAND, flags=re.DOTALL)))
NAMES = sorted(set(re.findall(r"`([^`\n]+)`", PROSE)))


def rules() -> set[str]:
    """Rules by name, and their parameters as a page names them."""
    known: set[str] = set()
    for phase in DAY:
        for name, rule in getattr(import_module(f"abm.phases.{phase.name}"), "RULES", {}).items():
            known |= {name, *(f"{name}.{parameter}" for parameter in parameters(rule))}
    return known


@cache
def words() -> set[str]:
    """Tables, columns, keys and the tables of keys, rules and their parameters, as a page may name them."""
    tables = {**STANDING, **PASSING}
    columns = {f"{table}.{column}" for table, kind in tables.items() for column in kind.columns}
    return {"this type", "<name>", "[]", *tables, *columns, *rules(), *(key.path for key in describe_schema())}


def exists(name: str) -> bool:
    """Whether a name is a word of the program, a command, a path, or what a file defines: path:NAME."""
    path, _, inside = name.partition(":")
    if name in words() or name.startswith("entrepot "):
        return True
    if not inside or not (ROOT / path).is_file():
        return "/" in path and (ROOT / path).exists() and not inside
    body = ast.parse((ROOT / path).read_text(encoding="utf-8")).body
    named = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    targets = [node.targets if isinstance(node, ast.Assign) else [node.target] for node in body
               if isinstance(node, ast.Assign | ast.AnnAssign)]  # fmt: skip
    named += [one.id for target in targets for one in target for one in ast.walk(one) if isinstance(one, ast.Name)]
    return inside in named


def test_the_page_holds_all_that_is_printed_and_is_up_to_date() -> None:
    assert sorted(place[2] for place in PRINTED_PLACE.finditer(TEXT)) == sorted(PARTS)
    assert filled(TEXT) == TEXT, "print it again: entrepot describe --into docs/model.md"


def test_a_page_out_of_date_is_printed_anew_and_the_rest_stays() -> None:
    old = TEXT.replace("What a day of waiting costs", "What it costs to wait", 1)
    assert old != TEXT
    assert filled(old) == TEXT
    assert filled("a page without places") == "a page without places"


def test_every_name_on_the_page_exists() -> None:
    assert [name for name in NAMES if not exists(name)] == []
    assert len(NAMES) > 150


def test_what_does_not_exist_is_found() -> None:
    wrong = ("nodes.nothing", "demand.nothing", "cost_plus.nothing", "abm/nothing.py", "abm/day.py:NOTHING", "nothing")
    assert not any(exists(name) for name in wrong)


def test_every_constant_has_the_value_that_the_page_says() -> None:
    found = 0
    for path, listed in CONSTANTS.findall(HAND):
        module = import_module(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        for name, value in re.findall(r"`(\w+)` =\s(-?[\d.]+)", listed):
            assert float(getattr(module, name)) == pytest.approx(float(value)), f"{path}: {name}"
            found += 1
    assert found > 80


def test_every_equation_is_well_formed() -> None:
    reader = MathTextParser("path")
    for text in EQUATIONS:
        reader.parse(f"${text}$")
    assert len(BLOCK.findall(HAND)) >= len(DAY)
    with pytest.raises(ValueError, match="Expected"):
        reader.parse(r"$\frac{1}{2$")


def test_every_phase_is_told_with_an_equation_and_a_source() -> None:
    assert [text.partition("\n")[0] for text in SECTIONS] == [phase.name for phase in DAY]
    for text in SECTIONS:
        assert BLOCK.search(text), text[:20]
        assert re.search(r"\((\w[^()]*)?(19|20)\d\d|assumed|Source", text), text[:20]


def test_every_rule_is_told_with_its_parameters_and_every_dial_and_figure_of_demand_and_platforms() -> None:
    named = [word for word in rules() if f"`{word}`" not in " ".join(SECTIONS)]
    keys = [key.path for key in describe_schema() if key.path.startswith(("dials.", "demand.", "platform."))]
    assert named + [key for key in keys if f"`{key}`" not in HAND] == []


def test_every_work_that_is_cited_is_among_the_references() -> None:
    text, _, listed = HAND.partition("## References")
    cited = set(re.findall(r"([A-Z][\w-]+)(?:(?:,| and| et al\.)[^()\d\n|;]{0,40})? \(?((?:19|20)\d\d)", text))
    known = [line for line in listed.partition("## Appendix")[0].splitlines() if line.startswith("- ")]
    missing = [(who, year) for who, year in cited if not any(who in line and year in line for line in known)]
    assert missing == []
