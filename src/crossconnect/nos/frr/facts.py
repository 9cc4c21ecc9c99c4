"""What is known of FRR, as data, each with its source."""

from __future__ import annotations

from typing import Literal

from crossconnect.device.configuration import DeviceConfiguration

Version = Literal["8.4", "10"]
"""Configuration dialects: 8.4 (Debian 12), and 10.x (run on 10.3, Debian 13)."""

VERSIONS: tuple[Version, ...] = ("8.4", "10")


def version_of(banner: str) -> Version | None:
    """The dialect for the output of `bgpd --version` (`bgpd version 8.4.4`), None for versions never tried."""
    words = banner.split()
    number = words[words.index("version") + 1] if "version" in words[:-1] else ""
    if number.startswith("8.4"):
        return "8.4"
    return "10" if number.startswith("10.") else None


def nexthop_groups_in_kernel(device: DeviceConfiguration) -> bool:
    """Whether next-hop groups must be kernel objects: Ethernet segments are (zebra_evpn_mh.c, L2 next-hop groups)."""
    return any(i.esi for i in device.interfaces)


FIRST_DAEMONS: dict[Version, tuple[str, ...]] = {"8.4": (), "10": ("mgmtd",)}
"""Daemons that run before zebra: mgmtd holds staticd's configuration since 9.0 and zebra's since 10.0
(staticd_xpaths, zebra_config_xpaths in mgmtd/mgmt_be_adapter.c)."""

OWN_ADDRESS_PROTOCOLS = frozenset({"local"})
"""Routes that zebra keeps for an interface's own addresses: since 10.0 (zebra/connected.c, ZEBRA_ROUTE_LOCAL).
The addresses themselves are in the table `interfaces`; a table of routes has the same rows with either version."""

MULTIPATH_TAKES_EVERY_PATH: frozenset[Version] = frozenset({"10"})
"""Versions in which paths with one next hop use up a place of `maximum-paths` each, in the order of the decision.

Since 10.2 bgp_best_selection marks every equal path, and bgp_path_info_mpath_update takes them from the sorted list
(commit 421cf856ef). 8.4 passes over paths with the best one's next hop, and takes the others in next-hop order. The
simulation does as 8.4; where `maximum_paths` has room for all, there is no difference. Measured with 10.3 and
`maximum_paths: 2`: of two border leaves, one without its link to the first of two spines, only the other one is used,
or both, depending on which route came last over the second spine."""

MED_NOT_DETERMINISTIC: frozenset[Version] = frozenset({"10"})
"""Versions in which `bgp deterministic-med` changes nothing: since 10.1 bgp_best_selection still looks for the best
path of each neighbouring AS (BGP_PATH_DMED_SELECTED), and no longer leaves out the others. Read in the sources of 10.1,
10.3 and 10.7. Paths are then compared in pairs, by MED only within an AS, and the order of arrival can decide."""

ROUTE_MAP_INDEX_GOES_STALE: frozenset[Version] = frozenset({"8.4"})
"""Versions in which a route map, after its prefix lists were edited, can pass by an entry that matches, for good.

Entries are found in a tree of the prefixes of all prefix lists that a route map uses. When one of several rules of one
prefix goes (`10.0.0.0/8 le 24` beside `10.0.0.0/8 ge 30`), the prefix goes out of the tree, and no refresh brings it
back. FRR issues 11336, 14246, 14392; cured in 9.0.2 and 9.1 (pull request 14472, commits d03a74933c and aed94c8096).
`no route-map NAME optimization` does without the tree. It must not be said to 10.x: since pull request 12839 (9.0)
route_map_get_index then returns the first entry, and route_map_apply_ext passes it by without a look at its matches.
Measured with 8.4.4 and 10.3, read in the sources of 9.0, 10.0, 10.3 and of August 2026."""

