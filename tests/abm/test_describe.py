"""What the program says of itself is what it is, and a page has it printed where it asks for it."""

from pathlib import Path

from typer.testing import CliRunner

from abm.cli import app
from abm.day import DAY
from abm.describe import PARTS, as_markdown, as_text, grids
from abm.measures import MEASURES
from abm.scenario.schema.describe import describe_schema
from abm.world import PASSING, STANDING


def test_the_command_prints_what_a_page_holds_into_it(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Mine\n\n<!-- printed: rules -->\nold\n<!-- end -->\n\nMore.\n", encoding="utf-8")
    assert CliRunner().invoke(app, ["describe", "--into", str(page)]).exit_code == 0
    said = page.read_text(encoding="utf-8")
    assert said == f"# Mine\n\n<!-- printed: rules -->\n\n{as_markdown(['rules'])}\n\n<!-- end -->\n\nMore.\n"


def test_a_page_that_asks_for_what_there_is_not_stays_as_it_was(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- printed: nothing -->\n<!-- end -->\n", encoding="utf-8")
    told = CliRunner().invoke(app, ["describe", "--into", str(page)])
    assert (told.exit_code, page.read_text(encoding="utf-8")) == (2, "<!-- printed: nothing -->\n<!-- end -->\n")
    assert "no part nothing" in told.stderr
    assert CliRunner().invoke(app, ["describe", "--into", str(tmp_path / "none.md")]).exit_code == 2


def test_the_command_prints_tables_for_a_page_and_the_text() -> None:
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
