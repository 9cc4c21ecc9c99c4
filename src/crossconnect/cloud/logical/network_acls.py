"""Network ACLs: which entries decide at a subnet's border, and of which subnets."""

from __future__ import annotations

from typing import Literal

from crossconnect.cloud.kinds.network_acl import AclEntry, NetworkAcl
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.queries import Queries
from crossconnect.net import version_of

Direction = Literal["ingress", "egress"]


def acl_of(q: Queries, subnet_id: str) -> str:
    """The id of the network ACL that a subnet is behind."""
    subnet = q.need(Subnet, subnet_id)
    return subnet.network_acl_id or q.need(Vpc, subnet.vpc_id).default_network_acl_id


def _effective(q: Queries, id: str, direction: Direction) -> tuple[AclEntry, ...]:
    """The entries of a direction; none where they let everything pass."""
    acl = q.get(NetworkAcl, id)
    if acl is None:
        return ()
    entries = sorted((e for e in acl.entries if e.direction == direction), key=lambda entry: entry.number)
    open_for: set[int] = set()
    for entry in entries:
        if entry.action == "deny":
            break
        if entry.protocol == "all" and entry.cidr in ("0.0.0.0/0", "::/0"):
            open_for.add(version_of(entry.cidr))
    return () if open_for == {4, 6} else (*entries, DEFAULT)


DEFAULT = AclEntry(number=0, direction="ingress", action="deny", cidr="0.0.0.0/0")
"""Stands for what is denied at the end."""


def arriving(q: Queries, id: str) -> tuple[AclEntry, ...]:
    """What decides about packets that enter subnets; nothing where all may."""
    return _effective(q, id, "ingress")


def leaving(q: Queries, id: str) -> tuple[AclEntry, ...]:
    """What decides about packets that leave subnets; nothing where all may."""
    return _effective(q, id, "egress")


def subnets_behind(q: Queries, id: str) -> tuple[str, ...]:
    """The subnets behind a network ACL."""
    acl = q.need(NetworkAcl, id)
    found = q.referring(Subnet, "network_acl_id", id)
    if acl.default:
        found = [s for s in q.referring(Subnet, "vpc_id", acl.vpc_id) if q.ask(acl_of, s) == id]
    return tuple(s for s in found if _is_there(q, s))


def _is_there(q: Queries, subnet_id: str) -> bool:
    return q.get(Subnet, subnet_id) is not None
