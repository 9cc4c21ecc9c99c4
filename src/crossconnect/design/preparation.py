"""Preparation: region, inventory and lock become the context in which devices are designed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from crossconnect.design.addressing import link_addresses
from crossconnect.design.cloud import with_gateway_policies
from crossconnect.design.context import (
    Context,
    FabricEnd,
    HostKind,
    PolicySets,
    SegmentDesign,
    ServerEnd,
    VrfDesign,
    segment_scope,
)
from crossconnect.design.names import vrf_name
from crossconnect.device.interface import Interface, SegmentMember
from crossconnect.intent.bonds import bond_pools
from crossconnect.intent.handoffs import HandoffLink, handoff_links
from crossconnect.intent.lock import Lock
from crossconnect.intent.placement import segment_devices, segment_path, vrf_devices, vrf_path
from crossconnect.model.interface_names import LINUX
from crossconnect.model.inventory import Cable, Inventory, Switch
from crossconnect.model.region import Region
from crossconnect.model.tenant import Segment
from crossconnect.net import address_of, interface_prefix, version_of
from crossconnect.net.order import natural_key


def build_context(region: Region, inventory: Inventory, lock: Lock) -> Context:
    """Decide everything that is not a single device's. The lock must hold every number (allocation had no errors)."""
    switches = {s.name: s for s in inventory.switches}
    known = {f"tenants/{t.name}/vrfs/{v.name}" for t in region.tenants for v in t.vrfs}
    links = tuple(
        link for link in handoff_links(region) if link.device in switches and vrf_path(link.handoff.vrf) in known
    )
    placed = segment_devices(region, inventory)
    vrfs = _vrfs(region, lock, vrf_devices(region, placed, links, inventory.pairs))
    segments = _segments(region, lock, switches, vrfs, placed)
    fabric, servers, server_ends = _cable_ends(inventory, lock, switches)
    pairs = {leaf: pair for pair in inventory.pairs for leaf in (pair.primary, pair.secondary)}
    return Context(
        region=region,
        inventory=inventory,
        lock=lock,
        switches=switches,
        asns={s.name: s.asn or int(lock.get("asn", s.asn_group)) for s in inventory.switches},
        vrfs=vrfs,
        segments=segments,
        segments_of=_segments_of(region, switches, segments),
        vrfs_of=_vrfs_of(vrfs),
        fabric_of=fabric,
        servers_of=servers,
        server_ends=server_ends,
        pairs=pairs,
        peer_links_of=_peer_links(inventory, lock, switches),
        bond_pools=bond_pools(inventory),
        host_kinds=_host_kinds(region, inventory, switches, segments),
        handoffs_of=_by_device(links),
        handoffs=links,
        policies=with_gateway_policies(
            region,
            PolicySets(
                policies={p.name: p for p in region.policies},
                prefix_sets={s.name: s for s in region.prefix_sets},
                community_sets={s.name: s for s in region.community_sets},
                as_path_sets={s.name: s for s in region.as_path_sets},
            ),
        ),
        infrastructure=tuple(
            sorted({p.prefix for p in region.pools if p.purpose in ("loopback", "link", "management") and p.prefix})
        ),
    )


def _route_targets(region: Region, vni: int) -> tuple[str, ...]:
    """One route target per VNI, the region's ASN and the VNI (RFC 8365 5.1.2.1, written out rather than derived so
    that all NOSes agree)."""
    return (f"{region.asns.route_target}:{vni}",)


def _vrfs(region: Region, lock: Lock, devices: Mapping[str, tuple[str, ...]]) -> dict[str, VrfDesign]:
    names = {
        f"tenants/{t.name}/vrfs/{v.name}": vrf_name(
            t.name, v.name, int(lock.get("evi", f"tenants/{t.name}/vrfs/{v.name}"))
        )
        for t in region.tenants
        for v in t.vrfs
    }
    result: dict[str, VrfDesign] = {}
    for tenant in sorted(region.tenants, key=lambda t: natural_key(t.name)):
        for vrf in sorted(tenant.vrfs, key=lambda v: natural_key(v.name)):
            path = f"tenants/{tenant.name}/vrfs/{vrf.name}"
            vni = int(lock.get("l3vni", path))
            imported = {names[vrf_path(name)] for name in vrf.imports if vrf_path(name) in names} - {names[path]}
            prefixes = {interface_prefix(g) for segment in vrf.segments for g in segment.gateways}
            result[path] = VrfDesign(
                path=path,
                tenant=tenant.name,
                name=names[path],
                model=vrf,
                vni=vni,
                evi=int(lock.get("evi", path)),
                route_targets=_route_targets(region, vni),
                imports=tuple(sorted(imported, key=natural_key)),
                prefixes=tuple(sorted(prefixes, key=natural_key)),
                devices=devices[path],
            )
    return result


