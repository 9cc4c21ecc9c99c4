"""FRR's configuration, as far as it is the agent's: the routing tables that its default BGP instance announces from.

    router bgp 64512
     address-family ipv4 unicast
      redistribute table-direct 10042 route-map internet-kernel-v4   a line for each router of OVN, and IP version

A line says where to look, not what is there: ovn-controller fills and empties the tables. It is in FRR's memory only;
after a restart the agent gives it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from crossconnect.cloud.announce.decision import TableSpeaker

Source = tuple[int, int]
"""IP version, routing table."""
LINES_MAX = 200
"""Of one call of vtysh: what a command line surely takes."""
_INSTANCE = re.compile(r"router bgp \d+(?P<other> .+)?$")
_FAMILY = re.compile(r"address-family ipv([46]) unicast$")
_SOURCE = re.compile(r"redistribute table-direct (\d+)")


def configuration_words(speaker: TableSpeaker) -> list[str]:
    """The command that prints what FRR is configured to."""
    return [*speaker.vtysh, "-c", "show running-config bgpd no-header"]


def sources_configured(text: str) -> frozenset[Source]:
    """Those that a configuration has for the default instance."""
    found: set[Source] = set()
    is_default, version = False, 0
    for line in (line.strip() for line in text.splitlines()):
        if instance := _INSTANCE.match(line):
            is_default, version = not instance["other"], 0
        elif family := _FAMILY.match(line):
            version = int(family[1])
        elif line in ("exit-address-family", "exit"):
            version = 0
        elif is_default and version and (source := _SOURCE.match(line)):
            found.add((version, int(source[1])))
    return frozenset(found)


def speaker_words(speaker: TableSpeaker, have: Iterable[Source], want: Iterable[Source]) -> list[list[str]]:
    """Commands that lead from one set of tables to the other. Doing them again changes nothing."""
    have, want = frozenset(have), frozenset(want)
    commands: list[list[str]] = []
    for version in (4, 6):
        suffix = f" route-map {speaker.route_map}-v{version}" if speaker.route_map else ""
        lines = [f"redistribute table-direct {t}{suffix}" for v, t in sorted(want - have) if v == version]
        lines += [f"no redistribute table-direct {t}" for v, t in sorted(have - want) if v == version]
        for begin in range(0, len(lines), LINES_MAX):
            place = ("configure terminal", f"router bgp {speaker.asn}", f"address-family ipv{version} unicast")
            words = [word for line in (*place, *lines[begin : begin + LINES_MAX]) for word in ("-c", line)]
            commands.append([*speaker.vtysh, *words])
    return commands
