"""On two nodes of a real Slurm sweeps lose nothing and double nothing, whether jobs are killed or their driver."""

import importlib.util
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from abm.cli import app
from abm.study.sweep import array, engines, parts
from abm.study.sweep.drive import Outcome, sweep
from abm.study.sweep.schema import Cluster

HERE = Path(__file__).resolve().parent
SLOWED = HERE.parent / "slowed.py"
spec = importlib.util.spec_from_file_location("sweep_killed", HERE.parent / "long" / "sweep_killed.py")
killing = sys.modules["sweep_killed"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(killing)

NEEDED = ("slurmctld", "slurmd", "munged", "sbatch", "squeue", "scancel", "sinfo")
MISSING = [name for name in NEEDED if not shutil.which(name) and not Path("/usr/sbin", name).exists()]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"no Slurm on this machine, which lacks {', '.join(MISSING)}")
RUNS = 24


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with killing.nodes(tmp_path_factory.mktemp("slurm") / "up"):
        yield


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sweep") / "sweep.toml"
    path.write_text(killing.SWEEP.format(seeds=RUNS // 4), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def undisturbed(file: Path) -> bytes:
    """What a sweep in this process leaves."""
    out = file.parent / "undisturbed"
    assert sweep(file, out) == Outcome(out, lived=RUNS)
    return compacted(out)


def compacted(folder: Path) -> bytes:
    assert parts.compact(folder) == RUNS
    return (folder / parts.WHOLE).read_bytes()


def until(true: Callable[[], object], seconds: float = 300.0) -> None:
    for _ in range(int(seconds / 0.1)):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("it never came")


def of_slurm(*words: str) -> list[str]:
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()


def running() -> list[str]:
    """The jobs that Slurm has begun, those of an array each."""
    return of_slurm("squeue", "-h", "-r", "-t", "R", "-o", "%i")


def waiting() -> list[str]:
    """All jobs that have not ended."""
    return of_slurm("squeue", "-h", "-r", "-o", "%i")


@pytest.mark.usefixtures("slurm")
def test_with_a_job_killed_and_the_driver_killed_every_run_is_there_exactly_once(
    file: Path, undisturbed: bytes
) -> None:
    out = file.parent / "killed"
    words = ["sweep", str(file), "--out", str(out), *killing.NODES.words]
    driver = subprocess.Popen([sys.executable, "-P", str(SLOWED), *words], cwd=file.parent)
    try:
        until(lambda: (len(running()) == 2 and parts.files(out)) or driver.poll() is not None)
        assert len(set(of_slurm("squeue", "-h", "-o", "%N"))) == 2
        killed, there = running()[0], len(parts.files(out))
        killing.cancel(killed)
        until(lambda: (killed not in running() and len(parts.files(out)) > there) or driver.poll() is not None)
        assert driver.poll() is None
    finally:
        driver.kill()
        driver.wait()
    until(lambda: not waiting())  # without their driver jobs end by themselves
    known = parts.known(out)
    assert there < len(known.done) < RUNS
    assert not known.failed
    again = subprocess.run(
        [sys.executable, "-m", "abm.cli", *words], cwd=file.parent, capture_output=True, text=True, check=True
    )
    before = len(known.done)
    assert again.stdout == f"{RUNS - before} runs lived, {before} were there before; kept in {out}\n"
    assert sweep(file, out) == Outcome(out, skipped=RUNS)
    assert compacted(out) == undisturbed


@pytest.mark.usefixtures("slurm")
def test_a_job_array_goes_on_when_a_part_of_it_was_killed(
    file: Path, undisturbed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)  # where Slurm writes what jobs print
    out = file.parent / "array"
    words = ["sweep", str(file), "--out", str(out), "--engine", "array", "--workers", "2"]

    def told() -> str:
        answer = CliRunner().invoke(app, words)
        assert answer.exit_code == 0, answer.stderr
        return answer.stdout

    assert f"lives {RUNS} runs in 2 parts; kept in {out}" in told()
    until(lambda: len(running()) == 2)
    killing.cancel(running()[0])
    until(lambda: not waiting())
    assert len(parts.known(out).done) == RUNS // 2
    assert f"lives {RUNS // 2} runs in 2 parts" in told()
    until(lambda: not waiting())
    assert told() == f"0 runs lived, {RUNS} were there before; kept in {out}\n"
    assert compacted(out) == undisturbed


@pytest.mark.usefixtures("slurm")
def test_what_slurm_refuses_is_told_and_not_waited_for(file: Path) -> None:
    for asked, told in (
        (Cluster(interface="lo", queue="nosuch"), "invalid partition specified: nosuch"),
        (Cluster(interface="lo", memory="900TB"), "Requested node configuration is not available"),
        (Cluster(interface="nosuch"), "'nosuch' is not a valid network interface"),
    ):
        with pytest.raises(engines.EngineError, match=told):
            sweep(file, file.parent / "refused", engine=engines.slurm(asked, 2))
    with pytest.raises(engines.EngineError, match="invalid partition specified: nosuch"):
        array.begun(file, file.parent / "refused", Cluster(queue="nosuch"), 2)
