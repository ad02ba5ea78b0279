"""Worlds side by side: the same luck in each, whatever does the work, and Student's interval for pairs."""

import runpy
import sys
from pathlib import Path

import pandas as pd
import pytest

from abm import load
from abm.study import compare

SCRIPT = Path(__file__).parents[2] / "scenarios" / "dials.py"
SIZE = {"consumers": 400, "days": 3, "warmup": 2}


def test_pairs_differ_only_by_what_the_worlds_differ_in_and_not_by_who_works_for_them():
    world = load("tiny")
    dearer = load("tiny", set={"demand.propensity": -6.0})
    found = compare.paired(world, dearer, 2, days=3, consumers=400, workers=2)
    assert found.index.tolist() == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]
    alone = compare.lived(load(world, set={"seed": 2, "days": 3, "consumers": 400}))
    assert found.loc["a", 2].drop("cpu_seconds").dropna().to_dict() == pytest.approx(
        {key: value for key, value in alone.items() if value == value and key != "cpu_seconds"}, rel=0
    )
    assert (found.loc["b"].orders < found.loc["a"].orders).all()
    assert (found.cpu_seconds > 0).all()


def test_progress_is_told_run_by_run():
    told = []
    compare.side_by_side({"one": load("tiny", set=SIZE)}, 2, 1, lambda *done: told.append(done))
    assert told == [(1, 2), (2, 2)]


def test_the_interval_is_students_for_pairs():
    off, full = pd.Series([10.0, 11.0, 9.0, 12.0]), pd.Series([10.9, 12.2, 9.8, 13.1])
    found = compare.difference(off, full)
    # differences .9 1.2 .8 1.1: mean 1, sd .18257, t(3) = 3.18245
    assert (found.off, found.full, found.mean) == pytest.approx((10.5, 11.5, 1.0))
    assert (found.low, found.high) == pytest.approx((1 - 3.18245 * 0.18257 / 2, 1 + 3.18245 * 0.18257 / 2), abs=1e-5)
    assert found.sure
    assert str(found) == "10.5 | 11.5 | +1 | +0.709 to +1.29 | yes"
    assert not compare.difference(off, off + pd.Series([0.5, -0.5, 0.4, -0.3])).sure


def test_every_dial_is_set_off_alone_and_its_measures_are_found():
    script = runpy.run_path(str(SCRIPT))
    worlds, measures = script["worlds"]("tiny", **SIZE), script["MEASURES"]
    dials = {name: world.resolved()["dials"] for name, world in worlds.items()}
    unshared = script["UNSHARED"]
    for dial, (off, full, _) in measures.items():
        section, key = dial.split(".")
        lowered = {dial, "off"} | ({unshared} if dial in ("channels.adoption", "information.share") else set())
        assert {name for name, one in dials.items() if one[section][key] == off} == lowered
        assert {name for name, one in dials.items() if one[section][key] == full} == dials.keys() - lowered
    known = compare.lived(worlds["full"])
    columns = {one for _, _, names in measures.values() for one in names}
    assert columns <= known.keys()
    rows = pd.DataFrame(
        [
            {**known, "fill_rate": 0.9 + 0.01 * seed, "cpu_seconds": 2.0 - (name == "off")}
            for name in worlds
            for seed in (1, 2)
        ],
        index=pd.MultiIndex.from_tuples([(name, seed) for name in worlds for seed in (1, 2)]),
    )
    said = script["table"](rows)
    assert "| network.overlap | fill_rate | 0.915 | 0.915 | +0 |" in said
    assert said.endswith("takes 2.00 times as long as with everything off.")


def test_the_script_of_published_facts_says_of_each_what_is_found_and_whether_it_is_inside(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["stylised_facts.py", "--quick"])
    script = runpy.run_path(str(SCRIPT.with_name("stylised_facts.py")), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[0].strip("| ") for line in lines[2:]] == list(script["FACTS"])
    assert all(line.endswith((" yes |", " no |")) for line in lines[2:])
    page = (SCRIPT.parents[1] / "docs" / "stylised_facts.md").read_text()
    assert all(f"| {name} |" in page for name in script["FACTS"])
