"""Our EOS text of an MLAG pair against Arista's AVD, which designed one for a fabric of the form of our test region.

Input: mlag.cfg (tests/data/eos/pyavd), with the numbers of our design, and `leaf-mlag`. Output: commands of the same
form, feature by feature, or a line in a table that says why they differ. The tables are exact. With the same values,
all lines are the same (test_eos_avd.py).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from test_eos_oracle import Difference, form

from crossconnect.nos.lines import Path as Headers
from crossconnect.nos.lines import Tree, lines
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import render_files
from nos_region import mlag_cases

MAIN = "running-config.eos"
DATA = Path(__file__).parents[2] / "data" / "eos" / "pyavd" / "mlag.cfg"


def paths_of(text: str) -> list[Headers]:
    tree: Tree = system("eos").parse(MAIN, text)  # type: ignore[assignment]
    return list(lines(tree))


THEIRS = paths_of(DATA.read_text())
OURS = paths_of(render_files(mlag_cases("eos")["leaf-mlag"])[MAIN])


class Feature(NamedTuple):
    """Which lines are the feature: patterns of the beginning of a path, theirs and ours, and the differences."""

    theirs: str
    ours: str
    differences: tuple[Difference, ...] = ()


def _up(header: str) -> Difference:
    return Difference((f"{header} > no shutdown",), (), "interfaces are up unless they are shut down")


_PORT = "interface Ethernet<n>"
_BOND = "interface Port-Channel<n>"
_SVI = "interface Vlan<n>"
_SESSION = "router bgp <n> > neighbor <peer> "
_BFD = "bfd interval <n> min-rx <n> multiplier <n>"

FEATURES: dict[str, Feature] = {
    "VLANs of the pair": Feature(r"vlan 396[67]", r"vlan 396[67]"),
    "spanning tree": Feature(
        r"(no )?spanning-tree",
        r"(no )?spanning-tree",
        (
            Difference(
                ("spanning-tree mst <n> priority <n>",), (), "AVD's is the default; no switch is below a leaf, as ever"
            ),
        ),
    ),
    "peer link": Feature(
        r"interface Port-Channel1000 > ",
        r"interface Port-Channel1000 > ",
        (_up(_BOND), Difference((f"{_BOND} > switchport",), (), "a default, which EOS does not show")),
    ),
    "ports of the peer link": Feature(
        r"interface Ethernet6[12] > ",
        r"interface Ethernet6[12] > ",
        (
            _up(_PORT),
            Difference((), (f"{_PORT} > lacp timer fast",), "as of all bonds here; theirs notices a dead link in 90 s"),
            Difference(
                (), (f"{_PORT} > flow tracker sampled xc-flows", f"{_PORT} > sflow enable"), "not asked for there"
            ),
        ),
    ),
    "control VLAN": Feature(
        r"interface Vlan3967 > ",
        r"interface Vlan3967 > ",
        (_up(_SVI), Difference((f"{_SVI} > mtu <n>",), (), "the leaves exchange state there, by TCP: 1500 is enough")),
    ),
    "routed VLAN": Feature(
        r"interface Vlan3966 > ",
        r"interface Vlan3966 > ",
        (
            _up(_SVI),
            Difference((), (f"{_SVI} > {_BFD}",), "the session has BFD, theirs waits for the peer link to go down"),
            Difference((), (f"{_SVI} > ipv6 enable", f"{_SVI} > ipv6 address <address>"), "the underlay is dual stack"),
        ),
    ),
    "bonds of servers": Feature(
        r"interface Port-Channel[13] > ",
        r"interface Port-Channel[123] > ",
        (
            _up(_BOND),
            Difference((f"{_BOND} > switchport", f"{_BOND} > switchport mode access"), (), "defaults, as above"),
        ),
    ),
    "VTEP": Feature(
        r"interface (Vxlan1|Loopback1) > ",
        r"interface (Vxlan1|Loopback1) > ",
        (
            _up("interface Loopback<n>"),
            Difference(("interface Vxlan1 > description <text>",), (), "nothing to say"),
            Difference(
                (),
                ("interface Loopback<n> > ip address <address> secondary",),
                "each leaf has an address of its own behind the pair's, by which it can be asked alone",
            ),
        ),
    ),
    "the pair": Feature(
        r"mlag configuration",
        r"mlag configuration",
        (
            Difference(
                ("mlag configuration > reload-delay mlag <n>", "mlag configuration > reload-delay non-mlag <n>"),
                (),
                "by platform: EOS's own default, which AVD raises where it knows the platform",
            ),
        ),
    ),
    "session over the peer link": Feature(
        r"router bgp \d+ > (address-family \S+ > )?neighbor (MLAG-IPv4-UNDERLAY-PEER|10\.250\.)",
        r"router bgp \d+ > (address-family \S+ > )?neighbor 10\.254\.0\.41 ",
        (
            Difference((f"{_SESSION}peer group", f"{_SESSION}peer group <name>"), (), "settings stand at each session"),
            Difference(
                (f"{_SESSION}next-hop-self", f"{_SESSION}route-map <name> in"),
                (),
                "iBGP there: leaves of a pair share an ASN. Here each has its own, and paths over the peer link are "
                "longer by one AS",
            ),
            Difference((), (f"{_SESSION}bfd", f"{_SESSION}timers <n> <n>"), "as of all sessions of the fabric"),
            Difference(
                (),
                ("router bgp <n> > address-family evpn > neighbor <peer> activate",),
                "a leaf whose uplinks are gone has its EVPN routes by the other one; theirs come between loopbacks",
            ),
        ),
    ),
}


def shaped(paths: list[Headers], pattern: str) -> set[str]:
    found = (form(path) for path in paths if re.match(pattern, " > ".join(path)))
    return {re.sub(r"(trunk group|domain-id) \S+", r"\1 <name>", line) for line in found}


@pytest.mark.parametrize("name", sorted(FEATURES))
def test_a_feature_of_a_pair_has_the_same_commands(name: str) -> None:
    feature = FEATURES[name]
    other, mine = shaped(THEIRS, feature.theirs), shaped(OURS, feature.ours)
    assert other, "the pattern finds nothing of theirs"
    assert mine, "the pattern finds nothing of ours"
    assert other - mine == {line for difference in feature.differences for line in difference.theirs}
    assert mine - other == {line for difference in feature.differences for line in difference.ours}


def test_every_line_about_the_pair_is_in_a_feature() -> None:
    """What AVD writes for a pair and not for the same fabric without: nothing of it is forgotten above."""
    without = {form(path) for path in paths_of((DATA.parent / "leaf.cfg").read_text())}
    more = [path for path in THEIRS if form(path) not in without]
    told = [path for path in more if any(re.match(f.theirs, " > ".join(path)) for f in FEATURES.values())]
    left = {form(path) for path in more if path not in told}
    # Their policy for the session over the peer link, which stands in for the longer path that eBGP has.
    assert left == {
        "route-map <name> permit <n> > description <text>",
        "route-map <name> permit <n> > set origin incomplete",
    }


def test_their_text_of_a_pair_reads_back() -> None:
    text = DATA.read_text()
    tree = system("eos").parse(MAIN, text)
    assert system("eos").parse(MAIN, system("eos").text(MAIN, tree)) == tree
