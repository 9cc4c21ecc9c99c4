"""The walk over a document that makes texts canonical and checks them and numbers, field by field.

It works on plain values, before records are made of them: there, a malformed text still has its place, and a
canonical one is put back without rebuilding anything. What is malformed is taken out, so that everything in a record
is canonical.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple, get_args, get_type_hints

import msgspec

from crossconnect.finding import Finding, found
from crossconnect.intent.document import Document, Keys
from crossconnect.intent.field_kinds import NUMBERS, TEXTS, Limit
from crossconnect.intent.gaps import Gap
from crossconnect.intent.texts import Kind


class _Plan(NamedTuple):
    """What to look at in a mapping that stands for a record."""

    record: type
    texts: tuple[tuple[str, Kind], ...]
    numbers: tuple[tuple[str, Limit], ...]
    records: tuple[tuple[str, _Plan], ...]
    required: frozenset[str]


@functools.cache
def _plan(record: type) -> _Plan:
    nested: list[tuple[str, _Plan]] = []
    for name, hint in get_type_hints(record).items():
        inner = [arg for arg in (hint, *get_args(hint)) if isinstance(arg, type)]
        nested += [(name, _plan(arg)) for arg in inner if issubclass(arg, msgspec.Struct)]
    return _Plan(
        record,
        tuple(TEXTS.get(record, {}).items()),
        tuple(NUMBERS.get(record, {}).items()),
        tuple(nested),
        frozenset(field.name for field in msgspec.structs.fields(record) if field.required),
    )


def canonicalise(document: Document, record: type) -> tuple[list[Finding], list[Gap]]:
    """Make the texts of a document canonical in place; report and take out texts and numbers that are wrong, and
    say where that leaves gaps.

    Values of another type than their field's are passed over; decoding reports them.
    """
    walk = _Walk(document)
    walk.visit(document.value, _plan(record), ())
    for keys in reversed(walk.dropped):
        document.drop(keys)
    return walk.findings, walk.gaps


class _Walk:
    """One walk; `dropped` are items to take out of lists, in document order per list."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings: list[Finding] = []
        self.dropped: list[Keys] = []
        self.gaps: list[Gap] = []

    def visit(self, value: Any, plan: _Plan, at: Keys) -> None:
        """Look at one mapping and those below it."""
        if type(value) is not dict:
            return
        for field, kind in plan.texts:
            text = value.get(field)
            if text is None or (text == "" and field not in plan.required):
                continue
            if type(text) is list:
                for index, item in enumerate(text):
                    if not self.settle(text, index, item, kind, (*at, field)):
                        self.dropped.append((*at, field, index))
                        self.miss(plan, field, at)
            elif not self.settle(value, field, text, kind, at):
                self.miss(plan, field, at)
                if field not in plan.required:
                    del value[field]
        for field, limit in plan.numbers:
            if field in value and not self.check_number(value, field, limit, at, field in plan.required):
                self.miss(plan, field, at)
        for field, inner in plan.records:
            child = value.get(field)
            if type(child) is list:
                for index, item in enumerate(child):
                    self.visit(item, inner, (*at, field, index))
            elif child is not None:
                self.visit(child, inner, (*at, field))

    def miss(self, plan: _Plan, field: str, at: Keys) -> None:
        """Note that a field is not as it was written."""
        self.gaps.append(Gap(plan.record, self.document.place(at), field))

    def settle(self, holder: Any, key: str | int, text: Any, kind: Kind, at: Keys) -> bool:
        """Replace one text in its list or mapping by its canonical form; False, and a finding, when it has none."""
        if type(text) is not str:
            if not (kind.numbers and type(text) is int):
                return True
            self.document.unfolded()
            text = holder[key] = str(text)
        try:
            canonical = kind.canonical(text)
        except ValueError as error:
            place = self.document.place((*at, key))
            self.findings.append(found(kind.code, place, f"{place.path}: {error}", expected=kind.expected))
            return False
        if canonical != text:
            holder[key] = canonical
        return True

    def check_number(self, value: dict[str, Any], field: str, limit: Limit, at: Keys, required: bool) -> bool:
        """Report a number out of its limits (False); it is taken out, or set to the nearest where the record needs
        one."""
        number = value[field]
        if type(number) is not int or (limit.first <= number <= limit.last and number not in limit.excluded):
            return True
        place = self.document.place((*at, field))
        shown = str(number) if len(str(abs(number))) <= 20 else f"a number of {len(str(abs(number)))} digits"
        what = "reserved" if number in limit.excluded else f"not from {limit.first} to {limit.last}"
        reason = f" ({limit.reason})" if limit.reason else ""
        self.findings.append(
            found(
                limit.code,
                place,
                f"{place.path}: {shown} is {what}{reason}",
                expected=f"a whole number from {limit.first} to {limit.last}",
            )
        )
        self.document.unfolded()
        if required:
            value[field] = min(max(number, limit.first), limit.last)
        else:
            del value[field]
        return False
