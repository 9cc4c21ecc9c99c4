"""Names in DNS (RFC 1035 2.3.1, RFC 2181 11; letters, digits, hyphens and underscores)."""

from __future__ import annotations

import re

from crossconnect.cloud.resource import invalid

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
NAME_MAX = 253


def domain(text: str, field: str) -> str:
    """A domain name in canonical form: lower case, without the last dot."""
    name = text.lower().removesuffix(".") if text.isascii() else text
    if not name.isascii():
        message = f"{text!r} has letters beyond ASCII: write it as DNS has it, `xn--...` (RFC 5891)"
        raise invalid("name.not-ascii", message, field)
    if len(name) > NAME_MAX:
        raise invalid("name.too-long", f"{len(name)} characters; at most {NAME_MAX}", field)
    for label in name.split("."):
        if label == "*":
            raise invalid("name.wildcard", "the resolver knows no wildcards", field)
        if not _LABEL.fullmatch(label):
            message = f"{label!r} is no label: up to 63 letters, digits, hyphens inside, underscores"
            raise invalid("name.malformed", message, field)
    return name
