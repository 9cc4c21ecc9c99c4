"""Inline service insertion, where OVN has network functions (25.09): chosen connections through a bump in the wire.

    client -- [security groups: `pass`] -- [tier 2: chosen] --> appliance's interface
    client <------------------------------- the same two ports, in the other order <-- appliance's other interface

OVN leads a connection's packets out of one port of the appliance's and takes them back at the other one, with headers
untouched, and finds the replies of a connection by its state: what begins at the other end is not chosen, and nothing
inside a subnet escapes. Its ports must be on the switch whose traffic they get: the interface itself on its own
subnet's, on each other one a child port of it, which the appliance sees as a VLAN tag and passes on as it came.

A connection is chosen once: where its client is, if that is in the VPC; else where its server is. Of several insertions
of a VPC, the ACL of the lowest number decides which group of functions gets it.
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.load_balancer import HealthCheck, LoadBalancer
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.service_insertion import ServiceInsertion, SteeringRule
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.insertions import Link, chosen_at, tags
from crossconnect.cloud.logical.interfaces import port_name, port_of
from crossconnect.cloud.logical.queries import Unrealisable
from crossconnect.cloud.logical.sides import sides
from crossconnect.cloud.logical.subnets import switch_of
from crossconnect.cloud.ovn.names import word
from crossconnect.cloud.ovn.parts import INLINE_TIER, Fault, Part, adds, row, unit, within
from crossconnect.cloud.ovn.ports import PORT
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import Row, uuid_of
from crossconnect.cloud.ovn.sides import chosen
from crossconnect.cloud.ovn.subnets import SWITCH
from crossconnect.transport.ovsdb.types import Atom, Value

CHECK_OPTIONS = {"svc_monitor_ip": "169.254.254.1", "svc_monitor_ip_dst": "169.254.254.2"}
"""`NB_Global.options`: source and destination of the probes that must come out of an appliance again."""
TOP = 32766


def obstacle(q: Queries, insertion: ServiceInsertion) -> str:
    """Why the appliances of an inline insertion cannot be in the path at all; empty where they can."""
    if not q.features.network_function:
        return "this OVN has no network functions (they came with 25.09): no appliance can be inline"
    if balancers := q.referring(LoadBalancer, "vpc_id", insertion.vpc_id):
        return f"OVN puts no appliance before what is balanced, and {balancers[0]} is in the VPC"
    try:
        q.need(Vpc, insertion.vpc_id)
        for appliance in insertion.appliances:
            q.ask(port_of, appliance.network_interface_id)
            q.ask(port_of, appliance.return_network_interface_id)
    except Unrealisable as e:
        return str(e)
    return ""


def links(q: Queries, vpc_id: str) -> tuple[Link, ...]:
    """The inline appliances of a VPC; none where none are possible."""
    if not q.features.network_function:
        return ()
    found = [q.need(ServiceInsertion, id) for id in q.referring(ServiceInsertion, "vpc_id", vpc_id)]
    return tuple(
        Link(appliance.network_interface_id, appliance.return_network_interface_id)
        for insertion in found
        if insertion.mode == "inline" and not obstacle(q, insertion)
        for appliance in insertion.appliances
    )


def other_end(q: Queries, interface: NetworkInterface) -> str:
    """The interface that an inline appliance's one is linked to; empty for all others."""
    for link in q.ask(links, interface.vpc_id):
        if interface.id in link:
            return link.outside if interface.id == link.inside else link.inside
    return ""


def port_options(linked: str) -> dict[Atom, Atom]:
    """The options that make a port a network function's; `linked` is the name of its other port."""
    return {"is-nf": "true", "nf-linked-port": linked, "receive_multicast": "false", "lsp_learn_fdb": "false"}


def group_name(vpc_id: str) -> str:
    """The port group of a VPC's interfaces whose connections may be chosen."""
    return f"xc_inline_{word(vpc_id)}"


def child_name(interface_id: str, subnet_id: str) -> str:
    """Name of an appliance's port on another subnet's switch."""
    return f"{interface_id}-{subnet_id}"


@unit
def chain(q: Queries, id: str) -> Iterator[Part]:
    """In a VPC with inline appliances: `Port_Group` `xc_inline_...` of its interfaces, with an `ACL` per direction, the
    last one of all, that lets through what no rule chooses."""
    vpc = q.need(Vpc, id)
    if not q.ask(links, id):
        return
    group = group_name(id)
    yield row("Port_Group", group, vpc.id, name=group)
    for direction, port in (("from-lport", "inport"), ("to-lport", "outport")):
        rest = _acl(vpc.id, f"{id}/rest/{direction}", direction, 0, f"{port} == @{group} && ip")
        yield from within("Port_Group", group, "acls", rest)


@unit
def member(q: Queries, id: str) -> Iterator[Part]:
    """In a VPC with inline appliances: a member of its `Port_Group` `xc_inline_...`, appliances' own ones apart."""
    interface = q.ask(port_of, id)
    if q.ask(links, interface.vpc_id) and not other_end(q, interface):
        yield adds("Port_Group", group_name(interface.vpc_id), "ports", uuid_of(PORT, id))


