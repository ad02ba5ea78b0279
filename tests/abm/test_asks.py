"""Studies over parameters: what matters, what fits, what is best, against closed forms; resumed, and refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from abm.cli import app
from abm.measures import fields as measured
from abm.scenario import ScenarioError
from abm.study.asks import calibration, moments, optimisation, sensitivity
from abm.study.asks.parameters import Runs, RunsFailedError
from abm.study.asks.schema import Sensitivity

ROOT = Path(__file__).resolve().parents[2]
HEAD = f"""
scenario = "{ROOT / "scenarios" / "tiny.toml"}"
"""
SMALL = """
[set]
days = 2
warmup = 1
consumers = 50
[vary]
demand.visits = { from = 0.2, to = 0.6 }
platform.slots = { from = 4, to = 8 }
"""


def study(folder: Path, text: str, below: str = SMALL) -> Path:
    path = folder / "study.toml"
    path.write_text(HEAD + text + below, encoding="utf-8")
    return path


def entrepot(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


def ishigami(places: np.ndarray) -> np.ndarray:
    x = (2.0 * places - 1.0) * np.pi
    return np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def analysed(method: str, samples: int, function: Any) -> pd.DataFrame:
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0.0, 1.0]] * 3}
    says = Sensitivity(scenario="-", vary={}, measures=["y"], method=method, samples=samples, seed=1, resamples=100)
    places = sensitivity.design(says, problem)
    return sensitivity.effects(says, problem, places, function(places), "y").set_index("parameter")


def test_parts_of_variance_are_those_of_ishigamis_function() -> None:
    found = analysed("sobol", 1024, ishigami)
    for name, alone, total in (("a", 0.3139, 0.5576), ("b", 0.4424, 0.4424), ("c", 0.0, 0.2437)):
        assert found.loc[name, "alone"] == pytest.approx(alone, abs=0.03)
        assert found.loc[name, "effect"] == pytest.approx(total, abs=0.03)
        assert abs(found.loc[name, "effect"] - total) < 2.0 * found.loc[name, "plus_minus"]


def test_elementary_effects_of_a_line_are_its_slopes() -> None:
    found = analysed("morris", 4, lambda places: places @ np.array([1.0, -2.0, 0.0]) + 5.0)
    assert list(found.index) == ["b", "a", "c"]
    assert found["sign"].to_dict() == pytest.approx({"a": 1.0, "b": -2.0, "c": 0.0})
    assert found["spread"].max() == pytest.approx(0.0, abs=1e-12)


def test_what_never_moves_and_what_has_no_value_are_told_apart() -> None:
    assert (analysed("sobol", 4, lambda places: np.ones(len(places)))["effect"] == 0.0).all()
    assert analysed("morris", 4, lambda places: np.full(len(places), np.nan))["effect"].isna().all()


def test_the_command_goes_on_where_it_was(tmp_path: Path) -> None:
    path = study(tmp_path, 'measures = ["visits"]\nsamples = 2\n')
    words = ("sensitivity", path, "--workers", 1, "--out", tmp_path / "out")
    first = entrepot(*words)
    assert first.exit_code == 0, first.output
    assert "demand.visits" in first.stdout
    before = (tmp_path / "out" / "sensitivity.csv").read_bytes()
    again = entrepot(*words)
    assert again.stdout.splitlines()[-1].startswith("0 runs lived")
    assert (tmp_path / "out" / "sensitivity.csv").read_bytes() == before
    assert first.stdout.splitlines()[:-1] == again.stdout.splitlines()[:-1]


def test_means_are_of_the_point_and_seed_that_were_asked(tmp_path: Path) -> None:
    asked = sensitivity.read(study(tmp_path, 'measures = ["visits", "orders"]\nseeds = [3, 5]\n'))
    runs = Runs(asked, tmp_path / "out", ("visits", "orders"))
    points = [asked.point([0.0, 0.0]), asked.point([1.0, 0.5])]
    both = runs.at(points)
    assert both.shape == (2, 2, 2)
    assert np.array_equal(runs.at(points[::-1], [5])[:, 0], both[::-1, 1])
    assert both[1, :, 0].min() > both[0, :, 0].max()
    assert points[1]["platform.slots"] == 6


def test_failed_runs_stop_the_answer_and_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = sensitivity.read(study(tmp_path, 'measures = ["visits"]\n'))
    runs = Runs(asked, tmp_path / "out", ("visits",))

    def fail(*_: object) -> None:
        raise ValueError("no day")

    monkeypatch.setattr("abm.study.sweep.live._measured", fail)
    with pytest.raises(RunsFailedError, match=r"1 of 1 runs failed: .*no day"):
        runs.at([asked.point([0.0, 0.0])])


@pytest.mark.parametrize(
    ("text", "below", "keys"),
    [
        ('measures = ["vists"]\nmethod = "sobol"\nsamples = 3\n', SMALL, {"measures", "samples"}),
        ('measures = []\nmethod = "moris"\nsample = 3\n', SMALL, {"measures", "method", "sample"}),
        ('measures = ["visits"]\n', "[vary]\ndemand.visits = [0.1]\ndemand.homme = { from = 0.1, to = 0.0 }\n",
         {"vary.demand.visits", "vary.demand.homme"}),
        ('measures = ["visits"]\n', "[set]\ndayz = 3\n[vary]\ndemand.visits = { from = 0.1, to = 2.0 }\n",
         {"set.dayz", "vary.demand.visits"}),
        ('measures = ["visits"]\n', "[vary]\n", {"vary"}),
    ],
)  # fmt: skip
def test_everything_that_is_wrong_is_told_at_its_key(tmp_path: Path, text: str, below: str, keys: set[str]) -> None:
    with pytest.raises(ScenarioError) as told:
        sensitivity.read(study(tmp_path, text, below))
    assert {problem.key for problem in told.value.problems} == keys
    found = entrepot("sensitivity", tmp_path / "study.toml", "--out", tmp_path / "out")
    assert found.exit_code == 2
    assert not (tmp_path / "out").exists()


class Formula:
    """Runs that are a formula of their point and seed."""

    lived: int = 0

    def __init__(self, asked: Any, folder: Path, measures: tuple[str, ...], *_: Any) -> None:
        self.asked, self.measures, self.outcome, self.seeds = asked, measures, None, (1, 2)
        folder.mkdir(exist_ok=True)

    def at(self, points: Any, seeds: Any = None) -> np.ndarray:
        visits = np.array([point["demand.visits"] for point in points])
        slots = np.array([point["platform.slots"] for point in points])
        known = {"visits": 10.0 * visits, "orders": visits + 0.0 * slots, "gmv_usd": -((visits - 0.35) ** 2) + 5.0}
        luck = (0,) if seeds is None else tuple(seeds)
        Formula.lived += len(points) * (len(self.seeds) if seeds is None else len(luck))
        return np.stack([[[known[name][row] for name in self.measures] for _ in luck] for row in range(len(points))])


@pytest.fixture
def formula(monkeypatch: pytest.MonkeyPatch) -> type[Formula]:
    monkeypatch.setattr(calibration, "Runs", Formula)
    monkeypatch.setattr(optimisation, "Runs", Formula)
    monkeypatch.setattr(Formula, "lived", 0)
    return Formula


def test_a_fit_meets_its_target_and_says_what_it_cannot_know(tmp_path: Path, formula: type[Formula]) -> None:
    text = 'trials = 40\n[own]\nseen = { measure = "visits", target = 4.0, scale = 0.5, weight = 4 }\n'
    found = calibration.calibrate(calibration.read(study(tmp_path, text)), tmp_path / "out")
    rows = found.parameters.set_index("parameter")
    assert rows.loc["demand.visits", "value"] == pytest.approx(0.4, abs=0.01)
    assert found.fit["found"][0] == pytest.approx(10.0 * rows.loc["demand.visits", "value"])
    assert found.fit["inside"].all()
    assert found.loss == pytest.approx(4.0 * ((found.fit["found"][0] - 4.0) / 0.5) ** 2)
    assert rows.loc["demand.visits", "error"] == pytest.approx(1.0 / 16.0)  # 10 * range .4 / scale .5 * weight ** .5
    assert rows["identified"].to_dict() == {"demand.visits": True, "platform.slots": False}
    assert np.isinf(rows.loc["platform.slots", "error"])
    assert found.singular == pytest.approx([16.0, 0.0])


def test_errors_are_those_of_least_squares() -> None:
    slopes = np.array([[2.0, 1.0], [0.0, 3.0], [1.0, -1.0]])
    errors, singular = calibration.identified(slopes)
    assert errors == pytest.approx(np.sqrt(np.diag(np.linalg.inv(slopes.T @ slopes))))
    assert singular == pytest.approx(np.sqrt(np.linalg.eigvalsh(slopes.T @ slopes)[::-1]))
    together, _ = calibration.identified(np.array([[1.0, 1.0]]))  # only their sum is known
    assert np.isinf(together).all()


def test_a_policy_is_best_where_its_objective_is(tmp_path: Path, formula: type[Formula]) -> None:
    text = 'trials = 40\nmaximise = ["gmv_usd"]\n'
    found = optimisation.optimise(optimisation.read(study(tmp_path, text)), tmp_path / "out")
    (best,) = found.best.to_dict("records")
    assert best["demand.visits"] == pytest.approx(0.35, abs=0.02)
    pruned = int((found.trials["state"] == "pruned").sum())
    assert pruned > 0
    assert formula.lived == 2 * 40 - pruned


def test_several_objectives_leave_those_that_none_other_beats(tmp_path: Path, formula: type[Formula]) -> None:
    text = 'trials = 24\nmaximise = ["gmv_usd"]\nminimise = ["visits"]\n'
    found = optimisation.optimise(optimisation.read(study(tmp_path, text)), tmp_path / "out")
    best = found.best.sort_values("visits")
    assert len(best) > 1
    assert best["gmv_usd"].is_monotonic_increasing
    assert (best["demand.visits"] <= found.trials["demand.visits"][found.trials["gmv_usd"].idxmax()]).all()


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("calibrate", 'trials = 3\n[own]\nseen = { measure = "visits", target = 8, scale = 1 }\n'),
        ("optimise", 'trials = 3\nseeds = 2\nmaximise = ["gmv_usd"]\nminimise = ["visits"]\n'),
    ],
)
def test_what_was_tried_is_not_lived_again(tmp_path: Path, command: str, text: str) -> None:
    path = study(tmp_path, text)
    words = (command, path, "--workers", 1, "--out", tmp_path / "out")
    first, again = entrepot(*words), entrepot(*words)
    assert first.exit_code == 0, first.output
    assert first.stdout.splitlines()[:-1] == again.stdout.splitlines()[:-1]
    assert again.stdout.splitlines()[-1].startswith("0 runs lived")


@pytest.mark.parametrize(
    ("command", "text", "keys"),
    [
        ("calibrate", 'moments = ["fil rate"]\n', {"moments"}),
        ("calibrate", "moments = []\n", {"moments"}),
        ("calibrate", '[own]\nx = { measure = "vists", target = 1, scale = 1 }\n', {"measures"}),
        ("calibrate", '[own]\nx = { measure = "visits", target = 1, scale = 0 }\n', {"own"}),
        ("optimise", "trials = 0\nseed = -1\n", {"trials", "seed"}),
        ("optimise", "", {"maximise"}),
        ("optimise", 'maximise = ["visits"]\nminimise = ["visits"]\n', {"minimise"}),
    ],
)
def test_a_study_that_cannot_be_is_refused_at_its_key(tmp_path: Path, command: str, text: str, keys: set[str]) -> None:
    module = calibration if command == "calibrate" else optimisation
    with pytest.raises(ScenarioError) as told:
        module.read(study(tmp_path, text))
    assert {problem.key.partition(".")[0] for problem in told.value.problems} == keys


def test_every_moment_has_a_band_and_measures_that_there_are() -> None:
    from abm.scenario import facts, load
    from abm.scenario.build import build

    names = {one.name for one in measured(build(load("tiny", set={"consumers": 10})))}
    for one in moments.moments().values():
        assert one.low < one.high
        assert one.status in facts.STATUSES
        assert one.role in (moments.TARGETED, moments.UNTARGETED)
        assert set(one.of) <= names
    assert {one.role for one in calibration.usable().values()} == {moments.TARGETED, moments.UNTARGETED}
