"""What the program says of itself is what it is, and the printed page is what it says."""

from pathlib import Path

from typer.testing import CliRunner

from abm.cli import app
from abm.day import DAY
from abm.describe import PARTS, as_markdown, as_text, grids
from abm.measures import MEASURES
from abm.scenario.schema.describe import describe_schema
from abm.world import PASSING, STANDING

PAGE = Path(__file__).resolve().parents[2] / "docs" / "columns.md"


def test_the_page_is_up_to_date() -> None:
    said = PAGE.read_text(encoding="utf-8")
    assert said == as_markdown() + "\n", "print it again: entrepot describe --markdown > docs/columns.md"


def test_the_command_prints_the_page_and_the_text() -> None:
    page = CliRunner().invoke(app, ["describe", "--markdown"])
    assert (page.exit_code, page.stdout) == (0, as_markdown() + "\n")
    text = CliRunner().invoke(app, ["describe", "phases", "rules"])
    assert (text.exit_code, text.stdout) == (0, as_text(["phases", "rules"]) + "\n")


def test_every_column_phase_rule_measure_and_key_is_described() -> None:
    described = {name: grids([name]) for name in PARTS}
    columns = [(grid.title.split()[0], row[0]) for grid in described["columns"] for row in grid.rows]
    declared = [(name, column) for name, kind in {**STANDING, **PASSING}.items() for column in kind.columns]
    assert columns == declared
    (day,) = described["phases"]
    assert [row[1] for row in day.rows] == [phase.name for phase in DAY]
    names = {row[0] for grid in described["rules"] for row in grid.rows}
    assert {"cost_plus", "best_response", "proportional", "order_up_to", "moving_average"} <= names
    assert len(described["measures"][0].rows) == len(MEASURES)
    assert len(described["keys"][0].rows) == len(describe_schema())


def test_nothing_is_described_without_words() -> None:
    for grid in grids():
        for row in grid.rows:
            assert row[-1] or grid.title == "The day", (grid.title, row)
            assert len(row) == len(grid.heads)
            assert not any("\n" in cell for cell in row)
    assert all(phase.doc and (phase.writes or phase.appends) for phase in DAY)
