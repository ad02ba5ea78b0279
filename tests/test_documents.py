"""The pages that say how to add something are followed to the letter, and take no more than they promise.

A block whose first line is `# path` is a file, rows of a table, or a change of a file; every other block of Python is
executed, in order, in one namespace.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from abm.scenario import load

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "docs").glob("how_to_*.md"))
SHIPPED = ("abm", "scenarios")
"""What a page may change; kernels stay where they are compiled."""
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the path in its first line if it has one, and its text."""

    language: str
    path: str
    text: str


def blocks(page: Path) -> list[Block]:
    found = []
    for language, text in FENCE.findall(page.read_text(encoding="utf-8")):
        head, _, rest = text.partition("\n")
        named = re.fullmatch(r"# ([\w/.]+\.\w+)", head)
        found.append(Block(language, named[1], rest) if named else Block(language, "", text))
    return found


def change(path: Path, text: str) -> None:
    """Change a file where the lines that stay and go stand in it, which must be in one place."""
    lines = text.splitlines()
    before = "\n".join(line[1:] for line in lines if line[:1] in " -") + "\n"
    after = "\n".join(line[1:] for line in lines if line[:1] in " +") + "\n"
    source = path.read_text(encoding="utf-8")
    assert source.count(before) == 1, f"{path.name} has changed: the page no longer fits"
    path.write_text(source.replace(before, after), encoding="utf-8")


def followed(page: Path, folder: Path) -> str:
    """Do what a page says in a copy of the house; the program that its Python makes."""
    for name in SHIPPED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    program = []
    for block in blocks(page):
        path = folder / block.path
        if block.language == "python" and not block.path:
            program.append(block.text)
        elif block.language == "diff":
            change(path, block.text)
        elif block.language == "csv":
            table = folder / "abm" / "scenario" / "facts" / block.path
            table.write_text(table.read_text(encoding="utf-8").rstrip("\n") + "\n" + block.text, encoding="utf-8")
        elif block.path:
            assert not path.exists(), block.path
            path.write_text(block.text, encoding="utf-8")
    return "\n".join(program)


def test_there_is_a_page_for_each_thing_to_add() -> None:
    assert {page.stem.removeprefix("how_to_add_a_") for page in PAGES} >= {
        "country", "kind_of_firm", "rule", "column", "phase",
    }  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    program = followed(page, tmp_path)
    assert "assert" in program
    command = f"import sys; sys.path[:0] = {[str(tmp_path), str(ROOT)]}\n{program}"
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr[-3000:]


def lines_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def written(name: str, language: str) -> str:
    """The blocks of a page in one language, as one text."""
    return "".join(
        block.text for block in blocks(ROOT / "docs" / f"how_to_add_a_{name}.md") if block.language == language
    )


def test_a_rule_takes_8_to_15_lines() -> None:
    text = blocks(ROOT / "docs" / "how_to_add_a_rule.md")[0].text
    rule = text[text.index("@dataclass") :]
    assert 8 <= len(lines_of(rule)) <= 15


def test_a_kind_of_firm_takes_6_lines() -> None:
    (kind,) = re.findall(r"^\[kinds.*?(?=^\[\[)", written("kind_of_firm", "toml"), re.MULTILINE | re.DOTALL)
    assert len(lines_of(kind)) == 6
    assert len(tomllib.loads(kind)["kinds"]) == 1


def test_a_column_takes_2_lines_beside_what_is_done_with_it() -> None:
    changes = [block.text for block in blocks(ROOT / "docs" / "how_to_add_a_column.md") if block.language == "diff"]
    added = [line for text in changes[:2] for line in text.splitlines() if line.startswith("+")]
    assert len(added) == 2


def test_a_phase_takes_10_to_25_lines() -> None:
    assert 10 <= len(lines_of(blocks(ROOT / "docs" / "how_to_add_a_phase.md")[0].text)) <= 25


def test_a_country_takes_a_row_for_each_table_and_no_program() -> None:
    page = blocks(ROOT / "docs" / "how_to_add_a_country.md")
    assert not [block for block in page if block.language == "diff"]
    assert len([block for block in page if block.language == "csv"]) <= 6


def test_the_index_names_every_page_and_every_scenario() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "index.md" or f"({page.name})" in index, page.name
    worlds = {"baseline", "three_countries", "tiny"}
    for path in [*(ROOT / "scenarios").glob("*.toml"), *(ROOT / "scenarios").glob("*.py")]:
        assert path.stem in worlds or path.stem in index, path.name


def test_the_scenario_of_the_readme_can_be_loaded(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    texts = [block.text for block in blocks(ROOT / "README.md") if block.language == "toml"]
    assert texts
    for text in texts:
        path = tmp_path / "scenarios" / "readme.toml"
        path.write_text(text, encoding="utf-8")
        assert load(path).shocks
