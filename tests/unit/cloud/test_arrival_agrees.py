"""What comes in from the internet, or from the VRF of a private gateway, ends where `ovn-trace` says that it comes out:
random clouds, random first packets.

Input: a VPC with both IP versions, elastic IPs, load balancers of all schemes and address types, network ACLs, groups,
subnets behind an internet gateway or an egress-only one, a private gateway at the VPC or at a transit router that leads
to all of it or not. Output: the analyser's end of each packet is OVN's.
"""

from __future__ import annotations

import contextlib
import os
import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from cloud_documents import REGION
from cloud_memory import Cloud, View
from crossconnect.cloud.kinds.elastic_ip import ElasticIp
from crossconnect.cloud.ovn.compiler import Compiler
from crossconnect.cloud.path import Path, arrival, private_entry, public_entry
from crossconnect.cloud.reach.places import public_owner, router_of
from crossconnect.cloud.resource import Refused
from crossconnect.cloud.verdict import Packet
from crossconnect.net import version_of
from ovn_central import Central, needs_ovn
from ovn_scene import outputs

pytestmark = needs_ovn

PACKETS = 20
SEEDS = int(os.environ.get("XC_ARRIVAL_SEEDS", "2"))
"""How many clouds; 14 were compared when this was written, on both versions."""
OUTSIDE = {4: "198.51.100.9", 6: "2600::9"}
ANYWHERE = {4: "0.0.0.0/0", 6: "::/0"}
NEAR = {4: "198.51.100.0/25", 6: "2600::/64"}
PORTS = ("localnet-internet", "localnet-connect-blue")
_BLUE = msgspec.structs.replace(REGION.networks[0], transfer_prefix6="2001:db8:fffe::/64", next_hop6="2001:db8:fffe::1")
BOTH = msgspec.structs.replace(REGION, networks=(_BLUE,))
"""The region, in whose VRFs there is IPv6, too."""


