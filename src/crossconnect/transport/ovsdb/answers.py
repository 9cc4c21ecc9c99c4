"""What a server answers to `transact` (RFC 7047 section 4.1.3): results, or an exception for the error in them."""

from __future__ import annotations

from typing import Any

import msgspec

from crossconnect.transport.ovsdb.codec import NULL, Message
from crossconnect.transport.ovsdb.errors import ProtocolError, RequestError, transaction_error
from crossconnect.transport.ovsdb.operations import Result
from crossconnect.transport.ovsdb.types import Uuid


class _WireResult(msgspec.Struct, frozen=True, gc=False):
    count: int = 0
    uuid: tuple[str, Uuid] | None = None
    rows: list[dict[str, Any]] | None = None
    error: str | None = None
    details: str = ""


class _WireError(msgspec.Struct, frozen=True):
    error: str
    details: str = ""


_decode_results = msgspec.json.Decoder(list[Result | None]).decode
_decode_failed = msgspec.json.Decoder(list[_WireResult | None]).decode
_decode_error = msgspec.json.Decoder(str | _WireError).decode


def error_of(message: Message) -> tuple[str, str]:
    """The name and details of the error in an answer; empty when there is none."""
    text = bytes(message.error)
    if text == NULL:
        return "", ""
    try:
        found = _decode_error(text)
    except msgspec.DecodeError:
        return text.decode(errors="replace"), ""
    return (found, "") if isinstance(found, str) else (found.error, found.details)


def check(method: str, message: Message) -> None:
    """Raise RequestError when the answer to `method` is an error."""
    tag, details = error_of(message)
    if tag:
        raise RequestError(method, tag, details)


def results(message: Message, operations: int) -> list[Result]:
    """One result for each of the `operations`; TransactionError when nothing was committed.

    The operations after the one that failed answer null. When all went well and the commit failed, its error stands
    after all results.
    """
    tag, details = error_of(message)
    if tag:
        raise transaction_error(tag, details, 0)
    text = bytes(message.result)
    try:
        if b'"error"' not in text:
            found = _decode_results(text)
            if len(found) == operations and None not in found:
                return found  # pyright: ignore[reportReturnType]  (none of them is None)
        failed = _decode_failed(text)
    except msgspec.DecodeError as e:
        raise ProtocolError(f"this is not an answer to a transaction ({e}): {text[:80]!r}") from e
    for index, one in enumerate(failed):
        if one is not None and one.error is not None:
            raise transaction_error(one.error, one.details, index)
    if len(failed) < operations or None in failed[:operations]:
        raise ProtocolError(f"{operations} operations were answered by {len(failed)} results")
    return [Result(one.count, one.uuid, one.rows) for one in failed[:operations] if one is not None]


def decode_result(message: Message, type_: Any) -> Any:
    """An answer's result as `type_`; ProtocolError when it is of another shape."""
    try:
        return msgspec.json.decode(message.result, type=type_)
    except msgspec.DecodeError as e:
        raise ProtocolError(f"an answer is not what its request asks for: {e}") from e
