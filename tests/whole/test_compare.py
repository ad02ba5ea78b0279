"""Worlds side by side: the same luck in each, whatever does the work, and Student's interval for pairs."""

import importlib
import json
import re
import runpy
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from abm import compare, load
from abm.scenario import ScenarioError
from abm.show.compared import as_dict, sentences, show
from abm.show.compared_page import forest, paths, shown_by_day
from abm.study import store
from abm.study.compare import Comparison, effects
from abm.study.run import open_run, run
from abm.study.side_by_side import lived, means, side_by_side
from abm.study.store import FolderError

SCRIPT = Path(__file__).parents[2] / "scenarios" / "dials.py"
SIZE = {"consumers": 400, "days": 3, "warmup": 2}


def test_rows_do_not_depend_on_who_works_for_them_and_the_days_of_each_are_told():
    told = []
    worlds = {"one": load("tiny", set=SIZE), "dearer": load("tiny", set={**SIZE, "demand.propensity": -6.0})}
    found = side_by_side(worlds, 2, 2, lambda *done: told.append(done))
    days = found.to_pandas()
    assert [*days[["world", "seed"]].drop_duplicates().itertuples(index=False, name=None)] == [
        ("one", 1), ("one", 2), ("dearer", 1), ("dearer", 2)
    ]  # fmt: skip
    alone = lived(load(worlds["dearer"], set={"seed": 2}))
    kept = [name for name in alone.column_names if name != "cpu_seconds"]
    mine = found.filter((pc.field("world") == "dearer") & (pc.field("seed") == 2)).select(kept)
    assert mine.to_pandas().equals(alone.select(kept).to_pandas())
    assert (days["cpu_seconds"] > 0).all()
    total = means(found).orders
    assert (total["dearer"] < total["one"]).all()
    assert told[-1] == (20, 20)
    assert told == sorted(told)


def test_a_world_against_itself_differs_in_nothing_exactly():
    found = compare("tiny", "tiny", seeds=2, set=SIZE)
    assert found.parted is None
    assert "Nothing differs" in " ".join(sentences(found))
    effects = found.effects
    assert (effects["difference"].dropna() == 0.0).all()
    assert not effects["sure"].any()
    assert effects.loc["orders", "mean_a"] == found.daily["orders"].mean() > 0


TARIFF = """
schema  = 1
extends = "{tiny}"
title   = "A tariff <b>"
days    = 8
warmup  = 3
consumers = 1000
[[borders]]
name       = "duty"
dest       = "US"
channel    = "parcel"
origin     = "CN"
from       = 2024-07-04
value_hi   = 800
ad_valorem = 40.0
"""