def _segments(
    region: Region,
    lock: Lock,
    switches: Mapping[str, Switch],
    vrfs: Mapping[str, VrfDesign],
    placed: Mapping[str, tuple[str, ...]],
) -> dict[tuple[str, str], SegmentDesign]:
    result: dict[tuple[str, str], SegmentDesign] = {}
    patterns = sorted({s.names.irb for s in switches.values()} - {LINUX.irb})
    for tenant in region.tenants:
        owned = [(f"tenants/{tenant.name}/vrfs/{v.name}", s) for v in tenant.vrfs for s in v.segments]
        owned += [(f"tenants/{tenant.name}", s) for s in tenant.segments]
        for owner, segment in owned:
            path = f"{owner}/segments/{segment.name}"
            for scope in sorted({segment_scope(region, switches[d]) for d in placed[path]}):
                designed = _segment(region, lock, (path, scope), segment, vrfs.get(owner), placed[path])
                result[path, scope] = _named_by_systems(designed, patterns)
    return result


def _named_by_systems(segment: SegmentDesign, patterns: Sequence[str]) -> SegmentDesign:
    """The segment with its IRB interface as each system of the region calls it."""
    irb = segment.irb
    if irb is None or not patterns:
        return segment
    irbs = {p: msgspec.structs.replace(irb, name=p.format(n=segment.vlan)) for p in patterns}
    return msgspec.structs.replace(segment, irbs=irbs)


def _segment(
    region: Region,
    lock: Lock,
    key: tuple[str, str],
    segment: Segment,
    vrf: VrfDesign | None,
    devices: tuple[str, ...],
) -> SegmentDesign:
    path, scope = key
    tenant = path.split("/")[1]
    vni = int(lock.get("l2vni", path))
    vlan = int(lock.get("vlan", f"{scope}:{path}" if scope else path))
    name = f"{tenant}-{vrf.model.name}-{segment.name}" if vrf is not None else f"{tenant}-{segment.name}"
    mtu = segment.mtu or region.design.tenant_mtu
    irb = None
    if vrf is not None and segment.gateways:
        irb = Interface(
            name=LINUX.irb.format(n=vlan),
            kind="irb",
            network_instance=vrf.name,
            description=f"gateway of {name}",
            mtu=mtu,
            addresses=tuple(sorted(segment.gateways, key=lambda g: (":" in g, natural_key(g)))),
            vlan=vlan,
            mac=region.design.anycast_gateway_mac,
            acl_in=segment.acl_in,
            acl_out=segment.acl_out,
        )
    return SegmentDesign(
        path=path,
        tenant=tenant,
        name=name,
        model=segment,
        vni=vni,
        vlan=vlan,
        evi=int(lock.get("evi", path)),
        route_targets=_route_targets(region, vni),
        vrf=irb.network_instance if irb is not None else "",
        mtu=mtu,
        irb=irb,
        gateways=tuple(address_of(g) for g in irb.addresses) if irb is not None else (),
        one_per_version=irb is None or len({version_of(g) for g in irb.addresses}) == len(irb.addresses),
        devices=devices,
    )


def _segments_of(
    region: Region, switches: Mapping[str, Switch], segments: Mapping[tuple[str, str], SegmentDesign]
) -> dict[str, tuple[SegmentDesign, ...]]:
    """Segments of each device in the order of VLAN ids; devices with the same segments share one tuple."""
    members: dict[str, list[SegmentDesign]] = {}
    for (_, scope), segment in segments.items():
        for device in segment.devices:
            if segment_scope(region, switches[device]) == scope:
                members.setdefault(device, []).append(segment)
    shared: dict[tuple[tuple[str, int], ...], tuple[SegmentDesign, ...]] = {}
    result: dict[str, tuple[SegmentDesign, ...]] = {}
    for device, of_device in members.items():
        of_device.sort(key=lambda s: (s.vlan, s.path))
        key = tuple((s.path, s.vlan) for s in of_device)
        result[device] = shared.setdefault(key, tuple(of_device))
    return result


def _vrfs_of(vrfs: Mapping[str, VrfDesign]) -> dict[str, tuple[VrfDesign, ...]]:
    members: dict[str, list[VrfDesign]] = {}
    for vrf in vrfs.values():
        for device in vrf.devices:
            members.setdefault(device, []).append(vrf)
    return {device: tuple(sorted(of, key=lambda v: natural_key(v.name))) for device, of in members.items()}


