"""Flow logs: of which VPCs, subnets and interfaces what is recorded."""

from __future__ import annotations

from crossconnect.cloud.kinds.flow_log import FlowLog
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.logical.queries import Queries


def logs_of_interfaces(q: Queries, kind: str) -> frozenset[str]:
    """VPCs of interfaces for which a flow log records what `kind` says."""
    vpcs: set[str] = set()
    for id in q.referring(FlowLog, "", ""):
        log = q.need(FlowLog, id)
        interface = q.get(NetworkInterface, log.resource_id)
        if interface is not None and log.traffic in (kind, "all"):
            vpcs.add(interface.vpc_id)
    return frozenset(vpcs)


def is_logged(q: Queries, resource_id: str, kind: str) -> bool:
    """Whether a flow log of a VPC, subnet or interface itself records what `kind` says."""
    return any(q.need(FlowLog, id).traffic in (kind, "all") for id in q.referring(FlowLog, "resource_id", resource_id))


def rejects_recorded(q: Queries, subnet_id: str) -> bool:
    """Whether what is dropped at all interfaces of a subnet is to be recorded."""
    return is_logged(q, subnet_id, "reject") or is_logged(q, q.need(Subnet, subnet_id).vpc_id, "reject")


def is_recorded(q: Queries, vpc_id: str, kind: str) -> bool:
    """Whether what `kind` says is to be recorded in a VPC, for all or a part of it."""
    return (
        is_logged(q, vpc_id, kind)
        or any(is_logged(q, subnet, kind) for subnet in q.referring(Subnet, "vpc_id", vpc_id))
        or vpc_id in q.ask(logs_of_interfaces, kind)
    )


def interface_rejected(q: Queries, interface: NetworkInterface) -> bool:
    """Whether what is dropped at an interface is to be recorded."""
    return is_logged(q, interface.id, "reject") or q.ask(rejects_recorded, interface.subnet_id)
