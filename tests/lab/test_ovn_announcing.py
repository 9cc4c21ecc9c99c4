"""OVN 26.03's own `dynamic-routing`, where a region wants it: public addresses go from ovn-controller into a kernel
table of the gateway node that has them, and FRR 10 announces them from there to a leaf. Our agent tells FRR of the
tables, and has no routes for what is in them. What gateway nodes do without it is in `test_ovn_gateways`.

web, db -- hv1 ==Geneve== gw1, gw2 -- br-internet, OVN's end of each node's own provider network
                             |
                     FRR 10, agent -- br-uplink -- eBGP -- leaf (FRR), which is beyond the cloud
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import msgspec
import pytest

from cloud_documents import REGION
from crossconnect.cloud.announce import PROTOCOL
from crossconnect.cloud.kinds.elastic_ip import ElasticIp
from crossconnect.cloud.kinds.gateways import InternetGateway
from crossconnect.cloud.kinds.load_balancer import Listener, LoadBalancer, Target, TargetGroup
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.region import ROUTING_TABLE_BASE
from crossconnect.lab.ovn import Chassis, Outside, OvnLab, ovn_lab, power_off, start, stop
from crossconnect.lab.ovn.underlay import NETWORKS_NODE
from ovn_live import Live, comes_true
from ovn_scenes import software

GATEWAYS = {"gw1": "198.51.100.11", "gw2": "198.51.100.12"}
"""Gateway nodes, and their addresses towards the leaf."""
LEAF, UPLINK6 = "198.51.100.1", "2001:db8:fffe::"
CHASSIS = (
    Chassis(name="hv1", networks=()),
    *(Chassis(name=name, gateway=True, networks=("internet", "uplink")) for name in GATEWAYS),
)
ELASTIC, ANOTHER, BALANCED = "203.0.113.7", "203.0.113.8", "203.0.113.50"
BLOCK = "2001:db8:0:1200::/56"
ASN, LEAF_ASN = 64512, 65000
ROUTES = "net-out"
MAC = "02:00:5e:00:01:01"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A VPC with an internet gateway on two gateway nodes, in a region that wants dynamic routing."""
    internet = msgspec.structs.replace(REGION.internet, on_hypervisors=False)
    region = msgspec.structs.replace(REGION, dynamic_routing=True, gateways=REGION.gateways[:2], internet=internet)
    root = str(tmp_path_factory.mktemp("ovn"))
    with ovn_lab("ol-dynamic", CHASSIS, software=software("26"), run_root=root) as lab:
        made = Live(lab, region)
        cloud = made.cloud
        cloud.vpc("blue", "10.0.0.0/16", six=(BLOCK,))
        cloud.rule("sgr-any", "sg-blue", "ingress", "0.0.0.0/0")
        cloud.subnet("s1", "blue", "10.0.1.0/24")
        for n, name in enumerate(("web", "db")):
            cloud.port(name, "s1", f"10.0.1.{10 + n}", host="hv1")
        cloud.make(InternetGateway, "igw-1", vpc_id="vpc-blue")
        cloud.table("blue", "blue", ("0.0.0.0/0", "igw-1"))
        made.write()
        made.plug("web", "db")
        a_leaf(lab)
        for name in GATEWAYS:
            a_gateway_node(made, name)
        yield made


# --- what the lab has none of: gateway nodes that are one machine, a leaf ---------------------------------------------


def a_leaf(lab: OvnLab) -> None:
    """An FRR of the machine's own beyond the uplinks; addresses of the cloud it knows by BGP only."""
    lab.outside(Outside(name="leaf", network="uplink", addresses=(f"{LEAF}/24", f"{UPLINK6}1/64")))
    sh(lab, NETWORKS_NODE, *starting("", "/run/leaf", inside="nsenter --net=/run/netns/leaf "))
    lines = [f"router bgp {LEAF_ASN}", "no bgp ebgp-requires-policy", f"bgp router-id {LEAF}"]
    lines += ["no bgp network import-check", "bgp bestpath as-path multipath-relax"]
    for address in GATEWAYS.values():
        lines += [f"neighbor {address} remote-as {ASN}", f"neighbor {address} timers 3 9"]
        lines += [f"neighbor {address} timers connect 1", f"neighbor {address} advertisement-interval 0"]
    lines += ["address-family ipv6 unicast", *(f"neighbor {address} activate" for address in GATEWAYS.values())]
    told(lab, "leaf", *lines)


