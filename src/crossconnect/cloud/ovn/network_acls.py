"""Network ACLs: stateless, at the subnet's border with the router.

    machine --> switch --> [entering the router: policies, "egress" entries] --> router
    machine <-- switch <-- [entering the switch: ACLs, "ingress" entries]    <-- router

On the switch the router's port has no connection state, so ACLs that match it are stateless in fact. Leaving a subnet
is decided in the router, for the switch's egress pipeline lets replies pass whatever its ACLs say (see
docs/design/0011-ovn-rows.md).

    recorded:  [tier 0: who allows or denies it, sampled] --> [after load balancers: allowed, or dropped]
               [leaving the switch: who will allow or deny it, sampled] --> [entering the router: as above]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from crossconnect.cloud.kinds.network_acl import AclEntry, NetworkAcl
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.network_acls import DEFAULT, acl_of, arriving, leaving, subnets_behind
from crossconnect.cloud.logical.numbers import digest
from crossconnect.cloud.logical.subnets import resolvers, router_port, switch_of, switch_port
from crossconnect.cloud.ovn.flow_logs import (
    COLLECTOR,
    LEAVING_BASE,
    PACKETS_COLLECTOR,
    denials_recorded,
    packets_recorded,
    sample,
)
from crossconnect.cloud.ovn.matches import Field, address, any_address, both, family, packets
from crossconnect.cloud.ovn.names import word
from crossconnect.cloud.ovn.parts import BORDER_TIER, Part, adds, row, tier, unit, within
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import uuid_of
from crossconnect.cloud.ovn.subnets import SWITCH
from crossconnect.cloud.ovn.vpcs import ROUTER
from crossconnect.transport.ovsdb.types import Value

ACL_TOP = 32767
"""An entry's priority is this less its number; the default deny has 0, 32766 numbers fit between."""
POLICY_TOP = 32767
"""As for ACLs, but the default deny of policies has 1, for 0 is the router's own `next`: number 32766 shares it, and
comes to the same where it denies."""


def _match(entry: AclEntry, field: Field) -> str | None:
    """None where no packet is meant."""
    if entry is DEFAULT:
        return "ip"
    what = packets(family(entry.cidr), entry.protocol, entry.from_port, entry.to_port)
    return what and both(what, address(field, entry.cidr))


def is_recorded(q: Queries, id: str) -> bool:
    """Whether some of what a list decides about packets that enter subnets is to be sampled."""
    return _is_recorded(q, id, q.ask(arriving, id))


def is_recorded_leaving(q: Queries, id: str) -> bool:
    """The same of packets that leave subnets."""
    return _is_recorded(q, id, q.ask(leaving, id))


def _is_recorded(q: Queries, id: str, entries: Iterable[AclEntry]) -> bool:
    acl = q.get(NetworkAcl, id)
    return acl is not None and any(_collector(q, acl.vpc_id, entry.action) for entry in entries)


def _collector(q: Queries, vpc_id: str, action: str) -> str:
    """Which collector takes what an entry decides; empty for none."""
    if action == "deny":
        return COLLECTOR if q.ask(denials_recorded, vpc_id) else ""
    return PACKETS_COLLECTOR if q.ask(packets_recorded, vpc_id) else ""


def _stage(q: Queries, id: str) -> dict[str, Value]:
    """The columns that put what decides behind what records; before, nobody looks at them."""
    if not q.features.acl_sample:
        return {}
    late = q.ask(is_recorded, id)
    return {"options": {"apply-after-lb": "true"} if late else {}, "sample_new": None}


@unit
def ingress(q: Queries, id: str) -> Iterator[Part]:
    """`Port_Group` of the router's ports on the subnets' switches, and an `ACL` per entry (`from-lport`), with 32767
    less its number as priority; nothing where everything may enter. In tier 0, before all others' ACLs, where there are
    tiers. While a flow log records what is dropped, or accepted, a second `ACL` per entry that does the one or the
    other: `allow-stateless` with a `Sample` of the entry's number (of the list's for what no entry allows); those that
    decide are then looked at later (`apply-after-lb`)."""
    entries = q.ask(arriving, id)
    if not entries:
        return
    acl = q.need(NetworkAcl, id)
    q.need(Vpc, acl.vpc_id)
    group = word(id)
    yield row("Port_Group", group, id, name=group)
    for entry in entries:
        if (match := _match(entry, "src")) is not None:
            made = row(
                "ACL",
                _key(id, entry),
                id,
                direction="from-lport",
                priority=ACL_TOP - entry.number if entry.number else 0,
                match=f"inport == @{group} && {match}",
                action="allow" if entry.action == "allow" else "drop",
                **tier(q, BORDER_TIER),
                **_stage(q, id),
            )
            yield from within("Port_Group", group, "acls", made)
    yield from _records(q, acl, entries, _Border("from-lport", f"inport == @{group}", "src", group, "", acl.number))


def _key(id: str, entry: AclEntry) -> str:
    return f"{id}/{entry.number or 'default'}"


