"""Texts that tenants write: any script, no control characters, not too long.

Control characters end up in logs and on operators' terminals; PostgreSQL stores no NUL, and no lone surrogate is valid
Unicode. Formatting characters that turn the direction of the text around them (UAX #9, explicit formatting) make a line
of a log say something else than it does, and no script needs them in a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from crossconnect.cloud.resource import (
    DESCRIPTION_MAX,
    NAME_MAX,
    TAG_KEY_MAX,
    TAG_VALUE_MAX,
    TAGS_MAX,
    Problem,
    Refused,
)

TEXT_MAX = 255
"""Characters of any other text: an id, an address, a domain name. Beyond the longest domain name nothing has more."""

FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_TOKEN = re.compile(r"[\x21-\x7e]{1,64}", re.ASCII)


def check(body: msgspec.Struct) -> None:
    """Refuse a request's body (422) with all its texts that are not to be stored."""
    problems = list(_problems(msgspec.to_builtins(body), ""))
    if problems:
        raise Refused(422, *problems)


def check_token(token: str) -> None:
    """Refuse a malformed idempotency token (400)."""
    if token and not _TOKEN.fullmatch(token):
        raise Refused(400, Problem("idempotency.malformed", "a token is 1 to 64 printable ASCII characters"))


def _problems(value: object, at: str) -> Iterator[Problem]:
    if isinstance(value, str):
        yield from _text(value, at, _most(at), "text")
    elif isinstance(value, Mapping):
        if at == "/tags":
            yield from _tags(value)
            return
        for key, inner in value.items():
            yield from _text(str(key), at, TEXT_MAX, "the name of a field")
            yield from _problems(inner, f"{at}/{_escaped(str(key))}")
    elif isinstance(value, list | tuple):
        for n, inner in enumerate(value):
            yield from _problems(inner, f"{at}/{n}")


def _tags(tags: Mapping[str, str]) -> Iterator[Problem]:
    if len(tags) > TAGS_MAX:
        yield Problem("tags.too-many", f"{len(tags)} tags; at most {TAGS_MAX}", "/tags")
    for key, value in tags.items():
        at = f"/tags/{_escaped(key)}"
        if not key:
            yield Problem("tags.no-key", "a tag's key is empty", at)
        yield from _text(key, at, TAG_KEY_MAX, "a tag's key")
        yield from _text(value, at, TAG_VALUE_MAX, "a tag's value")


def _text(text: str, at: str, most: int, what: str) -> Iterator[Problem]:
    if len(text) > most:
        yield Problem("text.too-long", f"{what} of {len(text)} characters; at most {most}", at)
    elif found := FORBIDDEN.search(text):
        name = f"U+{ord(found[0]):04X}"
        yield Problem("text.control-character", f"{what} with the character {name}, which is not to be stored", at)


def _most(at: str) -> int:
    return {"/name": NAME_MAX, "/description": DESCRIPTION_MAX}.get(at, TEXT_MAX)


def _escaped(key: str) -> str:
    """A key in a JSON pointer (RFC 6901)."""
    return FORBIDDEN.sub("?", key[:TAG_KEY_MAX]).replace("~", "~0").replace("/", "~1")
