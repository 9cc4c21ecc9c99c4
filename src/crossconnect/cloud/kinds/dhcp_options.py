"""DHCP options: what machines are told beside their address, router and MTU (RFC 2132, 8415)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from crossconnect.cloud.resource import Body, Patch, Reference, Resource

SERVERS_MAX = 4


class DhcpOptions(Resource, frozen=True, kw_only=True):
    """DHCP options of VPCs."""

    domain_name: str = ""
    domain_name_servers: tuple[str, ...] = ()
    """None: the VPC's own resolver."""
    ntp_servers: tuple[str, ...] = ()


class DhcpOptionsBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create them."""

    domain_name: str = ""
    domain_name_servers: tuple[str, ...] = ()
    ntp_servers: tuple[str, ...] = ()


class DhcpOptionsPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change them."""

    domain_name: str | msgspec.UnsetType = msgspec.UNSET
    domain_name_servers: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    ntp_servers: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


def references(options: DhcpOptions) -> Iterator[Reference]:
    """None."""
    return iter(())
