"""What SR Linux would refuse of a device's configuration, as findings.

The first three are what Nokia's `must` statements say and libyang cannot evaluate: interfaces of network instances
that are not there, bridged subinterfaces outside MAC-VRFs, VLANs on ports without tagging. They are checked on the
rendered tree together with every other reference.

Sources: `must` and type statements of Nokia's YANG models of release 25.3; OAM and Diagnostics Guide 24.10, "sFlow"
(IPv6 collectors on 7250 IXR only).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.finding import Code, Finding, Place, Severity, found
from crossconnect.nos.srlinux.interfaces import sessions_with_bfd
from crossconnect.nos.srlinux.names import EVI_MAX, SYSTEM_INTERFACE, evi, tagged
from crossconnect.nos.srlinux.policy import as_path_expression, session_policies
from crossconnect.nos.srlinux.system import SFLOW_COLLECTORS_MAX

_E = Severity.ERROR
MISSING_INTERFACE = Code(
    "srlinux.interface-missing",
    _E,
    "Something refers to an interface that the device does not have.",
    "define the interface, or take the reference away",
)
BRIDGED_OUTSIDE = Code(
    "srlinux.bridged-outside-mac-vrf",
    _E,
    "A bridged subinterface belongs to no MAC-VRF, and no other network instance takes it.",
    "define the segment of its VLAN on this device",
)
VLAN_WITHOUT_TAGGING = Code(
    "srlinux.vlan-without-tagging",
    _E,
    "A tag, or a second untagged segment, is on a port that takes no tagged frames.",
    "put the tagged subinterface on a port or bond; one untagged segment per port",
)
INTERFACE_NAME = Code(
    "srlinux.interface-name",
    _E,
    "An interface's name is not one of SR Linux'.",
    "names are ethernet-<slot>/<port>, lag<1-128>, irb<n>.<index>, system0, mgmt0, lo<n>",
)
POLICY_MISSING = Code(
    "srlinux.policy-missing", _E, "A policy is attached that the device does not have.", "define the policy"
)
SET_MISSING = Code(
    "srlinux.set-missing", _E, "A policy refers to a set that the device does not have.", "define the set"
)
ACL_MISSING = Code("srlinux.acl-missing", _E, "An ACL is applied that the device does not have.", "define the ACL")
INSTANCE_MISSING = Code(
    "srlinux.instance-missing",
    _E,
    "Something refers to a network instance that the device does not have.",
    "define the VRF on this device",
)
EXTERNAL_WITHOUT_POLICY = Code(
    "srlinux.external-without-policy",
    _E,
    "An external session has no import or export policy; SR Linux then rejects every route.",
    "name an import and an export policy for the handoff",
)
EVI_COLLISION = Code(
    "srlinux.evi-collision",
    _E,
    f"Two VNIs give the same EVI: those above {EVI_MAX} are folded into the range of 16 bits that EVIs have.",
    "choose VNIs that differ by less than 65535",
)
ROUTE_TARGET = Code(
    "srlinux.route-target",
    _E,
    "A route target does not fit: only one of its two numbers can have 32 bits.",
    "use an ASN, or a number, below 65536 in the route target",
)
RD = Code(
    "srlinux.route-distinguisher", _E, "A route distinguisher cannot be read.", "write address:number or ASN:number"
)
VTEP_ADDRESS = Code(
    "srlinux.vtep-address",
    _E,
    "The VTEP's address is not the IPv4 address of system0, which tunnels start from.",
    "give the loopback the VTEP's IPv4 address",
)
AS_PATH_PATTERN = Code(
    "srlinux.as-path-pattern",
    _E,
    "An AS-path expression has a character that SR Linux does not take, or is too long.",
    "use digits, spaces, _ and the characters of regular expressions",
)
OUT_OF_RANGE = Code(
    "srlinux.out-of-range", _E, "A number is outside what SR Linux takes.", "choose a number within the range"
)
NAME_CHARACTERS = Code(
    "srlinux.name", _E, "A name has a character that SR Linux does not take in it.", "use letters, digits, - and _"
)
RESERVED_USER = Code(
    "srlinux.reserved-user",
    _E,
    "A local user has a name that SR Linux keeps for itself.",
    "choose a name other than admin, linuxadmin and root",
)
SNMP_KEY = Code(
    "srlinux.snmp-key",
    _E,
    "An SNMPv3 user's authentication gives too short a key for its privacy.",
    "use sha-256 or better with aes-256",
)
SFLOW_COLLECTOR = Code(
    "srlinux.sflow-collector",
    _E,
    "An sFlow collector has an IPv6 address; 7220 IXR sends samples over IPv4 only.",
    "give the collector's IPv4 address",
)
BFD_WITHOUT_TIMERS = Code(
    "srlinux.bfd-without-timers",
    _E,
    "A session asks for BFD, and the device has no BFD timers.",
    "set design.bfd",
)
AAA_TIMEOUT = Code(
    "srlinux.aaa-timeout",
    Severity.NOTE,
    "Servers of one protocol have different timeouts; SR Linux has one for all, and the longest is taken.",
    "give the servers the same timeout",
)

CODES: tuple[Code, ...] = (
    MISSING_INTERFACE,
    BRIDGED_OUTSIDE,
    VLAN_WITHOUT_TAGGING,
    INTERFACE_NAME,
    POLICY_MISSING,
    SET_MISSING,
    ACL_MISSING,
    INSTANCE_MISSING,
    EXTERNAL_WITHOUT_POLICY,
    EVI_COLLISION,
    ROUTE_TARGET,
    RD,
    VTEP_ADDRESS,
    AS_PATH_PATTERN,
    OUT_OF_RANGE,
    NAME_CHARACTERS,
    RESERVED_USER,
    SNMP_KEY,
    SFLOW_COLLECTOR,
    BFD_WITHOUT_TIMERS,
    AAA_TIMEOUT,
)

_INTERFACE = re.compile(
    r"ethernet-[1-9]\d?(/[abcd])?(/[1-9]\d?)?/[1-9]\d{0,2}|lag([1-9]\d?|1[01]\d|12[0-8])"
    r"|irb(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])\.\d{1,4}|mgmt0|system0|lo\d{1,3}"
)
_NAME = re.compile(r"[A-Za-z0-9!@#$%^&()|+=`~.,_:;?-][A-Za-z0-9 !@#$%^&()|+=`~.,_:;?-]*")
_AS_PATH = re.compile(r"[0-9$ ()*+,.^{}\[\]\-|?<>_\\]{1,255}")
_RESERVED_USERS = frozenset({"admin", "linuxadmin", "root"})
_PREPEND_MAX = 50
_SFLOW_RATE_MAX = 2_000_000


def findings(device: DeviceConfiguration) -> tuple[Finding, ...]:
    """Everything that SR Linux would refuse of this device."""
    return (
        *_interfaces(device),
        *_references(device),
        *_sessions(device),
        *_evpn(device),
        *_policies(device),
        *_system(device),
    )


def _interfaces(device: DeviceConfiguration) -> Iterator[Finding]:
    here = Place(path=device.path)
    names = {i.name: i for i in device.interfaces}
    vlans = {i.vlan for i in device.network_instances if i.kind == "mac-vrf"}
    for interface in device.interfaces:
        who = f"{device.name}: {interface.name}"
        if interface.kind != "subinterface" and not _INTERFACE.fullmatch(interface.name):
            yield found(INTERFACE_NAME, here, f"{device.name}: {interface.name!r} is no name of an interface")
        if interface.parent and interface.parent not in names:
            yield found(MISSING_INTERFACE, here, f"{who} needs {interface.parent}, which is not there")
        for member in interface.members:
            if member.vlan not in vlans:
                yield found(BRIDGED_OUTSIDE, here, f"{who} carries VLAN {member.vlan}, and no segment here has it")
        parent = names.get(interface.parent)
        if interface.kind == "subinterface":
            if parent is not None and parent.kind not in ("ethernet", "lag"):
                yield found(VLAN_WITHOUT_TAGGING, here, f"{who}: {parent.name} takes no tagged frames")
            if interface.vlan is None or not 1 <= interface.vlan <= 4094:
                yield found(OUT_OF_RANGE, here, f"{who} has the tag {interface.vlan}", expected="1 to 4094")
        untagged = sum(not member.tagged for member in interface.members)
        if untagged > 1 or (untagged and not tagged(interface, device) and len(interface.members) > 1):
            yield found(VLAN_WITHOUT_TAGGING, here, f"{who} has {untagged} untagged segments")
        if interface.kind == "lag" and not 1 <= interface.min_links <= 64:
            yield found(OUT_OF_RANGE, here, f"{who} needs {interface.min_links} links", expected="1 to 64")


def _references(device: DeviceConfiguration) -> Iterator[Finding]:
    instances = {i.name for i in device.network_instances}
    interfaces = {i.name for i in device.interfaces}
    acls = {a.name for a in device.acls}
    for interface in device.interfaces:
        if not interface.parent and not interface.members and interface.network_instance not in instances:
            message = f"{device.name}: {interface.name} is in {interface.network_instance}, which is not there"
            yield found(INSTANCE_MISSING, Place(path=device.path), message)
        for name in (interface.acl_in, interface.acl_out):
            if name and name not in acls:
                yield found(
                    ACL_MISSING, Place(path=device.path), f"{device.name}: no ACL {name!r} for {interface.name}"
                )
    if device.system.acl and device.system.acl not in acls:
        message = f"{device.name}: no ACL {device.system.acl!r} for the management port"
        yield found(ACL_MISSING, Place(path="management/acl"), message)
    if device.system.management_vrf not in instances:
        message = f"{device.name}: no management VRF {device.system.management_vrf!r}"
        yield found(INSTANCE_MISSING, Place(path="vrf"), message)
    for instance in device.network_instances:
        here = _place(device, instance)
        for name in instance.imports:
            if name not in instances:
                yield found(
                    INSTANCE_MISSING, here, f"{device.name}: {instance.name} imports {name}, which is not there"
                )
        if instance.l3vrf and instance.l3vrf not in instances:
            message = f"{device.name}: {instance.name} is routed in {instance.l3vrf}, which is not there"
            yield found(INSTANCE_MISSING, here, message)
        if instance.irb and instance.irb not in interfaces:
            yield found(MISSING_INTERFACE, here, f"{device.name}: {instance.name} has no {instance.irb}")
        if not _NAME.fullmatch(instance.name):
            yield found(NAME_CHARACTERS, here, f"{device.name}: {instance.name!r} is no name of a network instance")


def _place(device: DeviceConfiguration, instance: NetworkInstance) -> Place:
    return Place(path=instance.path or f"devices/{device.name}/network-instances/{instance.name}")


def _sessions(device: DeviceConfiguration) -> Iterator[Finding]:
    interfaces = {i.name for i in device.interfaces}
    with_bfd = False
    for instance in device.network_instances:
        for neighbor in instance.bgp.neighbors if instance.bgp else ():
            here = Place(path=f"peers/{neighbor.device}" if neighbor.kind == "external" else device.path)
            who = f"{device.name}: session {neighbor.key} with {neighbor.device}"
            with_bfd |= neighbor.bfd
            if neighbor.interface and neighbor.interface not in interfaces:
                yield found(MISSING_INTERFACE, here, f"{who} needs {neighbor.interface}, which is not there")
            for family in neighbor.families:
                if neighbor.kind == "external" and not (family.import_policy and family.export_policy):
                    yield found(EXTERNAL_WITHOUT_POLICY, here, f"{who} has no policy both ways for {family.family}")
            hold = neighbor.hold_time_s
            if hold and not 3 <= hold <= 65535:
                yield found(OUT_OF_RANGE, here, f"{who} has a hold time of {hold} s", expected="0, or 3 to 65535")
            if not 1 <= neighbor.connect_retry_s <= 65535:
                retry = neighbor.connect_retry_s
                yield found(OUT_OF_RANGE, here, f"{who} retries after {retry} s", expected="1 to 65535")
    if with_bfd and device.bfd is None:
        yield found(BFD_WITHOUT_TIMERS, Place(path="design/bfd"), f"{device.name}: BFD has no timers")
    elif with_bfd and not sessions_with_bfd(device):
        yield found(MISSING_INTERFACE, Place(path=device.path), f"{device.name}: sessions with BFD are on no interface")


def _evpn(device: DeviceConfiguration) -> Iterator[Finding]:
    evis: dict[int, str] = {}
    for instance in device.network_instances:
        here = _place(device, instance)
        if not instance.vni:
            continue
        number = evi(instance)
        if number in evis:
            yield found(
                EVI_COLLISION, here, f"{device.name}: {instance.name} and {evis[number]} both have EVI {number}"
            )
        evis[number] = instance.name
        if not 1 <= instance.vni <= 0xFFFFFF:
            yield found(OUT_OF_RANGE, here, f"{device.name}: VNI {instance.vni}", expected="1 to 16777215")
        for target in sorted({*instance.import_rts, *instance.export_rts}):
            if not _pair(target):
                yield found(ROUTE_TARGET, here, f"{device.name}: route target {target} of {instance.name} does not fit")
        if instance.rd and not _pair(instance.rd):
            yield found(RD, here, f"{device.name}: {instance.name} has the route distinguisher {instance.rd!r}")
    if device.vtep:
        loopback = next((i for i in device.interfaces if i.name == SYSTEM_INTERFACE), None)
        own = {a.partition("/")[0] for a in loopback.addresses} if loopback else set[str]()
        if device.vtep not in own or ":" in device.vtep:
            message = f"{device.name}: tunnels start from system0, which has no address {device.vtep}"
            yield found(VTEP_ADDRESS, Place(path=device.path), message)


def _pair(text: str) -> bool:
    """Whether it is `number:number` or `address:number` of 6 octets (RFC 4360, 4364, 5668)."""
    left, _, right = text.rpartition(":")
    if not right.isdigit():
        return False
    octets = left.split(".")
    if len(octets) == 4:
        return all(o.isdigit() and int(o) < 256 for o in octets) and int(right) <= 0xFFFF
    if not left.isdigit():
        return False
    return max(int(left), int(right)) <= 0xFFFFFFFF and min(int(left), int(right)) <= 0xFFFF


def _policies(device: DeviceConfiguration) -> Iterator[Finding]:
    given = device.routing_policy
    known = {p.name for p in given.policies}
    imports, exports = session_policies(device)
    attached = imports | exports
    for instance in device.network_instances:
        attached |= {instance.imports_policy, instance.bgp.evpn_advertise_policy if instance.bgp else ""}
    for name in sorted(attached - known - {""}):
        yield found(POLICY_MISSING, Place(path=f"policies/{name}"), f"{device.name}: no policy {name!r} to attach")
    sets = {
        "prefix": {s.name for s in given.prefix_sets},
        "community": {s.name for s in given.community_sets},
        "AS-path": {s.name for s in given.as_path_sets},
    }
    for policy in given.policies:
        for statement in policy.statements:
            here = Place(path=statement.path or f"policies/{policy.name}")
            conditions, actions = statement.conditions, statement.actions
            for kind, name in (
                ("prefix", conditions.prefix_set),
                ("community", conditions.community_set),
                ("AS-path", conditions.as_path_set),
                ("community", actions.communities_remove),
            ):
                if name and name not in sets[kind]:
                    yield found(SET_MISSING, here, f"{device.name}: no {kind} set {name!r} for {policy.name}")
            if actions.prepend > _PREPEND_MAX:
                message = f"{device.name}: {policy.name} prepends {actions.prepend} times"
                yield found(OUT_OF_RANGE, here, message, expected=f"at most {_PREPEND_MAX}")
    for as_path_set in given.as_path_sets:
        for pattern in as_path_set.patterns:
            if not _AS_PATH.fullmatch(as_path_expression(pattern)):
                here = Place(path=f"devices/{device.name}/as-path-sets/{as_path_set.name}")
                yield found(AS_PATH_PATTERN, here, f"{device.name}: {as_path_set.name!r} has the pattern {pattern!r}")


def _system(device: DeviceConfiguration) -> Iterator[Finding]:
    system = device.system
    for user in system.users:
        if user.name in _RESERVED_USERS:
            yield found(RESERVED_USER, Place(path="management/users"), f"{device.name}: user {user.name!r}")
    for snmp_user in system.snmp.users if system.snmp else ():
        if snmp_user.privacy == "aes-256" and snmp_user.authentication == "sha-1":
            message = f"{device.name}: {snmp_user.name!r} has aes-256 with sha-1"
            yield found(SNMP_KEY, Place(path="management/snmp"), message)
    if system.sflow is not None:
        here = Place(path="management/sflow")
        if len(system.sflow.collectors) > SFLOW_COLLECTORS_MAX:
            count = len(system.sflow.collectors)
            message = f"{device.name}: {count} sFlow collectors"
            yield found(OUT_OF_RANGE, here, message, expected=f"at most {SFLOW_COLLECTORS_MAX}")
        for collector in system.sflow.collectors:
            if ":" in collector.address:
                message = f"{device.name}: sFlow to {collector.address}"
                yield found(SFLOW_COLLECTOR, here, message)
        if not 1 <= system.sflow.sample_rate <= _SFLOW_RATE_MAX:
            message = f"{device.name}: one packet in {system.sflow.sample_rate}"
            yield found(OUT_OF_RANGE, here, message, expected=f"1 to {_SFLOW_RATE_MAX}")
    timeouts: dict[str, set[int]] = {}
    for server in system.aaa.servers if system.aaa else ():
        timeouts.setdefault(server.protocol, set()).add(server.timeout_s)
    for protocol, seconds in timeouts.items():
        if len(seconds) > 1:
            message = f"{device.name}: all {protocol} servers get {max(seconds)} s"
            yield found(AAA_TIMEOUT, Place(path="management/aaa"), message)
