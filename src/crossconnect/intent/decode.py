"""From a document's plain value to the records of the model.

The fast way is one conversion by msgspec, which stops at the first mistake. Only where there is one, the slow way
(`mismatch`) walks value and types together, reports everything, and leaves a value that converts.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from crossconnect.finding import Finding, found
from crossconnect.intent import codes
from crossconnect.intent.canonical import canonicalise
from crossconnect.intent.document import Document
from crossconnect.intent.mismatch import repair

T = TypeVar("T")


def decode(document: Document, record: type[T]) -> tuple[T | None, bool, tuple[Finding, ...]]:
    """The record that a document holds, whether it is all of what was written, and what is wrong.

    An empty document stands for a record without fields. Parts that are wrong are left out of the record, so that
    what is right can be looked at further; None when nothing is left.
    """
    if document.broken:
        return None, False, ()
    if document.value is None:
        document.value = {}
    findings = canonicalise(document, record)
    try:
        return msgspec.convert(document.value, record), not findings, tuple(findings)
    except msgspec.ValidationError as error:
        reason = str(error)
    kept, mismatches = repair(document, record)
    if not kept:
        return None, False, (*findings, *mismatches)
    try:
        return msgspec.convert(document.value, record), False, (*findings, *mismatches)
    except msgspec.ValidationError:
        # The walk knows less than msgspec: say msgspec's words rather than nothing.
        place = document.place(())
        return None, False, (*findings, *mismatches, found(codes.VALUE_TYPE, place, f"{document.file}: {reason}"))
