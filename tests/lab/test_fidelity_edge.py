"""External routers: sessions, policies, passwords, what comes in and what goes out. simulated == real."""

from __future__ import annotations

import re

import msgspec
import pytest
from fidelity import Broken, Proved, device_down, filled, link_cut, proof
from patience import eventually

from crossconnect.design.blueprint import Blueprint, Wire
from crossconnect.errors import BadInput
from crossconnect.model.peer import Handoff, Peer
from crossconnect.model.policy import CommunitySet, Match, Policy, PrefixSet, Set, Statement
from crossconnect.model.region import Region
from regions import compiled, small

SECRET = "env:XC_TEST_TRANSIT"
ANNOUNCED = ("0.0.0.0/0", "192.0.2.0/24", "198.51.100.0/24", "::/0", "2001:db8:ffff::/48", "2001:db8:eeee::/48")


def edge(
    *, announces: tuple[str, ...] = ANNOUNCED, daemon: str = "bird", password: str = "", bfd: bool = False
) -> Region:
    """Two border leaves, a transit provider at both, and policies that use every kind of condition and change.

    In:  routes of `special` get communities, a local preference, a MED and two prepends; the default route a local
         preference alone; one prefix is refused, one may not leave the border (no-export).
    Out: what carries `65000:100` loses it and gets another; IPv4 is prepended, MED 50; the rest of `own` as it is.
    """
    region = small(spines=2, leaves=2, segments=1, border=True)
    handoffs = tuple(
        Handoff(
            border=f"a-border{n}",
            vrf="red/v1",
            import_policy="from-transit" if n == 1 else "from-backup",
            export_policy="to-transit",
            password=password,
            bfd=bfd,
        )
        for n in (1, 2)
    )
    special = Set(local_pref=150, med=30, communities_add=("65000:100", "65000:1:2"), prepend=2)
    return msgspec.structs.replace(
        region,
        peers=(
            Peer(name="transit1", asn=64496, handoffs=handoffs, announces=announces, daemon=daemon),  # type: ignore[arg-type]
            Peer(
                name="customer1",
                asn=64511,
                daemon="bird",
                handoffs=(
                    Handoff(border="a-border1", vrf="red/v1", import_policy="none", export_policy="to-customer"),
                ),
                announces=("203.0.113.0/24",),
            ),
        ),
        prefix_sets=(
            PrefixSet(name="special", prefixes=("192.0.2.0/24", "2001:db8:ffff::/48")),
            PrefixSet(name="default", prefixes=("0.0.0.0/0", "::/0")),
            PrefixSet(name="inside", prefixes=("2001:db8:eeee::/48",)),
            PrefixSet(name="refused", prefixes=("198.51.100.0/24",)),
            PrefixSet(name="own", prefixes=("10.0.0.0/8 le 24", "2001:db8::/32 le 64")),
        ),
        community_sets=(
            CommunitySet(name="marked", communities=("65000:100",)),
            CommunitySet(name="inner", communities=("65000:100", "65000:200")),
        ),
        policies=(
            Policy(
                name="from-transit",
                statements=(
                    Statement(name="refused", match=Match(prefix_set="refused"), action="reject"),
                    Statement(
                        name="inside",
                        match=Match(prefix_set="inside"),
                        action="accept",
                        set=Set(communities_add=("no-export",)),
                    ),
                    Statement(name="special", match=Match(prefix_set="special"), action="accept", set=special),
                    Statement(
                        name="default", match=Match(prefix_set="default"), action="accept", set=Set(local_pref=120)
                    ),
                ),
            ),
            Policy(
                name="from-backup",
                statements=(
                    Statement(
                        name="default", match=Match(prefix_set="default"), action="accept", set=Set(local_pref=80)
                    ),
                    Statement(name="rest", action="accept", set=Set(prepend=1)),
                ),
            ),
            Policy(
                name="to-transit",
                statements=(
                    Statement(
                        name="v4",
                        match=Match(prefix_set="own", family="ipv4"),
                        action="accept",
                        set=Set(med=50, prepend=2),
                    ),
                    Statement(name="rest", match=Match(prefix_set="own"), action="accept"),
                ),
            ),
            Policy(name="none", statements=(Statement(name="all", action="reject"),)),
            Policy(
                name="to-customer",
                statements=(
                    Statement(
                        name="marked",
                        match=Match(community_set="marked"),
                        action="accept",
                        set=Set(communities_remove="inner", communities_add=("64511:7",)),
                    ),
                    Statement(name="own", match=Match(prefix_set="own"), action="accept"),
                ),
            ),
        ),
    )


