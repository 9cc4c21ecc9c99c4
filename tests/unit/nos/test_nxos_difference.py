"""Changes on NX-OS that the device would refuse, or do more than asked, if they came as plain lines."""

from __future__ import annotations

from crossconnect.nos.lines import Tree, indented_tree
from crossconnect.nos.registry import system

NXOS = system("nxos")
MAIN = "running-config.nxos"


def tree(text: str) -> Tree:
    return indented_tree(text)


def commands(old: str, new: str) -> list[str]:
    """Input: two configurations. Output: lines that make the first one the second."""
    found = NXOS.difference({MAIN: tree(old)}, {MAIN: tree(new)})
    return found[0].text.splitlines() if found else []


GATEWAY = """interface Vlan100
  description gateway
  mtu 9000
  vrf member {vrf}
  ip address 10.0.0.1/24
  fabric forwarding mode anycast-gateway
  no shutdown
"""


def test_an_interface_in_another_vrf_gets_its_addresses_again() -> None:
    assert commands(GATEWAY.format(vrf="red"), GATEWAY.format(vrf="blue")) == [
        "interface Vlan100",
        "  vrf member blue",
        "  ip address 10.0.0.1/24",
        "  fabric forwarding mode anycast-gateway",
    ]


def test_an_interface_that_leaves_its_vrf_gets_its_addresses_again() -> None:
    new = GATEWAY.replace("  vrf member {vrf}\n", "")
    lines = commands(GATEWAY.format(vrf="red"), new)
    assert lines.index("  no vrf member") < lines.index("  ip address 10.0.0.1/24")


def test_a_port_between_routed_and_switched_is_set_to_its_defaults_first() -> None:
    routed = "interface Ethernet1/1\n  no switchport\n  mtu 9216\n  ip address 10.0.0.0/31\n  no shutdown\n"
    switched = "interface Ethernet1/1\n  switchport\n  switchport mode access\n  mtu 9216\n  no shutdown\n"
    there, back = commands(routed, switched), commands(switched, routed)
    assert there == ["default interface Ethernet1/1", *switched.splitlines()]
    assert back == ["default interface Ethernet1/1", *routed.splitlines()]


def test_an_entry_of_a_list_goes_before_the_one_of_its_number() -> None:
    old = "ip prefix-list own-v4 seq 10 permit 10.0.0.0/8\nip prefix-list own-v4 seq 20 permit 10.1.0.0/16\n"
    new = "ip prefix-list own-v4 seq 10 permit 10.2.0.0/16\n"
    assert commands(old, new) == [
        "no ip prefix-list own-v4 seq 10 permit 10.0.0.0/8",
        "ip prefix-list own-v4 seq 10 permit 10.2.0.0/16",
        "no ip prefix-list own-v4 seq 20 permit 10.1.0.0/16",
    ]


def test_an_acl_is_changed_by_numbers_and_never_taken_off() -> None:
    old = "ip access-list a-v4\n  10 permit tcp any any eq 22\n  20 permit ip any any\n  30 deny ip any any\n"
    new = "ip access-list a-v4\n  10 permit tcp any any eq 22\n  20 deny ip any any\n"
    assert commands(old, new) == [
        "ip access-list a-v4",
        "  no 20",
        "ip access-list a-v4",
        "  20 deny ip any any",
        "ip access-list a-v4",
        "  no 30",
    ]


def test_another_vni_comes_when_the_old_one_is_gone() -> None:
    assert commands("vlan 100\n  name web\n  vn-segment 10000\n", "vlan 100\n  name web\n  vn-segment 10001\n") == [
        "vlan 100",
        "  no vn-segment",
        "vlan 100",
        "  vn-segment 10001",
    ]
    assert commands("vrf context red\n  vni 5000\n", "vrf context red\n  vni 5001\n")[1] == "  no vni 5000"


def test_one_number_of_a_list_is_overridden_by_extra_configuration_and_no_other() -> None:
    rendered = tree("ip prefix-list a seq 10 permit 10.0.0.0/8\nip prefix-list a seq 20 permit 10.1.0.0/16\n")
    both, said = NXOS.merge(rendered, tree("ip prefix-list a seq 20 deny 10.1.0.0/16\n"))
    assert both == (rendered[0], "ip prefix-list a seq 20 deny 10.1.0.0/16")
    assert [o.rendered for o in said] == ["ip prefix-list a seq 20 permit 10.1.0.0/16"]


SESSION = """router bgp 65000
  vrf red
    neighbor 192.0.2.1
      remote-as 64496
      address-family ipv4 unicast
        route-map {policy} in
        route-map out-v4 out
"""


def test_a_session_is_at_no_moment_without_its_policy() -> None:
    lines = [line.strip() for line in commands(SESSION.format(policy="a-v4"), SESSION.format(policy="b-v4"))]
    assert lines[-1] == "route-map b-v4 in"
    assert not [line for line in lines if line.startswith("no ")]


def test_a_policy_that_goes_without_another_one_is_taken_off() -> None:
    old = SESSION.format(policy="a-v4")
    assert commands(old, old.replace("        route-map a-v4 in\n", ""))[-1].strip() == "no route-map a-v4 in"


def test_a_port_is_at_no_moment_without_its_acl() -> None:
    port = "interface Ethernet1/1\n  no switchport\n  ip access-group {acl} in\n  ipv6 traffic-filter {acl} in\n"
    assert commands(port.format(acl="a"), port.format(acl="b")) == [
        "interface Ethernet1/1",
        "  ip access-group b in",
        "  ipv6 traffic-filter b in",
    ]


def test_a_user_with_another_role_or_without_password_is_made_anew_with_its_key() -> None:
    key = "username watch sshkey ssh-rsa A ops\n"
    old = "username watch password 5 xc-secret-env:HASH role network-admin\n" + key
    new = "username watch role network-operator\n" + key
    assert commands(old, new) == ["no username watch", *new.splitlines()]
    assert commands(old, old) == []


def test_servers_are_asked_at_every_moment() -> None:
    old = "aaa authentication login default group xc-tacacs\n"
    new = "aaa authentication login default group xc-tacacs xc-radius\n"
    assert commands(old, new) == new.splitlines()
