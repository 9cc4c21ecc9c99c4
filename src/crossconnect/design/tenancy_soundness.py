"""Soundness of tenants' VRFs and segments: names, limits of platforms, placement, leaks."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.design import codes
from crossconnect.design.context import Context, segment_scope
from crossconnect.design.names import DEFAULT_INSTANCE
from crossconnect.finding import Finding, found
from crossconnect.intent.placement import segment_paths, vrf_path
from crossconnect.net import overlaps
from crossconnect.net.order import natural_key


def tenancy_findings(context: Context) -> Iterator[Finding]:
    """What is unsound in tenants' networks."""
    yield from _names(context)
    yield from _platform_limits(context)
    yield from _nowhere(context)
    yield from _leaks(context)
    yield from _servers(context)


def _names(context: Context) -> Iterator[Finding]:
    place = context.region.place
    taken = {DEFAULT_INSTANCE: "", context.region.management.vrf: "management/vrf"}
    for vrf in context.vrfs.values():
        if vrf.name in taken:
            words = f"VRF {vrf.tenant}/{vrf.model.name} is called {vrf.name} on devices, as is {taken[vrf.name]}"
            yield found(codes.NAME_CLASH, place(vrf.path), words, related=(place(taken[vrf.name]),))
        taken.setdefault(vrf.name, vrf.path)
    names: dict[str, str] = {}
    for path in sorted({segment.path for segment in context.segments.values()}, key=natural_key):
        segment = next(s for scope in _scopes(context) if (s := context.segments.get((path, scope))) is not None)
        if segment.name in names:
            words = f"the MAC-VRF of {path} is called {segment.name}, as is that of {names[segment.name]}"
            yield found(codes.NAME_CLASH, place(path), words, related=(place(names[segment.name]),))
        names.setdefault(segment.name, path)


def _scopes(context: Context) -> list[str]:
    return sorted({segment_scope(context.region, s) for s in context.inventory.switches})


def _platform_limits(context: Context) -> Iterator[Finding]:
    for switch in context.inventory.switches:
        vrfs = len(context.vrfs_of.get(switch.name, ()))
        vnis = vrfs + len(context.segments_of.get(switch.name, ()))
        platform, place = switch.platform, context.region.place(switch.path)
        if vrfs > platform.vrfs_max:
            words = f"{switch.name} has {vrfs} VRFs; platform {platform.name} holds {platform.vrfs_max}"
            yield found(codes.VRFS_OVER_PLATFORM, place, words)
        if vnis > platform.vnis_max:
            words = f"{switch.name} has {vnis} VNIs; platform {platform.name} holds {platform.vnis_max}"
            yield found(codes.VNIS_OVER_PLATFORM, place, words)


def _nowhere(context: Context) -> Iterator[Finding]:
    for vrf in context.vrfs.values():
        if not vrf.devices:
            words = f"VRF {vrf.tenant}/{vrf.model.name} is on no device"
            yield found(codes.VRF_NOWHERE, context.region.place(vrf.path), words)
    placed = {segment.path for segment in context.segments.values()}
    for path in segment_paths(context.region):
        if path not in placed:
            words = f"segment {'/'.join(path.split('/')[1::2])} is on no device"
            yield found(codes.SEGMENT_NOWHERE, context.region.place(path), words)


def _leaks(context: Context) -> Iterator[Finding]:
    """Two VRFs may use the same addresses until one imports the other's routes: then it is chance who answers."""
    for vrf in context.vrfs.values():
        for index, name in enumerate(vrf.model.imports):
            other = context.vrfs.get(vrf_path(name))
            if other is None or other is vrf:
                continue
            clash = next(((a, b) for a in vrf.prefixes for b in other.prefixes if overlaps(a, b)), None)
            if clash is not None:
                words = f"VRF {vrf.tenant}/{vrf.model.name} imports {name}, but {clash[0]} overlaps its {clash[1]}"
                place = context.region.place(f"{vrf.path}/imports/{index}")
                yield found(codes.LEAK_OVERLAP, place, words, related=(context.region.place(other.path),))


def _servers(context: Context) -> Iterator[Finding]:
    if context.region.design.vlan_scope != "pod":
        return
    for host in context.inventory.hosts:
        pods = {context.switches[leaf].pod for leaf in host.leaves}
        if len(pods) > 1:
            words = f"server {host.name} is on leaves of pods {' and '.join(sorted(pods))}, whose VLAN ids differ"
            yield found(codes.SERVER_SPLIT, context.region.place(host.path), words)
