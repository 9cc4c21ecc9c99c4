"""Where a value differs from the types of its record: every place, what was expected, and a guess what was meant.

The walk also repairs: what is wrong is taken out of the value as narrowly as the types allow (a field with a default,
an item of a list, the record around), so that the rest can still be read.
"""

from __future__ import annotations

from typing import Any

from msgspec import inspect

from crossconnect.finding import Finding, found
from crossconnect.intent import codes
from crossconnect.intent.document import Document, Keys
from crossconnect.intent.gaps import Gap, home_of
from crossconnect.intent.loader import REFUSED, RefusedKey
from crossconnect.intent.suggestion import nearest
from crossconnect.model.region import ChecksFile, EdgeFile, FabricFile, RegionFile, TenancyFile

_HOME: dict[str, str] = {
    field: place
    for place, record in (
        ("region.yaml", RegionFile),
        ("fabric/*.yaml", FabricFile),
        ("tenancy/*.yaml", TenancyFile),
        ("edge/*.yaml", EdgeFile),
        ("checks/*.yaml", ChecksFile),
    )
    for field in record.__struct_fields__
}
"""Which file a top-level field belongs in."""

SECRET_FIELDS = frozenset({"password", "secret", "authentication_secret", "privacy_secret"})
"""Their values are never repeated in a message: they may be the secret."""

INTEGER_MAX = (1 << 63) - 1
"""What a record's integer holds; every number of a network is far below."""


def repair(document: Document, record: type) -> tuple[bool, list[Finding], list[Gap]]:
    """Report all mismatches and take them out of the document; False when nothing is left that is a `record`."""
    document.unfolded()
    walk = _Walk(document)
    kept = walk.visit(document.value, inspect.type_info(record), ())
    for keys in reversed(walk.dropped):
        document.drop(keys)
    return kept, walk.findings, walk.gaps