def a_gateway_node(live: Live, name: str) -> None:
    """The routing half of a gateway node: FRR 10 and the agent beside ovn-controller, as on one machine."""
    lab, internet = live.lab, REGION.internet
    sh(
        lab,
        name,
        "ip link set internet down",  # a provider network is within its gateway node only
        f"ip link set br-internet address {MAC} up",
        f"ip addr add {internet.next_hop}/24 dev br-internet",
        f"ip addr add {internet.next_hop6}/64 dev br-internet nodad",
        "ip link set br-uplink up",
        # A userspace switch does not compute the checksums that a kernel leaves to hardware.
        *(f"ethtool -K {bridge} tx off >/dev/null" for bridge in ("br-internet", "br-uplink")),
        f"ip addr add {GATEWAYS[name]}/24 dev br-uplink",
        # Next hops of IPv6 over a session of IPv4; FRR 10 ends it without a link-local one (`nexthop_set failed`).
        *(f"ip addr add {prefix}1{name[-1]}/64 dev br-uplink nodad" for prefix in (UPLINK6, "fe80::")),
        # OVN answers for each address that lives here; no route for each is needed.
        *(f"ip route add {prefix} dev br-internet" for prefix in REGION.public_prefixes),
        "echo 1 > /proc/sys/net/ipv4/ip_forward",
        *starting(" ".join(lab.software.chroot), "/run/frr", first="mgmtd"),
    )
    lines = ["ip prefix-list hosts permit 203.0.113.0/24 ge 32", f"ipv6 prefix-list blocks permit {BLOCK}"]
    lines += [f"route-map {ROUTES}-v4 permit 1", "match ip address prefix-list hosts", "exit"]
    lines += [f"route-map {ROUTES}-v6 permit 1", "match ipv6 address prefix-list blocks", "exit"]
    lines += [f"router bgp {ASN}", "no bgp ebgp-requires-policy", f"bgp router-id {GATEWAYS[name]}"]
    lines += [f"neighbor {LEAF} remote-as {LEAF_ASN}", f"neighbor {LEAF} timers 3 9"]
    lines += [f"neighbor {LEAF} timers connect 1", f"neighbor {LEAF} advertisement-interval 0"]
    lines += ["address-family ipv4 unicast", f"redistribute kernel route-map {ROUTES}-v4", "exit-address-family"]
    lines += ["address-family ipv6 unicast", f"redistribute kernel route-map {ROUTES}-v6", f"neighbor {LEAF} activate"]
    told(lab, name, *lines)
    configuration = {
        "chassis": name,
        "southbound": lab.chassis(name).southbound,
        "networks": [
            {
                "name": "internet",
                "interface": "br-internet",
                "transfer": [internet.transfer_prefix, internet.transfer_prefix6],
                "prefixes": [*REGION.public_prefixes, *REGION.public_prefixes6],
            }
        ],
        "tables": {"network": "internet", "asn": ASN, "route_map": ROUTES, "vtysh": vtysh(lab, name)},
    }
    sh(lab, name, f"printf %s '{json.dumps(configuration)}' > /run/announce.json")
    an_agent(lab, name)


def an_agent(lab: OvnLab, name: str) -> None:
    program = f"{sys.executable} -m crossconnect.cloud.announce /run/announce.json"
    sh(lab, name, f"setsid {program} </dev/null >>/run/announce.log 2>&1 & echo $! > /run/announce.pid")


