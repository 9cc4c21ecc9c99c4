"""What is decided once for the whole region, so that each device can then be designed on its own.

    Region + Inventory + Lock --build_context--> Context --design_device(context, switch)--> DeviceConfiguration

Objects that are equal on many devices (an IRB interface, a set of route targets) are made once and shared.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from crossconnect.device.interface import Interface, SegmentMember
from crossconnect.intent.handoffs import HandoffLink
from crossconnect.intent.lock import Lock
from crossconnect.model.interface_names import InterfaceNames
from crossconnect.model.inventory import Cable, Host, Inventory, MlagPair, Switch
from crossconnect.model.policy import AsPathSet, CommunitySet, Policy, PrefixSet
from crossconnect.model.region import Region
from crossconnect.model.tenant import Segment, Vrf

ES_SYSTEM_MAC = "02:e5:00:00:00:01"
"""System MAC in LACP and in ESIs of type 3, one for the region; the discriminator tells segments apart."""


class VrfDesign(msgspec.Struct, frozen=True, kw_only=True):
    """An IP-VRF as every device has it."""

    path: str
    tenant: str
    name: str
    model: Vrf
    vni: int
    evi: int
    route_targets: tuple[str, ...]
    imports: tuple[str, ...]
    """Names of VRFs on devices."""
    prefixes: tuple[str, ...]
    """Subnets of its routed segments."""
    devices: tuple[str, ...]


class SegmentDesign(msgspec.Struct, frozen=True, kw_only=True):
    """A segment as every device of one VLAN scope has it."""

    path: str
    tenant: str
    name: str
    """Of the MAC-VRF."""
    model: Segment
    vni: int
    vlan: int
    evi: int
    route_targets: tuple[str, ...]
    vrf: str
    """Name of the IP-VRF on devices; empty where the segment is not routed."""
    mtu: int
    irb: Interface | None
    """As FRR names it; `irb_of` has it as a device names it."""
    irbs: Mapping[str, Interface] = {}
    """The same by pattern of the name, for every other system of the region."""
    gateways: tuple[str, ...]
    """Addresses of the gateways, without length; empty where the segment is not routed."""
    one_per_version: bool
    """Whether it has at most one gateway per IP version, so that all its servers have the same."""
    devices: tuple[str, ...]
    """In the whole region."""


class HostKind(msgspec.Struct, frozen=True, kw_only=True):
    """What all servers with the same segments have in common: a region has many servers and few kinds of them."""

    members: tuple[SegmentMember, ...]
    port_mtu: int
    """The largest of its segments."""
    host_mtu: int
    """The smallest of its segments: a server sends no packet that one of its gateways would have to drop."""
    segments: tuple[tuple[int, SegmentDesign], ...]
    """Index among the server's segment ports and the segment, untagged first, then by VLAN."""


class ServerEnd(msgspec.Struct, frozen=True, kw_only=True):
    """A server's cable at a leaf."""

    cable: Cable
    port: str
    host: Host


class FabricEnd(msgspec.Struct, frozen=True, kw_only=True):
    """A fabric cable at one of its switches."""

    cable: Cable
    port: str
    remote: Switch
    remote_port: str
    lower: bool
    """Whether this is the end of the lower tier, which has the lower addresses."""
    addresses: tuple[tuple[str, str], ...]
    """(own, remote) with length for each IP version of a numbered link."""


class PolicySets(msgspec.Struct, frozen=True, kw_only=True):
    """Policies and sets of the model by name."""

    policies: Mapping[str, Policy]
    prefix_sets: Mapping[str, PrefixSet]
    community_sets: Mapping[str, CommunitySet]
    as_path_sets: Mapping[str, AsPathSet]


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that designing one device needs to know of the rest."""

    region: Region
    inventory: Inventory
    lock: Lock
    switches: Mapping[str, Switch]
    asns: Mapping[str, int]
    """By switch."""
    vrfs: Mapping[str, VrfDesign]
    """By path."""
    segments: Mapping[tuple[str, str], SegmentDesign]
    """By path and VLAN scope (a pod, or empty)."""
    segments_of: Mapping[str, tuple[SegmentDesign, ...]]
    vrfs_of: Mapping[str, tuple[VrfDesign, ...]]
    fabric_of: Mapping[str, tuple[FabricEnd, ...]]
    servers_of: Mapping[str, tuple[ServerEnd, ...]]
    server_ends: Mapping[str, tuple[ServerEnd, ...]]
    """By server, in the order of its ports."""
    pairs: Mapping[str, MlagPair]
    """By leaf."""
    peer_links_of: Mapping[str, tuple[FabricEnd, ...]]
    """Cables to the other leaf of a pair, by leaf."""
    bond_pools: Mapping[str, str]
    """Pool of the lock that numbers its bond, by server, where that is not the number of its Ethernet segment."""
    host_kinds: Mapping[str, HostKind]
    """By server."""
    handoffs_of: Mapping[str, tuple[HandoffLink, ...]]
    handoffs: tuple[HandoffLink, ...]
    policies: PolicySets
    infrastructure: tuple[str, ...]
    """Prefixes of pools for loopbacks, links and management."""


def irb_of(segment: SegmentDesign, names: InterfaceNames) -> Interface | None:
    """The IRB interface of a segment, by the name that it has on a device; shared by all that call it so."""
    return segment.irb if segment.irb is None else segment.irbs.get(names.irb, segment.irb)


def segment_scope(region: Region, switch: Switch) -> str:
    """Where the VLAN ids of a switch are unique."""
    return switch.pod if region.design.vlan_scope == "pod" else ""
