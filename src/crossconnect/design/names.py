"""Names that the design gives to things on devices. Interfaces are called as the device's system calls them
(`model.interface_names`): the loopback, ports, IRB interfaces by VLAN, bonds by the discriminator of their segment.

Linux takes 15 characters for an interface name, and a VRF is an interface there; every name here is within that.
"""

from __future__ import annotations

LINUX_NAME_MAX = 15
VRF_STEM = 9
"""With a hyphen and a 16-bit number in base 36 (at most 4 characters) this makes 14."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

DEFAULT_INSTANCE = "default"


def base36(number: int) -> str:
    """A number in lower-case base 36."""
    text = ""
    while True:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
        if not number:
            return text


def vrf_name(tenant: str, vrf: str, evi: int) -> str:
    """Name of an IP-VRF on devices: `tenant-vrf`, or its beginning and the EVPN instance's number when too long."""
    name = f"{tenant}-{vrf}"
    return name if len(name) <= LINUX_NAME_MAX else f"{name[:VRF_STEM]}-{base36(evi)}"


def subinterface_name(parent: str, vlan: int) -> str:
    """Name of a tagged subinterface on Linux: of an external router's stand-in, and of FRR switches."""
    return f"{parent}.{vlan}"
