"""Hello, request and reply (RFC 6241 sections 4 and 8.1) as values."""

from __future__ import annotations

from typing import Literal
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import msgspec

from crossconnect.transport.netconf.xml import XmlError, element, parsed, text_of

BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"
BASE_1_0 = "urn:ietf:params:netconf:base:1.0"
BASE_1_1 = "urn:ietf:params:netconf:base:1.1"
CAPABILITY = "urn:ietf:params:netconf:capability:"
CAPABILITIES_MAX = 20_000
"""In a hello: one for each YANG module. The largest seen in the field have 1,500."""


class RpcError(msgspec.Struct, frozen=True, kw_only=True):
    """`<rpc-error>` (RFC 6241 section 4.3 and appendix A)."""

    tag: str
    severity: Literal["error", "warning"] = "error"
    message: str = ""
    path: str = ""
    info: str = ""
    """All text of `<error-info>`: for `lock-denied` the session that has the lock, 0 for one that is not NETCONF's."""

    def __str__(self) -> str:
        words = " ".join(self.message.split())[:300] or self.tag
        return f"{words} (at {self.path[:200]})" if self.path else words


class Hello(msgspec.Struct, frozen=True, kw_only=True):
    """What the server can do."""

    capabilities: frozenset[str]
    """Without parameters: `...:url:1.0?scheme=http` is there as `...:url:1.0`."""
    session_id: int

    @property
    def chunked(self) -> bool:
        """Whether it speaks 1.1, as we do."""
        return BASE_1_1 in self.capabilities

    def has(self, name: str) -> bool:
        """Whether it has one of RFC 6241's capabilities, `candidate:1.0` for example."""
        return CAPABILITY + name in self.capabilities


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one request."""

    message_id: str
    body: Element
    """The `<rpc-reply>`."""
    errors: tuple[RpcError, ...] = ()
    """Also those that a vendor puts deeper into the reply."""
    warnings: tuple[RpcError, ...] = ()


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """The other side sent what cannot be understood: the session is over."""

    reason: str


Message = Hello | Reply | Broken


def hello_octets() -> bytes:
    """Our hello, for both versions."""
    capabilities = element("capabilities", *(element("capability", text=uri) for uri in (BASE_1_0, BASE_1_1)))
    return _octets(element("hello", capabilities, xmlns=BASE))


def request_octets(message_id: str, operation: Element) -> bytes:
    """A request."""
    return _octets(element("rpc", operation, message_id=message_id, xmlns=BASE))


def _octets(root: Element) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>' + ElementTree.tostring(root)


def read(octets: bytes) -> Message | None:
    """A message of the server. None for one that nobody has asked for (notifications)."""
    try:
        root = parsed(octets)
    except XmlError as error:
        return Broken(reason=f"a message cannot be read: {error}")
    match root.tag:
        case "hello":
            return _hello(root)
        case "rpc-reply":
            found = tuple(_error(e) for e in root.iter("rpc-error"))
            return Reply(
                message_id=root.get("message-id", ""),
                body=root,
                errors=tuple(e for e in found if e.severity == "error"),
                warnings=tuple(e for e in found if e.severity == "warning"),
            )
        case "notification":
            return None
        case _:
            return Broken(reason=f"a message is neither hello nor reply, but <{root.tag[:40]}>")


def _hello(root: Element) -> Message:
    uris = [(e.text or "").strip() for e in root.iter("capability")]
    if len(uris) > CAPABILITIES_MAX:
        return Broken(reason=f"its hello has more than {CAPABILITIES_MAX} capabilities")
    number = text_of(root, "session-id")
    if not (number.isascii() and number.isdigit() and len(number) <= 10):
        return Broken(reason="its hello has no session number")
    # RFC 4741's servers write `urn:ietf:params:xml:ns:netconf:...`, Junos among them.
    names = frozenset(uri.partition("?")[0].replace(":xml:ns:netconf:", ":netconf:") for uri in uris)
    if not names & {BASE_1_0, BASE_1_1}:
        return Broken(reason="its hello names no version of NETCONF")
    return Hello(capabilities=names, session_id=int(number))


def _error(e: Element) -> RpcError:
    info = e.find("error-info")
    return RpcError(
        tag=text_of(e, "error-tag") or "operation-failed",
        severity="warning" if text_of(e, "error-severity") == "warning" else "error",
        message=text_of(e, "error-message"),
        path=text_of(e, "error-path"),
        info="" if info is None else " ".join("".join(info.itertext()).split())[:300],
    )
