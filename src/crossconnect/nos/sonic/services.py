"""Findings about services of the management plane and about ACLs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.finding import Code, Finding, Place, Severity, found
from crossconnect.nos.sonic.acl import SEQUENCE_MAX, bindings, services_of
from crossconnect.nos.sonic.names import MANAGEMENT_VRF
from crossconnect.nos.sonic.system import SERVERS_MAX

MANAGEMENT_VRF_NAME = Code(
    "sonic.management-vrf-name",
    Severity.WARNING,
    "The management VRF has another name; on SONiC it is always `mgmt`, and rendered so.",
    "call it `mgmt`",
)
GATEWAYS = Code(
    "sonic.management-gateways",
    Severity.ERROR,
    "The management port has an address without gateway, or several gateways of one IP version.",
    "give one gateway per IP version of the management network",
)
SERVERS = Code(
    "sonic.too-many-servers",
    Severity.ERROR,
    "There are more servers or collectors of a kind than SONiC takes.",
    "NTP: 10, TACACS+ and RADIUS: 8 each, sFlow: 2",
)
SNMP_USER = Code(
    "sonic.snmp-user",
    Severity.ERROR,
    "An SNMPv3 user cannot be so on SONiC: names have 4 to 32 characters, privacy is AES-128.",
    "choose another name, or `aes-128`",
)
SNMP_RECEIVER = Code(
    "sonic.snmp-receiver",
    Severity.WARNING,
    "SONiC sends no notifications in the name of an SNMPv3 user; none are configured.",
    "watch the device by gNMI or syslog",
)
RATE = Code(
    "sonic.sflow",
    Severity.ERROR,
    "The sampling rate, polling interval or agent of sFlow is none that SONiC takes.",
    "one packet in 256 to 8388608, every 5 to 300 s, the agent's address on an interface of the device",
)
TLS_PROFILE = Code(
    "sonic.tls-profile",
    Severity.ERROR,
    "The TLS profile of gNMI cannot be the name of a certificate's file.",
    "use letters, digits, `_` and `-`",
)
ACCOUNTING = Code(
    "sonic.accounting",
    Severity.WARNING,
    "Accounting is asked for and no server speaks TACACS+; SONiC reports to those only.",
    "add a TACACS+ server, or do without",
)
ACL_PLACE = Code(
    "sonic.acl-on-vlan-interface",
    Severity.ERROR,
    "An ACL is asked for at a gateway; SONiC binds them to ports, bonds and subinterfaces only. It is not configured.",
    "filter at another place of the path, or run another network operating system on leaves of this segment",
)
ACL_SEQUENCE = Code(
    "sonic.acl-sequence",
    Severity.ERROR,
    f"An ACL has entries numbered over {SEQUENCE_MAX}; there is no priority left for them.",
    "number the entries closer together",
)
ACL_LOG = Code(
    "sonic.acl-log",
    Severity.NOTE,
    "Entries of an ACL are to be logged; SONiC counts what they match and logs nothing.",
    "read the counters by `aclshow -a`",
)
MANAGEMENT_ACL = Code(
    "sonic.management-acl-entry",
    Severity.WARNING,
    "An entry of the management port's ACL cannot be said by services of SONiC (SSH, SNMP, NTP, a TCP port, any), or "
    "drops: it is not configured. What it accepts is dropped, and what it drops may be accepted by another entry.",
    "accept tcp with ports, udp/161, udp/123 or any protocol; ICMP and answers are let through anyway, the rest is "
    "dropped",
)

SERVICE_CODES: tuple[Code, ...] = (
    MANAGEMENT_VRF_NAME,
    GATEWAYS,
    SERVERS,
    SNMP_USER,
    SNMP_RECEIVER,
    RATE,
    TLS_PROFILE,
    ACCOUNTING,
    ACL_PLACE,
    ACL_SEQUENCE,
    ACL_LOG,
    MANAGEMENT_ACL,
)

_SNMP_NAME = re.compile(r"[^ :@,\\'+\"]{4,32}")
_FILE = re.compile(r"[a-zA-Z0-9_-]+")
_MOST = {"ntp": 10, "tacacs": SERVERS_MAX, "radius": SERVERS_MAX, "sflow": 2}


def service_findings(device: DeviceConfiguration) -> tuple[Finding, ...]:
    """Findings about the management plane and ACLs."""
    return (
        *_management(device),
        *_servers(device),
        *_snmp(device),
        *_sflow(device),
        *_acls(device),
        *_management_acl(device),
    )


def _at(field: str) -> Place:
    return Place(path=f"management/{field}")


def _management(device: DeviceConfiguration) -> Iterator[Finding]:
    system = device.system
    if system.management_vrf not in ("", MANAGEMENT_VRF):
        words = f"{device.name}: the management VRF is called {system.management_vrf}"
        yield found(MANAGEMENT_VRF_NAME, _at("vrf"), words)
    versions = [":" in gateway for gateway in system.management_gateways]
    addresses = [a for i in device.interfaces if i.kind == "management" for a in i.addresses]
    lacking = [a for a in addresses if versions and (":" in a) not in versions]
    if len(set(versions)) < len(versions) or lacking:
        words = ", ".join(system.management_gateways) or "none"
        yield found(GATEWAYS, _at("gateway"), f"{device.name}: gateways of the management port are {words}")
    if system.gnmi is not None and not _FILE.fullmatch(system.gnmi.tls_profile):
        words = f"{device.name}: {system.gnmi.tls_profile!r} is no name of a certificate's file"
        yield found(TLS_PROFILE, _at("gnmi"), words)


def _servers(device: DeviceConfiguration) -> Iterator[Finding]:
    system = device.system
    servers = system.aaa.servers if system.aaa is not None else ()
    counts = {
        "ntp": len(system.ntp),
        "tacacs": sum(s.protocol == "tacacs" for s in servers),
        "radius": sum(s.protocol == "radius" for s in servers),
        "sflow": len(system.sflow.collectors) if system.sflow is not None else 0,
    }
    for kind, count in counts.items():
        if count > _MOST[kind]:
            field = "aaa" if kind in ("tacacs", "radius") else kind
            yield found(
                SERVERS, _at(field), f"{device.name}: {count} {kind} servers", expected=f"at most {_MOST[kind]}"
            )
    if system.aaa is not None and system.aaa.accounting and not counts["tacacs"]:
        yield found(ACCOUNTING, _at("aaa"), f"{device.name}: no server for accounting")


def _snmp(device: DeviceConfiguration) -> Iterator[Finding]:
    snmp = device.system.snmp
    if snmp is None:
        return
    for user in snmp.users:
        if not _SNMP_NAME.fullmatch(user.name) or user.privacy != "aes-128":
            words = f"{device.name}: no SNMP user {user.name!r} with {user.privacy}"
            yield found(SNMP_USER, _at("snmp"), words)
    if snmp.receivers:
        receivers = ", ".join(receiver.address for receiver in snmp.receivers)
        yield found(SNMP_RECEIVER, _at("snmp"), f"{device.name}: no notifications to {receivers}")


def _sflow(device: DeviceConfiguration) -> Iterator[Finding]:
    sflow = device.system.sflow
    if sflow is None:
        return
    addresses = {a.partition("/")[0] for i in device.interfaces for a in i.addresses}
    rate = 256 <= sflow.sample_rate <= 8388608
    polling = sflow.polling_s == 0 or 5 <= sflow.polling_s <= 300
    if not rate or not polling or sflow.agent not in addresses:
        words = f"one packet in {sflow.sample_rate}, counters every {sflow.polling_s} s, agent {sflow.agent}"
        yield found(RATE, _at("sflow"), f"{device.name}: sFlow of {words}")


def _acls(device: DeviceConfiguration) -> Iterator[Finding]:
    for interface in device.interfaces:
        for name in (interface.acl_in, interface.acl_out):
            if name and interface.kind not in ("ethernet", "lag", "subinterface"):
                words = f"{device.name}: no ACL {name} at {interface.name}"
                yield found(ACL_PLACE, Place(path=f"acls/{name}"), words)
    bound = {binding.name for binding in bindings(device)} | {device.system.acl}
    logged: set[str] = set()
    for acl in device.acls:
        here = Place(path=acl.path or device.path)
        over = [entry.sequence for entry in acl.entries if not 0 < entry.sequence <= SEQUENCE_MAX]
        if over:
            yield found(ACL_SEQUENCE, here, f"{device.name}: ACL {acl.name} has an entry {over[0]}")
        if acl.name in bound and acl.name not in logged and any(entry.log for entry in acl.entries):
            logged.add(acl.name)
            yield found(ACL_LOG, here, f"{device.name}: ACL {acl.name} is not logged")


def _management_acl(device: DeviceConfiguration) -> Iterator[Finding]:
    said: set[int] = set()
    for acl in device.acls:
        if not device.system.acl or acl.name != device.system.acl:
            continue
        for entry in acl.entries:
            if services_of(entry) is None and entry.sequence not in said:
                said.add(entry.sequence)
                words = f"{device.name}: entry {entry.sequence} ({entry.description}) of ACL {acl.name} has no service"
                yield found(MANAGEMENT_ACL, Place(path=acl.path or device.path), words)
