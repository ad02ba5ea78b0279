"""A run is kept whole: its folder, its bytes, what it refuses, and what is left when it is cut short."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from abm.files import put
from abm.model import Market
from abm.scenario import ScenarioError, load
from abm.study import store
from abm.study.run import Run, ended_by_signals, open_run, run
from kernels import threads

ROOT = Path(__file__).resolve().parents[2]
TINY = ROOT / "scenarios" / "tiny.toml"
TABLES = {f"{name}.parquet" for name in ("daily", "firms", "chains", "flows", "deliveries", "lanes")}
KEPT = {"manifest.json", "report.html", *TABLES}
LONG = 36_500


def live(out: Path, **more: Any) -> Run:
    """A small run that takes a second."""
    settings = {"warmup": 3, **more.pop("set", {})}
    return run(TINY, **{"days": 70, "consumers": 300, "out": out, "set": settings, **more})


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return live(tmp_path_factory.mktemp("kept") / "deep" / "run", csv=True)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_run_leaves_its_files_and_no_drafts(kept: Run) -> None:
    assert names(kept.folder) == KEPT | {f"{name}.csv" for name in store.TABLES}


def test_the_manifest_tells_what_the_run_was_and_what_it_took(kept: Run) -> None:
    said = json.loads((kept.folder / "manifest.json").read_text(encoding="utf-8"))
    assert said == kept.manifest
    assert said["complete"] is True
    assert said["days"] == said["days_finished"] == 70
    assert said["seed"] == 1
    settled = load(TINY, set={"warmup": 3, "days": 70, "consumers": 300})
    assert load(said["scenario"]).resolved() == settled.resolved() == kept.scenario.resolved()
    assert len(said["scenario_sha256"]) == len(said["sources_sha256"]) == 64
    assert {"python", "numba", "llvmlite", "numpy", "pyarrow", "mesa", "entrepot"} <= said["versions"].keys()
    assert said["processor"]["family"]
    assert 0 < sum(said["phase_seconds"].values()) < said["wall_seconds"]
    assert said["peak_memory_mib"] > 50


def test_there_is_a_row_per_reported_day_and_each_field_has_a_unit_and_a_sentence(kept: Run) -> None:
    assert kept.daily["day"].tolist() == list(range(70))
    assert [str(day.date()) for day in kept.daily["date"].iloc[[0, 69]]] == ["2024-07-01", "2024-09-08"]
    assert kept.daily["orders"].sum() > 0
    for name, (unit, doc) in kept.units.items():
        assert unit, name
        assert doc.endswith("."), name
        assert "{" not in name + doc


def test_opening_a_run_again_gives_the_same(kept: Run) -> None:
    again = open_run(kept.folder)
    assert again.complete
    assert again.manifest == kept.manifest
    assert again.daily.equals(kept.daily)
    assert again.scenario.consumers == 300
    took = again.deliveries
    assert took["parcels"].sum() == again.daily["delivered"].sum()
    days = (again.daily["delivery_days"].fillna(0) * again.daily["delivered"]).sum()
    assert (took["parcels"] * took["days"]).sum() == pytest.approx(days)
    assert (again.flows["parcels"].sum(), len(again.firms)) == (again.daily["units"].sum(), len(kept.firms))
    assert round(again.flows["value_usd"].sum()) == round(
        (again.daily["landed_value_usd"] * again.daily["units"]).sum()
    )


def test_the_same_seed_gives_the_same_bytes_on_any_number_of_threads(kept: Run, tmp_path: Path) -> None:
    before = threads.using()
    again = live(tmp_path / "again", threads=1, report=False)
    threads.use(before)
    for name in store.TABLES:
        assert (again.folder / f"{name}.parquet").read_bytes() == (kept.folder / f"{name}.parquet").read_bytes()
    other = live(tmp_path / "other", seed=2, report=False)
    assert not other.daily["visits"].equals(kept.daily["visits"])
    assert names(other.folder) == KEPT - {"report.html"}


def test_days_are_read_in_groups_and_no_time_is_in_the_file(kept: Run) -> None:
    said = parquet.ParquetFile(kept.folder / "daily.parquet").metadata
    assert [said.row_group(place).num_rows for place in range(said.num_row_groups)] == [64, 6]
    assert set(said.metadata) == {b"ARROW:schema"}


def test_a_rule_of_the_users_own_is_run_hashed_and_refused_when_asked(kept: Run, tmp_path: Path) -> None:
    rule = "from abm.phases.pricing import CostPlus\n\n\nclass Mine(CostPlus):\n    pass\n"
    (tmp_path / "mine.py").write_text(rule, encoding="utf-8")
    (tmp_path / "world.toml").write_text(f'schema = 1\nextends = "{TINY}"\n', encoding="utf-8")
    own = {"warmup": 1, "firms.store.pricing.rule": "mine:Mine"}
    made = run(tmp_path / "world.toml", days=1, consumers=50, set=own, out=tmp_path / "a", report=False)
    assert made.manifest["sources_sha256"] != kept.manifest["sources_sha256"]
    assert open_run(tmp_path / "a").scenario.firms == made.scenario.firms
    with pytest.raises(ScenarioError, match="switched off"):
        run(tmp_path / "world.toml", days=1, set=own, out=tmp_path / "b", user_code=False)


def test_without_out_the_folder_is_named_by_title_and_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = live(None, days=1, seed=7, set={"title": "Zölle: 25 %, / and *"})  # type: ignore[arg-type]
    assert made.folder == Path("runs/zolle-25-and-seed7")
    assert names(made.folder) == KEPT


@pytest.mark.parametrize(
    ("title", "slug"), [("A b", "a-b"), ("../..", "untitled"), ("中国", "untitled"), ("x" * 99, "x" * 60)]
)
def test_any_title_becomes_the_name_of_one_folder(title: str, slug: str) -> None:
    assert store.slug(title) == slug


def test_a_finished_run_is_refused_and_replaced_when_asked(tmp_path: Path) -> None:
    first = live(tmp_path / "a", days=2, csv=True)
    (first.folder / "notes.txt").write_text("mine", encoding="utf-8")
    before = {path: path.read_bytes() for path in first.folder.iterdir()}
    with pytest.raises(store.FolderError, match="--overwrite"):
        live(tmp_path / "a", days=3)
    assert {path: path.read_bytes() for path in first.folder.iterdir()} == before
    second = live(tmp_path / "a", days=3, overwrite=True, report=False)
    assert len(second.daily) == 3
    assert names(second.folder) == KEPT - {"report.html"} | {"notes.txt"}


@pytest.mark.parametrize("manifest", [None, "{}", "no json", '{"made_by": "another"}', "[1]"])
def test_a_folder_of_others_is_never_touched(manifest: str | None, tmp_path: Path) -> None:
    (tmp_path / "daily.parquet").write_text("precious", encoding="utf-8")
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest, encoding="utf-8")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for overwrite in (False, True):
        with pytest.raises(store.FolderError, match="never touched"):
            live(tmp_path, days=1, overwrite=overwrite)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    with pytest.raises(store.FolderError, match="not the folder of a run"):
        open_run(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.write_text("precious", encoding="utf-8")
    with pytest.raises(store.FolderError, match="is a file"):
        live(path, days=1, overwrite=True)
    assert path.read_text(encoding="utf-8") == "precious"


def test_bad_input_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="dayz"):
        live(tmp_path / "a", set={"dayz": 3})
    assert not names(tmp_path)


def test_a_failure_keeps_the_finished_days_and_says_what_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step: Callable[[Market], None] = Market.step

    def weary(market: Market) -> None:
        if market.day == 2:
            raise ArithmeticError("too tired")
        step(market)

    monkeypatch.setattr(Market, "step", weary)
    with pytest.raises(ArithmeticError, match="too tired") as caught:
        live(tmp_path / "a")
    assert caught.value.__notes__ == [f"2 finished days are in {tmp_path / 'a'}"]
    made = open_run(tmp_path / "a")
    assert not made.complete
    assert made.manifest["message"] == "ArithmeticError: too tired"
    assert "weary" in made.manifest["traceback"]
    assert made.daily["day"].tolist() == [0, 1]
    monkeypatch.undo()
    assert live(tmp_path / "a", days=3, report=False).complete, "what is not finished may be repeated"


@contextmanager
def started(out: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    """A long run in a process of its own, once it has kept days; it never outlives its test."""
    command = [sys.executable, "-c", "from abm.cli import main; main()", "run", str(TINY), "--out", str(out), *more]
    given = ["--days", str(LONG), "--consumers", "50", "--set", "warmup=0"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*command, *given], **pipes, text=True, preexec_fn=listen) as process:
        try:
            until((out / "daily.parquet").exists, process)
            yield process
        finally:
            process.kill()


def listen() -> None:
    """Heed interrupts also where the tests themselves run in the background, which ignores them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def until(what: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for something that a process should do."""
    end = time.monotonic() + 120
    while not what():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_with_130_and_its_finished_days_can_be_read(
    number: signal.Signals, tmp_path: Path
) -> None:
    with started(tmp_path / "a") as process:
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert not out
    made = open_run(tmp_path / "a")
    assert not made.complete
    assert made.manifest["message"] == "interrupted"
    finished = made.manifest["days_finished"]
    assert err == f"interrupted; {finished} finished days are in {tmp_path / 'a'}\n"
    assert made.daily["day"].tolist() == list(range(finished))
    assert finished >= 64
    assert names(made.folder) == {"manifest.json", "daily.parquet"}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interruption_that_python_drops_is_heard_after_the_day() -> None:
    class Ending:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    with ended_by_signals() as heard:
        heard(1, 2)
        Ending()
        with pytest.raises(KeyboardInterrupt):
            heard(2, 2)
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.skipif(not hasattr(os, "kill") or sys.platform == "win32", reason="no such signal")
def test_a_killed_run_leaves_the_days_of_the_last_group_readable(tmp_path: Path) -> None:
    with started(tmp_path / "a") as process:
        process.kill()
        process.communicate(timeout=60)
    made = open_run(tmp_path / "a")
    assert not made.complete
    assert len(made.daily) % 64 == 0
    assert len(made.daily) > 0


def test_a_table_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    store.put_table(path, pa.table({"x": [1]}))
    before = path.read_bytes()

    def broken(draft: Path) -> None:
        draft.write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        put(path, broken)
    assert path.read_bytes() == before
    assert names(tmp_path) == {"a.parquet"}
