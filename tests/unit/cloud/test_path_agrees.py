"""The path that we say a packet takes ends where `ovn-trace` says that it comes out: random clouds, random packets.

Documents are those of the decisions, rows those of the compiler, flows those of a real northd.
"""

from __future__ import annotations

import os
import random
import re
from typing import Any

import pytest

from cloud_documents import REGION
from cloud_memory import Cloud, View
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.logical.numbers import router_mac
from crossconnect.cloud.ovn.compiler import Compiler
from crossconnect.cloud.path import Path, path
from crossconnect.cloud.resource import Refused
from crossconnect.cloud.verdict import Packet
from ovn_central import Central, needs_ovn

pytestmark = needs_ovn

PACKETS = 40
SEEDS = int(os.environ.get("XC_PATH_SEEDS", "2"))
"""How many clouds; each takes some ten seconds. 24 were compared when this was written."""
ANYWHERE = "0.0.0.0/0"


class Draw:
    """A random cloud of two or three VPCs, by the decisions; rules that they refuse are left out."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.cloud = Cloud(zones=("a", "b"), public_prefixes=REGION.public_prefixes, vrfs=("blue",))
        self.vpcs = [self._vpc(n) for n in range(self.random.randint(2, 3))]
        self._join()
        for vpc in self.vpcs:
            self._outside(vpc)
            self._balance(vpc)
            self._steer(vpc)
        if self.random.random() < 0.5:
            self._connect(self.vpcs[-1])

    def _try(self, kind: str, **body: Any) -> Any:
        try:
            return self.cloud.create(kind, **body)
        except Refused:
            return None

    def _vpc(self, n: int) -> Any:
        cloud, rnd = self.cloud, self.random
        vpc = cloud.create("vpc", cidr_blocks=[f"10.{n}.0.0/16"])
        groups = [vpc.default_security_group_id]
        for _ in range(2):
            groups.append(cloud.create("security_group", vpc_id=vpc.id).id)
        for group in groups:
            for _ in range(rnd.randint(1, 4)):
                self._try(
                    "security_group_rule",
                    security_group_id=group,
                    direction=rnd.choice(["ingress", "ingress", "egress"]),
                    protocol=(protocol := rnd.choice(["tcp", "udp", "icmp", "all"])),
                    **({"from_port": 80, "to_port": rnd.choice([80, 90])} if protocol in ("tcp", "udp") else {}),
                    peer=rnd.choice([*groups, "10.0.0.0/8", f"10.{n}.1.0/24", ANYWHERE, ANYWHERE]),
                )
        for m in (1, 2):
            subnet = cloud.create(
                "subnet", vpc_id=vpc.id, cidr_block=f"10.{n}.{m}.0/24", availability_zone=rnd.choice(["a", "b"])
            )
            for _ in range(2):
                cloud.create(
                    "network_interface",
                    subnet_id=subnet.id,
                    security_group_ids=rnd.sample(groups, rnd.randint(1, 2)),
                )
            if rnd.random() < 0.25:
                acl = cloud.create("network_acl", vpc_id=vpc.id, entries=self._entries(n))
                cloud.update(subnet.id, network_acl_id=acl.id)
        return vpc

    def _entries(self, n: int) -> list[dict[str, Any]]:
        rnd = self.random
        found = [
            {
                "number": number,
                "direction": rnd.choice(["ingress", "egress"]),
                "action": rnd.choice(["allow", "deny"]),
                "protocol": (protocol := rnd.choice(["tcp", "udp", "all"])),
                "cidr": rnd.choice([f"10.{n}.1.0/24", "10.0.0.0/8", "10.1.0.0/16", ANYWHERE]),
            }
            | ({"from_port": 80, "to_port": rnd.choice([80, 95])} if protocol != "all" else {})
            for number in rnd.sample(range(1, 50), rnd.randint(0, 4))
        ]
        return found + [
            {"number": 100, "direction": direction, "action": "allow", "cidr": ANYWHERE}
            for direction in ("ingress", "egress")
            if rnd.random() < 0.8
        ]

    def _join(self) -> None:
        """The first two VPCs are peered; all are on a transit router, if there is one."""
        cloud, rnd = self.cloud, self.random
        one, two = self.vpcs[:2]
        routes: dict[str, list[dict[str, str]]] = {vpc.id: [] for vpc in self.vpcs}
        if rnd.random() < 0.7:
            peering = cloud.create("vpc_peering", vpc_id=one.id, peer_vpc_id=two.id)
            for vpc, other in ((one, two), (two, one)):
                if rnd.random() < 0.9:
                    routes[vpc.id].append({"destination": other.cidr_blocks[0], "target": peering.id})
        if rnd.random() < 0.7:
            router = cloud.create("transit_router")
            for vpc in self.vpcs:
                subnet = next(s for s in cloud.of("subnet") if s.vpc_id == vpc.id)
                cloud.create(
                    "transit_router_attachment", transit_router_id=router.id, vpc_id=vpc.id, subnet_ids=[subnet.id]
                )
                routes[vpc.id].append({"destination": "10.0.0.0/8", "target": router.id})
            if rnd.random() < 0.3:
                cloud.update(router.default_route_table_id, routes=[{"destination": "10.1.2.0/24"}])
        for vpc in self.vpcs:
            cloud.update(vpc.main_route_table_id, routes=routes[vpc.id])

    def _outside(self, vpc: Any) -> None:
        cloud, rnd = self.cloud, self.random
        if rnd.random() < 0.3:
            return
        gateway = cloud.create("internet_gateway", vpc_id=vpc.id)
        table = cloud.get(vpc.main_route_table_id)
        routes = [{"destination": r.destination, "target": r.target} for r in table.routes]
        cloud.update(table.id, routes=[*routes, {"destination": ANYWHERE, "target": gateway.id}])
        first, second = (s for s in cloud.of("subnet") if s.vpc_id == vpc.id)
        for interface in cloud.of("network_interface"):
            if interface.vpc_id == vpc.id and rnd.random() < 0.4:
                cloud.create("elastic_ip", network_interface_id=interface.id)
        if rnd.random() < 0.5:
            nat = cloud.create("nat_gateway", subnet_id=first.id, elastic_ip_id=cloud.create("elastic_ip").id)
            own = cloud.create(
                "route_table", vpc_id=vpc.id, routes=[*routes, {"destination": ANYWHERE, "target": nat.id}]
            )
            cloud.update(second.id, route_table_id=own.id)
        elif rnd.random() < 0.5:
            cloud.update(second.id, egress_elastic_ip_id=cloud.create("elastic_ip").id)

    def _balance(self, vpc: Any) -> None:
        cloud, rnd = self.cloud, self.random
        if rnd.random() < 0.5:
            return
        subnets = [s for s in cloud.of("subnet") if s.vpc_id == vpc.id]
        interface = rnd.choice([i for i in cloud.of("network_interface") if i.vpc_id == vpc.id])
        group = cloud.create(
            "target_group", vpc_id=vpc.id, targets=[{"network_interface_id": interface.id, "port": 80}]
        )
        cloud.create("load_balancer", subnet_ids=[subnets[0].id], listeners=[{"port": 80, "target_group_id": group.id}])

    def _steer(self, vpc: Any) -> None:
        """An appliance on a subnet of its own: by a route, or by service insertion where no ACL is in the way."""
        cloud, rnd = self.cloud, self.random
        if rnd.random() < 0.4:
            return
        n = vpc.cidr_blocks[0].split(".")[1]
        inner = cloud.create("subnet", vpc_id=vpc.id, cidr_block=f"10.{n}.9.0/24", availability_zone="a")
        appliance = cloud.create("network_interface", subnet_id=inner.id, source_dest_check=rnd.random() < 0.2)
        table = cloud.get(vpc.main_route_table_id)
        routes = [{"destination": r.destination, "target": r.target} for r in table.routes]
        cloud.update(table.id, routes=[*routes, {"destination": "10.7.0.0/16", "target": appliance.id}])
        if any(a.vpc_id == vpc.id and not a.default for a in cloud.of("network_acl")):
            return
        self._try(
            "service_insertion",
            vpc_id=vpc.id,
            appliances=[{"network_interface_id": appliance.id}],
            rules=[
                {
                    "number": number,
                    "action": rnd.choice(["insert", "insert", "bypass"]),
                    "source": rnd.choice([f"10.{n}.1.0/24", "10.0.0.0/8"]),
                    "destination": rnd.choice([f"10.{n}.2.0/24", "10.0.0.0/8", ANYWHERE]),
                    "protocol": rnd.choice(["tcp", "udp", "all"]),
                }
                for number in (10, 20)
            ],
        )

    def _connect(self, vpc: Any) -> None:
        gateway = self.cloud.create("private_gateway", vrf="blue", vpc_id=vpc.id, prefixes=["198.51.100.0/24"])
        self.cloud.update(vpc.main_route_table_id, propagating_gateway_ids=[gateway.id])

    def packet(self) -> tuple[NetworkInterface, Packet]:
        """Somebody's packet to somebody, or to the outside, or to nobody."""
        rnd = self.random
        interfaces = self.cloud.of("network_interface")
        source = rnd.choice(interfaces)
        balancers = [a for b in self.cloud.of("load_balancer") for a in b.addresses]
        destinations = [i.private_addresses[0] for i in interfaces if i is not source]
        to = rnd.choice(
            [*destinations, *destinations, *balancers, "198.51.100.9", "198.51.100.9", "10.0.2.99", "10.7.7.7"]
        )
        address = source.private_addresses[0]
        protocol = rnd.choice(["tcp", "tcp", "udp", "icmp"])
        if protocol == "icmp":
            return source, Packet(source=address, destination=to, protocol="icmp", icmp_type=8, icmp_code=0)
        port = rnd.choice([80, 80, 93, 443])
        return source, Packet(
            source=address, destination=to, protocol=protocol, source_port=40_000, destination_port=port
        )


