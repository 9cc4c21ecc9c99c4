"""Elastic IPs: public addresses that a project keeps, and points to interfaces of its own."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from crossconnect.cloud.resource import Body, Patch, Reference, Resource


class ElasticIp(Resource, frozen=True, kw_only=True):
    """A public IPv4 address. While it is associated, packets to it reach that private address, and what that sends out
    has it as source."""

    address: str
    """Out of the pools that the region gives to the cloud."""
    network_interface_id: str = ""
    """Empty while it is not associated."""
    vpc_id: str = ""
    """Of the interface."""
    private_address: str = ""
    """Of the interface: the one that it stands for."""


class ElasticIpBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To allocate one, and to associate it at once."""

    address: str = ""
    """None: the next free one."""
    network_interface_id: str = ""
    private_address: str = ""
    """None: the interface's primary one."""


class ElasticIpPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one: associate it with another interface, or with none by an empty `network_interface_id`."""

    network_interface_id: str | msgspec.UnsetType = msgspec.UNSET
    private_address: str | msgspec.UnsetType = msgspec.UNSET


def references(elastic_ip: ElasticIp) -> Iterator[Reference]:
    """Its interface, which may go without it, and that one's VPC."""
    if elastic_ip.network_interface_id:
        yield Reference("network_interface_id", elastic_ip.network_interface_id, owned=True)
        yield Reference("vpc_id", elastic_ip.vpc_id, owned=True)
