"""ACLs on ports and bonds, on subinterfaces by their VLAN, and on what the switch itself answers to.

Sources: SONiC Configuration database manual ("ACL and Mirroring"); sonic-acl.yang (`TCP_FLAGS` needs a table type that
matches on it); "ACL user defined table type" HLD (`ACL_TABLE_TYPE`); acl-loader of sonic-utilities (names `RULE_n` and
`DEFAULT_RULE`, priority 10000 less the sequence, the default rule's match); caclmgrd of sonic-host-services (tables of
type `CTRLPLANE`, one per service and IP version: established connections and ICMP are let through by itself, and all
else is dropped once there is a rule).

aclorch binds a table to ports and bonds only. An ACL of a subinterface is bound to its port, and each rule of it
matches on the subinterface's VLAN. One of a VLAN interface has no such place (`sonic.acl-on-vlan-interface`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Literal

import msgspec

from crossconnect.device.acl import AclEntry, AclSet, PortRange
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.document import Value
from crossconnect.nos.sonic.tables import Fields, Table, Tables, fields

PRIORITY_FIRST = 10000
"""Of a rule with sequence 0; greater ones are looked at first. caclmgrd sorts them as text: always four digits."""
SEQUENCE_MAX = 9000
DEFAULT_PRIORITY = 1

NUMBERS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}
ESTABLISHED = ("0x10/0x10", "0x4/0x4")
"""TCP with ACK, or with RST."""

_STAGE_WORDS = {"in": "INGRESS", "out": "EGRESS"}
_BUILT_IN = {4: "L3", 6: "L3V6"}
_MATCHES: dict[int, tuple[str, ...]] = {
    4: ("SRC_IP", "DST_IP", "IP_PROTOCOL", "ETHER_TYPE", "ICMP_TYPE"),
    6: ("SRC_IPV6", "DST_IPV6", "IP_PROTOCOL", "IP_TYPE", "ICMPV6_TYPE"),
}
_COMMON_MATCHES = (
    "L4_SRC_PORT",
    "L4_DST_PORT",
    "L4_SRC_PORT_RANGE",
    "L4_DST_PORT_RANGE",
    "TCP_FLAGS",
    "VLAN_ID",
)


class Binding(msgspec.Struct, frozen=True, order=True):
    """An ACL in one direction, on a whole port (`vlan` is 0) or on a VLAN of it."""

    name: str
    stage: Literal["in", "out"]
    vlan: int
    port: str


def bindings(device: DeviceConfiguration) -> Iterator[Binding]:
    """Where the device's ACLs are bound; those of VLAN interfaces cannot be."""
    stages: tuple[tuple[Literal["in", "out"], int], ...] = (("in", 0), ("out", 1))
    for interface in device.interfaces:
        for stage, place in stages:
            name = (interface.acl_in, interface.acl_out)[place]
            if name and interface.kind == "subinterface":
                yield Binding(name, stage, interface.vlan or 0, interface.parent)
            elif name and interface.kind in ("ethernet", "lag"):
                yield Binding(name, stage, 0, interface.name)


def acl_tables(device: DeviceConfiguration) -> Tables:
    """Table types, tables and rules of everything that is bound, and of the management port's ACL."""
    types: Table = {}
    tables: Table = {}
    rules: Table = {}
    ports: dict[tuple[str, Literal["in", "out"], int], list[str]] = {}
    for binding in bindings(device):
        ports.setdefault((binding.name, binding.stage, binding.vlan), []).append(binding.port)
    for (name, stage, vlan), bound in sorted(ports.items()):
        for acl in (a for a in device.acls if a.name == name):
            table = f"{name}-v{acl.version}-{stage}" + (f"-{vlan}" if vlan else "")
            kind = _BUILT_IN[acl.version]
            if vlan or any(entry.established for entry in acl.entries):
                kind = f"XC_{kind}"
                matches: list[Value] = [*_MATCHES[acl.version], *_COMMON_MATCHES]
                types[kind] = {
                    "MATCHES": matches,
                    "ACTIONS": ["PACKET_ACTION"],
                    "BIND_POINTS": ["PORT", "PORTCHANNEL"],
                }
            listed: list[Value] = [*bound]
            tables[table] = {**fields(type=kind, stage=_STAGE_WORDS[stage], policy_desc=name), "ports": listed}
            rules |= _rules(table, acl, vlan)
    control, control_rules = _control_plane(device)
    return {"ACL_TABLE_TYPE": types, "ACL_TABLE": tables | control, "ACL_RULE": rules | control_rules}


