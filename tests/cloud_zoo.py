"""A cloud with one resource of every kind, and everything that can be taken down again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloud_memory import Cloud, network, public
from crossconnect.cloud.resource import Refused


def zoo(cloud: Any = None) -> Any:
    """One of every kind, by two projects; on a `Cloud`, or what has its commands."""
    cloud = cloud or Cloud()
    options = cloud.create("dhcp_options", domain_name="corp.example")
    vpc, east = network(cloud, ipv6_cidr_blocks=["public"], dhcp_options_id=options.id)
    west = cloud.create("subnet", vpc_id=vpc.id, cidr_block="10.0.2.0/24", availability_zone="west")
    gateway = public(cloud, vpc)
    egress_only = cloud.create("egress_only_internet_gateway", vpc_id=vpc.id)
    prefixes = cloud.create("prefix_list", entries=[{"cidr": "198.51.100.0/24"}])
    group = cloud.create("security_group", vpc_id=vpc.id)
    for peer in (group.id, prefixes.id, "0.0.0.0/0"):
        cloud.create("security_group_rule", security_group_id=group.id, direction="ingress", peer=peer)
    acl = cloud.create("network_acl", vpc_id=vpc.id)
    first, second, appliance = (
        cloud.create(
            "network_interface",
            subnet_id=subnet.id,
            security_group_ids=[group.id],
            source_dest_check=subnet is east,
        )
        for subnet in (east, east, west)
    )
    cloud.create("elastic_ip", network_interface_id=first.id)
    nat = cloud.create("nat_gateway", subnet_id=east.id, elastic_ip_id=cloud.create("elastic_ip").id)
    targets = cloud.create("target_group", vpc_id=vpc.id, targets=[{"network_interface_id": first.id, "port": 80}])
    balancer = cloud.create(
        "load_balancer",
        subnet_ids=[east.id, west.id],
        listeners=[{"port": 80, "target_group_id": targets.id}],
    )
    other, other_subnet = network(cloud, "10.1.0.0/16", project="beta")
    peering = cloud.create("vpc_peering", vpc_id=vpc.id, peer_vpc_id=other.id, peer_project_id="beta")
    cloud.update(peering.id, project="beta", status="active")
    private = cloud.create("private_gateway", vrf="acme-connect", vpc_id=vpc.id, prefixes=["192.168.0.0/16"])
    customer = cloud.create("customer_gateway", address="198.51.100.9")
    vpn = {"private_gateway_id": private.id, "customer_gateway_id": customer.id}
    cloud.create("vpn_connection", **vpn, prefixes=["172.31.0.0/16"])
    router = cloud.create("transit_router", shared_with=["beta"])
    cloud.create("transit_router_attachment", transit_router_id=router.id, vpc_id=vpc.id, subnet_ids=[east.id])
    theirs = cloud.create(
        "transit_router_attachment",
        project="beta",
        transit_router_id=router.id,
        vpc_id=other.id,
        subnet_ids=[other_subnet.id],
    )
    cloud.update(theirs.id, status="active")
    cloud.create(
        "transit_route_table",
        transit_router_id=router.id,
        routes=[{"destination": "10.9.0.0/16", "attachment_id": theirs.id}],
    )
    cloud.create(
        "route_table",
        vpc_id=vpc.id,
        routes=[
            {"destination": destination, "target": target}
            for destination, target in (
                ("0.0.0.0/0", gateway.id),
                ("::/0", egress_only.id),
                ("203.0.113.0/24", nat.id),
                ("10.1.0.0/16", peering.id),
                ("10.8.0.0/16", router.id),
                ("172.16.0.0/12", second.id),
                (prefixes.id, nat.id),
            )
        ],
        propagating_gateway_ids=[private.id],
    )
    cloud.update(west.id, network_acl_id=acl.id, egress_elastic_ip_id=cloud.create("elastic_ip").id)
    service = cloud.create("endpoint_service", load_balancer_id=balancer.id, allowed_projects=["beta"])
    cloud.create("service_endpoint", project="beta", service_id=service.id, subnet_ids=[other_subnet.id])
    cloud.create("service_insertion", vpc_id=vpc.id, appliances=[{"network_interface_id": appliance.id}])
    cloud.create("traffic_mirror", source_network_interface_id=first.id, target_network_interface_id=second.id)
    zone = cloud.create("dns_zone", domain="corp.example", vpc_ids=[vpc.id])
    cloud.create("dns_record", dns_zone_id=zone.id, record="www", values=["10.0.1.4"])
    cloud.create("flow_log", resource_id=west.id)
    return cloud


def take_down(cloud: Cloud, order: Sequence[str]) -> None:
    """Delete everything: what is refused is tried again after the rest, for as long as something goes."""
    waiting = list(order)
    while waiting:
        left = [id for id in waiting if id in cloud.documents and not _goes(cloud, id)]
        assert len(left) < len(waiting), {id: _why(cloud, id) for id in left}
        waiting = left


def _goes(cloud: Cloud, id: str) -> bool:
    """Whether a resource goes; gateways are detached, elastic IPs and tables let go of first."""
    project = cloud.documents[id].project_id
    try:
        match id.partition("-")[0]:
            case "igw":
                cloud.update(id, project=project, vpc_id="")
            case "pgw" if cloud.documents[id].vpc_id:  # type: ignore[attr-defined]
                cloud.update(id, project=project, vpc_id="")
            case "eip":
                cloud.update(id, project=project, network_interface_id="")
            case "rtb":
                cloud.update(id, project=project, routes=[], propagating_gateway_ids=[])
            case _:
                pass
        cloud.delete(id, project=project)
    except Refused:
        return False
    return True


def _why(cloud: Cloud, id: str) -> str:
    try:
        cloud.plan_delete(id, project=cloud.documents[id].project_id)
    except Refused as error:
        return str(error)
    return ", ".join(use.id for use in cloud.uses(id))
