"""A directory of generated files, replaced as a whole: whoever reads sees the old one or the new one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from crossconnect.cli.replacing import exchange, fresh_directory
from crossconnect.errors import BadInput

MARKER = ".crossconnect"
"""A file whose line says which command wrote the directory: only that one may replace it."""


def write_files(directory: Path, files: Mapping[str, str], command: str) -> None:
    """Write files by relative path. BadInput where the directory holds something that `command` has not written."""
    directory = directory.absolute()  # `.` has no name of its own
    if directory.is_symlink() or directory == Path.cwd():
        raise BadInput(f"{directory} cannot be replaced as a whole; choose a directory below it")
    _check(directory, command)
    directory.parent.mkdir(parents=True, exist_ok=True)
    with fresh_directory(directory, "files") as fresh:
        for name, text in {**files, MARKER: f"{command}\n"}.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        exchange(fresh, directory)


def _check(directory: Path, command: str) -> None:
    if not directory.exists():
        return
    if not directory.is_dir():
        raise BadInput(f"{directory} is a file; choose another directory")
    marker = directory / MARKER
    if marker.is_file():
        if marker.read_text(encoding="utf-8", errors="replace").strip() == command:
            return
    elif not any(directory.iterdir()):
        return
    raise BadInput(f"{directory} was not written by '{command}' and is not empty; choose another directory")
