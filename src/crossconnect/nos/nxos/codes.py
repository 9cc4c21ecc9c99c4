"""What NX-OS would refuse, or read otherwise than meant: found before anything is written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.finding import Code, Finding, Place, Severity, found
from crossconnect.nos.lint import Rules, codes_of, mistakes
from crossconnect.nos.mlag import pair_codes, pair_mistakes
from crossconnect.nos.nxos.bgp import policy_uses
from crossconnect.nos.nxos.facts import FACTS
from crossconnect.nos.nxos.names import l3_vlan

RULES = Rules(
    name=re.compile(r"[A-Za-z0-9_.+\-/]{1,60}"),
    name_words="letters, digits and `_ . + - /`, at most 60, no blanks",
    port=re.compile(
        r"(?:Ethernet\d+/\d+(?:/\d+)?(?:\.\d+)?|port-channel\d+(?:\.\d+)?|loopback\d+|mgmt0|Vlan\d+)",
    ),
    port_words="Name ports Ethernet1/1, or Ethernet1/49/1 where they are split; the platform's `ports` say so.",
    mtu_min=68,
    mtu_max=9216,
)
NETCONF = 830
"""Programmability Guide, "NETCONF Agent"."""
_BY_KIND = {**codes_of("nxos", "NX-OS", RULES), **pair_codes("nxos")}

L3VNI_VLAN = Code(
    "nxos.l3vni-vlan",
    Severity.ERROR,
    "Two L3VNIs fall on one VLAN: the VLAN of an L3VNI is 3000 and the VNI modulo 900.",
    "Set another `vni` for one of the VRFs.",
)
SFLOW_COLLECTORS = Code(
    "nxos.sflow-collectors",
    Severity.WARNING,
    "NX-OS has one sFlow collector: the others get nothing.",
    "Name one collector that passes samples on.",
)

SSH_KEYS = Code(
    "nxos.ssh-keys",
    Severity.WARNING,
    "A user has several SSH keys: NX-OS keeps one, the last.",
    "Give each key a user of its own.",
)
OUT_OF_RANGE = Code(
    "nxos.out-of-range",
    Severity.ERROR,
    "A number is outside what NX-OS takes.",
    "Choose one within the range.",
)
NETCONF_PORT = Code(
    "nxos.netconf-port",
    Severity.ERROR,
    "NETCONF listens on port 830, which cannot be changed.",
    "Set the port to 830.",
)
AS_PATH_LENGTH = Code(
    "nxos.as-path-pattern",
    Severity.ERROR,
    "An AS-path expression has a quotation mark, or more than 63 characters.",
    "Write a shorter expression, or several.",
)

CODES: tuple[Code, ...] = (
    *_BY_KIND.values(),
    L3VNI_VLAN,
    SFLOW_COLLECTORS,
    SSH_KEYS,
    OUT_OF_RANGE,
    NETCONF_PORT,
    AS_PATH_LENGTH,
)

_GRPC_PORTS = (1024, 65535)
"""Programmability Guide, gNMI: `grpc port`."""
_SFLOW_RATES = (4096, 1_000_000_000)
"""System Management Configuration Guide, Configuring sFlow: `sflow sampling-rate`; 0 switches it off."""
_BFD_MS = (50, 999)
_BFD_MULTIPLIERS = (1, 50)
_RECONNECT_S = (1, 60)
_TIMERS_S = (0, 3600)
_MIN_LINKS = (1, 32)
_AS_PATH_LENGTH_MAX = 63


def findings(device: DeviceConfiguration) -> tuple[Finding, ...]:
    """Everything that is wrong with a configuration on this system."""
    attached = {use.name for use in policy_uses(device)[0]}
    said = [
        found(_BY_KIND[kind], Place(path=path or device.path), f"{device.name}: {words}")
        for kind, path, words in (*mistakes(device, RULES, attached), *pair_mistakes(device, FACTS))
    ]
    return (*said, *_l3vnis(device), *_services(device), *_ranges(device), *_patterns(device))


def _l3vnis(device: DeviceConfiguration) -> Iterator[Finding]:
    vrfs = [i for i in device.network_instances if i.kind == "l3vrf" and i.vni]
    for vlan, count in Counter(map(l3_vlan, vrfs)).items():
        if count > 1:
            twins = [i for i in vrfs if l3_vlan(i) == vlan]
            names = " and ".join(f"{i.name} ({i.vni})" for i in twins)
            yield found(L3VNI_VLAN, Place(path=twins[0].path), f"{device.name}: VLAN {vlan} for {names}")


def _services(device: DeviceConfiguration) -> Iterator[Finding]:
    system = device.system
    if system.sflow is not None and len(system.sflow.collectors) > 1:
        words = f"{device.name}: {len(system.sflow.collectors)} sFlow collectors"
        yield found(SFLOW_COLLECTORS, Place(path="management/sflow"), words)
    if system.netconf is not None and system.netconf.port != NETCONF:
        words = f"{device.name}: NETCONF on port {system.netconf.port}"
        yield found(NETCONF_PORT, Place(path="management/netconf"), words)
    for user in system.users:
        if len(user.ssh_keys) > 1:
            words = f"{device.name}: {len(user.ssh_keys)} keys of {user.name}"
            yield found(SSH_KEYS, Place(path="management/users"), words)


def _ranges(device: DeviceConfiguration) -> Iterator[Finding]:
    system = device.system
    asked: list[tuple[str, int, tuple[int, int], str]] = []
    if system.gnmi is not None:
        asked.append(("gNMI port", system.gnmi.port, _GRPC_PORTS, "management/gnmi"))
    if system.sflow is not None:
        asked.append(("sFlow sampling rate", system.sflow.sample_rate, _SFLOW_RATES, "management/sflow"))
    if device.bfd is not None:
        # What is below, the facts say; above there is no other finding.
        asked.append(("BFD interval", max(device.bfd.interval_ms, _BFD_MS[0]), _BFD_MS, "design/bfd"))
        asked.append(("BFD multiplier", device.bfd.multiplier, _BFD_MULTIPLIERS, "design/bfd"))
    for interface in device.interfaces:
        if interface.kind == "lag":
            asked.append((f"minimum of links of {interface.name}", interface.min_links, _MIN_LINKS, device.path))
    for instance in device.network_instances:
        for neighbor in instance.bgp.neighbors if instance.bgp else ():
            here = f"peers/{neighbor.device}"
            asked.append((f"connect retry of {neighbor.key}", neighbor.connect_retry_s, _RECONNECT_S, here))
            asked.append((f"hold time of {neighbor.key}", neighbor.hold_time_s, _TIMERS_S, here))
    for what, value, (low, high), path in asked:
        if not low <= value <= high:
            words = f"{device.name}: {what} is {value}"
            yield found(OUT_OF_RANGE, Place(path=path), words, expected=f"{low} to {high}")


def _patterns(device: DeviceConfiguration) -> Iterator[Finding]:
    for as_path_set in device.routing_policy.as_path_sets:
        for pattern in as_path_set.patterns:
            if len(pattern) > _AS_PATH_LENGTH_MAX or '"' in pattern:
                words = f"{device.name}: {pattern!r} in {as_path_set.name}"
                yield found(AS_PATH_LENGTH, Place(path=f"as_path_sets/{as_path_set.name}"), words)
