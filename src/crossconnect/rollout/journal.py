"""The record of carrying out a plan: what was begun, what came of it, by whom.

    {"sha256": HEX, "record": {"number": 1, "previous": sha256 of the plan, "fence": 7, ...}}\n
    {"sha256": HEX, "record": {"number": 2, "previous": sha256 of record 1, ...}}\n
    {"sha25                                      <- torn by a crash: cut off, and said

Pure: octets in, records out. The hash chain shows a line that was changed, lost or put in; whoever can write the file
can also make a new chain, so the hash of its last record belongs where others keep it.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

Kind = Literal["owner", "begin", "done", "failed", "note"]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One line. What is begun is written before it is done, what came of it after."""

    number: int
    """From 1, without gaps."""
    previous: str
    """Hash of the record before; of the plan, for the first."""
    fence: int
    """Fencing token of whoever wrote it: greater with each new owner, so that an old one is known."""
    at: str
    """RFC 3339, UTC, by the writer's clock: for people. Nothing is decided by it."""
    kind: Kind
    """`owner`: somebody has taken the lease. `note`: something worth remembering that changes nothing."""
    action: str = ""
    """Of `begin`, `done`, `failed`: `prepare`, `drain`, `commit`, ..."""
    wave: int = 0
    device: str = ""
    """Empty for what is about a whole wave."""
    detail: str = ""
    """What was found, or why it failed; of `owner`, who."""


class JournalRead(msgspec.Struct, frozen=True, kw_only=True):
    """What a journal holds."""

    records: tuple[Record, ...]
    tip: str
    """Hash that the next record has as `previous`."""
    length: int
    """Octets of whole records; what follows was torn."""
    torn: int
    """Octets after them."""
    problem: str = ""
    """Why it cannot be gone on with; empty when it can."""


class _Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sha256: str
    record: msgspec.Raw


_HEAD = b'{"sha256":"'
"""How each line begins. Nothing that a record says can be that: quotes in it are escaped."""


def line_of(record: Record) -> tuple[bytes, str]:
    """A record as its line, and its hash."""
    octets = msgspec.json.encode(record)
    digest = hashlib.sha256(octets).hexdigest()
    return _HEAD + digest.encode() + b'","record":' + octets + b"}\n", digest


def read_journal(octets: bytes, plan: str) -> JournalRead:
    """The records of a journal of the plan with this hash.

    What a crash has left of the last line, whatever it is, is not a record: it was never durable, so what it announces
    was not begun. Anything wrong before it is a problem.
    """
    records: list[Record] = []
    tip, at = plan, 0
    while at < len(octets):
        end = octets.find(b"\n", at)
        record, digest, problem = (None, "", "cut off") if end < 0 else _record(octets[at:end])
        if record is not None:
            problem = _out_of_place(record, records[-1] if records else None, tip)
        if problem:
            last = end < 0 or end + 1 == len(octets)
            if last and octets.find(_HEAD, at + 1) > 0:
                problem = "two lines have become one"
            elif last and record is None:
                return _read(records, tip, at, len(octets) - at)
            return _read(records, tip, at, len(octets) - at, f"line {len(records) + 1}: {problem}")
        assert record is not None
        records.append(record)
        tip, at = digest, end + 1
    return _read(records, tip, at, 0)


def _read(records: list[Record], tip: str, length: int, torn: int, problem: str = "") -> JournalRead:
    return JournalRead(records=tuple(records), tip=tip, length=length, torn=torn, problem=problem)


def _record(line: bytes) -> tuple[Record | None, str, str]:
    try:
        found = msgspec.json.decode(line, type=_Line)
        digest = hashlib.sha256(bytes(found.record)).hexdigest()
        if digest != found.sha256:
            return None, "", "its hash is not that of what it says"
        return msgspec.json.decode(found.record, type=Record), digest, ""
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return None, "", f"it is no record ({error})"


def _out_of_place(record: Record, before: Record | None, tip: str) -> str:
    number, fence = (before.number, before.fence) if before is not None else (0, 0)
    if record.previous != tip:
        return "it does not follow the line before" if before is not None else "it is of another plan"
    if record.number != number + 1:
        return f"its number is {record.number}, not {number + 1}"
    if record.fence < fence:
        return f"it was written by an owner (fence {record.fence}) whom another one (fence {fence}) had replaced"
    return ""
