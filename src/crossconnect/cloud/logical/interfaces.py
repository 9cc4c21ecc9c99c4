"""Interfaces and their security groups, where they can be."""

from __future__ import annotations

from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.security_group import SecurityGroup
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.queries import Queries, Unrealisable
from crossconnect.cloud.logical.subnets import switch_of


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
    """What a hypervisor plugs an interface by."""
    return interface.iface_id or interface.id


def host_name(address: str) -> str:
    """The first label of a machine's name, by its IPv4 address."""
    return f"ip-{address.replace('.', '-')}"


def interface_of(q: Queries, id: str) -> NetworkInterface | None:
    """An interface, where it can be."""
    try:
        return q.ask(port_of, id)
    except Unrealisable:
        return None
