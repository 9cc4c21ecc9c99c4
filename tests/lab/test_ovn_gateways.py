"""Gateway nodes of a region's cloud: elastic IPs are announced from where they live, by BGP, to an external router.

web1 -- hv1 ==Geneve over VXLAN== gw1 (gw2) -- eBGP -- leaf ... spine ... border -- isp
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from cloud_region import TWO_NETWORKS, cloud_region, texts
from crossconnect.design import compile_region
from crossconnect.lab import wait_converged
from crossconnect.lab.flows import FlowSpec, FlowSummary
from crossconnect.lab.ovn import (
    OvnLab,
    cloud_fabric,
    drain,
    ovn_lab,
    power_off,
    power_on,
    undrain,
    wanted_version,
)
from crossconnect.lab.ovn.gateway_node import start_agent, stop_agent
from crossconnect.lab.ovn.processes import running
from crossconnect.simulate import simulate
from ovn_scenes import (
    came_through_at_last,
    gateways,
    machine,
    measured,
    port,
    provider_switch,
    router_port,
    software,
    switch,
)

VRF = "cloud-inet"
OUTSIDE = {4: "198.51.100.1", 6: "2001:db8:ffff::1"}
ELASTIC = "203.0.113.21"
ELASTIC_V6 = "2001:db8:f::21"
TRANSLATED = "203.0.113.10"
ROUTER = "100.126.0.16"
WITHIN_S = 120.0
RATE = 200
QUIET_RATE = 50
"""Of a flow that is to lose nothing at all: a switch without a processor for a moment keeps a few hundred packets."""
ATTEMPTS = 3
"""Of what is to take a short time: a machine that does much else may not let it."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OvnLab]:
    """The region `cloud_region` with a tenant's machine on hv1, its gateway on gw1, gw2 in reserve."""
    blueprint = compile_region(cloud_region(texts(*TWO_NETWORKS))).blueprint
    assert blueprint is not None
    fabric, chassis = cloud_fabric(blueprint)
    programs, root = software(wanted_version()), str(tmp_path_factory.mktemp("ovn"))
    with ovn_lab("ol-gateways", chassis, software=programs, fabric=fabric, run_root=root) as started:
        settled = wait_converged(started.lab, simulate(blueprint), timeout_s=180)
        assert settled.converged, settled
        _tenant(started)
        assert within(lambda: way(started, f"{ELASTIC}/32") == {"gw1"} and reaches(started, ELASTIC))
        yield started


def _tenant(lab: OvnLab) -> None:
    web = machine("web1", "hv1", 1, 11)
    words = [*switch("s1"), *provider_switch("ext", "internet"), "--", "lr-add", "r"]
    words += router_port("r", "s1", "02:00:00:01:00:01", "10.0.1.1/24")
    nat = {"nat-addresses": "router"}
    words += router_port("r", "ext", "02:00:00:01:00:ee", f"{ROUTER}/24", **nat)
    words += gateways("r-ext", ("gw1", "gw2"))
    words += ["--", "lr-route-add", "r", "0.0.0.0/0", "100.126.0.1"]
    words += ["--", "lr-nat-add", "r", "snat", TRANSLATED, "10.0.0.0/16"]
    words += ["--", "lr-nat-add", "r", "dnat_and_snat", ELASTIC, web.address()]
    lab.central.nbctl(*words[1:], *port("s1", web))
    lab.plug(web)
    lab.settle()


