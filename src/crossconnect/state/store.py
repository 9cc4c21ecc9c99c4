"""A state on disk: a directory of one Parquet file per table and `state.json`.

    state.json          format_version, world, rows per table
    routes.parquet      one file per table of `TABLES`, empty ones included

Written beside its destination and moved there in one rename, so a reader sees the old state or the new one and
never a part of either.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from crossconnect.errors import BadInput, Permanent
from crossconnect.state.arrow import check_columns, rows_of, table_of
from crossconnect.state.tables import TABLES, State

FORMAT_VERSION = 1
"""Grows when a table's columns change meaning; a reader refuses what it does not know."""

_HEAD = "state.json"
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """`state.json`."""

    format_version: int
    world: str
    rows: dict[str, int]


def write_state(state: State, directory: Path) -> None:
    """Write a state as `directory`, replacing a state that is there.

    BadInput when something else is there or the directory cannot be made, Permanent when writing fails (a full disk):
    nothing is changed then.
    """
    if (
        directory.exists()
        and not (directory / _HEAD).is_file()
        and (not directory.is_dir() or any(directory.iterdir()))
    ):
        raise BadInput(f"{directory} exists and is no state; it is left as it is")
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        draft = directory.with_name(f".{directory.name}.{secrets.token_hex(4)}")
        draft.mkdir()
    except OSError as error:
        raise BadInput(f"cannot write a state to {directory}: {error.strerror}") from error
    try:
        _write_files(state, draft)
        if directory.exists():
            _exchange(draft, directory)
        else:
            draft.rename(directory)
    except OSError as error:
        raise Permanent(f"cannot write a state to {directory}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def read_head(directory: Path) -> Head:
    """What `state.json` says. BadInput when the directory is no state, or one of another format."""
    try:
        head = msgspec.json.decode((directory / _HEAD).read_bytes(), type=Head)
    except FileNotFoundError:
        raise BadInput(f"{directory} is no state: it has no {_HEAD} ('xc state' writes one)") from None
    except (OSError, msgspec.DecodeError) as error:
        raise BadInput(f"{directory / _HEAD} cannot be read: {error}") from error
    if head.format_version != FORMAT_VERSION:
        raise BadInput(
            f"{directory} is a state of format {head.format_version}, this version reads format {FORMAT_VERSION}"
        )
    return head


def read_state(directory: Path) -> State:
    """Read a state back. BadInput when it is none, is damaged, or has another format."""
    head = read_head(directory)
    return State(world=head.world, **{name: _rows(directory, name) for name in TABLES})


def table_path(directory: Path, table: str) -> Path:
    """The Parquet file of one table, whose columns are known to be right. BadInput when they are not."""
    path = directory / f"{table}.parquet"
    try:
        check_columns(table, pq.read_schema(path))
    except (OSError, pa.ArrowException) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
    return path


def _rows(directory: Path, table: str) -> tuple[Any, ...]:
    path = directory / f"{table}.parquet"
    try:
        with pq.ParquetFile(path) as file:
            data = file.read()
    except (OSError, pa.ArrowException) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
    return rows_of(table, data)


def _is_empty(directory: Path) -> bool:
    return directory.is_dir() and not any(directory.iterdir())


def _write_files(state: State, directory: Path) -> None:
    counts: dict[str, int] = {}
    for name in TABLES:
        rows = getattr(state, name)
        counts[name] = len(rows)
        pq.write_table(table_of(name, rows), directory / f"{name}.parquet", compression="zstd")
    head = Head(format_version=FORMAT_VERSION, world=state.world, rows=counts)
    (directory / _HEAD).write_bytes(msgspec.json.format(msgspec.json.encode(head), indent=2) + b"\n")


def _exchange(draft: Path, directory: Path) -> None:
    """Swap two directories in one step (renameat2); `draft` is the old state afterwards.

    Some file systems (NFS, older overlayfs) cannot: there, two renames leave an instant without a state.
    """
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is not None and not rename(
        _AT_FDCWD, os.fsencode(draft), _AT_FDCWD, os.fsencode(directory), _RENAME_EXCHANGE
    ):
        return
    aside = draft.with_name(f"{draft.name}.old")
    directory.rename(aside)
    try:
        draft.rename(directory)
    except OSError:
        aside.rename(directory)
        raise
    aside.rename(draft)
