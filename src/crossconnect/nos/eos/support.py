"""What EOS does of what a device may be asked for. Nothing has run on a device here."""

from __future__ import annotations

from collections.abc import Mapping

from crossconnect.nos.features import FEATURES
from crossconnect.nos.support import Support

_SPECIAL: Mapping[str, Support] = {
    "underlay-unnumbered": Support("rendered", "sessions of an interface have their settings from a group per ASN"),
    "mtu": Support("rendered", "switched ports have the platform's own, 9236 octets or more"),
    "graceful-shutdown": Support(
        "rendered",
        "by route maps: the community and three more own ASNs on all that is sent, local preference 0 on what is taken",
    ),
    "symmetric-irb": Support(
        "rendered",
        "the Router's MAC is the system's own, of an MLAG pair its system id: the design's cannot be configured",
    ),
    "mlag": Support(
        "rendered",
        "EOS itself makes the system id that LACP shows and elects the primary: the design's cannot be configured. "
        "When only the peer link is lost, the secondary disables all of its ports",
    ),
    "no-host-routes": Support("partial", "MAC/IP routes carry the L3VNI, and remote leaves keep host routes"),
    "route-leak": Support("rendered", "into the routing table; BGP does not announce leaked routes again"),
    "route-limit": Support(
        "none", "a VRF has no limit of its routes", "max_prefixes of the sessions; checks report a VRF over its limit"
    ),
    "max-prefix": Support("rendered", "counts what the import policy accepts"),
    "gnmi": Support("rendered", "certificate and key of the TLS profile are put on the device beforehand"),
    "sflow": Support("rendered", "samples carry the address of the management port"),
    "ipfix": Support("rendered", "sampled flow tracking; records come from the management port"),
}

SUPPORT: Mapping[str, Support] = {f.key: _SPECIAL.get(f.key, Support("rendered")) for f in FEATURES}
