"""What the region promises of its VRFs and segments, for checks."""

from __future__ import annotations

from crossconnect.design.blueprint import SegmentPlan, VrfPlan, Wire
from crossconnect.design.context import Context
from crossconnect.model.promise import Promise
from crossconnect.net.order import natural_key


def vrf_plans(context: Context) -> tuple[VrfPlan, ...]:
    """Every VRF, also one that is on no device."""
    plans = (
        VrfPlan(
            name=vrf.name,
            tenant=vrf.tenant,
            path=vrf.path,
            vni=vrf.vni,
            devices=vrf.devices,
            prefixes=vrf.prefixes,
            imports=vrf.imports,
            route_limit=vrf.model.route_limit,
        )
        for vrf in context.vrfs.values()
    )
    return tuple(sorted(plans, key=lambda p: natural_key(p.name)))


def segment_plans(context: Context) -> tuple[SegmentPlan, ...]:
    """Every segment that is on a device."""
    plans: dict[str, SegmentPlan] = {}
    for segment in context.segments.values():
        plans[segment.path] = SegmentPlan(
            path=segment.path,
            tenant=segment.tenant,
            vrf=segment.vrf,
            mac_vrf=segment.name,
            vni=segment.vni,
            devices=segment.devices,
            gateways=segment.gateways,
            mtu=segment.mtu,
        )
    return tuple(plans[path] for path in sorted(plans, key=natural_key))


def wires(context: Context) -> tuple[Wire, ...]:
    """Every cable with both its ports."""
    lock = context.lock
    return tuple(
        Wire(
            key=cable.key,
            kind=cable.kind,
            a_device=cable.a.device,
            a_port=cable.a.name if cable.kind == "server" else lock.get(f"port/{cable.a.device}", cable.key),
            b_device=cable.b.device,
            b_port=lock.get(f"port/{cable.b.device}", cable.key),
        )
        for cable in context.inventory.cables
    )


def promises(context: Context) -> tuple[Promise, ...]:
    """The region's own promises, sorted by name."""
    return tuple(sorted(context.region.promises, key=lambda p: natural_key(p.name)))