class _Border(NamedTuple):
    """Where packets of one direction are recorded."""

    direction: str
    """Of the `ACL`s."""
    match: str
    """For packets that are there."""
    field: Field
    """The address that entries speak of."""
    group: str
    """The port group that has the `ACL`s."""
    mark: str
    """What keeps keys of one direction apart from those of the other."""
    number: int
    """Of what no entry allows."""


def _records(q: Queries, acl: NetworkAcl, entries: Iterable[AclEntry], at: _Border) -> Iterator[Part]:
    """What records packets. OVN samples connections that begin, and at a router's port there are none, but for what is
    `allow-stateless`."""
    numbers = {e: n for e, n in zip(acl.entries, acl.entry_numbers, strict=False) if n}
    sampled = set[str]()
    for entry in entries:
        match, collector = _match(entry, at.field), _collector(q, acl.vpc_id, entry.action)
        if match is None or not collector:
            continue
        key = (_key(acl.id, entry) if entry in numbers else acl.id) + at.mark
        key += "" if entry.action == "deny" else "/packets"
        if key not in sampled:
            sampled.add(key)
            yield from sample(key, numbers.get(entry, at.number), collector)
        made = row(
            "ACL",
            f"{_key(acl.id, entry)}{at.mark}/record",
            acl.id,
            direction=at.direction,
            priority=ACL_TOP - entry.number if entry.number else 0,
            match=f"{at.match} && {match}",
            action="allow-stateless",
            sample_new=uuid_of("Sample", key),
            **tier(q, BORDER_TIER),
        )
        yield from within("Port_Group", at.group, "acls", made)


def leaving_group(id: str) -> str:
    """The port group of the switches' ports by which packets leave subnets whose packets are recorded."""
    return f"xc_leaving_{word(id)}"


@unit
def egress(q: Queries, id: str) -> Iterator[Part]:
    """`Logical_Router_Policy` per entry at the router's ports of the subnets, with 32767 less its number as priority;
    nothing where everything may leave. While a flow log records what is dropped, or accepted, an `ACL` per entry that
    does the one or the other, where packets leave the switch (`to-lport`, `Port_Group` `xc_leaving_...`):
    `allow-stateless` with a `Sample`; policies have none."""
    entries = q.ask(leaving, id)
    subnets = q.ask(subnets_behind, id) if entries else ()
    if not subnets:
        return
    acl = q.need(NetworkAcl, id)
    vpc = q.need(Vpc, acl.vpc_id)
    if q.ask(is_recorded_leaving, id):
        group = leaving_group(id)
        yield row("Port_Group", group, id, name=group)
        number = LEAVING_BASE + (acl.number or digest(id) % LEAVING_BASE)
        yield from _records(q, acl, entries, _Border("to-lport", f"outport == @{group}", "dst", group, "/out", number))
    ports = ", ".join(f'"{router_port(subnet)}"' for subnet in subnets)
    for entry in entries:
        if (match := _match(entry, "dst")) is not None:
            policy = row(
                "Logical_Router_Policy",
                f"{id}/{entry.number or 'default'}",
                id,
                priority=POLICY_TOP - entry.number if entry.number else 1,
                match=f"inport == {{{ports}}} && {match}",
                action="allow" if entry.action == "allow" else "drop",
                nexthops=frozenset(),
            )
            yield from within(ROUTER, vpc.id, "policies", policy)


@unit
def border(q: Queries, id: str) -> Iterator[Part]:
    """A subnet behind a network ACL that filters: its router's port in the `Port_Group`; what is asked of its resolver,
    and answered, passes in any case, as in AWS (one `Logical_Router_Policy`, one `ACL`)."""
    subnet = q.ask(switch_of, id)
    acl = q.ask(acl_of, id)
    servers = resolvers(q.region, subnet)
    if q.ask(arriving, acl):
        yield adds("Port_Group", word(acl), "ports", uuid_of("Logical_Switch_Port", switch_port(id)))
        answers = row(
            "ACL",
            f"{id}/answers",
            id,
            direction="from-lport",
            priority=ACL_TOP,
            match=f'inport == "{switch_port(id)}" && {any_address("src", servers)} && (udp.src == 53 || tcp.src == 53)',
            action="allow",
            **tier(q, BORDER_TIER),
            **_stage(q, acl),
        )
        yield from within(SWITCH, id, "acls", answers)
    if q.ask(leaving, acl):
        if q.ask(is_recorded_leaving, acl):
            port = uuid_of("Logical_Switch_Port", switch_port(id))
            yield adds("Port_Group", leaving_group(acl), "ports", port)
        questions = row(
            "Logical_Router_Policy",
            f"{id}/questions",
            id,
            priority=POLICY_TOP,
            match=f'inport == "{router_port(id)}" && {any_address("dst", servers)} && (udp.dst == 53 || tcp.dst == 53)',
            action="allow",
            nexthops=frozenset(),
        )
        yield from within(ROUTER, subnet.vpc_id, "policies", questions)
