"""Tenants, their VRFs and segments."""

from __future__ import annotations

import msgspec


class Segment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A broadcast domain stretched by one L2VNI; with gateways it is routed in its VRF by symmetric IRB."""

    name: str
    """Unique in its VRF, or among its tenant's segments without VRF."""
    gateways: tuple[str, ...] = ()
    """Anycast gateway addresses with the subnet's length, `10.1.1.1/24`."""
    vlan: int | None = None
    """VLAN id on leaves; none given: allocated from the `vlan` pools."""
    vni: int | None = None
    """L2VNI; none given: allocated from the `l2vni` pools."""
    mtu: int | None = None
    """IP MTU, octets; none given: `design.tenant_mtu`."""
    acl_in: str = ""
    """ACL on packets that its servers send to the gateway; what stays in the segment is not filtered."""
    acl_out: str = ""
    """ACL on packets that the gateway sends to its servers."""
    leaves: tuple[str, ...] = ()
    """Where it exists besides the leaves its servers are on: names of devices, racks or pods, or `all`. A border leaf
    is meant by its own name only."""
    description: str = ""
    """For people."""


class Vrf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An IP-VRF of a tenant, one L3VNI. Names are unique within the tenant; on devices it is `tenant-vrf`."""

    name: str
    """Unique within the tenant."""
    vni: int | None = None
    """L3VNI; none given: allocated from the `l3vni` pools."""
    segments: tuple[Segment, ...] = ()
    """Segments routed in it."""
    route_limit: int = 0
    """Greatest number of routes the VRF may hold on a device, 0 for the platform's."""
    imports: tuple[str, ...] = ()
    """Other VRFs (`tenant/vrf`) whose own routes are imported here: a declared leak. What those VRFs have from
    others by a leak is not."""
    description: str = ""
    """For people."""


class Tenant(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A customer, or the provider itself as one."""

    name: str
    """Unique among tenants."""
    vrfs: tuple[Vrf, ...] = ()
    """Its IP-VRFs."""
    segments: tuple[Segment, ...] = ()
    """Segments without VRF: layer 2 only."""
    description: str = ""
    """For people."""
