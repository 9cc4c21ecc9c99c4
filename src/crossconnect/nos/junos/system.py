"""Management plane: `system`, `snmp`, `chassis`, and the protocols LLDP, sFlow and router advertisement.

Sources: Junos OS "User Access and Authentication" (`login`, `tacplus-server`, `radius-server`), "Network Management and
Monitoring" (`syslog`, SNMPv3, sFlow), "Time Management" (`ntp`), "Junos Telemetry Interface" (`extension-service
request-response grpc`), "NETCONF XML Management Protocol" (`netconf ssh`), "Management Interface in a Dedicated
Instance".
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration, System
from crossconnect.device.management import Aaa, Sflow, Snmp, User
from crossconnect.nos.junos.names import MANAGEMENT, quoted
from crossconnect.nos.lines import Block, Entry, entry
from crossconnect.nos.secrets import secret_token

_CLASSES = {"administrator": "super-user", "operator": "read-only"}
_AUTHENTICATION = {"sha-1": "sha", "sha-256": "sha256", "sha-512": "sha512"}
_PRIVACY = {"aes-128": "aes128", "aes-256": "aes256"}
ECMP_SIZES = (16, 32, 64, 128)


def render_system(device: DeviceConfiguration) -> list[Entry]:
    """The statement `system`."""
    system = device.system
    body: list[Entry] = [f"host-name {device.name}"]
    if login := _login(system):
        body.append(Block("login", tuple(login)))
    body += _services(system)
    if system.aaa is not None:
        body += _aaa(system.aaa)
    body.append("management-instance")
    if system.syslog:
        hosts = [Block(f"host {a}", ("any info", f"routing-instance {MANAGEMENT}")) for a in system.syslog]
        body.append(Block("syslog", tuple(hosts)))
    if system.ntp:
        body.append(Block("ntp", tuple(f"server {a} routing-instance {MANAGEMENT}" for a in system.ntp)))
    return [Block("system", tuple(body))]


def _login(system: System) -> list[Entry]:
    out: list[Entry] = [f"message {quoted(' '.join(system.banner.split()))}"] if system.banner else []
    return out + [_user(user) for user in system.users]


def _user(user: User) -> Entry:
    authentication: list[Entry] = []
    if user.password:
        authentication.append(f"encrypted-password {quoted(secret_token(user.password))}")
    for key in user.ssh_keys:
        authentication.append(f"{key.split()[0]} {quoted(key)}")
    return Block(f"user {user.name}", (f"class {_CLASSES[user.role]}", entry("authentication", authentication)))


def _services(system: System) -> Iterator[Entry]:
    services: list[Entry] = ["ssh"]
    if system.netconf is not None:
        services.append(Block("netconf", (Block("ssh", (f"port {system.netconf.port}",)),)))
    if system.gnmi is not None:
        ssl = Block("ssl", (f"port {system.gnmi.port}", f"local-certificate {system.gnmi.tls_profile}"))
        grpc = Block("grpc", (ssl, f"routing-instance {MANAGEMENT}"))
        services.append(Block("extension-service", (Block("request-response", (grpc,)),)))
    yield Block("services", tuple(services))


def _aaa(aaa: Aaa) -> Iterator[Entry]:
    protocol = aaa.servers[0].protocol
    word = "tacplus" if protocol == "tacacs" else "radius"
    yield f"authentication-order [ {word} password ]"
    for server in aaa.servers:
        yield Block(
            f"{word}-server {server.address}",
            (
                f"routing-instance {MANAGEMENT}",
                f"port {server.port}",
                f"secret {quoted(secret_token(server.secret))}",
                f"timeout {server.timeout_s}",
            ),
        )
    if aaa.accounting:
        yield Block("accounting", ("events [ login interactive-commands ]", Block("destination", (word,))))


def render_chassis(device: DeviceConfiguration) -> list[Entry]:
    """The statement `chassis`: bonds and equal-cost paths."""
    body: list[Entry] = []
    bonds = [int(i.name.removeprefix("ae")) for i in device.interfaces if i.kind == "lag" and i.name[2:].isdigit()]
    if bonds:
        ethernet = Block("ethernet", (f"device-count {max(bonds) + 1}",))
        body.append(Block("aggregated-devices", (ethernet,)))
    paths = max((i.bgp.maximum_paths for i in device.network_instances if i.bgp), default=1)
    body.append(f"maximum-ecmp {next((size for size in ECMP_SIZES if size >= paths), ECMP_SIZES[-1])}")
    return [Block("chassis", tuple(body))]


def render_snmp(snmp: Snmp | None) -> list[Entry]:
    """The statement `snmp`: version 3 only."""
    if snmp is None:
        return []
    body: list[Entry] = []
    if snmp.location:
        body.append(f"location {quoted(' '.join(snmp.location.split()))}")
    if snmp.contact:
        body.append(f"contact {quoted(' '.join(snmp.contact.split()))}")
    users: list[Entry] = []
    groups: list[Entry] = []
    for user in snmp.users:
        secret, privacy = secret_token(user.authentication_secret), secret_token(user.privacy_secret)
        of = (
            Block(
                f"authentication-{_AUTHENTICATION[user.authentication]}", (f"authentication-password {quoted(secret)}",)
            ),
            Block(f"privacy-{_PRIVACY[user.privacy]}", (f"privacy-password {quoted(privacy)}",)),
        )
        users.append(Block(f"user {user.name}", of))
        groups.append(Block(f"security-name {user.name}", ("group xc-read",)))
    level = Block("security-level privacy", ("read-view xc-all",))
    access = Block(
        "access",
        (Block("group xc-read", (Block("default-context-prefix", (Block("security-model usm", (level,)),)),)),),
    )
    vacm = Block("vacm", (Block("security-to-group", (Block("security-model usm", tuple(groups)),)), access))
    v3: list[Entry] = [Block("usm", (Block("local-engine", tuple(users)),)), vacm, *_receivers(snmp)]
    body.append(Block("v3", tuple(v3)))
    body.append(Block("view xc-all", ("oid .1 include",)))
    body.append("routing-instance-access")
    return [Block("snmp", tuple(body))]


def _receivers(snmp: Snmp) -> Iterator[Entry]:
    for number, receiver in enumerate(snmp.receivers, 1):
        yield Block(
            f"target-address xc-{number}",
            (
                f"address {receiver.address}",
                "tag-list xc-traps",
                f"routing-instance {MANAGEMENT}",
                f"target-parameters xc-{receiver.user}",
            ),
        )
    for user in dict.fromkeys(receiver.user for receiver in snmp.receivers):
        parameters = Block(
            "parameters",
            ("message-processing-model v3", "security-model usm", "security-level privacy", f"security-name {user}"),
        )
        yield Block(f"target-parameters xc-{user}", (parameters,))
    if snmp.receivers:
        yield Block("notify xc-traps", ("type trap", "tag xc-traps"))


def render_protocols(device: DeviceConfiguration) -> list[Entry]:
    """Protocols beside BGP."""
    out: list[Entry] = []
    if device.system.lldp:
        out.append(Block("lldp", ("interface all",)))
    if device.system.sflow is not None:
        out.append(_sflow(device.system.sflow))
    unnumbered = [i for i in device.interfaces if i.unnumbered]
    if unnumbered:
        out.append(Block("router-advertisement", tuple(f"interface {i.name}.0" for i in unnumbered)))
    return out


def _sflow(sflow: Sflow) -> Entry:
    instance = f"routing-instance {MANAGEMENT}"
    return Block(
        "sflow",
        (
            f"agent-id {sflow.agent}",
            f"polling-interval {sflow.polling_s}",
            f"sample-rate ingress {sflow.sample_rate}",
            *(Block(f"collector {c.address}", (f"udp-port {c.port}", instance)) for c in sflow.collectors),
            *(f"interfaces {name}" for name in sflow.interfaces),
        ),
    )
