"""Sweeps lose nothing and double nothing: resumed, failed, killed, compacted; what a folder may not hold."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import dask
import distributed
import psutil
import pyarrow as pa
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

import abm
from abm.cli import app
from abm.study.store import FolderError
from abm.study.sweep import drive, engines, live, parts
from abm.study.sweep.drive import Outcome, Share, sweep
from abm.study.sweep.plan import Task
from abm.study.sweep.schema import Cluster

ROOT = Path(__file__).resolve().parents[2]
SLOWED = ROOT / "tests" / "slowed.py"
TEXT = f"""
scenario = "{ROOT / "scenarios" / "tiny.toml"}"
seeds = 2
measures = ["orders", "gmv_usd"]
[vary]
days = [2]
warmup = [1]
consumers = [50]
"demand.propensity" = [-2.5, 4.0, 6.0]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sweep.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "sweep.toml").write_text(TEXT, encoding="utf-8")
    assert sweep(folder / "sweep.toml", folder / "out").lived == 6
    return folder / "out"


@pytest.fixture(autouse=True)
def one_run_per_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drive, "FLUSH", 0.0)


def compacted(folder: Path) -> bytes:
    assert parts.compact(folder) == 6
    assert [path.name for path in folder.iterdir() if path.suffix == ".parquet"] == [parts.WHOLE]
    return (folder / parts.WHOLE).read_bytes()


def stopping_after(runs: int) -> engines.Engine:
    """An engine whose driver loses patience."""
    here = engines.here

    def engine(lives: engines.Live, tasks: Any) -> Iterator[live.Status]:
        for done, status in enumerate(here(lives, tasks), 1):
            yield status
            if done == runs:
                raise KeyboardInterrupt

    return engine


