"""Flow logs: OVN is made to record what rules accept and what they drop.

With samples (24.09) each record carries a number, the observation point: that of the security group's rule, or of the
network ACL's entry, and for what no entry allows the list's, with `LEAVING_BASE` added where it was to leave; for what
no rule allows, `REJECT_BASE` and twice the VPC's number, one more for what arrives. How connections begin and what is
denied is recorded always; of packets of connections that are established, and of those that a network ACL lets pass,
which knows no connections, one in so many, with `PACKETS_BASE` added to the number: no two rows of `Sample` have the
same one.
Without samples, drops are logged, at a limited rate, and accepted connections cannot be recorded.

Where the region wants it (`drop_sampling`), whatever drops a packet records it, in all versions, and of all VPCs, not
of those with a flow log only. The observation point is the first 32 bits of the logical flow's UUID; the flow's
`external_ids:stage-hint` are those of the row that it was made of: of ours the ACL or the policy.
"""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.cloud.kinds.flow_log import FlowLog
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.logical.flow_logs import interface_rejected, is_recorded
from crossconnect.cloud.logical.interfaces import port_of
from crossconnect.cloud.logical.numbers import digest, number_of
from crossconnect.cloud.ovn.names import word
from crossconnect.cloud.ovn.parts import GROUPS_TIER, Fault, Part, adds, bare, row, tier, unit, within
from crossconnect.cloud.ovn.queries import Queries
from crossconnect.cloud.ovn.rows import uuid_of
from crossconnect.cloud.region import SAMPLING_MAX
from crossconnect.transport.ovsdb.types import Value

REJECT_BASE = 1 << 31
"""Numbers below are those of rules, network ACLs and their entries."""
LEAVING_BASE = 1 << 29
"""Added to the number of a network ACL for what none of its entries lets out of a subnet; numbers stay below it."""
PACKETS_BASE = 1 << 30
"""Added to these numbers where packets are recorded, some of many, and not how a connection begins or ends."""
DROP_APP = 1
"""Number of the application that records what drops packets (`Sampling_App`, `debug_drop_domain_id`)."""
DROP_OPTIONS = {"debug_drop_domain_id": str(DROP_APP), "debug_drop_collector_set": "1"}
"""`NB_Global.options` of a region with `drop_sampling`."""
METER = "xc_drops"
COLLECTOR = "xc"
PACKETS_COLLECTOR = "xc-packets"
"""Of the same set on each hypervisor, but takes one in so many."""
REJECT_PRIORITY = 1001
"""Above the region's own drop."""


@unit
def collector(q: Queries, id: str) -> Iterator[Part]:
    """With samples: `Sample_Collector` that takes all, one that takes one in so many, and `Sampling_App` ids; without:
    `Meter` that limits logged drops."""
    if q.features.acl_sample:
        share = SAMPLING_MAX // q.region.packet_record_rate if q.region.packet_record_rate else 0
        for number, (name, probability) in enumerate(((COLLECTOR, SAMPLING_MAX), (PACKETS_COLLECTOR, share)), 1):
            yield row("Sample_Collector", name, id, id=number, set_id=1, name=name, probability=probability)
        for number, app in enumerate(("drop", "acl-new", "acl-est"), DROP_APP):
            yield row("Sampling_App", app, id, type=app, id=number)
        return
    yield row("Meter", METER, id, name=METER, unit="pktps", fair=True)
    band = row("Meter_Band", METER, id, action="drop", rate=q.region.drop_log_rate, burst_size=0)
    yield from within("Meter", METER, "bands", band)


def accepts_recorded(q: Queries, vpc_id: str) -> bool:
    """Whether what rules of a VPC accept is to be sampled, for all or a part of it."""
    return _sampled(q, vpc_id, "accept")


def denials_recorded(q: Queries, vpc_id: str) -> bool:
    """Whether what network ACLs of a VPC deny is to be sampled, for all or a part of it."""
    return _sampled(q, vpc_id, "reject")


def _sampled(q: Queries, vpc_id: str, kind: str) -> bool:
    return q.features.acl_sample and is_recorded(q, vpc_id, kind)


def sample(key: str, number: int, collector: str = COLLECTOR) -> Iterator[Part]:
    """`Sample` with a number; a document from before there were numbers gets a hash."""
    of_packets = PACKETS_BASE if collector == PACKETS_COLLECTOR else 0
    yield bare(
        "Sample",
        key,
        metadata=of_packets + (number or digest(key) % (PACKETS_BASE - 1) + 1),
        collectors=frozenset((uuid_of("Sample_Collector", collector),)),
    )


def packets_recorded(q: Queries, vpc_id: str) -> bool:
    """Whether some of all packets that a VPC accepts are to be sampled, beside how connections begin."""
    return bool(q.region.packet_record_rate) and q.ask(accepts_recorded, vpc_id)


def rejects_group(vpc_id: str) -> str:
    """The port group of a VPC's interfaces whose drops are recorded."""
    return f"xc_rejects_{word(vpc_id)}"


@unit
def rejects(q: Queries, id: str) -> Iterator[Part]:
    """`Port_Group` of the interfaces of a VPC whose drops are recorded, with an `ACL` per direction that drops, sampled
    or logged; neither where all drops are sampled without it."""
    vpc = q.need(Vpc, id)
    group = rejects_group(id)
    yield row("Port_Group", group, id, name=group)
    directions = (("from-lport", "inport"), ("to-lport", "outport"))
    for arriving, (direction, port) in enumerate(directions):
        key = f"{id}/rejects/{direction}"
        columns: dict[str, Value]
        if q.features.acl_sample:
            yield from sample(key, REJECT_BASE + 2 * (number_of(vpc) or digest(id) % (1 << 29)) + arriving)
            columns = {"sample_new": uuid_of("Sample", key)}
        elif q.region.drop_sampling:
            columns = {"log": False, "meter": None, "severity": None, "name": f"{id}-{direction}"}
        else:
            columns = {"log": True, "meter": METER, "severity": "info", "name": f"{id}-{direction}"}
        drop = row(
            "ACL",
            key,
            id,
            direction=direction,
            priority=REJECT_PRIORITY,
            match=f"{port} == @{group} && ip",
            action="drop",
            **tier(q, GROUPS_TIER),
            **columns,
        )
        yield from within("Port_Group", group, "acls", drop)


@unit
def interface_rejects(q: Queries, id: str) -> Iterator[Part]:
    """An interface whose drops are recorded: a member of the VPC's group for that."""
    interface = q.ask(port_of, id)
    if interface_rejected(q, interface):
        yield adds("Port_Group", rejects_group(interface.vpc_id), "ports", uuid_of("Logical_Switch_Port", id))


@unit
def flow_log(q: Queries, id: str) -> Iterator[Part]:
    """Nothing by itself; without samples, what is accepted cannot be recorded."""
    log = q.need(FlowLog, id)
    if log.traffic != "reject" and not q.features.acl_sample:
        yield Fault("this OVN has no samples (they came with 24.09): accepted connections are not recorded")
