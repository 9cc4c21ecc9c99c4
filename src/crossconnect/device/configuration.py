"""The whole configuration of one device."""

from __future__ import annotations

import msgspec

from crossconnect.device.acl import AclSet
from crossconnect.device.interface import Interface
from crossconnect.device.management import Aaa, Gnmi, Ipfix, Netconf, Sflow, Snmp, User
from crossconnect.device.mlag import Mlag
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.device.policy import RoutingPolicy


class BfdProfile(msgspec.Struct, frozen=True, kw_only=True):
    """Timers of BFD sessions (RFC 5880)."""

    interval_ms: int
    multiplier: int


class System(msgspec.Struct, frozen=True, kw_only=True):
    """Management plane: VRF, servers, LLDP, and services that are off where they are None or empty."""

    management_vrf: str
    management_gateways: tuple[str, ...] = ()
    ntp: tuple[str, ...] = ()
    syslog: tuple[str, ...] = ()
    lldp: bool = True
    acl: str = ""
    """ACL on what arrives at the management port, empty for none."""
    banner: str = ""
    """Shown before login, one line."""
    users: tuple[User, ...] = ()
    aaa: Aaa | None = None
    snmp: Snmp | None = None
    gnmi: Gnmi | None = None
    netconf: Netconf | None = None
    sflow: Sflow | None = None
    ipfix: Ipfix | None = None


class Extra(msgspec.Struct, frozen=True, kw_only=True):
    """Configuration in the words of the device's own system, from `fabric/extra/` of the region's files.

    It is merged into what is rendered, and wins.
    """

    file: str
    """Where it is written, `fabric/extra/leaf.frr`."""
    text: str


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
    acls: tuple[AclSet, ...] = ()
    """What interfaces and the management port use, and nothing else."""
    bfd: BfdProfile | None = None
    vtep: str = ""
    """Source address of VXLAN tunnels; empty on devices that are no VTEP."""
    mlag: Mlag | None = None
    """Of a leaf that is one of an MLAG pair, whose `vtep` both have."""
    routing_framework: bool = False
    """Whether BGP and policies are given in the tables of the system's own management framework, where it has one
    beside the routing daemon's file (SONiC: frrcfgd)."""
    extra: tuple[Extra, ...] = ()
    """Of the role first, then of the device."""
    path: str = ""
    """Where the model says what the device is, `pods/a/racks/0`."""
