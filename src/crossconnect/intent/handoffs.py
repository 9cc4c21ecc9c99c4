"""Handoffs to external routers: their keys in the lock, and the cables they run over."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from crossconnect.model.inventory import Cable, Port
from crossconnect.model.peer import Handoff, Peer
from crossconnect.model.region import Region
from crossconnect.net.order import natural_key


class HandoffLink(msgspec.Struct, frozen=True, kw_only=True):
    """One handoff of one peer with the names that never move."""

    key: str
    """`peer/switch/tenant/vrf`, `#2` and so on behind it when one peer has several for a VRF on one switch."""
    peer: Peer
    handoff: Handoff
    device: str
    port: str
    """As written; empty where a port is allocated."""
    cable: str
    """Key of the cable."""
    path: str


def handoff_links(region: Region) -> tuple[HandoffLink, ...]:
    """All handoffs, sorted by key. Those of one peer to one device share a cable unless their ports differ."""
    links: list[HandoffLink] = []
    for peer in region.peers:
        indexed = [(index, handoff, *_split(handoff.border)) for index, handoff in enumerate(peer.handoffs)]
        indexed.sort(key=lambda h: (natural_key(h[2]), natural_key(h[3]), h[1].vrf, h[1].vlan or 0, h[1].local))
        ports: dict[str, list[str]] = {}
        counts: dict[str, int] = {}
        for index, handoff, device, port in indexed:
            of_device = ports.setdefault(device, [])
            if port not in of_device:
                of_device.append(port)
            base = f"{peer.name}/{device}/{handoff.vrf}"
            counts[base] = counts.get(base, 0) + 1
            links.append(
                HandoffLink(
                    key=base if counts[base] == 1 else f"{base}#{counts[base]}",
                    peer=peer,
                    handoff=handoff,
                    device=device,
                    port=port,
                    cable=f"peer:{peer.name}--{device}#{of_device.index(port) + 1}",
                    path=f"peers/{peer.name}/handoffs/{index}",
                )
            )
    return tuple(sorted(links, key=lambda link: natural_key(link.key)))


def _split(text: str) -> tuple[str, str]:
    device, _, port = text.partition(":")
    return device, port


def handoff_cables(region: Region) -> Iterable[Cable]:
    """The cables to external routers. The router's own port is allocated as the switch's is."""
    cables: dict[str, Cable] = {}
    for link in handoff_links(region):
        if link.cable not in cables:
            cables[link.cable] = Cable(
                key=link.cable,
                kind="peer",
                a=Port(link.peer.name),
                b=Port(link.device, link.port),
                mtu=None,
                path=link.path,
            )
    return cables.values()