def traced(box: Central, cloud: Cloud, source: NetworkInterface, packet: Packet) -> tuple[list[str], str]:
    """The ports by which `ovn-trace` lets a packet out, and all that it says."""
    subnet: Subnet = cloud.get(source.subnet_id)
    mac = router_mac(REGION, subnet.id)
    for other in cloud.of("network_interface"):
        if other.subnet_id == subnet.id and packet.destination in other.private_addresses:
            mac = other.mac
    if packet.protocol == "icmp":
        what = "icmp4.type == 8 && icmp4.code == 0"
    else:
        what = f"{packet.protocol}.src == 40000 && {packet.protocol}.dst == {packet.destination_port}"
    flow = (
        f'inport == "{source.id}" && eth.src == {source.mac} && eth.dst == {mac} && ip.ttl == 64'
        f" && ip4.src == {packet.source} && ip4.dst == {packet.destination} && {what}"
    )
    said = box.trace(subnet.id, flow, "--minimal", *["--ct=new"] * 12)
    asked = re.sub(r"arp \{.*?\};", "", said, flags=re.DOTALL)  # a question for who has the address, not the packet
    return re.findall(r'output\("([^"]+)"', asked), said


def expected(found: Path, cloud: Cloud) -> str:
    """The interface that gets it, `outside`, or empty."""
    if not found.passes:
        return ""
    return found.end if found.end in {i.id for i in cloud.of("network_interface")} else "outside"