def _rules(table: str, acl: AclSet, vlan: int) -> Table:
    where = fields(VLAN_ID=vlan or None)
    out: Table = {}
    for entry in acl.entries:
        alternatives = list(_alternatives(entry, acl.version))
        for n, match in enumerate(alternatives, 1):
            name = f"RULE_{entry.sequence}" + (f"_{n}" if len(alternatives) > 1 else "")
            out[f"{table}|{name}"] = {
                **fields(PRIORITY=PRIORITY_FIRST - entry.sequence, PACKET_ACTION="FORWARD" if entry.accept else "DROP"),
                **_version_match(acl.version),
                **where,
                **match,
            }
    out[f"{table}|DEFAULT_RULE"] = {
        **fields(PRIORITY=DEFAULT_PRIORITY, PACKET_ACTION="DROP"),
        **_version_match(acl.version),
        **where,
    }
    return out


def _version_match(version: int) -> Fields:
    return fields(ETHER_TYPE="2048") if version == 4 else fields(IP_TYPE="IPV6ANY")


def _alternatives(entry: AclEntry, version: int) -> Iterator[Fields]:
    """Matches of each rule that an entry needs: a rule takes one port or range, one ICMP type, one pair of flags."""
    protocol = NUMBERS.get(entry.protocol) if isinstance(entry.protocol, str) else entry.protocol
    suffix = "" if version == 4 else "V6"
    common = {
        **fields(IP_PROTOCOL=protocol),
        **{
            name: value
            for name, value in ((f"SRC_IP{suffix}", entry.source), (f"DST_IP{suffix}", entry.destination))
            if value
        },
    }
    for source, destination, icmp, flags in itertools.product(
        entry.source_ports or (None,),
        entry.destination_ports or (None,),
        entry.icmp_types or (None,),
        ESTABLISHED if entry.established else ("",),
    ):
        yield {
            **common,
            **_port("SRC", source),
            **_port("DST", destination),
            **({f"ICMP{suffix}_TYPE": str(icmp)} if icmp is not None else {}),
            **fields(TCP_FLAGS=flags),
        }


def _port(side: str, ports: PortRange | None) -> Fields:
    if ports is None:
        return {}
    if ports.first == ports.last:
        return {f"L4_{side}_PORT": str(ports.first)}
    return {f"L4_{side}_PORT_RANGE": f"{ports.first}-{ports.last}"}


# --- the management port ----------------------------------------------------------------------------------------------


NAMED_SERVICES: dict[tuple[str, int], str] = {("tcp", 22): "SSH", ("udp", 161): "SNMP", ("udp", 123): "NTP"}


class Service(msgspec.Struct, frozen=True):
    """A service of caclmgrd; `port` only where it has none of its own (`EXTERNAL_CLIENT`, TCP)."""

    name: str
    port: int = 0


def services_of(entry: AclEntry) -> tuple[Service, ...] | None:
    """The services by which an entry of the management ACL is rendered; None where it cannot be.

    None at all: nothing needs to be said, since caclmgrd lets it through by itself. Entries that drop cannot be: which
    of several tables is looked at first is not settled, so all of them may only accept.
    """
    if not entry.accept or entry.source_ports:
        return None
    unlimited = not entry.source and not entry.destination_ports
    if entry.protocol in ("icmp", "icmpv6"):
        return () if unlimited else None
    if entry.established:
        return () if unlimited else None
    if entry.protocol == "any":
        return (Service("ANY"),)
    if entry.protocol not in ("tcp", "udp") or any(p.first != p.last for p in entry.destination_ports):
        return None
    out: list[Service] = []
    for ports in entry.destination_ports:
        named = NAMED_SERVICES.get((entry.protocol, ports.first))
        if named is None and entry.protocol == "udp":
            return None
        out.append(Service(named) if named else Service("EXTERNAL_CLIENT", ports.first))
    return tuple(out) or None


def _control_plane(device: DeviceConfiguration) -> tuple[Table, Table]:
    tables: Table = {}
    rules: Table = {}
    for acl in device.acls:
        if not device.system.acl or acl.name != device.system.acl:
            continue
        for entry in acl.entries:
            for service in services_of(entry) or ():
                # caclmgrd takes one port a table, and keeps it for the rest of it: a table of its own for each.
                suffix = f"-{service.port}" if service.port else ""
                table = f"{acl.name}-v{acl.version}-{service.name}{suffix}"
                services: list[Value] = [service.name]
                tables[table] = {
                    **fields(type="CTRLPLANE", stage="INGRESS", policy_desc=acl.name),
                    "services": services,
                }
                rules[f"{table}|RULE_{entry.sequence}"] = _control_rule(entry, acl.version, service)
    return tables, rules


def _control_rule(entry: AclEntry, version: int, service: Service) -> Fields:
    suffix = "" if version == 4 else "V6"
    any_source = "0.0.0.0/0" if version == 4 else "::/0"
    return {
        **fields(PRIORITY=PRIORITY_FIRST - entry.sequence, PACKET_ACTION="ACCEPT"),
        # caclmgrd tells a table's IP version by the addresses of its rules.
        f"SRC_IP{suffix}": entry.source or any_source,
        **({f"DST_IP{suffix}": entry.destination} if entry.destination else {}),
        **fields(L4_DST_PORT=service.port or None),
    }
