"""JSON-RPC 2.0: requests to octets, octets to answers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import msgspec

from crossconnect.nos.document import Value
from crossconnect.transport.https.errors import NotUnderstood


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """An error that the other side has answered."""

    code: int
    message: str
    data: Value = None


class Success(msgspec.Struct, frozen=True, kw_only=True):
    """A result."""

    result: Value


Answer = Success | Failure


def request(method: str, params: Value, number: int = 1) -> dict[str, Value]:
    """One request, to be encoded alone or in a batch."""
    return {"jsonrpc": "2.0", "method": method, "params": params, "id": number}


def encoded(what: Value) -> bytes:
    """The octets of a request or a batch."""
    return msgspec.json.encode(what)


def answer_of(octets: bytes, number: int = 1) -> Answer:
    """The answer to one request. NotUnderstood where it is none, or another's."""
    return _answer(_decoded(octets), number)


def answers_of(octets: bytes, count: int) -> tuple[Answer, ...]:
    """Answers to a batch of requests numbered from 1, in their order. A server that stops at the first failure answers
    the ones before it and that one; one that refuses the batch answers once. NotUnderstood for anything else."""
    found = _decoded(octets)
    if not isinstance(found, list):
        found = [found]
    if not 0 < len(found) <= count:
        raise NotUnderstood(f"{len(found)} answers to {count} requests")
    if len(found) == 1 and count > 1 and isinstance(found[0], dict) and "error" in found[0]:
        return (_answer(found[0], None),)
    return tuple(_answer(one, number) for number, one in enumerate(found, 1))


def _decoded(octets: bytes) -> Value:
    try:
        return cast("Value", msgspec.json.decode(octets))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotUnderstood(f"the answer is no JSON: {error}") from None


def _answer(found: Value, number: int | None) -> Answer:
    if not isinstance(found, dict) or found.get("jsonrpc") != "2.0":
        raise NotUnderstood("the answer is not JSON-RPC 2.0")
    if number is not None and found.get("id") not in (number, str(number)):
        raise NotUnderstood("the answer is to another request")
    error = found.get("error")
    if isinstance(error, dict):
        code = error.get("code")
        return Failure(
            code=code if isinstance(code, int) else 0, message=str(error.get("message", "")), data=error.get("data")
        )
    if "result" not in found or error is not None:
        raise NotUnderstood("the answer has neither a result nor an error")
    return Success(result=found["result"])


def members(value: Value, what: str) -> dict[str, Value]:
    """An object. NotUnderstood for anything else."""
    if not isinstance(value, dict):
        raise NotUnderstood(f"{what} is no object")
    return value


def items(value: Value, what: str) -> Sequence[Value]:
    """A list. NotUnderstood for anything else."""
    if not isinstance(value, list):
        raise NotUnderstood(f"{what} is no list")
    return value
