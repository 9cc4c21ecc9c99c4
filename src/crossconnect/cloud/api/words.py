"""Kinds in words, as people write them."""

from __future__ import annotations

from crossconnect.cloud.resource import Kind

_SHORT = {"acl": "ACL", "acls": "ACLs", "dhcp": "DHCP", "dns": "DNS", "ip": "IP", "ips": "IPs", "nat": "NAT"}
_SHORT |= {"vpc": "VPC", "vpcs": "VPCs"}


def _words(text: str) -> str:
    return " ".join(_SHORT.get(part, part) for part in text.replace("-", "_").split("_"))


def words(kind: Kind) -> str:
    """`elastic IP`."""
    return _words(kind.name)


def plural(kind: Kind) -> str:
    """`elastic IPs`."""
    return _words(kind.path)


def one(kind: Kind) -> str:
    """`an elastic IP`."""
    text = words(kind)
    return f"{'an' if text[0] in 'aeio' else 'a'} {text}"
