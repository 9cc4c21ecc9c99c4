"""Interfaces as others see them: names of ports and port groups."""

from __future__ import annotations

from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.security_group import SecurityGroup
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.subnets import switch_of

EVERYBODY = "xc_everybody"
"""The port group of all interfaces of the region, which drops what their groups do not allow."""
PORT = "Logical_Switch_Port"


def group_of(q: Queries, id: str) -> SecurityGroup:
    """A group whose VPC is there."""
    group = q.need(SecurityGroup, id)
    q.need(Vpc, group.vpc_id)
    return group


def port_of(q: Queries, id: str) -> NetworkInterface:
    """An interface whose subnet and groups are there."""
    interface = q.need(NetworkInterface, id)
    q.ask(switch_of, interface.subnet_id)
    for group in interface.security_group_ids:
        q.ask(group_of, group)
    return interface


def port_name(interface: NetworkInterface) -> str:
    """What a hypervisor plugs an interface by (`external_ids:iface-id`)."""
    return interface.iface_id or interface.id
