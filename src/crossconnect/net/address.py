"""IP addresses and prefixes, IPv4 (RFC 791, 4632) and IPv6 (RFC 4291, text as in RFC 5952).

Canonical text is the value: it hashes and compares fast, serialises as itself and reads well in a table.
`parse` gives the integers behind it and is cached, since a region repeats its addresses many times.
"""

from __future__ import annotations

import functools
import socket
from typing import NamedTuple, NewType

Address = NewType("Address", str)
"""An address without a length, `10.0.0.1` or `2001:db8::1`."""

Prefix = NewType("Prefix", str)
"""A prefix with its host bits zero, `10.0.0.0/24`."""

InterfaceAddress = NewType("InterfaceAddress", str)
"""An address together with the length of its subnet, `10.0.0.1/24`."""

BITS = {4: 32, 6: 128}


class Parsed(NamedTuple):
    """The integers of an address or prefix: IP version, value, length in bits."""

    version: int
    value: int
    length: int

    @property
    def host_mask(self) -> int:
        """The bits behind the prefix length."""
        return (1 << (BITS[self.version] - self.length)) - 1


@functools.lru_cache(maxsize=1 << 18)
def parse(text: str) -> Parsed:
    """The integers behind an address, prefix or interface address; a missing length is the full length.

    Raises ValueError with what was expected, for anything that is not exactly one address in standard notation
    (leading zeros, netmasks and zone identifiers included).
    """
    address, slash, length_text = text.partition("/")
    version = 6 if ":" in address else 4
    try:
        packed = socket.inet_pton(socket.AF_INET6 if version == 6 else socket.AF_INET, address)
    except (OSError, ValueError):
        raise ValueError(f"{address!r} is not an IPv{version} address") from None
    bits = BITS[version]
    if not slash:
        return Parsed(version, int.from_bytes(packed, "big"), bits)
    if not (length_text.isascii() and length_text.isdigit() and len(length_text) <= 3) or (
        length_text != "0" and length_text[0] == "0"
    ):
        raise ValueError(f"{length_text!r} is not a prefix length")
    length = int(length_text)
    if length > bits:
        raise ValueError(f"prefix length {length} is over {bits}")
    return Parsed(version, int.from_bytes(packed, "big"), length)


def address_text(version: int, value: int) -> Address:
    """Canonical text of an address given as an integer."""
    if version == 4:
        return Address(socket.inet_ntop(socket.AF_INET, value.to_bytes(4, "big")))
    return Address(_ipv6_text(value))


def _ipv6_text(value: int) -> str:
    """RFC 5952 text; glibc's inet_ntop writes some addresses with an embedded IPv4 part, which 5952 4 leaves to
    known prefixes only (::ffff:0:0/96)."""
    text = socket.inet_ntop(socket.AF_INET6, value.to_bytes(16, "big"))
    if "." in text and not text.startswith("::ffff:"):
        high, low = (value >> 16) & 0xFFFF, value & 0xFFFF
        text = f"::{high:x}:{low:x}" if high else f"::{low:x}"
    return text


def prefix_text(version: int, value: int, length: int) -> Prefix:
    """Canonical text of a prefix; host bits are cleared."""
    host = (1 << (BITS[version] - length)) - 1
    return Prefix(f"{address_text(version, value & ~host)}/{length}")


def canonical_address(text: str) -> Address:
    """Canonical form of an address. Raises ValueError when it is none, or has a length."""
    if "/" in text:
        raise ValueError(f"{text!r} has a prefix length where an address was expected")
    parsed = parse(text)
    return address_text(parsed.version, parsed.value)


def canonical_prefix(text: str) -> Prefix:
    """Canonical form of a prefix. Raises ValueError when it is none, has no length, or host bits are set."""
    if "/" not in text:
        raise ValueError(f"{text!r} has no prefix length")
    parsed = parse(text)
    if parsed.value & parsed.host_mask:
        right = prefix_text(parsed.version, parsed.value, parsed.length)
        raise ValueError(f"{text!r} has host bits set; the prefix is {right}")
    return prefix_text(*parsed)


def canonical_interface_address(text: str) -> InterfaceAddress:
    """Canonical form of an address with its subnet's length. Raises ValueError when it is none."""
    if "/" not in text:
        raise ValueError(f"{text!r} has no prefix length")
    parsed = parse(text)
    return InterfaceAddress(f"{address_text(parsed.version, parsed.value)}/{parsed.length}")


def address_of(interface_address: str) -> Address:
    """The address of an interface address, without its length."""
    return Address(interface_address.partition("/")[0])


def interface_prefix(interface_address: str) -> Prefix:
    """The subnet that an interface address lies in."""
    return prefix_text(*parse(interface_address))


def version_of(text: str) -> int:
    """4 or 6, of any canonical address or prefix."""
    return 6 if ":" in text else 4


def host_prefix(address: str) -> str:
    """The prefix of a canonical address alone: `192.0.2.1/32`, `2001:db8::1/128`."""
    return f"{address}/{BITS[version_of(address)]}"


def contains(outer: str, inner: str) -> bool:
    """Whether prefix `outer` covers the address or prefix `inner` (itself included)."""
    a, b = parse(outer), parse(inner)
    return a.version == b.version and a.length <= b.length and (a.value ^ b.value) & ~a.host_mask == 0


_NOT_ROUTED = (
    ("0.0.0.0/32", "the unspecified address"),
    ("127.0.0.0/8", "a loopback address"),
    ("224.0.0.0/4", "a multicast address"),
    ("255.255.255.255/32", "the limited broadcast address"),
    ("::/128", "the unspecified address"),
    ("::1/128", "the loopback address"),
    ("fe80::/10", "a link-local address"),
    ("ff00::/8", "a multicast address"),
)
"""RFC 1122 3.2.1.3, RFC 4291 2.4: destinations that unicast routes, a default route included, lead nowhere. Not in it:
169.254.0.0/16, which RFC 3927 2.7 forbids to forward, and Linux forwards nevertheless."""


def unroutable(text: str) -> str:
    """Why no router forwards packets to an address, or to any of a prefix; empty when routers do."""
    return next((what for special, what in _NOT_ROUTED if contains(special, text)), "")


def overlaps(a: str, b: str) -> bool:
    """Whether two prefixes share an address."""
    return contains(a, b) or contains(b, a)
