"""Soundness of the fabric: ASNs, links, MTUs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from crossconnect.design import codes
from crossconnect.design.context import Context
from crossconnect.design.overlay import is_vtep
from crossconnect.finding import Finding, found
from crossconnect.model.inventory import Cable
from crossconnect.net.order import natural_key


def fabric_findings(context: Context) -> Iterator[Finding]:
    """What is unsound in the fabric."""
    region = context.region
    if "ipv4" not in region.design.address_families:
        place = region.place("design/address_families")
        yield found(codes.IPV4_REQUIRED, place, "design.address_families lacks ipv4, over which VXLAN tunnels run")
    yield from _rack_asns(context)
    yield from _peer_asns(context)
    yield from _links(context)
    yield from _platform_mtus(context)


def _rack_asns(context: Context) -> Iterator[Finding]:
    """Validation says it of dual-homed servers; but even single-homed ones cannot talk across such a rack."""
    dual = {context.switches[leaf].asn_group for host in context.inventory.hosts for leaf in host.leaves[1:]}
    groups: dict[str, list[str]] = {}
    for switch in context.inventory.switches:
        if is_vtep(context, switch):
            groups.setdefault(switch.asn_group, []).append(switch.name)
    for group, vteps in groups.items():
        if len(vteps) > 1 and group not in dual:
            words = f"{' and '.join(vteps)} share an ASN ({group}), so each refuses the other's EVPN routes"
            yield found(codes.RACK_ASN, context.region.place("asns/leaf"), words)


def _peer_asns(context: Context) -> Iterator[Finding]:
    owners: dict[int, str] = {}
    for switch in context.inventory.switches:
        if switch.asn is None:  # one written by hand is compared by validation
            owners.setdefault(context.asns[switch.name], switch.name)
    for peer in context.region.peers:
        if peer.asn in owners:
            words = f"external router {peer.name} has ASN {peer.asn}, which {owners[peer.asn]} has"
            yield found(codes.PEER_ASN, context.region.place(f"peers/{peer.name}/asn"), words)


def _links(context: Context) -> Iterator[Finding]:
    for switch in context.inventory.switches:
        ends = context.fabric_of.get(switch.name, ())
        if not ends:
            words = f"{switch.name} has no fabric link"
            yield found(codes.SWITCH_UNLINKED, context.region.place(switch.path), words)
            continue
        up = Counter(e.remote.name for e in ends if e.lower)
        if len(set(up.values())) > 1:
            counts = ", ".join(f"{name} {up[name]}" for name in sorted(up, key=natural_key))
            words = f"{switch.name} has unequal numbers of links upwards: {counts}"
            yield found(codes.UNEVEN_LINKS, context.region.place(switch.path), words)


def _link_mtu_path(cable: Cable) -> str:
    return "design/fabric_mtu" if cable.mtu is None else f"{cable.path}/mtu"


def _platform_mtus(context: Context) -> Iterator[Finding]:
    """One finding per platform and MTU that it cannot send."""
    seen: set[tuple[str, str]] = set()
    tenant = context.region.design.tenant_mtu
    for switch in context.inventory.switches:
        limit = switch.platform.mtu_max
        uses = {
            _link_mtu_path(e.cable): e.cable.mtu or context.region.design.fabric_mtu
            for e in context.fabric_of.get(switch.name, ())
        }
        for segment in context.segments_of.get(switch.name, ()):
            if segment.mtu > limit:
                own = segment.model.mtu is not None
                uses[f"{segment.path}/mtu" if own else "design/tenant_mtu"] = segment.mtu
        if tenant > limit and switch.name in context.servers_of:
            uses["design/tenant_mtu"] = tenant
        for path, mtu in uses.items():
            if mtu > limit and (path, switch.platform.name) not in seen:
                seen.add((path, switch.platform.name))
                words = f"MTU {mtu} is over the {limit} of platform {switch.platform.name} ({switch.name})"
                yield found(codes.MTU_OVER_PLATFORM, context.region.place(path), words)
