"""A service of project alpha and a client of project beta that reaches it by private link, made by the decisions.

beta: client 10.0.1.x -- endpoint, in subnet 10.0.2.0/24            alpha: load balancer, target on port 8080
      VPC 10.0.0.0/16     listens on tcp 80                                VPC 10.1.0.0/16, or 10.0.0.0/16 too
"""

from __future__ import annotations

from typing import Any

from cloud_memory import Cloud, network, part
from crossconnect.cloud.linking import link_address
from crossconnect.cloud.region import CloudRegion

ANYWHERE = "0.0.0.0/0"
PORT = 80
TARGET_PORT = 8080


class Linked:
    """Everything is open, and the endpoint is accepted."""

    def __init__(self, region: CloudRegion, source: str, theirs: str = "10.1.0.0/16") -> None:
        self.region = region
        self.cloud = Cloud(
            zones=tuple(zone.name for zone in region.zones), public_prefixes=region.public_prefixes, vrfs=("blue",)
        )
        cloud = self.cloud
        self.vpc, self.subnet = network(cloud, theirs)
        self.target = self._interface(self.subnet, self.open_group(self.vpc))
        self.balancer = self.balanced(self.target)
        self.service = cloud.create(
            "endpoint_service", load_balancer_id=self.balancer.id, allowed_projects=["beta"], source=source
        )
        self.client_vpc, self.client_subnet = network(cloud, project="beta")
        self.endpoint_subnet = cloud.create(
            "subnet", project="beta", vpc_id=self.client_vpc.id, cidr_block=part("10.0.0.0/16", 2)
        )
        self.client = self._interface(self.client_subnet, self.open_group(self.client_vpc))
        self.endpoint = self.endpoint_to(self.service)
        cloud.update(self.endpoint.id, status="active")

    @property
    def address(self) -> str:
        """The endpoint's."""
        return self.endpoint.addresses[0]

    def between(self, of: Any = None) -> str:
        """The service's address between both, or that of one given."""
        return link_address(of or self.service, self.region.private_link_prefix)

    @property
    def seen(self) -> str:
        """The source that targets see."""
        kept = self.service.source == "kept"
        return self.client.private_addresses[0] if kept else self.between(self.endpoint)

    def open_group(self, vpc: Any, *directions: str) -> Any:
        """A security group that lets everything in and out, or in some directions only."""
        create = self.cloud.create
        group = create("security_group", project=vpc.project_id, vpc_id=vpc.id)
        rules = [r for r in self.cloud.of("security_group_rule") if r.security_group_id == group.id]
        for rule in rules:
            self.cloud.delete(rule.id, project=vpc.project_id)
        for direction in directions or ("ingress", "egress"):
            create(
                "security_group_rule",
                project=vpc.project_id,
                security_group_id=group.id,
                direction=direction,
                peer=ANYWHERE,
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
        return self.cloud.create("load_balancer", subnet_ids=[self.subnet.id], listeners=listeners)

    def endpoint_to(self, service: Any, subnet: Any = None) -> Any:
        """An endpoint, in the client's VPC unless another one's subnet is given."""
        subnet = subnet or self.endpoint_subnet
        return self.cloud.create(
            "service_endpoint", project=subnet.project_id, service_id=service.id, subnet_ids=[subnet.id]
        )

    def filtered(self, subnet: Any, *entries: tuple[str, str, str]) -> Any:
        """A network ACL of a subnet: direction, action, block each; and all else allowed."""
        numbered = [
            {"number": n, "direction": direction, "action": action, "cidr": cidr}
            for n, (direction, action, cidr) in enumerate(entries, 1)
        ]
        rest = [
            {"number": 1000, "direction": direction, "action": "allow", "cidr": ANYWHERE}
            for direction in ("ingress", "egress")
        ]
        project = subnet.project_id
        acl = self.cloud.create("network_acl", project=project, vpc_id=subnet.vpc_id, entries=numbered + rest)
        self.cloud.update(subnet.id, project=project, network_acl_id=acl.id)
        return acl

    def routed(self, vpc: Any, destination: str, target: str) -> None:
        """A route of a VPC's main table."""
        routes = [{"destination": destination, "target": target}]
        self.cloud.update(vpc.main_route_table_id, project=vpc.project_id, routes=routes)
