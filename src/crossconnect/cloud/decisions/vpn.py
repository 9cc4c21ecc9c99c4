"""What becomes of customer gateways and VPN connections."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from crossconnect.cloud.addresses import clash
from crossconnect.cloud.decisions.private_gateway import is_learnt, prefixes_said, taken_over
from crossconnect.cloud.kinds.private_gateway import PrivateGateway
from crossconnect.cloud.kinds.vpn import (
    CustomerGateway,
    CustomerGatewayBody,
    VpnConnection,
    VpnConnectionBody,
    VpnConnectionPatch,
)
from crossconnect.cloud.resource import Change, Effect, conflict, invalid, missing
from crossconnect.cloud.view import Context, View, born
from crossconnect.net import canonical_address, contains, unroutable


def create_customer_gateway(body: CustomerGatewayBody, view: View, context: Context) -> Change:
    """A customer gateway at an address that routers forward to."""
    try:
        address = canonical_address(body.address)
    except ValueError:
        raise invalid("address.malformed", f"{body.address[:80]!r} is no IP address", "/address") from None
    why = unroutable(address)
    if any(contains(prefix, address) for prefix in context.reserved_prefixes):
        why = "between the region's routers"
    if why:
        raise invalid("customer-gateway.address", f"{address} is {why}: no router is reached there", "/address")
    return Change(put=(born(CustomerGateway, context.new_id("cgw"), context, body, address=address),))


def create(body: VpnConnectionBody, view: View, context: Context) -> Change:
    """A VPN connection between two gateways of the project."""
    gateway = view.get(PrivateGateway, body.private_gateway_id)
    if gateway is None:
        raise missing("private-gateway", body.private_gateway_id, "/private_gateway_id")
    _the_customer_gateway(body.customer_gateway_id, view)
    connection = born(
        VpnConnection,
        context.new_id("vpn"),
        context,
        body,
        private_gateway_id=gateway.id,
        customer_gateway_id=body.customer_gateway_id,
        prefixes=_prefixes(body.prefixes),
    )
    _refuse_elsewhere(connection, gateway, view)
    return Change(put=(connection,), effects=tuple(taken_over(gateway.id, connection, view)))


def update(connection: VpnConnection, patch: VpnConnectionPatch, view: View, context: Context) -> Change:
    """The connection to another customer gateway, or with other prefixes behind it."""
    gateway = view.get(PrivateGateway, connection.private_gateway_id)
    assert gateway is not None
    changed = connection
    effects: list[Effect] = []
    if patch.customer_gateway_id is not msgspec.UNSET and patch.customer_gateway_id != connection.customer_gateway_id:
        customer = _the_customer_gateway(patch.customer_gateway_id, view)
        changed = msgspec.structs.replace(changed, customer_gateway_id=customer.id)
        message = f"the tunnels of {connection.id} end, and others lead to {customer.address}"
        effects.append(Effect(message, cuts=True, resource_id=connection.id))
    if patch.prefixes is not msgspec.UNSET:
        changed = msgspec.structs.replace(changed, prefixes=_prefixes(patch.prefixes))
        _refuse_elsewhere(changed, gateway, view)
        gone = _gone((p for p in connection.prefixes if p not in changed.prefixes), connection.id)
        if not gone and changed.prefixes != connection.prefixes:
            # What a tunnel carries is agreed on when it is made (RFC 7296 2.9).
            message = f"the tunnels of {connection.id} are made again, with what is behind them then"
            gone = (Effect(message, cuts=True, resource_id=connection.id),)
        effects += gone
        effects += taken_over(gateway.id, changed, view)
    return Change(put=(changed,), effects=tuple(effects))


def delete(connection: VpnConnection, view: View, context: Context) -> Change:
    """The connection, and what is learnt by it."""
    gateway = view.get(PrivateGateway, connection.private_gateway_id)
    assert gateway is not None
    cuts = is_learnt(gateway, view)
    effects = _gone(connection.prefixes, connection.id) if cuts else ()
    return Change(delete=(connection.id,), effects=effects)


def _gone(prefixes: Iterable[str], id: str) -> tuple[Effect, ...]:
    gone = ", ".join(prefixes)
    return (Effect(f"{gone} is not reached through {id} any more", cuts=True, resource_id=id),) if gone else ()


def _the_customer_gateway(id: str, view: View) -> CustomerGateway:
    found = view.get(CustomerGateway, id)
    if found is None:
        raise missing("customer-gateway", id, "/customer_gateway_id")
    return found


def _prefixes(given: tuple[str, ...]) -> tuple[str, ...]:
    if not given:
        message = "a VPN connection leads to what the customer's site has: at least one prefix"
        raise invalid("vpn-connection.no-prefix", message, "/prefixes")
    return prefixes_said(given)


def _refuse_elsewhere(connection: VpnConnection, gateway: PrivateGateway, view: View) -> None:
    """Refused where a part of its prefixes is behind another VPN connection in the VRF, which is one project's: a
    concentrator has one way to an address."""
    for other in view.all_of(VpnConnection):
        theirs = view.get(PrivateGateway, other.private_gateway_id)
        if other.id == connection.id or theirs is None or theirs.vrf != gateway.vrf:
            continue
        for n, prefix in enumerate(connection.prefixes):
            if clash(prefix, other.prefixes):
                message = f"{prefix} overlaps what is behind {other.id}, in {gateway.vrf} as well"
                raise conflict("vpn-connection.overlap", message, f"/prefixes/{n}")
