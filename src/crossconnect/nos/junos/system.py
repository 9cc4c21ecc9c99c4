"""Services of the management plane.

Junos "User Access and Authentication Administration Guide" (login, TACACS+, RADIUS, accounting), "Time Management
Administration Guide" (`ntp server ... routing-instance`), "Network Management and Monitoring Guide" (syslog, SNMPv3:
`usm`, `vacm`, `target-address`; sFlow), "gRPC Services User Guide" (`services extension-service request-response
grpc ssl`), "NETCONF XML Management Protocol Developer Guide" (`services netconf ssh port`), "LLDP" in the "Layer 2
User Guide".
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.management import Aaa, Snmp, User
from crossconnect.nos.junos.names import MANAGEMENT, quoted
from crossconnect.nos.lines import Entry, entry
from crossconnect.nos.secrets import secret_token

_INSTANCE = f"routing-instance {MANAGEMENT}"
_CLASSES = {"administrator": "super-user", "operator": "read-only"}
_SERVERS = {"tacacs": "tacplus", "radius": "radius"}
_AUTHENTICATION = {"sha-1": "sha", "sha-256": "sha256", "sha-512": "sha512"}
_GROUP = "xc-readers"


def render_system(device: DeviceConfiguration) -> Entry:
    """`system`."""
    system = device.system
    body: list[Entry] = [f"host-name {device.name}"]
    if system.management_vrf:
        body.append("management-instance")
    login: list[Entry] = [f"message {quoted(system.banner)}"] if system.banner else []
    login += [_user(user) for user in system.users]
    if login:
        body.append(entry("login", login))
    if system.aaa is not None:
        body += _aaa(system.aaa)
    body.append(entry("services", _services(device)))
    if system.syslog:
        hosts = [entry(f"host {host}", ["any notice", _INSTANCE]) for host in system.syslog]
        body.append(entry("syslog", hosts))
    if system.ntp:
        body.append(entry("ntp", [f"server {server} {_INSTANCE}" for server in system.ntp]))
    return entry("system", body)


def _user(user: User) -> Entry:
    authentication: list[Entry] = []
    if user.password:
        authentication.append(f'encrypted-password "{secret_token(user.password)}"')
    authentication += [f"{key.split()[0]} {quoted(key)}" for key in user.ssh_keys]
    body: list[Entry] = [f"class {_CLASSES[user.role]}"]
    if authentication:
        body.append(entry("authentication", authentication))
    return entry(f"user {user.name}", body)


def _aaa(aaa: Aaa) -> Iterator[Entry]:
    protocols = list(dict.fromkeys(_SERVERS[s.protocol] for s in aaa.servers))
    # Without `password` in the order, local users are asked when no server answers, and only then.
    order = protocols[0] if len(protocols) == 1 else f"[ {' '.join(protocols)} ]"
    yield f"authentication-order {order}"
    servers: dict[str, list[Entry]] = {}
    for server in aaa.servers:
        port = f"port {server.port}"
        body: list[Entry] = [
            _INSTANCE,
            port,
            f'secret "{secret_token(server.secret)}"',
            f"timeout {server.timeout_s}",
        ]
        servers.setdefault(f"{_SERVERS[server.protocol]}-server", []).append(entry(server.address, body))
    for word, entries in servers.items():
        yield from (entry(f"{word} {e.header}", e.body) for e in entries if not isinstance(e, str))
    if aaa.accounting:
        destination = [entry("destination", protocols)]
        yield entry("accounting", ["events [ login change-log interactive-commands ]", *destination])


def _services(device: DeviceConfiguration) -> Iterator[Entry]:
    system = device.system
    yield entry("ssh", ["root-login deny", "protocol-version v2"])
    if system.gnmi is not None:
        ssl = [f"port {system.gnmi.port}", f"local-certificate {system.gnmi.tls_profile}"]
        grpc = entry("grpc", [entry("ssl", ssl), _INSTANCE])
        yield entry("extension-service", [entry("request-response", [grpc])])
    if system.netconf is not None:
        yield entry("netconf", [entry("ssh", [f"port {system.netconf.port}"])])


def render_snmp(snmp: Snmp) -> Entry:
    """`snmp`, version 3 only."""
    body: list[Entry] = [f"location {quoted(snmp.location)}"] if snmp.location else []
    body += [f"contact {quoted(snmp.contact)}"] if snmp.contact else []
    body.append(entry("v3", _snmp3(snmp)))
    body.append("routing-instance-access")
    body.append(entry("view all", [entry("oid .1", ["include"])]))
    return entry("snmp", body)


def _snmp3(snmp: Snmp) -> Iterator[Entry]:
    users: list[Entry] = []
    groups: list[Entry] = []
    for user in snmp.users:
        auth = f'authentication-password "{secret_token(user.authentication_secret)}"'
        privacy = f'privacy-password "{secret_token(user.privacy_secret)}"'
        cipher = "privacy-aes128" if user.privacy == "aes-128" else "privacy-aes256"
        body = [entry(f"authentication-{_AUTHENTICATION[user.authentication]}", [auth]), entry(cipher, [privacy])]
        users.append(entry(f"user {user.name}", body))
        groups.append(entry(f"security-name {user.name}", [f"group {_GROUP}"]))
    yield entry("usm", [entry("local-engine", users)])
    level = [entry("security-level privacy", ["read-view all", "notify-view all"])]
    model = entry("security-model usm", level)
    access = entry("access", [entry(f"group {_GROUP}", [entry("default-context-prefix", [model])])])
    yield entry("vacm", [entry("security-to-group", [entry("security-model usm", groups)]), access])
    for n, receiver in enumerate(snmp.receivers, 1):
        target = [
            f"address {receiver.address}",
            _INSTANCE,
            "tag-list xc-receivers",
            f"target-parameters {receiver.user}",
        ]
        yield entry(f"target-address receiver{n}", target)
    for user_name in sorted({r.user for r in snmp.receivers}):
        words = ["message-processing-model v3", "security-model usm", "security-level privacy"]
        parameters = entry("parameters", [*words, f"security-name {user_name}"])
        yield entry(f"target-parameters {user_name}", [parameters, "notify-filter all"])
    if snmp.receivers:
        yield entry("notify xc-traps", ["type trap", "tag xc-receivers"])
        yield entry("notify-filter all", [entry("oid .1", ["include"])])


def render_services(device: DeviceConfiguration) -> Iterator[Entry]:
    """Services that stand below `protocols`: LLDP and sFlow."""
    system = device.system
    lldp: list[Entry] = ["interface all"] if system.lldp else ["disable"]
    yield entry("lldp", lldp)
    sflow = system.sflow
    if sflow is not None:
        body: list[Entry] = [
            f"agent-id {sflow.agent}",
            f"polling-interval {sflow.polling_s}",
            entry("sample-rate", [f"ingress {sflow.sample_rate}"]),
            f"source-ip {sflow.agent}",
        ]
        for collector in sflow.collectors:
            where = [f"udp-port {collector.port}", _INSTANCE]
            body.append(entry(f"collector {collector.address}", where))
        body += [f"interfaces {name}" for name in sflow.interfaces]
        yield entry("sflow", body)
