"""The analyser and OVN say the same of a packet.

Input: VPCs with random groups, network ACLs, routes, peerings, a transit router, gateways; random first packets.
Output: where `crossconnect.cloud.path` says a packet comes out, it comes out of `ovn-trace` over the compiled rows, and
nothing else does.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

import pytest

from cloud_documents import REGION, Cloud
from crossconnect.cloud.kinds.elastic_ip import ElasticIp
from crossconnect.cloud.kinds.gateways import InternetGateway, NatGateway
from crossconnect.cloud.kinds.load_balancer import Listener, LoadBalancer, Target, TargetGroup
from crossconnect.cloud.kinds.network_acl import AclEntry
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.kinds.prefix_list import PrefixList, PrefixListEntry
from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.transit import TransitRoute, TransitRouter, TransitRouterAttachment, TransitRouteTable
from crossconnect.cloud.logical.world import Index, World
from crossconnect.cloud.path import Path, path
from crossconnect.cloud.resource import Resource
from crossconnect.cloud.verdict import Packet
from ovn_central import Central, needs_ovn
from ovn_scene import Scene

pytestmark = needs_ovn
R = TypeVar("R", bound=Resource)
PACKETS = 25
PORTS = (22, 80, 443)
BLOCKS = ("0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16", "10.0.1.0/24", "10.0.2.10/32", "10.1.1.0/28")


class Known:
    """The documents, as the analyser asks for them."""

    def __init__(self, cloud: Cloud) -> None:
        self._world = World()
        self._world.apply(cloud.documents.items())

    def shared(self, kind: type[R], id: str) -> R | None:
        found = self._world.documents.get(id)
        return found if isinstance(found, kind) else None

    def shared_referring(self, kind: type[R], id: str, field: str = "") -> Sequence[R]:
        fields = [field] if field else ["vpc_id", "subnet_id", "security_group_id", "route_table_id", "network_acl_id"]
        ids = {one for name in fields for one in self._world.members(Index(kind, name, id))}
        return [found for one in sorted(ids) if (found := self.shared(kind, one)) is not None]


@pytest.mark.parametrize("seed", range(3))
def test_the_analyser_and_ovn_agree(box: Central, seed: int) -> None:
    """Random clouds and packets, the same ones each time."""
    scene = Scene(box)
    dice = random.Random(seed)
    _populate(scene.cloud, dice)
    scene.write()
    assert scene.failed() == {}
    for port in ("connect-blue-pgw-1", "internet-nat-1"):
        hop = REGION.networks[0].next_hop if port.startswith("connect") else REGION.internet.next_hop
        box.neighbour(port, hop, "0a:00:00:00:00:01")
    facts = Known(scene.cloud)
    interfaces = [one for one in scene.cloud.documents.values() if isinstance(one, NetworkInterface)]
    wrong: list[str] = []
    for _ in range(PACKETS):
        sender = dice.choice(interfaces)
        packet = _packet(dice, sender, interfaces)
        said = path(sender, packet, facts)
        seen = scene.send(sender.id.removeprefix("eni-"), packet.destination, _flow(packet))
        if set(seen) != _expected(said):
            steps = " / ".join(f"{step.point}: {step.message}" for step in said.steps)
            wrong.append(f"{sender.id} {packet}: OVN {seen}, analyser {said.end} {said.passes} ({steps})")
    scene.clear()
    assert not wrong, "\n".join(wrong)


def _expected(said: Path) -> set[str]:
    """The ports by which a packet leaves OVN."""
    if not said.passes:
        return set()
    names = {"igw": "localnet-internet", "nat": "localnet-internet", "pgw": "localnet-connect-blue"}
    return {names.get(said.end.partition("-")[0], said.end)}


def _packet(dice: random.Random, sender: NetworkInterface, interfaces: list[NetworkInterface]) -> Packet:
    others = [one.private_addresses[0] for one in interfaces if one.id != sender.id]
    elsewhere = ["8.8.8.8", "172.20.0.1", "10.0.77.7", "10.0.2.50"]
    destination = dice.choice([*others, *others, *others, *elsewhere])
    protocol = dice.choice(("tcp", "tcp", "udp", "icmp"))
    source = sender.private_addresses[0]
    if protocol == "icmp":
        return Packet(source=source, destination=destination, protocol=protocol, icmp_type=8, icmp_code=0)
    port = dice.choice(PORTS)
    return Packet(
        source=source, destination=destination, protocol=protocol, source_port=40000, destination_port=port
    )  # fmt: skip


def _flow(packet: Packet) -> str:
    if packet.protocol == "icmp":
        return "icmp4.type == 8 && icmp4.code == 0"
    return f"{packet.protocol}.src == {packet.source_port} && {packet.protocol}.dst == {packet.destination_port}"


def _ports(dice: random.Random, protocol: str) -> tuple[int | None, int | None]:
    if protocol == "icmp":
        return dice.choice([(None, None), (8, None), (8, 0), (3, None)])
    if protocol == "all" or dice.random() < 0.3:
        return None, None
    low = dice.choice(PORTS)
    return low, max(low, dice.choice(PORTS))


def _entries(dice: random.Random) -> tuple[AclEntry, ...]:
    """Entries of a network ACL, of which about half let everything pass at the end."""
    found: list[AclEntry] = []
    for direction in ("ingress", "egress"):
        for number in sorted(dice.sample(range(1, 200), dice.randint(1, 4))):
            protocol = dice.choice(("tcp", "udp", "icmp", "all"))
            low, high = _ports(dice, protocol)
            action = dice.choice(("allow", "allow", "deny"))
            found.append(
                AclEntry(
                    number=number,
                    direction=direction,
                    action=action,
                    protocol=protocol,
                    cidr=dice.choice(BLOCKS),
                    from_port=low,
                    to_port=high,
                )
            )
        if dice.random() < 0.6:
            found.append(AclEntry(number=30000, direction=direction, action="allow", cidr="0.0.0.0/0"))
    return tuple(found)


def _populate(cloud: Cloud, dice: random.Random) -> None:
    """Two VPCs that a peering joins, or a transit router; two subnets and three groups in each."""
    blocks = (PrefixListEntry(cidr="10.0.1.0/24"), PrefixListEntry(cidr="10.1.2.0/24"))
    cloud.make(PrefixList, "pl-1", address_family="ipv4", max_entries=10, entries=blocks)
    for n, name in enumerate(("blue", "red")):
        _vpc(cloud, dice, n, name)
    cloud.make(InternetGateway, "igw-1", vpc_id="vpc-blue")
    cloud.make(ElasticIp, "eip-1", address="203.0.113.7", network_interface_id="eni-blue-1-0", vpc_id="vpc-blue",
               private_address="10.0.1.10")  # fmt: skip
    cloud.make(ElasticIp, "eip-nat", address="203.0.113.9")
    cloud.make(
        NatGateway, "nat-1", vpc_id="vpc-blue", subnet_id="subnet-blue-1", elastic_ip_id="eip-nat",
        private_address="10.0.1.200", number=cloud.number(),
    )  # fmt: skip
    cloud.make(TargetGroup, "tg-1", vpc_id="vpc-blue", targets=(Target(network_interface_id="eni-blue-1-1", port=443),))
    cloud.make(
        LoadBalancer, "nlb-1", vpc_id="vpc-blue", subnet_ids=("subnet-blue-2",), addresses=("10.0.2.50",),
        listeners=(Listener(port=80, target_group_id="tg-1"),),
    )  # fmt: skip
    cloud.make(
        VpcPeering, "pcx-1", vpc_id="vpc-blue", peer_vpc_id="vpc-red", peer_project_id="x", status="active"
    )  # fmt: skip
    cloud.make(
        PrivateGateway, "pgw-1", vrf="blue", vpc_id="vpc-blue", prefixes=("172.20.0.0/16",), number=cloud.number()
    )
    cloud.make(TransitRouter, "tr-1", default_route_table_id="trt-1", number=cloud.number())
    static = (TransitRoute(destination="10.0.2.0/24"),) if dice.random() < 0.5 else ()
    cloud.make(TransitRouteTable, "trt-1", transit_router_id="tr-1", routes=static)
    for name in ("blue", "red"):
        cloud.make(
            TransitRouterAttachment, f"tra-{name}", transit_router_id="tr-1", transit_router_project_id="blue",
            status="active", vpc_id=f"vpc-{name}", route_table_id="trt-1", propagated_route_table_ids=("trt-1",),
        )  # fmt: skip


def _vpc(cloud: Cloud, dice: random.Random, n: int, name: str) -> None:
    cloud.vpc(name, f"10.{n}.0.0/16")
    other = f"10.{1 - n}.0.0/16"
    for subnet in (1, 2):
        routes = [(other, dice.choice(("pcx-1", "tr-1", "pcx-gone")))]
        if name == "blue":
            routes.append(("0.0.0.0/0", dice.choice(("igw-1", "nat-1"))))
            if dice.random() < 0.7:
                routes.append(("172.20.0.0/16", "pgw-1"))
        cloud.table(f"{name}-{subnet}", name, *routes)
        cloud.acl(f"{name}-{subnet}", name, *_entries(dice))
        behind = f"acl-{name}-{subnet}" if dice.random() < 0.6 else ""
        cloud.subnet(
            f"{name}-{subnet}", name, f"10.{n}.{subnet}.0/24", route_table_id=f"rtb-{name}-{subnet}",
            network_acl_id=behind,
        )  # fmt: skip
    for group in range(3):
        _group(cloud, dice, name, group)
    for subnet in (1, 2):
        for port in (0, 1):
            groups = [f"{name}-{g}" for g in dice.sample(range(3), dice.randint(1, 2))]
            cloud.port(f"{name}-{subnet}-{port}", f"{name}-{subnet}", f"10.{n}.{subnet}.{10 + port}", *groups)


def _group(cloud: Cloud, dice: random.Random, name: str, group: int) -> None:
    id = (
        cloud.group(f"{name}-{group}", name).id if dice.random() < 0.7 else cloud.bare_group(f"{name}-{group}", name).id
    )
    for number in range(dice.randint(1, 4)):
        protocol = dice.choice(("tcp", "udp", "icmp", "all"))
        low, high = _ports(dice, protocol)
        peer = dice.choice([*BLOCKS, "pl-1", f"sg-{name}-0"])
        direction = dice.choice(("ingress", "ingress", "egress"))
        rule = cloud.rule(f"sgr-{name}-{group}-{number}", id, direction, peer, protocol)
        cloud.change(rule, from_port=low, to_port=high)
