"""Cables end in ports that exist and are free. Judges what is written by hand; free ports are the allocator's."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.finding import Finding, found
from crossconnect.intent import allocate_codes, codes
from crossconnect.intent.suggestion import nearest
from crossconnect.intent.validate.subject import Subject
from crossconnect.model.platforms import expand_ports, port_set


def cabling_findings(subject: Subject) -> Iterator[Finding]:
    """What is wrong with ports that are written by hand."""
    taken: dict[tuple[str, str], tuple[str, str]] = {}
    for end, path, cable in _ends(subject):
        device, _, port = end.partition(":")
        switch = subject.switches.get(device)
        if switch is None or not port:
            continue
        try:
            ports = port_set(switch.platform)
        except ValueError:
            continue  # said of the platform
        if port not in ports:
            near = nearest(port, expand_ports(switch.platform.ports))
            words = f"{cable} ends in {end}, but {device} ({switch.platform.name}) has no port {port}"
            hint = f"It has {len(ports)} ports: {', '.join(switch.platform.ports)}."
            hint += f" Did you mean `{near}`?" if near else ""
            yield found(allocate_codes.PORT_UNKNOWN, subject.place(path), words, hint=hint)
            continue
        other, where = taken.setdefault((device, port), (cable, path))
        if where != path and other != cable:
            there = subject.place(where)
            words = f"port {end} has two cables: {other} at {there}, and {cable}"
            yield found(allocate_codes.PORT_TAKEN, subject.place(path), words, related=(there,))
    for index, link in enumerate(subject.region.links):
        if link.a.partition(":")[0] == link.b.partition(":")[0]:
            words = f"the link from {link.a} to {link.b} has both ends on one device"
            yield found(codes.LINK_ENDS, subject.place(f"links/#{index}/b", f"links/{index}/b"), words)


def _ends(subject: Subject) -> Iterator[tuple[str, str, str]]:
    """Every end as written, its path, and what the cable is. Handoffs of one peer on one port are one cable."""
    for index, link in enumerate(subject.region.links):
        cable = f"link {index + 1} from {link.a} to {link.b}"
        yield link.a, f"links/{index}/a", cable
        yield link.b, f"links/{index}/b", cable
    for server in subject.region.servers:
        for index, attachment in enumerate(server.attachments):
            path = f"servers/{server.name}/attachments/{index}/port"
            yield attachment.port, path, f"attachment {index + 1} of server {server.name}"
    for peer in subject.region.peers:
        for index, handoff in enumerate(peer.handoffs):
            path = f"peers/{peer.name}/handoffs/{index}/border"
            yield handoff.border, path, f"the handoff to {peer.name}"
