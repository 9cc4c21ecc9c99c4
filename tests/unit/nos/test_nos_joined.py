"""What several answers say of one thing is one report."""

from __future__ import annotations

from crossconnect.nos.joined import joined
from crossconnect.nos.reports import InterfaceReport, LldpReport, VniReport, VrfInterfaceReport

ALONE = LldpReport(interface="Ethernet1", device="spine-1", port="Ethernet3")


def interface(name: str, vrf: str = "") -> InterfaceReport:
    return InterfaceReport(name=name, vrf=vrf, up=True, mtu=1500, mac="", addresses=())


def vni(number: int, bridge: str = "", *vteps: str, vrf: str = "") -> VniReport:
    return VniReport(vni=number, kind="l2", vrf=vrf, bridge=bridge, remote_vteps=vteps)


def test_reports_of_one_answer_stay_as_they_are_and_in_their_order() -> None:
    """Input: what FRR says, whose answers are complete. Output: the same."""
    said = (interface("swp1", "default"), ALONE, vni(10, "vlan10", "192.0.2.1", vrf="red"), interface("swp2", "red"))
    assert joined(said) == said
    assert joined(()) == ()


def test_the_vrf_of_an_interface_may_be_said_before_or_after_it() -> None:
    of_1, of_2 = VrfInterfaceReport(vrf="red", interface="Vlan10"), VrfInterfaceReport(vrf="blue", interface="Vlan20")
    found = joined((of_1, interface("Vlan10"), ALONE, interface("Vlan20"), interface("Vlan30"), of_2))
    assert found == (interface("Vlan10", "red"), ALONE, interface("Vlan20", "blue"), interface("Vlan30"))


def test_a_vrf_that_lists_none_has_the_interfaces_that_no_other_has() -> None:
    others = VrfInterfaceReport(vrf="default", interface="")
    named = VrfInterfaceReport(vrf="red", interface="irb.10")
    found = joined((interface("lo0"), interface("irb.10"), vni(10), others, named))
    assert found == (interface("lo0", "default"), interface("irb.10", "red"), vni(10))


def test_what_an_answer_says_itself_stands() -> None:
    other = VrfInterfaceReport(vrf="blue", interface="Vlan10")
    said = (interface("Vlan10", "red"), vni(10, "Vlan10", vrf="red"))
    assert joined((*said, other)) == said


def test_a_vni_has_the_flood_list_of_one_answer_and_the_bridge_of_another() -> None:
    found = joined((vni(10, "Vlan10", "192.0.2.1"), vni(20), vni(10, "other", "192.0.2.2", "192.0.2.1")))
    assert found == (vni(10, "Vlan10", "192.0.2.1", "192.0.2.2"), vni(20))
