"""Realms: what is reachable from one another by design, and of which of them that can be told from the fabric alone.

A realm is an IP-VRF, or a layer-2 segment without one. It is *regular* when every leaf in it has it in the same way,
with single-homed hosts and neither leaks nor more specific routes from outside. Then nothing but the fabric stands
between two of its hosts: the leaves' ports, the EVPN routes of each leaf at each other leaf, and the way between their
VTEPs. Where those are whole, all its hosts reach each other, and no packet needs to be followed to know it. Any other
realm is irregular, with the reason, and its packets are followed.

    host - port - leaf a  ==(a has the EVPN routes of b, and a route to its VTEP)==  leaf b - port - host
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from crossconnect.design.blueprint import Blueprint, Endpoint, SegmentPlan, VrfPlan
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.net import address_of, contains, version_of
from crossconnect.simulate.attachments import Attachment
from crossconnect.simulate.topology import Topology


class Realm(msgspec.Struct, frozen=True, kw_only=True):
    """An IP-VRF or a layer-2 segment on its leaves."""

    name: str
    """IP-VRF as on devices, or path of a segment without VRF."""
    tenant: str
    devices: tuple[str, ...]
    borders: tuple[str, ...]
    """Devices with external sessions in it."""
    endpoints: int
    pairs: int
    """Ordered pairs of endpoints of different hosts: all of them talk while nothing has failed."""
    irregular: str = ""
    """Why its packets have to be followed; empty where the fabric alone says whether they arrive."""


def realms(
    topology: Topology, attachments: Sequence[Attachment], among: Collection[str] | None = None
) -> dict[str, Realm]:
    """All realms by name, or those among some."""
    blueprint = topology.blueprint
    segments: dict[str, list[SegmentPlan]] = {}
    for segment in blueprint.segments:
        segments.setdefault(segment.vrf or segment.path, []).append(segment)
    endpoints: dict[str, list[Endpoint]] = {}
    for host in blueprint.hosts:
        for endpoint in host.endpoints:
            if among is None or (endpoint.vrf or endpoint.segment) in among:
                endpoints.setdefault(endpoint.vrf or endpoint.segment, []).append(endpoint)
    at: dict[tuple[str, str], list[Attachment]] = {}
    for attachment in attachments:
        at.setdefault((attachment.host.name, attachment.endpoint.interface), []).append(attachment)
    borders = _borders(blueprint)
    found: dict[str, Realm] = {}
    vrfs = {vrf.name: vrf for vrf in blueprint.vrfs}
    for name in sorted({*segments, *vrfs}):
        if among is not None and name not in among:
            continue
        vrf, inside, members = vrfs.get(name), segments.get(name, []), endpoints.get(name, [])
        reason = (
            (_vrf_irregular(topology, vrf) if vrf else "")
            or next(filter(None, (_segment_irregular(topology, segment) for segment in inside)), "")
            or _hosts_irregular(topology, inside, members, at)
        )
        found[name] = Realm(
            name=name,
            tenant=vrf.tenant if vrf else inside[0].tenant,
            devices=vrf.devices if vrf else tuple(sorted({d for s in inside for d in s.devices})),
            borders=tuple(sorted(borders.get(name, ()))),
            endpoints=len(members),
            pairs=_pairs(members),
            irregular=reason,
        )
    return found


def _borders(blueprint: Blueprint) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for peer in blueprint.peers:
        for session in peer.sessions:
            found.setdefault(session.vrf, set()).add(session.device)
    return found


def _pairs(members: Sequence[Endpoint]) -> int:
    """Ordered pairs of endpoints on different hosts."""
    per_host: dict[str, int] = {}
    for endpoint in members:
        per_host[endpoint.host] = per_host.get(endpoint.host, 0) + 1
    return len(members) ** 2 - sum(count**2 for count in per_host.values())


def _vrf_irregular(topology: Topology, vrf: VrfPlan) -> str:
    if vrf.imports:
        return f"{vrf.name} imports routes of {', '.join(vrf.imports)}"
    kinds: set[object] = set()
    for device in vrf.devices:
        instance = topology.instances.get((device, vrf.name))
        if instance is None or instance.bgp is None or instance.vni is None:
            return f"{vrf.name} is not an EVPN instance on {device}"
        if set(instance.import_rts).isdisjoint(instance.export_rts):
            return f"{vrf.name} on {device} does not import what it exports"
        bgp = instance.bgp
        kinds.add((instance.vni, instance.import_rts, instance.export_rts, instance.host_routes, bgp.evpn_advertise))
        kinds.add(bgp.evpn_advertise_policy)
    # One kind of instance, and the one policy that they all have.
    if len(kinds) > 2:
        return f"{vrf.name} differs between its devices"
    for peer in topology.blueprint.peers:
        if any(session.vrf == vrf.name for session in peer.sessions):
            inner = next((p for p in peer.announces if any(contains(own, p) for own in vrf.prefixes)), "")
            if inner:
                return f"{peer.name} announces {inner}, which is inside a segment's prefix"
    return ""


def _segment_irregular(topology: Topology, segment: SegmentPlan) -> str:
    kinds: set[object] = set()
    for device in segment.devices:
        instance = topology.instances.get((device, segment.mac_vrf))
        configured = topology.devices.get(device)
        speaker = topology.speaker_at.get((device, "default"))
        if instance is None or configured is None or speaker is None or not configured.vtep:
            return f"{segment.path} is not an EVPN instance on {device}"
        if not topology.speakers[speaker].bgp.advertise_all_vni or instance.vni is None:
            return f"{device} does not announce its VNIs"
        if set(instance.import_rts).isdisjoint(instance.export_rts):
            return f"{segment.path} on {device} does not import what it exports"
        kinds.add(_kind(topology, device, instance))
    return f"{segment.path} differs between its devices" if len(kinds) > 1 else ""


def _kind(topology: Topology, device: str, instance: NetworkInstance) -> tuple[object, ...]:
    irb = topology.interfaces.get((device, instance.irb))
    gateway = (irb.enabled, irb.addresses, irb.mtu, irb.network_instance) if irb is not None else ()
    return (instance.vni, instance.import_rts, instance.export_rts, instance.l3vrf, gateway)


def _hosts_irregular(
    topology: Topology,
    segments: Sequence[SegmentPlan],
    members: Iterable[Endpoint],
    at: Mapping[tuple[str, str], Sequence[Attachment]],
) -> str:
    versions: set[frozenset[int]] = set()
    seen: set[tuple[str, str]] = set()
    macs: set[tuple[str, str]] = set()
    routed = {segment.path: {version_of(g) for g in segment.gateways} for segment in segments}
    gateways = {address_of(g) for segment in segments for g in segment.gateways}
    for endpoint in members:
        places = at.get((endpoint.host, endpoint.interface), ())
        host = topology.hosts[endpoint.host]
        if len(places) != 1 or places[0].esi or places[0].beside or len(host.ports) != 1 or len(places[0].wires) != 1:
            return f"{endpoint.host} is not on one leaf by one cable"
        wire = topology.wires[places[0].wires[0]]
        port = topology.interfaces.get((places[0].leaf, wire.b_port))
        if port is None or not port.enabled:
            return f"the port of {endpoint.host} is disabled"
        own = frozenset(version_of(a) for a in endpoint.addresses)
        versions.add(own)
        if len(segments) > 1 and (not own <= routed.get(endpoint.segment, set()) or len(endpoint.gateways) < len(own)):
            return f"{endpoint.host} has no gateway for each of its addresses"
        for text in endpoint.addresses:
            name = (endpoint.vrf or endpoint.segment, address_of(text))
            if name in seen or address_of(text) in gateways:
                return f"{address_of(text)} of {endpoint.host} is somebody else's, too"
            seen.add(name)
        mac = (endpoint.segment, host.mac)
        if mac in macs:
            return f"MAC {host.mac} is twice in {endpoint.segment}"
        macs.add(mac)
    if len(versions) > 1:
        return "its hosts have addresses of different IP versions"
    if any(not own for own in versions):
        return "its hosts have no addresses"
    return ""
