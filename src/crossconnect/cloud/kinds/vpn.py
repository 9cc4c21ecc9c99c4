"""Site-to-site VPN: a customer gateway is the router at a customer's site, a VPN connection the tunnels between it and
the region's concentrators in the VRF of a private gateway."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from crossconnect.cloud.resource import Body, Patch, Reference, Resource


class CustomerGateway(Resource, frozen=True, kw_only=True):
    """A router that is not the region's, at which tunnels end."""

    address: str
    """Where concentrators reach it, and by which it says who it is (IKEv2, RFC 7296)."""


class CustomerGatewayBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    address: str


class CustomerGatewayPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To name one. One with another address is another one: VPN connections are moved to it."""


class VpnConnection(Resource, frozen=True, kw_only=True):
    """Tunnels to a customer gateway, one from each concentrator of the private gateway's network. Its pre-shared key is
    in no document: concentrators have it under the connection's id."""

    private_gateway_id: str
    """By which VPCs reach what is behind it."""
    customer_gateway_id: str
    prefixes: tuple[str, ...]
    """What the customer's site has: CIDR blocks, propagated as those of the private gateway are. No part of them is
    behind another VPN connection in the same VRF."""


class VpnConnectionBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    private_gateway_id: str
    customer_gateway_id: str
    prefixes: tuple[str, ...]


class VpnConnectionPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one; `prefixes` replaces all of them."""

    customer_gateway_id: str | msgspec.UnsetType = msgspec.UNSET
    prefixes: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET


def customer_gateway_references(gateway: CustomerGateway) -> tuple[Reference, ...]:
    """Nothing."""
    return ()


def connection_references(connection: VpnConnection) -> Iterator[Reference]:
    """Both ends."""
    yield Reference("private_gateway_id", connection.private_gateway_id)
    yield Reference("customer_gateway_id", connection.customer_gateway_id)
