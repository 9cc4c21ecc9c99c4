"""What becomes of traffic mirrors."""

from __future__ import annotations

from crossconnect.cloud.decisions.patching import patched
from crossconnect.cloud.kinds.network_interface import NetworkInterface
from crossconnect.cloud.kinds.traffic_mirror import (
    SESSIONS_MAX,
    TrafficMirror,
    TrafficMirrorBody,
    TrafficMirrorPatch,
)
from crossconnect.cloud.resource import Change, conflict, invalid, missing
from crossconnect.cloud.view import Context, View, born

_TARGET = "/target_network_interface_id"


def create(body: TrafficMirrorBody, view: View, context: Context) -> Change:
    """A copy of one interface's packets to another one of its VPC."""
    source = view.get(NetworkInterface, body.source_network_interface_id)
    if source is None:
        raise missing("network-interface", body.source_network_interface_id, "/source_network_interface_id")
    count = view.count_referring(TrafficMirror, source.id, "source_network_interface_id")
    if count >= SESSIONS_MAX:
        message = f"{source.id} has {count} mirrors; at most {SESSIONS_MAX}"
        raise conflict("traffic-mirror.too-many", message, "/source_network_interface_id")
    _refuse_target(body.target_network_interface_id, source, view)
    mirror = born(
        TrafficMirror,
        context.new_id("tm"),
        context,
        body,
        vpc_id=source.vpc_id,
        source_network_interface_id=source.id,
        target_network_interface_id=body.target_network_interface_id,
        direction=body.direction,
    )
    return Change(put=(mirror,))


def update(mirror: TrafficMirror, patch: TrafficMirrorPatch, view: View, context: Context) -> Change:
    """The mirror with another target or direction."""
    changed = patched(mirror, patch, "target_network_interface_id", "direction")
    if changed.target_network_interface_id != mirror.target_network_interface_id:
        source = view.get(NetworkInterface, mirror.source_network_interface_id)
        assert source is not None
        _refuse_target(changed.target_network_interface_id, source, view)
    return Change(put=(changed,))


def _refuse_target(id: str, source: NetworkInterface, view: View) -> None:
    target = view.get(NetworkInterface, id)
    if target is None:
        raise missing("network-interface", id, _TARGET)
    if target.id == source.id:
        raise invalid("traffic-mirror.itself", f"{id} is the source itself: its packets would never end", _TARGET)
    if target.vpc_id != source.vpc_id:
        raise invalid("traffic-mirror.other-vpc", f"{id} is of VPC {target.vpc_id}, not {source.vpc_id}", _TARGET)
    if view.count_referring(TrafficMirror, id, "source_network_interface_id"):
        # A copy of a copy: two that mirror each other fill the hypervisor's links.
        raise conflict("traffic-mirror.chain", f"{id} is mirrored itself", _TARGET)
    if view.count_referring(TrafficMirror, source.id, "target_network_interface_id"):
        raise conflict("traffic-mirror.chain", f"{source.id} is the target of a mirror", "/source_network_interface_id")
