"""What the commands print and leave behind, and the codes with which they end."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from abm.cli import app
from abm.model import Market
from abm.scenario import ScenarioError, load
from abm.show.progress import Bar
from abm.study.figures import standings
from abm.study.run import open_run

ROOT = Path(__file__).resolve().parents[2]
TINY = str(ROOT / "scenarios" / "tiny.toml")
SMALL = ("--days", "2", "--consumers", "100", "--set", "warmup=1")
QUOTE = ("--from", "CN", "--to", "DE", "--category", "apparel", "--price", "19.90", "--date", "2026-07-02")


def entrepot(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    found = entrepot("--version")
    assert (found.exit_code, found.stdout) == (0, f"entrepot {version('entrepot')}\n")


@pytest.mark.parametrize(
    "command", ["run", "check", "compare", "why", "quote", "describe", "validate", "bench", "sweep", "compact"]
)
def test_every_command_explains_itself(command: str) -> None:
    found = entrepot(command, "--help")
    assert found.exit_code == 0
    assert command in found.stdout


def test_run_prints_a_summary_in_words_and_units_and_keeps_the_run(tmp_path: Path) -> None:
    found = entrepot("run", TINY, *SMALL, "--out", tmp_path / "a", "--seed", 5, "--threads", 2, "--csv")
    assert found.exit_code == 0, found.stderr
    assert not found.stderr
    made = open_run(tmp_path / "a")
    assert made.manifest["seed"] == 5
    assert (tmp_path / "a" / "daily.csv").is_file()
    lines = found.stdout.splitlines()
    assert lines[0] == "tiny"
    assert lines[-1] == f"kept in {made.folder}; to look at: {made.folder / 'report.html'}"
    orders = int(made.daily["orders"].sum())
    assert any(line.split()[:2] == ["orders", str(orders)] for line in lines)
    for words in ("USD", "fill rate", "unverified figures", "100 consumers", "2024-07-01 to 2024-07-02"):
        assert words in found.stdout
    assert all(line == line.rstrip() for line in lines)


def test_quiet_prints_nothing(tmp_path: Path) -> None:
    found = entrepot("run", TINY, *SMALL, "--out", tmp_path / "a", "--no-report", "--quiet")
    assert (found.exit_code, found.output) == (0, "")


def test_all_errors_of_the_input_come_together_with_code_2_and_nothing_is_written(tmp_path: Path) -> None:
    found = entrepot("run", TINY, "--out", tmp_path / "a", "--set", "dayz=3", "--set", "demand.visits=7")
    assert found.exit_code == 2
    assert not found.stdout
    assert 'given "dayz"' in found.stderr
    assert 'did you mean "days"?' in found.stderr
    assert "demand.visits: given 7; admissible: a number from 0 to 0.95" in found.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words",
    [
        ("run", "no-such-file.toml"),
        ("run", TINY, "--days", "none"),
        ("run", TINY, "--set", "no sign of equality"),
        ("run", TINY, "--seed", "-1"),
        ("run",),
        ("check", "no-such-file.toml"),
        ("compare", TINY, "no-such-file.toml"),
        ("compare", TINY, TINY, "--seeds", "0"),
        ("compare", TINY, TINY, "--since", "2020-01-01", "--out", "a"),
        ("why", "firm", "nobody", "--in", TINY, TINY),
        ("why", "firm", "sellers-1"),
        ("describe", "nonsense"),
        ("quote", *QUOTE, "--mode", "rocket"),
        ("quote", *QUOTE),
        ("nonsense",),
        ("run", TINY, "--threads", "0"),
    ],
)
def test_bad_input_ends_with_2(words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = entrepot(*words)
    assert found.exit_code == 2, found.output
    assert found.stderr
    assert "Traceback" not in found.output
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_take_the_run_ends_with_2(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious", encoding="utf-8")
    found = entrepot("run", TINY, *SMALL, "--out", tmp_path, "--overwrite")
    assert found.exit_code == 2
    assert "never touched" in found.stderr


@pytest.mark.parametrize(("error", "code"), [(ZeroDivisionError("nothing left"), 1), (KeyboardInterrupt(), 130)])
def test_failure_ends_with_1_and_interruption_with_130(
    error: BaseException, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(market: Market) -> None:
        raise error

    monkeypatch.setattr(Market, "step", broken)
    found = entrepot("run", TINY, *SMALL, "--out", tmp_path / "a")
    assert found.exit_code == code
    assert f"0 finished days are in {tmp_path / 'a'}" in found.stderr
    assert "Traceback" not in found.stderr
    assert not open_run(tmp_path / "a").complete


@pytest.mark.parametrize(("error", "code"), [(ZeroDivisionError("nothing left"), 1), (KeyboardInterrupt(), 130)])
def test_a_comparison_that_is_cut_short_leaves_a_folder_that_may_be_used_again(
    error: BaseException, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr("abm.study.compare.side_by_side", broken)
    for _ in range(2):
        found = entrepot("compare", TINY, TINY, "--out", tmp_path / "a")
        assert found.exit_code == code, found.stderr
        assert "Traceback" not in found.stderr
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["manifest.json"]
    assert not json.loads((tmp_path / "a" / "manifest.json").read_text())["complete"]


def test_compare_gives_plain_values() -> None:
    found = entrepot("compare", TINY, TINY, *SMALL, "--seeds", 1, "--json")
    assert found.exit_code == 0, found.stderr
    told = json.loads(found.stdout)
    assert (told["a"], told["b"], told["seeds"], told["parted"]) == ("tiny", "tiny", 1, None)
    assert {row["difference"] for row in told["effects"]} <= {0.0, None}


def test_why_names_the_first_difference_and_tells_the_days_in_both_worlds(tmp_path: Path) -> None:
    late = tmp_path / "late.toml"
    shock = '[[shocks]]\nname = "late"\nday = 1\nset = { "firms.knits.capacity" = 0 }\n'
    late.write_text(f'schema = 1\nextends = "{TINY}"\n{shock}', encoding="utf-8")
    small = ("--days", 4, "--consumers", 200, "--set", "warmup=0")
    found = entrepot("why", "firm", "knits-1", "--in", TINY, late, *small, "--seed", 3)
    assert found.exit_code == 0, found.stderr
    assert "The worlds first differ on 2024-07-02, shocks: firms.capacity of knits-1: " in found.stdout
    assert "It first differs on 2024-07-02, shocks: firms.capacity of knits-1: " in found.stdout
    assert "cash" in found.stdout
    assert "Nothing differs" in entrepot("why", "firm", "knits-1", "--in", TINY, TINY, *small).stdout


def test_check_tells_the_world_and_its_unverified_figures() -> None:
    found = entrepot("check", TINY)
    assert found.exit_code == 0, found.stderr
    for words in ("tiny", "supplier 3", "seller 3", "unverified figures", "trade_rules", "parcel_weight_apparel"):
        assert words in found.stdout
    assert "law of" in found.stdout
    assert "2024-07-01" in found.stdout


def test_check_names_every_unverified_figure_and_tells_when_what_happens() -> None:
    path = ROOT / "scenarios" / "us_de_minimis_repeal.toml"
    told = " ".join(entrepot("check", path).stdout.split())
    found = standings(load(path))
    assert sum(one.unverified for one in found) > 10
    for one in found:
        assert ", ".join(one.doubtful) in told
    assert "china from 2025-05-02, announced 2025-04-02; all origins from 2025-08-29, announced 2025-07-30" in told
    told = " ".join(entrepot("check", ROOT / "scenarios" / "port_strike.toml").stdout.split())
    assert "strike from 2024-10-01 until 2024-10-22, announced 2024-09-24" in told


RULE = """
import numpy as np
from dataclasses import dataclass
from abm.rules import parameter

