"""What Junos on QFX5000-class switches does of what a device may be asked for. Nothing has run on a device here."""

from __future__ import annotations

from collections.abc import Mapping

from crossconnect.nos.features import FEATURES
from crossconnect.nos.support import Support

_SPECIAL: Mapping[str, Support] = {
    "underlay-unnumbered": Support("rendered", "neighbours are discovered on the interface; their ASNs are listed"),
    # Release notes of 21.2R1, "Hardware-assisted inline BFD": not with LAG, ECMP or IPv6 link-local sessions.
    "bfd": Support(
        "rendered",
        "QFX5120 does less than a second in hardware only on numbered links without ECMP; else in software, where "
        "many sessions want `bfd: {interval_ms: 1000}`",
    ),
    "mtu": Support("rendered", "the media MTU is the design's with the Ethernet header and a tag"),
    "graceful-shutdown": Support(
        "rendered",
        "by policies: the community and three more own ASNs on all that is sent, local preference 0 on what is taken",
    ),
    "l2vni": Support("rendered", "a VLAN-based MAC-VRF each, so that routes have the Ethernet tag 0"),
    "symmetric-irb": Support("rendered", "the Router's MAC is the chassis's own: the design's cannot be configured"),
    "mlag": Support(
        "none",
        "MC-LAG (ICCP) is not rendered: in EVPN-VXLAN, Junos multihomes by Ethernet segments, without a peer link",
        "`multihoming: ethernet-segments`",
    ),
    "route-leak": Support("rendered", "by `instance-import`; leaked routes are not announced again"),
    "management-vrf": Support("rendered", "it is called `mgmt_junos`, whatever its name in the region"),
    "max-prefix": Support("rendered", "counts what the import policy accepts"),
    "route-policy": Support("rendered", "AS-path expressions of whole AS numbers only"),
    "gnmi": Support("rendered", "the certificate is put on the device beforehand"),
    "ipfix": Support("none", "QFX5000 has no flow export", "sflow, which samples the same ports"),
}

SUPPORT: Mapping[str, Support] = {f.key: _SPECIAL.get(f.key, Support("rendered")) for f in FEATURES}
