"""Mistakes in a device that every network OS with lines would refuse or misread, found before anything is written.

A system has its own codes for them (`codes_of`), its own names of interfaces and its own limits (`Rules`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator

import msgspec

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.interface import Interface
from crossconnect.finding import Code, Severity

Said = tuple[str, str, str]
"""Kind of mistake (a key of `codes_of`), place in the model, words."""

_ESI = re.compile(r"(?:[0-9a-f]{2}:){9}[0-9a-f]{2}")


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What a system takes."""

    name: re.Pattern[str]
    """Of VRFs, policies, sets and ACLs."""
    name_words: str
    port: re.Pattern[str]
    port_words: str
    mtu_min: int
    mtu_max: int
    """Of routed interfaces, octets of IP MTU."""


def codes_of(system: str, title: str, rules: Rules) -> dict[str, Code]:
    """The codes of a system, by kind."""

    def error(kind: str, text: str, hint: str) -> Code:
        return Code(f"{system}.{kind}", Severity.ERROR, text, hint)

    mtu = f"An MTU is none that {title} takes ({rules.mtu_min} to {rules.mtu_max} octets)."
    codes = (
        error("mtu-range", mtu, "Choose another MTU."),
        error("name", f"A name cannot stand in a line of {title}: {rules.name_words}.", "Choose another name."),
        error("interface-name", f"{title} has no interface of such a name.", f"{rules.port_words}"),
        error("vlan-twice", "Two MAC-VRFs of a device have one VLAN or one VNI.", "Give each its own."),
        error(
            "vlan-missing",
            "A bridged port or an IRB interface has a VLAN that no MAC-VRF of the device has.",
            "Put the segment on the device, or take the port out of it.",
        ),
        error(
            "vrf-missing",
            "Something is in, or imports from, a VRF that the device does not have.",
            "Put the VRF on the device.",
        ),
        error(
            "policy-missing",
            "A session, a leak or a redistribution has a policy that the device does not have.",
            "Define the policy.",
        ),
        error(
            "set-missing",
            "A policy refers to a set that the device does not have.",
            "Define the set, or remove the reference.",
        ),
        error(
            "acl-missing",
            "An interface has an ACL that the device does not have.",
            "Define the ACL, or remove the reference.",
        ),
        error("esi", "An ESI is not ten octets.", "Write it as ten octets in hexadecimal, with colons."),
        error("native-vlan-twice", "A port has two untagged VLANs.", "Tag all of its VLANs but one."),
        error(
            "parent-missing",
            "A member or subinterface names a port or bond that the device does not have.",
            "Name one that it has.",
        ),
        error("address-twice", "Two interfaces of one VRF have one address.", "Give each its own."),
        error("vtep-missing", "No loopback has the address of the VTEP.", "Give the loopback that address."),
    )
    return {code.name.partition(".")[2]: code for code in codes}


def mistakes(device: DeviceConfiguration, rules: Rules, policies: Collection[str]) -> Iterator[Said]:
    """Every mistake; `policies` are those that the system attaches."""
    yield from _interfaces(device, rules)
    yield from _bridging(device)
    yield from _vrfs(device, rules)
    yield from _policies(device, rules, policies)
    yield from _filters(device, rules)


def _interfaces(device: DeviceConfiguration, rules: Rules) -> Iterator[Said]:
    names = {i.name for i in device.interfaces}
    for interface in device.interfaces:
        yield from _one(interface, names, rules)
    if device.vtep and not any(f"{device.vtep}/32" in i.addresses for i in device.interfaces if i.kind == "loopback"):
        yield "vtep-missing", "", f"no loopback has {device.vtep}"
    used = Counter((i.network_instance, a.partition("/")[0]) for i in device.interfaces for a in i.addresses)
    for (vrf, address), count in used.items():
        if count > 1:
            yield "address-twice", "", f"{address} is on {count} interfaces of {vrf}"


def _one(interface: Interface, names: set[str], rules: Rules) -> Iterator[Said]:
    if not rules.port.fullmatch(interface.name):
        yield "interface-name", "", f"interface {interface.name}"
    if interface.kind in ("ethernet", "irb", "subinterface") and not rules.mtu_min <= interface.mtu <= rules.mtu_max:
        yield "mtu-range", "", f"an MTU of {interface.mtu} on {interface.name}"
    if interface.esi and not _ESI.fullmatch(interface.esi):
        yield "esi", "", f"{interface.esi} on {interface.name}"
    if sum(not m.tagged for m in interface.members) > 1:
        yield "native-vlan-twice", "", interface.name
    if interface.parent and interface.parent not in names:
        yield "parent-missing", "", f"{interface.name} names {interface.parent}"


def _bridging(device: DeviceConfiguration) -> Iterator[Said]:
    macs = [i for i in device.network_instances if i.kind == "mac-vrf"]
    for what in ("vlan", "vni"):
        counted = Counter(getattr(i, what) for i in device.network_instances if getattr(i, what))
        for number, count in counted.items():
            if count > 1:
                path = next(i.path for i in device.network_instances if getattr(i, what) == number)
                yield "vlan-twice", path, f"{what.upper()} {number} is used {count} times"
    vlans = {i.vlan for i in macs if i.vlan is not None}
    for interface in device.interfaces:
        wanted = {m.vlan for m in interface.members}
        if interface.kind == "irb" and interface.vlan is not None:
            wanted.add(interface.vlan)
        for vlan in sorted(wanted - vlans):
            yield "vlan-missing", "", f"VLAN {vlan} on {interface.name}"


def _vrfs(device: DeviceConfiguration, rules: Rules) -> Iterator[Said]:
    known = {i.name for i in device.network_instances}
    for instance in device.network_instances:
        if not rules.name.fullmatch(instance.name):
            yield "name", instance.path, f"VRF or MAC-VRF '{instance.name}'"
        for name in (*instance.imports, *((instance.l3vrf,) if instance.l3vrf else ())):
            if name not in known:
                yield "vrf-missing", instance.path, f"{instance.name} names {name}"
    for interface in device.interfaces:
        if interface.network_instance not in known:
            yield "vrf-missing", "", f"{interface.name} is in {interface.network_instance}"


def _policies(device: DeviceConfiguration, rules: Rules, attached: Collection[str]) -> Iterator[Said]:
    policy = device.routing_policy
    known = {p.name for p in policy.policies}
    for name in sorted(set(attached) - known):
        yield "policy-missing", f"policies/{name}", f"policy {name}"
    prefix_sets = {s.name for s in policy.prefix_sets}
    communities = {s.name for s in policy.community_sets}
    as_paths = {s.name for s in policy.as_path_sets}
    for name in sorted(known | prefix_sets | communities | as_paths):
        if not rules.name.fullmatch(name):
            yield "name", "", f"policy or set '{name}'"
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
                    yield "set-missing", statement.path, f"set {wanted} in policy {one.name}"


def _filters(device: DeviceConfiguration, rules: Rules) -> Iterator[Said]:
    known = {acl.name for acl in device.acls}
    for interface in device.interfaces:
        for name in (interface.acl_in, interface.acl_out):
            if name and name not in known:
                yield "acl-missing", f"acls/{name}", f"ACL {name} on {interface.name}"
    if device.system.acl and device.system.acl not in known:
        yield "acl-missing", "management/acl", f"ACL {device.system.acl} on the management port"
    for acl in device.acls:
        if not rules.name.fullmatch(acl.name):
            yield "name", acl.path, f"ACL '{acl.name}'"