@dataclass(frozen=True)
class Steep:
    \"\"\"Five times the cost.\"\"\"
    times: float = parameter(5.0, "factor", 1, 9, "Price as a multiple of cost.")

    def __call__(self, world, rows):
        return self.times * world.nodes.cost_cents[world.offers.node[rows]]
"""


def test_a_rule_of_ones_own_lies_beside_the_scenario_and_can_be_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(RULE, encoding="utf-8")
    scenario = tmp_path / "steep.toml"
    rule = '{ rule = "mine:Steep", times = 6 }'
    for price_days, folder in ((1, "usual"), (1, "steep")):
        pricing = f"pricing = {rule}" if folder == "steep" else ""
        scenario.write_text(
            f'schema = 1\nextends = "{TINY}"\ntitle = "steep"\n[firms.sellers]\nprice_days = {price_days}\n{pricing}\n'
        )
        found = entrepot(
            "run",
            scenario,
            "--days",
            3,
            "--consumers",
            100,
            "--set",
            "warmup=6",
            "--no-report",
            "--out",
            tmp_path / folder,
        )
        assert found.exit_code == 0, found.stderr
        assert found.stdout.splitlines()[-1] == f"kept in {tmp_path / folder}"
    usual, steep = (open_run(tmp_path / folder).daily["landed_price_usd"].mean() for folder in ("usual", "steep"))
    assert steep > 1.2 * usual
    changed = Market(load(scenario), consumers=50, days=200)
    assert [rule.times for rule in changed.world.rules["pricing"] if type(rule).__name__ == "Steep"] == [6.0]
    with pytest.raises(ScenarioError, match="switched off"):
        load(Path(scenario), user_code=False)
    for command in ("run", "check"):
        found = entrepot(command, scenario, "--no-user-code", *(["--out", tmp_path / "no"] if command == "run" else []))
        assert found.exit_code == 2
        assert "switched off" in found.stderr
        assert not (tmp_path / "no").exists()


def test_quote_prints_a_landed_price_line_by_line() -> None:
    found = entrepot("quote", *QUOTE, "--mode", "line")
    assert found.exit_code == 0, found.stderr
    words = {line.split()[0]: line.split()[1:] for line in found.stdout.splitlines() if line.strip()}
    assert words["duty"][:3] == ["3.00", "3.25", "R0002"]
    assert {"goods", "freight", "VAT", "landed"} <= words.keys()


def test_quote_gives_plain_values_and_compares_modes() -> None:
    one = json.loads(entrepot("quote", *QUOTE, "--mode", "line", "--json").stdout)
    found: dict[str, Any] = json.loads(entrepot("quote", *QUOTE, "--compare-modes", "--json").stdout)
    assert one == found["modes"]["line"]
    assert set(found["modes"]) == {"express", "line", "post", "overseas", "bonded", "retail"}
    assert "cheapest" in entrepot("quote", *QUOTE, "--compare-modes").stdout


def test_nothing_is_drawn_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr("abm.show.progress.PATIENCE", 0.0)
    with Bar() as bar:
        bar.day(1, 2)
        bar.compiling(1, 2)
    assert capsys.readouterr() == ("", "")


def test_at_a_terminal_a_bar_tells_the_day_and_what_is_compiled(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr("abm.show.progress.PATIENCE", 0.0)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with Bar() as bar:
        bar.timer.join()
        bar.compiling(12, 85)
        bar.progress.refresh()
        bar.day(57, 485)
        bar.progress.refresh()
    shown = capsys.readouterr().err
    assert "compiling 12 of 85 (once)" in shown
    assert "57/485" in shown
    with Bar(quiet=True) as bar:
        bar.day(1, 2)
    assert not capsys.readouterr().err


def test_what_takes_less_than_two_seconds_shows_no_bar(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with Bar() as bar:
        bar.day(1, 2)
    assert not capsys.readouterr().err