IPV6_PEERS_NOT_COMPARED: frozenset[Version] = frozenset({"10"})
"""Versions in which the last step of the decision, the lower address of the peer, does not decide among IPv6 peers.

bgp_path_info_cmp wants 1 or -1 of sockunion_cmp, which since 10.3 hands out what memcmp does (commit 7ebda3892c): of
two numbered links to one router, the path that came last is best. All are used where `maximum_paths` has room for them.
Cured in 10.3.4, 10.4.4, 10.5.4, 10.6.1 and 10.7.0 (commit 7974ad947f). Measured with 10.3."""

VALID_LABEL_BIT = 0x02
"""Bit of a VNI that FRR takes for the mark of a valid label: VNI 5002 counts as a label, 5000 as none.

A label of MPLS has 20 bits, and FRR marks valid ones in the four beyond (bgp_is_valid_label in bgp_label.h); a VNI has
24. bgp_path_info_cmp ("Maximum path check") does not use a path with a valid label together with one without: routes
leaked from two VRFs whose VNIs differ in this bit are never multipath. Read in the sources of 8.4.4, 10.3 and of August
2026; measured with 8.4.4. The first label is looked at, which of a host route is the L2VNI. 8.4 compares the number of
labels as well, 10.1 and later do not (commit 7a513e3361); the simulation does."""

STALE_WHERE_LEAKED: frozenset[Version] = frozenset({"8.4", "10"})
"""Versions in which a VRF that imports another's external routes can prefer the wrong path for good after a refresh.

Policies that are loaded or changed make bgpd ask external routers for their routes again, 5 s later. By RFC 7313, as
BIRD and FRR do it, the answer opens by marking all routes of the session stale. A VRF that imports them and decides in
that moment takes another path: "Path Staleness" in bgp_path_info_cmp, which looks at the original
(bgp_get_imported_bpi_ultimate). When the mark goes, bgp_update has the VRF of the session decide again, and not those
that import it. With `soft-reconfiguration inbound` on the session bgpd applies the policy to what it has kept, and asks
nobody. Read in the sources of 8.4.4 and 10.3. Measured with 8.4.4, a border whose VRF has a session of its own and
imports two others: in 3 of 7 starts the wrong path without the line, in none of 10 with it."""

AS_PATH_CHARACTERS = frozenset("1234567890_^|[,{}() ]$*+.?-")
"""What bgpd takes in an AS-path pattern (config_bgp_aspath_validate in bgp_filter.c), less the backslash."""

RANGES: dict[str, tuple[int, int]] = {
    # Where versions differ, what both take. Sources: the command definitions in bgp_vty.c and bfdd_cli.c.
    "bfd-interval-ms": (10, 60000),
    "bfd-multiplier": (2, 255),
    "connect-retry-s": (1, 65535),
    "hold-time-s": (3, 65535),
    "keepalive-s": (1, 21845),  # a third of the longest hold time
    "maximum-paths": (1, 256),  # Debian builds with --enable-multipath=256
}

NOT_SHOWN: tuple[str, ...] = (
    # Rendered lines that `show running-config` leaves out since they are the default there (`*` stands for a word).
    # They are written nevertheless: defaults differ between FRR's profiles and versions.
    "service integrated-vtysh-config",
    "ip forwarding",
    "ipv6 forwarding",
    "bgp ebgp-requires-policy",
    "bgp suppress-duplicates",
    "bgp hard-administrative-reset",
    "no bgp default show-hostname",
    "no bgp default show-nexthop-hostname",
    "bgp network import-check",
    "neighbor * capability extended-nexthop",  # always on where the peer is an interface
    "neighbor * attribute-unchanged next-hop",  # always on for EVPN (peer_new in bgpd.c)
    "neighbor * enforce-first-as",  # default since 10.0 (BGP_ENFORCE_FIRST_AS in bgp_vty.c)
    "rd *",  # where it is what bgpd would derive by itself
    "detect-multiplier 3",
    "transmit-interval 300",
    "receive-interval 300",
)
