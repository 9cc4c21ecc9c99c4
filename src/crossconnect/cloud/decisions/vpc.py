"""What becomes of VPCs."""

from __future__ import annotations

import msgspec

from crossconnect.cloud.addresses import VPC_LENGTHS, cidr, clash
from crossconnect.cloud.decisions.claimed import next_after, numbers
from crossconnect.cloud.decisions.meeting import met_by, refuse_overlap
from crossconnect.cloud.decisions.network_acl import entry_numbers
from crossconnect.cloud.decisions.security_group import EVERYWHERE, initial_rules
from crossconnect.cloud.decisions.vrf_service import refuse_announcing
from crossconnect.cloud.kinds.network_acl import ALLOW_ALL, NetworkAcl
from crossconnect.cloud.kinds.route_table import RouteTable
from crossconnect.cloud.kinds.security_group import SecurityGroup, SecurityGroupRule
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.vpc import Vpc, VpcBody, VpcPatch
from crossconnect.cloud.limits import limit
from crossconnect.cloud.resource import Change, Claim, Effect, conflict, invalid, missing
from crossconnect.cloud.view import Context, View, born
from crossconnect.net import contains, overlaps, parse, prefix_text

PUBLIC = "public"
_Blocks = tuple[tuple[str, ...], tuple[Claim, ...], tuple[Claim, ...]]


def create(body: VpcBody, view: View, context: Context) -> Change:
    """A VPC, with a group that lets its members talk to each other and out, a network ACL that allows everything, and
    an empty main route table."""
    id, table, group, acl = (context.new_id(prefix) for prefix in ("vpc", "rtb", "sg", "acl"))
    (number,) = numbers(view, "transfer", id)
    ipv6_blocks, public, _ = _ipv6(id, (), body.ipv6_cidr_blocks, view, context)
    vpc = born(
        Vpc,
        id,
        context,
        body,
        cidr_blocks=_blocks(body.cidr_blocks, 4, context),
        ipv6_cidr_blocks=ipv6_blocks,
        dhcp_options_id=body.dhcp_options_id,
        dns_support=body.dns_support,
        main_route_table_id=table,
        default_security_group_id=group,
        default_network_acl_id=acl,
        number=number.value,
    )
    rules, claims = initial_rules(
        group, [("ingress", group), ("egress", EVERYWHERE[0]), ("egress", EVERYWHERE[1])], view, context
    )
    sample = next_after(view, "sample", [rule.number for rule in rules], acl)
    given, entries = entry_numbers(ALLOW_ALL, {}, view, acl, (sample.value,))
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
                number=sample.value,
                entry_numbers=given,
            ),
            *rules,
        ),
        claims=(number, sample, *entries, *public, *claims),
    )


def update(vpc: Vpc, patch: VpcPatch, view: View, context: Context) -> Change:
    """The VPC with what the patch says. A block in which a subnet is stays; a new one must not overlap with what the
    VPC meets."""
    changed = vpc
    effects: list[Effect] = []
    claims: tuple[Claim, ...] = ()
    releases: tuple[Claim, ...] = ()
    for field, version in (("cidr_blocks", 4), ("ipv6_cidr_blocks", 6)):
        wanted: tuple[str, ...] | msgspec.UnsetType = getattr(patch, field)
        if wanted is msgspec.UNSET:
            continue
        had: tuple[str, ...] = getattr(vpc, field)
        if version == 6:
            blocks, claims, releases = _ipv6(vpc.id, had, wanted, view, context)
        else:
            blocks = _blocks(wanted, version, context)
        gone = [block for block in had if block not in blocks]
        for subnet in view.referring(Subnet, vpc.id, "vpc_id") if gone else ():
            own = subnet.cidr_block if version == 4 else subnet.ipv6_cidr_block
            if own and (block := clash(own, gone)):
                raise conflict("vpc.cidr-in-use", f"subnet {subnet.id} ({own}) is in {block}", f"/{field}")
        for n, block in enumerate(blocks):
            if block not in had:
                refuse_overlap((block,), met_by(vpc, view), f"/{field}/{n}")
                refuse_announcing(block, vpc.id, view, f"/{field}/{n}")
                _refuse_routed(block, vpc, view, f"/{field}/{n}")
        if gone:
            effects.append(Effect(f"no local route for {', '.join(gone)} any more", resource_id=vpc.id))
        changed = msgspec.structs.replace(changed, **{field: blocks})
    for field in ("dhcp_options_id", "dns_support"):
        value = getattr(patch, field)
        if value is not msgspec.UNSET:
            changed = msgspec.structs.replace(changed, **{field: value})
    if vpc.dns_support and not changed.dns_support:
        effects.append(Effect(f"the resolver of {vpc.id} answers nobody any more", cuts=True, resource_id=vpc.id))
    tables: tuple[RouteTable, ...] = ()
    if patch.main_route_table_id is not msgspec.UNSET and patch.main_route_table_id != vpc.main_route_table_id:
        changed = msgspec.structs.replace(changed, main_route_table_id=patch.main_route_table_id)
        tables, more = _other_main(vpc, patch.main_route_table_id, view)
        effects += more
    return Change(put=(changed, *tables), claims=claims, releases=releases, effects=tuple(effects))


