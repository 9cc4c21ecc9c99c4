"""Names that Junos gives, and quoting.

Junos CLI User Guide, "Entering and exiting configuration mode", and "Interfaces Fundamentals", "Interface naming
overview": logical interfaces are units of a port; strings with blanks stand in double quotes.
"""

from __future__ import annotations

from crossconnect.device.interface import Interface

MAIN = "junos.conf"
MANAGEMENT = "mgmt_junos"
"""The one management instance there is (Junos, "Management Interface in a Nondefault Instance")."""


def quoted(text: str) -> str:
    """A string of free text: in double quotes, without characters that would end it."""
    clean = " ".join(text.replace('"', "'").replace("\\", "/").replace(";", ",").split())
    return f'"{clean}"'


def bracketed(name: str, members: list[str]) -> str:
    """A leaf with one value or with a list of them, as the device shows it."""
    return f"{name} {members[0]}" if len(members) == 1 else f"{name} [ {' '.join(members)} ]"


def unit_name(name: str) -> str:
    """Logical interface: a port's, bond's or loopback's unit 0, or the unit that the name already has."""
    return name if "." in name else f"{name}.0"


def bridged_units(interface: Interface) -> dict[int, str]:
    """Logical interfaces of a bridged port, by VLAN: unit 0 where it has only an untagged one, else a unit a VLAN."""
    if all(not m.tagged for m in interface.members):
        return {m.vlan: f"{interface.name}.0" for m in interface.members}
    return {m.vlan: f"{interface.name}.{m.vlan}" for m in interface.members}


def instance_name(name: str, kind: str) -> str:
    """Name of a routing instance."""
    return MANAGEMENT if kind == "management" else name


def policy_name(name: str, version: int) -> str:
    """A policy or a set as it is for one IP version."""
    return f"{name}-v{version}"
