"""A project's VPC: where its Neutron networks are. Made when first needed, with an id that follows from the project's.

Its default network ACL denies everything: subnets reach each other by a router only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import msgspec

from crossconnect.cloud.decisions import vpc as vpcs
from crossconnect.cloud.decisions.claimed import next_after, rule_claim
from crossconnect.cloud.kinds.network_acl import NetworkAcl
from crossconnect.cloud.kinds.security_group import SecurityGroupRule
from crossconnect.cloud.kinds.vpc import Vpc, VpcBody, VpcPatch
from crossconnect.cloud.neutron.decisions.overlay import Overlay, joined
from crossconnect.cloud.resource import Change, Claim, Refused, Resource, invalid
from crossconnect.cloud.view import Context, View
from crossconnect.net import contains, parse, prefix_text

VPC_NAME = "neutron"
_BLOCK_LENGTHS = {4: 16, 6: 60}
"""Of the VPC's blocks around a subnet: the largest IPv4 one that a VPC may have, the smallest IPv6 one."""
_ANY = "10.0.0.0/16"
"""Stands for the block that a VPC must have when it is made; a project's has those of its subnets."""
CIDR_BLOCKS_MAX = 200


def vpc_id_of(project_id: str) -> str:
    """The id of a project's VPC."""
    return f"vpc-{hashlib.sha256(b'neutron/' + project_id.encode()).hexdigest()[:17]}"


def with_id(context: Context, prefix: str, id: str) -> Context:
    """A context that gives this id to the first resource of a prefix."""
    given = [id]

    def new_id(wanted: str) -> str:
        return given.pop() if wanted == prefix and given else context.new_id(wanted)

    return msgspec.structs.replace(context, new_id=new_id)


def project_vpc(view: View, context: Context) -> tuple[Vpc, Change]:
    """The project's VPC, and what makes it where there is none."""
    id = vpc_id_of(context.project_id)
    found = view.get(Vpc, id)
    if found is not None:
        return found, Change()
    body = VpcBody(name=VPC_NAME, description="Networks of the Neutron API", cidr_blocks=(_ANY,))
    made = vpcs.create(body, view, with_id(context, "vpc", id))
    put: list[Resource] = []
    claims = list(made.claims)
    for resource in made.put:
        if isinstance(resource, Vpc):
            put.append(found := msgspec.structs.replace(resource, cidr_blocks=()))
        elif isinstance(resource, NetworkAcl):
            put.append(msgspec.structs.replace(resource, entries=()))
        elif isinstance(resource, SecurityGroupRule) and resource.peer.startswith("sg-"):
            claims.remove(rule_claim(resource))
            halves, more = _halves(resource, claims, view, context)
            put += halves
            claims += more
        else:
            put.append(resource)
    assert found is not None
    return found, msgspec.structs.replace(made, put=tuple(put), claims=tuple(claims))


def _halves(
    rule: SecurityGroupRule, taken: Sequence[Claim], view: View, context: Context
) -> tuple[tuple[SecurityGroupRule, SecurityGroupRule], tuple[Claim, ...]]:
    """A rule of both IP versions as two of one, which is what Neutron's clients know."""
    second = context.new_id("sgr")
    sample = next_after(view, "sample", [claim.value for claim in taken if claim.scope == "sample"], second)
    four = msgspec.structs.replace(rule, ip_version=4)
    six = msgspec.structs.replace(rule, ip_version=6, id=second, number=sample.value)
    return (four, six), (sample, rule_claim(four), rule_claim(six))


def with_block(vpc: Vpc, block: str, view: View, context: Context) -> Change:
    """The VPC with room for a subnet's block."""
    parsed = parse(block)
    field = "cidr_blocks" if parsed.version == 4 else "ipv6_cidr_blocks"
    had: tuple[str, ...] = getattr(vpc, field)
    if any(contains(outer, block) for outer in had):
        return Change()
    length = min(_BLOCK_LENGTHS[parsed.version], parsed.length)
    bits = 32 if parsed.version == 4 else 128
    value = parsed.value >> (bits - length) << (bits - length)
    outer = prefix_text(parsed.version, value, length)
    wider = msgspec.structs.replace(context, quotas=context.quotas | {"cidr_blocks_per_vpc": CIDR_BLOCKS_MAX})
    blocks = (*(b for b in had if not contains(outer, b)), outer)
    patch = VpcPatch(cidr_blocks=blocks) if parsed.version == 4 else VpcPatch(ipv6_cidr_blocks=blocks)
    return vpcs.update(vpc, patch, view, wider)


def step(view: View, change: Change, decide: Callable[[View], Change]) -> Change:
    """One more decision on top of those before."""
    return joined(change, decide(Overlay(view, change)))


def in_front(change: Change, id: str) -> Change:
    """The change with the resource that was asked for at its beginning."""
    first = tuple(resource for resource in change.put if resource.id == id)
    return msgspec.structs.replace(change, put=(*first, *(r for r in change.put if r.id != id)))


def refuse(code: str, message: str, field: str = "") -> Refused:
    """What Neutron's words ask for and we do not do."""
    return invalid(f"neutron.{code}", message, field)
