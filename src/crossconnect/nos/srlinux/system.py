"""The management plane: name, servers and clients in the management VRF, logins, SNMPv3, gNMI, NETCONF, sFlow.

Servers that are not asked for are not configured: SR Linux' SSH, gRPC, NETCONF and SNMP servers are off by default,
LLDP is on. The certificate of a TLS profile is on the device; only its profile is named here.

Sources: Nokia SR Linux 25.3 Configuration Basics Guide ("Management servers", "Securing access": AAA, roles, users),
System Management Guide (gNMI, NETCONF, SNMP), Log Events Guide ("Configuring logging": remote servers; own events are
of facility local6), Interfaces Guide ("LLDP"), OAM Guide ("sFlow": rate for the device, counters every 10 s, collector
with its own source address where it is not in the default instance); srl_nokia-aaa, -system-snmp, -sflow, -ssh.
"""

from __future__ import annotations

from collections.abc import Mapping

from crossconnect.device.configuration import DeviceConfiguration, System
from crossconnect.device.management import Aaa, Sflow, Snmp, SnmpUser, User
from crossconnect.nos.document import Value
from crossconnect.nos.secrets import secret_token
from crossconnect.nos.srlinux.evpn import render_segments

OPERATOR = "operator"
SFLOW_COLLECTORS_MAX = 8
_SSH = "mgmt"
_AUTHENTICATION: Mapping[str, str] = {
    "sha-1": "hmac-sha1-96",
    "sha-256": "hmac-sha2-256",
    "sha-512": "hmac-sha2-512",
}
_PRIVACY: Mapping[str, str] = {"aes-128": "cfb128-aes-128", "aes-256": "cfb128-aes-256"}
_FACILITIES = ("auth", "local6")
"""Logins, and SR Linux' own events."""
_SERVICES: Value = ["srl_nokia-grpc:gnmi", "srl_nokia-grpc:gnoi.system"]
"""Of the gRPC server. gNOI's System service sends the pings of gates; it can reboot as well, which needs the same
rights as changing the configuration: a role has to name `gnoi` among its services, and `operator` does not."""


def render_system(device: DeviceConfiguration) -> dict[str, Value]:
    """`system`."""
    system = device.system
    vrf = system.management_vrf
    out: dict[str, Value] = {"name": {"host-name": device.name}}
    if system.banner:
        out["banner"] = {"login-banner": system.banner}
    if system.snmp is not None and (system.snmp.location or system.snmp.contact):
        given = {"contact": system.snmp.contact, "location": system.snmp.location}
        out["information"] = {name: value for name, value in given.items() if value}
    out["lldp"] = {"admin-state": "enable" if system.lldp else "disable"}
    if system.ntp:
        servers: list[Value] = [{"address": address, "iburst": True} for address in system.ntp]
        out["ntp"] = {"admin-state": "enable", "network-instance": vrf, "server": servers}
    if system.syslog:
        out["logging"] = {"network-instance": vrf, "remote-server": [_syslog(host) for host in system.syslog]}
    if system.users or system.aaa is not None:
        out["aaa"] = _aaa(system)
    if any(user.role == "operator" for user in system.users):
        rule: Value = {"path-reference": "/", "action": "read"}
        out["configuration"] = {"role": [{"name": OPERATOR, "rule": [rule]}]}
    out |= _servers(system)
    if system.snmp is not None:
        out["snmp"] = _snmp(system.snmp, vrf)
    if system.sflow is not None:
        out["sflow"] = _sflow(system.sflow, vrf, _source(device, system.sflow))
    if segments := render_segments(device):
        out["network-instance"] = segments
    return out


def _syslog(host: str) -> Value:
    facilities: list[Value] = [
        {"facility-name": name, "priority": {"match-above": "informational"}} for name in _FACILITIES
    ]
    return {"host": host, "transport": "udp", "remote-port": 514, "facility": facilities}


def _servers(system: System) -> dict[str, Value]:
    vrf = system.management_vrf
    ssh: list[Value] = [{"name": _SSH, "admin-state": "enable", "network-instance": vrf, "port": 22}]
    out: dict[str, Value] = {}
    if system.netconf is not None:
        port = system.netconf.port
        ssh.append({"name": "netconf", "admin-state": "enable", "network-instance": vrf, "port": port})
        out["netconf-server"] = [{"name": "mgmt", "admin-state": "enable", "ssh-server": "netconf"}]
    if system.gnmi is not None:
        out["grpc-server"] = [
            {
                "name": "mgmt",
                "admin-state": "enable",
                "services": _SERVICES,
                "tls-profile": system.gnmi.tls_profile,
                "network-instance": vrf,
                "port": system.gnmi.port,
            }
        ]
        out["tls"] = {"server-profile": [{"name": system.gnmi.tls_profile, "authenticate-client": False}]}
    return {"ssh-server": ssh, **out}


