"""Requests from our records, and answers to our records. Pure: protobuf's records stay in this package."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec
from google.protobuf.duration_pb2 import Duration

from crossconnect.nos import document
from crossconnect.nos.document import Value
from crossconnect.transport.gnmi.path import Element, Path, joined, parse_path
from crossconnect.transport.gnmi.value import plain_value, typed_json
from crossconnect.transport.gnmi.wire import messages_pb2 as wire

Part = Literal["all", "config", "state", "operational"]
Encoding = Literal["json", "json_ietf", "proto", "ascii", "bytes"]


class CommitFor(msgspec.Struct, frozen=True, kw_only=True):
    """Commit what the Set has, and take it back unless it is confirmed in time."""

    seconds: int
    """Until the target takes it back by itself; at least 1. The extension's own default is 600."""


class Confirm(msgspec.Struct, frozen=True):
    """Keep what was committed. Goes with an empty Set."""


class Cancel(msgspec.Struct, frozen=True):
    """Take back at once what was committed. Goes with an empty Set."""


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """Another time to take it back, counted from now. Goes with an empty Set."""

    seconds: int
    """At least 1."""


CommitAction = CommitFor | Confirm | Cancel | Moved


class SetOperations(msgspec.Struct, frozen=True, kw_only=True):
    """What a Set does: a transaction, in this order (gNMI 3.4.3)."""

    delete: tuple[Path, ...] = ()
    replace: tuple[tuple[Path, Value], ...] = ()
    update: tuple[tuple[Path, Value], ...] = ()


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a target says it can."""

    version: str
    """Of gNMI."""
    encodings: tuple[str, ...]
    models: tuple[tuple[str, str], ...]
    """(name, version) of each."""


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """A value at a path: of a leaf, or in JSON of all that is below."""

    path: Path
    value: Value
    timestamp_ns: int = 0
    """By the target's clock, since 1970."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What a subscription brings."""

    updates: tuple[Leaf, ...]
    deletes: tuple[Path, ...] = ()


class Synced(msgspec.Struct, frozen=True):
    """All that there was at the beginning has been sent."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A Set that was carried out."""

    paths: tuple[Path, ...]
    """What the target says it has done it to."""
    timestamp_ns: int


class _SetText(msgspec.Struct, forbid_unknown_fields=True):
    delete: list[str] = []
    replace: list[_At] = []
    update: list[_At] = []


class _At(msgspec.Struct, forbid_unknown_fields=True):
    path: str
    val: msgspec.Raw


def operations_of(text: str) -> SetOperations:
    """The Set of `nos` commands (`how="gnmi"`): a JSON object with `delete`, `replace` and `update`. ValueError where
    it is none."""
    found = msgspec.json.decode(text, type=_SetText)
    return SetOperations(
        delete=tuple(parse_path(one) for one in found.delete),
        replace=tuple((parse_path(one.path), document.parse(bytes(one.val).decode())) for one in found.replace),
        update=tuple((parse_path(one.path), document.parse(bytes(one.val).decode())) for one in found.update),
    )


# --- requests ---

_PARTS = {"all": 0, "config": 1, "state": 2, "operational": 3}
_ENCODINGS = {"json": 0, "bytes": 1, "proto": 2, "ascii": 3, "json_ietf": 4}
_ENCODING_NAMES = {number: name for name, number in _ENCODINGS.items()}


def get_request(paths: Iterable[Path], part: Part, encoding: Encoding) -> wire.GetRequest:
    """Ask for what is at paths."""
    return wire.GetRequest(
        path=[_wire_path(path) for path in paths],
        type=wire.GetRequest.DataType.Name(_PARTS[part]),
        encoding=wire.Encoding.Name(_ENCODINGS[encoding]),
    )


def set_request(
    operations: SetOperations, commit_id: str = "", action: CommitAction | None = None, *, ietf: bool = True
) -> wire.SetRequest:
    """Change what is at paths, or decide about a commit. ValueError for a commit without an id or without time."""

    def updates(these: Sequence[tuple[Path, Value]]) -> list[wire.Update]:
        return [wire.Update(path=_wire_path(path), val=typed_json(value, ietf=ietf)) for path, value in these]

    return wire.SetRequest(
        delete=[_wire_path(path) for path in operations.delete],
        replace=updates(operations.replace),
        update=updates(operations.update),
        extension=[] if action is None else [wire.Extension(commit=_commit(commit_id, action))],
    )


