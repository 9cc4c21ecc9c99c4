"""What a line is about by which a device differs.

Input: lines as drivers give them, of each system. Output: part, missing or extra, the line without its sign.
"""

from __future__ import annotations

import pytest

from crossconnect.nos.meaning import CONFIGURATION, Meaning, meaning_of


@pytest.mark.parametrize(
    ("line", "part", "kind", "said"),
    [
        ("router bgp 65000 / neighbor 192.0.2.1 shutdown", "session 192.0.2.1 of VRF default", "missing", None),
        (
            "router bgp 65000 vrf red / no neighbor swp1 bfd",
            "session swp1 of VRF red",
            "extra",
            "router bgp 65000 vrf red / neighbor swp1 bfd",
        ),
        ("router bgp 65000 / no bgp graceful-shutdown", "BGP of VRF default", "extra", None),
        ("route-map to-transit-v4 permit 10 / set metric 5", "policy to-transit-v4", "missing", None),
        ("no ip prefix-list own seq 1 permit 10.0.0.0/8", "prefix list own", "extra", None),
        ("+route-map red-in permit 10", "policy red-in", "missing", "route-map red-in permit 10"),
        ("-interface Ethernet3/1", "interface Ethernet3/1", "extra", "interface Ethernet3/1"),
        ("+vrf instance red-prod", "VRF red-prod", "missing", "vrf instance red-prod"),
        ("-neighbor 192.0.2.1 remote-as 65001", "session 192.0.2.1", "extra", None),
        ("+set local-preference 130", CONFIGURATION, "missing", "set local-preference 130"),
        ("~/interface[name=ethernet-1/1]/mtu: 9000", "interface ethernet-1/1", "other", None),
        ("interface nve1 / member vni 10000 / no mcast-group", "VNI 10000", "extra", None),
        ("router bgp 65000 / address-family ipv4 unicast / import vrf red", "BGP of VRF default", "missing", None),
        ("no bgp extcommunity-list standard ours seq 5 permit rt 1:1", "community list ours", "extra", None),
        ("vrf red / ip route 192.0.2.0/24 blackhole", "static route 192.0.2.0/24", "missing", None),
        ("+ip route vrf red 192.0.2.0/24 Null0", "static route 192.0.2.0/24", "missing", None),
        ("bfd / profile fabric / no transmit-interval 300", "BFD", "extra", None),
        ("hostname a", "host name", "missing", "hostname a"),
    ],
)
def test_what_a_line_is_about(line: str, part: str, kind: str, said: str | None) -> None:
    found = meaning_of(line)
    assert (found.part, found.kind) == (part, kind)
    if said is not None:
        assert found == Meaning(part=part, kind=found.kind, line=said)
