"""Names and small values of EOS.

Sources: EOS User Manual, "Route Maps" (one version per map, as an entry that matches an IPv4 and an IPv6 prefix list
matches neither), "EVPN Overview" (`identifier` of an Ethernet segment in five groups), "BGP" (community names).
"""

from __future__ import annotations

from crossconnect.device.bgp import Family
from crossconnect.device.interface import Interface

MAIN = "running-config.eos"
VERSION: dict[Family, int] = {"ipv4-unicast": 4, "ipv6-unicast": 6, "l2vpn-evpn": 0}
DRAINED_IN = "xc-drained-in"
DRAINED_OUT = "xc-drained-out"
DENY_ALL = "xc-deny-all"
SHUTDOWN = "65535:0"

_WELL_KNOWN = {
    "65535:0": "GSHUT",
    "65535:65281": "no-export",
    "65535:65282": "no-advertise",
    "65535:65283": "local-as",
}


def route_map(policy: str, version: int) -> str:
    """A policy as a route map of one IP version; 0 for both."""
    return f"{policy}-v{version}" if version else policy


def community(word: str) -> str:
    """A standard community as EOS shows it."""
    return _WELL_KNOWN.get(word, word)


def segment_identifier(esi: str) -> str:
    """`03:aa:bb:cc:dd:ee:ff:00:00:01` as `03aa:bbcc:ddee:ff00:0001`."""
    digits = esi.replace(":", "")
    return ":".join(digits[n : n + 4] for n in range(0, len(digits), 4))


def import_target(esi: str) -> str:
    """ES-Import of a type-3 ESI (RFC 7432 7.6): its six octets behind the type."""
    return ":".join(esi.split(":")[1:7])


def dotted_mac(mac: str) -> str:
    """`02:aa:bb:00:00:01` as `02aa.bb00.0001`."""
    digits = mac.replace(":", "")
    return ".".join(digits[n : n + 4] for n in range(0, 12, 4))


def one_line(text: str) -> str:
    """Text that stands in one line."""
    return " ".join(text.split())


def versions(interface: Interface) -> tuple[list[str], list[str]]:
    """(IPv4, IPv6) addresses."""
    return [a for a in interface.addresses if ":" not in a], [a for a in interface.addresses if ":" in a]


def number_of(name: str) -> str:
    """The digits at the end of a name: `7` of `Port-Channel7`."""
    return name[len(name.rstrip("0123456789")) :]
