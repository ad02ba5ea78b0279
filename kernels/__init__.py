"""Where the arithmetic is kept once compiled: in a folder named by everything that could change it.

The compiler files a kernel under its own source file and would miss an edit of another that it calls. So the folder
carries the hash of all kernel sources and of the versions that compile them. Its base is ENTREPOT_CACHE, else the cache
folder of the user, else a private folder for temporary files. A folder that the user names in NUMBA_CACHE_DIR is kept.
"""

import hashlib
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

PREFIX = "entrepot-kernels-"
FORGET_AFTER = 30 * 86_400  # seconds without use


def cache_name(sources: Path) -> str:
    """Name the cache of the kernels under `sources`: a hash of their texts and of the versions that compile them."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(sources.rglob("*.py")):
        text = path.read_bytes()
        digest.update(f"{path.relative_to(sources).as_posix()} {len(text)}\n".encode())
        digest.update(text)
    for package in ("numba", "llvmlite", "numpy"):
        digest.update(f"{package} {version(package)}\n".encode())
    digest.update(f"{platform.python_implementation()} {platform.python_version()}".encode())
    return PREFIX + digest.hexdigest()


def cache_bases() -> Iterator[Path]:
    """Yield the folders that may hold caches, the preferred one first."""
    if given := os.environ.get("ENTREPOT_CACHE"):
        yield Path(given).expanduser().absolute()
    xdg = Path(os.environ.get("XDG_CACHE_HOME", ""))
    home = Path(os.environ.get("HOME", ""))
    if xdg.is_absolute():
        yield xdg / "entrepot"
    elif home.is_absolute():
        yield home / ".cache" / "entrepot"
    if hasattr(os, "getuid"):
        shared = Path(tempfile.gettempdir()) / f"entrepot-{os.getuid()}"
        if writable(shared) and shared.stat().st_uid == os.getuid():  # what a cache holds is executed
            yield shared


def writable(folder: Path) -> bool:
    """Make `folder` and tell whether it takes files."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def forget_old_caches(base: Path) -> None:
    """Remove the caches under `base` that nobody has used for `FORGET_AFTER`."""
    for folder in base.glob(PREFIX + "*"):
        try:
            if time.time() - folder.stat().st_mtime > FORGET_AFTER:
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # another process was quicker
            continue


def choose_cache() -> Path:
    """Return the folder for compiled kernels, made if need be and marked as used today."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    if given and not Path(given).name.startswith(PREFIX):  # one that a parent process chose is chosen anew
        return Path(given)
    name = cache_name(Path(__file__).parent)
    for base in cache_bases():
        folder = base / name
        known = folder.is_dir()
        if writable(folder):
            os.utime(folder)
            if not known:
                forget_old_caches(base)
            return folder
    return Path(tempfile.mkdtemp(prefix=PREFIX))


CACHE = choose_cache()
os.environ["NUMBA_CACHE_DIR"] = str(CACHE)
if "numba" in sys.modules:
    sys.modules["numba"].config.CACHE_DIR = str(CACHE)
