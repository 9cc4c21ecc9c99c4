"""ETags and conditional requests (RFC 9110, sections 8.8 and 13).

A resource's ETag is its revision, `"17"`. While the change is not realised the resource looks different with the same
revision, so that the state stands behind it, `"17.pending"`: caches then see it become available. For `If-Match` only
the revision counts: nobody has changed the resource.
"""

from __future__ import annotations

import hashlib
import re

from crossconnect.cloud.api.problem import Denied
from crossconnect.cloud.api.problems import HEADER_MALFORMED
from crossconnect.cloud.service import Document
from crossconnect.cloud.service.presenting import PRESENTED

ETAGS_MAX = 20
_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_LIST = re.compile(rf"[ \t,]*(?:{_TAG.pattern})(?:[ \t]*,[ \t,]*{_TAG.pattern})*[ \t,]*")
"""Its members may be empty (RFC 9110, section 5.6.1)."""
_REVISION = re.compile(r"([0-9]{1,18})(?:\.[a-z]+)?", re.ASCII)


def etag(document: Document) -> str:
    """The ETag of a resource as it is now. A route table is shown with what follows from others (a target that is gone
    makes a black hole of a route), at the same revision: letters for all that is shown stand behind it."""
    if document.kind in PRESENTED:
        return tag(document.revision, letters(document.raw))
    return tag(document.revision, "" if document.state == "available" else document.state)


def letters(shown: bytes) -> str:
    """What is shown as a few letters, for what changes without a revision."""
    digest = hashlib.sha256(shown).digest()[:6]
    return "".join(chr(ord("a") + nibble) for octet in digest for nibble in divmod(octet, 16))


def tag(revision: int, more: str = "") -> str:
    """The ETag of a revision, with letters for what may look different with the same one."""
    return f'"{revision}.{more}"' if more else f'"{revision}"'


def _tags(name: str, header: str) -> list[tuple[bool, str]]:
    """(weak, text) of each tag of a header."""
    if not _LIST.fullmatch(header):
        raise Denied(HEADER_MALFORMED, f'{name} is * or a list of ETags in quotes, as in "17"')
    tags = [(bool(weak), text) for weak, text in _TAG.findall(header)]
    if len(tags) > ETAGS_MAX:
        raise Denied(HEADER_MALFORMED, f"{name} has {len(tags)} ETags; at most {ETAGS_MAX}")
    return tags


def revisions(header: str) -> list[int] | None:
    """The revisions that `If-Match` lets pass; None: whatever. Weak tags never match (RFC 9110, section 13.1.1)."""
    if header.strip() in ("", "*"):
        return None
    return [
        int(found[1])
        for weak, text in _tags("If-Match", header)
        if not weak and (found := _REVISION.fullmatch(text)) is not None
    ]


def expect_tags(name: str, header: str) -> None:
    """Denied where a header is neither empty nor `*` nor a list of ETags."""
    if header.strip() not in ("", "*"):
        _tags(name, header)


def is_known(header: str, document: Document) -> bool:
    """Whether `If-None-Match` names the resource as it is now."""
    return is_named(header, etag(document))


def is_named(header: str, tag: str) -> bool:
    """Whether `If-None-Match` names an ETag."""
    if not header.strip():
        return False
    return header.strip() == "*" or tag.strip('"') in [text for _, text in _tags("If-None-Match", header)]
