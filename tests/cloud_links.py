"""A service of project alpha and a client of project beta that reaches it by private link, made by the decisions.
With IPv6 (`version` 6) everything has addresses of both versions, and packets are of IPv6.

beta: client 10.0.1.x -- endpoint, in subnet 10.0.2.0/24            alpha: load balancer, target on port 8080
      VPC 10.0.0.0/16     listens on tcp 80                                VPC 10.1.0.0/16, or 10.0.0.0/16 too
      fd00:b::/56                                                          fd00:a::/56, or the same
"""

from __future__ import annotations

from typing import Any

from cloud_memory import Cloud, network, part
from crossconnect.cloud.linking import link_address
from crossconnect.cloud.region import CloudRegion

ANYWHERE = "0.0.0.0/0"
EVERYWHERE = (ANYWHERE, "::/0")
THEIRS6, OURS6 = "fd00:a::/56", "fd00:b::/56"
PORT = 80
TARGET_PORT = 8080


class Linked:
    """Everything is open, and the endpoint is accepted."""

    def __init__(
        self,
        region: CloudRegion,
        source: str,
        theirs: str = "10.1.0.0/16",
        version: int = 4,
        theirs6: str = THEIRS6,
        kind: str = "dualstack",
    ) -> None:
        self.region, self.version = region, version
        self.cloud = Cloud(
            zones=tuple(zone.name for zone in region.zones), public_prefixes=region.public_prefixes, vrfs=("blue",)
        )
        cloud, six = self.cloud, version == 6
        self.vpc, self.subnet = network(cloud, theirs, **self._six(ipv6_cidr_blocks=[theirs6]))
        if six:
            self.subnet = cloud.update(self.subnet.id, ipv6_cidr_block=part6(theirs6, 1))
        self.target = self._interface(self.subnet, self.open_group(self.vpc))
        self.balancer = self.balanced(self.target)
        self.service = cloud.create(
            "endpoint_service", load_balancer_id=self.balancer.id, allowed_projects=["beta"], source=source,
            **self._six(supported_ip_address_types=["ipv4", "ipv6"]),
        )  # fmt: skip
        self.client_vpc, self.client_subnet = network(cloud, project="beta", **self._six(ipv6_cidr_blocks=[OURS6]))
        if six:
            block = part6(OURS6, 1)
            self.client_subnet = cloud.update(self.client_subnet.id, project="beta", ipv6_cidr_block=block)
        self.endpoint_subnet = cloud.create(
            "subnet", project="beta", vpc_id=self.client_vpc.id, cidr_block=part("10.0.0.0/16", 2),
            **self._six(ipv6_cidr_block=part6(OURS6, 2)),
        )  # fmt: skip
        self.client = self._interface(self.client_subnet, self.open_group(self.client_vpc))
        self.endpoint = self.endpoint_to(self.service, **self._six(ip_address_type=kind))
        cloud.update(self.endpoint.id, status="active")

    @property
    def address(self) -> str:
        """The endpoint's."""
        return (self.endpoint.addresses if self.version == 4 else self.endpoint.ipv6_addresses)[0]

    def own(self, interface: Any) -> str:
        """An interface's address."""
        return (interface.private_addresses if self.version == 4 else interface.ipv6_addresses)[0]

    def ends(self, source: str, destination: str) -> str:
        """Both ends of a packet, as `ovn-trace` has them."""
        return f"ip{self.version}.src == {source} && ip{self.version}.dst == {destination}"

    def between(self, of: Any = None, version: int = 0) -> str:
        """The service's address between both, or that of one given."""
        six = (version or self.version) == 6
        prefix = self.region.private_link_prefix6 if six else self.region.private_link_prefix
        return link_address(of or self.service, prefix)

    def host(self, address: str) -> str:
        """An address as a block."""
        return f"{address}/{128 if self.version == 6 else 32}"

    def _six(self, **fields: Any) -> dict[str, Any]:
        return fields if self.version == 6 else {}

    @property
    def seen(self) -> str:
        """The source that targets see."""
        kept = self.service.source == "kept"
        return self.own(self.client) if kept else self.between(self.endpoint)

    def open_group(self, vpc: Any, *directions: str) -> Any:
        """A security group that lets everything in and out, or in some directions only."""
        create = self.cloud.create
        group = create("security_group", project=vpc.project_id, vpc_id=vpc.id)
        rules = [r for r in self.cloud.of("security_group_rule") if r.security_group_id == group.id]
        for rule in rules:
            self.cloud.delete(rule.id, project=vpc.project_id)
        for direction in directions or ("ingress", "egress"):
            for peer in EVERYWHERE if self.version == 6 else (ANYWHERE,):
                create(
                    "security_group_rule",
                    project=vpc.project_id,
                    security_group_id=group.id,
                    direction=direction,
                    peer=peer,
                )
        return group

    def _interface(self, subnet: Any, group: Any, **body: Any) -> Any:
        return self.cloud.create(
            "network_interface",
            project=subnet.project_id,
            subnet_id=subnet.id,
            security_group_ids=[group.id],
            **body,
        )

    def balanced(self, *targets: Any) -> Any:
        """A load balancer of alpha's, in front of interfaces."""
        behind = [{"network_interface_id": one.id, "port": TARGET_PORT} for one in targets]
        group = self.cloud.create("target_group", vpc_id=self.vpc.id, targets=behind)
        listeners = [{"port": PORT, "target_group_id": group.id}]
        both = self._six(ip_address_type="dualstack")
        return self.cloud.create("load_balancer", subnet_ids=[self.subnet.id], listeners=listeners, **both)

    def endpoint_to(self, service: Any, subnet: Any = None, **body: Any) -> Any:
        """An endpoint, in the client's VPC unless another one's subnet is given."""
        subnet = subnet or self.endpoint_subnet
        return self.cloud.create(
            "service_endpoint", project=subnet.project_id, service_id=service.id, subnet_ids=[subnet.id], **body
        )

    def filtered(self, subnet: Any, *entries: tuple[str, str, str]) -> Any:
        """A network ACL of a subnet: direction, action, block each; and all else allowed."""
        numbered = [
            {"number": n, "direction": direction, "action": action, "cidr": cidr}
            for n, (direction, action, cidr) in enumerate(entries, 1)
        ]
        rest = [
            {"number": 1000 + n, "direction": direction, "action": "allow", "cidr": cidr}
            for direction in ("ingress", "egress")
            for n, cidr in enumerate(EVERYWHERE)
        ]
        project = subnet.project_id
        acl = self.cloud.create("network_acl", project=project, vpc_id=subnet.vpc_id, entries=numbered + rest)
        self.cloud.update(subnet.id, project=project, network_acl_id=acl.id)
        return acl

    def routed(self, vpc: Any, destination: str, target: str) -> None:
        """A route of a VPC's main table."""
        routes = [{"destination": destination, "target": target}]
        self.cloud.update(vpc.main_route_table_id, project=vpc.project_id, routes=routes)


def part6(block: str, n: int) -> str:
    """The n-th /64 of a /56."""
    return f"{block.partition('::')[0]}:0:{n}::/64"