class Draw:
    """A random VPC that the internet may reach, by the decisions."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.cloud = Cloud(
            zones=("a", "b"),
            public_prefixes=BOTH.public_prefixes,
            public_prefixes6=BOTH.public_prefixes6,
            vrfs=("blue",),
        )
        self.vpc = self.cloud.create("vpc", cidr_blocks=["10.0.0.0/16"], ipv6_cidr_blocks=["public"])
        self.subnets = [self._subnet(n, zone) for n, zone in enumerate(("a", "b"))]
        self._outside()
        for _ in range(3):
            self._balance()
        self.gateway = self._connect()

    def _rules(self, group: str) -> None:
        rnd = self.random
        for _ in range(rnd.randint(1, 4)):
            version, low = rnd.choice((4, 6)), rnd.choice((80, 8080))
            protocol = rnd.choice(("tcp", "udp", "all"))
            ports: dict[str, Any] = {"from_port": low, "to_port": rnd.choice((low, 8080))} if protocol != "all" else {}
            body = {"protocol": protocol, "peer": rnd.choice((ANYWHERE[version], ANYWHERE[version], NEAR[version]))}
            with contextlib.suppress(Refused):  # the same rule twice
                self.cloud.create(
                    "security_group_rule", security_group_id=group, direction="ingress", **body, **ports
                )  # fmt: skip

    def _entries(self) -> list[dict[str, Any]]:
        rnd = self.random
        found = [
            {
                "number": number,
                "direction": "ingress",
                "action": rnd.choice(("allow", "deny")),
                "protocol": rnd.choice(("tcp", "udp")),
                "from_port": 80,
                "to_port": rnd.choice((80, 8080)),
                "cidr": ANYWHERE[rnd.choice((4, 6))],
            }
            for number in rnd.sample(range(1, 50), 2)
        ]
        for direction in ("ingress", "egress"):
            for version, cidr in ANYWHERE.items():
                found.append({"number": 100 + version, "direction": direction, "action": "allow", "cidr": cidr})
        return found

    def _subnet(self, n: int, zone: str) -> Any:
        cloud, rnd = self.cloud, self.random
        six = self.vpc.ipv6_cidr_blocks[0].replace("::/56", f":0:{n}::/64" if n else "::/64")
        made = cloud.create(
            "subnet", vpc_id=self.vpc.id, cidr_block=f"10.0.{n}.0/24", ipv6_cidr_block=six, availability_zone=zone
        )
        group = cloud.create("security_group", vpc_id=self.vpc.id)
        self._rules(group.id)
        for _ in range(2):
            cloud.create("network_interface", subnet_id=made.id, security_group_ids=[group.id])
        if rnd.random() < 0.3:
            acl = cloud.create("network_acl", vpc_id=self.vpc.id, entries=self._entries())
            cloud.update(made.id, network_acl_id=acl.id)
        return made

    def _outside(self) -> None:
        cloud, rnd = self.cloud, self.random
        gateways: list[str] = []
        if rnd.random() < 0.85:
            gateways.append(cloud.create("internet_gateway", vpc_id=self.vpc.id).id)
            for interface in cloud.of("network_interface"):
                if rnd.random() < 0.4:
                    cloud.create("elastic_ip", network_interface_id=interface.id)
        if rnd.random() < 0.5:
            gateways.append(cloud.create("egress_only_internet_gateway", vpc_id=self.vpc.id).id)
        for subnet in self.subnets if gateways else ():
            routes = [{"destination": to, "target": rnd.choice(gateways)} for to in ("::/0", "2600::/16")]
            table = cloud.create("route_table", vpc_id=self.vpc.id, routes=rnd.sample(routes, rnd.randint(0, 2)))
            cloud.update(subnet.id, route_table_id=table.id)

    def _balance(self) -> None:
        """With a target in each zone and each zone its own, or with one target: OVN has no choice."""
        cloud, rnd = self.cloud, self.random
        cross = rnd.random() < 0.5
        ids = [next(i.id for i in cloud.of("network_interface") if i.subnet_id == s.id) for s in self.subnets]
        listeners = []
        for protocol in ("tcp", "udp"):
            chosen = [rnd.choice(ids)] if cross else ids
            group = cloud.create(
                "target_group", vpc_id=self.vpc.id, protocol=protocol,
                targets=[{"network_interface_id": id, "port": 8080} for id in chosen],
            )  # fmt: skip
            if rnd.random() < 0.8:
                listeners.append({"protocol": protocol, "port": 80, "target_group_id": group.id})
        facing = bool(cloud.of("internet_gateway")) and rnd.random() < 0.7
        more = {"scheme": "internet-facing", "elastic_ip_id": cloud.create("elastic_ip").id} if facing else {}
        cloud.create(
            "load_balancer", subnet_ids=[s.id for s in self.subnets], listeners=listeners, cross_zone=cross,
            ip_address_type=rnd.choice(("ipv4", "dualstack", "dualstack")), **more,
        )  # fmt: skip

    def _connect(self) -> Any:
        cloud, rnd = self.cloud, self.random
        blocks = ["198.51.100.0/24", "2600::/64"]
        if rnd.random() < 0.5:
            return cloud.create("private_gateway", vrf="blue", vpc_id=self.vpc.id, prefixes=blocks)
        made = cloud.create("private_gateway", vrf="blue", prefixes=blocks)
        router = cloud.create("transit_router")
        subnets = [self.subnets[0].id]
        create = "transit_router_attachment"
        cloud.create(create, transit_router_id=router.id, vpc_id=self.vpc.id, subnet_ids=subnets)
        cloud.create(create, transit_router_id=router.id, private_gateway_id=made.id)
        parts = [block for s in self.subnets for block in (s.cidr_block, s.ipv6_cidr_block)]
        if rnd.random() < 0.6:
            routes = [{"destination": part} for part in rnd.sample(parts, 1)]
            cloud.update(router.default_route_table_id, routes=routes)
        return made

    def private_packet(self) -> Packet:
        """Somebody's in the VRF to a load balancer, a machine, or to nobody."""
        cloud, subnet = self.cloud, self.subnets[0]
        balancers = [a for b in cloud.of("load_balancer") for a in b.addresses + b.ipv6_addresses]
        machines = [a for i in cloud.of("network_interface") for a in i.private_addresses + i.ipv6_addresses]
        nobody = [subnet.ipv6_cidr_block.replace("/64", "77"), "10.0.0.77"]
        return self._to(self.random.choice((balancers, balancers, balancers, machines, nobody)))

    def packet(self) -> Packet:
        """Somebody's outside to an elastic IP, a load balancer, a machine, or to nobody."""
        cloud = self.cloud
        # An elastic IP leads to the targets of all zones, also where each address leads to its own.
        several = {b.elastic_ip_id for b in cloud.of("load_balancer") if not b.cross_zone}
        elastic = [e.address for e in cloud.of("elastic_ip") if e.id not in several]
        balancers = [a for b in cloud.of("load_balancer") for a in b.ipv6_addresses]
        machines = [i.ipv6_addresses[0] for i in cloud.of("network_interface")]
        nobody = self.subnets[0].ipv6_cidr_block.replace("/64", "77")
        kinds = [found for found in (elastic, balancers, balancers, machines, [nobody]) if found]
        return self._to(self.random.choice(kinds))

    def _to(self, among: list[str]) -> Packet:
        rnd = self.random
        to = rnd.choice(among)
        version = version_of(to)
        if rnd.random() < 0.1:
            name, kind = ("icmp", 8) if version == 4 else ("icmpv6", 128)
            return Packet(source=OUTSIDE[version], destination=to, protocol=name, icmp_type=kind, icmp_code=0)
        return Packet(
            source=OUTSIDE[version], destination=to, protocol=rnd.choice(("tcp", "tcp", "udp")), source_port=40_000,
            destination_port=rnd.choice((80, 80, 80, 8080)),
        )  # fmt: skip