def entrepot(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_sweep_is_one_query_away(undisturbed: Path) -> None:
    found = abm.open_sweep(undisturbed)
    assert found.runs["key"].is_unique
    assert found.runs.groupby(["vary.demand.propensity", "seed"]).size().tolist() == [1] * 6
    assert found.runs["message"].isna().all()
    assert found.runs["vary.days"].dtype == "int64"
    assert found.daily.groupby("key")["day"].apply(list).tolist() == [[0, 1]] * 6
    assert found.daily.loc[found.daily["vary.demand.propensity"] > 5.0, "orders"].sum() > 0
    means = found.daily.groupby("key")["gmv_usd"].mean()
    assert found.summary.set_index("key")["gmv_usd"].equals(means)
    assert found.units["gmv_usd"][0] == "USD"


def test_the_days_of_a_run_are_those_of_the_market_alone(undisturbed: Path) -> None:
    rows = abm.open_sweep(undisturbed).daily
    mine = rows[(rows["vary.demand.propensity"] == 4.0) & (rows["seed"] == 2)]
    market = abm.Market("tiny", consumers=50, seed=2, days=2, **{"warmup": 1, "demand.propensity": 4.0})
    assert market.run().daily[["orders", "gmv_usd"]].equals(mine[["orders", "gmv_usd"]].reset_index(drop=True))


def test_an_interrupted_sweep_goes_on_where_it_was_and_compacts_to_the_same_bytes(
    file: Path, tmp_path: Path, undisturbed: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt) as cut:
        sweep(file, out, engine=stopping_after(2))
    assert "finished runs are in" in cut.value.__notes__[0]
    assert len(parts.known(out).done) == 2
    assert parts.compact(out) == 2
    assert sweep(file, out) == Outcome(out, skipped=2, lived=4)
    assert sweep(file, out) == Outcome(out, skipped=6)
    assert compacted(out) == compacted(undisturbed) == compacted(out)


def test_an_array_of_jobs_lives_each_run_once_in_the_same_folder(file: Path, tmp_path: Path, undisturbed: Path) -> None:
    out = tmp_path / "out"
    for k in ("2", "1"):
        found = entrepot("sweep", file, "--out", out, "--array-task", k, "--array-tasks", "2")
        assert found.exit_code == 0, found.stderr
        assert found.stdout == f"3 runs lived; kept in {out}\n"
    assert sweep(file, out, share=Share(2, 2)).lived == 0
    assert compacted(out) == compacted(undisturbed)


def test_runs_that_were_lived_twice_are_there_once(file: Path, tmp_path: Path, undisturbed: Path) -> None:
    out = tmp_path / "out"
    sweep(file, out, engine=stopping_after(9))
    once = parts.read(out)
    parts.write_rows(out / "part-again.parquet", once)
    assert len(parts.read(out)) == 2 * len(once)
    assert len(abm.open_sweep(out).daily) == len(once)
    assert compacted(out) == compacted(undisturbed)


def test_a_failed_run_is_recorded_stops_nothing_and_is_tried_again(
    file: Path, tmp_path: Path, undisturbed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = live._measured

    def failing(task: Task, keeping: live.Keeping) -> pa.Table:
        if task.settings["demand.propensity"] == 4.0:
            raise ArithmeticError(f"no demand under seed {task.seed}")
        return right(task, keeping)

    monkeypatch.setattr(live, "_measured", failing)
    out = tmp_path / "out"
    found = entrepot("sweep", file, "--out", out, "--workers", "1")
    assert found.exit_code == 1
    assert found.stdout == f"4 runs lived; kept in {out}\n"
    assert "seed 2, days = 2, warmup = 1, consumers = 50, demand.propensity = 4.0: ArithmeticError: no" in found.stderr
    assert found.stderr.endswith("2 runs failed; repeat the command to try again\n")
    kept = abm.open_sweep(out)
    assert sorted(kept.runs["message"].dropna()) == [f"ArithmeticError: no demand under seed {n}" for n in (1, 2)]
    assert kept.daily["key"].nunique() == 4
    sweep(file, out)  # it fails the same way
    assert len(abm.open_sweep(out).runs) == 6
    assert parts.compact(out) == 6
    monkeypatch.setattr(live, "_measured", right)
    assert sweep(file, out) == Outcome(out, skipped=4, lived=2)
    assert compacted(out) == compacted(undisturbed)


def test_summaries_are_means_over_the_days(tmp_path: Path, undisturbed: Path) -> None:
    file = tmp_path / "sweep.toml"
    file.write_text('keep = "summary"\n' + TEXT, encoding="utf-8")
    sweep(file, tmp_path / "out")
    found, days = abm.open_sweep(tmp_path / "out"), abm.open_sweep(undisturbed)
    assert found.summary["gmv_usd"].tolist() == days.summary["gmv_usd"].tolist()
    assert found.summary["key"].tolist() == days.summary["key"].tolist()
    with pytest.raises(FolderError, match="keeps summaries"):
        _ = found.daily


def silently_wrong(whole: bytes) -> Iterator[bytes]:
    """The bytes of a table with one bit turned, where only checksums can tell."""
    for at in range(4, len(whole)):
        turned = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        try:
            parquet.read_table(pa.BufferReader(turned))
        except (pa.ArrowException, OSError):
            continue
        try:
            parquet.read_table(pa.BufferReader(turned), page_checksum_verification=True)
        except OSError:
            yield turned


@pytest.mark.parametrize("harm", ["cut", "bits"])
def test_a_corrupt_file_is_named_and_nothing_is_lost(harm: str, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        sweep(file, out, engine=stopping_after(2))
    (one, other) = parts.files(out)
    whole = one.read_bytes()
    one.write_bytes(whole[:-20] if harm == "cut" else next(silently_wrong(whole)))
    found = entrepot("sweep", file, "--out", out, "--workers", "1")
    assert found.exit_code == 2
    assert f"{one} cannot be read" in found.stderr
    assert "remove it, and repeat" in found.stderr
    assert entrepot("compact", out).exit_code == 2
    assert other.is_file()
    one.unlink()
    assert sweep(file, out) == Outcome(out, skipped=1, lived=5)


def test_files_of_others_and_runs_of_other_code_are_named(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        sweep(file, out, engine=stopping_after(1))
    (mine,) = parts.files(out)
    rows = parquet.read_table(mine)
    parquet.write_table(pa.table({"a": [1]}), out / "part-a.parquet")
    other = rows.set_column(rows.column_names.index("code"), "code", pa.array(["older"] * len(rows)))
    parquet.write_table(other, out / "part-b.parquet")
    found = entrepot("sweep", file, "--out", out)
    assert found.exit_code == 2
    assert f"{out / 'part-a.parquet'} holds no runs of a sweep" in found.stderr
    assert f"{out / 'part-b.parquet'} holds runs of other code" in found.stderr


def test_a_folder_of_another_sweep_or_of_other_code_stays_as_it_is(
    file: Path, tmp_path: Path, undisturbed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FolderError, match="is not the folder of a sweep"):
        sweep(file, tmp_path)
    file.write_text('keep = "summary"\n' + TEXT, encoding="utf-8")
    with pytest.raises(FolderError, match='holds a sweep with keep = "daily"'):
        sweep(file, undisturbed)
    file.write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr("abm.study.sweep.plan.sources_sha256", lambda *_: "newer")
    with pytest.raises(FolderError, match="holds runs of other code"):
        sweep(file, undisturbed)


def test_a_folder_that_takes_no_files_is_told(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FolderError, match="takes no files: Not a directory"):
        sweep(file, file / "below")
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        sweep(file, out, engine=stopping_after(1))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(FolderError, match="may only be read"):
        sweep(file, out)


def test_a_full_disk_ends_the_sweep_and_keeps_what_is_finished(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, written = parquet.write_table, []

    def full(rows: pa.Table, path: Path, **more: Any) -> None:
        written.append(path)
        if len(written) == 3:
            path.write_bytes(b"half")
            raise OSError(28, "No space left on device")
        right(rows, path, **more)

    monkeypatch.setattr(parquet, "write_table", full)
    found = entrepot("sweep", file, "--out", tmp_path / "out", "--workers", "1")
    assert found.exit_code == 1
    assert "cannot be written: No space left on device; finished runs are kept" in found.stderr
    assert len(parts.files(tmp_path / "out")) == len(parts.known(tmp_path / "out").done) == 2
    assert not list((tmp_path / "out").glob(".*"))


def test_other_code_at_a_worker_is_a_failure_and_no_result(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_house", lambda: "older")
    outcome = sweep(file, tmp_path / "out")
    assert len(outcome.failed) == 6
    assert "the worker has other code" in outcome.failed[0].message


def test_a_dry_run_counts_and_lives_nothing(file: Path, tmp_path: Path) -> None:
    found = entrepot("sweep", file, "--dry-run", "--out", tmp_path / "out")
    assert found.exit_code == 0
    assert "3 worlds under 2 seeds,\n6 runs" in found.stdout
    assert not (tmp_path / "out").exists()


def test_engines_that_cannot_begin_say_why(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert entrepot("sweep", file, "--engine", "cloud").exit_code == 2
    assert entrepot("sweep", file, "--array-task", "3", "--array-tasks", "2").exit_code == 2
    monkeypatch.setattr(engines, "PATIENCE", 0.5)
    out = tmp_path / "out"
    for words, told in (
        (("--address", "tcp://127.0.0.1:9"), "no scheduler answers at tcp://127.0.0.1:9"),
        (("--engine", "slurm"), "this machine has no sbatch"),
    ):
        monkeypatch.setattr("shutil.which", lambda name: None)
        found = entrepot("sweep", file, "--out", out, *words)
        assert found.exit_code == 1
        assert told in found.stderr
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    assert "pip install 'entrepot[sweep]'" in entrepot("sweep", file, "--out", out).stderr


@pytest.fixture
def taken() -> Iterator[None]:
    """The usual port of a scheduler's page is somebody else's."""
    with ExitStack() as stack:
        with suppress(OSError):  # it is already
            stack.enter_context(socket.create_server(("", 8787)))
        yield


@pytest.mark.usefixtures("taken")
def test_a_job_of_slurm_hands_over_before_its_time_is_up() -> None:
    asked = Cluster(queue="long", walltime="1-00:10:00", directives=["--constraint=fast"])
    with engines.slurm_cluster(asked) as cluster:
        job = cluster.job_script()
    assert re.findall(r"--memory-limit (\S+)", job)[-1] == "0"  # the last one counts
    for words in ("#SBATCH -p long", "#SBATCH -t 1-00:10:00", "#SBATCH --constraint=fast", "--nthreads 1 "):
        assert words in job
    said = dict(re.findall(r"export (DASK_\w+)=(.+)", job))
    assert dask.config.collect(paths=[], env=said)["distributed"] == {
        "worker": {"profile": {"enabled": False}},
        "admin": {"tick": {"interval": "1s"}, "system_monitor": {"interval": "10s"}},
    }
    lifetime, stagger = map(int, re.findall(r"--lifetime(?:-stagger)? (\d+)s", job))
    assert lifetime + stagger < engines.seconds_of(asked.walltime) == 86_400 + 600


def test_workers_here_do_not_watch_what_they_do(monkeypatch: pytest.MonkeyPatch) -> None:
    class BegunError(Exception):
        pass

    def begun(**_: object) -> None:
        raise BegunError(*(dask.config.get(f"distributed.{key}") for key in keys))

    keys = ("worker.profile.enabled", "admin.tick.interval", "admin.system-monitor.interval")
    monkeypatch.setattr("distributed.LocalCluster", begun)
    with pytest.raises(BegunError, match="False, '1s', '10s'"):
        list(engines.local(1)(lambda _: [], [Task("a", {}, 1, abm.load("tiny"))]))


def test_an_interruption_ends_with_its_code(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "here", stopping_after(2))
    found = entrepot("sweep", file, "--out", tmp_path / "out", "--workers", "1")
    assert found.exit_code == 130
    assert found.stderr == f"interrupted; finished runs are in {tmp_path / 'out'}; the same command goes on\n"


def until(true: Any, seconds: float = 120.0) -> None:
    for _ in range(int(seconds / 0.05)):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")


@pytest.mark.usefixtures("taken")
def test_workers_live_all_runs_though_each_batch_ends_early_when_one_has_the_kernels_compiled(
    file: Path, tmp_path: Path, undisturbed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drive, "FLUSH", 0.0)
    submit, handed = distributed.Client.submit, list[tuple[Any, Any]]()

    def told(client: distributed.Client, does: Any, *given: Any, **more: Any) -> Any:
        assert all(future.done() for _, future in handed[:1])
        handed.append((does, submit(client, does, *given, **more)))
        return handed[-1][1]

    monkeypatch.setattr(distributed.Client, "submit", told)
    out = tmp_path / "out"
    assert sweep(file, out, engine=engines.local(1)) == Outcome(out, lived=6)
    assert handed[0][0] is live.warm_up
    assert len(parts.files(out)) == 6
    assert compacted(out) == compacted(undisturbed)


def test_with_a_worker_killed_and_the_driver_killed_every_run_is_there_exactly_once(
    file: Path, tmp_path: Path, undisturbed: Path
) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-P", str(SLOWED), "sweep", str(file), "--out", str(out), "--workers", "2"]
    driver = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE)
    until(lambda: len(parts.files(out)) >= 1 or driver.poll() is not None)
    workers = [one for one in psutil.Process(driver.pid).children() if "--multiprocessing-fork" in one.cmdline()]
    workers[0].send_signal(signal.SIGKILL)
    there = len(parts.files(out))
    until(lambda: len(parts.files(out)) > there or driver.poll() is not None)
    left = psutil.Process(driver.pid).children() if driver.poll() is None else []
    driver.kill()
    driver.communicate()
    until(lambda: not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in left))
    known = parts.known(out)
    assert 0 < len(known.done) < 6
    assert not known.failed
    assert sweep(file, out) == Outcome(out, skipped=len(known.done), lived=6 - len(known.done))
    assert compacted(out) == compacted(undisturbed)
