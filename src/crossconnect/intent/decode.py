"""From a document's plain value to the records of the model.

The fast way is one conversion by msgspec, which stops at the first mistake. Only where there is one, the slow way
(`mismatch`) walks value and types together, reports everything, and leaves a value that converts.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from crossconnect.finding import Finding, Place, found
from crossconnect.intent import codes
from crossconnect.intent.canonical import canonicalise
from crossconnect.intent.document import Document
from crossconnect.intent.gaps import Gap
from crossconnect.intent.mismatch import repair

T = TypeVar("T")


def decode(document: Document, record: type[T]) -> tuple[T | None, tuple[Gap, ...], tuple[Finding, ...]]:
    """The record that a document holds, what of what was written is not in it, and what is wrong.

    An empty document stands for a record without fields. Parts that are wrong are left out of the record, so that
    what is right can be looked at further; None when nothing is left.
    """
    everything = Gap(record, Place(file=document.file), "")
    if document.broken:
        return None, (everything,), ()
    if document.value is None:
        document.value = {}
    findings, gaps = canonicalise(document, record)
    try:
        return msgspec.convert(document.value, record), tuple(gaps), tuple(findings)
    except msgspec.ValidationError as error:
        reason = str(error)
    kept, mismatches, more = repair(document, record)
    gaps += more
    if not kept:
        missing = gaps if isinstance(document.value, dict) else [*gaps, everything]
        return None, tuple(missing), (*findings, *mismatches)
    try:
        return msgspec.convert(document.value, record), tuple(gaps), (*findings, *mismatches)
    except msgspec.ValidationError:
        # The walk knows less than msgspec: say msgspec's words rather than nothing.
        place = document.place(())
        said = found(codes.VALUE_TYPE, place, f"{document.file}: {reason}")
        return None, (*gaps, everything), (*findings, *mismatches, said)
