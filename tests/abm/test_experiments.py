"""What experiments are scored by, on series made up so that the answer is known; how results are kept and printed."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from abm.scenario import load
from abm.study import experiments
from abm.study.experiments import Experiment, Result, contagion, means, pass_through, recovery_days
from abm.study.scripted import main
from abm.study.side_by_side import side_by_side


def falling(days_off, days=40, hit=10, late=0):
    """A level of 100 that falls to 80 some days after a shock, for some days."""
    struck = np.full(days, 100.0)
    struck[hit + late : hit + late + days_off] = 80.0
    return struck, np.full(days, 100.0)


@pytest.mark.parametrize(("days_off", "late"), [(1, 0), (5, 0), (9, 4)])
def test_recovery_is_counted_from_the_shock_to_the_first_day_of_a_week_back_in_the_band(days_off, late):
    assert recovery_days(*falling(days_off, late=late), hit=10, band=0.1) == late + days_off


def test_what_stays_in_the_band_needs_no_recovery_and_what_stays_out_has_none():
    assert recovery_days(*falling(5), hit=10, band=0.2) == 0
    assert recovery_days(*falling(25), hit=10, band=0.1) is None
    assert recovery_days(*falling(23), hit=10, band=0.1) == 23
    assert recovery_days(*falling(24), hit=10, band=0.1) is None


def test_a_week_that_is_broken_is_no_recovery_and_days_before_the_shock_do_not_count():
    struck, calm = falling(3)
    struck[19] = 150.0
    assert recovery_days(struck, calm, hit=10, band=0.1) == 10
    struck[:10] = 0.0
    assert recovery_days(struck, calm, hit=10, band=0.1) == 10


def test_pass_through_is_the_difference_in_differences_over_the_tariff():
    assert pass_through((20.0, 26.0), (20.0, 21.0), tariff=10.0) == pytest.approx(0.5)
    assert pass_through((20.0, 26.0), (20.0, 21.0), tariff=10.0, control=(1.0, 2.0)) == pytest.approx(0.4)
    assert pass_through((20.0, 31.0), (20.0, 21.0), tariff=10.0) == pytest.approx(1.0)


def test_contagion_leaves_the_failed_firm_out_and_tells_gains_as_negative_losses():
    calm, struck = np.array([100, 50, 50, 200]), np.array([0, 40, 40, 220])
    shares, failed = np.array([1, 1, 1, 0]), np.array([1, 0, 0, 0])
    assert contagion(calm, struck, shares, failed) == pytest.approx((0.2, -0.1))
    near, far = contagion(calm, struck, np.ones(4), failed)
    assert near == pytest.approx(0.0)
    assert np.isnan(far)


def test_means_are_of_the_days_named_and_leave_out_days_without_a_value():
    days = pd.DataFrame({"orders": [1.0, 2.0, np.nan, 6.0], "exits": [0, 0, 1, 1]})
    assert means(days, ("orders", "exits")) == {"orders": 3.0, "exits": 0.5}
    assert means(days, ["orders"], since=2) == {"orders": 6.0}
    assert means(days, ["orders"], since=0, until=2) == {"orders": 1.5}
    assert np.isnan(means(days, ["orders"], since=2, until=3)["orders"])


@pytest.fixture
def result():
    """Four seeds whose luck is large and common; in "half" nothing is moved, in "full" orders fall by about 2."""
    luck = [10.0, 20.0, 30.0, 40.0]
    orders = {"off": luck, "half": luck, "full": [7.0, 19.0, 28.0, 38.0]}
    values = {name: {"orders": one, "recovery": [1.0, np.nan, 3.0, 5.0]} for name, one in orders.items()}
    totals = {name: {"orders": orders[name]} for name in ("off", "full")}
    return Result("A title", "a.dial", "tiny", {"days": 3}, 4, {"orders": "+", "recovery": ""},
                  {"orders": "orders", "recovery": "days"}, values, totals)  # fmt: skip


def test_effects_are_paired_and_signed_against_what_was_expected(result):
    one = result.effects("full").loc["orders"]
    assert one["difference"] == -2.0
    wide = 3.18244630528371 * np.sqrt(2.0 / 3.0) / 2.0  # Student's 97.5% with 3 degrees; sd of (-3, -1, -2, -2)
    assert (one["low"], one["high"]) == pytest.approx((-2.0 - wide, -2.0 + wide))
    assert result.effects("half", against="full").loc["orders", "difference"] == 2.0
    rows = {tuple(cell.strip() for cell in line.split("|")[1:5:3]): line for line in
            experiments.table(result).splitlines()[2:]}  # fmt: skip
    assert rows["orders", "full"].endswith("| + | against |")
    assert rows["orders", "half"].endswith("| + | no |")


def test_what_is_told_part_by_part_is_kept_and_left_to_pages(result):
    parted = {name: by | {"recovery:one": [1.0] * 4} for name, by in result.values.items()}
    more = replace(result, values=parted, expected={**result.expected, "recovery:one": ""},
                   units={**result.units, "recovery:one": "days"})  # fmt: skip
    assert experiments.table(more) == experiments.table(result)


def test_pairs_save_the_ratio_of_the_variances(result):
    luck, others = (np.array(one["orders"]) for one in result.totals.values())
    expected = (luck.var(ddof=1) + others.var(ddof=1)) / (others - luck).var(ddof=1)
    assert result.saved()["orders"] == pytest.approx(expected)


def test_a_result_is_kept_and_read_with_what_has_no_value(result, tmp_path):
    experiments.put(result, tmp_path / "new" / "one.json")
    again = experiments.get(tmp_path / "new" / "one.json")
    assert experiments.table(again) == experiments.table(result)
    assert np.isnan(again.values["off"]["recovery"][1])
    assert (again.seeds, again.settings) == (4, {"days": 3})


def calm_days(scenario):
    """Settings that hang on the seed, as a world that is changed by it."""
    return {"consumers": 60 + scenario.seed}


@pytest.fixture(scope="module")
def experiment():
    """Two variants of the smallest world, one of which hangs on the seed."""
    worlds = {"off": {}, "half": {}, "full": {}}
    return Experiment("small", "Small", "none", worlds, {"orders": ""}, {"warmup": 0, "days": 3}, world="tiny",
                      changed={"full": calm_days})  # fmt: skip


def test_a_result_is_not_lived_again_while_a_small_world_shows_the_same_and_is_when_it_does_not(
    experiment, tmp_path, monkeypatch
):
    lives, live = [], experiments.live

    def counted(one, seeds, consumers, workers=1, progress=None):
        lives.append(consumers)
        return live(one, seeds, consumers, 0, progress)

    monkeypatch.setattr(experiments, "live", counted)
    words = ["--seeds", "2", "--consumers", "80", "--out", str(tmp_path / "one.json"), "--resume"]
    first = main(experiment, words)
    assert lives == [experiments.SMALL, 80]
    assert main(experiment, words).values == first.values
    assert lives == [experiments.SMALL, 80, experiments.SMALL]
    assert main(replace(experiment, variants={**experiment.variants, "full": {"demand.visits": 0.1}}), words) != first
    assert lives[-1] == 80
    lives.clear()
    main(experiment, ["--seeds", "3", *words[2:]])
    assert lives == [experiments.SMALL, 80]


def test_a_large_world_is_lived_once_for_off_and_full_and_stands_beside_the_intervals(experiment, tmp_path):
    words = ["--seeds", "2", "--consumers", "80", "--workers", "0", "--out", str(tmp_path / "one.json"), "--resume"]
    alone = main(experiment, words)
    assert np.isnan(alone.confirmed("full", "orders"))
    both = main(experiment, [*words, "--large", "120"])
    assert (set(both.once), both.large, both.values) == ({"off", "full"}, 120, alone.values)
    kept = experiments.get(tmp_path / "one.json")
    assert (kept.once, kept.trace, kept.large) == (both.once, both.trace, 120)
    apart = kept.once["full"]["orders"][0] - kept.once["off"]["orders"][0]
    rows = experiments.table(kept).splitlines()
    assert rows[0].endswith("| 120, once |")
    assert rows[2].endswith("|  |")
    assert rows[3].endswith(f"| {apart:+.3g} |")
    assert len({row.count("|") for row in rows}) == 1


def test_settings_may_hang_on_the_seed(experiment):
    scenario = load("tiny", set={"seed": 2, "warmup": 0, "days": 5})
    found = side_by_side({"off": scenario, "full": scenario}, 2, 0, changed={"full": calm_days})
    plain = side_by_side({"full": load(scenario, set=calm_days(scenario))}, 2, 0)
    days = found.to_pandas().set_index(["world", "seed"])["orders"]
    assert days.loc["full", 2].tolist() == plain.to_pandas().set_index("seed")["orders"].loc[2].tolist()
    assert days.loc["off", 1].tolist() != days.loc["full", 1].tolist()