def peer_wire(blueprint: Blueprint, peer: str, border: str) -> Wire:
    return next(w for w in blueprint.wires if w.kind == "peer" and w.a_device == peer and w.b_device == border)


def cut(blueprint: Blueprint, peer: str, border: str) -> Broken:
    return link_cut(peer_wire(blueprint, peer, border))


def heard_by_bird(proved: Proved, peer: str) -> dict[str, str]:
    """What an external router has learned by BGP: prefix -> attributes as BIRD prints them."""
    argv = ["birdc", "-s", "/run/bird.ctl", "show", "route", "all", "where", "source", "=", "RTS_BGP"]
    text = proved.lab.run(peer, argv).stdout
    found: dict[str, str] = {}
    prefix = ""
    for line in text.splitlines():
        if match := re.match(r"([0-9a-f.:]+/\d+)\s", line):
            prefix = match[1]
        if prefix:
            found[prefix] = found.get(prefix, "") + line.strip() + "\n"
    return found


def test_border_with_policies_and_password() -> None:
    blueprint = compiled(edge(password=SECRET)).blueprint
    with proof("border-policies", blueprint, secrets={SECRET: "correct-horse!battery"}) as proved:
        state = proved.agrees()
        filled(state, "lldp")
        leaf = [r for r in state.bgp_routes if r.device == "a-leaf1" and r.vrf == "red-v1"]
        assert {r.prefix for r in leaf} >= set(ANNOUNCED)
        assert "203.0.113.0/24" not in {r.prefix for r in leaf}
        marked = next(r for r in leaf if r.prefix == "192.0.2.0/24" and r.communities)
        assert marked.communities == ("65000:100", "65000:1:2")
        # no-export: that of border 1 stays there, and only border 2's comes
        assert len([r for r in leaf if r.prefix == "2001:db8:eeee::/48"]) == 1
        # What external routers hear may still be on its way when the switches are as simulated.
        there = {"192.0.2.0/24", "10.1.17.0/24"}
        eventually(lambda: "(64511,7)" in heard_by_bird(proved, "customer1").get("192.0.2.0/24", ""))
        eventually(lambda: there <= heard_by_bird(proved, "customer1").keys())
        heard = heard_by_bird(proved, "customer1")
        assert "(64511,7)" in heard["192.0.2.0/24"]
        assert "(65000,100)" not in heard["192.0.2.0/24"]
        assert "(65000, 1, 2)" in heard["192.0.2.0/24"]
        assert "10.1.17.0/24" in heard
        assert "198.51.100.0/24" not in heard
        eventually(lambda: "BGP.med: 50" in heard_by_bird(proved, "transit1").get("10.1.17.0/24", ""))
        upstream = heard_by_bird(proved, "transit1")
        assert "BGP.med: 50" in upstream["10.1.17.0/24"]
        assert "192.0.2.0/24" not in upstream
        proved.survives(cut(blueprint, "transit1", "a-border1"))
        proved.survives(device_down("a-border2"))
        proved.breaks(device_down("transit1"))


def test_a_wrong_password_is_no_session() -> None:
    """The other way round: the password is really used."""
    blueprint = compiled(edge(password=SECRET)).blueprint
    with pytest.raises(BadInput, match="XC_TEST_TRANSIT"), proof("no-secret", blueprint):
        pass


def test_external_router_that_is_frr() -> None:
    blueprint = compiled(edge(daemon="frr", bfd=True)).blueprint
    with proof("border-frr", blueprint) as proved:
        filled(proved.agrees(), "lldp")
        proved.survives(cut(blueprint, "transit1", "a-border2"))
        proved.breaks(device_down("a-border1"))


def test_two_borders_everywhere_unnumbered() -> None:
    """The region that the other tests' author uses: equal paths over two borders, each VRF on every leaf."""
    blueprint = compiled(small(underlay="unnumbered", border=True, everywhere=True, tenants=2, segments=1)).blueprint
    with proof("border-unnumbered", blueprint) as proved:
        filled(proved.agrees(), "lldp")
        proved.survives(cut(blueprint, "transit1", "a-border1"))
        proved.breaks(device_down("a-spine1"))
