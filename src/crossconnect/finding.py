"""Findings: what a reader of intent, a designer or a check has to say, as values.

A pure stage returns `(result, findings)` and reports everything it sees, not only the first mistake.
Each room lists its codes in a tuple `CODES` of its own `codes.py`; the reference page is generated from them.
"""

from __future__ import annotations

import enum

import msgspec


class Severity(enum.Enum):
    """How much a finding weighs: an error stops what follows, a warning does not, a note informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Place(msgspec.Struct, frozen=True, order=True):
    """Where something is said: a position in a file, a path into the model, or both.

    `line` and `column` count from 1; 0 means the file as a whole, or no file at all (`file` is then empty).
    """

    file: str = ""
    line: int = 0
    column: int = 0
    path: str = ""

    def __str__(self) -> str:
        if not self.file:
            return self.path
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Code(msgspec.Struct, frozen=True):
    """A kind of finding: its stable name (`room.what-is-wrong`), default severity, meaning and usual cure."""

    name: str
    severity: Severity
    meaning: str
    hint: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing found. `evidence` holds the state rows that show it, as (table, row as text) pairs."""

    code: str
    severity: Severity
    place: Place
    message: str
    hint: str = ""
    expected: str = ""
    related: tuple[Place, ...] = ()
    evidence: tuple[tuple[str, str], ...] = ()

    def sort_key(self) -> tuple[str, int, int, str, str, str]:
        """Reading order: file, position, path, code, message."""
        p = self.place
        return (p.file, p.line, p.column, p.path, self.code, self.message)


def found(
    code: Code,
    place: Place,
    message: str,
    *,
    hint: str = "",
    expected: str = "",
    related: tuple[Place, ...] = (),
    evidence: tuple[tuple[str, str], ...] = (),
) -> Finding:
    """Make a finding of `code`; the code's own hint serves unless a better one is given."""
    return Finding(
        code=code.name,
        severity=code.severity,
        place=place,
        message=message,
        hint=hint or code.hint,
        expected=expected,
        related=related,
        evidence=evidence,
    )


def has_errors(findings: tuple[Finding, ...] | list[Finding]) -> bool:
    """Whether any finding is an error."""
    return any(f.severity is Severity.ERROR for f in findings)
