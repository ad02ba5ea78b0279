"""The one decorator, the count of compilations, and a cache that no edit can outlive."""

import json
import os
import runpy
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numba.core import event

import kernels
from kernels import compiled, money
from kernels.compiled import kernel, signatures

SOURCES = Path(kernels.__file__).parent
only_compiled = pytest.mark.skipif(bool(compiled.config.DISABLE_JIT), reason="nothing is compiled")

SAMPLE = """
import json
import numpy as np
from kernels import chance, functions as f, money

x = np.linspace(-20, 20, 41)
floats = [[float(g(v)) for v in x] for g in (f.exp, f.exp2, f.logistic, f.normal_cdf, f.normal_pdf, f.erfc)]
floats += [[float(g(v)) for v in f.exp(3.0) ** x] for g in (f.log, f.log2)]
floats += [[float(f.normal_quantile(u)) for u in (x + 20.5) / 42]]
singles = [[float(f.exp2f(v)) for v in x.astype(np.float32)]]
singles += [[float(f.log2f(v)) for v in np.exp2(x).astype(np.float32)]]
words = np.zeros((300, 4), np.uint32)
chance.words(np.uint64(7), np.arange(300, dtype=np.uint64) << np.uint64(40), np.uint32(1), np.uint32(256), words)
drawn = [[int(w) for w in chance.draw(np.uint64(2**63), np.uint64(i), np.uint32(2), np.uint32(3))] for i in range(3)]
parts = np.zeros(40, np.int64)
claims = np.arange(40, dtype=np.int64) * 2**52
money.proportional(2**60 + 1, claims, np.arange(40, dtype=np.uint64)[::-1].copy(), parts)
small = [int(money.muldiv(a, 7, 16)) for a in range(-9, 9)] + [int(money.half_up(a / 2)) for a in range(-9, 9)]
small += [int(money.to_cents(a, 0.9, 100)) for a in range(-9, 9)]
uniforms = [[float(chance.uniform(w)), float(chance.uniform64(w)), float(chance.normal(w))] for w in words[:9, 0]]
result = {"exact": [words.tolist(), drawn, parts.tolist(), small], "floats": floats + uniforms, "singles": singles}
print(json.dumps(result))
"""


def python(script, folder=SOURCES.parent, **environment):
    kept = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-B", "-c", script],
        cwd=folder,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def checkout(folder):
    """A small copy of the package: one kernel that calls another, in a file of its own."""
    package = folder / "kernels"
    package.mkdir(parents=True)
    for name in ("__init__.py", "compiled.py"):
        shutil.copy(SOURCES / name, package)
    head = "from kernels.compiled import kernel\n\n\n@kernel\n"
    (package / "inner.py").write_text(head + "def factor(x):\n    return 2 * x\n")
    (package / "outer.py").write_text(
        "from kernels.inner import factor\n" + head + "def price(x):\n    return factor(x) + 1\n"
    )
    return package


PRICE = """
import json
import numba
from kernels import CACHE, compiled, outer
seen = []
with compiled.compiling(lambda done, total: seen.append([done, total])):
    price = outer.price(10)
    numba.njit(lambda x: x)(price)  # not a kernel
print(json.dumps([price, seen, str(CACHE)]))
"""


def price(folder, cache):
    return json.loads(python(PRICE, folder, ENTREPOT_CACHE=str(cache)))


@only_compiled
def test_an_edit_of_a_called_kernel_is_never_missed(tmp_path):
    package, cache = checkout(tmp_path / "one"), tmp_path / "cache"
    first, compiled_first, folder = price(package.parent, cache)
    again, compiled_again, same = price(package.parent, cache)
    assert (first, again) == (21, 21)
    assert compiled_first == [[1, 2], [2, 2]]
    assert compiled_again == []
    assert folder == same
    inner = package / "inner.py"
    inner.write_text(inner.read_text().replace("2 * x", "3 * x"))
    edited, compiled_edited, other = price(package.parent, cache)
    assert edited == 31
    assert len(compiled_edited) == 2
    assert other != folder


