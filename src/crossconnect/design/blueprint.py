"""The blueprint: everything decided, immutable, content-hashed."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.model.cloud import VpnConcentrator
from crossconnect.model.promise import Promise
from crossconnect.model.traffic import Demand


class Wire(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """A cable with both ports known. For fabric wires both ends are switches, else `a` is the host or the peer."""

    key: str
    kind: Literal["fabric", "server", "peer"]
    a_device: str
    a_port: str
    b_device: str
    b_port: str
    gbps: int = 0
    """Its capacity, gigabits per second; 0 where it is not known."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A host's interface in one segment: what is pinged, traced and promised about."""

    host: str
    interface: str
    """`eth0`, `eth0.100` when tagged, `bond0`, `bond0.100` when dual-homed."""
    tenant: str
    vrf: str
    """Name of the IP-VRF on devices (`red-prod`), empty in a layer-2 segment."""
    segment: str
    """Path of the segment."""
    mac_vrf: str
    vlan: int
    tagged: bool
    addresses: tuple[str, ...]
    """With length."""
    gateways: tuple[str, ...]
    """Addresses without length, at most one per IP version."""


class HostPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A server as the lab builds it. With two leaves its ports form a bond (`bond0`, LACP)."""

    name: str
    mac: str
    ports: tuple[str, ...]
    leaves: tuple[str, ...]
    mtu: int
    endpoints: tuple[Endpoint, ...]
    path: str


class PeerSession(msgspec.Struct, frozen=True, kw_only=True):
    """One session of an external router, seen from its side."""

    interface: str
    """`eth1`, `eth1.101` when the handoff is tagged."""
    port: str
    vlan: int | None
    device: str
    vrf: str
    """VRF at our side."""
    local_address: str
    """The peer's own address, with length."""
    remote_address: str
    """Ours, without length."""
    remote_asn: int
    password: str
    bfd: bool


class PeerPlan(msgspec.Struct, frozen=True, kw_only=True):
    """An external router as the lab stands in for it and as the simulation assumes it to behave."""

    name: str
    asn: int
    router_id: str
    daemon: Literal["bird", "frr"]
    ports: tuple[str, ...]
    announces: tuple[str, ...]
    sessions: tuple[PeerSession, ...]
    path: str
    node: str = ""
    """The gateway node that it is part of; empty for routers of others."""


class ChassisPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A server that is a chassis of the cloud."""

    name: str
    """The server's, and OVN's (`system-id`)."""
    role: Literal["hypervisor", "gateway"]
    zone: str
    """Its availability zone."""
    tunnel_address: str
    """Where its Geneve tunnels end (`ovn-encap-ip`)."""
    router: str
    """Its routing half among `peers`; empty without."""
    path: str


class ProviderNetworkPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A provider network as every gateway node has it."""

    name: str
    vrf: str
    """On devices."""
    transfer: tuple[str, ...]
    """Prefixes between the node and the cloud's routers, IPv4 first."""
    next_hops: tuple[str, ...]
    """The node's own addresses in them, the same on each."""
    mac: str
    """The node's own, the same on each: a router that moves to another node goes on with what it knows (RFC 826)."""
    mtu: int
    prefixes: tuple[str, ...]
    vpc_block: int
    """Length of VPCs' IPv6 blocks, 0 where they have none."""
    aggregates: tuple[str, ...]
    vpn_concentrators: tuple[VpnConcentrator, ...]
    path: str


class CloudPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What the cloud gets of the fabric."""

    tunnels: str
    """Path of the segment that carries them."""
    mtu: int
    """Of tenants' interfaces."""
    chassis: tuple[ChassisPlan, ...]
    networks: tuple[ProviderNetworkPlan, ...]


class VrfPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What the region promises of a VRF, for checks: where it is, what is in it, which leaks are declared."""

    name: str
    tenant: str
    path: str
    vni: int
    devices: tuple[str, ...]
    prefixes: tuple[str, ...]
    imports: tuple[str, ...]
    """Names of VRFs whose routes it imports by declaration."""
    route_limit: int


class SegmentPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What the region promises of a segment, for checks."""

    path: str
    tenant: str
    vrf: str
    mac_vrf: str
    vni: int
    devices: tuple[str, ...]
    gateways: tuple[str, ...]
    mtu: int


class RiskPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What fails together."""

    name: str
    devices: tuple[str, ...]
    wires: tuple[str, ...]
    """Keys of cables."""
    path: str


class Blueprint(msgspec.Struct, frozen=True, kw_only=True):
    """A designed region. Collections are sorted by name (wires by key)."""

    region: str
    devices: tuple[DeviceConfiguration, ...]
    wires: tuple[Wire, ...]
    hosts: tuple[HostPlan, ...]
    peers: tuple[PeerPlan, ...]
    vrfs: tuple[VrfPlan, ...]
    segments: tuple[SegmentPlan, ...]
    promises: tuple[Promise, ...]
    drained: tuple[str, ...] = ()
    infrastructure: tuple[str, ...] = ()
    """Prefixes of infrastructure pools: no tenant or outside may use or see them."""
    risks: tuple[RiskPlan, ...] = ()
    """Shared risk groups."""
    traffic: tuple[Demand, ...] = ()
    """Traffic that is expected."""
    cloud: CloudPlan | None = None
    """The cloud that the fabric carries."""
    link_load_max: int = 80
    """Up to which percentage of its capacity a link may be loaded while nothing has failed."""

    def content_hash(self) -> str:
        """SHA-256 over the canonical encoding, in hex: the blueprint's identity."""
        return hashlib.sha256(msgspec.msgpack.encode(self)).hexdigest()