def _refuse_routed(block: str, vpc: Vpc, view: View, field: str) -> None:
    """Refused where a static route leads a part of a new block elsewhere: the local route would not have it (AWS VPC
    User Guide, "Add a CIDR block")."""
    for table in view.referring(RouteTable, vpc.id, "vpc_id"):
        for route in table.routes:
            if not route.destination.startswith("pl-") and contains(block, route.destination):
                message = f"{table.id} has a route for {route.destination} to {route.target}, in {block}"
                raise conflict("vpc.cidr-routed", message, field)


def _other_main(vpc: Vpc, id: str, view: View) -> tuple[tuple[RouteTable, ...], tuple[Effect, ...]]:
    """The new main table, and the old one as any other."""
    new, old = view.get(RouteTable, id), view.get(RouteTable, vpc.main_route_table_id)
    assert old is not None
    if new is None:
        raise missing("route-table", id, "/main_route_table_id")
    if new.vpc_id != vpc.id:
        raise invalid("route-table.other-vpc", f"{id} is of VPC {new.vpc_id}", "/main_route_table_id")
    following = [s.id for s in view.referring(Subnet, vpc.id, "vpc_id") if not s.route_table_id]
    message = f"flows of {', '.join(following)} follow another route table; those that it does not lead end"
    effects = (Effect(message, cuts=True, resource_id=id),) if following else ()
    return (msgspec.structs.replace(new, main=True), msgspec.structs.replace(old, main=False)), effects


def delete(vpc: Vpc, view: View, context: Context) -> Change:
    """The VPC and what came with it; refused while anything else is in it, which the caller has looked up."""
    owned = [vpc.main_route_table_id, vpc.default_security_group_id, vpc.default_network_acl_id]
    rules = view.referring(SecurityGroupRule, vpc.default_security_group_id, "security_group_id")
    return Change(
        delete=(vpc.id, *owned, *(rule.id for rule in rules)),
        effects=(Effect(f"VPC {vpc.id} is empty: nothing talks over it", resource_id=vpc.id),),
    )


def _ipv6(vpc_id: str, had: tuple[str, ...], texts: tuple[str, ...], view: View, context: Context) -> _Blocks:
    """IPv6 blocks, and what is claimed for those that are public: they are one VPC's in the region."""
    claims: list[Claim] = []
    found: list[str] = []
    taken = 0
    for n, text in enumerate(texts):
        if text == PUBLIC:
            block, claim = _public(vpc_id, taken, view, context)
            claims.append(claim)
            taken += 1
        elif text not in had and any(_inside(pool, text) for pool in context.public_prefixes6):
            message = f"{text} is the region's to give: ask for `{PUBLIC}`"
            raise invalid("vpc.cidr-public", message, f"/ipv6_cidr_blocks/{n}")
        else:
            block = text
        found.append(block)
    blocks = _blocks(tuple(found), 6, context)
    gone = tuple(
        _public_claim(block, vpc_id)
        for block in had
        if block not in blocks and any(contains(pool, block) for pool in context.public_prefixes6)
    )
    return blocks, tuple(claims), gone


def _inside(pool: str, text: str) -> bool:
    try:
        return overlaps(pool, text)
    except ValueError:
        return False


def _scope(length: int) -> str:
    return f"public/{length}"


def _public_claim(block: str, vpc_id: str) -> Claim:
    """What says that a public block is a VPC's."""
    parsed = parse(block)
    return Claim(_scope(parsed.length), parsed.value >> (128 - parsed.length), vpc_id)


def _public(vpc_id: str, taken: int, view: View, context: Context) -> tuple[str, Claim]:
    """The next free public block of the region."""
    for pool in context.public_prefixes6:
        parsed = parse(pool)
        length = max(context.public_length6, parsed.length)  # a small pool is one VPC's as a whole
        shift = 128 - length
        first, last = parsed.value >> shift, (parsed.value | parsed.host_mask) >> shift
        value: int | None = first - 1
        for _ in range(taken + 1):
            value = view.next_free(_scope(length), value + 1, last)
            if value is None:
                break
        if value is not None:
            block = prefix_text(6, value << shift, length)
            return block, _public_claim(block, vpc_id)
    raise conflict("vpc.public-exhausted", "the region has no public IPv6 block left", "/ipv6_cidr_blocks")


def _blocks(texts: tuple[str, ...], version: int, context: Context) -> tuple[str, ...]:
    field = "cidr_blocks" if version == 4 else "ipv6_cidr_blocks"
    if not texts and version == 4:
        raise invalid("vpc.no-cidr", "a VPC has at least one IPv4 CIDR block", f"/{field}")
    if len(texts) > (most := limit(context, "cidr_blocks_per_vpc")):
        raise invalid("vpc.cidrs-too-many", f"{len(texts)} CIDR blocks; at most {most}", f"/{field}")
    found: list[str] = []
    for n, text in enumerate(texts):
        block = cidr(text, version, f"/{field}/{n}", VPC_LENGTHS)
        if other := clash(block, context.reserved_prefixes):
            raise invalid("cidr.reserved", f"{block} overlaps {other}, which the region has", f"/{field}/{n}")
        if other := clash(block, found):
            raise invalid("vpc.cidr-overlap", f"{block} overlaps {other}", f"/{field}/{n}")
        found.append(block)
    return tuple(found)
