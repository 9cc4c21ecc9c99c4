"""The files of a region's tree: which there are, what is in them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from crossconnect.finding import Finding, Place, found
from crossconnect.intent import codes
from crossconnect.model.region import ChecksFile, EdgeFile, FabricFile, RegionFile, TenancyFile

KINDS: dict[str, type[RegionFile | FabricFile | TenancyFile | EdgeFile | ChecksFile]] = {
    "region.yaml": RegionFile,
    "fabric": FabricFile,
    "tenancy": TenancyFile,
    "edge": EdgeFile,
    "checks": ChecksFile,
}
"""What the files are, by the first part of their name."""

RESERVED = ("connect", "clusters")
"""Directories of later versions: circuits of private connect, Kubernetes clusters."""
LOCK_FILE = "region.lock"
SUFFIXES = (".yaml", ".yml")
OUTSIDERS = ("README", "LICENSE", "CHANGELOG", "CODEOWNERS", "Makefile")
"""Beginnings of file names at the root that a repository has beside the region, and that nobody needs to be told of."""

FILE_SIZE_MAX = 16 << 20
"""Octets; 50,000 objects take about 5 MiB. Keeps a stray image or database from filling the memory."""
FILES_MAX = 100_000
"""Files of a tree; ten times what a large region in small files has."""


def read_files(root: Path) -> tuple[dict[str, bytes], tuple[Finding, ...]]:
    """The contents of all files of the region at `root`, by name relative to it, and what is odd about the tree.

    Never raises for what is in the tree: what cannot be read is a finding.
    """
    findings: list[Finding] = []
    contents: dict[str, bytes] = {}
    if not (root / "region.yaml").is_file():
        what = "is no directory" if not root.is_dir() else "has no region.yaml"
        message = f"there is no region in {_printable(str(root))}: it {what}"
        return {}, (found(codes.NO_REGION, Place(file="region.yaml"), message, hint=f"Run `xc init {root}`."),)
    names: list[str] = []
    try:
        names += _names(root, findings)
    except OSError as error:
        findings.append(_unreadable(_printable(str(root)), error))
    if len(names) > FILES_MAX:
        message = f"the tree has {len(names)} files, {FILES_MAX} are read"
        return {}, (found(codes.FILE_TOO_LARGE, Place(file="region.yaml"), message, hint="Put more into each file."),)
    for name in sorted(names):
        content = _content(root, name, findings)
        if content is not None:
            contents[_printable(name)] = content
    return contents, tuple(findings)


def _names(root: Path, findings: list[Finding]) -> Iterator[str]:
    """Names of the files to read, reporting what else there is."""
    for entry in sorted(os.scandir(root), key=lambda entry: entry.name):
        name = entry.name
        if name.startswith(".") or name == LOCK_FILE:
            continue
        if name == "region.yaml":
            yield name
        elif name in RESERVED and entry.is_dir():
            message = f"{name}/ is not read by this version"
            findings.append(found(codes.DIRECTORY_RESERVED, Place(file=name), message))
        elif name in KINDS and entry.is_dir():
            yield from _names_below(root, name, findings)
        elif not (entry.is_file() and (name.startswith(OUTSIDERS) or name.endswith(".md"))):
            what = f"{_printable(name)}/ is no directory" if entry.is_dir() else f"{_printable(name)} is no file"
            findings.append(found(codes.FILE_UNKNOWN, Place(file=_printable(name)), f"{what} of a region; not read"))


def _names_below(root: Path, directory: str, findings: list[Finding]) -> Iterator[str]:
    """Names of the YAML files in a directory and those below it; symbolic links to directories are not followed."""
    for path, directories, files in os.walk(
        root / directory, onerror=lambda error: findings.append(_unreadable(directory, error))
    ):
        directories[:] = sorted(d for d in directories if not d.startswith("."))
        for file in sorted(files):
            name = os.path.relpath(os.path.join(path, file), root).replace(os.sep, "/")
            if file.endswith(SUFFIXES) and not file.startswith("."):
                yield name
            elif not file.startswith(".") and not file.endswith(".md"):
                message = f"{_printable(name)} does not end in .yaml; not read"
                findings.append(found(codes.FILE_UNKNOWN, Place(file=_printable(name)), message))


def _content(root: Path, name: str, findings: list[Finding]) -> bytes | None:
    """What is in a file, or None with a finding."""
    try:
        path = root / name
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe or a device would wait forever
            message = f"{_printable(name)} is not a regular file"
            findings.append(found(codes.FILE_UNREADABLE, Place(file=_printable(name)), message, hint="Remove it."))
            return None
        if status.st_size > FILE_SIZE_MAX:
            message = f"{_printable(name)} has {status.st_size} octets, {FILE_SIZE_MAX} are read"
            findings.append(found(codes.FILE_TOO_LARGE, Place(file=_printable(name)), message))
            return None
        return path.read_bytes()
    except OSError as error:
        findings.append(_unreadable(_printable(name), error))
        return None


def _unreadable(name: str, error: OSError) -> Finding:
    return found(codes.FILE_UNREADABLE, Place(file=name), f"{name} cannot be read: {error.strerror or error}")


def _printable(name: str) -> str:
    """A file name that can be printed: octets that are not UTF-8 are replaced."""
    return name.encode("utf-8", "replace").decode("utf-8")
