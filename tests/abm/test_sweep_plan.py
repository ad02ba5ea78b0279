"""What a sweep's file may say: its designs, its runs by key, and all of its errors at once."""

from pathlib import Path

import pytest

from abm.scenario import ScenarioError
from abm.study.sweep.plan import Sweep, read
from abm.study.sweep.schema import Cluster, Plan

ROOT = Path(__file__).resolve().parents[2]
HEAD = f'scenario = "{ROOT / "scenarios" / "tiny.toml"}"\n'


def planned(folder: Path, text: str) -> Sweep:
    file = folder / "sweep.toml"
    file.write_text(HEAD + text, encoding="utf-8")
    return read(file)


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        planned(folder, text)
    return [str(problem) for problem in caught.value.problems]


def test_a_grid_has_every_combination_under_every_seed(tmp_path: Path) -> None:
    made = planned(
        tmp_path, "seeds = [3, 5, 3]\n[vary]\ndays = [2, 3, 2]\ndemand.visits = { from = 0.2, to = 0.4, steps = 3 }\n"
    )
    assert (made.points, len(made.tasks)) == (6, 12)
    assert [one.seed for one in made.tasks[:2]] == [3, 5]
    assert {one.settings["days"] for one in made.tasks} == {2, 3}
    assert sorted({one.settings["demand.visits"] for one in made.tasks}) == pytest.approx([0.2, 0.3, 0.4])


def test_without_anything_to_vary_a_scenario_is_lived_under_its_seeds(tmp_path: Path) -> None:
    made = planned(tmp_path, "seeds = 3\n")
    assert [(one.settings, one.seed) for one in made.tasks] == [({}, 1), ({}, 2), ({}, 3)]


@pytest.mark.parametrize("kind", ["latin_hypercube", "sobol"])
def test_a_sample_has_one_run_in_each_slice_of_each_axis_and_is_the_same_again(kind: str, tmp_path: Path) -> None:
    text = (
        f'[design]\nkind = "{kind}"\nsamples = 8\n[vary]\n"demand.visits" = {{ from = 0.1, to = 0.9 }}\n'
        "days = { from = 1, to = 9 }\nconsumers = [100, 200]\n"
    )
    made = planned(tmp_path, text)
    visits = sorted(one.settings["demand.visits"] for one in made.tasks)
    assert [int((value - 0.1) / 0.1) for value in visits] == list(range(8))
    assert all(isinstance(one.settings["days"], int) and 1 <= one.settings["days"] <= 9 for one in made.tasks)
    assert [one.settings["consumers"] for one in made.tasks].count(100) == 4
    assert made.tasks == planned(tmp_path, text).tasks


def test_a_range_in_logarithms_has_steps_of_one_ratio(tmp_path: Path) -> None:
    made = planned(tmp_path, "[vary]\ndemand.visits = { from = 0.005, to = 0.5, steps = 3, log = true }\n")
    assert [one.settings["demand.visits"] for one in made.tasks] == pytest.approx([0.005, 0.05, 0.5])


def test_runs_may_be_written_out(tmp_path: Path) -> None:
    made = planned(
        tmp_path, '[design]\nkind = "runs"\n[[design.runs]]\ndays = 2\n[[design.runs]]\ndemand.visits = 0.3\n'
    )
    assert [one.settings for one in made.tasks] == [{"days": 2}, {"demand.visits": 0.3}]


def test_the_key_of_a_run_follows_from_what_it_is_and_not_from_how_it_was_said(tmp_path: Path) -> None:
    one = planned(tmp_path, "seeds = 2\n[vary]\ndays = [2, 3]\n")
    other = planned(tmp_path, 'seeds = [2]\n[design]\nkind = "runs"\n[[design.runs]]\ndays = 3\n')
    assert len({task.key for task in one.tasks}) == 4
    assert [task.key for task in other.tasks] == [
        task.key for task in one.tasks if (task.settings, task.seed) == ({"days": 3}, 2)
    ]


