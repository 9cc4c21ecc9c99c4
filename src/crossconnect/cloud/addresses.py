"""CIDR blocks and addresses of subnets, with AWS's rules."""

from __future__ import annotations

from collections.abc import Iterable

from crossconnect.cloud.resource import invalid
from crossconnect.net import address_text, interface_prefix, overlaps, parse, unroutable

VPC_LENGTHS = {4: (16, 28), 6: (44, 60)}
SUBNET_LENGTHS = {4: (16, 28), 6: (44, 64)}
"""Shortest and longest prefix (AWS VPC User Guide, "VPC CIDR blocks", "Subnet CIDR blocks")."""


def cidr(text: str, version: int, field: str, lengths: dict[int, tuple[int, int]] | None = None) -> str:
    """A CIDR block in canonical form. Refused where it is none, has host bits, is of the other IP version, is not for
    hosts (multicast, loopback, ...) or has another length than `lengths` allow."""
    try:
        parsed = parse(text)
    except ValueError as error:
        raise invalid("cidr.malformed", f"{text!r} is no CIDR block: {error}", field) from None
    if parsed.version != version or "/" not in text:
        raise invalid("cidr.malformed", f"{text!r} is no IPv{version} CIDR block", field)
    prefix = interface_prefix(text)
    if parsed.value & parsed.host_mask:
        raise invalid("cidr.host-bits", f"{text} has host bits; its block is {prefix}", field)
    if lengths is not None:
        low, high = lengths[version]
        if not low <= parsed.length <= high:
            raise invalid("cidr.length", f"{text} has /{parsed.length}; /{low} to /{high} are possible", field)
        if why := unroutable(address_text(version, parsed.value + 1)):
            raise invalid("cidr.unusable", f"{text} is {why}", field)
    return prefix


def clash(block: str, others: Iterable[str]) -> str:
    """The first of some blocks that overlaps with another one; empty for none."""
    return next((other for other in others if overlaps(block, other)), "")


def host_range(block: str) -> tuple[int, int]:
    """(first, last) address of a subnet that interfaces may have, as integers. The first four and the last one are
    reserved, in both versions (AWS VPC User Guide, "Subnet sizing")."""
    parsed = parse(block)
    return parsed.value + 4, (parsed.value | parsed.host_mask) - 1


def nth(block: str, n: int) -> str:
    """The n-th address of a block, from 0."""
    parsed = parse(block)
    return address_text(parsed.version, parsed.value + n)


def gateway(block: str) -> str:
    """The router's address in a subnet."""
    return nth(block, 1)


def resolver(block: str) -> str:
    """The DNS resolver's address in a subnet."""
    return nth(block, 2)
