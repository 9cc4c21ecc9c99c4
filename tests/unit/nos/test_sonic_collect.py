"""Answers of SONiC, as published, read as records."""

from __future__ import annotations

import pytest

from crossconnect.nos.registry import system
from crossconnect.nos.reports import LldpReport, NextHop, RibReport, VniReport
from crossconnect.nos.sonic.collect import lldp
from nos_region import cases

# `show lldp table`, as in the docstring of get_lldp_list in sonic-net/sonic-mgmt
# (tests/common/helpers/, an example of a T0 switch's answer).
LLDP_T0 = b"""\
Capability codes: (R) Router, (B) Bridge, (O) Other
LocalPort    RemoteDevice    RemotePortID    Capability    RemotePortDescr
-----------  --------------  --------------  ------------  -----------------
Ethernet112  ARISTA01T1      Ethernet1       BR
Ethernet116  ARISTA02T1      Ethernet1       BR
Ethernet120  ARISTA03T1      Ethernet1       BR
Ethernet124  ARISTA04T1      Ethernet1       BR
--------------------------------------------------
Total entries displayed:  4
"""

# The head of `lldpshow` in sonic-net/sonic-utilities (its docstring), names filled in.
LLDP_SHOW = b"""\
Capability codes: (R) Router, (B) Bridge, (O) Other
LocalPort    RemoteDevice           RemotePortID     Capability  RemotePortDescr
------------ ---------------------  ---------------- ----------- ----------------------------------------
Ethernet0    neighbor0              Ethernet1/51     BR          leaf1:fortyGigE0/0
Ethernet4    neighbor1              Ethernet1/51     BR          leaf1:fortyGigE0/4
"""


def test_lldp_neighbours_by_the_columns_of_the_dashes() -> None:
    assert lldp(LLDP_T0) == tuple(
        LldpReport(interface=f"Ethernet{108 + 4 * n}", device=f"ARISTA0{n}T1", port="Ethernet1") for n in range(1, 5)
    )
    assert lldp(LLDP_SHOW)[1] == LldpReport(interface="Ethernet4", device="neighbor1", port="Ethernet1/51")


@pytest.mark.parametrize(
    "answer", [b"", b"Command not found", LLDP_T0.splitlines()[1], b"LocalPort Other\n--------- -----\n"]
)
def test_an_answer_that_is_no_table_is_refused(answer: bytes) -> None:
    with pytest.raises(ValueError, match="table"):
        lldp(answer)


def test_vrfs_have_the_designs_names_again() -> None:
    """vtysh's JSON as FRR 10 writes it (show_ip_route.json in FRR's topotests), of a VRF as SONiC calls it."""
    answer = b"""{"10.1.17.0/24": [{"prefix": "10.1.17.0/24", "protocol": "bgp", "vrfName": "Vrfred-prod",
        "selected": true, "nexthops": [{"ip": "10.255.0.4", "interfaceName": "Vlan4093", "vrf": "Vrfblue-prod",
        "active": true}]}]}"""
    queries = {q.ask: q for q in system("sonic").queries(cases("sonic")["leaf-numbered"])}
    asked = queries['vtysh -c "show ip route vrf Vrfred-prod json"']
    assert asked.parse(answer) == (
        RibReport(
            vrf="red-prod",
            prefix="10.1.17.0/24",
            protocol="bgp",
            next_hops=(NextHop(address="10.255.0.4", interface="Vlan4093", vrf="blue-prod"),),
        ),
    )


def test_vnis_have_the_designs_vrfs() -> None:
    answer = b"""[{"vni": 5001, "type": "L3", "tenantVrf": "Vrfred-prod", "vxlanIntf": "vtep-4093",
        "sviIntf": "Vlan4093", "state": "Up"}]"""
    queries = {q.ask: q for q in system("sonic").queries(cases("sonic")["leaf-numbered"])}
    (report,) = queries['vtysh -c "show evpn vni detail json"'].parse(answer)
    assert report == VniReport(vni=5001, kind="l3", vrf="red-prod", bridge="Vlan4093", remote_vteps=())


def test_what_is_asked_follows_from_what_the_device_is() -> None:
    spine = [q.ask for q in system("sonic").queries(cases("sonic")["spine-numbered"])]
    leaf = [q.ask for q in system("sonic").queries(cases("sonic")["leaf-numbered"])]
    assert "show lldp table" in spine
    assert not [ask for ask in spine if "Vrf" in ask or "evpn vni" in ask]
    assert 'vtysh -c "show evpn mac vni all detail json"' in leaf
