"""Neutron's commands as kinds: two of its own, and others that are ways to make what is ours."""

from __future__ import annotations

import msgspec

from crossconnect.cloud.neutron.decisions import floating, network, port, router
from crossconnect.cloud.neutron.kinds import (
    NeutronGroupBody,
    NeutronNetwork,
    NeutronNetworkBody,
    NeutronNetworkPatch,
    NeutronPortBody,
    NeutronProjectBody,
    NeutronRouter,
    NeutronRouterBody,
    NeutronRouterPatch,
    NeutronSubnetBody,
    NeutronSubnetPatch,
    no_references,
    router_references,
)
from crossconnect.cloud.registry import KINDS
from crossconnect.cloud.resource import Kind

NETWORK = Kind(
    name="neutron_network",
    path="neutron-networks",
    prefix="nnet",
    resource=NeutronNetwork,
    body=NeutronNetworkBody,
    patch=NeutronNetworkPatch,
    references=no_references,
    create=network.create,
    update=network.update,
    delete=network.delete,
    quota=2_000,
)
ROUTER = Kind(
    name="neutron_router",
    path="neutron-routers",
    prefix="nrtr",
    resource=NeutronRouter,
    body=NeutronRouterBody,
    patch=NeutronRouterPatch,
    references=router_references,
    create=router.create,
    update=router.update,
    delete=router.delete,
    quota=100,
)
STORED = {kind.name: kind for kind in (NETWORK, ROUTER)}
"""What the store has to know beside `registry.KINDS`."""

PORT = msgspec.structs.replace(KINDS["network_interface"], body=NeutronPortBody, create=port.create)
SUBNET = msgspec.structs.replace(
    KINDS["subnet"],
    body=NeutronSubnetBody,
    patch=NeutronSubnetPatch,
    create=network.create_subnet,
    update=network.update_subnet,
    delete=network.delete_subnet,
)
GROUP = msgspec.structs.replace(KINDS["security_group"], body=NeutronGroupBody, create=network.create_group)
PROJECT = msgspec.structs.replace(KINDS["vpc"], body=NeutronProjectBody, create=network.create_project)
RULE = KINDS["security_group_rule"]
FLOATING_IP = msgspec.structs.replace(
    KINDS["elastic_ip"], create=floating.create, update=floating.update, delete=floating.delete
)
