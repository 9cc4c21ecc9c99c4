"""The files of a region's tree: which there are, what is in them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from crossconnect.finding import Finding, Place, found
from crossconnect.intent import codes
from crossconnect.model.region import ChecksFile, EdgeFile, FabricFile, RegionFile, TenancyFile

REGION_FILE = "region.yaml"
LOCK_FILE = "region.lock"
KINDS: dict[str, type[RegionFile | FabricFile | TenancyFile | EdgeFile | ChecksFile]] = {
    REGION_FILE: RegionFile,
    "fabric": FabricFile,
    "tenancy": TenancyFile,
    "edge": EdgeFile,
    "checks": ChecksFile,
}
"""What the files are, by the first part of their name."""

EXTRA = "fabric/extra/"
"""Where extra configuration in the systems' own words is, `<device or role>.<nos>`."""

RESERVED = ("connect", "clusters")
"""Directories of later versions: circuits of private connect, Kubernetes clusters."""
SUFFIXES = (".yaml", ".yml")
OUTSIDERS = (
    "README",
    "LICENSE",
    "NOTICE",
    "CHANGELOG",
    "CODEOWNERS",
    "Makefile",
    "cloud/",
    "cloud.sqlite",
    "docs/",
    "schemas/",
    "out/",
    "plans/",
    "state/",
    "report.html",
)
"""Beginnings of names at the root that a repository has beside the region, and that nobody needs to be told of."""

FILE_SIZE_MAX = 16 << 20
"""Octets; 50,000 objects take about 5 MiB. Keeps a stray image or database from filling the memory."""
FILES_MAX = 100_000
"""Files of a tree; ten times what a large region in small files has."""


def select(names: Iterable[str]) -> tuple[list[str], tuple[Finding, ...]]:
    """Which of a tree's files are read, sorted, and what is odd about the others.

    Names are relative to the root, with `/`; a directory that is not looked into ends in `/`.
    """
    chosen: list[str] = []
    odd: dict[str, Finding] = {}
    for name in names:
        parts = name.split("/")
        top = parts[0]
        if any(part.startswith(".") for part in parts) or name == LOCK_FILE:
            continue
        if name == REGION_FILE or (top in KINDS and len(parts) > 1 and name.endswith(SUFFIXES)):
            chosen.append(name)
        elif top in RESERVED and len(parts) > 1:
            place = Place(file=f"{top}/")
            odd[top] = found(codes.DIRECTORY_RESERVED, place, f"{top}/ is not read by this version")
        elif is_extra(name):
            chosen.append(name)
        elif top in KINDS and len(parts) > 1:
            if not name.endswith((".md", "/")):
                shown = _printable(name)
                odd[name] = found(codes.FILE_UNKNOWN, Place(file=shown), f"{shown} does not end in .yaml; not read")
        elif not name.startswith(OUTSIDERS) and not (len(parts) == 1 and name.endswith(".md")):
            shown = _printable(f"{top}/" if len(parts) > 1 else name)
            odd[shown] = found(codes.FILE_UNKNOWN, Place(file=shown), f"{shown} is no part of a region; not read")
    if len(chosen) > FILES_MAX:
        message = f"the tree has {len(chosen)} files, {FILES_MAX} are read"
        odd[""] = found(codes.FILE_TOO_LARGE, Place(file=REGION_FILE), message, hint="Put more into each file.")
        chosen = []
    return sorted(chosen), tuple(odd.values())


def is_extra(name: str) -> bool:
    """Whether a file is extra configuration, and no part of the model."""
    if not name.startswith(EXTRA):
        return False
    stem, _, nos = name.removeprefix(EXTRA).rpartition(".")
    return bool(stem and nos) and "/" not in stem and nos not in ("yaml", "yml", "md")


def read_files(root: Path) -> tuple[dict[str, bytes], tuple[Finding, ...]]:
    """The contents of all files of the region at `root`, by name relative to it, and what is odd about the tree.

    Never raises for what is in the tree: what cannot be read is a finding.
    """
    shown = _printable(str(root))
    if not root.is_dir() or not (root / REGION_FILE).exists():
        what, hint = f"it has no {REGION_FILE}", f"Run `xc init {shown}`."
        if root.exists() and not root.is_dir():
            what, hint = "it is no directory", f"Name the directory that {REGION_FILE} is in."
        elif not root.is_dir():
            what = "there is no such directory"
        message = f"there is no region in {shown}: {what}"
        return {}, (found(codes.NO_REGION, Place(file=REGION_FILE), message, hint=hint),)
    findings: list[Finding] = []
    names, odd = select(_names(root, findings))
    findings += odd
    contents: dict[str, bytes] = {}
    for name in names:
        content = _content(root, name, findings)
        if content is not None:
            contents[_printable(name)] = content
    return contents, tuple(findings)


def _names(root: Path, findings: list[Finding]) -> Iterator[str]:
    """Names of files below `root`; of directories that are no part of a region only their own. Symbolic links to
    directories are not followed, since they may lead in circles."""

    def unreadable(error: OSError) -> None:
        findings.append(_unreadable(os.path.relpath(error.filename or root, root), error))

    for path, directories, files in os.walk(root, onerror=unreadable):
        below = PurePosixPath(os.path.relpath(path, root))
        if below == PurePosixPath("."):
            yield from (f"{d}/" for d in directories if d not in KINDS)
            directories[:] = [d for d in directories if d in KINDS]
        directories[:] = sorted(d for d in directories if not d.startswith("."))
        for link in [d for d in directories if os.path.islink(os.path.join(path, d))]:
            shown = _printable(str(below / link))
            message = f"{shown} is a symbolic link to a directory, which is not followed"
            hint = "Put the directory itself there."
            findings.append(found(codes.FILE_UNREADABLE, Place(file=shown), message, hint=hint))
        yield from (str(below / file) for file in files)


def _content(root: Path, name: str, findings: list[Finding]) -> bytes | None:
    """What is in a file, or None with a finding."""
    shown = _printable(name)
    try:
        path = root / name
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe or a device would wait forever
            message = f"{shown} is not a regular file"
            findings.append(found(codes.FILE_UNREADABLE, Place(file=shown), message, hint="Remove it."))
            return None
        if status.st_size > FILE_SIZE_MAX:
            message = f"{shown} has {status.st_size} octets, {FILE_SIZE_MAX} are read"
            findings.append(found(codes.FILE_TOO_LARGE, Place(file=shown), message))
            return None
        return path.read_bytes()
    except OSError as error:
        findings.append(_unreadable(name, error))
        return None


def _unreadable(name: str, error: OSError) -> Finding:
    shown = _printable(name)
    return found(codes.FILE_UNREADABLE, Place(file=shown), f"{shown} cannot be read: {error.strerror or error}")


def _printable(name: str) -> str:
    """A file name that can be printed: octets that are not UTF-8 are replaced."""
    return name.encode("utf-8", "replace").decode("utf-8")
