"""Files and directories put in the place of others in one step: who reads sees the old one or the new one.

    .out.render-x1y2 (new tree, locked while its process lives) <--exchange--> out        then the old tree is removed

A process that is killed leaves a directory whose lock is free; the next run removes it.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
"""renameat2(2)."""
_OLD = ".old"


def replace_file(path: Path, content: bytes) -> None:
    """Write a file in one step. The temporary one has a fixed name, so that one left by a kill is used again; where it
    cannot be written, as on a full disk, nothing is left of it."""
    temporary = path.with_name(f".{path.name}.new")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        # What is written to has no name in the machine's error: a full disk is somewhere.
        raise OSError(error.errno, error.strerror, str(path)) from error


@contextlib.contextmanager
def fresh_directory(directory: Path, purpose: str) -> Iterator[Path]:
    """A new directory beside `directory`, removed at the end with whatever is in it then, also by the next run when
    this one is killed. Puts `directory` back first where a killed run had moved it away."""
    prefix = f".{directory.name}.{purpose}-"
    _recover(directory, prefix)
    fresh, descriptor = _locked(directory.parent, prefix)
    try:
        fresh.chmod(0o755)
        yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        os.close(descriptor)


def exchange(fresh: Path, directory: Path) -> None:
    """Put `fresh` in the place of `directory`, which is then at the place of `fresh`, or nowhere if there was none.

    One step where the file system knows how to exchange two names (ext4, XFS, Btrfs, tmpfs); on others, two renames
    with a moment between them in which `directory` is missing, which the next run repairs after a kill.
    """
    if not directory.exists():
        fresh.rename(directory)
    elif not _exchanged(fresh, directory):
        aside = fresh.with_name(fresh.name + _OLD)
        directory.rename(aside)
        fresh.rename(directory)
        shutil.rmtree(aside, ignore_errors=True)


def _exchanged(a: Path, b: Path) -> bool:
    """Exchange two names at once; False where that is not possible here."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:  # glibc before 2.28
        return False
    if renameat2(_AT_FDCWD, os.fsencode(a), _AT_FDCWD, os.fsencode(b), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL):
        return False
    raise OSError(number, os.strerror(number), str(b))


def _locked(parent: Path, prefix: str) -> tuple[Path, int]:
    """A new directory that is locked as long as this process lives, and the open descriptor."""
    while True:
        fresh = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        try:
            descriptor = os.open(fresh, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue  # another run took it for left over before it was locked
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if fresh.exists():
            return fresh, descriptor
        os.close(descriptor)


def _recover(directory: Path, prefix: str) -> None:
    """Remove what killed runs have left."""
    for left in sorted(directory.parent.glob(f"{prefix}*")):
        try:
            descriptor = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue  # a run that lives
        else:
            if left.name.endswith(_OLD) and not directory.exists():
                left.rename(directory)
            else:
                shutil.rmtree(left, ignore_errors=True)
        finally:
            os.close(descriptor)
