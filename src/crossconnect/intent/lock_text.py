"""The text of `region.lock`: YAML with one number per line, sorted, so that a review sees what changed.

A checksum over the numbers tells an edit by hand from what `xc` wrote: a number changed there would be configured, and
could cut off whoever holds it. The checksum covers the numbers, not comments or layout.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from crossconnect.errors import Permanent
from crossconnect.finding import Finding, Place, found
from crossconnect.intent import codes
from crossconnect.intent.document import Document
from crossconnect.intent.files import FILE_SIZE_MAX, LOCK_FILE
from crossconnect.intent.loader import load
from crossconnect.intent.lock import Lock
from crossconnect.net.order import natural_key

FORMAT = 1
_HEADER = """\
# Every number that xc allocated for this region. Written by `xc lock`, reviewed and committed with the change that
# caused it, never edited by hand. After a merge conflict take either side whole and run `xc lock`.
"""
_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._/#:-]*[A-Za-z0-9_/])?")
"""Text that needs no quotes where every scalar is read as text (there is no blank in it, so neither `: ` nor ` #`)."""
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What JSON leaves as it is in quotes, but YAML refuses or takes for a line break (YAML 1.2.2 5.1)."""


def checksum(lock: Lock) -> str:
    """SHA-256 over the serial, the numbers and the resting numbers, in canonical order."""
    content = (
        FORMAT,
        lock.serial,
        [(pool, sorted(numbers.items())) for pool, numbers in sorted(lock.numbers.items())],
        [(pool, sorted(values.items())) for pool, values in sorted(lock.resting.items())],
    )
    return "sha256:" + hashlib.sha256(msgspec.json.encode(content)).hexdigest()


def lock_text(lock: Lock) -> str:
    """The lock as the content of `region.lock`. Pools and keys are in natural order."""
    lines = [_HEADER, f"format: {FORMAT}\n", f"serial: {lock.serial}\n", f"checksum: {checksum(lock)}\n"]
    _section(lines, "numbers", lock.numbers)
    _section(lines, "resting", lock.resting)
    return "".join(lines)


def _section(lines: list[str], name: str, pools: Mapping[str, Mapping[str, object]]) -> None:
    lines.append(f"\n{name}:\n" if pools else f"\n{name}: {{}}\n")
    for pool in sorted(pools, key=natural_key):
        entries = pools[pool]
        lines.append(f"  {_scalar(pool)}:\n" if entries else f"  {_scalar(pool)}: {{}}\n")
        lines += [f"    {_scalar(key)}: {_scalar(str(entries[key]))}\n" for key in sorted(entries, key=natural_key)]


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", msgspec.json.encode(text).decode())


def parse_lock(text: str) -> tuple[Lock | None, tuple[Finding, ...]]:
    """The lock that a text holds. None with a finding when it is malformed, or is not what `xc` wrote."""
    document, findings = load(LOCK_FILE, text, text_only=True)
    if findings:
        # What is wrong with the YAML is said, but the cure is not to mend it.
        return None, tuple(msgspec.structs.replace(f, code=codes.LOCK_MALFORMED.name, hint=_hint(f)) for f in findings)
    lock = _decoded(document)
    if lock is None:
        place, words, hint = Place(file=LOCK_FILE, line=1, column=1), f"{LOCK_FILE} is not what `xc lock` writes", ""
        format_ = document.value.get("format") if isinstance(document.value, dict) else None
        if isinstance(format_, str) and format_ != str(FORMAT):
            place = document.place(("format",))
            words = f"{LOCK_FILE} has format `{format_}`; this version of xc reads format {FORMAT}"
            hint = "Use the version of xc that wrote it, or a newer one."
        return None, (found(codes.LOCK_MALFORMED, place, words, hint=hint),)
    if (written := document.value["checksum"]) != checksum(lock):
        place = document.place(("checksum",))
        words = (
            f"{LOCK_FILE} was changed by hand: its checksum is {written[:15]}..., its numbers' {checksum(lock)[:15]}..."
        )
        return None, (found(codes.LOCK_EDITED, place, words),)
    return lock, ()


def _hint(finding: Finding) -> str:
    return codes.LOCK_CONFLICTED_HINT if "merge conflict" in finding.message else codes.LOCK_MALFORMED.hint


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The mapping of `region.lock`."""

    format: str
    serial: str
    checksum: str
    numbers: dict[str, dict[str, str]]
    resting: dict[str, dict[str, str]]


def _decoded(document: Document) -> Lock | None:
    """The lock of a document whose scalars are text; None when it is none."""
    try:
        file = msgspec.convert(document.value, _File)
        if file.format != str(FORMAT) or not file.serial.isascii():
            return None
        resting = {pool: {value: int(serial) for value, serial in of.items()} for pool, of in file.resting.items()}
        return Lock(serial=int(file.serial), numbers=file.numbers, resting=resting)
    except (msgspec.ValidationError, ValueError):
        return None


def read_lock(root: Path) -> tuple[Lock | None, tuple[Finding, ...]]:
    """The lock of the region at `root`; None without a finding when there is none yet."""
    path = root / LOCK_FILE
    place = Place(file=LOCK_FILE)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > FILE_SIZE_MAX:  # a pipe or a device never ends
            words = f"{LOCK_FILE} is not a regular file of at most {FILE_SIZE_MAX} octets"
            return None, (found(codes.FILE_UNREADABLE, place, words, hint=codes.LOCK_MALFORMED.hint),)
        return parse_lock(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return None, ()
    except UnicodeDecodeError:
        return None, (found(codes.LOCK_MALFORMED, place, f"{LOCK_FILE} is not UTF-8"),)
    except OSError as error:
        words = f"{LOCK_FILE} cannot be read: {error.strerror or error}"
        return None, (found(codes.FILE_UNREADABLE, place, words),)


def write_lock(root: Path, lock: Lock) -> None:
    """Write `region.lock` in one step: whoever reads sees the old file or the new one, also after a crash.

    Raises Permanent when the directory cannot be written.
    """
    path = root / LOCK_FILE
    temporary = ""
    try:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        handle, temporary = tempfile.mkstemp(prefix=f".{LOCK_FILE}.", dir=root)
        with os.fdopen(handle, "wb") as file:
            file.write(lock_text(lock).encode())
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(temporary, path)
        directory = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)  # the rename itself
        finally:
            os.close(directory)
    except OSError as error:
        raise Permanent(f"could not write {path}") from error
    finally:
        if temporary:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
