"""What two tenants ask for: acme a shop in two zones, globex an application with the same addresses."""

from __future__ import annotations

import msgspec

from crossconnect.cloud.client.client import Client, Until
from crossconnect.cloud.kinds.dns import DnsRecord, DnsRecordBody, DnsZone, DnsZoneBody
from crossconnect.cloud.kinds.elastic_ip import ElasticIp, ElasticIpBody
from crossconnect.cloud.kinds.gateways import InternetGateway, InternetGatewayBody, NatGateway, NatGatewayBody
from crossconnect.cloud.kinds.load_balancer import (
    Listener,
    LoadBalancer,
    LoadBalancerBody,
    Target,
    TargetGroup,
    TargetGroupBody,
)
from crossconnect.cloud.kinds.network_interface import NetworkInterface, NetworkInterfaceBody
from crossconnect.cloud.kinds.peering import VpcPeering, VpcPeeringBody
from crossconnect.cloud.kinds.route_table import RouteEntry, RouteTable, RouteTableBody, RouteTablePatch
from crossconnect.cloud.kinds.security_group import (
    SecurityGroup,
    SecurityGroupBody,
    SecurityGroupRule,
    SecurityGroupRuleBody,
)
from crossconnect.cloud.kinds.service_insertion import (
    Appliance,
    ServiceInsertion,
    ServiceInsertionBody,
    SteeringRule,
)
from crossconnect.cloud.kinds.subnet import Subnet, SubnetBody
from crossconnect.cloud.kinds.vpc import Vpc, VpcBody

WAIT_S = 30
EVERYWHERE = "0.0.0.0/0"
HTTP, POSTGRES, METRICS = 80, 5432, 9100


class Placed(msgspec.Struct, frozen=True):
    """A machine of a tenant: its interface, the block it is in, and the hypervisor that it runs on."""

    interface: NetworkInterface
    block: str
    chassis: str

    @property
    def address(self) -> str:
        """Its private address."""
        return self.interface.private_addresses[0]


