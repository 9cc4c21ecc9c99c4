"""Matches of logical flows (ovn-sb(5), `Logical_Flow`), out of what rules and entries say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from crossconnect.net import parse

Field = Literal["src", "dst"]

_PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}


def family(cidr: str) -> int:
    """4 or 6."""
    return parse(cidr).version


def packets(
    version: int, protocol: str, from_port: int | None, to_port: int | None, field: Field = "dst"
) -> str | None:
    """A match for packets of an IP version and protocol to some ports (from them, where `field` is `src`), or of an
    ICMP type and code; None where there are none, as of ICMP in IPv6."""
    protocol = _PROTOCOLS.get(protocol, protocol)
    if protocol == "all":
        return f"ip{version}"
    if protocol in ("icmp", "icmpv6"):
        if (protocol == "icmp") != (version == 4):
            return None
        return " && ".join(_icmp(f"icmp{version}", from_port, to_port))
    if protocol not in ("tcp", "udp"):
        return f"ip{version} && ip.proto == {protocol}"
    return " && ".join((f"ip{version}", protocol, *_ports(f"{protocol}.{field}", from_port, to_port)))


def _icmp(name: str, type_: int | None, code: int | None) -> Iterator[str]:
    yield name
    if type_ is not None and type_ >= 0:
        yield f"{name}.type == {type_}"
        if code is not None and code >= 0:
            yield f"{name}.code == {code}"


def _ports(name: str, low: int | None, high: int | None) -> Iterator[str]:
    low, high = 0 if low is None else low, 65535 if high is None else high
    if low == high:
        yield f"{name} == {low}"
        return
    if low > 0:
        yield f"{name} >= {low}"
    if high < 65535:
        yield f"{name} <= {high}"


def address(field: str, cidr: str) -> str | None:
    """A match for an address in a block; `field` is `src` or `dst`. None where every address is."""
    parsed = parse(cidr)
    return f"ip{parsed.version}.{field} == {cidr}" if parsed.length else None


def both(*terms: str | None) -> str:
    """All terms that there are."""
    return " && ".join(term for term in terms if term)


def any_address(field: str, addresses: Iterable[str]) -> str:
    """A match for one of some addresses of either IP version."""
    terms = [f"ip{6 if ':' in one else 4}.{field} == {one}" for one in addresses]
    return f"({' || '.join(terms)})"
