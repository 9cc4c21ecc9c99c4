"""What Junos on QFX5120/5130-class switches does of what a device may be asked for. Nothing ran on a device here."""

from __future__ import annotations

from collections.abc import Mapping

from crossconnect.nos.features import FEATURES
from crossconnect.nos.support import Support

_SPECIAL: Mapping[str, Support] = {
    "underlay-unnumbered": Support("rendered", "sessions are found by neighbour discovery on the ports of a group"),
    "graceful-shutdown": Support("rendered", "by policy, in both directions"),
    "evpn": Support("rendered", "the unchanged next hop of spines is per session: policy sets that of unicast back"),
    "l3vni": Support("rendered", "the Router's MAC is the system's own: the design's cannot be configured"),
    "symmetric-irb": Support("rendered", "the Router's MAC is the system's own: the design's cannot be configured"),
    "no-host-routes": Support("rendered", "without `irb-symmetric-routing`"),
    "vlan-trunk": Support("rendered", "a unit a VLAN, as each VLAN is in a MAC-VRF of its own"),
    "route-leak": Support("rendered", "by `instance-import`"),
    "route-policy": Support("partial", "AS-path expressions over parts of AS numbers have no form: `junos.as-path`"),
    "max-prefix": Support("rendered", "counts what the neighbour announces"),
    "management-vrf": Support("rendered", "it is called `mgmt_junos`, whatever its name in the region"),
    "gnmi": Support("rendered", "the certificate is put on the device beforehand"),
    "netconf": Support("rendered", "over SSH"),
    "ipfix": Support("none", "QFX5120 has no inline flow monitoring", "sflow, which samples the same ports"),
    "snmpv3": Support("rendered", "the engine ID is the device's own"),
}

SUPPORT: Mapping[str, Support] = {f.key: _SPECIAL.get(f.key, Support("rendered")) for f in FEATURES}
