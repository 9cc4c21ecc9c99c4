"""Names and small values of Junos.

Sources: Junos OS "Interfaces Fundamentals" (units), "Management Interface in a Dedicated Instance" (`mgmt_junos`),
"EVPN User Guide" ("MAC-VRF Routing Instance Type Overview": a VLAN-based instance per broadcast domain, units of
`extended-vlan-bridge` ports), "Media MTU and Protocol MTU" (the media MTU counts the Ethernet header and tags, and no
FCS), "Routing Policies" (communities: all members of one definition must be there, names are alternatives; AS-path
expressions are of whole AS numbers).
"""

from __future__ import annotations

import re

from crossconnect.device.interface import Interface

MAIN = "junos.conf"
MANAGEMENT = "mgmt_junos"
"""The management port's instance; there is no other name for it."""
FABRIC_IN = "xc-fabric-in"
FABRIC_OUT = "xc-fabric-out"
ECMP = "xc-ecmp"
DENY_ALL = "xc-deny-all"
SHUTDOWN = "65535:0"
ETHERNET_HEADER = 14
TAG = 4

_BARE = re.compile(r"[A-Za-z0-9_.:/\-*+%@]+")
_TOKEN = re.compile(r"\d+|\(\d+(?:\|\d+)*\)|\.\*|\[0-9\]\+|\.\+")


def quoted(text: str) -> str:
    """A value as Junos writes it: in quotes where it is more than one word of plain characters."""
    return text if _BARE.fullmatch(text) else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def unit(interface: Interface) -> tuple[str, int]:
    """Physical interface and unit of a routed interface of the design: 0 of a port, the tag of a subinterface."""
    if interface.kind == "subinterface":
        return interface.parent, interface.vlan or 0
    if interface.kind == "irb":
        return "irb", interface.vlan or 0
    return interface.name, 0


def unit_name(interface: Interface) -> str:
    """`et-0/0/1.0`."""
    name, number = unit(interface)
    return f"{name}.{number}"


def community_name(community: str) -> str:
    """What the definition of one community is called."""
    return "c-" + community.replace(":", "-")


def community_member(community: str) -> str:
    """A community as a member: large ones are marked."""
    words = {"65535:65281": "no-export", "65535:65282": "no-advertise", "65535:65283": "no-export-subconfed"}
    return f"large:{community}" if community.count(":") == 2 else words.get(community, community)


def as_path(pattern: str) -> str | None:
    """An expression over characters as one over AS numbers; None where it has no such form.

    `^64496$` is `64496`, `_64499_` is `.* 64499 .*`. A part that may begin or end within a number has none.
    """
    body = pattern
    starts, ends = body.startswith("^"), body.endswith("$")
    body = body.removeprefix("^").removesuffix("$")
    if not starts and not body.startswith(("_", ".*")):
        return None
    if not ends and not body.endswith(("_", ".*")):
        return None
    words = [word for word in re.split(r"[_ ]", body) if word]
    if not all(_TOKEN.fullmatch(word) for word in words):
        return "()" if starts and ends and not words else None
    out = ["." if word in ("[0-9]+", ".+") else word for word in words]
    if not starts and (not out or out[0] != ".*"):
        out.insert(0, ".*")
    if not ends and (not out or out[-1] != ".*"):
        out.append(".*")
    return " ".join(out) if out else "()"