def within(holds: Callable[[], bool], seconds: float = WITHIN_S) -> bool:
    """Whether it holds before long."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def said(lab: OvnLab, node: str, *argv: str, namespace: str = "") -> str:
    done = lab.lab.run(node, list(argv), namespace=namespace)
    return done.stdout + done.stderr


def reaches(lab: OvnLab, address: str) -> bool:
    """Whether the external router, by an address beyond it, gets an answer from an address of the cloud."""
    source = OUTSIDE[6 if ":" in address else 4]
    return "1 received" in said(lab, "isp", "ping", "-n", "-c", "1", "-W", "1", "-I", source, address)


def way(lab: OvnLab, prefix: str, leaf: str = "a-leaf1", vrf: str = VRF) -> set[str]:
    """The gateway nodes that a leaf has a prefix from."""
    family = "ipv6" if ":" in prefix else "ipv4"
    text = said(lab, leaf, "vtysh", "-c", f"show bgp vrf {vrf} {family} unicast {prefix}")
    routers = [peer for peer in lab.lab.blueprint.peers if peer.node]
    sessions = {s.local_address.partition("/")[0]: peer.node for peer in routers for s in peer.sessions}
    return {node for address, node in sessions.items() if f" from {address} " in text}


def from_outside(lab: OvnLab, seconds: float, meanwhile: Callable[[], object], rate: int = RATE) -> FlowSummary:
    """A flow from the external router to the elastic IP while something happens, and so long at the least."""
    web = lab.party("web1")
    flow = FlowSpec(
        number=1,
        source="isp",
        source_namespace="",
        destination="hv1",
        destination_namespace="web1",
        source_address=OUTSIDE[4],
        destination_address=ELASTIC,
        listen_address=web.address(),
        source_port=40001,
        destination_port=40001,
        packets_per_second=rate,
    )
    return measured(lab, flow, meanwhile, seconds)


def test_an_elastic_ip_is_announced_from_the_gateway_node_that_it_lives_on(lab: OvnLab) -> None:
    assert within(lambda: way(lab, f"{ELASTIC}/32") == {"gw1"})
    # The other one comes in an update of its own (RFC 4271 section 9.2.1.1: a session may wait between two).
    assert within(lambda: way(lab, f"{TRANSLATED}/32") == {"gw1"})
    assert within(lambda: way(lab, "203.0.113.0/24") == {"gw1", "gw2"}), "aggregates come from every gateway node"
    assert way(lab, f"{ROUTER}/32") == set()
    assert way(lab, "100.126.0.0/24") == set()
    outside = said(lab, "isp", "ip", "route")
    assert "203.0.113.0/24 via" in outside
    assert ELASTIC not in outside, "the border passes on the aggregate only"
    ping = ("nsenter", "--net=/run/netns/web1", "ping", "-n", "-c", "1", "-W", "2", OUTSIDE[4])
    # The first one may be lost while the router asks for its next hop's MAC.
    assert within(lambda: "1 received" in said(lab, "hv1", *ping))


def test_what_lives_nowhere_ends_at_the_gateway_node(lab: OvnLab) -> None:
    said_of = said(lab, "isp", "ping", "-n", "-c", "2", "-W", "1", "-I", OUTSIDE[4], "203.0.113.99")
    assert "0 received" in said_of
    assert "Time to live exceeded" not in said_of


def test_an_address_comes_and_goes(lab: OvnLab) -> None:
    nbctl, another = lab.central.nbctl, "203.0.113.22"
    nbctl("lr-nat-add", "r", "dnat_and_snat", another, "10.0.1.11")
    assert within(lambda: reaches(lab, another))
    assert within(lambda: way(lab, f"{another}/32") == {"gw1"})
    nbctl("lr-nat-del", "r", "dnat_and_snat", another)
    assert within(lambda: not way(lab, f"{another}/32"))
    assert within(lambda: reaches(lab, ELASTIC))


def test_ipv6_addresses_are_announced_by_what_the_switchs_port_says(lab: OvnLab) -> None:
    nbctl = lab.central.nbctl
    addresses = f"{machine('web1', 'hv1', 1, 11).mac} 10.0.1.11 fd00:1::11"
    lab.run("web1", ["ip", "addr", "add", "fd00:1::11/64", "dev", "eth0", "nodad"])
    lab.run("web1", ["ip", "-6", "route", "add", "default", "via", "fd00:1::1"])
    nbctl(
        *("set", "logical_router_port", "r-ext", f'networks=["{ROUTER}/24","fd00:c0:0:9::10/64"]'),
        *("--", "set", "logical_router_port", "r-s1", 'networks=["10.0.1.1/24","fd00:1::1/64"]'),
        *("--", "lsp-set-addresses", "web1", addresses),
        *("--", "lsp-set-port-security", "web1", addresses),
        *("--", "lr-route-add", "r", "::/0", "fd00:c0:0:9::1"),
        *("--", "lr-nat-add", "r", "dnat_and_snat", ELASTIC_V6, "fd00:1::11"),
        *("--", "set", "logical_switch_port", "ext-r", f'external_ids:"crossconnect:announce"="{ELASTIC_V6}"'),
    )
    assert within(lambda: reaches(lab, ELASTIC_V6))
    assert within(lambda: way(lab, f"{ELASTIC_V6}/128") == {"gw1"})
    nbctl("remove", "logical_switch_port", "ext-r", "external_ids", '"crossconnect:announce"')
    assert within(lambda: not way(lab, f"{ELASTIC_V6}/128"))
    if lab.software.wanted == "26":
        nbctl(
            *("set", "logical_router", "r", "options:dynamic-routing=true"),
            *("--", "set", "logical_router_port", "r-ext", "options:dynamic-routing-redistribute=nat"),
        )
        assert within(lambda: reaches(lab, ELASTIC_V6)), "later OVN says by itself what it has"


def test_networks_are_apart(lab: OvnLab) -> None:
    words = [*provider_switch("ext2", "private"), "--", "lr-add", "p"]
    nat = {"nat-addresses": "router"}
    words += router_port("p", "ext2", "02:00:00:02:00:ee", "100.125.0.16/24", **nat)
    words += gateways("p-ext2", ("gw2", "gw1"))
    for address in ("10.96.0.5", "203.0.113.90"):
        words += ["--", "lr-nat-add", "p", "dnat_and_snat", address, "10.0.9.9"]
    lab.central.nbctl(*words[1:])
    marks = 'external_ids:"crossconnect:announce"="10.96.64.0/18 10.0.0.0/16"'
    lab.central.nbctl("set", "logical_switch_port", "ext2-p", marks)
    assert within(lambda: way(lab, "10.96.0.5/32", vrf="cloud-priv") == {"gw2"})
    assert within(lambda: way(lab, "10.96.64.0/18", vrf="cloud-priv") == {"gw2"}), "a VPC's block, from where it is"
    assert way(lab, "10.0.0.0/16", vrf="cloud-priv") == set(), "no prefix of the network's"
    assert way(lab, "10.96.0.5/32") == way(lab, "203.0.113.90/32") == set()
    assert way(lab, "203.0.113.90/32", vrf="cloud-priv") == way(lab, f"{ELASTIC}/32", vrf="cloud-priv") == set()
    lab.central.nbctl("lr-del", "p", "--", "ls-del", "ext2")
    assert within(lambda: not way(lab, "10.96.0.5/32", vrf="cloud-priv"))


def test_leaves_refuse_what_is_not_the_networks(lab: OvnLab) -> None:
    node, prefixes = "gw2-router", ("192.0.2.0/24", "203.0.113.64/28", "198.18.0.1/32")
    commands = ["configure terminal", f"router bgp 64512 vrf {VRF}", "address-family ipv4 unicast"]
    opened = [*commands, *(f"network {prefix}" for prefix in prefixes), "network 203.0.113.77/32"]
    permit = ["configure terminal", "ip prefix-list internet-out-v4 seq 1 permit any"]
    for line in (permit, opened):
        said(lab, node, "vtysh", *(word for command in line for word in ("-c", command)))
    assert within(lambda: way(lab, "203.0.113.77/32") == {"gw2"})
    assert [way(lab, prefix) for prefix in prefixes] == [set(), set(), set()]
    closed = [*commands, *(f"no network {prefix}" for prefix in (*prefixes, "203.0.113.77/32"))]
    said(lab, node, "vtysh", *(word for command in closed for word in ("-c", command)))
    said(lab, node, "vtysh", "-c", "configure terminal", "-c", "no ip prefix-list internet-out-v4 seq 1 permit any")
    said(lab, node, "vtysh", "-b")
    assert within(lambda: not way(lab, "203.0.113.77/32"))


def test_a_dead_agent_takes_nothing_with_it_and_the_next_one_catches_up(lab: OvnLab) -> None:
    nbctl, another = lab.central.nbctl, "203.0.113.23"
    nbctl("lr-nat-add", "r", "dnat_and_snat", another, "10.0.1.11")
    assert within(lambda: reaches(lab, another) and way(lab, f"{another}/32") == {"gw1"})
    stop_agent(lab.lab, "gw1-router")
    nbctl("--wait=hv", "lr-nat-del", "r", "dnat_and_snat", another)
    assert within(lambda: reaches(lab, ELASTIC))
    assert way(lab, f"{another}/32") == {"gw1"}, "nobody is there to take it back"
    start_agent(lab.lab, "gw1-router")
    assert within(lambda: not way(lab, f"{another}/32"))
    assert within(lambda: reaches(lab, ELASTIC))


def test_a_route_that_was_lost_is_put_back(lab: OvnLab) -> None:
    said(lab, "gw1-router", "ip", "route", "del", f"{ELASTIC}/32", namespace=VRF)
    assert within(lambda: reaches(lab, ELASTIC))


def test_the_southbound_database_dies_and_nothing_is_withdrawn(lab: OvnLab) -> None:
    flow = from_outside(lab, 3.0, lambda: lab.central.restart("southbound"), QUIET_RATE)
    assert flow.lost == 0
    lab.central.wait_ready([plan.name for plan in lab.record.chassis])
    nbctl, another = lab.central.nbctl, "203.0.113.24"
    nbctl("lr-nat-add", "r", "dnat_and_snat", another, "10.0.1.11")
    assert within(lambda: reaches(lab, another))
    nbctl("lr-nat-del", "r", "dnat_and_snat", another)


def test_a_drained_gateway_hands_its_addresses_over(lab: OvnLab) -> None:
    def is_handed_over() -> bool:
        taken = []
        flow = from_outside(lab, 4.0, lambda: taken.extend(drain(lab.central, "gw1")))
        assert within(lambda: way(lab, f"{ELASTIC}/32") == {"gw2"})
        undrain(lab.central, taken)
        assert within(lambda: way(lab, f"{ELASTIC}/32") == {"gw1"} and reaches(lab, ELASTIC))
        return flow.lost < RATE * 2

    assert any(is_handed_over() for _ in range(ATTEMPTS))


def test_a_cut_uplink_is_not_noticed(lab: OvnLab) -> None:
    cut = ["ip", "link", "set", "swp1.2000"]

    def is_unnoticed() -> bool:
        flow = from_outside(lab, 2.0, lambda: lab.lab.run("a-leaf1", [*cut, "down"], namespace=VRF))
        assert within(lambda: way(lab, f"{ELASTIC}/32", "a-leaf2") == {"gw1"})
        lab.lab.run("a-leaf1", [*cut, "up"], namespace=VRF)
        assert within(lambda: way(lab, f"{ELASTIC}/32") == {"gw1"} and reaches(lab, ELASTIC))
        return flow.lost < RATE

    assert any(is_unnoticed() for _ in range(ATTEMPTS))


def test_a_gateway_node_that_no_leaf_hears_gives_its_gateways_away(lab: OvnLab) -> None:
    def cut(state: str) -> None:
        for leaf in ("a-leaf1", "a-leaf2"):
            for tag, vrf in (("swp1.2000", VRF), ("swp1.2001", "cloud-priv")):
                lab.lab.run(leaf, ["ip", "link", "set", tag, state], namespace=vrf)

    def lost() -> int:
        flow = from_outside(lab, 5.0, lambda: cut("down"))
        assert within(lambda: way(lab, f"{ELASTIC}/32") == {"gw2"})
        assert within(lambda: running(lab.lab, "gw1", "ovn-controller") == ())
        cut("up")
        assert within(lambda: way(lab, f"{ELASTIC}/32") == {"gw1"} and reaches(lab, ELASTIC))
        assert running(lab.lab, "gw1", "ovn-controller") == ("ovn-controller",)
        return flow.lost

    assert any(0 < lost() < RATE * 4 for _ in range(ATTEMPTS))


def test_a_gateway_node_that_loses_power_is_replaced(lab: OvnLab) -> None:
    def strike() -> None:
        power_off(lab.lab, "gw1")
        assert within(lambda: way(lab, f"{ELASTIC}/32") == {"gw2"} and reaches(lab, ELASTIC))

    def heal() -> None:
        power_on(lab.lab, "gw1")
        assert within(lambda: way(lab, f"{ELASTIC}/32") == {"gw1"} and reaches(lab, ELASTIC))

    def comes_back() -> bool:
        flow = from_outside(lab, 0.0, strike)
        assert 0 < flow.lost < flow.sent
        assert came_through_at_last(flow, RATE)
        return from_outside(lab, 9.0, heal).lost < RATE * 2

    assert any(comes_back() for _ in range(ATTEMPTS))
