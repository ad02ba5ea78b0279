"""The scripts of the seven characteristics live, and their page says what their results say."""

import runpy
from pathlib import Path

import pytest

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
FURTHER = ("campaigns_foretold", "chains_follow_demand", "flows_along_chains", "market_position", "survival_and_entry",
           "who_takes_the_initiative", "whom_a_failure_reaches")  # fmt: skip
SCRIPTS = sorted([*SCENARIOS.glob("characteristic_*.py"), *(SCENARIOS / f"{name}.py" for name in FURTHER)])


def test_there_is_a_script_for_each_characteristic() -> None:
    assert [path.stem.split("_")[1] for path in SCRIPTS if path.stem not in FURTHER] == [*"1234567"]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_is_short_lives_and_scores_what_it_names(path: Path, tmp_path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 60
    from abm.study import experiments
    from abm.study.scripted import main

    experiment = runpy.run_path(str(path))["EXPERIMENT"]
    assert experiment.name == path.stem
    found = main(experiment, ["--quick", "--out", str(tmp_path / "found.json")])
    assert list(found.values)[:3] == ["off", "half", "full"]
    assert set(found.values["off"]) == set(experiment.measures) == set(found.expected)
    assert {len(one) for by in found.values.values() for one in by.values()} == {2}
    assert experiments.table(experiments.get(tmp_path / "found.json")) == experiments.table(found)


def test_the_page_says_what_the_results_say() -> None:
    made = runpy.run_path(str(SCENARIOS / "seven_characteristics.py"))
    assert made["PAGE"].read_text(encoding="utf-8") == made["page"](), "python scenarios/seven_characteristics.py"
    assert len(list((made["DOCS"] / "results").glob("*.json"))) > 0
