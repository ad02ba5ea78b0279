"""How finished runs lie in a folder: one file per batch, whole or not there, and one file when they are compacted.

A row is a run and day, or a run when summaries are kept; a failed run is a row with its message and no day. Rows carry
the key of their run, so that a run that was lived twice is there once when rows are read.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from abm.files import put
from abm.measures import Field
from abm.study import store

KIND = "sweep"
WHOLE = "runs.parquet"
PARTS = "part-*.parquet"
VARIED = "vary."
"""What the names of columns begin with that hold what runs set."""
KEYS = (
    Field("key", "name", "A hash of the resolved scenario, the seed and the code.", "text"),
    Field("code", "name", "A hash of the code, the facts and the user's own rules.", "text"),
    Field("seed", "1", "The seed of all chance.", "int"),
    Field("settings", "name", "What the run sets, by dotted key, as JSON.", "text"),
    Field("message", "name", "Why the run failed; nothing when it did not.", "text"),
)
ROWS = 65_536
STALE = 3_600.0
"""Seconds after which a draft belongs to nobody."""


@dataclass(frozen=True)
class Known:
    """What a folder already holds: keys of runs that were lived to the end, and of runs that failed."""

    done: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()


def place(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write(path)` make a file, as `abm.files.put` does.

    Raises:
        OSError: the folder takes nothing; what was there stays.
    """
    try:
        put(path, write)
    except OSError as error:
        why = error.strerror or str(error)
        raise OSError(error.errno or errno.EIO, f"{path} cannot be written: {why}; finished runs are kept") from error


def write_rows(path: Path, rows: pa.Table) -> None:
    """Write rows as Parquet, each page with its checksum; the bytes depend on the rows alone."""
    place(
        path,
        lambda draft: parquet.write_table(
            rows, draft, row_group_size=ROWS, compression="zstd", compression_level=3, write_page_checksum=True
        ),
    )


def put_part(folder: Path, runs: Iterable[pa.Table]) -> None:
    """Write the rows of a batch of runs, under a name made of their keys."""
    rows = joined(runs)
    keys = "".join(sorted(set(rows["key"].to_pylist())))
    name = hashlib.sha256(keys.encode()).hexdigest()[:24]
    write_rows(folder / f"part-{name}.parquet", rows)


def rows_of(keys: Mapping[str, Any], measured: pa.Table) -> pa.Table:
    """The rows of one run: what identifies it before what was measured."""
    before = store.table(KEYS, [keys] * len(measured))
    schema = pa.schema([*before.schema, *measured.schema])
    return pa.Table.from_arrays([*before.columns, *measured.columns], schema=schema)


def failed_row(keys: Mapping[str, Any], message: str) -> pa.Table:
    """The row of a run that failed."""
    return store.table(KEYS, [{**keys, "message": message}])


def joined(tables: Iterable[pa.Table]) -> pa.Table:
    """Tables below each other; what one of them does not have is empty there."""
    return pa.concat_tables(tables, promote_options="default").combine_chunks()


def admit(folder: Path, told: Mapping[str, Any]) -> None:
    """Make the folder of a sweep, or find that it is the one of this sweep.

    Raises:
        FolderError: it holds something else, another sweep, or runs of other code; nothing is touched.
    """
    try:
        if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
            folder.mkdir(parents=True, exist_ok=True)
            text = json.dumps({"made_by": store.MAKER, "kind": KIND, **told}, indent=2, ensure_ascii=False) + "\n"
            place(folder / store.MANIFEST, lambda draft: draft.write_text(text, encoding="utf-8"))
            return
    except OSError as error:
        raise store.FolderError(f"{folder} takes no files: {error.strerror}; choose another with --out") from None
    manifest = manifest_of(folder)
    for name in ("scenario", "keep", "measures", "code", "start"):
        if manifest.get(name) != told[name]:
            what = "runs of other code" if name == "code" else f"a sweep with {name} = {json.dumps(manifest.get(name))}"
            raise store.FolderError(f"{folder} holds {what}, and stays as it is; choose another with --out")
    if not os.access(folder, os.W_OK):
        raise store.FolderError(f"{folder} takes no files: it may only be read; choose another with --out")


def manifest_of(folder: Path) -> dict[str, Any]:
    """What the folder of a sweep says about itself.

    Raises:
        FolderError: it is no folder of a sweep.
    """
    manifest = store.read_manifest(folder) if folder.is_dir() else None
    if manifest is None or manifest.get("kind") != KIND:
        raise store.FolderError(f"{folder} is not the folder of a sweep: it has no {store.MANIFEST} of one")
    return manifest


