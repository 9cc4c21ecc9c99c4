"""What clients say: attributes of Neutron's resources, read one by one, and refused where they cannot be done."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from crossconnect.cloud.neutron.errors import bad
from crossconnect.cloud.neutron.ids import Face, id_of

Attributes = Mapping[str, Any]
BASE_URL = "x-base-url"
"""Header in which the dialect says where a client has reached us."""
BULK_MAX = 500
"""Resources in one request."""


def parsed(body: bytes, singular: str, plural: str) -> tuple[Sequence[Attributes], bool]:
    """(what to create or change, whether it is a list of them)."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise bad("the body is not JSON") from None
    if not isinstance(document, dict):
        raise bad(f"the body is an object with {singular!r}")
    document = cast("dict[str, Any]", document)
    if isinstance(one := document.get(singular), dict):
        return [cast("Attributes", one)], False
    many = document.get(plural)
    if isinstance(many, list) and many and all(isinstance(item, dict) for item in cast("list[Any]", many)):
        if len(cast("list[Any]", many)) > BULK_MAX:
            raise bad(f"at most {BULK_MAX} {plural} in one request")
        return cast("Sequence[Attributes]", many), True
    raise bad(f"the body is an object with {singular!r}")


def plain(body: bytes) -> Attributes:
    """A body that is an object."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise bad("the body is not JSON") from None
    if not isinstance(document, dict):
        raise bad("the body is an object")
    return cast("Attributes", document)


def revision_of(headers: Mapping[str, str]) -> int | None:
    """The revision that a change is to find, as `If-Match: revision_number=7` says it; none: whichever."""
    text = headers.get("if-match", "").strip()
    if not text:
        return None
    number = text.removeprefix("revision_number=")
    if number == text or not number.isascii() or not number.isdigit() or len(number) > 18:
        raise bad(f"If-Match is revision_number= and a number, not {text[:40]!r}")
    return int(number)


class Reader:
    """Reads the attributes of one resource; what has not been read at the end is refused."""

    def __init__(self, attributes: Attributes, project_id: str) -> None:
        """`project_id` is the caller's: a request may say it, and no other."""
        self._attributes = attributes
        self._read = {"project_id", "tenant_id"}
        for name in ("project_id", "tenant_id"):
            given = attributes.get(name)
            if given not in (None, "", project_id):
                raise bad(f"{name} is another project; the credential is for {project_id}", name)

    def __contains__(self, name: str) -> bool:
        """Whether it is said, and not as null."""
        return self._attributes.get(name) is not None

    def said(self, name: str) -> bool:
        """Whether it is said, null included."""
        self._read.add(name)
        return name in self._attributes

    def text(self, name: str, default: str = "") -> str:
        """A text; null is the default."""
        value = self._value(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self._wrong(name, "a text is expected")
        return value

    def required(self, name: str) -> str:
        """A text that has to be there; in Neutron's words where it is not."""
        value = self.text(name)
        if not value:
            raise bad(f"Failed to parse request. Required attribute '{name}' not specified", name)
        return value

    def flag(self, name: str, default: bool) -> bool:
        """A truth value, in JSON or as Python writes it."""
        value = self._value(name)
        if value is None:
            return default
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false is expected")
        return value

    def number(self, name: str) -> int | None:
        """An integer, in JSON or as text."""
        value = self._value(name)
        if value is None or value == "":
            return None
        if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit() and len(value) < 20:
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(name, "a number is expected")
        return value

    def word(self, name: str) -> str:
        """A text, or a number as text; empty where it is not said."""
        value = self._value(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return self.text(name)

    def texts(self, name: str) -> tuple[str, ...] | None:
        """A list of texts; none where it is not said."""
        value = self._value(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in cast("list[Any]", value)):
            raise self._wrong(name, "a list of texts is expected")
        return tuple(cast("list[str]", value))

    def objects(self, name: str, allowed: Collection[str]) -> tuple[Mapping[str, str], ...] | None:
        """A list of objects whose members are texts; none where it is not said."""
        value = self._value(name)
        if value is None:
            return None
        if not isinstance(value, list):
            raise self._wrong(name, "a list of objects is expected")
        found: list[Mapping[str, str]] = []
        for item in cast("list[Any]", value):
            if not isinstance(item, dict):
                raise self._wrong(name, "a list of objects is expected")
            members = {key: text for key, text in cast("dict[str, Any]", item).items() if text is not None}
            if unknown := [key for key in members if key not in allowed]:
                raise self._wrong(name, f"{unknown[0]!r} is not known there")
            if not all(isinstance(text, str) for text in members.values()):
                raise self._wrong(name, "members are texts")
            found.append(cast("dict[str, str]", members))
        return tuple(found)

    def object(self, name: str) -> Attributes | None:
        """An object; none where it is not said, or null or empty."""
        value = self._value(name)
        if value is None or value == {}:
            return None
        if not isinstance(value, dict):
            raise self._wrong(name, "an object is expected")
        return cast("Attributes", value)

    def id(self, name: str, face: Face) -> str:
        """The id of ours behind a UUID; empty where it is not said."""
        value = self.text(name)
        return _behind(face, value, name) if value else ""

    def ids(self, name: str, face: Face) -> tuple[str, ...] | None:
        """The ids behind a list of UUIDs."""
        values = self.texts(name)
        return None if values is None else tuple(_behind(face, value, name) for value in values)

    def only(self, name: str, *values: object, why: str) -> None:
        """An attribute that may be said only as it is anyway."""
        value = self._value(name)
        if value is not None and value not in values:
            shown = json.dumps(value)[:80]
            raise bad(f"{name}={shown} is not possible: {why}", name)

    def end(self) -> None:
        """Refuse what has not been read."""
        if unknown := [name for name in self._attributes if name not in self._read]:
            raise bad(f"Unrecognized attribute(s) {', '.join(repr(name[:64]) for name in unknown[:10])}")

    def _value(self, name: str) -> Any:
        self._read.add(name)
        return self._attributes.get(name)

    @staticmethod
    def _wrong(name: str, reason: str) -> Exception:
        return bad(f"Invalid input for {name}. Reason: {reason}.", name)


def _behind(face: Face, uuid: str, name: str) -> str:
    """The id, or one that nothing has: a UUID that we have not made names nothing."""
    found = id_of(face, uuid)
    if not found:
        raise bad(f"{name}: {uuid[:64]} could not be found", name)
    return found
