"""How a run is kept: in a folder that says whose it is, in tables whose bytes depend on nothing but their rows."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv, parquet

from abm.files import put
from abm.measures import Field

MAKER = "entrepot"
MANIFEST = "manifest.json"
TABLES = ("daily", "firms", "chains", "flows", "lanes", "deliveries")
REPORT = "report.html"
EFFECTS, COMPARED = "effects.csv", "compare.html"
ROWS = 64
"""Rows of a row group: days that are read at once."""
TYPES = {"int": pa.int64(), "float": pa.float64(), "date": pa.date32(), "text": pa.string(), "bool": pa.bool_()}


class FolderError(ValueError):
    """The folder cannot take this run: choose another with --out, or --overwrite what an earlier run left there."""


def slug(title: str) -> str:
    """A title as a name of a folder."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower())[:60].strip("-") or "untitled"


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a folder of ours; None when it is not one."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("made_by") == MAKER else None


def admit(folder: Path, overwrite: bool) -> None:
    """Refuse a folder that holds a finished run, or anything else that we did not make; nothing is touched.

    Raises:
        FolderError: why the run may not go there.
    """
    if not os.path.lexists(folder):
        return
    if not folder.is_dir():
        raise FolderError(f"{folder} is a file; admissible: a folder, new, empty or left by an earlier run")
    if not any(folder.iterdir()):
        return
    manifest = read_manifest(folder)
    if manifest is None:
        raise FolderError(
            f"{folder} holds files that are not of a run, and is never touched; choose another with --out"
        )
    if manifest.get("complete") and not overwrite:
        raise FolderError(f"{folder} holds a finished run; repeat with --overwrite, or choose another with --out")


def clear(folder: Path) -> None:
    """Make the folder, and remove what an earlier run or comparison left in it; files of others stay."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (
        MANIFEST,
        REPORT,
        EFFECTS,
        COMPARED,
        *(f"{table}.{kind}" for table in TABLES for kind in ("parquet", "csv")),
    ):
        (folder / name).unlink(missing_ok=True)


def put_text(path: Path, text: str) -> None:
    """Write a text, whole or not at all."""
    put(path, lambda draft: draft.write_text(text, encoding="utf-8"))


def put_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest."""
    put_text(folder / MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def table(fields: Iterable[Field], rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table whose fields carry their unit and sentence."""
    schema = pa.schema(
        [pa.field(one.name, TYPES[one.kind], metadata={"unit": one.unit, "doc": one.doc}) for one in fields]
    )
    columns = [pa.array([row[one.name] for row in rows], one.type) for one in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def put_table(path: Path, made: pa.Table, as_csv: bool = False) -> None:
    """Write a table as Parquet, and beside it as CSV when asked; the bytes depend on the rows alone."""
    put(
        path,
        lambda draft: parquet.write_table(made, draft, row_group_size=ROWS, compression="zstd", compression_level=3),
    )
    if as_csv:
        put(path.with_suffix(".csv"), lambda draft: csv.write_csv(made, draft))


def get_table(path: Path) -> pa.Table:
    """Read a table."""
    return parquet.read_table(path)


def units(made: pa.Table) -> dict[str, tuple[str, str]]:
    """Unit and sentence of each field of a table."""
    kept = {one.name: one.metadata or {} for one in made.schema}
    return {name: (said.get(b"unit", b"").decode(), said.get(b"doc", b"").decode()) for name, said in kept.items()}