def _commit(commit_id: str, action: CommitAction) -> wire.Commit:
    if not commit_id:
        raise ValueError("a commit needs an id")
    match action:
        case CommitFor():
            request = wire.CommitRequest(rollback_duration=_duration(action.seconds))
            return wire.Commit(id=commit_id, commit=request)
        case Confirm():
            return wire.Commit(id=commit_id, confirm=wire.CommitConfirm())
        case Cancel():
            return wire.Commit(id=commit_id, cancel=wire.CommitCancel())
        case Moved():
            moved = wire.CommitSetRollbackDuration(rollback_duration=_duration(action.seconds))
            return wire.Commit(id=commit_id, set_rollback_duration=moved)


def _duration(seconds: int) -> Duration:
    if seconds < 1:
        raise ValueError("a commit is taken back after a second at least")
    return Duration(seconds=seconds)


def subscribe_request(
    paths: Iterable[Path], *, once: bool, sample_s: float = 0.0, encoding: Encoding = "json_ietf"
) -> wire.SubscribeRequest:
    """Ask for what is at paths: now and then no more (`once`), or now and whenever it changes; with `sample_s` every
    so many seconds."""
    mode = "SAMPLE" if sample_s else "ON_CHANGE"
    subscriptions = [
        wire.Subscription(
            path=_wire_path(path),
            mode="TARGET_DEFINED" if once else mode,
            sample_interval=0 if once else int(sample_s * 1e9),
        )
        for path in paths
    ]
    return wire.SubscribeRequest(
        subscribe=wire.SubscriptionList(
            subscription=subscriptions,
            mode="ONCE" if once else "STREAM",
            encoding=wire.Encoding.Name(_ENCODINGS[encoding]),
        )
    )


# --- answers ---


def capabilities_of(answer: wire.CapabilityResponse) -> Capabilities:
    """What a target can."""
    return Capabilities(
        version=answer.gNMI_version,
        encodings=tuple(_ENCODING_NAMES.get(number, str(number)) for number in answer.supported_encodings),
        models=tuple((model.name, model.version) for model in answer.supported_models),
    )


def leaves_of(notifications: Iterable[wire.Notification]) -> tuple[Leaf, ...]:
    """The values of an answer."""
    return tuple(leaf for notification in notifications for leaf in _event(notification).updates)


def done_of(answer: wire.SetResponse) -> Done:
    """What a Set has done."""
    prefix = _path(answer.prefix)
    return Done(
        paths=tuple(joined(prefix, _path(result.path)) for result in answer.response), timestamp_ns=answer.timestamp
    )


def event_of(answer: wire.SubscribeResponse) -> Event | Synced | None:
    """What a subscription brings; None for what says nothing to us."""
    match answer.WhichOneof("response"):
        case "update":
            return _event(answer.update)
        case "sync_response":
            return Synced()
        case _:
            return None


def _event(notification: wire.Notification) -> Event:
    prefix = _path(notification.prefix)
    return Event(
        updates=tuple(
            Leaf(
                path=joined(prefix, _path(update.path)),
                value=plain_value(update.val),
                timestamp_ns=notification.timestamp,
            )
            for update in notification.update
        ),
        deletes=tuple(joined(prefix, _path(path)) for path in notification.delete),
    )


def _wire_path(path: Path) -> wire.Path:
    return wire.Path(
        origin=path.origin,
        target=path.target,
        elem=[wire.PathElem(name=element.name, key=dict(element.keys)) for element in path.elements],
    )


def _path(path: wire.Path) -> Path:
    """Elements, or the words that paths were before gNMI 0.4."""
    if not path.elem and path.element:
        words = [word for word in path.element if word]
        return Path(tuple(e for word in words for e in parse_path("/" + word).elements), path.origin, path.target)
    elements = tuple(Element(elem.name, tuple(sorted(elem.key.items()))) for elem in path.elem)
    return Path(elements, path.origin, path.target)
