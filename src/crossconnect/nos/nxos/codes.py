"""What NX-OS would refuse, or read otherwise than meant: found before anything is written."""

from __future__ import annotations

import re
from collections import Counter

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.finding import Code, Finding, Place, Severity, found
from crossconnect.nos.lint import Rules, codes_of, mistakes
from crossconnect.nos.nxos.bgp import policy_uses
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
_BY_KIND = codes_of("nxos", "NX-OS", RULES)

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

CODES: tuple[Code, ...] = (*_BY_KIND.values(), L3VNI_VLAN, SFLOW_COLLECTORS)


def findings(device: DeviceConfiguration) -> tuple[Finding, ...]:
    """Everything that is wrong with a configuration on this system."""
    attached = {use.name for use in policy_uses(device)[0]}
    said = [
        found(_BY_KIND[kind], Place(path=path or device.path), f"{device.name}: {words}")
        for kind, path, words in mistakes(device, RULES, attached)
    ]
    vrfs = [i for i in device.network_instances if i.kind == "l3vrf" and i.vni]
    for vlan, count in Counter(map(l3_vlan, vrfs)).items():
        if count > 1:
            twins = [i for i in vrfs if l3_vlan(i) == vlan]
            names = " and ".join(f"{i.name} ({i.vni})" for i in twins)
            said.append(found(L3VNI_VLAN, Place(path=twins[0].path), f"{device.name}: VLAN {vlan} for {names}"))
    sflow = device.system.sflow
    if sflow is not None and len(sflow.collectors) > 1:
        words = f"{device.name}: {len(sflow.collectors)} sFlow collectors"
        said.append(found(SFLOW_COLLECTORS, Place(path="management/sflow"), words))
    return tuple(said)
