"""What Junos would refuse, or read otherwise than meant: found before anything is written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.finding import Code, Finding, Place, Severity, found
from crossconnect.net import parse
from crossconnect.nos.junos.bgp import policy_uses
from crossconnect.nos.junos.policy import junos_as_path
from crossconnect.nos.lint import Rules, codes_of, mistakes

RULES = Rules(
    name=re.compile(r"[A-Za-z0-9_.\-]{1,120}"),
    name_words="letters, digits and `_ . -`, at most 120, no blanks",
    port=re.compile(r"(?:(?:et|xe|ge)-\d+/\d+/\d+(?::\d)?(?:\.\d+)?|ae\d+(?:\.\d+)?|lo0|em\d|fxp0|irb\.\d+)"),
    port_words="Name ports et-0/0/0, or et-0/0/0:1 where they are split; the platform's `ports` say so.",
    mtu_min=256,
    mtu_max=9216,
)
_BY_KIND = codes_of("junos", "Junos", RULES)
_RD = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){3}|\d{1,10}L?):\d{1,10}")
_RESERVED = frozenset(("default", "master", "inet", "inet6", "mgmt_junos", "all"))

AS_PATH = Code(
    "junos.as-path",
    Severity.ERROR,
    "An AS-path expression has no form on Junos, where operands are whole AS numbers.",
    "Write it with whole AS numbers: `_64496_`, `^64496_`, `_64496$`.",
)
RD = Code(
    "junos.rd", Severity.ERROR, "A route distinguisher is none (RFC 4364 4.2), or missing.", "Write `address:number`."
)
TARGETS = Code(
    "junos.route-targets",
    Severity.ERROR,
    "An instance has several route targets in one direction, or none: one each is rendered.",
    "Give it one route target for import and one for export.",
)
IRB = Code(
    "junos.irb-missing",
    Severity.ERROR,
    "A MAC-VRF names an IRB interface that the device does not have.",
    "Give the segment a gateway, or take the reference out.",
)
ADDRESS = Code("junos.address", Severity.ERROR, "An interface's address is none.", "Write it with its prefix length.")
RESERVED = Code(
    "junos.reserved-name", Severity.ERROR, "A VRF has a name that Junos keeps for itself.", "Choose another name."
)

CODES: tuple[Code, ...] = (*_BY_KIND.values(), AS_PATH, RD, TARGETS, IRB, ADDRESS, RESERVED)


def findings(device: DeviceConfiguration) -> tuple[Finding, ...]:
    """Everything that is wrong with a configuration on this system."""
    said = [
        found(_BY_KIND[kind], Place(path=path or device.path), f"{device.name}: {words}")
        for kind, path, words in mistakes(device, RULES, policy_uses(device))
    ]
    for code, path, words in (*_instances(device), *_others(device)):
        said.append(found(code, Place(path=path or device.path), f"{device.name}: {words}"))
    return tuple(said)


def _instances(device: DeviceConfiguration) -> Iterator[tuple[Code, str, str]]:
    names = {i.name for i in device.interfaces}
    for instance in device.network_instances:
        if instance.kind not in ("l3vrf", "mac-vrf"):
            continue
        if instance.name in _RESERVED or instance.name.startswith("__"):
            yield RESERVED, instance.path, f"VRF {instance.name}"
        if instance.vni and not _RD.fullmatch(instance.rd):
            yield RD, instance.path, f"route distinguisher '{instance.rd}' of {instance.name}"
        if instance.vni and (len(instance.import_rts) != 1 or len(instance.export_rts) != 1):
            counts = f"{len(instance.import_rts)} to import, {len(instance.export_rts)} to export"
            yield TARGETS, instance.path, f"route targets of {instance.name}: {counts}"
        if instance.irb and instance.irb not in names:
            yield IRB, instance.path, f"{instance.irb} of {instance.name}"


def _others(device: DeviceConfiguration) -> Iterator[tuple[Code, str, str]]:
    for group in device.routing_policy.as_path_sets:
        for pattern in group.patterns:
            try:
                junos_as_path(pattern)
            except ValueError as error:
                yield AS_PATH, f"as_path_sets/{group.name}", str(error)
    for interface in device.interfaces:
        for address in interface.addresses:
            try:
                parse(address)
            except ValueError:
                yield ADDRESS, "", f"{address} on {interface.name}"
