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
