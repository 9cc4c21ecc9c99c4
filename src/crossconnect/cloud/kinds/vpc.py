"""VPCs: a tenant's own network, with addresses that may be anybody else's, too."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from crossconnect.cloud.addresses import VPC_LENGTHS, cidr, clash
from crossconnect.cloud.kinds.network_acl import ALLOW_ALL, NetworkAcl
from crossconnect.cloud.kinds.route_table import RouteTable
from crossconnect.cloud.kinds.security_group import SecurityGroup, SecurityGroupRule
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.resource import Body, Change, Effect, Patch, Reference, Resource, conflict, invalid
from crossconnect.cloud.view import Context, View, born

CIDR_BLOCKS_MAX = 5
"""Per IP version, as in AWS by default."""


class Vpc(Resource, frozen=True, kw_only=True):
    """A VPC with its default group, network ACL and main route table, which come and go with it."""

    cidr_blocks: tuple[str, ...]
    """IPv4, /16 to /28 each, none inside another."""
    ipv6_cidr_blocks: tuple[str, ...] = ()
    """IPv6, /44 to /60 each."""
    dhcp_options_id: str = ""
    """None: the region's."""
    dns_support: bool = True
    """Whether the resolver at the third address of each subnet answers."""
    main_route_table_id: str
    default_security_group_id: str
    default_network_acl_id: str


class VpcBody(Body, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To create one."""

    cidr_blocks: tuple[str, ...]
    ipv6_cidr_blocks: tuple[str, ...] = ()
    dhcp_options_id: str = ""
    dns_support: bool = True


class VpcPatch(Patch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To change one. CIDR blocks may be added, and taken away where no subnet is in them."""

    cidr_blocks: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    ipv6_cidr_blocks: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    dhcp_options_id: str | msgspec.UnsetType = msgspec.UNSET
    dns_support: bool | msgspec.UnsetType = msgspec.UNSET


def references(vpc: Vpc) -> Iterator[Reference]:
    """Its DHCP options."""
    if vpc.dhcp_options_id:
        yield Reference("dhcp_options_id", vpc.dhcp_options_id)


def create(body: VpcBody, view: View, context: Context) -> Change:
    """A VPC, with a group that lets its members talk to each other and out, a network ACL that allows everything, and
    an empty main route table."""
    if not body.cidr_blocks:
        raise invalid("vpc.no-cidr", "a VPC has at least one IPv4 CIDR block", "/cidr_blocks")
    id, table, group, acl = (context.new_id(prefix) for prefix in ("vpc", "rtb", "sg", "acl"))
    vpc = born(
        Vpc,
        id,
        context,
        body,
        cidr_blocks=_blocks(body.cidr_blocks, 4),
        ipv6_cidr_blocks=_blocks(body.ipv6_cidr_blocks, 6),
        dhcp_options_id=body.dhcp_options_id,
        dns_support=body.dns_support,
        main_route_table_id=table,
        default_security_group_id=group,
        default_network_acl_id=acl,
    )
    rules = [("ingress", group), ("egress", "0.0.0.0/0"), ("egress", "::/0")]
    return Change(
        put=(
            vpc,
            born(RouteTable, table, context, name="main", vpc_id=id, main=True),
            born(SecurityGroup, group, context, name="default", vpc_id=id, default=True),
            born(NetworkAcl, acl, context, name="default", vpc_id=id, default=True, entries=ALLOW_ALL),
            *(
                born(
                    SecurityGroupRule,
                    context.new_id("sgr"),
                    context,
                    security_group_id=group,
                    direction=direction,
                    protocol="all",
                    peer=peer,
                    default=True,
                )
                for direction, peer in rules
            ),
        )
    )


def update(vpc: Vpc, patch: VpcPatch, view: View, context: Context) -> Change:
    """The VPC with what the patch says. A block in which a subnet is stays."""
    changed = vpc
    for field, version in (("cidr_blocks", 4), ("ipv6_cidr_blocks", 6)):
        wanted: tuple[str, ...] | msgspec.UnsetType = getattr(patch, field)
        if wanted is msgspec.UNSET:
            continue
        if not wanted and version == 4:
            raise invalid("vpc.no-cidr", "a VPC has at least one IPv4 CIDR block", f"/{field}")
        blocks = _blocks(wanted, version)
        gone = set(getattr(vpc, field)) - set(blocks)
        for subnet in view.referring(Subnet, vpc.id, "vpc_id") if gone else ():
            own = subnet.cidr_block if version == 4 else subnet.ipv6_cidr_block
            if own and (block := clash(own, gone)):
                raise conflict("vpc.cidr-in-use", f"subnet {subnet.id} ({own}) is in {block}", f"/{field}")
        changed = msgspec.structs.replace(changed, **{field: blocks})
    for field in ("dhcp_options_id", "dns_support"):
        value = getattr(patch, field)
        if value is not msgspec.UNSET:
            changed = msgspec.structs.replace(changed, **{field: value})
    return Change(put=(changed,))


def delete(vpc: Vpc, view: View, context: Context) -> Change:
    """The VPC and what came with it; refused while anything else is in it, which the caller has looked up."""
    owned = [vpc.main_route_table_id, vpc.default_security_group_id, vpc.default_network_acl_id]
    rules = view.referring(SecurityGroupRule, vpc.default_security_group_id, "security_group_id")
    return Change(
        delete=(vpc.id, *owned, *(rule.id for rule in rules)),
        effects=(Effect(f"VPC {vpc.id} is empty: nothing talks over it", resource_id=vpc.id),),
    )


def _blocks(texts: tuple[str, ...], version: int) -> tuple[str, ...]:
    field = "cidr_blocks" if version == 4 else "ipv6_cidr_blocks"
    if len(texts) > CIDR_BLOCKS_MAX:
        raise invalid("vpc.cidrs-too-many", f"{len(texts)} CIDR blocks; at most {CIDR_BLOCKS_MAX}", f"/{field}")
    found: list[str] = []
    for n, text in enumerate(texts):
        block = cidr(text, version, f"/{field}/{n}", VPC_LENGTHS)
        if other := clash(block, found):
            raise invalid("vpc.cidr-overlap", f"{block} overlaps {other}", f"/{field}/{n}")
        found.append(block)
    return tuple(found)