class _Walk:
    """One walk over a document; `dropped` are the items to take out of lists, in document order."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings: list[Finding] = []
        self.dropped: list[Keys] = []
        self.gaps: list[Gap] = []

    def visit(self, value: Any, expected: inspect.Type, at: Keys) -> bool:
        """Whether the value can be kept, after repairs inside it."""
        if value is REFUSED:
            return False
        if isinstance(expected, inspect.UnionType):
            if value is None and expected.includes_none:
                return True
            expected = next(t for t in expected.types if not isinstance(t, inspect.NoneType))
        match expected:
            case inspect.StructType():
                return self.visit_record(value, expected, at)
            case inspect.VarTupleType():
                return self.visit_list(value, expected, at)
            case inspect.DictType():
                return self.visit_mapping(value, expected, at)
            case inspect.LiteralType():
                return self.visit_choice(value, expected, at)
            case inspect.BoolType():
                fits = isinstance(value, bool)
            case inspect.IntType():
                fits = type(value) is int and abs(value) <= INTEGER_MAX
            case inspect.FloatType():
                fits = isinstance(value, int | float) and not isinstance(value, bool)
            case inspect.StrType():
                fits = isinstance(value, str)
            case _:
                raise AssertionError(f"the model has a type that reading does not know: {expected}")
        if not fits:
            self.report_type(value, expected, at)
        return fits

    def visit_record(self, value: Any, expected: inspect.StructType, at: Keys) -> bool:
        """A mapping for a record: unknown fields go, a wrong field goes where it has a default."""
        if not isinstance(value, dict):
            self.report_type(value, expected, at)
            return False
        fields = {field.encode_name: field for field in expected.fields}
        kept = True
        for key in [k for k in value if k not in fields or isinstance(k, RefusedKey)]:
            content = value.pop(key)
            self.miss(expected, "" if isinstance(key, RefusedKey) else key, at)
            if not isinstance(key, RefusedKey) and content is not REFUSED:
                self.report_unknown(key, list(fields), at)
        for name, field in fields.items():
            if name in value:
                before = len(self.dropped)
                if not self.visit(value[name], field.type, (*at, name)):
                    del value[name]
                    self.miss(expected, name, at)
                    kept = kept and not field.required
                elif any(keys[:-1] == (*at, name) for keys in self.dropped[before:]):
                    self.miss(expected, name, at)
            elif field.required:
                self.miss(expected, name, at)
                self.report_missing(name, field.type, at)
                kept = False
        return kept

    def miss(self, expected: inspect.StructType, field: str, at: Keys) -> None:
        """Note that a field is not as it was written; one that belongs into another kind of file is missed there."""
        record, known = expected.cls, field in {known.name for known in expected.fields}
        home = home_of(field) if not known and not at else None
        self.gaps.append(Gap(home or record, self.document.place(at), field if known or home else ""))

    def visit_list(self, value: Any, expected: inspect.VarTupleType, at: Keys) -> bool:
        """A list: wrong items go."""
        if not isinstance(value, list):
            self.report_type(value, expected, at)
            return False
        for index, item in enumerate(value):
            inside = len(self.dropped)
            if not self.visit(item, expected.item_type, (*at, index)):
                del self.dropped[inside:]
                self.dropped.append((*at, index))
        return True

    def visit_mapping(self, value: Any, expected: inspect.DictType, at: Keys) -> bool:
        """A mapping of any keys: wrong members go."""
        if not isinstance(value, dict):
            self.report_type(value, expected, at)
            return False
        for key in list(value):
            if isinstance(key, RefusedKey) or not self.visit(value[key], expected.value_type, (*at, key)):
                del value[key]
        return True

    def visit_choice(self, value: Any, expected: inspect.LiteralType, at: Keys) -> bool:
        """One of a few values."""
        if type(value) in (str, int) and value in expected.values:
            return True
        place = self.document.place(at)
        choices = [str(choice) for choice in expected.values if choice != ""]
        self.findings.append(
            found(
                codes.VALUE_CHOICE,
                place,
                f"{place.path}: {shown(value)} is not one of {', '.join(f'`{c}`' for c in choices)}",
                hint=_suggest(str(value), choices),
                expected=" or ".join(choices),
            )
        )
        return False

    def report_type(self, value: Any, expected: inspect.Type, at: Keys) -> None:
        """A value of another type."""
        place = self.document.place(at)
        wanted = described(expected)
        said = "this" if at and at[-1] in SECRET_FIELDS else shown(value)
        self.findings.append(
            found(
                codes.VALUE_TYPE,
                place,
                f"{place.path or self.document.file}: {wanted} is expected, not {said}",
                hint=_cure(value, expected),
                expected=wanted,
            )
        )

    def report_unknown(self, key: str, fields: list[str], at: Keys) -> None:
        """A field that the record does not have."""
        place = self.document.place((*at, key), at_key=True)
        home = _HOME.get(key, "") if not at else ""
        around = "/".join(place.path.split("/")[:-1])
        self.findings.append(
            found(
                codes.FIELD_UNKNOWN,
                place,
                f"`{key}` is not a field of {around or self.document.file}",
                hint=f"`{key}` belongs in {home}." if home else _suggest(key, fields),
                expected=" or ".join(sorted(fields)),
            )
        )

    def report_missing(self, name: str, expected: inspect.Type, at: Keys) -> None:
        """A required field that is not there."""
        place = self.document.place(at)
        self.findings.append(
            found(
                codes.FIELD_MISSING,
                place,
                f"`{name}` is missing in {place.path or self.document.file}",
                hint=f"Add `{name}:` with {described(expected)}.",
                expected=described(expected),
            )
        )


def described(expected: inspect.Type) -> str:
    """A type in words."""
    match expected:
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            return "a whole number"
        case inspect.FloatType():
            return "a number"
        case inspect.DictType():
            return "a mapping"
        case inspect.StrType():
            return "text"
        case inspect.LiteralType():
            return "one of " + ", ".join(f"`{v}`" for v in expected.values if v != "")
        case inspect.VarTupleType():
            return "a list"
        case inspect.StructType():
            required = [f.encode_name for f in expected.fields if f.required]
            return "a mapping" + (f" with {', '.join(f'`{r}`' for r in required)}" if required else "")
        case inspect.UnionType():
            return described(next(t for t in expected.types if not isinstance(t, inspect.NoneType)))
        case _:
            return "another value"


def shown(value: Any) -> str:
    """A value in words, short."""
    match value:
        case None:
            return "nothing (null)"
        case bool():
            return f"`{str(value).lower()}`"
        case int() | float():
            return f"the number {value}" if len(str(value)) <= 40 else "a number of that size"
        case str():
            return f'the text "{value}"' if len(value) <= 60 else f'the text "{value[:57]}..."'
        case list():
            return "a list"
        case _:
            return "a mapping"


def _cure(value: Any, expected: inspect.Type) -> str:
    """What to do about a value of another type."""
    match value, expected:
        case None, inspect.VarTupleType():
            return "Remove the field, or write [] for an empty list."
        case None, _:
            return "Remove the field, or give it a value."
        case str(), inspect.IntType() | inspect.FloatType() if value.strip().isdigit():
            return f"Write {value.strip()} without quotes."
        case str(), inspect.BoolType() if value.lower() in ("yes", "on", "y", "no", "off", "n", "true", "false"):
            return f"Write {'true' if value.lower() in ('yes', 'on', 'y', 'true') else 'false'}."
        case bool() | int() | float(), inspect.StrType():
            return "Put it in quotes."
        case str() | int() | float() | dict(), inspect.VarTupleType():
            return "Write a list: each item on a line of its own behind `- `, or all of them in [ ]."
        case list(), inspect.StrType() | inspect.IntType() | inspect.FloatType() | inspect.BoolType():
            return "Give one value, without `- ` or [ ]."
        case _:
            return f"Give {described(expected)}."


def _suggest(written: str, known: list[str]) -> str:
    """Did you mean?"""
    near = nearest(written, known)
    return f"Did you mean `{near}`?" if near else f"Use one of: {', '.join(sorted(known))}."
