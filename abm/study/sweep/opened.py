"""A sweep in its folder, as tables that are read when they are first asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from abm.study import store
from abm.study.sweep import parts

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

INDEX = ("day", "date")


@dataclass
class OpenSweep:
    """The runs of a sweep, compacted or not, each of them once."""

    folder: Path
    manifest: dict[str, Any] = field(repr=False)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """A row per run: its key, seed, what it sets, and why it failed if it did."""
        names = [name for name in self._identity if name not in ("code", "settings")]
        found: pd.DataFrame = self._rows.select(names).to_pandas()
        return found.drop_duplicates("key").reset_index(drop=True)

    @cached_property
    def daily(self) -> pd.DataFrame:
        """A row per run and day.

        Raises:
            FolderError: the sweep kept summaries only.
        """
        if self.manifest["keep"] != "daily":
            raise store.FolderError(f"{self.folder} keeps summaries: ask for summary, or sweep with keep = daily")
        return self._measured

    @cached_property
    def summary(self) -> pd.DataFrame:
        """A row per run: the mean of each measure over the days that have it."""
        if self.manifest["keep"] == "summary":
            return self._measured
        rows = self._measured.drop(columns=[*INDEX])
        by = [name for name in self._identity if name in rows]
        means = rows.groupby("key", sort=False)[[name for name in rows if name not in by]].mean()
        found: pd.DataFrame = rows[by].drop_duplicates("key").merge(means.reset_index(), on="key")
        return found

    @cached_property
    def units(self) -> dict[str, tuple[str, str]]:
        """Unit and sentence of each column."""
        return store.units(self._rows)

    @cached_property
    def _rows(self) -> pa.Table:
        return parts.once(parts.read(self.folder))

    @property
    def _identity(self) -> list[str]:
        known = {one.name for one in parts.KEYS}
        return [name for name in self._rows.column_names if name in known or name.startswith(parts.VARIED)]

    @property
    def _measured(self) -> pd.DataFrame:
        import pyarrow.compute as pc

        rows = self._rows.filter(pc.is_null(self._rows["message"]))
        found: pd.DataFrame = rows.drop_columns(["code", "settings", "message"]).to_pandas(date_as_object=False)
        return found


def open_sweep(folder: str | os.PathLike[str]) -> OpenSweep:
    """Open a sweep that was kept, whether it is finished or not.

    Raises:
        FolderError: it is no folder of a sweep.
    """
    return OpenSweep(Path(folder), parts.manifest_of(Path(folder)))