def observed(ports: list[str], cloud: Cloud) -> str:
    interfaces = {i.id for i in cloud.of("network_interface")}
    if not ports:
        return ""
    return ports[-1] if ports[-1] in interfaces else "outside"


@pytest.mark.parametrize("seed", range(SEEDS))
def test_our_path_ends_where_ovn_lets_the_packet_out(box: Central, seed: int) -> None:
    draw = Draw(seed)
    cloud = draw.cloud
    compiler = Compiler(REGION, box.features())
    box.write(compiler.apply([*cloud.documents.items()]).units)
    try:
        assert compiler.failed() == {}
        outside = [name for name in box.ports() if name.startswith("cr-")]
        box.bind({i.id: "hv1" for i in cloud.of("network_interface")} | dict.fromkeys(outside, "gw1"))
        for name in outside:
            network = REGION.networks[0] if "pgw-" in name else REGION.internet
            box.neighbour(name.removeprefix("cr-"), network.next_hop, "0a:00:00:00:00:01")
        different = []
        for _ in range(PACKETS):
            source, packet = draw.packet()
            found = path(source, packet, View(cloud, "alpha"))
            ports, said = traced(box, cloud, source, packet)
            if expected(found, cloud) != observed(ports, cloud):
                steps = "\n".join(f"  {s.point} {s.passes} {s.message}" for s in found.steps)
                different.append(f"{source.id} {packet}\n{steps}\novn-trace: {ports}\n{said}")
        assert not different, f"{len(different)} of {PACKETS}:\n" + "\n\n".join(different[:3])
    finally:
        box.write(compiler.apply([(id, None) for id in cloud.documents]).units)
        box.sbctl("--all", "destroy", "MAC_Binding")
