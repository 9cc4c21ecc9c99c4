"""Addresses of subnets: one that is asked for, or the next free one."""

from __future__ import annotations

from collections.abc import Sequence

from crossconnect.cloud.addresses import host_range
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.resource import Claim, conflict, invalid
from crossconnect.cloud.view import View
from crossconnect.net import address_text, contains, parse


def block(subnet: Subnet, version: int) -> str:
    """A subnet's block of an IP version; empty where it has none."""
    return subnet.cidr_block if version == 4 else subnet.ipv6_cidr_block


def claim_of(subnet_id: str, address: str, owner: str) -> Claim:
    """What says that an address of a subnet is somebody's."""
    parsed = parse(address)
    return Claim(f"{subnet_id}/{parsed.version}", parsed.value, owner)


def wanted(subnet: Subnet, version: int, text: str, field: str) -> str:
    """An address that a request names, in canonical form. Refused where it is none of the subnet's, or reserved."""
    try:
        parsed = parse(text)
    except ValueError as error:
        raise invalid("address.malformed", f"{text!r} is no address: {error}", field) from None
    if "/" in text or parsed.version != version:
        raise invalid("address.malformed", f"{text!r} is no IPv{version} address", field)
    prefix = block(subnet, version)
    if not prefix:
        raise invalid("address.no-block", f"subnet {subnet.id} has no IPv{version} CIDR block", field)
    if not contains(prefix, text):
        raise invalid("address.outside", f"{text} is not in {prefix} of subnet {subnet.id}", field)
    first, last = host_range(prefix)
    if not first <= parsed.value <= last:
        raise invalid("address.reserved", f"{text} is one of the five reserved addresses of {prefix}", field)
    return address_text(version, parsed.value)


def taken(view: View, subnet: Subnet, address: str, owner: str, field: str) -> Claim:
    """The claim for an address that is wanted; refused where another resource has it."""
    claim = claim_of(subnet.id, address, owner)
    if not view.is_free(claim.scope, claim.value):
        raise conflict("address.in-use", f"{address} in subnet {subnet.id} is in use", field)
    return claim


def next_free(view: View, subnet: Subnet, version: int, owner: str, beside: Sequence[str] = ()) -> tuple[str, Claim]:
    """The lowest address of a subnet that nobody has, and that is not one of `beside`, with its claim."""
    prefix = block(subnet, version)
    first, last = host_range(prefix)
    others = {parse(address).value for address in beside}
    scope = f"{subnet.id}/{version}"
    value = view.next_free(scope, first, last)
    while value is not None and value in others:
        value = view.next_free(scope, value + 1, last)
    if value is None:
        raise conflict("address.exhausted", f"subnet {subnet.id} ({prefix}) has no free address")
    return address_text(version, value), Claim(scope, value, owner)


def given(view: View, subnet: Subnet, address: str, owner: str, field: str) -> tuple[str, Claim]:
    """The IPv4 address that a request names, or the next free one where it names none, with its claim."""
    if not address:
        if not subnet.cidr_block:
            raise invalid("address.no-block", f"subnet {subnet.id} has no IPv4 CIDR block", field)
        return next_free(view, subnet, 4, owner)
    found = wanted(subnet, 4, address, field)
    return found, taken(view, subnet, found, owner, field)
