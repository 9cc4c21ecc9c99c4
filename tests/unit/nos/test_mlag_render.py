"""A pair of leaves in the words of the two systems that have MLAG: what an operator looks for in the text.

Input: racks of the reference region as MLAG pairs. Output: both leaves' files; one of them whole, as a golden.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.finding import Severity
from crossconnect.nos.lines import Block, Tree, indented_text
from crossconnect.nos.registry import known, system
from crossconnect.nos.rendering import device_findings, render_files
from nos_region import cases, mlag_cases

GOLDEN = Path(__file__).parents[2] / "golden"
PAIRED = ("eos", "nxos")
EOS, NXOS = mlag_cases("eos"), mlag_cases("nxos")


def main_of(nos: str) -> str:
    return f"running-config.{nos}"


def block(device: DeviceConfiguration, *path: str) -> list[str]:
    """The lines below headers."""
    main = main_of(device.nos)
    tree: Tree = system(device.nos).parse(main, render_files(device)[main])  # type: ignore[assignment]
    for header in path:
        tree = next(e.body for e in tree if isinstance(e, Block) and e.header == header)
    return indented_text(tree, "").splitlines()


def text_of(device: DeviceConfiguration) -> str:
    return render_files(device)[main_of(device.nos)]


@pytest.mark.parametrize("nos", PAIRED)
def test_the_whole_text_of_a_leaf(nos: str) -> None:
    """Rewritten by UPDATE_GOLDEN=1."""
    path = GOLDEN / nos / "reference" / "leaf-mlag" / main_of(nos)
    text = text_of(mlag_cases(nos)["leaf-mlag"])
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("nos", PAIRED)
def test_text_of_a_pair_reads_back_as_the_same_tree(nos: str) -> None:
    of = system(nos)
    for device in mlag_cases(nos).values():
        for file, tree in of.trees(device).items():
            assert of.parse(file, of.text(file, tree)) == tree


@pytest.mark.parametrize("nos", PAIRED)
def test_a_pair_of_the_design_has_no_errors(nos: str) -> None:
    for device in mlag_cases(nos).values():
        said = [f.code for f in device_findings(device) if f.severity is Severity.ERROR]
        assert said == [], device.name


@pytest.mark.parametrize("nos", PAIRED)
def test_the_pair_is_one_and_its_halves_are_two(nos: str) -> None:
    """The same: domain, numbers of bonds, VTEP, VLANs. Not the same: addresses, and where each looks for the other."""
    both = [mlag_cases(nos)[case] for case in ("leaf-mlag", "leaf-second-mlag")]
    texts = [text_of(device).splitlines() for device in both]
    head = "mlag configuration" if nos == "eos" else "vpc domain 1"
    domains = [block(device, head) for device in both]
    word = "domain-id" if nos == "eos" else "system-mac"
    assert len({line for lines in domains for line in lines if line.startswith(word)}) == 1
    keepalive = "peer-address heartbeat" if nos == "eos" else "peer-keepalive"
    assert len({line for lines in domains for line in lines if line.startswith(keepalive)}) == 2
    number = "mlag " if nos == "eos" else "vpc "
    numbers = [
        [line for line in text if line.strip().startswith(number) and line.split()[1].isdigit()] for text in texts
    ]
    assert numbers[0] == numbers[1] != []


def test_systems_without_mlag_say_what_is_nearest() -> None:
    for nos in sorted(set(known()) - set(PAIRED)):
        if system(nos).support["mlag"].state != "none":
            continue
        device = mlag_cases(nos)["leaf-mlag"]
        (said,) = [f for f in device_findings(device) if f.code == "nos.unsupported" and "MLAG" in f.message]
        assert said.severity is Severity.ERROR
        assert "multihoming: ethernet-segments" in said.hint
        assert said.place.path


@pytest.mark.parametrize("nos", PAIRED)
def test_a_leaf_that_is_in_no_pair_has_nothing_of_one(nos: str) -> None:
    text = text_of(cases(nos)["leaf-numbered"])
    for word in ("mlag", "vpc", "3966", "3967", "orphan", "spanning-tree vlan", "spanning-tree port"):
        assert word not in text


# --- EOS --------------------------------------------------------------------------------------------------------------


def test_eos_the_peer_link_has_every_vlan_and_the_pair_has_its_own_there_alone() -> None:
    leaf = EOS["leaf-mlag"]
    assert block(leaf, "interface Port-Channel1000") == [
        "description peer link to a-leaf2",
        "switchport mode trunk",
        "switchport trunk group xc-mlag",
    ]
    for vlan in (3966, 3967):
        assert "trunk group xc-mlag" in block(leaf, f"vlan {vlan}")
    trunks = [line for line in text_of(leaf).splitlines() if "switchport trunk allowed vlan" in line]
    assert trunks
    assert not any("396" in line for line in trunks)
    assert "no spanning-tree vlan-id 3966-3967\n" in text_of(leaf)


def test_eos_the_routed_vlan_goes_down_with_the_peer_link_and_the_control_vlan_does_not_wait_for_it() -> None:
    leaf = EOS["leaf-mlag"]
    routed, control = block(leaf, "interface Vlan3966"), block(leaf, "interface Vlan3967")
    assert "no autostate" in control
    assert "no autostate" not in routed
    assert not any(line.startswith("encapsulation") for line in routed)
    assert "bfd interval 300 min-rx 300 multiplier 3" in routed
    assert "mtu 9216" in routed
    assert "ip address 169.254.1.1/30" in control


def test_eos_tunnels_come_from_the_pair_with_the_router_mac_of_the_pair() -> None:
    leaf = EOS["leaf-mlag"]
    assert block(leaf, "interface Vxlan1")[:2] == [
        "vxlan source-interface Loopback1",
        "vxlan virtual-router encapsulation mac-address mlag-system-id",
    ]
    addresses = [line for line in block(leaf, "interface Loopback1") if line.startswith("ip address")]
    assert addresses[0] == f"ip address {leaf.vtep}/32"
    assert addresses[1].endswith(" secondary")


def test_eos_bonds_of_servers_have_a_number_and_no_ethernet_segment() -> None:
    text = text_of(EOS["leaf-mlag"])
    assert block(EOS["leaf-mlag"], "interface Port-Channel3")[-1] == "mlag 3"
    assert "ethernet-segment" not in text
    assert "lacp system-id" not in text


# --- NX-OS ------------------------------------------------------------------------------------------------------------


def test_nxos_the_domain_says_who_goes_on_alone() -> None:
    first, second = (block(NXOS[case], "vpc domain 1") for case in ("leaf-mlag", "leaf-second-mlag"))
    role = [next(int(line.split()[-1]) for line in lines if line.startswith("role")) for lines in (first, second)]
    assert role[0] < role[1]
    assert "peer-keepalive destination 10.253.0.5 source 10.253.0.4 vrf management" in first
    assert "peer-keepalive destination 10.253.0.4 source 10.253.0.5 vrf management" in second


def test_nxos_what_a_domain_needs_stands_before_it_and_its_bonds_behind() -> None:
    text = text_of(NXOS["leaf-mlag"])
    order = [
        "feature vpc\n",
        "vlan 3966\n",
        "spanning-tree vlan 1-3967 priority 4096\n",
        "system nve infra-vlans 3966\n",
        "vpc domain 1\n",
        "  vpc peer-link\n",
        "  vpc 1\n",
    ]
    places = [text.index(line) for line in order]
    assert places == sorted(places)


def test_nxos_the_peer_link_is_a_network_port_and_a_trunk_without_a_list() -> None:
    lines = block(NXOS["leaf-mlag"], "interface port-channel1000")
    assert "spanning-tree port type network" in lines
    assert "vpc peer-link" in lines
    assert not any("allowed vlan" in line for line in lines)
    port = block(NXOS["leaf-mlag"], "interface Ethernet1/61")
    assert "channel-group 1000 mode active" in port
    assert not any(line.startswith(("vpc", "spanning-tree")) for line in port)


def test_nxos_a_port_of_one_leaf_is_suspended_with_the_secondary() -> None:
    leaf = NXOS["leaf-mlag"]
    assert "vpc orphan-port suspend" in block(leaf, "interface Ethernet1/3")
    alone = tuple(replace(i, mlag=0) if i.name == "port-channel1" else i for i in leaf.interfaces)
    assert "vpc orphan-port suspend" in block(replace(leaf, interfaces=alone), "interface port-channel1")
    uplink = block(leaf, "interface Ethernet1/64")
    assert not any("vpc" in line for line in uplink)


def test_nxos_the_own_address_is_first_and_the_pairs_is_secondary() -> None:
    leaf = NXOS["leaf-mlag"]
    addresses = [line for line in block(leaf, "interface loopback1") if line.startswith("ip address")]
    assert addresses[1] == f"ip address {leaf.vtep}/32 secondary"
    assert not addresses[0].endswith("secondary")
    assert "source-interface loopback1" in block(leaf, "interface nve1")


def test_nxos_next_hops_are_the_pairs() -> None:
    """`advertise-pip` and `advertise virtual-rmac` stand together or not at all; here not."""
    text = text_of(NXOS["leaf-mlag"])
    assert "advertise-pip" not in text
    assert "virtual-rmac" not in text
    assert "peer-gateway" in text
