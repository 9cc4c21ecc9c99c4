"""How a line is taken back, and which line takes another's place: FRR's grammar as data."""

from __future__ import annotations

from crossconnect.nos.patterns import prefix_of

Context = str
"""First word of the header around a line, empty outside."""

LISTS: tuple[str, ...] = (
    "ip prefix-list *",
    "ipv6 prefix-list *",
    "bgp as-path access-list *",
    "bgp community-list standard *",
    "bgp large-community-list standard *",
)

_SINGLE: dict[Context, tuple[str, ...]] = {
    # Commands of which there is one; `*` stands for a word that belongs to the name.
    "": (
        "frr defaults",
        "hostname",
        "log syslog",
        "log timestamp precision",
        "zebra work-queue",
        "zebra zapi-packets",
        "zebra dplane limit",
        "evpn mh startup-delay",
        # Of a list, the list: its entries are exchanged together.
        *LISTS,
    ),
    "router": (
        "bgp router-id",
        "coalesce-time",
        "bgp graceful-restart restart-time",
        "bgp graceful-restart select-defer-time",
        "neighbor * remote-as",
        "neighbor * interface",
        "neighbor * description",
        "neighbor * password",
        "neighbor * bfd profile",
        "neighbor * advertisement-interval",
        "neighbor * timers connect",
        "neighbor * timers",
    ),
    "address-family": (
        "neighbor * maximum-prefix",
        "maximum-paths",
        "redistribute connected",
        "import vrf route-map",
        "advertise ipv4 unicast",
        "advertise ipv6 unicast",
        "rd",
    ),
    "address-family/vni": ("rd",),
    "interface": (
        "description",
        "ipv6 nd ra-interval",
        "ipv6 nd ra-lifetime",
        "evpn mh es-id",
        "evpn mh es-sys-mac",
    ),
    "route-map": (
        "description",
        "match community",
        "match large-community",
        "match as-path",
        "match tag",
        "match ip address prefix-list",
        "match ipv6 address prefix-list",
        "set comm-list",
        "set large-comm-list",
        "set community",
        "set large-community",
        "set local-preference",
        "set metric",
        "set tag",
        "set as-path prepend",
    ),
    "profile": ("detect-multiplier", "transmit-interval", "receive-interval"),
}

_BARE = (
    # Commands whose `no` form takes no value.
    "description",
    "neighbor * description",
    "neighbor * password",
    "neighbor * timers connect",
    "neighbor * timers",
    "neighbor * maximum-prefix",
    "zebra work-queue",
    "zebra zapi-packets",
    "zebra dplane limit",
    "ipv6 nd ra-interval",
    "ipv6 nd ra-lifetime",
    "log timestamp precision",
    "maximum-paths",
    "advertise ipv4 unicast",
    "advertise ipv6 unicast",
    "set as-path prepend",
)
_FINAL = ("frr defaults", "hostname", "detect-multiplier", "transmit-interval", "receive-interval")
"""Cannot be taken back, only replaced."""


def key_of(context: Context, line: str) -> str:
    """What a line is about: lines of the same key in the same block take each other's place."""
    bare = line.removeprefix("no ")
    if bare.startswith("neighbor ") and " route-map " in bare:
        words = bare.split()
        return f"neighbor {words[1]} route-map {words[-1]}"
    if (found := prefix_of(_SINGLE.get(context, ()), bare)) is not None:
        return found
    return bare


def negated(context: Context, line: str) -> str:
    """The command that takes a line back; empty where there is none."""
    if line.startswith("no "):
        return line[3:]
    if line.startswith(_FINAL):
        return ""
    if starts_neighbor(line):
        words = line.split()
        return f"no neighbor {words[1]} interface" if words[2] == "interface" else f"no neighbor {words[1]}"
    found = prefix_of(_BARE, line)
    return f"no {found or line}"


def list_of(line: str) -> str | None:
    """The list that an entry belongs to, None for other lines."""
    return prefix_of(LISTS, line)


def neighbor_of(line: str) -> str:
    """The session that a line belongs to, empty for none."""
    return line.split(" ", 2)[1] if line.startswith("neighbor ") else ""


def starts_neighbor(line: str) -> bool:
    """Whether the line makes a session: without it the others of that session are refused."""
    words = line.split(" ", 3)
    return words[0] == "neighbor" and words[2] in ("remote-as", "interface")