def test_all_errors_of_the_file_come_together_with_hints(tmp_path: Path) -> None:
    told = refused(tmp_path, 'seeds = 0\nmeasurs = []\nkeep = "dayly"\n[cluster]\nwalltime = "soon"\nques = "a"\n')
    ours, clusters = ", ".join(Plan.model_fields), ", ".join(Cluster.model_fields)
    assert told == [
        "seeds: given 0; admissible: how many, from 1, or a list of whole numbers from 0",
        'keep: given "dayly"; admissible: daily, summary; did you mean "daily"?',
        'cluster.walltime: given "soon"; admissible: a time as in "01:30:00"',
        f'cluster.ques: given "ques"; admissible: one of the keys {clusters}; did you mean "queue"?',
        f'measurs: given "measurs"; admissible: one of the keys {ours}; did you mean "measures"?',
    ]


def test_keys_and_values_are_tried_on_the_scenario_before_anything_starts(tmp_path: Path) -> None:
    told = refused(tmp_path, '[vary]\n"demand.visitz" = [0.1]\nwarmup = [3, "x"]\n')
    assert len(told) == 2
    assert told[0].startswith('vary.demand.visitz: given "visitz"; admissible: one of the keys ')
    assert told[0].endswith('did you mean "visits"?')
    assert told[1].startswith('vary.warmup: given "x"; admissible: ')


def test_an_unknown_measure_is_told_with_the_one_that_was_meant(tmp_path: Path) -> None:
    (told,) = refused(tmp_path, 'measures = ["orders", "ordrs"]\n')
    assert told.startswith('measures: given "ordrs"; admissible: a measure of')
    assert told.endswith('did you mean "orders"?')
    for name in ("day", "date", "sent_{mode}"):
        (told,) = refused(tmp_path, f'measures = ["{name}"]\n')
        assert told.startswith(f'measures: given "{name}"; admissible: a measure of')
    assert planned(tmp_path, 'measures = ["sent_overseas", "orders"]\n').plan.measures == ["sent_overseas", "orders"]


def test_no_world_is_built_for_measures_that_every_world_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abm.scenario.build.build", None)
    assert planned(tmp_path, 'measures = ["orders", "gmv_usd"]\n').plan.measures == ["orders", "gmv_usd"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[vary]\ndays = []\n", "vary.days: given []; admissible: at least one value"),
        ("seeds = []\n", "seeds: given []; admissible: how many, from 1, or a list of whole numbers from 0"),
        ('[design]\nkind = "runs"\nruns = []\n', "design.runs: given []; admissible: at least one run"),
        ('[design]\nkind = "sobol"\nsamples = 8\n', "vary: given nothing; admissible: at least one key, with kind = "),
        ('[design]\nkind = "sobol"\n', "design.samples: given nothing; admissible: with kind = sobol: a whole number"),
        ("[design]\nsamples = 4\n", "design.samples: given 4; admissible: with kind = grid: nothing"),
        (
            '[design]\nkind = "sobol"\nsamples = 6\n[vary]\ndays = [1, 2]\n',
            "design.samples: given 6; admissible: a power of two",
        ),
        ("[vary]\ndays = { from = 1, to = 3 }\n", "vary.days: given { from = 1, to = 3 }; admissible: a range with"),
        ("[vary]\ndays = { from = 3, to = 1, steps = 2 }\n", "vary.days: given { from = 3, to = 1, steps = 2 }; "),
        ("[vary]\ndays = 3\n", "vary.days: given 3; admissible: a list of values, or a range"),
        ("[vary]\nseed = [3]\n", "vary.seed: given [3]; admissible: any other key: seeds stand in seeds"),
    ],
)
def test_an_empty_or_impossible_design_is_refused(text: str, told: str, tmp_path: Path) -> None:
    found = refused(tmp_path, text)
    assert len(found) == 1
    assert found[0].startswith(told)


def test_a_scenario_that_is_not_there_is_told(tmp_path: Path) -> None:
    file = tmp_path / "sweep.toml"
    file.write_text('scenario = "tinny"\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match='did you mean "tiny"'):
        read(file)
