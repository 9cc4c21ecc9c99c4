"""Where segments and VRFs exist: on the leaves their servers are on, and where the intent asks for them."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from crossconnect.intent.handoffs import HandoffLink
from crossconnect.model.inventory import Inventory, MlagPair, Switch
from crossconnect.model.region import Region
from crossconnect.model.tenant import Segment
from crossconnect.net.order import natural_key

VTEP_ROLES = frozenset({"leaf", "border-leaf"})


def segment_paths(region: Region) -> dict[str, Segment]:
    """Every segment by its path in the model."""
    paths: dict[str, Segment] = {}
    for tenant in region.tenants:
        for vrf in tenant.vrfs:
            for segment in vrf.segments:
                paths[f"tenants/{tenant.name}/vrfs/{vrf.name}/segments/{segment.name}"] = segment
        for segment in tenant.segments:
            paths[f"tenants/{tenant.name}/segments/{segment.name}"] = segment
    return paths


def vrf_path(reference: str) -> str:
    """Path of a VRF written `tenant/vrf`."""
    tenant, _, vrf = reference.partition("/")
    return f"tenants/{tenant}/vrfs/{vrf}"


@functools.lru_cache(maxsize=1 << 16)
def segment_path(reference: str) -> str:
    """Path of a segment written `tenant/vrf/segment` or `tenant/segment`."""
    parts = reference.split("/")
    if len(parts) == 3:
        return f"tenants/{parts[0]}/vrfs/{parts[1]}/segments/{parts[2]}"
    return f"tenants/{parts[0]}/segments/{parts[-1]}"


def segment_devices(region: Region, inventory: Inventory) -> dict[str, tuple[str, ...]]:
    """Leaves and border leaves of every segment by its path, sorted."""
    vteps = [s for s in inventory.switches if s.role in VTEP_ROLES]
    leaves = tuple(s.name for s in vteps if s.role == "leaf")
    leaf_set = frozenset(leaves)
    groups = _groups(vteps)
    on: dict[str, set[str]] = {path: set() for path in segment_paths(region)}
    for host in inventory.hosts:
        for port in host.segments:
            members = on.get(segment_path(port.segment))
            if members is not None:
                members.update(host.leaves)
    known = {s.name for s in vteps}
    placed: dict[str, tuple[str, ...]] = {}
    for path, segment in segment_paths(region).items():
        members = on[path] & known
        if "all" in segment.leaves:
            if members.issubset(leaf_set):
                placed[path] = leaves
                continue
            members.update(leaves)
        for name in segment.leaves:
            members.update(groups.get(name, ()))
        members.update(list(_others(inventory.pairs, members)))
        placed[path] = tuple(sorted(members, key=natural_key))
    return placed


def _groups(vteps: list[Switch]) -> Mapping[str, list[str]]:
    """Names of leaves by device, rack and pod. A border leaf is meant by its own name only: `all` and a pod's name mean
    the leaves that servers are on."""
    groups: dict[str, list[str]] = {}
    for switch in vteps:
        names = [switch.name, switch.rack, switch.pod] if switch.role == "leaf" else [switch.name, switch.rack]
        for name in dict.fromkeys(names):
            if name:
                groups.setdefault(name, []).append(switch.name)
    return groups


def _others(pairs: Iterable[MlagPair], members: Collection[str]) -> Iterator[str]:
    """Leaves that must have what their other half has: an MLAG pair is one switch to the fabric."""
    for pair in pairs:
        if (pair.primary in members) != (pair.secondary in members):
            yield pair.secondary if pair.primary in members else pair.primary


def vrf_devices(
    region: Region,
    placed: Mapping[str, tuple[str, ...]],
    links: tuple[HandoffLink, ...],
    pairs: Sequence[MlagPair] = (),
) -> dict[str, tuple[str, ...]]:
    """Leaves and border leaves of every VRF by its path: where a routed segment or a handoff of it is, and where a
    VRF is that imports its routes (the imported one must be on the same device)."""
    on: dict[str, set[str]] = {}
    imports: dict[str, list[str]] = {}
    for tenant in region.tenants:
        for vrf in tenant.vrfs:
            path = f"tenants/{tenant.name}/vrfs/{vrf.name}"
            imports[path] = [vrf_path(name) for name in vrf.imports]
            on[path] = set()
            for segment in vrf.segments:
                if segment.gateways:
                    on[path].update(placed[f"{path}/segments/{segment.name}"])
    for link in links:
        if (members := on.get(vrf_path(link.handoff.vrf))) is not None:
            members.add(link.device)
            members.update(list(_others(pairs, members)))
    pending = [path for path in on if imports[path]]
    while pending:
        path = pending.pop()
        for imported in imports[path]:
            if imported in on and not on[path] <= on[imported]:
                on[imported] |= on[path]
                pending.append(imported)
    return {path: tuple(sorted(members, key=natural_key)) for path, members in on.items()}
