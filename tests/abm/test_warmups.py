"""A warm-up that was lived before is not lived again, and nothing that is kept of a run tells the difference."""

import os
from pathlib import Path
from typing import Any

import pytest

from abm.study import warmups
from abm.study.run import Run, run

TINY = Path(__file__).resolve().parents[2] / "scenarios" / "tiny.toml"
LATER = {"name": "scarcity", "day": 3, "scale": {"lanes.haul=sea.capacity": 0.5}}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setenv("ENTREPOT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / warmups.FOLDER


def live(out: Path, **more: Any) -> Run:
    settings = {"warmup": 12, **more.pop("set", {})}
    return run(TINY, **{"days": 8, "consumers": 300, "out": out, "report": False, "set": settings, **more})


def tables(kept: Run) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in kept.folder.glob("*.parquet")}


def from_cache(kept: Run) -> bool:
    return bool(kept.manifest["warmup_from_cache"])


def test_a_second_run_takes_the_warm_up_of_the_first_and_comes_to_the_same_bytes(tmp_path: Path, cache: Path) -> None:
    first = live(tmp_path / "one")
    (file,) = cache.iterdir()
    os.utime(file, (0, 0))
    second, third = live(tmp_path / "two"), live(tmp_path / "three", afresh=True)
    assert [from_cache(kept) for kept in (first, second, third)] == [False, True, False]
    assert tables(first) == tables(second) == tables(third)
    assert list(cache.iterdir()) == [file]
    assert file.stat().st_mtime > 0
    assert second.manifest["phase_seconds"].keys() == first.manifest["phase_seconds"].keys()


def test_what_comes_later_shares_the_warm_up_and_is_lived_as_afresh(tmp_path: Path) -> None:
    plain = live(tmp_path / "plain")
    forked = live(tmp_path / "forked", days=12, set={"shocks": [LATER]})
    assert from_cache(forked)
    assert tables(forked) == tables(live(tmp_path / "afresh", days=12, set={"shocks": [LATER]}, afresh=True))
    assert tables(forked) != tables(plain)


@pytest.mark.parametrize(
    "more",
    [
        {"seed": 2},
        {"consumers": 301},
        {"set": {"demand.theta": 0.02}},
        {"set": {"shocks": [{**LATER, "announced": -1}]}},
    ],
)
def test_another_past_is_lived_from_its_start(more: dict[str, Any], tmp_path: Path, cache: Path) -> None:
    live(tmp_path / "one", seed=1)
    assert not from_cache(live(tmp_path / "other", **{"seed": 1, **more}))
    assert len(list(cache.iterdir())) == 2


@pytest.mark.parametrize("left", [b"", b"no archive", None])
def test_a_damaged_file_is_lived_again_and_replaced(left: bytes | None, tmp_path: Path, cache: Path) -> None:
    first = live(tmp_path / "one")
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] if left is None else left)
    second, third = live(tmp_path / "two"), live(tmp_path / "three")
    assert (from_cache(second), from_cache(third)) == (False, True)
    assert tables(first) == tables(second) == tables(third)


def test_other_code_has_its_own(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live(tmp_path / "one")
    for module in ("abm.study.warmups", "abm.model", "abm.checkpoint"):
        monkeypatch.setattr(f"{module}.sources_sha256", lambda *scenarios: "other")
    assert not from_cache(live(tmp_path / "two"))
    assert len(list(cache.iterdir())) == 2


def test_a_short_warm_up_is_not_kept_and_a_cache_that_cannot_be_written_ends_no_run(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(tmp_path / "short", set={"warmup": warmups.LEAST - 1})
    assert not cache.exists()
    cache.parent.mkdir(exist_ok=True)
    cache.write_text("a file in the place of the folder")
    assert live(tmp_path / "one").complete
    monkeypatch.setattr(warmups, "cache_bases", lambda: iter(()))
    assert live(tmp_path / "two").complete


def test_who_was_not_used_for_longest_leaves_where_there_is_no_room(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(tmp_path / "one", seed=1)
    (first,) = cache.iterdir()
    live(tmp_path / "two", seed=2)
    (second,) = set(cache.iterdir()) - {first}
    os.utime(second, (1, 1))
    os.utime(first, (2, 2))
    monkeypatch.setattr(warmups, "ROOM", int(2.5 * first.stat().st_size))
    live(tmp_path / "three", seed=3)
    assert first.exists()
    assert not second.exists()
    assert len(list(cache.iterdir())) == 2