def _by_device(links: tuple[HandoffLink, ...]) -> dict[str, tuple[HandoffLink, ...]]:
    members: dict[str, list[HandoffLink]] = {}
    for link in links:
        members.setdefault(link.device, []).append(link)
    return {device: tuple(of) for device, of in members.items()}


Ends = dict[str, tuple[ServerEnd, ...]]


def _cable_ends(
    inventory: Inventory, lock: Lock, switches: Mapping[str, Switch]
) -> tuple[dict[str, tuple[FabricEnd, ...]], Ends, Ends]:
    """Both ends of every fabric cable by switch in the order of ports, and server cables by leaf and by server."""
    hosts = {h.name: h for h in inventory.hosts}
    fabric: dict[str, list[FabricEnd]] = {}
    servers: dict[str, list[ServerEnd]] = {}
    by_host: dict[str, list[ServerEnd]] = {}
    for cable in inventory.cables:
        a, b, key = cable.a.device, cable.b.device, cable.key
        if cable.kind == "fabric":
            port_a, port_b = lock.get(f"port/{a}", key), lock.get(f"port/{b}", key)
            up = link_addresses(lock, key)
            fabric.setdefault(a, []).append(_fabric_end(cable, port_a, switches[b], port_b, up))
            down = tuple((high, low) for low, high in up)
            fabric.setdefault(b, []).append(_fabric_end(cable, port_b, switches[a], port_a, down))
        elif cable.kind == "server":
            end = ServerEnd(cable=cable, port=lock.get(f"port/{b}", key), host=hosts[a])
            servers.setdefault(b, []).append(end)
            by_host.setdefault(a, []).append(end)
    return (
        {name: tuple(sorted(ends, key=lambda e: natural_key(e.port))) for name, ends in fabric.items()},
        {name: tuple(sorted(ends, key=lambda e: natural_key(e.port))) for name, ends in servers.items()},
        {name: tuple(sorted(ends, key=lambda e: natural_key(e.cable.a.name))) for name, ends in by_host.items()},
    )


def _peer_links(inventory: Inventory, lock: Lock, switches: Mapping[str, Switch]) -> dict[str, tuple[FabricEnd, ...]]:
    """Both ends of every cable between the leaves of a pair."""
    found: dict[str, list[FabricEnd]] = {}
    for cable in inventory.cables:
        if cable.kind == "peer-link":
            for own, far in ((cable.a.device, cable.b.device), (cable.b.device, cable.a.device)):
                port, remote = lock.get(f"port/{own}", cable.key), lock.get(f"port/{far}", cable.key)
                found.setdefault(own, []).append(_fabric_end(cable, port, switches[far], remote, ()))
    return {name: tuple(sorted(ends, key=lambda e: natural_key(e.port))) for name, ends in found.items()}


def _fabric_end(
    cable: Cable, port: str, remote: Switch, remote_port: str, addresses: tuple[tuple[str, str], ...]
) -> FabricEnd:
    return FabricEnd(
        cable=cable,
        port=port,
        remote=remote,
        remote_port=remote_port,
        lower=remote.name == cable.b.device,
        addresses=addresses,
    )


def _host_kinds(
    region: Region,
    inventory: Inventory,
    switches: Mapping[str, Switch],
    segments: Mapping[tuple[str, str], SegmentDesign],
) -> dict[str, HostKind]:
    """The kind of every server. One on leaves of two VLAN scopes is refused (`design.server-split`); its first leaf
    stands for it here."""
    kinds: dict[tuple[tuple[tuple[str, bool], ...], str], HostKind] = {}
    result: dict[str, HostKind] = {}
    for host in inventory.hosts:
        scope = segment_scope(region, switches[host.leaves[0]]) if host.leaves else ""
        key = (tuple((port.segment, port.tagged) for port in host.segments), scope)
        kind = kinds.get(key)
        if kind is None:
            kind = kinds[key] = _host_kind(region, key[0], scope, segments)
        result[host.name] = kind
    return result


def _host_kind(
    region: Region,
    ports: tuple[tuple[str, bool], ...],
    scope: str,
    segments: Mapping[tuple[str, str], SegmentDesign],
) -> HostKind:
    known = [
        (tagged, segment.vlan, index, segment)
        for index, (reference, tagged) in enumerate(ports)
        if (segment := segments.get((segment_path(reference), scope))) is not None
    ]
    known.sort(key=lambda k: k[:3])
    mtus = [segment.mtu for _, _, _, segment in known] or [region.design.tenant_mtu]
    return HostKind(
        members=tuple(sorted({SegmentMember(vlan, tagged) for tagged, vlan, _, _ in known})),
        port_mtu=max(mtus),
        host_mtu=min(mtus),
        segments=tuple((index, segment) for _, _, index, segment in known),
    )
