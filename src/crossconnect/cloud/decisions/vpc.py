"""What becomes of VPCs."""

from __future__ import annotations

from typing import Literal

import msgspec

from crossconnect.cloud.addresses import VPC_LENGTHS, cidr, clash
from crossconnect.cloud.decisions.claimed import numbers, rule_claim
from crossconnect.cloud.decisions.meeting import met_by, refuse_overlap
from crossconnect.cloud.kinds.network_acl import ALLOW_ALL, NetworkAcl
from crossconnect.cloud.kinds.route_table import RouteTable
from crossconnect.cloud.kinds.security_group import SecurityGroup, SecurityGroupRule
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.vpc import Vpc, VpcBody, VpcPatch
from crossconnect.cloud.limits import limit
from crossconnect.cloud.resource import Change, Effect, conflict, invalid
from crossconnect.cloud.view import Context, View, born
from crossconnect.net import overlaps

LINKS = {4: "100.64.0.0/10", 6: "fd6c:6e6b::/32"}
"""Blocks that the region has for the links between its routers: no VPC has a part of them."""


def create(body: VpcBody, view: View, context: Context) -> Change:
    """A VPC, with a group that lets its members talk to each other and out, a network ACL that allows everything, and
    an empty main route table."""
    id, table, group, acl = (context.new_id(prefix) for prefix in ("vpc", "rtb", "sg", "acl"))
    (number,) = numbers(view, "transfer", id)
    vpc = born(
        Vpc,
        id,
        context,
        body,
        cidr_blocks=_blocks(body.cidr_blocks, 4, context),
        ipv6_cidr_blocks=_blocks(body.ipv6_cidr_blocks, 6, context),
        dhcp_options_id=body.dhcp_options_id,
        dns_support=body.dns_support,
        main_route_table_id=table,
        default_security_group_id=group,
        default_network_acl_id=acl,
        number=number.value,
    )
    peers: tuple[tuple[Literal["ingress", "egress"], str], ...] = (
        ("ingress", group),
        ("egress", "0.0.0.0/0"),
        ("egress", "::/0"),
    )
    samples = numbers(view, "sample", acl, 1 + len(peers))
    rules = [
        born(
            SecurityGroupRule,
            context.new_id("sgr"),
            context,
            security_group_id=group,
            direction=direction,
            protocol="all",
            peer=peer,
            default=True,
            number=sample.value,
        )
        for (direction, peer), sample in zip(peers, samples[1:], strict=True)
    ]
    return Change(
        put=(
            vpc,
            born(RouteTable, table, context, name="main", vpc_id=id, main=True),
            born(SecurityGroup, group, context, name="default", vpc_id=id, default=True),
            born(
                NetworkAcl,
                acl,
                context,
                name="default",
                vpc_id=id,
                default=True,
                entries=ALLOW_ALL,
                number=samples[0].value,
            ),
            *rules,
        ),
        claims=(
            number,
            samples[0],
            *(
                claim
                for rule, sample in zip(rules, samples[1:], strict=True)
                for claim in (msgspec.structs.replace(sample, owner=rule.id), rule_claim(rule))
            ),
        ),
    )


def update(vpc: Vpc, patch: VpcPatch, view: View, context: Context) -> Change:
    """The VPC with what the patch says. A block in which a subnet is stays; a new one must not overlap with what the VPC
    meets."""
    changed = vpc
    effects: list[Effect] = []
    for field, version in (("cidr_blocks", 4), ("ipv6_cidr_blocks", 6)):
        wanted: tuple[str, ...] | msgspec.UnsetType = getattr(patch, field)
        if wanted is msgspec.UNSET:
            continue
        had: tuple[str, ...] = getattr(vpc, field)
        blocks = _blocks(wanted, version, context)
        gone = [block for block in had if block not in blocks]
        for subnet in view.referring(Subnet, vpc.id, "vpc_id") if gone else ():
            own = subnet.cidr_block if version == 4 else subnet.ipv6_cidr_block
            if own and (block := clash(own, gone)):
                raise conflict("vpc.cidr-in-use", f"subnet {subnet.id} ({own}) is in {block}", f"/{field}")
        for n, block in enumerate(blocks):
            if block not in had:
                refuse_overlap((block,), met_by(vpc, view), f"/{field}/{n}")
        if gone:
            effects.append(Effect(f"no local route for {', '.join(gone)} any more", resource_id=vpc.id))
        changed = msgspec.structs.replace(changed, **{field: blocks})
    for field in ("dhcp_options_id", "dns_support"):
        value = getattr(patch, field)
        if value is not msgspec.UNSET:
            changed = msgspec.structs.replace(changed, **{field: value})
    if vpc.dns_support and not changed.dns_support:
        effects.append(Effect(f"the resolver of {vpc.id} answers nobody any more", cuts=True, resource_id=vpc.id))
    return Change(put=(changed,), effects=tuple(effects))


def delete(vpc: Vpc, view: View, context: Context) -> Change:
    """The VPC and what came with it; refused while anything else is in it, which the caller has looked up."""
    owned = [vpc.main_route_table_id, vpc.default_security_group_id, vpc.default_network_acl_id]
    rules = view.referring(SecurityGroupRule, vpc.default_security_group_id, "security_group_id")
    return Change(
        delete=(vpc.id, *owned, *(rule.id for rule in rules)),
        effects=(Effect(f"VPC {vpc.id} is empty: nothing talks over it", resource_id=vpc.id),),
    )


def _blocks(texts: tuple[str, ...], version: int, context: Context) -> tuple[str, ...]:
    field = "cidr_blocks" if version == 4 else "ipv6_cidr_blocks"
    if not texts and version == 4:
        raise invalid("vpc.no-cidr", "a VPC has at least one IPv4 CIDR block", f"/{field}")
    if len(texts) > (most := limit(context, "cidr_blocks_per_vpc")):
        raise invalid("vpc.cidrs-too-many", f"{len(texts)} CIDR blocks; at most {most}", f"/{field}")
    found: list[str] = []
    for n, text in enumerate(texts):
        block = cidr(text, version, f"/{field}/{n}", VPC_LENGTHS)
        if overlaps(block, LINKS[version]):
            raise invalid("cidr.reserved", f"{block} overlaps {LINKS[version]}, which the region has", f"/{field}/{n}")
        if other := clash(block, found):
            raise invalid("vpc.cidr-overlap", f"{block} overlaps {other}", f"/{field}/{n}")
        found.append(block)
    return tuple(found)
