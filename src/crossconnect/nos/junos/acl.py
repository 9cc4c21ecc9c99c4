"""Firewall filters: one per IP version that something attaches.

Junos "Routing Policies, Firewall Filters, and Traffic Policers User Guide", "Firewall Filter Match Conditions for IPv4
(IPv6) Traffic": `protocol` and `next-header`, ports and ICMP types as lists, `tcp-established`; a filter ends in an
implicit discard, written here so that it is counted and seen.
"""

from __future__ import annotations

from crossconnect.device.acl import AclEntry, AclSet, PortRange
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.net import version_of
from crossconnect.nos.junos.names import bracketed, policy_name
from crossconnect.nos.lines import Entry, entry

_PROTOCOLS = {"icmpv6": "icmp6"}
FAMILY = {4: "inet", 6: "inet6"}


def attached(device: DeviceConfiguration) -> set[tuple[str, int]]:
    """Names and IP versions of the filters that interfaces of the device have."""
    out: set[tuple[str, int]] = set()
    for interface in device.interfaces:
        versions = {4, 6} if interface.unnumbered else {version_of(a) for a in interface.addresses}
        names = {device.system.acl if interface.kind == "management" else interface.acl_in, interface.acl_out} - {""}
        out |= {(name, version) for name in names for version in versions}
    return out


def render_filters(device: DeviceConfiguration) -> list[Entry]:
    """`firewall`."""
    used = attached(device)
    families: list[Entry] = []
    for version in (4, 6):
        sets = [a for a in device.acls if a.version == version and (a.name, version) in used]
        if sets:
            families.append(entry(f"family {FAMILY[version]}", [_filter(a) for a in sets]))
    return [entry("firewall", families)] if families else []


def _filter(acl: AclSet) -> Entry:
    body = [_term(one, acl.version) for one in acl.entries]
    body.append(entry("term last", [entry("then", ["discard"])]))
    return entry(f"filter {policy_name(acl.name, acl.version)}", body)


def _term(one: AclEntry, version: int) -> Entry:
    conditions: list[Entry] = []
    for word, prefix in (("source-address", one.source), ("destination-address", one.destination)):
        if prefix:
            conditions.append(entry(word, [prefix]))
    if one.protocol != "any":
        word = "protocol" if version == 4 else "next-header"
        conditions.append(f"{word} {_PROTOCOLS.get(str(one.protocol), one.protocol)}")
    if one.source_ports:
        conditions.append(bracketed("source-port", [_port(p) for p in one.source_ports]))
    if one.destination_ports:
        conditions.append(bracketed("destination-port", [_port(p) for p in one.destination_ports]))
    if one.icmp_types:
        conditions.append(bracketed("icmp-type", [str(t) for t in one.icmp_types]))
    if one.established:
        conditions.append("tcp-established")
    then = ["syslog"] if one.log else []
    then.append("accept" if one.accept else "discard")
    body: list[Entry] = [entry("from", conditions)] if conditions else []
    return entry(f"term {one.sequence}", [*body, entry("then", then)])


def _port(ports: PortRange) -> str:
    return str(ports.first) if ports.first == ports.last else f"{ports.first}-{ports.last}"
