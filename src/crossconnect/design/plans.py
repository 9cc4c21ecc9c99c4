"""What the region promises of its VRFs and segments, for checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from crossconnect.design.blueprint import RiskPlan, SegmentPlan, VrfPlan, Wire
from crossconnect.design.context import Context
from crossconnect.model.platforms import expand_ports
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
    speeds = {switch.name: switch.platform.port_gbps for switch in context.inventory.switches}
    return tuple(
        Wire(
            key=cable.key,
            kind="fabric" if cable.kind == "peer-link" else cable.kind,
            a_device=cable.a.device,
            a_port=cable.a.name if cable.kind == "server" else lock.get(f"port/{cable.a.device}", cable.key),
            b_device=cable.b.device,
            b_port=lock.get(f"port/{cable.b.device}", cable.key),
            gbps=cable.gbps or _slower(speeds, cable.a.device, cable.b.device),
        )
        for cable in context.inventory.cables
    )


def _slower(speeds: Mapping[str, int | None], *ends: str) -> int:
    """The capacity between two ports; 0 where a switch's is not known. Servers and external routers keep up."""
    known = [speeds[end] for end in ends if end in speeds]
    return min((speed or 0 for speed in known), default=0)


def risks(context: Context, cables: Iterable[Wire]) -> tuple[RiskPlan, ...]:
    """Shared risk groups, sorted by name, with the cables that are in their ports."""
    at: dict[tuple[str, str], str] = {}
    for wire in cables:
        at[(wire.a_device, wire.a_port)] = at[(wire.b_device, wire.b_port)] = wire.key
    plans: list[RiskPlan] = []
    for group in context.region.risk_groups:
        ends = [end.partition(":") for end in group.ports]
        named = [(device, port) for device, _, ports in ends for port in expand_ports((ports,))]
        keys = dict.fromkeys(at[end] for end in named if end in at)
        plans.append(
            RiskPlan(name=group.name, devices=group.devices, wires=tuple(keys), path=f"risk_groups/{group.name}")
        )
    return tuple(sorted(plans, key=lambda plan: natural_key(plan.name)))


def promises(context: Context) -> tuple[Promise, ...]:
    """The region's own promises, sorted by name."""
    return tuple(sorted(context.region.promises, key=lambda p: natural_key(p.name)))