class Tenant:
    """One tenant's client, with shorter words for what the demo asks."""

    def __init__(self, name: str, client: Client) -> None:
        """A tenant without anything."""
        self.name = name
        self.client = client
        self.machines: dict[str, Placed] = {}

    def vpc(self, block: str) -> Vpc:
        """A VPC."""
        return self.client.collection(Vpc).create(VpcBody(name=self.name, cidr_blocks=(block,)), wait_s=WAIT_S)

    def subnet(self, vpc: Vpc, block: str, zone: str, table: str = "") -> Subnet:
        """A subnet in a zone."""
        body = SubnetBody(vpc_id=vpc.id, cidr_block=block, availability_zone=zone, route_table_id=table)
        return self.client.collection(Subnet).create(body, wait_s=WAIT_S)

    def group(self, vpc: Vpc, name: str) -> SecurityGroup:
        """A security group into which nothing comes yet."""
        body = SecurityGroupBody(name=name, vpc_id=vpc.id)
        return self.client.collection(SecurityGroup).create(body, wait_s=WAIT_S)

    def allow(
        self, group: SecurityGroup, protocol: str, peer: str, port: int | None = None, until: Until = "available"
    ) -> SecurityGroupRule:
        """Let something in. With `until="hypervisors"` the next packet is judged by it."""
        body = SecurityGroupRuleBody(
            security_group_id=group.id,
            direction="ingress",
            protocol=protocol,
            peer=peer,
            from_port=port,
            to_port=port,
        )
        return self.client.collection(SecurityGroupRule).create(body, wait_s=WAIT_S, until=until)

    def machine(self, name: str, subnet: Subnet, group: SecurityGroup, chassis: str, *, routes: bool = False) -> Placed:
        """A machine's interface; `routes` for appliances."""
        body = NetworkInterfaceBody(
            name=name, subnet_id=subnet.id, security_group_ids=(group.id,), source_dest_check=not routes
        )
        made = self.client.collection(NetworkInterface).create(body, wait_s=WAIT_S)
        placed = self.machines[name] = Placed(made, subnet.cidr_block, chassis)
        return placed

    def internet(self, vpc: Vpc) -> InternetGateway:
        """A way to the internet, for all subnets without a table of their own."""
        body = InternetGatewayBody(vpc_id=vpc.id)
        gateway = self.client.collection(InternetGateway).create(body, wait_s=WAIT_S)
        self.route(vpc.main_route_table_id, (EVERYWHERE, gateway.id))
        return gateway

    def route(self, table: str, *routes: tuple[str, str]) -> None:
        """Routes of a table beside those that it has."""
        tables = self.client.collection(RouteTable)
        had = [
            RouteEntry(destination=r.destination, target=r.target)
            for r in tables.get(table).routes
            if r.origin == "static"
        ]
        more = [RouteEntry(destination=destination, target=target) for destination, target in routes]
        tables.update(table, RouteTablePatch(routes=(*had, *more)), wait_s=WAIT_S)

    def table(self, vpc: Vpc) -> RouteTable:
        """A route table."""
        return self.client.collection(RouteTable).create(RouteTableBody(vpc_id=vpc.id), wait_s=WAIT_S)

    def elastic_ip(self, machine: Placed | None = None) -> ElasticIp:
        """A public address, for a machine or for a gateway."""
        body = ElasticIpBody(network_interface_id=machine.interface.id if machine is not None else "")
        return self.client.collection(ElasticIp).create(body, wait_s=WAIT_S)

    def nat_gateway(self, subnet: Subnet, elastic_ip: ElasticIp) -> NatGateway:
        """Source NAT for subnets whose table leads to it."""
        body = NatGatewayBody(subnet_id=subnet.id, elastic_ip_id=elastic_ip.id)
        return self.client.collection(NatGateway).create(body, wait_s=WAIT_S)

    def load_balancer(self, vpc: Vpc, subnet: Subnet, port: int, *machines: Placed) -> LoadBalancer:
        """An address in a subnet behind which some machines answer."""
        targets = tuple(Target(network_interface_id=m.interface.id, port=port) for m in machines)
        group = self.client.collection(TargetGroup).create(TargetGroupBody(vpc_id=vpc.id, targets=targets))
        listeners = (Listener(port=port, target_group_id=group.id),)
        body = LoadBalancerBody(subnet_ids=(subnet.id,), listeners=listeners)
        return self.client.collection(LoadBalancer).create(body, wait_s=WAIT_S)

    def zone(self, vpc: Vpc, domain: str, record: str, machine: Placed) -> DnsZone:
        """A private zone with a name for a machine."""
        zone = self.client.collection(DnsZone).create(DnsZoneBody(domain=domain, vpc_ids=(vpc.id,)), wait_s=WAIT_S)
        body = DnsRecordBody(dns_zone_id=zone.id, record=record, values=(machine.address,))
        self.client.collection(DnsRecord).create(body, wait_s=WAIT_S)
        return zone

    def peering(self, vpc: Vpc, other: Vpc) -> VpcPeering:
        """Two VPCs of this tenant with routes to each other."""
        body = VpcPeeringBody(vpc_id=vpc.id, peer_vpc_id=other.id)
        made = self.client.collection(VpcPeering).create(body, wait_s=WAIT_S)
        return made

    def insertion(self, vpc: Vpc, appliance: Placed, source: str, destination: str) -> ServiceInsertion:
        """Traffic between two blocks goes through an appliance, and nowhere while that is dead."""
        body = ServiceInsertionBody(
            vpc_id=vpc.id,
            appliances=(Appliance(network_interface_id=appliance.interface.id),),
            rules=(SteeringRule(number=10, source=source, destination=destination),),
            on_failure="closed",
        )
        return self.client.collection(ServiceInsertion).create(body, wait_s=WAIT_S)
