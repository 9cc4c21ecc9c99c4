"""Management plane: host name, users, AAA, NTP, syslog, LLDP, SNMPv3, gNMI, NETCONF, sFlow, IPFIX, banner.

Sources: EOS User Manual, "Administering the Switch" (`hostname`, `username`, `banner login`), "User Security" (`aaa`,
`tacacs-server`, `radius-server`, VRF per server), "Managing Display Attributes" (`logging`), "Timekeeping" (`ntp`),
"LLDP", "SNMP" (version 3 users, `snmp-server vrf`), "gNMI" and "NETCONF" under "Management API", "sFlow", "Flow
Tracking" (`flow tracking sampled`, IPFIX).
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration, System
from crossconnect.device.management import Aaa, Ipfix, Sflow, Snmp, User
from crossconnect.nos.eos.mlag import without_spanning_tree
from crossconnect.nos.eos.names import one_line
from crossconnect.nos.lines import Block, Entry
from crossconnect.nos.secrets import secret_token

_ROLES = {"administrator": ("15", "network-admin"), "operator": ("1", "network-operator")}
_AUTHENTICATION = {"sha-1": "sha", "sha-256": "sha256", "sha-512": "sha512"}
_PRIVACY = {"aes-128": "aes", "aes-256": "aes256"}
SSH_KEY_WORDS = ("ssh-key", "ssh-key secondary")
"""A user has two keys; another of one kind takes the place of the first."""
_AAA_PORTS = {"tacacs": ("port", 49), "radius": ("auth-port", 1812)}
"""The word of a server's port, and the port that EOS does not show."""
INTERNAL_VLANS = (4000, 4094)
"""Of routed ports: said, since the default (from 1006 up) would take VLANs of tenants."""
_TEMPLATE_MS = 60_000


def render_start(device: DeviceConfiguration) -> list[Entry]:
    """What stands at the beginning."""
    first, last = INTERNAL_VLANS
    out: list[Entry] = [
        f"hostname {device.name}",
        "service routing protocols model multi-agent",
        f"vlan internal order descending range {first} {last}",
        "spanning-tree mode mstp",
        *without_spanning_tree(device),
    ]
    for user in device.system.users:
        out += _user(user)
    return out


_NO_PASSWORD = "$6$locked$" + "." * 86
"""A well-formed SHA-512 hash (crypt(5)) of which nobody knows a password: for users with keys only."""


def _user(user: User) -> Iterator[str]:
    privilege, role = _ROLES[user.role]
    secret = f"secret sha512 {secret_token(user.password) if user.password else _NO_PASSWORD}"
    yield f"username {user.name} privilege {privilege} role {role} {secret}"
    for word, key in zip(SSH_KEY_WORDS, user.ssh_keys, strict=False):
        yield f"username {user.name} {word} {key}"


def render_services(device: DeviceConfiguration) -> list[Entry]:
    """Services; they use the management VRF."""
    system = device.system
    vrf = system.management_vrf
    port = next((i.name for i in device.interfaces if i.kind == "management"), "Management1")
    out: list[Entry] = []
    if not system.lldp:
        out.append("no lldp run")
    out += [f"logging vrf {vrf} host {address}" for address in system.syslog]
    if system.syslog:
        out.append(f"logging vrf {vrf} source-interface {port}")
    if system.ntp:
        out.append(f"ntp local-interface vrf {vrf} {port}")
    out += [f"ntp server vrf {vrf} {address}" for address in system.ntp]
    if system.sflow is not None:
        out += _sflow(system.sflow, vrf, port)
    if system.snmp is not None:
        out += _snmp(system.snmp, vrf)
    if system.aaa is not None:
        out += _aaa(system.aaa, vrf)
    if system.ipfix is not None:
        out.append(_ipfix(system.ipfix, port))
    out += [f"ip{'v6' if ':' in g else ''} route vrf {vrf} {_default(g)} {g}" for g in system.management_gateways]
    out += _interfaces(system, vrf)
    return out


