"""SR Linux's JSON-RPC: get, set, validate, diff, cli. Pure.

Facts: Nokia's System Management Guide, "JSON interface"; learn.srlinux.dev, "JSON-RPC basics" (`confirm-timeout` of a
set from 23.3.2, `confirmed-accept` in the tools datastore, an empty result of `diff` where nothing differs); the models
of 25.3 (`/system/configuration/commit[id]`: `status` is `unconfirmed` while it waits, `username` is who has begun it;
`confirmed-reject`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from crossconnect.nos.document import Value
from crossconnect.transport.gnmi.message import SetOperations
from crossconnect.transport.gnmi.path import path_text
from crossconnect.transport.https import jsonrpc
from crossconnect.transport.https.errors import CommandRefused
from crossconnect.transport.https.redaction import HIDDEN, LEAVES, without

PATH = "/jsonrpc"
TIMEOUT_MAX_S = 86_400
COMMITS = "/system/configuration/commit[id=*]"
ACCEPT = "/system/configuration/confirmed-accept"
REJECT = "/system/configuration/confirmed-reject"

Change = tuple[Literal["delete", "replace", "update"], str, Value]
"""What is done to which path with which value."""


def changes_of(operations: SetOperations) -> list[Change]:
    """A gNMI Set as changes, in its order."""
    return [
        *(("delete", path_text(path), None) for path in operations.delete),
        *(("replace", path_text(path), value) for path, value in operations.replace),
        *(("update", path_text(path), value) for path, value in operations.update),
    ]


def get(path: str, datastore: Literal["running", "state"]) -> bytes:
    """Ask for what is at a path."""
    return _request("get", {"commands": [{"path": path, "datastore": datastore}]})


def change(method: Literal["set", "validate", "diff"], changes: Sequence[Change], confirm_s: int = 0) -> bytes:
    """Make changes, all or none; with `confirm_s` for so many seconds unless they are confirmed. Or only see whether
    they are valid, or what they would change. ValueError for a time that is not possible."""
    if not 0 <= confirm_s <= TIMEOUT_MAX_S:
        raise ValueError(f"a commit for {confirm_s} s: 1 to {TIMEOUT_MAX_S} are possible")
    commands: list[Value] = [
        {"action": action, "path": path} | ({} if action == "delete" else {"value": value})
        for action, path, value in changes
    ]
    params: dict[str, Value] = {"datastore": "candidate", "commands": commands}
    if confirm_s:
        params["confirm-timeout"] = confirm_s
    return _request(method, params)


def tool(path: str) -> bytes:
    """Do an operation of the tools datastore."""
    return _request("set", {"datastore": "tools", "commands": [{"action": "update", "path": path}]})


def cli(command: str) -> bytes:
    """Run a command of the CLI."""
    return _request("cli", {"commands": [command], "output-format": "text"})


def _request(method: str, params: Value) -> bytes:
    return jsonrpc.encoded(jsonrpc.request(method, params))


def results(octets: bytes, operation: str, secrets: Iterable[str] = ()) -> Sequence[Value]:
    """The results. CommandRefused has the device's words, without secrets."""
    answer = jsonrpc.answer_of(octets)
    if isinstance(answer, jsonrpc.Failure):
        raise CommandRefused(f"{operation} is refused ({answer.code}): {without(answer.message, secrets)}")
    return jsonrpc.items(answer.result, "the result")


def unconfirmed(found: Sequence[Value]) -> tuple[str, ...]:
    """Who has begun the commits that wait for their confirmation, from the answer to `get(COMMITS)`."""
    return tuple(_unconfirmed(list(found)))


def _unconfirmed(value: Value) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _unconfirmed(one)
    elif isinstance(value, dict):
        bare = {name.rpartition(":")[2]: child for name, child in value.items()}
        if str(bare.get("status", "")).rpartition(":")[2] == "unconfirmed":
            yield str(bare.get("username", ""))
        for child in bare.values():
            if not isinstance(child, str):
                yield from _unconfirmed(child)


_MEMBER = re.compile(r'\s*"(?:[\w.-]+:)?([\w.-]+)": ("(?:[^"\\]|\\.)*")')


def changed_lines(found: Sequence[Value]) -> tuple[str, ...]:
    """Lines of a `diff` that come or go, with their sign, secrets hidden. A secret that the device shows hashed (`$`)
    cannot be compared with the one that is meant: such a pair of lines counts as equal."""
    lines = [line for one in found for line in str(one).splitlines() if line[:1] in ("+", "-")]
    out: list[str] = []
    hashed = [name for line in lines if line[0] == "-" and (name := _hashed(line[1:]))]
    for line in lines:
        name = _secret(line[1:])
        if not name:
            out.append(f"{line[0]}{line[1:].strip()}")
        elif line[0] == "-" and _hashed(line[1:]) and any(_secret(o[1:]) == name for o in lines if o[0] == "+"):
            continue
        elif line[0] == "+" and name in hashed:
            hashed.remove(name)
        else:
            out.append(f'{line[0]}"{name}": {HIDDEN}')
    return tuple(line for line in out if line[1:].strip(" ,{}[]"))


def _secret(line: str) -> str:
    """The name of the leaf that holds a secret in this line; empty for other lines."""
    match = _MEMBER.match(line)
    return match[1] if match and match[1] in LEAVES else ""


def _hashed(line: str) -> str:
    match = _MEMBER.match(line)
    return match[1] if match and match[1] in LEAVES and match[2].startswith('"$') else ""
