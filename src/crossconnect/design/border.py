"""Handoffs to external routers: per VRF a tagged subinterface and an eBGP session per IP version (RFC 4364 10 a)."""

from __future__ import annotations

import msgspec

from crossconnect.design.addressing import ends
from crossconnect.design.blueprint import PeerPlan, PeerSession
from crossconnect.design.context import Context, VrfDesign
from crossconnect.design.mtu import HANDOFF_MTU
from crossconnect.design.names import subinterface_name
from crossconnect.design.policy import policy_name
from crossconnect.device import interface as device_interface
from crossconnect.device.bgp import Neighbor, NeighborFamily
from crossconnect.device.interface import Interface
from crossconnect.intent.handoffs import HandoffLink
from crossconnect.intent.placement import vrf_path
from crossconnect.model.cloud import GatewayRouter
from crossconnect.model.inventory import Switch
from crossconnect.model.peer import Peer
from crossconnect.net import address_of, address_text, parse
from crossconnect.net.order import natural_key

EXTERNAL_KEEPALIVE_S = 10
EXTERNAL_HOLD_S = 30
"""Towards routers of others: slower than in the fabric, so that their control plane's hiccups do not cost a session;
still well below the 90 s that RFC 4271 10 suggests. Where that is too slow the handoff asks for BFD."""


class Addresses(msgspec.Struct, frozen=True):
    """One IP version of a handoff: our address and the peer's, both with length."""

    local: str
    remote: str


def handoff_addresses(context: Context, link: HandoffLink) -> tuple[Addresses, ...]:
    """Addresses of a handoff, IPv4 first: as written, else allocated, the lower one ours."""
    found: list[Addresses] = []
    for family, colon, pool in (("ipv4", False, "handoff-v4"), ("ipv6", True, "handoff-v6")):
        if family not in link.handoff.families:
            continue
        local = [a for a in link.handoff.local if (":" in a) == colon]
        remote = [a for a in link.handoff.remote if (":" in a) == colon]
        allocated = context.lock.numbers.get(pool, {}).get(link.key)
        if local and remote:
            length = parse(local[0]).length
            found.append(Addresses(local[0], f"{address_of(remote[0])}/{length}"))
        elif not local and not remote and allocated is not None:
            found.append(Addresses(*ends(allocated)))
    return tuple(found)


def _vlan(context: Context, link: HandoffLink) -> int:
    return int(context.lock.get("handoff-vlan", link.key))


def _port(context: Context, link: HandoffLink) -> str:
    return context.lock.get(f"port/{link.device}", link.cable)


def border_interfaces(context: Context, switch: Switch) -> list[Interface]:
    """Ports towards external routers and their subinterfaces."""
    ports: dict[str, Interface] = {}
    subinterfaces: list[Interface] = []
    for link in context.handoffs_of.get(switch.name, ()):
        vrf = context.vrfs[vrf_path(link.handoff.vrf)]
        port, vlan = _port(context, link), _vlan(context, link)
        remote_port = context.lock.get(f"port/{link.peer.name}", link.cable)
        ports[port] = Interface(
            name=port,
            kind="ethernet",
            description=f"{link.peer.name}:{remote_port}",
            mtu=HANDOFF_MTU,
            neighbor=device_interface.Neighbor(link.peer.name, remote_port),
        )
        subinterfaces.append(
            Interface(
                name=switch.names.subinterface.format(parent=port, n=vlan),
                kind="subinterface",
                network_instance=vrf.name,
                description=f"{link.peer.name} for {link.handoff.vrf}",
                mtu=HANDOFF_MTU,
                addresses=tuple(a.local for a in handoff_addresses(context, link)),
                parent=port,
                vlan=vlan,
                acl_in=link.handoff.acl_in,
                acl_out=link.handoff.acl_out,
            )
        )
    return [*ports.values(), *subinterfaces]


def border_bgp(context: Context, switch: Switch, vrf: VrfDesign) -> tuple[Neighbor, ...]:
    """External sessions of a VRF on a switch, one per handoff and IP version, always with both policies (RFC 8212)."""
    neighbors: list[Neighbor] = []
    for link in context.handoffs_of.get(switch.name, ()):
        if vrf_path(link.handoff.vrf) == vrf.path:
            neighbors += [_neighbor(link, vrf, addresses) for addresses in handoff_addresses(context, link)]
    return tuple(sorted(neighbors, key=lambda n: (":" in n.address, natural_key(n.address))))


def _neighbor(link: HandoffLink, vrf: VrfDesign, addresses: Addresses) -> Neighbor:
    handoff = link.handoff
    family = NeighborFamily(
        family="ipv6-unicast" if ":" in addresses.local else "ipv4-unicast",
        import_policy=policy_name("in", vrf, handoff.import_policy),
        export_policy=policy_name("out", vrf, handoff.export_policy),
        max_prefixes=handoff.max_prefixes,
    )
    return Neighbor(
        address=address_of(addresses.remote),
        local_address=address_of(addresses.local),
        remote_asn=link.peer.asn,
        kind="external",
        device=link.peer.name,
        description=f"{link.peer.name} for {handoff.vrf}",
        families=(family,),
        bfd=handoff.bfd,
        keepalive_s=EXTERNAL_KEEPALIVE_S,
        hold_time_s=EXTERNAL_HOLD_S,
        password=handoff.password,
    )


def peer_plans(context: Context) -> tuple[PeerPlan, ...]:
    """Every external router as seen from its side."""
    by_peer: dict[str, list[HandoffLink]] = {}
    for link in context.handoffs:
        by_peer.setdefault(link.peer.name, []).append(link)
    peers = sorted(context.region.peers, key=lambda p: natural_key(p.name))
    return tuple(_peer_plan(context, n, peer, by_peer.get(peer.name, [])) for n, peer in enumerate(peers, 1))


def _peer_plan(context: Context, number: int, peer: Peer, links: list[HandoffLink]) -> PeerPlan:
    sessions: list[PeerSession] = []
    ports: set[str] = set()
    for link in links:
        vrf = context.vrfs[vrf_path(link.handoff.vrf)]
        port, vlan = context.lock.get(f"port/{peer.name}", link.cable), _vlan(context, link)
        ports.add(port)
        for addresses in handoff_addresses(context, link):
            sessions.append(
                PeerSession(
                    interface=subinterface_name(port, vlan),
                    port=port,
                    vlan=vlan,
                    device=link.device,
                    vrf=vrf.name,
                    local_address=addresses.remote,
                    remote_address=address_of(addresses.local),
                    remote_asn=context.asns[link.device],
                    password=link.handoff.password,
                    bfd=link.handoff.bfd,
                )
            )
    sessions.sort(key=lambda s: (natural_key(s.interface), ":" in s.local_address))
    own = [parse(s.local_address).value for s in sessions if ":" not in s.local_address]
    # A router id must be some IPv4 address; a stand-in without one borrows from benchmark space (RFC 2544).
    router_id = address_text(4, min(own) if own else parse("198.18.0.0").value + number)
    return PeerPlan(
        name=peer.name,
        asn=peer.asn,
        router_id=router_id,
        daemon=peer.daemon,
        ports=tuple(sorted(ports, key=natural_key)),
        announces=tuple(sorted(peer.announces, key=natural_key)),
        sessions=tuple(sessions),
        path=f"peers/{peer.name}",
        node=peer.node if isinstance(peer, GatewayRouter) else "",
    )
