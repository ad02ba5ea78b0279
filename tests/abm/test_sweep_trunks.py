"""What runs of a sweep have in common is lived once, and nothing that is written tells that it was."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from itertools import count
from pathlib import Path

import pytest
from typer.testing import CliRunner

import abm
from abm import files
from abm.cli import app
from abm.model import Market
from abm.study.sweep import trunks
from abm.study.sweep.drive import sweep
from abm.study.sweep.parts import compact
from abm.study.sweep.plan import Task, read

ROOT = Path(__file__).resolve().parents[2]
FALL = 'shocks = [{{ name = "a fall", day = {}, scale = {{ "countries.CN.fx_par" = {} }} }}]'
FALLS = tuple(FALL.format(15, part) for part in (1.2, 1.5, 2.0))


def asked(folder: Path, *runs: str, seeds: int = 2, keep: str = "daily") -> Path:
    file = folder / "fall.toml"
    table = '[[design.runs]]\nconsumers = 60\nwarmup = 4\n"firms.knits.batch" = 3.0\n'
    body = "".join(f"{table}{run if 'days' in run else 'days = 20' + chr(10) + run}\n" for run in runs)
    head = f'scenario = "{ROOT / "scenarios" / "tiny.toml"}"\nseeds = {seeds}\nkeep = "{keep}"\n'
    file.write_text(f'{head}[design]\nkind = "runs"\n{body}', encoding="utf-8")
    return file


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> Counter[date]:
    """How often each day is lived from now on by a world of this size."""
    lived: Counter[date] = Counter()
    step = Market.step

    def counted(market: Market) -> None:
        lived[market.world.date] += 1
        step(market)

    monkeypatch.setattr(Market, "step", counted)
    return lived


def partings(file: Path) -> list[str | None]:
    return [task.trunk and task.trunk.until.isoformat() for task in trunks.shared(read(file))]


def test_days_in_common_are_lived_once_for_each_seed_and_the_table_is_the_same(
    tmp_path: Path, days: Counter[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = asked(tmp_path, *FALLS)
    sweep(file, tmp_path / "shared")
    assert days[date(2024, 7, 1)] == days[date(2024, 7, 15)] == 2
    assert days[date(2024, 7, 16)] == days[date(2024, 7, 20)] == 2 * len(FALLS)
    assert not (tmp_path / "shared" / trunks.FOLDER).exists()
    monkeypatch.setattr(trunks, "LEAST", 1000)
    days.clear()
    sweep(file, tmp_path / "apart")
    assert days[date(2024, 7, 1)] == 2 * len(FALLS)
    for folder in ("shared", "apart"):
        compact(tmp_path / folder)
    one, other = (tmp_path / folder / "runs.parquet" for folder in ("shared", "apart"))
    assert one.read_bytes() == other.read_bytes()
    rows = abm.open_sweep(tmp_path / "shared").daily
    assert rows.groupby("key")["landed_price_usd"].sum().nunique() == 2 * len(FALLS)


def test_runs_part_on_the_first_day_on_which_a_difference_is_told_or_done(tmp_path: Path) -> None:
    none = [None] * 4
    assert partings(asked(tmp_path, *FALLS[:2])) == ["2024-07-16"] * 4
    told = FALLS[1].replace("day = 15", "day = 15, announced = 12")
    assert partings(asked(tmp_path, FALLS[0], told)) == ["2024-07-13"] * 4
    assert partings(asked(tmp_path, FALLS[0], "")) == ["2024-07-16"] * 4
    assert partings(asked(tmp_path, FALLS[0], '"demand.visits" = 0.3\n' + FALLS[1])) == none
    assert partings(asked(tmp_path, FALL.format(5, 0.5), FALLS[1])) == none, "nine days are not worth a file"
    assert partings(asked(tmp_path, FALL.format(6, 0.5), FALLS[1])) == ["2024-07-07"] * 4
    duty = 'borders = [{{ dest = "US", channel = "parcel", from = 2024-07-{}, ad_valorem = 9.0 }}]'
    assert partings(asked(tmp_path, duty.format(18), duty.format(19))) == ["2024-07-18"] * 4
    assert partings(asked(tmp_path, "days = 12", "days = 20")) == ["2024-07-12"] * 4
    assert partings(asked(tmp_path, FALLS[0], seeds=3)) == [None] * 3


def test_a_trunk_that_is_damaged_or_cannot_be_kept_costs_nothing_but_days(
    tmp_path: Path, days: Counter[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = asked(tmp_path, *FALLS[:2], seeds=1)
    tasks = trunks.shared(read(file))
    folder = tmp_path / "out"
    (folder / trunks.FOLDER).mkdir(parents=True)
    assert tasks[0].trunk is not None
    kept = folder / trunks.FOLDER / f"{tasks[0].trunk.name}.npz"
    kept.write_bytes(b"PK\x03\x04 and no more")
    whole = lived(tasks[0], folder)
    assert kept.stat().st_size > 10_000
    days.clear()
    assert lived(tasks[1], folder) != whole
    assert days[date(2024, 7, 1)] == 0

    def full(path: Path, write: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "put", full)
    kept.unlink()
    days.clear()
    assert lived(tasks[0], folder) == whole
    assert days[date(2024, 7, 1)] == 1
    assert not kept.exists()


def lived(task: Task, folder: Path) -> list[float]:
    """What a pack cost on each day of a run."""
    market = trunks.begun(task.scenario.model_copy(update={"seed": task.seed}), task.trunk, folder)
    market.run(task.scenario.days - max(market.day, 0))
    assert len(market.daily) == task.scenario.days
    return market.daily["landed_price_usd"].fillna(0.0).tolist()


def test_an_interrupted_sweep_goes_on_from_the_trunks_it_has_kept(
    tmp_path: Path, days: Counter[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, out = asked(tmp_path, *FALLS, seeds=1), tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(Market, "run", interrupted_on_the_second_call(Market.run))
        with pytest.raises(KeyboardInterrupt):
            sweep(file, out)
    (kept,) = (out / trunks.FOLDER).iterdir()
    kept.with_name(f".{kept.name}.0123").write_bytes(b"what somebody wrote who was killed")
    days.clear()
    assert sweep(file, out).lived == 2
    assert days[date(2024, 7, 10)] == 0
    assert days[date(2024, 7, 18)] == 2
    assert not (out / trunks.FOLDER).exists()


def interrupted_on_the_second_call(run: Callable[..., Market]) -> Callable[..., Market]:
    calls = count(1)

    def running(market: Market, *args: int) -> Market:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return run(market, *args)

    return running


def test_a_dry_run_tells_how_many_runs_share_their_days(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["sweep", str(asked(tmp_path, *FALLS)), "--dry-run"])
    assert said.exit_code == 0
    assert "6 of them live what they have in common once for each of 2" in said.stdout
    said = CliRunner().invoke(app, ["sweep", str(asked(tmp_path, FALLS[0])), "--dry-run"])
    assert "common" not in said.stdout