def _default(gateway: str) -> str:
    return "::/0" if ":" in gateway else "0.0.0.0/0"


def _sflow(sflow: Sflow, vrf: str, port: str) -> Iterator[str]:
    yield f"sflow sample {sflow.sample_rate}"
    yield f"sflow polling-interval {sflow.polling_s}"
    for collector in sflow.collectors:
        yield f"sflow vrf {vrf} destination {collector.address} {collector.port}"
    yield f"sflow vrf {vrf} source-interface {port}"
    yield "sflow interface disable default"
    yield "sflow run"


def _snmp(snmp: Snmp, vrf: str) -> Iterator[str]:
    if snmp.contact:
        yield f"snmp-server contact {one_line(snmp.contact)}"
    if snmp.location:
        yield f"snmp-server location {one_line(snmp.location)}"
    yield "snmp-server view xc-all iso included"
    yield "snmp-server group xc-read v3 priv read xc-all"
    for user in snmp.users:
        authentication = f"auth {_AUTHENTICATION[user.authentication]} {secret_token(user.authentication_secret)}"
        privacy = f"priv {_PRIVACY[user.privacy]} {secret_token(user.privacy_secret)}"
        yield f"snmp-server user {user.name} xc-read v3 {authentication} {privacy}"
    for receiver in snmp.receivers:
        yield f"snmp-server host {receiver.address} vrf {vrf} version 3 priv {receiver.user}"
    yield "no snmp-server vrf default"
    yield f"snmp-server vrf {vrf}"


def _aaa(aaa: Aaa, vrf: str) -> Iterator[Entry]:
    protocol = aaa.servers[0].protocol
    kind = "tacacs+" if protocol == "tacacs" else "radius"
    for server in aaa.servers:
        word, usual = _AAA_PORTS[protocol]
        port = "" if server.port == usual else f" {word} {server.port}"
        yield (
            f"{protocol}-server host {server.address} vrf {vrf}{port} timeout {server.timeout_s} "
            f"key 0 {secret_token(server.secret)}"
        )
    yield Block(
        f"aaa group server {kind} xc-aaa", tuple(f"server {server.address} vrf {vrf}" for server in aaa.servers)
    )
    yield "aaa authentication login default group xc-aaa local"
    yield "aaa authorization exec default group xc-aaa local"
    if aaa.accounting:
        yield "aaa accounting exec default start-stop group xc-aaa"
        if protocol == "tacacs":
            yield "aaa accounting commands all default start-stop group xc-aaa"


def _ipfix(ipfix: Ipfix, port: str) -> Entry:
    collectors = [f"collector {collector.address} port {collector.port}" for collector in ipfix.collectors]
    exporter = Block(
        "exporter xc-collector",
        (*collectors, "format ipfix version 10", f"local interface {port}", f"template interval {_TEMPLATE_MS}"),
    )
    tracker = Block(
        "tracker xc-flows",
        (
            f"record export on inactive timeout {ipfix.idle_timeout_s * 1000}",
            f"record export on interval {ipfix.active_timeout_s * 1000}",
            exporter,
        ),
    )
    return Block("flow tracking sampled", (f"sample {ipfix.sample_rate}", tracker, "no shutdown"))


def _interfaces(system: System, vrf: str) -> Iterator[Entry]:
    if system.gnmi is not None:
        transport = Block(
            "transport grpc xc",
            (f"ssl profile {system.gnmi.tls_profile}", f"port {system.gnmi.port}", f"vrf {vrf}"),
        )
        yield Block("management api gnmi", (transport, "provider eos-native"))
    if system.netconf is not None:
        yield Block(
            "management api netconf", (Block("transport ssh xc", (f"vrf {vrf}", f"port {system.netconf.port}")),)
        )
    yield Block("management ssh", (Block(f"vrf {vrf}", ("no shutdown",)),))


def render_banner(system: System) -> list[Entry]:
    """The login banner."""
    return [Block("banner login", (one_line(system.banner),), "EOF")] if system.banner else []