@unit
def children(q: Queries, id: str) -> Iterator[Part]:
    """In a VPC with inline appliances: a `Logical_Switch_Port` on the subnet's switch for each of their interfaces on
    other subnets (`parent_name`, and a `tag` per subnet)."""
    subnet = q.ask(switch_of, id)
    if not (found := q.ask(links, subnet.vpc_id)):
        return
    tag = q.ask(tags, subnet.vpc_id)[id]
    for link in found:
        for own, other in (link, link[::-1]):
            interface, far = q.ask(port_of, own), q.ask(port_of, other)
            if interface.subnet_id != id:
                linked = port_name(far) if far.subnet_id == id else child_name(other, id)
                name = child_name(own, id)
                made = row(
                    PORT,
                    name,
                    id,
                    name=name,
                    parent_name=port_name(interface),
                    tag_request=tag,
                    tag=tag,  # northd copies it there
                    options=port_options(linked),
                )
                yield from within(SWITCH, id, "ports", made)


def inline_rows(q: Queries, insertion: ServiceInsertion) -> Iterator[Part]:
    """Everything of an insertion that no other resource makes."""
    vpc = q.need(Vpc, insertion.vpc_id)
    yield from _functions(q, insertion)
    group = group_name(vpc.id)
    for rule in insertion.rules:
        try:
            found = [*_chosen(q, vpc, rule)]
        except Unrealisable as e:
            yield Fault(f"rule {rule.number}: {e}")
            continue
        if not found:
            yield Fault(f"rule {rule.number}: neither {rule.source} nor {rule.destination} is in the VPC")
        for version, direction, match in found:
            port = "inport" if direction == "from-lport" else "outport"
            functions = uuid_of("Network_Function_Group", insertion.id) if rule.action == "insert" else None
            made = _acl(
                insertion.id,
                f"{insertion.id}/{rule.number}/ip{version}/{direction}",
                direction,
                max(TOP - rule.number, 1),
                f"{port} == @{group} && {match}",
                functions,
            )
            yield from within("Port_Group", group, "acls", made)


def _functions(q: Queries, insertion: ServiceInsertion) -> Iterator[Part]:
    """`Network_Function` per appliance, and their group: those only whose interfaces are up."""
    living: list[str] = []
    for number, appliance in zip(insertion.appliance_numbers, insertion.appliances, strict=True):
        own, other = (
            q.ask(port_of, id) for id in (appliance.network_interface_id, appliance.return_network_interface_id)
        )
        if own.host and other.host and own.host != other.host:
            yield Fault(f"{own.id} is on {own.host}, {other.id} on {other.host}: an inline appliance is on one host")
            continue
        key = f"{insertion.id}/{own.id}"
        check: Value = None
        if insertion.health_check is not None:
            yield row(
                "Network_Function_Health_Check",
                key,
                insertion.id,
                name=key,
                options=check_options(insertion.health_check),
            )
            check = uuid_of("Network_Function_Health_Check", key)
        yield row(
            "Network_Function",
            key,
            insertion.id,
            name=key,
            id=number,
            inport=uuid_of(PORT, own.id),
            outport=uuid_of(PORT, other.id),
            health_check=check,
        )
        if q.is_up(own.id) and q.is_up(other.id):
            living.append(key)
    yield row(
        "Network_Function_Group",
        insertion.id,
        insertion.id,
        name=insertion.id,
        id=insertion.number,
        mode="inline",
        fallback="fail-open" if insertion.on_failure == "open" else "fail-close",
        network_function=frozenset(uuid_of("Network_Function", key) for key in living),
    )


def check_options(check: HealthCheck) -> dict[Atom, Atom]:
    """How often OVN probes, and what its answers mean."""
    return {
        "interval": str(check.interval_s),
        "timeout": str(check.timeout_s),
        "success_count": str(check.healthy_threshold),
        "failure_count": str(check.unhealthy_threshold),
    }


def _acl(id: str, key: str, direction: str, priority: int, match: str, functions: Value = None) -> Row:
    return row(
        "ACL",
        key,
        id,
        direction=direction,
        priority=priority,
        match=match,
        action="allow-related",
        tier=INLINE_TIER,
        network_function_group=functions,
    )


def _chosen(q: Queries, vpc: Vpc, rule: SteeringRule) -> Iterator[tuple[int, str, str]]:
    """IP version, direction and match of the ACLs of a rule."""
    for source, destination in sides(q, vpc, rule):
        match = chosen(rule, source, destination)
        if match is None:
            continue
        ends = chosen_at(source, destination)
        if ends.client:
            yield source.version, "from-lport", match
        if ends.server and ends.strangers_only:
            blocks = vpc.cidr_blocks if source.version == 4 else vpc.ipv6_cidr_blocks
            match = f"{match} && ip{source.version}.src != {{{', '.join(blocks)}}}"
        if ends.server:
            yield source.version, "to-lport", match
