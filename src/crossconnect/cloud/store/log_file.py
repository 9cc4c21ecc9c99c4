"""SQLite's write-ahead log, put on the disk by us.

With `synchronous=NORMAL` a commit is in the log when it returns, which the death of any process survives, and SQLite
puts the log on the disk before it copies from it into the database. With `FULL` each commit waits for the disk itself.
Between the two, what a commit means to others can be worked on while the disk writes, as long as whoever asked for the
commit is answered only when it has written (https://www.sqlite.org/wal.html, "Performance Considerations").
"""

from __future__ import annotations

import os
from pathlib import Path


class LogFile:
    """Of one database, which somebody holds open: the log stays where it is meanwhile. Used in one thread."""

    def __init__(self, database: Path) -> None:
        """Nothing is opened yet."""
        self._path = f"{database}-wal"
        self._file = -1
        self._id = (0, 0)

    def sync(self) -> None:
        """Wait until all that is in the log is on the disk. OSError where the disk fails, or the log is not there: it
        is not known then what is on the disk."""
        there = os.stat(self._path)
        if self._file < 0 or (there.st_dev, there.st_ino) != self._id:  # it is made anew when all had closed it
            self.close()
            self._file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
            opened = os.fstat(self._file)
            self._id = (opened.st_dev, opened.st_ino)
        os.fdatasync(self._file)

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
        self._file = -1
