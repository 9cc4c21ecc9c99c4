"""What Junos would refuse, or read otherwise than meant: found before anything is written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.finding import Code, Finding, Place, Severity, found
from crossconnect.nos.junos.names import as_path
from crossconnect.nos.junos.policy import attached
from crossconnect.nos.lint import Rules, codes_of, mistakes

RULES = Rules(
    name=re.compile(r"[A-Za-z0-9_.+\-/]{1,240}"),
    name_words="letters, digits and `_ . + - /`, at most 240, no blanks",
    port=re.compile(
        r"(?:(?:et|xe|ge)-\d+/\d+/\d+(?::\d)?(?:\.\d+)?|ae\d+(?:\.\d+)?|lo0|em\d|fxp0|re0:mgmt-\d|irb\.\d+)"
    ),
    port_words="Name ports et-0/0/0, or et-0/0/0:0 where they are split; the platform's `ports` say so.",
    mtu_min=256,
    mtu_max=9500,
)
_BY_KIND = codes_of("junos", "Junos", RULES)

AS_PATH = Code(
    "junos.as-path-pattern",
    Severity.ERROR,
    "An AS-path expression may begin or end within an AS number, or has a part that Junos has no form for: its "
    "expressions are of whole AS numbers.",
    "Write `^64496$`, `_64496_`, `^64496_` and the like.",
)
RESERVED_USER = Code(
    "junos.reserved-user", Severity.ERROR, "A local user is called root, which is no user of `login`.", "Rename it."
)

MTU_HARDWARE = 9202
MTU_ABOVE_HARDWARE = Code(
    "junos.mtu-above-hardware",
    Severity.WARNING,
    "An MTU is above 9202 octets: the media MTU of QFX5000 ends at 9216, with 14 of the Ethernet header.",
    "Set design.fabric_mtu to 9192 or less.",
)

CODES: tuple[Code, ...] = (*_BY_KIND.values(), AS_PATH, RESERVED_USER, MTU_ABOVE_HARDWARE)


def findings(device: DeviceConfiguration) -> tuple[Finding, ...]:
    """Everything that is wrong with a configuration on this system."""
    wanted = set(attached(device))
    for instance in device.network_instances:
        wanted |= {instance.imports_policy} if instance.imports else set()
        wanted |= {instance.bgp.evpn_advertise_policy} if instance.bgp else set()
    said = [
        found(_BY_KIND[kind], Place(path=path or device.path), f"{device.name}: {words}")
        for kind, path, words in mistakes(device, RULES, wanted - {""})
    ]
    return (*said, *_further(device))


def _further(device: DeviceConfiguration) -> Iterator[Finding]:
    for of in device.routing_policy.as_path_sets:
        for pattern in of.patterns:
            if as_path(pattern) is None:
                place = Place(path=f"as_path_sets/{of.name}")
                yield found(AS_PATH, place, f"{device.name}: {of.name} has `{pattern}`")
    widest = max((i.mtu for i in device.interfaces if i.kind in ("ethernet", "irb", "subinterface")), default=0)
    if widest > MTU_HARDWARE:
        yield found(MTU_ABOVE_HARDWARE, Place(path="design/fabric_mtu"), f"{device.name}: an MTU of {widest}")
    for user in device.system.users:
        if user.name == "root":
            yield found(RESERVED_USER, Place(path="management/users"), f"{device.name}: user root")