def files(folder: Path) -> list[Path]:
    """The files of a sweep that hold runs."""
    return sorted([*folder.glob(PARTS), *folder.glob(WHOLE)])


def read(folder: Path, columns: list[str] | None = None) -> pa.Table:
    """All rows of all files, twice where a run is there twice.

    Raises:
        FolderError: every file that cannot be read, or holds what is not of this sweep.
    """
    code, tables, wrong = manifest_of(folder)["code"], [store.table(KEYS, [])], []
    for path in files(folder):
        try:
            rows = parquet.read_table(path, page_checksum_verification=True)
        except (pa.ArrowException, OSError) as error:
            reason = str(error).partition("\n")[0].partition(". ")[0]
            wrong.append(f"{path} cannot be read ({reason}); remove it, and repeat the sweep: its runs come again")
            continue
        if not {one.name for one in KEYS} <= set(rows.column_names):
            wrong.append(f"{path} holds no runs of a sweep; move it elsewhere")
        elif set(rows["code"].unique().to_pylist()) - {code}:
            wrong.append(f"{path} holds runs of other code; move it elsewhere")
        else:
            tables.append(rows.select(columns) if columns else rows)
    if columns:
        tables[0] = tables[0].select(columns)
    if wrong:
        raise store.FolderError("\n".join(wrong))
    return joined(one.drop_columns([name for name in one.column_names if name.startswith(VARIED)]) for one in tables)


def known(folder: Path) -> Known:
    """Which runs are there."""
    rows = read(folder, ["key", "message"])
    pairs = set(zip(rows["key"].to_pylist(), rows["message"].to_pylist(), strict=True))
    done = frozenset(key for key, message in pairs if message is None)
    return Known(done, frozenset(key for key, _ in pairs) - done)


def once(rows: pa.Table) -> pa.Table:
    """Each run once, sorted by key and day: lived where it was both lived and failed; with a column per key varied."""
    names = [one.name for one in KEYS]
    order = [*names, *(["day", "date"] if "day" in rows.column_names else [])]
    rows = rows.select([*order, *sorted(set(rows.column_names) - {*order})])
    by = ["key", *order[len(names) : len(names) + 1]]
    frame = rows.select([*by, "message"]).to_pandas()
    frame["failed"] = frame["message"].notna()
    frame = frame.sort_values(["key", "failed", *by[1:], "message"], kind="stable")
    lived = frame["key"].isin(frame.loc[~frame["failed"], "key"])
    frame = frame[~(lived & frame["failed"])]
    frame = frame.drop_duplicates(subset=[*by, "failed"])
    return _spread(rows.take(pa.array(frame.index.to_numpy())).combine_chunks())


def _spread(rows: pa.Table) -> pa.Table:
    """What runs set, a column per dotted key after the seed."""
    texts = rows["settings"].to_pylist()
    settings = {text: json.loads(text) for text in set(texts)}
    place = rows.column_names.index("settings")
    for key in sorted({key for one in settings.values() for key in one}):
        held = [one[key] for one in settings.values() if key in one]
        kind = _kind(held)
        values = {text: _as(kind, one[key]) if key in one else None for text, one in settings.items()}
        field = pa.field(f"{VARIED}{key}", kind, metadata={"unit": "of the key", "doc": f"What the run sets {key} to."})
        rows = rows.add_column(place, field, pa.array([values[text] for text in texts], kind))
        place += 1
    return rows


def _kind(values: list[Any]) -> pa.DataType:
    kinds = {type(value) for value in values}
    for known_kinds, found in (({bool}, pa.bool_()), ({int}, pa.int64()), ({int, float}, pa.float64())):
        if kinds <= known_kinds:
            return found
    return pa.string()


def _as(kind: pa.DataType, value: Any) -> Any:
    if kind == pa.string():
        return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return float(value) if kind == pa.float64() else value


def compact(folder: Path) -> int:
    """Merge all files into one, sorted by key, whose bytes depend on its runs alone; return how many runs it holds.

    Raises:
        FolderError: what cannot be read; nothing is merged.
    """
    found = files(folder)
    rows = once(read(folder))
    write_rows(folder / WHOLE, rows)
    for path in found:
        if path.name != WHOLE:
            path.unlink(missing_ok=True)
    for draft in folder.glob(".*.parquet.*"):
        if time.time() - draft.stat().st_mtime > STALE:
            draft.unlink(missing_ok=True)
    return len(rows["key"].unique())
