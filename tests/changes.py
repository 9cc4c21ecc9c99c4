"""Changes of small regions: what somebody edits, as functions, and both networks compiled.

from changes import EDITS, both
old, new = both(small(leaves=3, tenants=2), EDITS["fewer tenants"])
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from crossconnect.design import compile_region
from crossconnect.model.pod import Pod
from crossconnect.model.region import Region
from crossconnect.model.server import SegmentPort
from crossconnect.nos.rendering import render_files
from crossconnect.rollout.plan import Side
from regions import TENANTS, small

Edit = Callable[[Region], Region]


def fewer_tenants(region: Region) -> Region:
    """Without the last tenant, its servers and its handoffs."""
    gone = region.tenants[-1].name
    pods = tuple(
        msgspec.structs.replace(
            pod,
            racks=tuple(
                msgspec.structs.replace(
                    rack, servers=tuple(g for g in rack.servers if not g.segments[0].segment.startswith(f"{gone}/"))
                )
                for rack in pod.racks
            ),
        )
        for pod in region.pods
    )
    peers = tuple(
        msgspec.structs.replace(p, handoffs=tuple(h for h in p.handoffs if not h.vrf.startswith(f"{gone}/")))
        for p in region.peers
    )
    return msgspec.structs.replace(region, tenants=region.tenants[:-1], pods=pods, peers=peers)


def design(**fields: object) -> Edit:
    """Other choices of the design."""
    return lambda region: msgspec.structs.replace(region, design=msgspec.structs.replace(region.design, **fields))


def leak(region: Region) -> Region:
    """The first tenant's VRF takes routes from the second's, and the other way round."""
    first, second = region.tenants[0], region.tenants[1]
    names = (f"{first.name}/v1", f"{second.name}/v1")
    both = tuple(
        msgspec.structs.replace(tenant, vrfs=(msgspec.structs.replace(tenant.vrfs[0], imports=(other,)),))
        for tenant, other in ((first, names[1]), (second, names[0]))
    )
    return msgspec.structs.replace(region, tenants=(*both, *region.tenants[2:]))


def one_handoff(region: Region) -> Region:
    """External routers are cabled to the first border only."""
    peers = tuple(
        msgspec.structs.replace(p, handoffs=tuple(h for h in p.handoffs if h.border == p.handoffs[0].border))
        for p in region.peers
    )
    return msgspec.structs.replace(region, peers=peers)


def fewer_spines(region: Region) -> Region:
    """Each pod loses a spine."""
    pods = tuple(
        msgspec.structs.replace(p, spines=msgspec.structs.replace(p.spines, count=p.spines.count - 1))
        for p in region.pods
    )
    return msgspec.structs.replace(region, pods=pods)


def other_transit_asn(region: Region) -> Region:
    """The external routers get another ASN."""
    return msgspec.structs.replace(region, peers=tuple(msgspec.structs.replace(p, asn=p.asn + 1) for p in region.peers))


def stretched(region: Region) -> Region:
    """Every segment is on all leaves."""
    return msgspec.structs.replace(
        region,
        tenants=tuple(
            msgspec.structs.replace(
                t,
                vrfs=tuple(
                    msgspec.structs.replace(
                        v, segments=tuple(msgspec.structs.replace(s, leaves=("all",)) for s in v.segments)
                    )
                    for v in t.vrfs
                ),
            )
            for t in region.tenants
        ),
    )


def another_segment(region: Region) -> Region:
    """The first tenant's servers are in a segment of the last one as well, behind the same ports."""
    first, last = region.tenants[0], region.tenants[-1]
    prefix = last.vrfs[0].segments[0].gateways[0].rpartition(".")[0]
    pods: list[Pod] = []
    for p, pod in enumerate(region.pods):
        racks = tuple(
            msgspec.structs.replace(
                rack,
                servers=tuple(
                    msgspec.structs.replace(
                        group,
                        segments=(
                            *group.segments,
                            SegmentPort(
                                segment=f"{last.name}/{last.vrfs[0].name}/{last.vrfs[0].segments[0].name}",
                                tagged=True,
                                addresses=(f"{prefix}.{100 + 40 * p + 10 * r + g}/24",),
                            ),
                        ),
                    )
                    if group.segments[0].segment.startswith(f"{first.name}/v")
                    else group
                    for g, group in enumerate(rack.servers)
                ),
            )
            for r, rack in enumerate(pod.racks)
        )
        pods.append(msgspec.structs.replace(pod, racks=racks))
    return msgspec.structs.replace(region, pods=tuple(pods))


EDITS: dict[str, Edit] = {
    "another segment": another_segment,
    "fewer tenants": fewer_tenants,
    "leak": leak,
    "one handoff": one_handoff,
    "fewer spines": fewer_spines,
    "other transit ASN": other_transit_asn,
    "stretched": stretched,
    "hold time": design(hold_time_s=12),
    "fabric MTU": design(fabric_mtu=9100),
    "small fabric MTU": design(fabric_mtu=9050),
    "unnumbered": design(underlay="unnumbered"),
    "gateway MAC": design(anycast_gateway_mac="02:00:5e:00:01:02"),
}

BASE = small(leaves=3, tenants=2, border=True)
DUAL = small(leaves=4, tenants=2, dual_homed=True)
PODS = small(pods=2, leaves=2, super_spines=2, tenants=2, border=True, l2_only=True)
assert len(TENANTS) > 2


def side_of(region: Region, like: Side | None = None) -> Side:
    """A region compiled and rendered, its numbers being those of `like` where they can."""
    result = compile_region(region, like.lock if like is not None else None)
    assert result.blueprint is not None, [f.message for f in result.findings]
    files = {device.name: render_files(device) for device in result.blueprint.devices}
    return Side(blueprint=result.blueprint, lock=result.lock, files=files)


def both(region: Region, edit: Edit, backwards: bool = False) -> tuple[Side, Side]:
    """A region before and after an edit; `backwards` the other way round, as when the edit is taken back."""
    first = side_of(region)
    second = side_of(edit(region), first)
    return (second, first) if backwards else (first, second)


def changed_devices(old: Side, new: Side) -> frozenset[str]:
    """Devices whose files differ."""
    return frozenset(n for n in old.files.keys() | new.files.keys() if old.files.get(n) != new.files.get(n))
