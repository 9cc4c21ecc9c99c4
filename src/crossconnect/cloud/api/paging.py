"""Pages of lists: what of a query says which one, and how the next is told."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec

from crossconnect.cloud.api import query
from crossconnect.cloud.api.operation import Answer, Call
from crossconnect.cloud.service import Query

LIMIT_DEFAULT = 100
LIMIT_MAX = 1000
_FIELDS = ("limit", "marker", "tag", "state")
"""Parameters of lists that are no filters by a field."""


def asked(call: Call) -> Query:
    """What a list is asked for."""
    return Query(
        filters={name: values for name, values in call.query.items() if name not in _FIELDS},
        tags=query.tags(call.query),
        states=call.query.get("state", ()),
        limit=query.number(call.query, "limit", LIMIT_DEFAULT, 1, LIMIT_MAX),
        marker=query.single(call.query, "marker"),
    )


def listed(path: str, call: Call, items: Sequence[bytes], marker: str) -> Answer:
    """The answer with a page of documents, which are JSON already; `marker` of the next page, or empty."""
    octets = b'{"items":[' + b",".join(items) + b'],"next":' + msgspec.json.encode(marker) + b"}"
    return Answer(body=octets, headers=_next(path, call, marker))


def _next(path: str, call: Call, marker: str) -> tuple[tuple[str, str], ...]:
    """The link to the next page (RFC 8288)."""
    if not marker:
        return ()
    fields: list[tuple[str, str]] = [
        (name, value) for name, values in call.query.items() if name != "marker" for value in values
    ]
    return (("link", f'<{path}?{urlencode([*fields, ("marker", marker)])}>; rel="next"'),)
