"""Every notebook is the same cells as the plain file beside it, holds no results, and runs from top to bottom."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
FILES = sorted(NOTEBOOKS.glob("*.py"))
EXECUTE = """
import sys
import nbclient
import nbformat

book = nbformat.read(sys.argv[1], as_version=4)
there = {"metadata": {"path": sys.argv[2]}}
nbclient.NotebookClient(book, timeout=600, kernel_name="python3", resources=there).execute()
outputs = [output for cell in book.cells for output in cell.get("outputs", ())]
assert outputs and not [output for output in outputs if output.output_type == "error"]
"""


def percent(text: str) -> list[tuple[str, str]]:
    """The cells of a plain file: their kind and their text."""
    _, *parts = re.split(r"^# %%", text, flags=re.MULTILINE)
    cells = []
    for part in parts:
        head, _, body = part.partition("\n")
        if "[markdown]" in head:
            cells.append(("markdown", re.sub(r"^# ?", "", body.strip("\n"), flags=re.MULTILINE)))
        else:
            cells.append(("code", body.strip("\n")))
    return cells


def test_every_notebook_has_its_plain_file_and_the_other_way_round() -> None:
    assert len(FILES) >= 2
    assert {path.stem for path in FILES} == {path.stem for path in NOTEBOOKS.glob("*.ipynb")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_notebook_and_its_plain_file_say_the_same(path: Path) -> None:
    book = json.loads(path.with_suffix(".ipynb").read_text(encoding="utf-8"))
    cells = [(cell["cell_type"], "".join(cell["source"])) for cell in book["cells"]]
    assert cells == percent(path.read_text(encoding="utf-8")), f"jupytext --to ipynb notebooks/{path.name}"
    assert not [cell for cell in book["cells"] if cell.get("outputs") or cell.get("execution_count")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(path: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", EXECUTE, str(path.with_suffix(".ipynb")), str(tmp_path)]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=path.parent.parent)
    assert found.returncode == 0, found.stderr[-3000:]
