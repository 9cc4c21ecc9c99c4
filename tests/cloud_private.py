"""Private gateways, and what is behind them: VPN connections, transit routers, others' routers in a network's VRF."""

from __future__ import annotations

from typing import Any, NamedTuple

from cloud_memory import Cloud, network

CUSTOMER = "198.51.100.9"
"""Address of customer gateways."""


def ends(cloud: Cloud, **fields: Any) -> tuple[Any, Any]:
    """A private gateway and a customer gateway."""
    gateway = cloud.create("private_gateway", **({"vrf": "acme-connect"} | fields))
    return gateway, cloud.create("customer_gateway", address=CUSTOMER)


def said(gateway: Any, customer: Any, *prefixes: str) -> dict[str, Any]:
    """What is asked for by a VPN connection between two ends."""
    return {"private_gateway_id": gateway.id, "customer_gateway_id": customer.id, "prefixes": [*prefixes]}


def joined(cloud: Cloud, gateway: Any, customer: Any, *prefixes: str) -> Any:
    """A VPN connection between two ends."""
    return cloud.create("vpn_connection", **said(gateway, customer, *prefixes))


class Transit(NamedTuple):
    """A transit router whose route table sends everything to a VPC; a private gateway without a VPC may be added."""

    cloud: Cloud
    router: Any
    of_vpc: Any
    """The VPC's attachment."""

    @property
    def table(self) -> str:
        """Id of the route table."""
        return self.router.default_route_table_id

    def attach(self, gateway: Any) -> Any:
        """The attachment of a private gateway."""
        fields = {"transit_router_id": self.router.id, "private_gateway_id": gateway.id}
        return self.cloud.create("transit_router_attachment", **fields)


def transit(cloud: Cloud) -> Transit:
    """A transit router and a VPC."""
    router = cloud.create("transit_router")
    vpc, subnet = network(cloud)
    attachment = cloud.create(
        "transit_router_attachment", transit_router_id=router.id, vpc_id=vpc.id, subnet_ids=[subnet.id]
    )
    cloud.update(router.default_route_table_id, routes=[{"destination": "0.0.0.0/0", "attachment_id": attachment.id}])
    return Transit(cloud, router, attachment)


def at_the_border(**announced: str) -> tuple[tuple[str, str], ...]:
    """Changes of `cloud_region` by which routers of others are at the border, in the VRF of the second of
    `TWO_NETWORKS`, each with the prefix that it announces. They hear of its addresses one by one."""
    peers = "".join(
        f"  - name: {name}\n"
        f"    asn: {64497 + n}\n"
        f"    announces: [{prefix}]\n"
        "    handoffs:\n"
        "      - {border: a-border1, vrf: cloud/priv, import_policy: others-in, export_policy: others-out}\n"
        for n, (name, prefix) in enumerate(announced.items())
    )
    policies = (
        "  - name: others-in\n"
        "    statements: [{name: theirs, match: {prefix_set: others}, action: accept}]\n"
        "  - name: others-out\n"
        "    statements: [{name: ours, match: {prefix_set: ours}, action: accept}]\n"
    )
    sets = (
        f"  - {{name: others, prefixes: [{', '.join(announced.values())}]}}\n"
        '  - {name: ours, prefixes: ["10.96.0.0/16 le 32"]}\n'
    )
    added = {"peers:\n": peers, "policies:\n": policies, "prefix_sets:\n": sets}
    return tuple((head, head + text) for head, text in added.items())
