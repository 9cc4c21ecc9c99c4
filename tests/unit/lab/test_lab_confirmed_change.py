"""Input: what `frr-reload.py --test` says. Output: what is to be given to the daemons, and what is no difference."""

from __future__ import annotations

from crossconnect.transport.frr_change import blocks_of

SAID = """\
Lines To Delete
===============
route-map in permit 50
 no set local-preference 120
vrf mgmt
 no netns /run/netns/mgmt

Lines To Add
============
route-map in permit 50
 set local-preference 130
router bgp 65001
 address-family l2vpn evpn
  advertise-all-vni
ip forwarding
"""


def test_each_line_comes_with_those_that_lead_to_it() -> None:
    assert blocks_of(SAID) == [
        ["route-map in permit 50", " no set local-preference 120"],
        ["vrf mgmt", " no netns /run/netns/mgmt"],
        ["route-map in permit 50", " set local-preference 130"],
        ["router bgp 65001", " address-family l2vpn evpn", "  advertise-all-vni"],
        ["ip forwarding"],
    ]
    assert blocks_of("") == []
    assert blocks_of("something else\n") == []