@only_compiled
def test_checkouts_share_a_base_and_a_read_only_one_is_left_as_it_is(tmp_path):
    one, two, cache = checkout(tmp_path / "one"), checkout(tmp_path / "two"), tmp_path / "cache"
    before = sorted(one.iterdir())
    one.chmod(0o555)
    try:
        found = [price(package.parent, cache) for package in (one, two, one, two)]
    finally:
        one.chmod(0o755)
    assert [answer for answer, _, _ in found] == [21] * 4
    assert [len(seen) for _, seen, _ in found] == [2, 2, 0, 0]
    assert len({folder for _, _, folder in found}) == 1
    assert sorted(one.iterdir()) == before
    assert list(cache.rglob("*.nbi"))


def test_the_cache_is_named_by_every_source_and_version(tmp_path, monkeypatch):
    package = checkout(tmp_path)
    names = [kernels.cache_name(package)]
    assert names == [kernels.cache_name(shutil.copytree(package, tmp_path / "elsewhere"))]
    os.utime(package / "inner.py", (1, 1))
    assert kernels.cache_name(package) == names[0]
    (package / "inner.py").write_text("")
    names.append(kernels.cache_name(package))
    (package / "inner.py").rename(package / "inmost.py")
    names.append(kernels.cache_name(package))
    monkeypatch.setattr(kernels, "version", lambda package: "0.0")
    names.append(kernels.cache_name(package))
    assert len(set(names)) == 4
    assert all(name.startswith(kernels.PREFIX) for name in names)


