"""ACLs: a filter per IP version, and where they are applied.

An entry of the design with several ports or ICMP types becomes one per combination, as an entry has one of each.
A packet that no entry matches is accepted, so that the last entry drops the rest.

Sources: Nokia SR Linux 25.3 ACL Guide ("IPv4 ACLs", "IPv6 ACLs", "Applying an ACL to a subinterface", "Logging");
srl_nokia-acl (`acl-filter`, `tcp-flags`) and srl_nokia-packet-match-types.
"""

from __future__ import annotations

import itertools

from crossconnect.device.acl import AclEntry, AclSet, PortRange
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.document import Value
from crossconnect.nos.srlinux.names import subinterface

LAST = 65535
_STEP = 20
_PROTOCOLS = {"icmpv6": "icmp6"}


def render_acls(device: DeviceConfiguration) -> dict[str, Value]:
    """`acl`: empty where the device has none."""
    if not device.acls:
        return {}
    out: dict[str, Value] = {"acl-filter": [_filter(acl) for acl in device.acls]}
    if applied := _applied(device):
        out["interface"] = applied
    return out


def _filter(acl: AclSet) -> Value:
    expanded = [(entry, list(_matches(entry, acl.version))) for entry in acl.entries]
    fits = all(e.sequence * _STEP + _STEP <= LAST and len(matches) <= _STEP for e, matches in expanded)
    entries: list[Value] = []
    for entry, matches in expanded:
        for n, match in enumerate(matches):
            sequence = entry.sequence * _STEP + n if fits else len(entries) + 1
            entries.append(_entry(sequence, entry, match))
    drop: Value = {"sequence-id": LAST, "description": "rest", "action": {"drop": {}}}
    return {"name": acl.name, "type": f"ipv{acl.version}", "entry": [*entries, drop]}


def _entry(sequence: int, entry: AclEntry, match: dict[str, Value]) -> Value:
    out: dict[str, Value] = {"sequence-id": sequence}
    if entry.description:
        out["description"] = entry.description
    if match:
        out["match"] = match
    action: dict[str, Value] = {"accept" if entry.accept else "drop": {}}
    if entry.log:
        action["log"] = True
    out["action"] = action
    return out


def _matches(entry: AclEntry, version: int) -> list[dict[str, Value]]:
    out: list[dict[str, Value]] = []
    nothing: tuple[None, ...] = (None,)
    for source, destination, kind in itertools.product(
        entry.source_ports or nothing, entry.destination_ports or nothing, entry.icmp_types or nothing
    ):
        packet: dict[str, Value] = {}
        if entry.protocol != "any":
            word = _PROTOCOLS.get(str(entry.protocol), entry.protocol)
            packet["protocol" if version == 4 else "next-header"] = word
        if kind is not None:
            packet["icmp" if version == 4 else "icmp6"] = {"type": kind}
        if entry.source:
            packet["source-ip"] = {"prefix": entry.source}
        if entry.destination:
            packet["destination-ip"] = {"prefix": entry.destination}
        transport: dict[str, Value] = {}
        if source is not None:
            transport["source-port"] = _port(source)
        if destination is not None:
            transport["destination-port"] = _port(destination)
        if entry.established:
            transport["tcp-flags"] = "ack|rst"
        match: dict[str, Value] = {}
        if packet:
            match[f"ipv{version}"] = packet
        if transport:
            match["transport"] = transport
        out.append(match)
    return out


def _port(ports: PortRange) -> Value:
    if ports.first == ports.last:
        return {"operator": "eq", "value": ports.first}
    return {"range": {"start": ports.first, "end": ports.last}}


def _applied(device: DeviceConfiguration) -> list[Value]:
    out: list[Value] = []
    for interface in device.interfaces:
        incoming = device.system.acl if interface.kind == "management" else interface.acl_in
        if not (incoming or interface.acl_out):
            continue
        parent, index = subinterface(interface)
        entry: dict[str, Value] = {
            "interface-id": f"{parent}.{index}",
            "interface-ref": {"interface": parent, "subinterface": index},
        }
        for direction, name in (("input", incoming), ("output", interface.acl_out)):
            filters: list[Value] = [
                {"name": acl.name, "type": f"ipv{acl.version}"} for acl in device.acls if acl.name == name
            ]
            if filters:
                entry[direction] = {"acl-filter": filters}
        out.append(entry)
    return out
