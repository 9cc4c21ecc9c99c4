"""What EOS would refuse, or read otherwise than meant: found before anything is written."""

from __future__ import annotations

import re

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.finding import Code, Finding, Place, Severity, found
from crossconnect.nos.eos.bgp import policy_uses
from crossconnect.nos.lint import Rules, codes_of, mistakes

MTU_HARDWARE = 9214
RULES = Rules(
    name=re.compile(r"[A-Za-z0-9_.+\-:/]{1,100}"),
    name_words="letters, digits and `_ . + - : /`, at most 100, no blanks",
    port=re.compile(
        r"(?:Ethernet\d+(?:/\d+){0,2}(?:\.\d+)?|Port-Channel\d+(?:\.\d+)?|Loopback\d+|Management\d+(?:/\d+)?|Vlan\d+)"
    ),
    port_words="Name ports Ethernet1, or Ethernet49/1 where they are split; the platform's `ports` say so.",
    mtu_min=68,
    mtu_max=65535,
)
_BY_KIND = codes_of("eos", "EOS", RULES)

MTU_ABOVE_HARDWARE = Code(
    "eos.mtu-above-hardware",
    Severity.WARNING,
    "An MTU is above 9214 octets, which is what most platforms forward.",
    "Set design.fabric_mtu to 9214 or less.",
)

CODES: tuple[Code, ...] = (*_BY_KIND.values(), MTU_ABOVE_HARDWARE)


def findings(device: DeviceConfiguration) -> tuple[Finding, ...]:
    """Everything that is wrong with a configuration on this system."""
    attached = {use.name for use in policy_uses(device)[0]}
    said = [
        found(_BY_KIND[kind], Place(path=path or device.path), f"{device.name}: {words}")
        for kind, path, words in mistakes(device, RULES, attached)
    ]
    widest = max((i.mtu for i in device.interfaces if i.kind in ("ethernet", "irb", "subinterface")), default=0)
    if widest > MTU_HARDWARE:
        place = Place(path="design/fabric_mtu")
        said.append(found(MTU_ABOVE_HARDWARE, place, f"{device.name}: an MTU of {widest}"))
    return tuple(said)
