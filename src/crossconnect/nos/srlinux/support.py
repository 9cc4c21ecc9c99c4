"""What SR Linux 25.3 on 7220 IXR-D2 and D3 does of what a device may be asked for. Nothing has run on a device here.

Sources: Nokia SR Linux OAM and Diagnostics Guide, "IPFIX" (26.3: on 7730 SXR platforms) and "sFlow"; VPN Services
Guide 24.10, "Route internal tags" (not sent, at most two on a route); srl_nokia-bgp (no graceful shutdown of its own;
`prefix-limit-received`); srl_nokia-system-network-instance-bgp-evpn-ethernet-segments.
"""

from __future__ import annotations

from collections.abc import Mapping

from crossconnect.nos.features import FEATURES
from crossconnect.nos.support import Support

_SPECIAL: Mapping[str, Support] = {
    "underlay-unnumbered": Support(
        "rendered", "sessions are dynamic neighbours of an interface; their settings are their group's"
    ),
    "graceful-restart": Support(
        "rendered", "as the helper of a neighbour that restarts, by the device's default times"
    ),
    "graceful-shutdown": Support(
        "rendered",
        "by policies: the community and three more own ASNs on all that is sent, local preference 0 on what is taken",
    ),
    "type-5": Support("rendered", "all of a VRF's routing table, less what an export policy keeps back"),
    "symmetric-irb": Support(
        "rendered", "the Router's MAC is the chassis's own: the design's cannot be configured on this system"
    ),
    "no-host-routes": Support("rendered", "hosts are announced without the L3VNI"),
    "mlag": Support("none", "SR Linux multihomes by Ethernet segments alone", "`multihoming: ethernet-segments`"),
    "route-leak": Support("rendered", "by policies between network instances; leaked routes are not announced again"),
    "route-limit": Support(
        "none",
        "a network instance has no limit of its routes",
        "max_prefixes of the sessions; checks report a VRF over its limit",
    ),
    "route-policy": Support("rendered", "AS-path expressions in character mode; marks are internal tags"),
    "acl": Support("rendered", "an entry for each port and ICMP type; the last one drops"),
    "aaa": Support("partial", "servers of one protocol share the longest of their timeouts"),
    "gnmi": Support("rendered", "the certificate and key of the TLS profile are put on the device beforehand"),
    "sflow": Support("partial", "counters have the device's own interval; the agent is the management port's address"),
    "ipfix": Support("none", "IPFIX is on 7730 SXR only, not on 7220 IXR", "sflow, which samples the same ports"),
}

SUPPORT: Mapping[str, Support] = {f.key: _SPECIAL.get(f.key, Support("rendered")) for f in FEATURES}
