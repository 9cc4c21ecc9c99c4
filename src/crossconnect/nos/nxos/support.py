"""What NX-OS on Nexus 9000 does of what a device may be asked for. Nothing has run on a device here."""

from __future__ import annotations

from collections.abc import Mapping

from crossconnect.nos.features import FEATURES
from crossconnect.nos.support import Support

_SPECIAL: Mapping[str, Support] = {
    "underlay-unnumbered": Support("rendered", "sessions are neighbours named by an interface"),
    "graceful-shutdown": Support(
        "rendered", "`graceful-shutdown activate` for all sessions of the router; longer AS paths to external ones"
    ),
    "l3vni": Support("rendered", "each has a VLAN of 3000 to 3899 and an SVI"),
    "symmetric-irb": Support("rendered", "the Router's MAC is the system's own: the design's cannot be configured"),
    "no-host-routes": Support("partial", "MAC/IP routes carry the L3VNI, and remote leaves keep host routes"),
    "ethernet-segment": Support(
        "none",
        "Nexus 9000 multihomes by vPC; Ethernet segments of its own are in the guide of 10.6 only, and not rendered",
        "`multihoming: mlag`, which is vPC here",
    ),
    "mlag": Support(
        "rendered",
        "vPC with a physical peer link, between two switches of one model; routes of the pair have its address as next "
        "hop, and each leaf's own Router's MAC",
    ),
    "route-leak": Support(
        "rendered", "by the route targets of the other VRF: all of its routes come, and are not exported again"
    ),
    "route-policy": Support(
        "rendered", "large communities are matched and set; whether an image sends them to a peer is to be tried"
    ),
    "acl": Support("rendered", "some need a TCAM region to be carved first, and a restart for that"),
    "route-limit": Support("rendered", "per IP version"),
    "management-vrf": Support("rendered", "it is called `management`, whatever its name in the region"),
    "users": Support("rendered", "the hash must be one of SHA-256 (`$5$`); one SSH key per user"),
    "aaa": Support("rendered", "local users when no server answers, by the default of the system"),
    "gnmi": Support("rendered", "the certificate is a trustpoint that is put on the device beforehand"),
    "netconf": Support("rendered", "always on port 830"),
    "sflow": Support("partial", "one collector: the first; some platforms want a TCAM region for it"),
    "ipfix": Support("none", "NX-OS exports NetFlow version 9", "sflow, which samples the same ports"),
    "snmpv3": Support("rendered", "users have the role network-operator"),
}

SUPPORT: Mapping[str, Support] = {f.key: _SPECIAL.get(f.key, Support("rendered")) for f in FEATURES}
