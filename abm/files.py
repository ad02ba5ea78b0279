"""How a file is written: whole and on the disk, or not at all, whatever happens meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4


def put(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write(path)` make a file beside its place, and move it there when the disk has it."""
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        write(draft)
        _to_disk(draft)
        draft.replace(path)
        _to_disk(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    if path.is_dir() and os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
