"""A resource's state, which follows from numbers: those of its changes, and that up to which all is realised."""

from __future__ import annotations

import msgspec

from crossconnect.cloud.resource import State
from crossconnect.cloud.service.outcome import Document
from crossconnect.cloud.store.reading import Found
from crossconnect.cloud.store.records import Stored


def state_of(created: int, revision: int, realised: int, failure: str | None) -> State:
    """The state of a resource that exists. A failure counts for what has been tried, which is not what has been changed
    since."""
    if revision <= realised:
        return "available" if failure is None else "failed"
    return "pending" if created > realised else "updating"


def document(stored: Stored, state: State, reason: str = "") -> Document:
    """A stored document with its state, in JSON that can be sent: the stored octets are not decoded."""
    return Document(
        kind=stored.kind,
        id=stored.id,
        project_id=stored.project_id,
        revision=stored.revision,
        state=state,
        raw=_head(state, reason) + stored.body[1:],
    )


def as_available(document: Document) -> Document:
    """A document that has not failed, once it is realised."""
    rest = document.raw.removeprefix(_head(document.state, ""))
    return msgspec.structs.replace(document, state="available", raw=_head("available", "") + rest)


def shown(found: Found, realised: int) -> Document:
    """A document that was read, as it is now."""
    stored = found.stored
    state = state_of(stored.created, stored.revision, realised, found.reason)
    return document(stored, state, found.reason or "" if state == "failed" else "")


def _head(state: State, reason: str) -> bytes:
    return b'{"state":"%s","state_reason":%s,' % (state.encode(), msgspec.json.encode(reason))
