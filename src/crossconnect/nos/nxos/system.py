"""Features, and the management plane: users, AAA, NTP, syslog, LLDP, SNMPv3, gNMI, NETCONF, sFlow, banner.

Sources: Cisco Nexus 9000 Series NX-OS configuration guides 10.3(x): Fundamentals, Security ("Configuring AAA",
"Configuring TACACS+", "Configuring User Accounts and RBAC"), System Management ("Configuring NTP", "Configuring System
Message Logging", "Configuring SNMP", "Configuring LLDP", "Configuring sFlow"), Programmability ("gNMI", "NETCONF
Agent").
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.bgp import Bgp
from crossconnect.device.configuration import DeviceConfiguration, System
from crossconnect.device.management import Aaa, Sflow, Snmp, User
from crossconnect.nos.lines import Block, Entry
from crossconnect.nos.nxos.names import MANAGEMENT, one_line
from crossconnect.nos.secrets import secret_token

_ROLES = {"administrator": "network-admin", "operator": "network-operator"}
_AUTHENTICATION = {"sha-1": "sha", "sha-256": "sha-256", "sha-512": "sha-512"}
_PRIVACY = {"aes-128": "aes-128", "aes-256": "aes-256"}
_PROTOCOLS = {"tacacs": "tacacs+", "radius": "radius"}
PORT = "mgmt0"
GROUP = "xc"
SEVERITY = 6
"""Of messages that are sent to syslog servers: informational and worse."""


def render_start(device: DeviceConfiguration) -> list[Entry]:
    """Host name, features and users."""
    out: list[Entry] = [f"hostname {device.name}"]
    if device.vtep or any(_speaks_evpn(i.bgp) for i in device.network_instances if i.bgp):
        out.append("nv overlay evpn")
    out += [f"feature {name}" for name in _features(device)]
    for user in device.system.users:
        out += _user(user)
    if device.system.banner:
        out.append(f"banner motd ^{one_line(device.system.banner)}^")
    return out


def _speaks_evpn(bgp: Bgp) -> bool:
    return any(f.family == "l2vpn-evpn" for n in bgp.neighbors for f in n.families)


def _features(device: DeviceConfiguration) -> Iterator[str]:
    system = device.system
    vtep = bool(device.vtep)
    lacp = any(i.kind == "lag" for i in device.interfaces)
    asked = (
        ("bgp", any(i.bgp for i in device.network_instances)),
        ("fabric forwarding", vtep),
        ("interface-vlan", vtep),
        ("vn-segment-vlan-based", vtep),
        ("lacp", lacp),
        ("vpc", device.mlag is not None),
        ("lldp", system.lldp),
        ("bfd", device.bfd is not None),
        ("nv overlay", vtep),
        ("tacacs+", system.aaa is not None and any(s.protocol == "tacacs" for s in system.aaa.servers)),
        ("grpc", system.gnmi is not None),
        ("netconf", system.netconf is not None),
        ("sflow", system.sflow is not None),
    )
    yield from (name for name, wanted in asked if wanted)


def _user(user: User) -> Iterator[str]:
    role = _ROLES[user.role]
    if user.password:
        yield f"username {user.name} password 5 {secret_token(user.password)} role {role}"
    else:
        yield f"username {user.name} role {role}"
    for key in user.ssh_keys:
        yield f"username {user.name} sshkey {key}"


def render_services(device: DeviceConfiguration) -> list[Entry]:
    """Services; they use the management VRF."""
    system = device.system
    out: list[Entry] = []
    if system.aaa is not None:
        out += _aaa(system.aaa)
    if system.snmp is not None:
        out += _snmp(system.snmp)
    out += [f"ntp server {address} use-vrf {MANAGEMENT}" for address in system.ntp]
    if system.ntp:
        out.append(f"ntp source-interface {PORT}")
    out += [f"logging server {address} {SEVERITY} use-vrf {MANAGEMENT}" for address in system.syslog]
    if system.sflow is not None:
        out += _sflow(system.sflow)
    out += _interfaces(system)
    return out


def _aaa(aaa: Aaa) -> Iterator[Entry]:
    """Servers, a group per protocol in the order of its first server, and who is asked.

    When no server answers, local users decide (Security Configuration Guide, "Configuring AAA": `aaa authentication
    login default fallback error local` is on by default).
    """
    for server in aaa.servers:
        key = f"key 0 {secret_token(server.secret)}"
        port = f"port {server.port}" if server.protocol == "tacacs" else f"auth-port {server.port}"
        yield f"{server.protocol}-server host {server.address} {key} {port} timeout {server.timeout_s}"
    groups: list[str] = []
    for protocol in dict.fromkeys(server.protocol for server in aaa.servers):
        servers = [f"server {server.address}" for server in aaa.servers if server.protocol == protocol]
        body = (*servers, f"use-vrf {MANAGEMENT}")
        groups.append(f"{GROUP}-{protocol}")
        yield Block(f"aaa group server {_PROTOCOLS[protocol]} {groups[-1]}", body)
    yield f"aaa authentication login default group {' '.join(groups)}"
    if aaa.accounting:
        yield f"aaa accounting default group {' '.join(groups)}"


def _snmp(snmp: Snmp) -> Iterator[str]:
    if snmp.contact:
        yield f"snmp-server contact {one_line(snmp.contact)}"
    if snmp.location:
        yield f"snmp-server location {one_line(snmp.location)}"
    for user in snmp.users:
        authentication = f"auth {_AUTHENTICATION[user.authentication]} {secret_token(user.authentication_secret)}"
        privacy = f"priv {_PRIVACY[user.privacy]} {secret_token(user.privacy_secret)}"
        yield f"snmp-server user {user.name} network-operator {authentication} {privacy}"
    for receiver in snmp.receivers:
        yield f"snmp-server host {receiver.address} traps version 3 priv {receiver.user}"
        yield f"snmp-server host {receiver.address} use-vrf {MANAGEMENT}"


def _sflow(sflow: Sflow) -> Iterator[str]:
    collector = sflow.collectors[0]
    yield f"sflow sampling-rate {sflow.sample_rate}"
    yield f"sflow counter-poll-interval {sflow.polling_s}"
    yield f"sflow collector-ip {collector.address} vrf {MANAGEMENT}"
    yield f"sflow collector-port {collector.port}"
    yield f"sflow agent-ip {sflow.agent}"
    for name in sflow.interfaces:
        yield f"sflow data-source interface {name}"


def _interfaces(system: System) -> Iterator[str]:
    if system.gnmi is not None:
        yield f"grpc port {system.gnmi.port}"
        yield f"grpc certificate {system.gnmi.tls_profile}"
