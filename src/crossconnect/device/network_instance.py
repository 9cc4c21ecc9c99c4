"""Network instances: the default one, the management VRF, IP-VRFs and MAC-VRFs."""

from __future__ import annotations

from typing import Literal

import msgspec

from crossconnect.device.bgp import Bgp


class NetworkInstance(msgspec.Struct, frozen=True, kw_only=True):
    """A routing or bridging table of its own.

    A MAC-VRF (`mac-vrf`, one broadcast domain, VLAN-based service of RFC 7432 6.1) has `vlan`, `vni`, `rd`, `rt`s and
    may have an IRB interface; an IP-VRF (`l3vrf`) has an L3VNI in `vni` and route targets for type-5 routes.
    """

    name: str
    kind: Literal["default", "management", "l3vrf", "mac-vrf"]
    tenant: str = ""
    path: str = ""
    """The VRF's or segment's path in the model, `tenants/red/vrfs/prod/segments/web`."""
    vni: int | None = None
    vlan: int | None = None
    rd: str = ""
    import_rts: tuple[str, ...] = ()
    export_rts: tuple[str, ...] = ()
    irb: str = ""
    """MAC-VRF: name of its IRB interface, which lives in `l3vrf`."""
    l3vrf: str = ""
    """MAC-VRF: the IP-VRF it is routed in."""
    router_mac: str = ""
    """IP-VRF: MAC address announced as Router's MAC (RFC 9135 8.1)."""
    mtu: int = 0
    route_limit: int = 0
    host_routes: bool = True
    """IP-VRF: whether MAC/IP routes become host routes here."""
    imports: tuple[str, ...] = ()
    """IP-VRF: names of other IP-VRFs on this device whose unicast routes are imported here (a declared leak)."""
    imports_policy: str = ""
    """IP-VRF: policy that what comes from `imports` passes."""
    bgp: Bgp | None = None
