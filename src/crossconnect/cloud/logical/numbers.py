"""Addresses and MACs that follow from ids and numbers."""

from __future__ import annotations

import hashlib

from crossconnect.cloud.kinds.peering import VpcPeering
from crossconnect.cloud.kinds.transit import TransitRouterAttachment
from crossconnect.cloud.logical.queries import Unrealisable
from crossconnect.cloud.region import CloudRegion, ProviderNetwork
from crossconnect.cloud.resource import Resource
from crossconnect.net import Mac, address_text, contains, mac_text, parse, parse_mac

TRANSFER_FIRST = 15
"""Added to a router's number: the first 15 hosts of a transfer prefix are the provider's."""


_NO_LINK = "the region's prefix for links between routers has no address left"


def digest(text: str) -> int:
    """64 bits that follow from a text."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def number_of(resource: Resource) -> int:
    """The number that the region gave a resource for good; 0 for none."""
    return getattr(resource, "number", 0)


def router_mac(region: CloudRegion, text: str) -> Mac:
    """A router port's MAC: the region's first octets, then a hash. No two router ports share a tenant's segment."""
    head = parse_mac(f"{region.mac_prefix}:00:00:00")
    return mac_text(head | digest(text) & 0xFFFFFF)


def provider_mac(region: CloudRegion, resource: Resource) -> Mac:
    """The MAC of a router's port on a provider network, which all VPCs share: the number decides."""
    number = number_of(resource)
    if not number:
        return router_mac(region, resource.id)
    return mac_text(parse_mac(f"{region.mac_prefix}:00:00:00") | 0x800000 | number & 0x7FFFFF)


def transfer_addresses(network: ProviderNetwork, resource: Resource) -> tuple[str, ...]:
    """A router's addresses on a provider network, with their prefix lengths."""
    return tuple(
        transfer_address(prefix, network.name, resource)
        for prefix in (network.transfer_prefix, network.transfer_prefix6)
        if prefix
    )


def transfer_address(prefix: str, network: str, resource: Resource) -> str:
    """A router's address of one of a network's transfer prefixes, with its length."""
    parsed = parse(prefix)
    room = (parsed.host_mask if parsed.version == 4 else min(parsed.host_mask, 1 << 60)) - TRANSFER_FIRST - 1
    number = number_of(resource) or digest(resource.id) % max(room, 1) + 1
    if number > room:
        raise Unrealisable(f"the provider's transfer network {network} has no address left")
    return f"{address_text(parsed.version, parsed.value + TRANSFER_FIRST + number)}/{parsed.length}"


def link_addresses(region: CloudRegion, link: Resource, side: str) -> tuple[str, str]:
    """IPv4 and IPv6 address of one end of a link between routers, by the id of the router there; the other end is
    reached by its port, so that they need not be in one prefix. `link` is what the link is made for: its number
    decides, so that no two links have an address in common."""
    found: list[str] = []
    for prefix in (region.link_prefix, region.link_prefix6):
        parsed = parse(prefix)
        address = address_text(parsed.version, parsed.value | _link_host(link, side, parsed.host_mask))
        if any(contains(taken, address) for taken in (region.private_link_prefix, region.private_link_prefix6)):
            raise Unrealisable(_NO_LINK)
        found.append(address)
    return found[0], found[1]


def _link_host(link: Resource, side: str, mask: int) -> int:
    """number, kind of number, end. Numbers of peerings and attachments are counted apart from those of gateways."""
    number = number_of(link)
    if not number:  # a document from before there were numbers
        return digest(f"{link.id}/{side}") & mask
    match link:
        case VpcPeering():
            apart, far = 1, side == link.peer_vpc_id
        case TransitRouterAttachment():
            apart, far = 1, side == link.transit_router_id
        case _:
            apart, far = 0, side == link.id
    host = number << 2 | apart << 1 | far
    if host > mask:
        raise Unrealisable(_NO_LINK)
    return host


def link_networks(region: CloudRegion, link: Resource, side: str) -> frozenset[str]:
    """The same as a router port's networks."""
    four, six = link_addresses(region, link, side)
    return frozenset((f"{four}/32", f"{six}/128"))
