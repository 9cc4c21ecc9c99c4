"""Soundness of ACLs: that they let through what the design itself needs, and what no simulation says of them."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.design import codes
from crossconnect.design.acl import acl_sets
from crossconnect.design.border import Addresses, handoff_addresses
from crossconnect.design.context import Context
from crossconnect.device.acl import AclEntry, AclSet, PortRange
from crossconnect.finding import Finding, found
from crossconnect.net import address_of, contains, version_of

BGP_PORT = 179
_CLIENT_PORT = 49152
"""Any port that a client may use (RFC 6335 6)."""


def acl_findings(context: Context) -> Iterator[Finding]:
    """What is unsound in ACLs."""
    region = context.region
    acls = {acl.name: acl for acl in region.acls}
    for link in context.handoffs:
        acl = acls.get(link.handoff.acl_in)
        if acl is None:
            continue
        sets = {of.version: of for of in acl_sets(acl)}
        for addresses in handoff_addresses(context, link):
            of = sets[4 if version_of(addresses.local) == 4 else 6]
            if not _session_passes(of, addresses):
                words = f"ACL {acl.name} drops the session with {link.peer.name} ({address_of(addresses.remote)})"
                place = region.place(f"{link.path}/acl_in")
                yield found(codes.ACL_STOPS_SESSION, place, f"{words} on {link.device}")
    used = {name for of in (*context.segments.values(),) for name in (of.model.acl_in, of.model.acl_out)}
    used |= {name for link in context.handoffs for name in (link.handoff.acl_in, link.handoff.acl_out)}
    first = next((acl.name for acl in region.acls if acl.name in used), "")
    if first:
        words = f"ACLs ({', '.join(sorted(used & acls.keys()))}) are configured and not simulated"
        yield found(codes.ACL_NOT_SIMULATED, region.place(f"acls/{first}"), words)


def _session_passes(acl: AclSet, addresses: Addresses) -> bool:
    """Whether the peer can open the session, or answer ours."""
    remote, local = address_of(addresses.remote), address_of(addresses.local)
    opened = _accepts(acl, remote, local, (_CLIENT_PORT, BGP_PORT), False)
    return opened or _accepts(acl, remote, local, (BGP_PORT, _CLIENT_PORT), True)


def _accepts(acl: AclSet, source: str, destination: str, ports: tuple[int, int], answer: bool) -> bool:
    """Whether a TCP packet passes; `ports` are those of source and destination."""
    for entry in acl.entries:
        if _matches(entry, source, destination, ports, answer):
            return entry.accept
    return False


def _matches(entry: AclEntry, source: str, destination: str, ports: tuple[int, int], answer: bool) -> bool:
    return (
        entry.protocol in ("any", "tcp", 6)
        and (not entry.source or contains(entry.source, source))
        and (not entry.destination or contains(entry.destination, destination))
        and _within(entry.source_ports, ports[0])
        and _within(entry.destination_ports, ports[1])
        and (answer or not entry.established)
    )


def _within(ranges: tuple[PortRange, ...], port: int) -> bool:
    return not ranges or any(r.first <= port <= r.last for r in ranges)
