"""All runs of a sweep may go on from one kept market, and none with another past."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

import abm
from abm.cli import app
from abm.study.store import FolderError
from abm.study.sweep.drive import Outcome, sweep

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kept") / "kept.npz"
    abm.Market("tiny", consumers=50, seed=3, warmup=1).run(1).save(path)
    return path


def forked(kept: Path, seeds: str = "[3]", first: str = "", second: str = "") -> Path:
    file = kept.parent / "sweep.toml"
    run = "[[design.runs]]\nconsumers = 50\nwarmup = 1\ndays = "
    shock = 'shocks = [{ name = "fewer ships", day = 2, scale = { "lanes.haul=sea.capacity" = 0.5 } }]\n'
    head = f'scenario = "{ROOT / "scenarios" / "tiny.toml"}"\nstart = "kept.npz"\nseeds = {seeds}\n'
    file.write_text(f'{head}[design]\nkind = "runs"\n{run}3\n{first}{run}4\n{shock}{second}', encoding="utf-8")
    return file


def test_all_runs_may_go_on_from_one_kept_market_as_if_lived_from_the_start(kept: Path, tmp_path: Path) -> None:
    assert sweep(forked(kept), tmp_path / "out") == Outcome(tmp_path / "out", lived=2)
    rows = abm.open_sweep(tmp_path / "out").daily
    straight = abm.Market("tiny", consumers=50, seed=3, warmup=1, days=3).run().daily
    mine = rows[rows["vary.days"] == 3][list(straight.columns)].reset_index(drop=True)
    assert mine.astype(str).equals(straight.astype(str))
    assert rows.loc[rows["vary.days"] == 4, "day"].tolist() == [0, 1, 2, 3]
    abm.Market("tiny", consumers=50, seed=3, warmup=1).run(2).save(kept)
    with pytest.raises(FolderError, match="holds a sweep with start = "):
        sweep(forked(kept), tmp_path / "out")


def test_a_sweep_from_a_kept_market_with_another_past_is_refused_as_a_whole(kept: Path, tmp_path: Path) -> None:
    abm.Market("tiny", consumers=50, seed=3, warmup=1).run(1).save(kept)
    file = forked(kept, "[3, 4]", "demand.visits = 0.3\n", "[[design.runs]]\nconsumers = 50\nwarmup = 1\ndays = 1\n")
    found = CliRunner().invoke(app, ["sweep", str(file), "--out", str(tmp_path / "out")])
    assert found.exit_code == 2
    assert "seeds: given [3, 4]; admissible: [3], with which the market of start has lived" in found.stderr
    assert re.search(r"start, demand.visits: given 0.3; admissible: \S+, with which the kept market has", found.stderr)
    assert "days: given 1; admissible: more than 1, which the market of start has lived" in found.stderr
    kept.write_bytes(b"nothing")
    damaged = CliRunner().invoke(app, ["sweep", str(forked(kept)), "--out", str(tmp_path / "out")])
    assert damaged.exit_code == 2
    assert "is no market that was kept" in damaged.stderr
    assert not (tmp_path / "out").exists()
