"""What EOS would refuse, or read otherwise than meant: found before anything is written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.finding import Code, Finding, Place, Severity, found
from crossconnect.nos.eos.bgp import policy_uses

MTU_HARDWARE = 9214
_MTU_MIN = 68
_NAME = re.compile(r"[A-Za-z0-9_.+\-:/]{1,100}")
_ESI = re.compile(r"(?:[0-9a-f]{2}:){9}[0-9a-f]{2}")
_PORT = re.compile(
    r"(?:Ethernet\d+(?:/\d+){0,2}(?:\.\d+)?|Port-Channel\d+(?:\.\d+)?|Loopback\d+|Management\d+(?:/\d+)?|Vlan\d+)"
)

MTU_ABOVE_HARDWARE = Code(
    "eos.mtu-above-hardware",
    Severity.WARNING,
    "An MTU is above 9214 octets, which is what most platforms forward.",
    "Set design.fabric_mtu to 9214 or less.",
)
MTU_RANGE = Code("eos.mtu-range", Severity.ERROR, "An MTU is none that EOS takes (68 or more).", "Choose another MTU.")
NAME = Code(
    "eos.name",
    Severity.ERROR,
    "A name cannot stand in a line of EOS: letters, digits and `_ . + - : /`, at most 100, no blanks.",
    "Choose another name.",
)
PORT_NAME = Code(
    "eos.interface-name",
    Severity.ERROR,
    "EOS has no interface of such a name.",
    "Name ports Ethernet1, or Ethernet49/1 where they are split; the platform's `ports` say so.",
)
VLAN_TWICE = Code(
    "eos.vlan-twice",
    Severity.ERROR,
    "Two MAC-VRFs of a device have one VLAN or one VNI.",
    "Give each its own.",
)
VLAN_MISSING = Code(
    "eos.vlan-missing",
    Severity.ERROR,
    "A bridged port or an SVI has a VLAN that no MAC-VRF of the device has.",
    "Put the segment on the device, or take the port out of it.",
)
VRF_MISSING = Code(
    "eos.vrf-missing",
    Severity.ERROR,
    "Something is in, or imports from, a VRF that the device does not have.",
    "Put the VRF on the device.",
)
POLICY_MISSING = Code(
    "eos.policy-missing",
    Severity.ERROR,
    "A session, a leak or a redistribution has a policy that the device does not have: EOS would let everything pass "
    "a missing route map of a leak, and nothing one of a session.",
    "Define the policy.",
)
SET_MISSING = Code(
    "eos.set-missing",
    Severity.ERROR,
    "A policy refers to a set that the device does not have.",
    "Define the set, or remove the reference.",
)
ACL_MISSING = Code(
    "eos.acl-missing",
    Severity.ERROR,
    "An interface has an ACL that the device does not have.",
    "Define the ACL, or remove the reference.",
)
ESI_SYNTAX = Code(
    "eos.esi", Severity.ERROR, "An ESI is not ten octets.", "Write it as ten octets in hexadecimal, with colons."
)
NATIVE_TWICE = Code(
    "eos.native-vlan-twice",
    Severity.ERROR,
    "A port has two untagged VLANs.",
    "Tag all of its VLANs but one.",
)
PARENT_MISSING = Code(
    "eos.parent-missing",
    Severity.ERROR,
    "A member or subinterface names a port or bond that the device does not have.",
    "Name one that it has.",
)
ADDRESS_TWICE = Code(
    "eos.address-twice",
    Severity.ERROR,
    "Two interfaces of one VRF have one address.",
    "Give each its own.",
)
VTEP_MISSING = Code(
    "eos.vtep-missing",
    Severity.ERROR,
    "No loopback has the address of the VTEP.",
    "Give the loopback that address.",
)

CODES: tuple[Code, ...] = (
    MTU_ABOVE_HARDWARE,
    MTU_RANGE,
    NAME,
    PORT_NAME,
    VLAN_TWICE,
    VLAN_MISSING,
    VRF_MISSING,
    POLICY_MISSING,
    SET_MISSING,
    ACL_MISSING,
    ESI_SYNTAX,
    NATIVE_TWICE,
    PARENT_MISSING,
    ADDRESS_TWICE,
    VTEP_MISSING,
)


def findings(device: DeviceConfiguration) -> tuple[Finding, ...]:
    """Everything that is wrong with a configuration on this system."""
    return tuple(
        found(code, Place(path=path or device.path), f"{device.name}: {words}")
        for code, path, words in (
            *_interfaces(device),
            *_bridging(device),
            *_vrfs(device),
            *_policies(device),
            *_filters(device),
        )
    )


Said = tuple[Code, str, str]


def _interfaces(device: DeviceConfiguration) -> Iterator[Said]:
    names = {i.name for i in device.interfaces}
    widest = max((i.mtu for i in device.interfaces if i.kind in ("ethernet", "irb", "subinterface")), default=0)
    if widest > MTU_HARDWARE:
        yield MTU_ABOVE_HARDWARE, "design/fabric_mtu", f"an MTU of {widest}"
    for interface in device.interfaces:
        yield from _one(interface, names)
    if device.vtep and not any(f"{device.vtep}/32" in i.addresses for i in device.interfaces if i.kind == "loopback"):
        yield VTEP_MISSING, "", f"no loopback has {device.vtep}"
    used = Counter((i.network_instance, a.partition("/")[0]) for i in device.interfaces for a in i.addresses)
    for (vrf, address), count in used.items():
        if count > 1:
            yield ADDRESS_TWICE, "", f"{address} is on {count} interfaces of {vrf}"


def _one(interface: Interface, names: set[str]) -> Iterator[Said]:
    if not _PORT.fullmatch(interface.name):
        yield PORT_NAME, "", f"interface {interface.name}"
    if interface.kind in ("ethernet", "irb", "subinterface") and interface.mtu < _MTU_MIN:
        yield MTU_RANGE, "", f"an MTU of {interface.mtu} on {interface.name}"
    if interface.esi and not _ESI.fullmatch(interface.esi):
        yield ESI_SYNTAX, "", f"{interface.esi} on {interface.name}"
    if sum(not m.tagged for m in interface.members) > 1:
        yield NATIVE_TWICE, "", interface.name
    if interface.parent and interface.parent not in names:
        yield PARENT_MISSING, "", f"{interface.name} names {interface.parent}"


def _bridging(device: DeviceConfiguration) -> Iterator[Said]:
    macs = [i for i in device.network_instances if i.kind == "mac-vrf"]
    for what in ("vlan", "vni"):
        counted = Counter(getattr(i, what) for i in device.network_instances if getattr(i, what))
        for number, count in counted.items():
            if count > 1:
                path = next(i.path for i in device.network_instances if getattr(i, what) == number)
                yield VLAN_TWICE, path, f"{what.upper()} {number} is used {count} times"
    vlans = {i.vlan for i in macs if i.vlan is not None}
    for interface in device.interfaces:
        wanted = {m.vlan for m in interface.members}
        if interface.kind == "irb" and interface.vlan is not None:
            wanted.add(interface.vlan)
        for vlan in sorted(wanted - vlans):
            yield VLAN_MISSING, "", f"VLAN {vlan} on {interface.name}"


def _vrfs(device: DeviceConfiguration) -> Iterator[Said]:
    known = {i.name for i in device.network_instances}
    for instance in device.network_instances:
        if not _NAME.fullmatch(instance.name):
            yield NAME, instance.path, f"VRF or MAC-VRF '{instance.name}'"
        for name in (*instance.imports, *((instance.l3vrf,) if instance.l3vrf else ())):
            if name not in known:
                yield VRF_MISSING, instance.path, f"{instance.name} names {name}"
    for interface in device.interfaces:
        if interface.network_instance not in known:
            yield VRF_MISSING, "", f"{interface.name} is in {interface.network_instance}"


def _policies(device: DeviceConfiguration) -> Iterator[Said]:
    policy = device.routing_policy
    known = {p.name for p in policy.policies}
    for name in sorted({use.name for use in policy_uses(device)[0]} - known):
        yield POLICY_MISSING, f"policies/{name}", f"policy {name}"
    prefix_sets = {s.name for s in policy.prefix_sets}
    communities = {s.name for s in policy.community_sets}
    as_paths = {s.name for s in policy.as_path_sets}
    for name in sorted(known | prefix_sets | communities | as_paths):
        if not _NAME.fullmatch(name):
            yield NAME, "", f"policy or set '{name}'"
    for one in policy.policies:
        for statement in one.statements:
            conditions = statement.conditions
            for wanted, sets in (
                (conditions.prefix_set, prefix_sets),
                (conditions.community_set, communities),
                (conditions.as_path_set, as_paths),
                (statement.actions.communities_remove, communities),
            ):
                if wanted and wanted not in sets:
                    yield SET_MISSING, statement.path, f"set {wanted} in policy {one.name}"


def _filters(device: DeviceConfiguration) -> Iterator[Said]:
    known = {acl.name for acl in device.acls}
    for interface in device.interfaces:
        for name in (interface.acl_in, interface.acl_out):
            if name and name not in known:
                yield ACL_MISSING, f"acls/{name}", f"ACL {name} on {interface.name}"
    if device.system.acl and device.system.acl not in known:
        yield ACL_MISSING, "management/acl", f"ACL {device.system.acl} on the management port"
    for acl in device.acls:
        if not _NAME.fullmatch(acl.name):
            yield NAME, acl.path, f"ACL '{acl.name}'"
