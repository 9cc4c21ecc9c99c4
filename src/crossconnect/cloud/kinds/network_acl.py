"""Network ACLs: stateless filters at the border of subnets. Entries are looked at in the order of their numbers, the
first that matches decides, what none matches is denied. Traffic inside a subnet does not pass them (AWS VPC User Guide,
"Network ACLs")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from crossconnect.cloud.resource import Body, Patch, Reference, Resource

NUMBER_MAX = 32766


class AclEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry, of one direction and IP version."""

    number: int
    """1 to 32766, unique among the entries of its direction."""
    direction: Literal["ingress", "egress"]
    action: Literal["allow", "deny"]
    protocol: str = "all"
    """`tcp`, `udp`, `icmp`, `icmpv6`, `all`, or an IP protocol number."""
    cidr: str
    """Where packets come from (`ingress`) or go to (`egress`)."""
    from_port: int | None = None
    """First port, or ICMP type."""
    to_port: int | None = None
    """Last port, or ICMP code."""


ALLOW_ALL = tuple(
    AclEntry(number=100 + n, direction=direction, action="allow", cidr=cidr)
    for direction in ("ingress", "egress")
    for n, cidr in enumerate(("0.0.0.0/0", "::/0"))
)
"""What the default network ACL of a VPC has at first."""


class NetworkAcl(Resource, frozen=True, kw_only=True):
    """A network ACL. A new one has no entries, and so denies everything."""

    vpc_id: str
    default: bool = False
    """Whether subnets that name none are behind it. The default one goes with its VPC."""
    entries: tuple[AclEntry, ...] = ()
    """In the order of direction and number."""
    number: int = 0
    """One of the region's own: flow records name by it what no entry allows."""
    entry_numbers: tuple[int, ...] = ()
    """Of each entry, in their order, one of the region's own: flow records name the entry by it. 0 for those of
    `egress`, of which there are no records. None for a list that is older than this: records name the list."""


class NetworkAclBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    vpc_id: str
    entries: tuple[AclEntry, ...] = ()


class NetworkAclPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one; `entries` replaces all of them."""

    entries: tuple[AclEntry, ...] | msgspec.UnsetType = msgspec.UNSET


def references(acl: NetworkAcl) -> Iterator[Reference]:
    """Its VPC."""
    yield Reference("vpc_id", acl.vpc_id, owned=acl.default)
