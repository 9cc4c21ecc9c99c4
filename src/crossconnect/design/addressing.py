"""Addresses of devices: loopbacks, ends of links, management; and MAC addresses that derive from numbers."""

from __future__ import annotations

from crossconnect.intent.lock import Lock
from crossconnect.net import address_text, mac_text, parse

ROUTER_MAC_BLOCK = 0x02FE_0000_0000
"""Locally administered (IEEE 802c); the device's number is in the last two octets."""

HOST_MAC_BLOCK = 0x020A_0000_0000
"""Locally administered; the server's number is in the last three octets."""


def router_id(lock: Lock, device: str) -> str:
    """BGP identifier, IPv4 loopback and VTEP address of a device: one and the same, so that it reads well anywhere."""
    return lock.get("loopback-v4", device)


def loopbacks(lock: Lock, device: str) -> tuple[str, ...]:
    """Loopback addresses with length, IPv4 first (and IPv6 where the region has it)."""
    own = [f"{lock.get('loopback-v4', device)}/32"]
    v6 = lock.numbers.get("loopback-v6", {}).get(device)
    return (*own, f"{v6}/128") if v6 else tuple(own)


def link_addresses(lock: Lock, key: str) -> tuple[tuple[str, str], ...]:
    """(lower, upper) address of a fabric link for each family that it has, with length: /31 (RFC 3021), /127 (RFC
    6164). The lower tier has the lower address."""
    return tuple(
        ends(value) for pool in ("link-v4", "link-v6") if (value := lock.numbers.get(pool, {}).get(key)) is not None
    )


def ends(prefix: str) -> tuple[str, str]:
    """The two addresses of a /31 or /127, with length."""
    version, value, length = parse(prefix)
    return prefix, f"{address_text(version, value + 1)}/{length}"


def management_addresses(lock: Lock, device: str) -> tuple[str, ...]:
    """Addresses of the management port with length, IPv4 first; none where the region has no management pool."""
    pools = ("management-v4", "management-v6")
    return tuple(value for pool in pools if (value := lock.numbers.get(pool, {}).get(device)) is not None)


def router_mac(lock: Lock, device: str) -> str:
    """Router's MAC of a device in EVPN (RFC 9135 8.1): 02:fe:00:00 and its number."""
    return mac_text(ROUTER_MAC_BLOCK + int(lock.get("device", device)))


def host_mac(lock: Lock, host: str) -> str:
    """MAC address of a server for which none is written: 02:0a:00 and its number."""
    return mac_text(HOST_MAC_BLOCK + int(lock.get("host", host)))
