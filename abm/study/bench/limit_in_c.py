"""The best C for the lane kernel, compiled where there is a compiler, to hold the kernel against."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from abm.study.bench.lanes import SLOTS, Readers, aligned, shares

SOURCE = Path(__file__).with_name("choice_limit.c")
FLAGS = ("-O3", "-march=native", "-shared", "-fPIC")
LANES, TASTES = 32, 6


class NoCompilerError(RuntimeError):
    """There is no C compiler, or it cannot compile for this processor."""


def compiled() -> ctypes.CDLL:
    """The library, compiled into a folder that is gone once it is loaded.

    Raises:
        NoCompilerError: there is no compiler, or the source does not suit the processor.
    """
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NoCompilerError("no compiler")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "choice_limit.so"
        done = subprocess.run([compiler, *FLAGS, "-o", library, SOURCE], capture_output=True, text=True, check=False)
        if done.returncode:
            told = next((line for line in done.stderr.splitlines() if "error" in line), "")
            raise NoCompilerError(f"does not compile here: {told.partition('error')[2].strip(': ')}")
        return ctypes.CDLL(str(library))


def _at(column: NDArray[np.generic]) -> ctypes.c_void_p:
    return ctypes.c_void_p(column.ctypes.data)


class ByC:
    """The C form, with its readers lined up."""

    def __init__(self, of: Readers) -> None:
        self.of, self.code = of, compiled()
        self.lane = of.lanes(LANES, TASTES)
        self.slot = np.empty(len(of.last), np.int32)
        self.running = aligned(np.empty((SLOTS, LANES), np.float32))

    def __call__(self) -> NDArray[np.int32]:
        """The slot that each reader takes."""
        of, whole = self.of, ctypes.c_long
        self.code.choose(
            _at(of.feature), _at(of.seller), whole(SLOTS), whole(len(of.feature)), whole(of.each // LANES),
            ctypes.c_float(float(of.scale)), _at(self.lane), _at(of.last), _at(of.chance), _at(self.slot),
            _at(self.running),
        )  # fmt: skip
        return self.slot

    def shares(self) -> NDArray[np.float32]:
        """The share of each slot for the readers of the last block, float32[slot, reader]."""
        self()
        return shares(self.running)
