"""The whole configuration of one device."""

from __future__ import annotations

import msgspec

from crossconnect.device.interface import Interface
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.device.policy import RoutingPolicy


class BfdProfile(msgspec.Struct, frozen=True, kw_only=True):
    """Timers of BFD sessions (RFC 5880)."""

    interval_ms: int
    multiplier: int


class System(msgspec.Struct, frozen=True, kw_only=True):
    """Management plane: VRF, servers, LLDP."""

    management_vrf: str
    management_gateways: tuple[str, ...] = ()
    ntp: tuple[str, ...] = ()
    syslog: tuple[str, ...] = ()
    lldp: bool = True


class DeviceConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """One device, ready to be rendered for its network OS."""

    name: str
    role: str
    nos: str
    platform: str
    site: str
    pod: str
    rack: str
    system: System
    interfaces: tuple[Interface, ...]
    network_instances: tuple[NetworkInstance, ...]
    routing_policy: RoutingPolicy = RoutingPolicy()
    bfd: BfdProfile | None = None
    vtep: str = ""
    """Source address of VXLAN tunnels; empty on devices that are no VTEP."""
