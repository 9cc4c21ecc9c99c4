"""Soundness of the fabric: ASNs, links, MTUs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from crossconnect.design import codes
from crossconnect.design.context import Context
from crossconnect.design.mtu import VXLAN_OVERHEAD, overlay_mtu
from crossconnect.finding import Finding, found
from crossconnect.model.inventory import Cable
from crossconnect.net.order import natural_key


def fabric_findings(context: Context) -> Iterator[Finding]:
    """What is unsound in the fabric."""
    region = context.region
    if "ipv4" not in region.design.address_families:
        place = region.place("design/address_families")
        yield found(codes.IPV4_REQUIRED, place, "design.address_families lacks ipv4, over which VXLAN tunnels run")
    yield from _shared_asns(context)
    yield from _split_asns(context)
    yield from _peer_asns(context)
    yield from _links(context)
    yield from _platform_mtus(context)
    yield from _overlay_mtus(context)


def _shared_asns(context: Context) -> Iterator[Finding]:
    """RFC 7938 5.2.1: a leaf that shares an ASN with a spine or with another leaf takes the other's routes for loops.
    Groups share one by design only among spines of a pod and among super-spines."""
    groups: dict[int, dict[str, list[str]]] = {}
    for switch in context.inventory.switches:
        asn = context.asns[switch.name]
        groups.setdefault(asn, {}).setdefault(switch.asn_group, []).append(switch.name)
    for asn, by_group in groups.items():
        if len(by_group) > 1:
            names = sorted((name for of in by_group.values() for name in of[:1]), key=natural_key)
            written = [n for n in names if context.switches[n].asn is not None]
            path = context.switches[(written or names)[-1]].path
            words = f"{', '.join(names[:5])} share ASN {asn}, so each refuses the others' routes"
            yield found(codes.ASN_SHARED, context.region.place(f"{path}/asn"), words)
        for group, of in by_group.items():
            vteps = [n for n in of if n in context.segments_of or n in context.vrfs_of]
            if len(vteps) > 1:
                words = f"{' and '.join(vteps)} share ASN {asn} ({group}), so each refuses the other's EVPN routes"
                yield found(codes.RACK_ASN, context.region.place("asns/leaf"), words)


def _split_asns(context: Context) -> Iterator[Finding]:
    groups: dict[str, dict[int, str]] = {}
    for switch in context.inventory.switches:
        if switch.role in ("spine", "super-spine"):
            groups.setdefault(switch.asn_group, {}).setdefault(context.asns[switch.name], switch.name)
    for group, by_asn in groups.items():
        if len(by_asn) > 1:
            words = ", ".join(f"{name} has {asn}" for asn, name in sorted(by_asn.items()))
            path = context.switches[max(by_asn.values(), key=natural_key)].path
            yield found(
                codes.ASN_SPLIT, context.region.place(f"{path}/asn"), f"{group} must share one ASN, but {words}"
            )


def _peer_asns(context: Context) -> Iterator[Finding]:
    owners: dict[int, str] = {}
    for switch in context.inventory.switches:
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


def _overlay_mtus(context: Context) -> Iterator[Finding]:
    """Every fabric link must carry the largest tenant packet of the region, since any path may be taken."""
    largest = max(context.segments.values(), key=lambda s: (s.mtu, s.path), default=None)
    if largest is None:
        return
    seen: set[str] = set()
    for cable in context.inventory.cables:
        mtu, path = cable.mtu or context.region.design.fabric_mtu, _link_mtu_path(cable)
        if cable.kind == "fabric" and overlay_mtu(mtu) < largest.mtu and path not in seen:
            seen.add(path)
            where = "fabric links" if cable.mtu is None else f"link {cable.key}"
            words = (
                f"{where} with MTU {mtu} carry tenant packets up to {overlay_mtu(mtu)}, but segment {largest.name} has "
                f"{largest.mtu}"
            )
            hint = f"It takes {largest.mtu + VXLAN_OVERHEAD} ({VXLAN_OVERHEAD} octets for VXLAN)."
            yield found(codes.MTU_TOO_SMALL, context.region.place(path), words, hint=hint)
