"""Servers: what they are plugged into, their segments, their addresses."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.finding import Finding, found
from crossconnect.intent import codes
from crossconnect.intent.validate.addresses import host_problem, span_of, unusable
from crossconnect.intent.validate.subject import Subject, reference_of, segment_path
from crossconnect.model.inventory import Host
from crossconnect.model.server import SegmentPort
from crossconnect.net import address_of, interface_prefix, version_of


def server_findings(subject: Subject) -> Iterator[Finding]:
    """What is wrong with servers."""
    yield from _homing(subject)
    yield from _macs(subject)
    settled, findings = _gateways(subject)
    yield from findings
    judged: set[str] = set()
    said: set[tuple[str, str]] = set()
    users: dict[tuple[str, str], tuple[str, str]] = {}
    for host in subject.inventory.hosts:
        if host.path not in judged:  # a group's servers have the same segments
            judged.add(host.path)
            yield from _segments(subject, host)
        for index, port in enumerate(host.segments):
            for number, address in enumerate(port.addresses):
                path = f"{host.path}/segments/{index}/addresses/{number}"
                said_of = list(_address(subject, host, port, address, path, users))
                if (port.segment, version_of(address)) not in settled and not said_of:
                    said_of += _outside(subject, host, port, address, path)
                for finding in said_of:
                    if (path, finding.code) not in said:  # once per line, however many servers of a group
                        said.add((path, finding.code))
                        yield finding


def _homing(subject: Subject) -> Iterator[Finding]:
    region = subject.region
    for pod in region.pods:
        for r, rack in enumerate(pod.racks):
            for s, group in enumerate(rack.servers):
                if group.homing == "dual" and rack.leaves != 2:
                    path = f"pods/{pod.name}/racks/{r}/servers/{s}/homing"
                    words = f"servers of a rack of pod {pod.name} are dual-homed, but the rack has one leaf"
                    yield found(codes.DUAL_HOMING, subject.place(path), words, hint="Set `leaves: 2` at the rack.")
    for server in region.servers:
        path = f"servers/{server.name}/attachments"
        devices = [attachment.port.partition(":")[0] for attachment in server.attachments]
        if len(devices) not in (1, 2) and not subject.unread(f"servers/{server.name}", "attachments"):
            words = f"server {server.name} has {len(devices)} attachments; it takes one or two"
            yield found(codes.DUAL_HOMING, subject.place(path), words)
        elif len(set(devices)) != len(devices):
            words = f"server {server.name} is plugged into {devices[0]} twice, which no Ethernet segment survives"
            yield found(codes.DUAL_HOMING, subject.place(f"{path}/1/port"), words)
        for index, device in enumerate(devices):
            switch = subject.switches.get(device)
            if switch is not None and switch.role not in ("leaf", "border-leaf"):
                words = f"server {server.name} is plugged into {device}, which is a {switch.role}"
                yield found(codes.ATTACHMENT_ROLE, subject.place(f"{path}/{index}/port"), words)


def _macs(subject: Subject) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for server in subject.region.servers:
        if not server.mac:
            continue
        other = first.setdefault(server.mac, server.name)
        if other != server.name:
            there = subject.place(f"servers/{other}/mac")
            words = f"server {server.name} has MAC address {server.mac}, which {other} has"
            yield found(codes.MAC_DUPLICATE, subject.place(f"servers/{server.name}/mac"), words, related=(there,))


def _gateways(subject: Subject) -> tuple[set[tuple[str, int]], list[Finding]]:
    """(segment, IP version) of which a gateway is the cause of whatever servers' addresses do not fit, and the gateways
    that nothing else has told of: those in whose subnet none of several lines of addresses is."""
    causes: set[tuple[str, int]] = set()
    for path, segment in subject.segments.items():
        if segment.gateways or subject.unread(path, "gateways"):
            wrong = [g for g in segment.gateways if unusable(span_of(g, 0)) or host_problem(g)]
            versions = (4, 6) if subject.unread(path, "gateways") else map(version_of, wrong)
            causes |= {(reference_of(path), version) for version in versions}
    lines: dict[tuple[str, int], dict[str, str]] = {}
    fitting: set[tuple[str, int]] = set()
    for host in subject.inventory.hosts:
        for index, port in enumerate(host.segments):
            segment = subject.segments.get(segment_path(port.segment))
            for number, address in enumerate(port.addresses if segment is not None else ()):
                key = (port.segment, version_of(address))
                path = f"{host.path}/segments/{index}/addresses/{number}"
                lines.setdefault(key, {}).setdefault(path, address)
                if interface_prefix(address) in map(interface_prefix, segment.gateways if segment else ()):
                    fitting.add(key)
    findings: list[Finding] = []
    for key in lines.keys() - fitting - causes:
        reference, version = key
        path = segment_path(reference)
        at = next((n for n, g in enumerate(subject.segments[path].gateways) if version_of(g) == version), -1)
        if at < 0 or len(lines[key]) < 2:
            continue
        causes.add(key)
        gateway = subject.segments[path].gateways[at]
        words = f"no server of segment {reference} has an address in {interface_prefix(gateway)}, the gateway's subnet"
        first = next(iter(lines[key].values()))
        hint = f"Correct the gateway ({len(lines[key])} lines of addresses differ, as {first} does), or the addresses."
        there = tuple(map(subject.place, lines[key]))
        place = subject.place(f"{path}/gateways/{at}")
        findings.append(found(codes.SERVER_ADDRESS, place, words, hint=hint, related=there))
    return causes, findings


def _segments(subject: Subject, host: Host) -> Iterator[Finding]:
    untagged = ""
    seen: set[str] = set()
    for index, port in enumerate(host.segments):
        path = f"{host.path}/segments/{index}"
        if port.segment in seen:
            words = f"server {host.name} is on segment {port.segment} twice"
            yield found(codes.UNTAGGED_TWICE, subject.place(path), words, hint="Remove one of the two.")
        elif untagged and not port.tagged:
            words = f"server {host.name} has two untagged segments, {untagged} and {port.segment}"
            yield found(codes.UNTAGGED_TWICE, subject.place(path), words)
        seen.add(port.segment)
        if not port.tagged:
            untagged = untagged or port.segment


def _address(
    subject: Subject,
    host: Host,
    port: SegmentPort,
    address: str,
    path: str,
    users: dict[tuple[str, str], tuple[str, str]],
) -> Iterator[Finding]:
    segment = subject.segments.get(segment_path(port.segment))
    if segment is None:
        return
    alone = address_of(address)
    user = f"server {host.name} has {address} in segment {port.segment}"
    if why := host_problem(address):
        yield found(codes.SERVER_ADDRESS, subject.place(path), f"{user}, which is {why}")
    elif any(address_of(g) == alone for g in segment.gateways):
        yield found(codes.SERVER_ADDRESS, subject.place(path), f"{user}, which is the gateway's")
    name, where = users.setdefault((port.segment, alone), (host.name, path))
    if name != host.name or where != path:
        there = subject.place(where)
        words = f"server {host.name} has {alone} in segment {port.segment}, as has {name}"
        hint = ""
        if where == path:  # base addresses count on within a rack, and begin again in the next
            hint = "Write these racks one by one, each with base addresses of its own."
        yield found(codes.ADDRESS_DUPLICATE, subject.place(path), words, hint=hint, related=(there,))


def _outside(subject: Subject, host: Host, port: SegmentPort, address: str, path: str) -> Iterator[Finding]:
    """An address is in a subnet of its segment, where that has any."""
    segment = subject.segments.get(segment_path(port.segment))
    if segment is None or interface_prefix(address) in map(interface_prefix, segment.gateways):
        return
    if segment.gateways:
        subnets = [interface_prefix(g) for g in segment.gateways if version_of(g) == version_of(address)]
        shown = " or ".join(subnets) or f"no IPv{version_of(address)} subnet"
        words = f"server {host.name} has {address} in segment {port.segment}, which has {shown}"
        yield found(codes.SERVER_ADDRESS, subject.place(path), words)