@pytest.fixture
def nothing_set(monkeypatch, tmp_path):
    for name in ("NUMBA_CACHE_DIR", "ENTREPOT_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(kernels.tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    return monkeypatch


def test_the_cache_stands_where_the_user_says_or_keeps_caches(nothing_set, tmp_path):
    name = kernels.cache_name(SOURCES)
    assert kernels.choose_cache() == tmp_path / "temporary" / f"entrepot-{os.getuid()}" / name
    nothing_set.setenv("HOME", str(tmp_path))
    assert kernels.choose_cache() == tmp_path / ".cache" / "entrepot" / name
    nothing_set.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert kernels.choose_cache() == tmp_path / "xdg" / "entrepot" / name
    nothing_set.setenv("ENTREPOT_CACHE", str(tmp_path / "given"))
    assert kernels.choose_cache() == tmp_path / "given" / name
    nothing_set.setenv("NUMBA_CACHE_DIR", str(tmp_path / "explicit"))
    assert kernels.choose_cache() == tmp_path / "explicit"
    nothing_set.setenv("NUMBA_CACHE_DIR", str(tmp_path / "given" / (kernels.PREFIX + "of a parent")))
    assert kernels.choose_cache() == tmp_path / "given" / name


def test_a_base_that_takes_no_files_is_passed_over(nothing_set, tmp_path):
    (tmp_path / "file").write_text("")
    nothing_set.setenv("ENTREPOT_CACHE", str(tmp_path / "file"))
    nothing_set.setenv("HOME", str(tmp_path / "file"))
    assert kernels.choose_cache().parent == tmp_path / "temporary" / f"entrepot-{os.getuid()}"


def test_a_shared_folder_of_somebody_else_is_not_trusted(nothing_set, tmp_path):
    me = os.getuid()
    nothing_set.setattr(os, "getuid", lambda: me + 1)
    assert kernels.choose_cache().parent == tmp_path / "temporary"


def test_where_nobody_has_a_number_the_folder_is_private(nothing_set, tmp_path):
    nothing_set.delattr(os, "getuid")
    folder = kernels.choose_cache()
    assert folder.parent == tmp_path / "temporary"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_cache_that_vanishes_meanwhile_keeps_no_other_from_being_removed(tmp_path):
    for name in "ac":
        (tmp_path / (kernels.PREFIX + name)).mkdir()
        os.utime(tmp_path / (kernels.PREFIX + name), (1, 1))
    (tmp_path / (kernels.PREFIX + "b")).symlink_to(tmp_path / "gone")
    kernels.forget_old_caches(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [kernels.PREFIX + "b"]


def test_caches_long_unused_are_removed_and_nothing_else(nothing_set, tmp_path):
    old, recent, foreign = (tmp_path / name for name in (kernels.PREFIX + "a", kernels.PREFIX + "b", "c"))
    for folder in (old, recent, foreign):
        folder.mkdir()
    past = time.time() - kernels.FORGET_AFTER - 60
    os.utime(old, (past, past))
    os.utime(foreign, (past, past))
    nothing_set.setenv("ENTREPOT_CACHE", str(tmp_path))
    kernels.choose_cache()
    assert not old.exists()
    assert recent.exists()
    assert foreign.exists()


@pytest.mark.parametrize("imported", [True, False])
def test_a_compiler_already_there_is_told_and_one_that_is_not_reads_the_environment(imported, nothing_set, tmp_path):
    nothing_set.setenv("NUMBA_CACHE_DIR", str(tmp_path / "mine"))
    nothing_set.setattr(compiled.config, "CACHE_DIR", "elsewhere")
    if not imported:
        nothing_set.delitem(sys.modules, "numba")
    assert runpy.run_path(kernels.__file__)["CACHE"] == tmp_path / "mine"
    assert ("numba" in sys.modules) == imported
    assert os.environ["NUMBA_CACHE_DIR"] == str(tmp_path / "mine")
    told = str(tmp_path / "mine") if imported else "elsewhere"
    now = compiled.config.CACHE_DIR
    assert now == told


def test_importing_the_package_does_not_import_the_compiler():
    assert python("import sys, kernels; print('numba' in sys.modules)") == "False\n"


def test_the_cache_is_set_even_when_the_compiler_came_first():
    assert python("import numba, kernels; print(numba.config.CACHE_DIR == str(kernels.CACHE))") == "True\n"


def test_one_decorator_holds_the_options():
    assert money.muldiv in compiled.registered
    for path in SOURCES.rglob("*.py"):
        if path.name != "compiled.py":
            assert "njit" not in path.read_text(), path


@only_compiled
def test_the_options_are_those_that_keep_the_bits():
    options = money.muldiv.targetoptions
    assert options["nogil"]
    assert options["error_model"] == "numpy"
    assert set(options["fastmath"]) == {"contract", "nnan", "ninf", "nsz"}


@kernel
def doubled(x):
    return x + x


@only_compiled
def test_a_second_type_shows_in_the_signatures():
    doubled(2)
    doubled(np.int64(3))
    assert len(signatures(doubled)) == 1
    doubled(2.0)
    assert len(signatures(doubled)) == 2


@only_compiled
def test_interpreted_kernels_agree_with_compiled_ones():
    interpreted = json.loads(python(SAMPLE, NUMBA_DISABLE_JIT="1"))
    result = json.loads(python(SAMPLE))
    assert interpreted["exact"] == result["exact"]
    for ours, theirs in zip(result["floats"], interpreted["floats"], strict=True):
        assert ours == pytest.approx(theirs, rel=2e-14, abs=1e-300)
    for ours, theirs in zip(result["singles"], interpreted["singles"], strict=True):
        assert ours == pytest.approx(theirs, rel=4e-7, abs=2e-7)


def test_what_is_not_compiled_has_no_signatures():
    assert signatures(len) == ()


def test_kernels_compiled_inside_the_block_are_counted_and_other_functions_are_not(monkeypatch):
    monkeypatch.setattr(compiled.config, "DISABLE_JIT", 0)
    monkeypatch.setattr(compiled, "registered", [doubled, money.share])
    seen = []
    with compiled.compiling(lambda done, total: seen.append((done, total))):
        for one in (doubled, len, money.share, doubled):
            event.start_event("numba:compile", {"dispatcher": one})
            event.end_event("numba:compile", {"dispatcher": one})
    event.end_event("numba:compile", {"dispatcher": doubled})
    assert seen == [(1, 2), (2, 2), (3, 3)]


def test_plain_functions_are_never_counted(monkeypatch):
    monkeypatch.setattr(compiled.config, "DISABLE_JIT", 1)
    seen = []
    with compiled.compiling(lambda done, total: seen.append((done, total))):
        event.start_event("numba:compile", {"dispatcher": doubled})
        event.end_event("numba:compile", {"dispatcher": doubled})
    assert seen == []


def test_nothing_is_reported_where_nothing_is_compiled():
    script = """
from kernels.compiled import compiling, kernel

@kernel
def one(x):
    return x

with compiling(lambda done, total: print("compiled")):
    one(1)
"""
    assert python(script, NUMBA_DISABLE_JIT="1") == ""
