"""Servers: what they are plugged into, their segments, their addresses."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.finding import Finding, found
from crossconnect.intent import codes
from crossconnect.intent.validate.addresses import host_problem
from crossconnect.intent.validate.subject import Subject, segment_path
from crossconnect.model.inventory import Host
from crossconnect.model.server import SegmentPort
from crossconnect.net import address_of, interface_prefix, version_of


def server_findings(subject: Subject) -> Iterator[Finding]:
    """What is wrong with servers."""
    yield from _homing(subject)
    yield from _macs(subject)
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
                for finding in _address(subject, host, port, address, path, users):
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
        if len(devices) not in (1, 2) and not (region.incomplete and not devices):
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
    gateways = [g for g in segment.gateways if version_of(g) == version_of(address)]
    same = [g for g in gateways if interface_prefix(g) == interface_prefix(address)]
    if why := host_problem(address):
        yield found(codes.SERVER_ADDRESS, subject.place(path), f"{user}, which is {why}")
    elif any(address_of(g) == alone for g in gateways):
        yield found(codes.SERVER_ADDRESS, subject.place(path), f"{user}, which is the gateway's")
    elif segment.gateways and not same and not subject.region.incomplete:
        subnets = " or ".join(interface_prefix(g) for g in gateways) or f"no IPv{version_of(address)} subnet"
        yield found(codes.SERVER_ADDRESS, subject.place(path), f"{user}, which has {subnets}")
    name, where = users.setdefault((port.segment, alone), (host.name, path))
    if name != host.name or where != path:
        there = subject.place(where)
        words = f"server {host.name} has {alone} in segment {port.segment}, as has {name}"
        hint = ""
        if where == path:  # base addresses count on within a rack, and begin again in the next
            hint = "Write these racks one by one, each with base addresses of its own."
        yield found(codes.ADDRESS_DUPLICATE, subject.place(path), words, hint=hint, related=(there,))
