"""What becomes of elastic IPs."""

from __future__ import annotations

import msgspec

from crossconnect.cloud.decisions.network_interface import unassociated
from crossconnect.cloud.kinds.elastic_ip import ElasticIp, ElasticIpBody, ElasticIpPatch
from crossconnect.cloud.kinds.gateways import InternetGateway, NatGateway
from crossconnect.cloud.kinds.load_balancer import LoadBalancer
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.resource import Change, Claim, Effect, conflict, invalid, missing
from crossconnect.cloud.view import Context, View, born
from crossconnect.net import address_text, contains, parse

SCOPE = "public/4"


def create(body: ElasticIpBody, view: View, context: Context) -> Change:
    """An elastic IP, associated at once where an interface is named."""
    id = context.new_id("eip")
    address, claim = _address(body.address, id, view, context)
    elastic_ip = born(ElasticIp, id, context, body, address=address)
    others: tuple[ElasticIp, ...] = ()
    if body.network_interface_id:
        elastic_ip, others = _associated(elastic_ip, body.network_interface_id, body.private_address, view)
    elif body.private_address:
        _refuse_alone()
    return Change(put=(elastic_ip, *others), claims=(claim,), effects=_displaced(others))


def update(elastic_ip: ElasticIp, patch: ElasticIpPatch, view: View, context: Context) -> Change:
    """The elastic IP at another interface: it moves there, and one that stood for that private address is associated
    with nothing afterwards (AWS's AssociateAddress). With an empty interface it is associated with none."""
    if patch.network_interface_id is msgspec.UNSET and patch.private_address is msgspec.UNSET:
        return Change(put=(elastic_ip,))
    interface_id = patch.network_interface_id
    if interface_id is msgspec.UNSET:
        interface_id = elastic_ip.network_interface_id
    private = "" if patch.private_address is msgspec.UNSET else patch.private_address
    others: tuple[ElasticIp, ...] = ()
    if interface_id:
        refuse_used(elastic_ip, view, "/network_interface_id")
        changed, others = _associated(elastic_ip, interface_id, private, view)
    else:
        if private:
            _refuse_alone()
        changed = unassociated(elastic_ip)
    effects = _displaced(others)
    before = (elastic_ip.network_interface_id, elastic_ip.private_address)
    if elastic_ip.network_interface_id and before != (changed.network_interface_id, changed.private_address):
        message = f"connections to and from {before[1]} of {before[0]} by {elastic_ip.address} end"
        effects = (Effect(message, cuts=True, resource_id=before[0]), *effects)
    return Change(put=(changed, *others), effects=effects)


def delete(elastic_ip: ElasticIp, view: View, context: Context) -> Change:
    """The elastic IP, which is associated with nothing any more: its address may be another project's next."""
    if elastic_ip.network_interface_id:
        message = f"{elastic_ip.address} is associated with {elastic_ip.network_interface_id}"
        raise conflict("elastic-ip.associated", message)
    return Change(delete=(elastic_ip.id,))


def refuse_used(elastic_ip: ElasticIp, view: View, field: str, beside: str = "") -> None:
    """Refused where a NAT gateway, a load balancer or a subnet other than `beside` has an elastic IP."""
    for kind, use in ((NatGateway, "elastic_ip_id"), (LoadBalancer, "elastic_ip_id"), (Subnet, "egress_elastic_ip_id")):
        for user in view.referring(kind, elastic_ip.id, use):
            if user.id != beside:
                raise conflict("elastic-ip.in-use", f"{elastic_ip.address} ({elastic_ip.id}) is of {user.id}", field)


def unused(id: str, view: View, field: str) -> ElasticIp:
    """An elastic IP that a body names, and nobody uses."""
    elastic_ip = view.get(ElasticIp, id)
    if elastic_ip is None:
        raise missing("elastic-ip", id, field)
    if elastic_ip.network_interface_id:
        message = f"{elastic_ip.address} ({id}) is associated with {elastic_ip.network_interface_id}"
        raise conflict("elastic-ip.in-use", message, field)
    refuse_used(elastic_ip, view, field)
    return elastic_ip


def refuse_without_internet_gateway(vpc_id: str, view: View, field: str) -> None:
    """Refused where a VPC has no way to the internet."""
    if not view.count_referring(InternetGateway, vpc_id, "vpc_id"):
        raise conflict("internet-gateway.none", f"VPC {vpc_id} has no internet gateway attached", field)


def _associated(
    elastic_ip: ElasticIp, interface_id: str, private: str, view: View
) -> tuple[ElasticIp, tuple[ElasticIp, ...]]:
    """The elastic IP at an interface's address, and others that stood for that address."""
    interface = view.get(NetworkInterface, interface_id)
    if interface is None:
        raise missing("network-interface", interface_id, "/network_interface_id")
    if not interface.private_addresses:
        raise invalid("elastic-ip.no-ipv4", f"{interface_id} has no IPv4 address", "/network_interface_id")
    private = private or interface.private_addresses[0]
    if private not in interface.private_addresses:
        message = f"{private} is not an address of {interface_id}: {', '.join(interface.private_addresses)} are"
        raise invalid("elastic-ip.private-address", message, "/private_address")
    refuse_without_internet_gateway(interface.vpc_id, view, "/network_interface_id")
    others = view.referring(ElasticIp, interface_id, "network_interface_id")
    displaced = tuple(unassociated(o) for o in others if o.private_address == private and o.id != elastic_ip.id)
    changed = msgspec.structs.replace(
        elastic_ip, network_interface_id=interface_id, private_address=private, vpc_id=interface.vpc_id
    )
    return changed, displaced


def _displaced(others: tuple[ElasticIp, ...]) -> tuple[Effect, ...]:
    return tuple(Effect(f"{o.address} ({o.id}) leads nowhere any more", cuts=True, resource_id=o.id) for o in others)


def _refuse_alone() -> None:
    message = "a private address is an interface's: name that, too"
    raise invalid("elastic-ip.private-address", message, "/private_address")


def _address(text: str, id: str, view: View, context: Context) -> tuple[str, Claim]:
    """The address that a request names, or the next free one of the region's pools. First and last address of a pool
    are not given: there are still networks that drop them."""
    if text:
        try:
            parsed = parse(text)
        except ValueError as error:
            raise invalid("address.malformed", f"{text!r} is no address: {error}", "/address") from None
        pool = next((p for p in context.public_prefixes if contains(p, text)), "")
        if "/" in text or not pool or not _first(pool) <= parsed.value <= _last(pool):
            raise invalid("elastic-ip.no-pool", f"{text} is in none of the region's pools", "/address")
        if not view.is_free(SCOPE, parsed.value):
            raise conflict("address.in-use", f"{text} is in use", "/address")
        return address_text(4, parsed.value), Claim(SCOPE, parsed.value, id)
    for pool in context.public_prefixes:
        value = view.next_free(SCOPE, _first(pool), _last(pool))
        if value is not None:
            return address_text(4, value), Claim(SCOPE, value, id)
    raise conflict("elastic-ip.exhausted", "the region has no free public address left", "/address")


def _first(pool: str) -> int:
    parsed = parse(pool)
    return parsed.value + (parsed.length < 31)


def _last(pool: str) -> int:
    parsed = parse(pool)
    return (parsed.value | parsed.host_mask) - (parsed.length < 31)
