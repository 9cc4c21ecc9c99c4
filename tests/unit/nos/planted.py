"""Mistakes planted into a device that is right, for every network OS: each is to be found before anything is written.

They are made in the device, below the intent's own validation, as a bug of the design or an extension would make them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from crossconnect.device.configuration import BfdProfile, DeviceConfiguration
from crossconnect.device.interface import Interface, SegmentMember
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.device.policy import RoutingPolicy

Change = Callable[[DeviceConfiguration], DeviceConfiguration]


def interfaces(change: Callable[[Interface], Interface], *kinds: str) -> Change:
    """Change the first interface of these kinds."""

    def apply(device: DeviceConfiguration) -> DeviceConfiguration:
        chosen = next(i for i in device.interfaces if i.kind in kinds)
        return replace(device, interfaces=tuple(change(i) if i is chosen else i for i in device.interfaces))

    return apply


def instances(change: Callable[[NetworkInstance], NetworkInstance], kind: str) -> Change:
    """Change the first network instance of a kind."""

    def apply(device: DeviceConfiguration) -> DeviceConfiguration:
        chosen = next(i for i in device.network_instances if i.kind == kind)
        of = tuple(change(i) if i is chosen else i for i in device.network_instances)
        return replace(device, network_instances=of)

    return apply


def without_policies(device: DeviceConfiguration) -> DeviceConfiguration:
    """Sessions and leaks keep their policies' names."""
    return replace(device, routing_policy=RoutingPolicy())


def without_sets(device: DeviceConfiguration) -> DeviceConfiguration:
    """Policies keep the names of their sets."""
    policy = device.routing_policy
    return replace(device, routing_policy=replace(policy, prefix_sets=(), community_sets=(), as_path_sets=()))


def same_vlan(device: DeviceConfiguration) -> DeviceConfiguration:
    """All MAC-VRFs on one VLAN."""
    found = tuple(replace(i, vlan=100) if i.kind == "mac-vrf" else i for i in device.network_instances)
    return replace(device, network_instances=found)


def same_vni(device: DeviceConfiguration) -> DeviceConfiguration:
    """All MAC-VRFs with one VNI."""
    found = tuple(replace(i, vni=10000) if i.kind == "mac-vrf" else i for i in device.network_instances)
    return replace(device, network_instances=found)


def same_address(device: DeviceConfiguration) -> DeviceConfiguration:
    """Two IRB interfaces of one VRF with one address."""
    irbs = [i for i in device.interfaces if i.kind == "irb"]
    vrf = irbs[-1].network_instance
    twins = [i for i in irbs if i.network_instance == vrf]
    found = tuple(replace(i, addresses=twins[0].addresses) if i in twins else i for i in device.interfaces)
    return replace(device, interfaces=found)


def no_acls(device: DeviceConfiguration) -> DeviceConfiguration:
    """Interfaces keep the names of their ACLs."""
    return replace(device, acls=())


def other_vtep(device: DeviceConfiguration) -> DeviceConfiguration:
    """A VTEP that no loopback has."""
    return replace(device, vtep="192.0.2.99")


def fast_bfd(device: DeviceConfiguration) -> DeviceConfiguration:
    """BFD faster than anybody can."""
    return replace(device, bfd=BfdProfile(interval_ms=1, multiplier=1))


def reserved_vlan(vlan: int) -> Change:
    """A MAC-VRF on a VLAN that the system keeps for itself."""
    return instances(lambda i: replace(i, vlan=vlan), "mac-vrf")


LEAF: Mapping[str, Change] = {
    "vlan-twice": same_vlan,
    "vni-twice": same_vni,
    "vlan-missing": interfaces(lambda i: replace(i, members=(SegmentMember(777, True),)), "lag"),
    "native-twice": interfaces(
        lambda i: replace(i, members=(SegmentMember(100, False), SegmentMember(101, False))), "lag"
    ),
    "esi": interfaces(lambda i: replace(i, esi="03:02:e5"), "lag"),
    "parent-missing": lambda d: replace(d, interfaces=tuple(i for i in d.interfaces if i.kind != "lag")),
    "port-name": interfaces(lambda i: replace(i, name="swp one"), "ethernet"),
    "vrf-missing": interfaces(lambda i: replace(i, network_instance="nowhere"), "irb"),
    "l3vrf-missing": instances(lambda i: replace(i, l3vrf="nowhere"), "mac-vrf"),
    "name": instances(lambda i: replace(i, name="two words"), "mac-vrf"),
    "address-twice": same_address,
    "vtep-missing": other_vtep,
    "acl-missing": no_acls,
    "mtu-range": interfaces(lambda i: replace(i, mtu=40), "irb"),
    "bfd-too-fast": fast_bfd,
    "leak-policy-missing": without_policies,
}
"""Into `leaf-numbered` of the reference region."""

BORDER: Mapping[str, Change] = {"policy-missing": without_policies, "set-missing": without_sets}
"""Into `border-numbered`."""