def starting(chroot: str, directory: str, first: str = "", inside: str = "") -> list[str]:
    """Lines of a shell that start FRR's daemons."""
    lines = [f"mkdir -p {directory}", f"chown frr {directory}"]
    for daemon in (*([first] if first else []), "zebra", "bgpd"):
        options = f"-d -u frr -g frr --vty_socket {directory} -i {directory}/{daemon}.pid -z {directory}/zserv.api"
        more = " -p 0" if daemon == "bgpd" and chroot else ""
        lines.append(f"{inside}{chroot} /usr/lib/frr/{daemon} {options}{more} </dev/null >/dev/null 2>&1")
    return lines


def vtysh(lab: OvnLab, name: str) -> list[str]:
    own = name == "leaf"
    return [*(() if own else lab.software.chroot), "vtysh", "--vty_socket", "/run/leaf" if own else "/run/frr"]


def sh(lab: OvnLab, node: str, *lines: str) -> None:
    done = lab.lab.run(node, ["sh", "-ec", "\n".join(lines)], timeout_s=180)
    assert done.returncode == 0, f"{lines}: {done.stderr}"


def asked(lab: OvnLab, name: str, *commands: str) -> str:
    words = [word for command in commands for word in ("-c", command)]
    return lab.lab.run(NETWORKS_NODE if name == "leaf" else name, [*vtysh(lab, name), *words]).stdout


def told(lab: OvnLab, name: str, *lines: str) -> None:
    said = asked(lab, name, "configure terminal", *lines)
    assert "%" not in said, said


# --- what is to be seen -----------------------------------------------------------------------------------------------


def table(live: Live) -> int:
    return ROUTING_TABLE_BASE + live.cloud.documents["vpc-blue"].number  # type: ignore[attr-defined]


def having(live: Live, address: str, names: tuple[str, ...] = tuple(GATEWAYS)) -> set[str]:
    """The gateway nodes that have an address in the router's table."""
    show = ["ip", "route", "show", "table", str(table(live))]
    return {name for name in names if f"{address} " in live.lab.lab.run(name, show).stdout}


def way(live: Live, prefix: str) -> list[str]:
    """The gateway nodes by which the leaf has a prefix, one for each path."""
    family = "ipv6" if ":" in prefix else "ipv4"
    found = json.loads(asked(live.lab, "leaf", f"show bgp {family} unicast {prefix} json") or "{}")
    nodes = {address: name for name, address in GATEWAYS.items()}
    return sorted(nodes[path["peer"]["peerId"]] for path in found.get("paths", ()))


def own_routes(live: Live, name: str) -> str:
    """What the agent has put into a gateway node's kernel."""
    run = live.lab.lab.run
    return "".join(run(name, ["ip", f"-{v}", "route", "show", "proto", str(PROTOCOL)]).stdout for v in (4, 6))


def reached(live: Live, *machines: str, to: str, port: int = 80) -> bool:
    """Whether one of these machines answers the leaf at a public address."""
    return bool(live.lab.connect("leaf", machines, port, to=to))


def associated(live: Live, id: str, address: str, name: str) -> None:
    interface = live.cloud.documents[f"eni-{name}"]
    assert isinstance(interface, NetworkInterface)
    live.cloud.make(
        ElasticIp, id, address=address, network_interface_id=interface.id, vpc_id="vpc-blue",
        private_address=interface.private_addresses[0],
    )  # fmt: skip
    live.write()


def test_an_elastic_ip_is_announced_out_of_the_table_that_ovn_writes(live: Live) -> None:
    """Input: an elastic IP. Output: it is in the table of one gateway node, from there at the leaf, once, and answers;
    the agent has no route for it. It goes, and is withdrawn."""
    assert comes_true(lambda: having(live, ELASTIC) == set())
    associated(live, "eip-1", ELASTIC, "web")
    # One may be handed over once, until gateway nodes hear each other.
    assert comes_true(
        lambda: len(having(live, ELASTIC)) == 1 and way(live, f"{ELASTIC}/32") == [*having(live, ELASTIC)]
    )
    assert comes_true(lambda: reached(live, "web", to=ELASTIC))
    [node] = way(live, f"{ELASTIC}/32")
    assert ELASTIC not in own_routes(live, node)
    live.cloud.drop("eip-1")
    live.write()
    assert comes_true(lambda: way(live, f"{ELASTIC}/32") == [])
    assert comes_true(lambda: having(live, ELASTIC) == set())


