"""Numbers given by hand do not collide: VNIs, VLAN ids, ASNs."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.finding import Finding, found
from crossconnect.intent import codes
from crossconnect.intent.cabling import TIERS
from crossconnect.intent.handoffs import handoff_links
from crossconnect.intent.placement import segment_devices
from crossconnect.intent.texts import number_range
from crossconnect.intent.validate.subject import Subject, reference_of
from crossconnect.model.inventory import Switch
from crossconnect.net.order import natural_key


def number_findings(subject: Subject) -> Iterator[Finding]:
    """Numbers that two objects are given."""
    yield from _vnis(subject)
    yield from _vlans(subject)
    yield from _handoff_vlans(subject)
    yield from _device_asns(subject)
    yield from _rack_asns(subject)
    yield from _peer_asns(subject)


def _vnis(subject: Subject) -> Iterator[Finding]:
    """L2VNIs and L3VNIs share the 24 bits of the VXLAN header: one number names one of either (RFC 7348 5)."""
    users = [(path, f"VRF {reference_of(path)}", vrf.vni) for path, vrf in subject.vrfs.items()]
    users += [(path, f"segment {reference_of(path)}", segment.vni) for path, segment in subject.segments.items()]
    first: dict[int, tuple[str, str]] = {}
    for path, user, vni in users:
        if vni is None:
            continue
        if vni in first:
            other = subject.place(f"{first[vni][0]}/vni")
            words = f"{user} is given VNI {vni}, which {first[vni][1]} is given at {other}"
            yield found(codes.VNI_DUPLICATE, subject.place(f"{path}/vni"), words, related=(other,))
        else:
            first[vni] = (path, user)


def _vlans(subject: Subject) -> Iterator[Finding]:
    written = {path: segment.vlan for path, segment in subject.segments.items() if segment.vlan is not None}
    if not written:
        return
    pods: dict[str, set[str]] = {path: {""} for path in written}
    if subject.region.design.vlan_scope == "pod":
        placed = segment_devices(subject.region, subject.inventory)
        pods = {path: {subject.switches[device].pod for device in placed[path]} for path in written}
    first: dict[tuple[str, int], str] = {}
    for path, vlan in written.items():
        said = False
        for pod in sorted(pods[path]):
            other = first.setdefault((pod, vlan), path)
            if other != path and not said:
                said = True
                there = subject.place(f"{other}/vlan")
                scope = f" in pod {pod}" if pod else ""
                words = (
                    f"segment {reference_of(path)} is given VLAN {vlan}{scope}, which segment {reference_of(other)} is "
                    f"given at {there}"
                )
                yield found(codes.VLAN_DUPLICATE, subject.place(f"{path}/vlan"), words, related=(there,))


def _handoff_vlans(subject: Subject) -> Iterator[Finding]:
    first: dict[tuple[str, int], str] = {}
    for link in sorted(handoff_links(subject.region), key=lambda link: natural_key(link.path)):
        if link.handoff.vlan is None:
            continue
        # Two external routers on one port are two cables in it, which is said of the port.
        other = first.setdefault((link.cable, link.handoff.vlan), link.path)
        if other != link.path:
            there = subject.place(f"{other}/vlan")
            words = f"two handoffs of {link.peer.name} on {link.device} are given VLAN {link.handoff.vlan} on one port"
            yield found(codes.VLAN_DUPLICATE, subject.place(f"{link.path}/vlan"), words, related=(there,))


def _device_asns(subject: Subject) -> Iterator[Finding]:
    """RFC 7938 5.2.1: spines of a pod share an ASN, super-spines share one, every leaf has its own."""
    users: dict[int, Switch] = {}
    of_group: dict[str, Switch] = {}
    for switch in sorted(subject.inventory.switches, key=lambda s: -TIERS[s.role]):  # a leaf is said to have a spine's
        if switch.asn is None:
            continue
        place = subject.place(f"devices/{switch.name}/asn")
        other = users.setdefault(switch.asn, switch)
        if other.asn_group != switch.asn_group:
            there = subject.place(f"devices/{other.name}/asn")
            words = (
                f"{switch.role} {switch.name} is given ASN {switch.asn}, which {other.role} {other.name} is given at "
                f"{there}"
            )
            yield found(codes.ASN_SHARED, place, words, related=(there,))
        other = of_group.setdefault(switch.asn_group, switch)
        if other.asn != switch.asn:
            there = subject.place(f"devices/{other.name}/asn")
            words = (
                f"{switch.role} {switch.name} is given ASN {switch.asn}, but must share {other.asn} of {other.name} "
                f"({switch.asn_group})"
            )
            yield found(codes.ASN_SPLIT, place, words, related=(there,))


def _rack_asns(subject: Subject) -> Iterator[Finding]:
    if subject.region.asns.leaf != "per-rack":
        return
    for host in subject.inventory.hosts:
        groups = {subject.switches[leaf].asn_group for leaf in host.leaves}
        if len(host.leaves) > 1 and len(groups) == 1:
            words = f"server {host.name} is on {' and '.join(host.leaves)}, which share one ASN as `asns.leaf` says"
            place, related = subject.place("asns/leaf"), subject.place(host.path)
            yield found(codes.ASN_PER_RACK, place, words, related=(related,))
            return  # one line of the file is wrong, however many servers show it


def _peer_asns(subject: Subject) -> Iterator[Finding]:
    first, last = number_range(subject.region.asns.range)
    written = {switch.asn: switch for switch in subject.inventory.switches if switch.asn is not None}
    outside = [
        (f"external router {peer.name} has", peer.asn, subject.place(f"peers/#{index}/asn", f"peers/{peer.name}/asn"))
        for index, peer in enumerate(subject.peers)
    ]
    if len(subject.peers) < len(subject.region.peers):
        outside.append(("gateway nodes have", subject.region.asns.gateway_nodes, subject.place("asns/gateway_nodes")))
    for whose, asn, place in outside:
        if asn in written:
            switch = written[asn]
            there = subject.place(f"devices/{switch.name}/asn")
            words = f"{whose} ASN {asn}, which {switch.role} {switch.name} is given"
            yield found(codes.ASN_SHARED, place, words, related=(there,))
        elif first <= asn <= last:
            words = f"{whose} ASN {asn}, which lies in the fabric's range {first}-{last}"
            yield found(codes.ASN_IN_PLAN, place, words)
