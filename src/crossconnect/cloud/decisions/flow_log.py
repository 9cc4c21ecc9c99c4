"""What becomes of flow logs."""

from __future__ import annotations

from crossconnect.cloud.decisions.patching import patched
from crossconnect.cloud.kinds.flow_log import FlowLog, FlowLogBody, FlowLogPatch
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.subnet import Subnet
from crossconnect.cloud.kinds.vpc import Vpc
from crossconnect.cloud.resource import Change, conflict, invalid, missing
from crossconnect.cloud.view import Context, View, born

_SOURCES = {"vpc": (Vpc, "vpc"), "subnet": (Subnet, "subnet"), "eni": (NetworkInterface, "network-interface")}
"""By id prefix."""


def create(body: FlowLogBody, view: View, context: Context) -> Change:
    """A subscription that the resource does not have yet."""
    source = _SOURCES.get(body.resource_id.partition("-")[0])
    if source is None:
        message = f"{body.resource_id!r} is neither a VPC, a subnet nor a network interface"
        raise invalid("flow-log.resource-kind", message, "/resource_id")
    kind, word = source
    if view.get(kind, body.resource_id) is None:
        raise missing(word, body.resource_id, "/resource_id")
    flow_log = born(FlowLog, context.new_id("fl"), context, body, resource_id=body.resource_id, traffic=body.traffic)
    _refuse_duplicate(flow_log, view)
    return Change(put=(flow_log,))


def update(flow_log: FlowLog, patch: FlowLogPatch, view: View, context: Context) -> Change:
    """The subscription to other traffic."""
    changed = patched(flow_log, patch, "traffic")
    _refuse_duplicate(changed, view)
    return Change(put=(changed,))


def _refuse_duplicate(flow_log: FlowLog, view: View) -> None:
    for other in view.referring(FlowLog, flow_log.resource_id, "resource_id"):
        if other.id != flow_log.id and other.traffic == flow_log.traffic:
            message = f"{other.id} records {other.traffic} of {other.resource_id}"
            raise conflict("flow-log.duplicate", message, "/traffic")
