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
"""Daemons that run before zebra: since 9.0 mgmtd holds zebra's and staticd's configuration (doc/user/mgmtd.rst)."""

OWN_ADDRESS_PROTOCOLS = frozenset({"local"})
"""Routes that zebra keeps for an interface's own addresses: since 9.1 (connected.c, ZEBRA_ROUTE_LOCAL), never in 8.4.
The addresses themselves are in the table `interfaces`; a table of routes has the same rows with either version."""

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
    "neighbor * enforce-first-as",  # default since 9.1
    "rd *",  # where it is what bgpd would derive by itself
    "detect-multiplier 3",
    "transmit-interval 300",
    "receive-interval 300",
)