@pytest.fixture(scope="module")
def tariff(tmp_path_factory):
    """A scenario with a duty on parcels from the fourth reported day on."""
    path = tmp_path_factory.mktemp("worlds") / "tariff.toml"
    path.write_text(TARIFF.format(tiny=SCRIPT.with_name("tiny.toml")), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def kept(tariff, tmp_path_factory):
    """The tiny world against that with the duty, in a folder."""
    folder = tmp_path_factory.mktemp("kept") / "a"
    return compare("tiny", tariff, seeds=2, out=folder), folder


def test_worlds_have_the_days_of_b_and_are_the_same_until_they_part(kept):
    found, _ = kept
    assert (found.a.days, found.a.warmup, found.a.consumers, found.a.title) == (8, 3, 1000, "tiny")
    assert found.parted == found.since == date(2024, 7, 4)
    daily = found.daily.set_index(["world", "seed", "day"])[list(found.units)]
    before = daily[daily.index.get_level_values("day") < 3]
    assert before.loc["a"].equals(before.loc["b"])
    after = daily[daily.index.get_level_values("day") >= 3]["landed_duty_usd"].groupby(["world", "seed"]).mean()
    effect = found.effects.loc["landed_duty_usd"]
    assert effect["unit"] == "USD"
    assert effect["difference"] == pytest.approx((after["b"] - after["a"]).mean())
    assert effect["difference"] > 0
    price = found.effects.loc["landed_price_usd"]
    assert price["per_cent"] == pytest.approx(100 * price["difference"] / price["mean_a"])


def test_effects_are_of_the_days_that_are_asked_for(kept):
    found, _ = kept
    late = replace(found, asked=date(2024, 7, 7))
    days = found.daily[found.daily["day"] >= 6].groupby("world")["visits"].mean()
    assert late.effects.loc["visits", "mean_a"] == pytest.approx(days["a"])
    assert "2 days from 2024-07-07 on, as asked" in " ".join(sentences(late))


def test_a_comparison_is_kept_whole_and_not_written_over(kept, tariff):
    found, folder = kept
    assert {path.name for path in folder.iterdir()} == {"effects.csv", "daily.parquet", "manifest.json", "compare.html"}
    told = json.loads((folder / "manifest.json").read_text())
    assert (told["complete"], told["seeds"], told["parted"], told["since"]) == (True, 2, "2024-07-04", "2024-07-04")
    again = {name: load(one["scenario"]) for name, one in told["worlds"].items()}
    assert again["b"].resolved() == found.b.resolved()
    assert told["worlds"]["a"]["scenario_sha256"] != told["worlds"]["b"]["scenario_sha256"]
    effects = pd.read_csv(folder / "effects.csv", index_col="measure")
    assert effects["difference"].dropna().tolist() == found.effects["difference"].dropna().tolist()
    days = store.get_table(folder / "daily.parquet")
    assert days.to_pandas(date_as_object=False).equals(found.daily)
    assert store.units(days)["gmv_usd"][0] == "USD"
    text = (folder / "compare.html").read_text()
    assert text.count("data:image/svg+xml;base64") == 2
    assert "A tariff &lt;b&gt;" in text
    assert not re.search(r"(href|src)=\"?(https?:)?//|@import|<script|url\(", text)
    with pytest.raises(FolderError, match="finished"):
        compare("tiny", tariff, out=folder)
    with pytest.raises(FolderError, match="not the folder of a run"):
        open_run(folder)


def test_figures_tell_what_differs_and_when(kept):
    found, _ = kept
    drawn = forest(found)
    (axes,) = drawn.axes
    assert "landed_price_usd" in [label.get_text() for label in axes.get_yticklabels()]
    by_day = paths(found)
    assert len(by_day.axes) == len(shown_by_day(found)) == 9
    for axes in by_day.axes:
        assert axes.get_ylabel() == found.units[axes.get_title(loc="left")][0]
    same = replace(found, days=both(found, "a"))
    assert forest(same) is None
    assert paths(same) is None


def both(found, world):
    """The days of one world as those of both."""
    mine = found.days.filter(pc.field("world") == world)
    other = mine.set_column(0, mine.schema.field(0), [["b"] * len(mine)])
    return pa.concat_tables([mine, other])


def test_what_is_printed_has_units_intervals_and_says_what_one_seed_cannot_tell(kept, capsys):
    found, _ = kept
    show(found)
    said = capsys.readouterr().out
    assert "The worlds part on 2024-07-04. Effects are means over the 5 days from then on." in said
    line = next(line for line in said.splitlines() if line.startswith("landed_duty_usd"))
    assert line.split()[1] == "USD"
    assert " to +" in line
    assert len(said.splitlines()) < 55
    show(found, every=True)
    assert all(name in capsys.readouterr().out for name in ["amplifying_tier_1"])
    alone = replace(found, seeds=1, days=found.days.filter(pc.field("seed") == 1))
    assert alone.effects[["low", "high", "fewer_seeds"]].isna().all(axis=None)
    assert not alone.effects["sure"].any()
    assert "there is no interval" in " ".join(sentences(alone))
    plain = json.dumps(as_dict(alone), allow_nan=False)
    assert json.loads(plain)["effects"][0]["low"] is None


def test_the_interval_is_students_for_pairs():
    off, full = pd.Series([10.0, 11.0, 9.0, 12.0]), pd.Series([10.9, 12.2, 9.8, 13.1])
    none, one = pd.Series([np.nan] * 4), pd.Series([np.nan, 1.0, 2.0, 3.0])
    a, b = (
        pd.DataFrame({"x": off, "y": off, "z": none, "w": off}),
        pd.DataFrame({"x": full, "y": off + pd.Series([0.5, -0.5, 0.4, -0.3]), "z": full, "w": one}),
    )
    found = effects(a, b)
    # differences .9 1.2 .8 1.1: mean 1, sd .18257, t(3) = 3.18245
    x = found.loc["x"]
    assert (x["mean_a"], x["mean_b"], x["difference"]) == pytest.approx((10.5, 11.5, 1.0))
    assert (x["low"], x["high"]) == pytest.approx((1 - 3.18245 * 0.18257 / 2, 1 + 3.18245 * 0.18257 / 2), abs=1e-5)
    assert x["per_cent"] == pytest.approx(100 / 10.5)
    # variances 5/3 and 2.11 against 1/30
    assert x["fewer_seeds"] == pytest.approx((5 / 3 + full.var()) * 30)
    assert x["sure"]
    assert not found.loc["y", "sure"]
    assert found.loc["z", "pairs"] == 0
    assert np.isnan(found.loc["z", "difference"])
    assert (found.loc["w", "pairs"], found.loc["w", "mean_a"]) == (3, pytest.approx(32 / 3))


def test_a_day_without_a_value_in_one_world_counts_in_neither():
    rows = [("a", 1, 0, 4.0, 1.0), ("a", 1, 1, np.nan, 1.0), ("b", 1, 0, 5.0, 1.0), ("b", 1, 1, 9.0, 1.0)]
    days = pd.DataFrame(rows, columns=["world", "seed", "day", "late", "same"]).assign(date=date(2024, 7, 1))
    world = load("tiny", set={"days": 2})
    found = Comparison(world, world, 1, pa.Table.from_pandas(days, preserve_index=False).cast(pa.schema(
        [("world", pa.string()), ("seed", pa.int64()), ("day", pa.int64()), ("late", pa.float64()),
         ("same", pa.float64()), ("date", pa.date32())]
    )).set_column(3, "late", pa.array([row[3] for row in rows])))  # fmt: skip
    assert found.parted == date(2024, 7, 1)
    assert found.effects.loc["late", ["mean_a", "mean_b", "difference"]].tolist() == [4.0, 5.0, 1.0]
    assert found.effects.loc["same", "difference"] == 0.0


def test_all_that_is_wrong_with_either_world_is_told_at_once_and_nothing_is_run(tmp_path, monkeypatch):
    monkeypatch.setattr("abm.study.compare.side_by_side", lambda *_: pytest.fail("something was run"))
    late = tmp_path / "late.toml"
    late.write_text(
        f'schema = 1\nextends = "{SCRIPT.with_name("tiny.toml")}"\n[[shocks]]\nname = "strike"\nday = 2024-08-20\n'
        'set = { "firms.knits.capacity" = 0 }\n',
        encoding="utf-8",
    )
    load(late)
    with pytest.raises(ScenarioError, match=r"on the days of tiny.*\n.*shocks.strike.day: given 2024-08-20"):
        compare(late, "tiny", days=20, out=tmp_path / "a")
    with pytest.raises(ScenarioError) as caught:
        compare("tinny", "no-such-world", seeds=0)
    assert [problem.given for problem in caught.value.problems] == ['"no-such-world"', '"tinny"', "0"]
    for since in ("2024-06-30", "2024-08-30", "soon"):
        with pytest.raises(ScenarioError, match=r"since: given .* from 2024-07-01 to 2024-08-29"):
            compare("tiny", "tiny", since=since, out=tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["late.toml"]


def test_currencies_and_tiers_of_one_world_alone_are_named_and_not_compared(kept):
    found, _ = kept
    rows = found.days.column("fx_CNY").to_pylist()
    half = pa.array(
        [one if world == "a" else None for one, world in zip(rows, found.days["world"].to_pylist(), strict=True)]
    )
    part = replace(found, days=found.days.set_column(found.days.schema.get_field_index("fx_CNY"), "fx_CNY", half))
    assert part.of_one == ["fx_CNY"]
    assert "fx_CNY" not in part.effects.index
    assert "nothing is compared of: fx_CNY" in " ".join(sentences(part))


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
    known = means(side_by_side({"full": worlds["full"]}, 1)).iloc[0].to_dict()
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


@pytest.fixture
def scripts(monkeypatch):
    """The scripts about the size of a market, importable as they are when they are begun."""
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    yield importlib.import_module("baseline_scale"), importlib.import_module("years_beside")
    for name in ("baseline_scale", "years_beside"):
        del sys.modules[name]


def test_the_script_of_sizes_sets_them_beside_the_middle_one_and_leaves_the_rest_of_the_page(
    scripts, tmp_path, monkeypatch, capsys
):
    script, page = scripts[0], tmp_path / "baseline.md"
    page.write_text("before\n\n<!-- sizes -->\n\n| old |\n<!-- end of sizes -->\n\nafter\n")
    shares = {10_000: 0.9, 100_000: 1.0, 1_000_000: 1.1}
    monkeypatch.setattr(script, "PAGE", page)
    monkeypatch.setattr(script, "lived", lambda size, days, seed: (shares[size], 0.01 * seed * (size > 10_000)))
    monkeypatch.setattr(script, "headline", lambda run: {"conversion": 2.0 * (run[0] + run[1])})
    script.main(1)
    assert "1000000" in capsys.readouterr().out
    mean, steps = 0.01 * np.mean(script.SEEDS), 0.01 * np.std(script.SEEDS, ddof=1) / len(script.SEEDS) ** 0.5
    middle = 1.0 + mean
    lines = page.read_text().splitlines()
    assert lines[:4] == ["before", "", "<!-- sizes -->", ""]
    assert lines[7:] == ["<!-- end of sizes -->", "", "after"]
    of = "10,000 consumers", "100,000 consumers", "1,000,000 consumers"
    small, large = f"{0.9 / middle - 1:+.1%} ± {steps / middle:.1%}", f"{0.1 / middle:+.1%} ± 0.0%"
    means = (f"{2 * share:.4g}" for share in (0.9, middle, middle + 0.1))
    assert [line.strip("| ").split(" | ") for line in (lines[4], lines[6])] == [
        [*of, "10,000 beside 100,000", "1,000,000 beside 100,000"],
        ["conversion", *means, small, large],
    ]
    page = (SCRIPT.parents[1] / "docs" / "baseline.md").read_text()
    assert script.MARK in page
    assert script.END in page


def test_finished_runs_stand_side_by_side(scripts, tmp_path, capsys):
    for consumers in (200, 400):
        run("tiny", days=6, consumers=consumers, out=tmp_path / f"of {consumers}", report=False)
    scripts[1].main([tmp_path / "of 200", tmp_path / "of 400"])
    lines = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["of 200", "of 400"]
    told = {line[0]: line[1:] for line in lines[2:]}
    for column, consumers in enumerate((200, 400)):
        days = open_run(tmp_path / f"of {consumers}").daily
        assert told["conversion"][column] == f"{days.orders.sum() / days.visits.sum():.4g}"
    assert {"fill rate", "days to the door, express", "seconds", "memory, MiB"} <= told.keys()
    assert all(len(values) == 2 for values in told.values())
