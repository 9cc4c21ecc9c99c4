"""Pings from hosts to what external routers announce: the way outside, through the border and back."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.design.blueprint import Blueprint, Endpoint, PeerPlan
from crossconnect.drills import Ping
from crossconnect.lab import Lab, ping_matrix
from crossconnect.lab import Ping as LabPing
from crossconnect.net import address_of, address_text, parse, version_of

OUTSIDE = "outside"


def ping_outside(lab: Lab, blueprint: Blueprint) -> tuple[Ping, ...]:
    """From every endpoint whose VRF has a session with a peer, to one address of each prefix that the peer announces;
    all of them must answer. Default routes stand for no address of their own and are left out."""
    asked = [
        (endpoint, peer, ping)
        for host in blueprint.hosts
        for endpoint in host.endpoints
        for peer in blueprint.peers
        if endpoint.vrf in {session.vrf for session in peer.sessions}
        for ping in _pings(host.name, endpoint, peer)
    ]
    results = ping_matrix(lab, [ping for _, _, ping in asked]) if asked else ()
    return tuple(
        Ping(
            source=ping.node,
            source_scope=endpoint.vrf,
            destination=peer.name,
            destination_scope=OUTSIDE,
            version=6 if version_of(ping.destination) == 6 else 4,
            expected=True,
            seen=result.answered,
        )
        for (endpoint, peer, ping), result in zip(asked, results, strict=True)
    )


def _pings(host: str, source: Endpoint, peer: PeerPlan) -> Iterator[LabPing]:
    for prefix in peer.announces:
        parsed = parse(prefix)
        mine = next((a for a in source.addresses if version_of(a) == parsed.version), None)
        if parsed.length == 0 or mine is None:
            continue
        yield LabPing(
            node=host,
            interface=source.interface,
            source=address_of(mine),
            destination=address_text(parsed.version, parsed.value + 1),
            name=f"{host} > {peer.name}",
        )