def from_internet(draw: Draw, packet: Packet) -> Path | None:
    """The way of a packet, where a gateway node has its destination."""
    view = View(draw.cloud, "alpha")
    owner = public_owner(packet.destination, view)
    if owner is None or router_of(owner, view) is None:
        return None
    return arrival(owner, packet, view) if isinstance(owner, ElasticIp) else public_entry(owner.id, packet, view)


def from_vrf(draw: Draw, packet: Packet) -> Path | None:
    """The same, of one from the VRF."""
    return private_entry(draw.gateway, packet, View(draw.cloud, "alpha"))


def traced(box: Central, switch: str, mac: str, packet: Packet) -> tuple[list[str], str]:
    """The machines' ports by which `ovn-trace` lets a packet out, and all that it says."""
    version = version_of(packet.destination)
    if packet.protocol.startswith("icmp"):
        what = f"icmp{version}.type == {packet.icmp_type} && icmp{version}.code == 0"
    else:
        what = f"{packet.protocol}.src == 40000 && {packet.protocol}.dst == {packet.destination_port}"
    flow = (
        f'inport == "localnet-{switch}" && eth.src == 0a:00:00:00:00:01 && eth.dst == {mac} && ip.ttl == 64'
        f" && ip{version}.src == {packet.source} && ip{version}.dst == {packet.destination} && {what}"
    )
    said = box.trace(f"provider-{switch}", flow, "--minimal", *["--ct=new"] * 12)
    return [port for port in outputs(said) if port not in PORTS], said


def mac_of(box: Central, port: str) -> str:
    """The MAC of a router's port; empty where there is none."""
    found = box.sbctl("--bare", "--columns=mac", "find", "Port_Binding", f'logical_port="{port}"').split()
    return found[0] if found else ""


@contextlib.contextmanager
def written(box: Central, draw: Draw) -> Iterator[None]:
    """A cloud in OVN, for as long as the block runs."""
    cloud, compiler = draw.cloud, Compiler(BOTH, box.features())
    box.write(compiler.apply([*cloud.documents.items()]).units)
    try:
        assert compiler.failed() == {}
        outside = [name for name in box.ports() if name.startswith("cr-")]
        box.bind({i.id: "hv1" for i in cloud.of("network_interface")} | dict.fromkeys(outside, "gw1"))
        yield
    finally:
        box.write(compiler.apply([(id, None) for id in cloud.documents]).units)
        box.sbctl("--all", "destroy", "MAC_Binding")


def difference(packet: Packet, found: Path | None, seen: tuple[list[str], str]) -> str:
    """What is not the same; empty where all is."""
    end = found.end if found is not None and found.passes else ""
    if ([end] if end else []) == seen[0]:
        return ""
    steps = "\n".join(f"  {s.point} {s.passes} {s.message}" for s in found.steps) if found else ""
    return f"{packet}: {end}\n{steps}\novn-trace: {seen[0]}\n{seen[1]}"


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_comes_in_ends_where_ovn_lets_it_out(box: Central, seed: int) -> None:
    draw = Draw(seed)
    different: list[str] = []
    with written(box, draw):
        outer, private = mac_of(box, f"internet-{draw.vpc.id}"), mac_of(box, f"connect-blue-{draw.gateway.id}")
        own = {e.address: e.network_interface_id for e in draw.cloud.of("elastic_ip") if e.network_interface_id}
        for _ in range(PACKETS):
            packet = draw.packet()
            # An interface's elastic IP is translated where the machine runs.
            id = own.get(packet.destination, "")
            mac = draw.cloud.get(id).mac if id else outer
            seen = traced(box, "internet", mac, packet) if mac else ([], "")
            different.append(difference(packet, from_internet(draw, packet), seen))
            packet = draw.private_packet()
            seen = traced(box, "connect-blue", private, packet)
            different.append(difference(packet, from_vrf(draw, packet), seen))
    different = [text for text in different if text]
    assert not different, f"{len(different)} of {2 * PACKETS}:\n" + "\n\n".join(different[:3])