def test_a_load_balancers_public_address_is_announced_likewise(live: Live) -> None:
    live.cloud.make(
        TargetGroup, "tg-1", vpc_id="vpc-blue",
        targets=tuple(Target(network_interface_id=f"eni-{name}", port=80) for name in ("web", "db")),
    )  # fmt: skip
    live.cloud.make(ElasticIp, "eip-lb", address=BALANCED)
    balancer = live.cloud.make(
        LoadBalancer, "nlb-1", vpc_id="vpc-blue", subnet_ids=("subnet-s1",), addresses=("10.0.1.50",),
        scheme="internet-facing", elastic_ip_id="eip-lb", listeners=(Listener(port=80, target_group_id="tg-1"),),
    )  # fmt: skip
    live.write()
    assert live.compiler.failed() == {}
    assert comes_true(lambda: len(way(live, f"{BALANCED}/32")) == 1)
    assert comes_true(lambda: {*way(live, f"{BALANCED}/32")} == having(live, BALANCED))
    assert comes_true(lambda: reached(live, "web", "db", to=BALANCED))
    assert way(live, "10.0.1.50/32") == []
    for one in (balancer.id, "tg-1", "eip-lb"):
        live.cloud.drop(one)
    live.write()
    assert comes_true(lambda: way(live, f"{BALANCED}/32") == [])


def test_the_agent_has_routes_for_what_ovn_does_not_write(live: Live) -> None:
    """Input: the IPv6 block of a VPC, which `dynamic-routing` leaves out. Output: the agent's route, announced too."""
    assert comes_true(lambda: [BLOCK in own_routes(live, node) for node in way(live, BLOCK)] == [True])


def test_a_dead_agent_and_a_new_frr(live: Live) -> None:
    """Input: no agent, an elastic IP comes. Output: it is announced. Input: FRR has forgotten the tables, the agent is
    started. Output: it is announced again."""
    for name in GATEWAYS:
        sh(live.lab, name, "kill -9 $(cat /run/announce.pid)")
    associated(live, "eip-2", ANOTHER, "db")
    assert comes_true(lambda: len(way(live, f"{ANOTHER}/32")) == 1)
    assert comes_true(lambda: reached(live, "db", to=ANOTHER))
    family = (f"router bgp {ASN}", "address-family ipv4 unicast", f"no redistribute table-direct {table(live)}")
    for name in GATEWAYS:
        told(live.lab, name, *family)
    assert comes_true(lambda: way(live, f"{ANOTHER}/32") == [])
    for name in GATEWAYS:
        an_agent(live.lab, name)
    assert comes_true(lambda: len(way(live, f"{ANOTHER}/32")) == 1)


def test_what_dies_is_withdrawn_and_lives_elsewhere(live: Live) -> None:
    """Input: ovn-controller ends in order where the address is, then that node loses power. Output: the other one
    announces it, alone, both times."""
    associated(live, "eip-1", ELASTIC, "web")
    assert comes_true(lambda: len(way(live, f"{ELASTIC}/32")) == 1)
    [node] = way(live, f"{ELASTIC}/32")
    [other] = GATEWAYS.keys() - {node}
    plan = live.lab.chassis(node)
    stop(live.lab.lab, plan)
    assert comes_true(lambda: way(live, f"{ELASTIC}/32") == [other] and having(live, ELASTIC) == {other})
    assert comes_true(lambda: reached(live, "web", to=ELASTIC))
    start(live.lab.lab, plan, "ovn-controller")
    assert comes_true(lambda: way(live, f"{ELASTIC}/32") == [node])
    power_off(live.lab.lab, node)
    assert comes_true(lambda: way(live, f"{ELASTIC}/32") == [other] and reached(live, "web", to=ELASTIC))
    assert comes_true(lambda: having(live, ELASTIC, (other,)) == {other})
