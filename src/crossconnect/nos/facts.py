"""What is known of a network OS, as data, each with its source; and what of a configuration goes against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.finding import Finding, Place, found
from crossconnect.model.interface_names import InterfaceNames
from crossconnect.nos.codes import BFD_TOO_FAST, LIMIT_EXCEEDED, VLAN_RESERVED


class VlanRange(msgspec.Struct, frozen=True, kw_only=True):
    """VLAN ids that the system keeps for itself, both ends included."""

    first: int
    last: int
    purpose: str
    source: str


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """The most of something, by the names of `measured`."""

    value: int
    source: str


class Breakout(msgspec.Struct, frozen=True, kw_only=True):
    """How a port is split, and what the parts are called: `{port}` is the port, `{n}` the part, counted from
    `first`."""

    command: str
    part: str
    first: int
    source: str


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a design must know of a network OS."""

    names: InterfaceNames
    names_source: str
    vlans_reserved: tuple[VlanRange, ...] = ()
    bfd_interval_ms_min: int = 1
    bfd_multiplier_min: int = 1
    bfd_source: str = ""
    breakout: Breakout | None = None
    limits: Mapping[str, Limit] = {}
    prefix_limit_late: str = ""
    """Not empty where the system holds a session's prefixes against their limit before it counts the new one, so that
    one more than allowed goes unnoticed: the source that says so."""


MEASURES: Mapping[str, str] = {
    "vrfs": "IP-VRFs",
    "vnis": "VNIs",
    "vlans": "VLANs",
    "lags": "bonds",
    "lag-number": "as the number of a bond",
    "mlag-domain": "as the number of an MLAG pair",
    "mlag-number": "as the number of a bond in an MLAG pair",
    "subinterfaces": "subinterfaces",
    "sessions": "BGP sessions",
    "maximum-paths": "equal-cost paths",
    "fabric-mtu": "octets of IP MTU",
    "acl-entries": "entries of an ACL",
    "vrf-name": "characters of a VRF's name",
    "policy-name": "characters of a policy's name",
    "interface-description": "characters of an interface's description",
}
"""What `measured` counts, in words."""


def measured(device: DeviceConfiguration) -> dict[str, tuple[int, str]]:
    """For each of `MEASURES`: how much of it the configuration has (the greatest, of names), and where it is asked
    for."""
    here = device.path
    instances, interfaces = device.network_instances, device.interfaces
    vrfs = [i for i in instances if i.kind == "l3vrf"]
    lags = [i for i in interfaces if i.kind == "lag"]
    speakers = [i.bgp for i in instances if i.bgp is not None]
    longest = max(((len(v.name), v.path) for v in vrfs), default=(0, here))
    entries = max(((len(a.entries), a.path) for a in device.acls), default=(0, here))
    return {
        "vrfs": (len(vrfs), here),
        "vnis": (sum(1 for i in instances if i.vni), here),
        "vlans": (sum(1 for i in instances if i.kind == "mac-vrf"), here),
        "lags": (len(lags), here),
        "lag-number": (max((_number(i.name) for i in lags), default=0), here),
        "mlag-domain": (device.mlag.domain if device.mlag is not None else 0, here),
        "mlag-number": (max((i.mlag for i in lags), default=0), here),
        "subinterfaces": (sum(1 for i in interfaces if i.kind == "subinterface"), here),
        "sessions": (sum(len(b.neighbors) for b in speakers), here),
        "maximum-paths": (max((b.maximum_paths for b in speakers), default=0), "design/maximum_paths"),
        "fabric-mtu": (max((i.mtu for i in interfaces if i.kind == "ethernet"), default=0), "design/fabric_mtu"),
        "acl-entries": entries,
        "vrf-name": longest,
        "policy-name": (max((len(p.name) for p in device.routing_policy.policies), default=0), "policies"),
        "interface-description": (max((len(i.description) for i in interfaces), default=0), here),
    }


def _number(name: str) -> int:
    digits = name[len(name.rstrip("0123456789")) :]
    return int(digits) if digits else 0


def _outside(reserved: VlanRange) -> str:
    if reserved.first == reserved.last:
        return f"another VLAN than {reserved.first}"
    return f"a VLAN outside {reserved.first} to {reserved.last}"


def _of_pair(device: DeviceConfiguration) -> Iterator[VlanRange]:
    """VLANs that an MLAG pair takes for itself, on its leaves only."""
    mlag = device.mlag
    if mlag is not None:
        for vlan, purpose in ((mlag.routed_vlan, "routing"), (mlag.control_vlan, "control")):
            yield VlanRange(
                first=vlan, last=vlan, purpose=f"{purpose} between the leaves of an MLAG pair", source="the design"
            )


def fact_findings(device: DeviceConfiguration, title: str, facts: Facts) -> Iterator[Finding]:
    """Where a configuration goes against the facts: reserved VLANs, BFD that is too fast, limits."""
    for instance in device.network_instances:
        for reserved in (*facts.vlans_reserved, *_of_pair(device)):
            if instance.vlan is not None and reserved.first <= instance.vlan <= reserved.last:
                yield found(
                    VLAN_RESERVED,
                    Place(path=instance.path or device.path),
                    f"{device.name}: VLAN {instance.vlan} is not free on {title}: {reserved.purpose}",
                    expected=_outside(reserved),
                )
    bfd = device.bfd
    if bfd is not None and (bfd.interval_ms < facts.bfd_interval_ms_min or bfd.multiplier < facts.bfd_multiplier_min):
        yield found(
            BFD_TOO_FAST,
            Place(path="design/bfd"),
            f"{device.name}: {title} has no BFD of {bfd.interval_ms} ms times {bfd.multiplier}",
            expected=f"{facts.bfd_interval_ms_min} ms or more, times {facts.bfd_multiplier_min} or more",
        )
    sizes = measured(device)
    for name, limit in facts.limits.items():
        value, path = sizes[name]
        if value > limit.value:
            yield found(
                LIMIT_EXCEEDED,
                Place(path=path),
                f"{device.name}: {value} {MEASURES[name]}, {title} takes {limit.value}",
                expected=f"at most {limit.value}",
            )