def _aaa(system: System) -> Value:
    """Local users only when no server answers: a refusal is final (`exit-on-reject`)."""
    local: Value = {"name": "local", "type": "srl_nokia-aaa-types:local"}
    groups: list[Value] = [*_server_groups(system.aaa, system.management_vrf), local]
    names: list[Value] = [group["name"] for group in groups if isinstance(group, dict)]
    authentication: dict[str, Value] = {"authentication-method": names, "exit-on-reject": True}
    if system.users:
        authentication["user"] = [_user(user) for user in system.users]
    out: dict[str, Value] = {"authentication": authentication}
    if any(user.role == "operator" for user in system.users):
        services: list[Value] = ["cli", "gnmi", "netconf"]
        out["authorization"] = {"role": [{"rolename": OPERATOR, "services": services}]}
    if system.aaa is not None and system.aaa.accounting:
        event: Value = {"event-type": "srl_nokia-aaa-types:command", "record": "srl_nokia-aaa-types:start-stop"}
        out["accounting"] = {"accounting-method": names[:-1], "event": [event]}
    out["server-group"] = groups
    return out


def _server_groups(aaa: Aaa | None, vrf: str) -> list[Value]:
    """A group per protocol, in the order of their first server. A group has one timeout: the longest."""
    if aaa is None:
        return []
    out: list[Value] = []
    for protocol in dict.fromkeys(server.protocol for server in aaa.servers):
        servers = [server for server in aaa.servers if server.protocol == protocol]
        port = "port" if protocol == "tacacs" else "auth-port"
        entries: list[Value] = [
            {
                "address": server.address,
                "network-instance": vrf,
                protocol: {port: server.port, "secret-key": secret_token(server.secret)},
            }
            for server in servers
        ]
        out.append(
            {
                "name": protocol,
                "type": f"srl_nokia-aaa-types:{protocol}",
                "timeout": max(server.timeout_s for server in servers),
                "server": entries,
            }
        )
    return out


def _user(user: User) -> Value:
    out: dict[str, Value] = {"username": user.name}
    if user.password:
        out["password"] = secret_token(user.password)
    if user.role == "administrator":
        out["superuser"] = True
    else:
        out["role"] = [OPERATOR]
        out["superuser"] = False
    if user.ssh_keys:
        out["ssh-key"] = list(user.ssh_keys)
    return out


def _security(user: SnmpUser) -> dict[str, Value]:
    return {
        "name": user.name,
        "user": user.name,
        "authentication": {
            "protocol": _AUTHENTICATION[user.authentication],
            "password": secret_token(user.authentication_secret),
        },
        "privacy": {"protocol": _PRIVACY[user.privacy], "password": secret_token(user.privacy_secret)},
    }


def _snmp(snmp: Snmp, vrf: str) -> Value:
    out: dict[str, Value] = {}
    if snmp.users:
        entries: list[Value] = [_security(user) for user in snmp.users]
        out["access-group"] = [
            {"name": "v3", "admin-state": "enable", "security-level": "auth-priv", "security-entry": entries}
        ]
    users = {user.name: user for user in snmp.users}
    destinations: list[Value] = [
        {
            "name": receiver.address,
            "admin-state": "enable",
            "address": receiver.address,
            "security-level": "auth-priv",
            "security-entry": [_security(users[receiver.user])],
        }
        for receiver in snmp.receivers
        if receiver.user in users
    ]
    if destinations:
        out["trap-group"] = [
            {"name": "v3", "admin-state": "enable", "network-instance": vrf, "destination": destinations}
        ]
    out["network-instance"] = [{"name": vrf, "admin-state": "enable"}]
    return out


def _source(device: DeviceConfiguration, sflow: Sflow) -> str:
    """Samples leave the management VRF with an address of it: the loopback's, which the design has, is not there."""
    addresses = [a.partition("/")[0] for i in device.interfaces if i.kind == "management" for a in i.addresses]
    return next((a for a in addresses if ":" not in a), sflow.agent)


def _sflow(sflow: Sflow, vrf: str, source: str) -> Value:
    collectors: list[Value] = [
        {
            "collector-id": n,
            "collector-address": collector.address,
            "network-instance": vrf,
            "source-address": source,
            "port": collector.port,
        }
        for n, collector in enumerate(sflow.collectors, 1)
    ]
    return {"admin-state": "enable", "collector": collectors, "sample-rate": sflow.sample_rate}
