"""Equal-cost paths: routes have exactly the next hops that the topology gives, in the underlay and in VRFs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from crossconnect.checks.codes import ECMP_WIDTH, NEXT_HOP_UNEXPECTED
from crossconnect.checks.fabric import Fabric
from crossconnect.checks.grouping import count_text, names_text
from crossconnect.checks.prefixes import live_origins
from crossconnect.checks.subject import Subject, device_place, evidence_of
from crossconnect.checks.vteps import vtep_neighbors
from crossconnect.design.blueprint import VrfPlan
from crossconnect.device.bgp import Family
from crossconnect.finding import Finding, Place, found
from crossconnect.state.tables import RouteRow


class _Shape(NamedTuple):
    """How a device's routes to some loopbacks differ: next-hop interfaces it lacks, and those it should not have."""

    device: str
    wanted: int
    lacking: tuple[str, ...]
    extra: tuple[str, ...]


def check_ecmp(subject: Subject) -> Iterator[Finding]:
    """Routes to loopbacks use all equal paths of the fabric, routes of VRFs all VTEPs nearest to the prefix."""
    yield from _underlay(subject)
    for vrf in subject.blueprint.vrfs:
        yield from _vrf(subject, vrf)


def _loopbacks(subject: Subject) -> list[tuple[tuple[str, ...], str, Family]]:
    """(devices, prefix, family) of every loopback address that the underlay announces: of one device, or of both leaves
    of an MLAG pair."""
    owners: dict[tuple[str, Family], tuple[str, ...]] = {}
    for device in subject.blueprint.devices:
        if subject.up(device.name):
            for interface in device.interfaces:
                if interface.kind == "loopback" and interface.network_instance == "default":
                    for address in interface.addresses:
                        family: Family = "ipv6-unicast" if ":" in address else "ipv4-unicast"
                        owners[address, family] = (*owners.get((address, family), ()), device.name)
    return [(devices, prefix, family) for (prefix, family), devices in owners.items()]


def _underlay(subject: Subject) -> Iterator[Finding]:
    loopbacks = _loopbacks(subject)
    needed = vtep_neighbors(subject)
    wrong: dict[_Shape, list[tuple[str, RouteRow | None]]] = {}
    for device in subject.blueprint.devices:
        if not subject.up(device.name):
            continue
        routes = subject.routes.get((device.name, "default"), {})
        # No route at all to a VTEP that is needed is the finding of the check for VTEPs.
        reported = {subject.layout.vteps[name] for name in needed.get(device.name, ())}
        for owners, prefix, family in loopbacks:
            fabric = subject.fabrics[family]
            target = owners[0]
            wanted = fabric.paths(device.name, target)
            if len(owners) > 1:
                target, wanted = _to_either(fabric, device.name, owners)
            row = routes.get(prefix)
            have = tuple(hop.rpartition("%")[2] for hop in row.next_hops) if row is not None else ()
            if len(have) == len(wanted) and set(have) == set(wanted):
                continue
            paths_max = fabric.paths_max(device.name)
            if len(wanted) > paths_max and len(have) == paths_max and set(have) <= set(wanted):
                continue
            if target != device.name and (row is not None or prefix.partition("/")[0] not in reported):
                lacking, extra = sorted(set(wanted) - set(have)), sorted(set(have) - set(wanted))
                shape = _Shape(device.name, len(wanted), tuple(lacking), tuple(extra))
                wrong.setdefault(shape, []).append((target, row))
    for shape, targets in sorted(wrong.items()):
        yield _underlay_finding(shape, targets)


def _to_either(fabric: Fabric, device: str, owners: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """(nearest, ports) towards an address that several devices have: to all that are equally near."""
    if device in owners:
        return device, ()
    away = [(fabric.is_marked(device, o), fabric.distance(device, o), o) for o in owners if fabric.reaches(device, o)]
    nearest = [owner for marked, distance, owner in away if (marked, distance) == min(away)[:2]]
    ports = dict.fromkeys(port for owner in nearest for port in fabric.paths(device, owner))
    return (nearest or list(owners))[0], tuple(ports)


def _underlay_finding(shape: _Shape, targets: list[tuple[str, RouteRow | None]]) -> Finding:
    names = list(dict.fromkeys(target for target, _ in targets))
    what: list[str] = []
    if shape.lacking:
        what.append(f"lacks {names_text(shape.lacking)} of {count_text(shape.wanted, 'equal path')}")
    if shape.extra:
        what.append(f"uses {names_text(shape.extra)}, which is on no shortest path")
    return found(
        ECMP_WIDTH,
        device_place(shape.device),
        f"the underlay on {shape.device} {' and '.join(what)} to {names_text(names)}",
        related=tuple(device_place(name) for name in names),
        evidence=evidence_of("routes", [row for _, row in targets if row is not None]),
    )


def _vrf(subject: Subject, vrf: VrfPlan) -> Iterator[Finding]:
    devices = [name for name in vrf.devices if subject.up(name)]
    narrow: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[RouteRow]] = {}
    strange: list[RouteRow] = []
    nearest: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
    for source in (vrf.name, *vrf.imports):
        plan = subject.layout.vrfs.get(source)
        for prefix in plan.prefixes if plan is not None else ():
            origins = live_origins(subject, source, prefix)
            addresses = {subject.layout.vteps.get(name, "") for name in origins}
            for device in devices:
                row = subject.routes.get((device, vrf.name), {}).get(prefix)
                if row is None or row.protocol != "bgp" or device in origins:
                    continue
                have = {hop.partition("%")[0] for hop in row.next_hops}
                if not have <= addresses:
                    strange.append(row)
                    continue
                key = (device, origins)
                if key not in nearest:
                    nearest[key] = _nearest(subject, device, origins)
                wanted = nearest[key]
                if len(have) != min(len(wanted), _paths_max(subject, device, vrf.name)) or not have <= set(wanted):
                    shape = (device, tuple(sorted(set(wanted) - have)), tuple(sorted(have - set(wanted))))
                    narrow.setdefault(shape, []).append(row)
    for (device, lacking, extra), rows in sorted(narrow.items()):
        yield _vrf_finding(subject, vrf, device, (lacking, extra), rows)
    if strange:
        hops = sorted({hop for row in strange for hop in row.next_hops})
        yield found(
            NEXT_HOP_UNEXPECTED,
            Place(path=vrf.path),
            f"VRF {vrf.name} sends {names_text(sorted({row.prefix for row in strange}))} to {names_text(hops)} "
            f"on {names_text(sorted({row.device for row in strange}))}, where the prefix is not",
            related=tuple(device_place(name) for name in sorted({row.device for row in strange})),
            evidence=evidence_of("routes", strange),
        )


def _paths_max(subject: Subject, device: str, vrf: str) -> int:
    instance = subject.layout.instances.get((device, vrf))
    return instance.bgp.maximum_paths if instance is not None and instance.bgp is not None else 1


def _nearest(subject: Subject, device: str, origins: tuple[str, ...]) -> tuple[str, ...]:
    """VTEPs of the origins with the shortest AS path from a device; those being drained only without others."""
    overlay = subject.fabrics["l2vpn-evpn"]
    distances = [(overlay.distance(device, origin), origin) for origin in origins]
    reached = [(distance, origin) for distance, origin in distances if distance > 0]
    serving = [(distance, origin) for distance, origin in reached if not overlay.is_marked(device, origin)]
    # A drained device gives every route it hears the same low preference, so to it no origin is worse.
    usable = serving if serving and device not in subject.blueprint.drained else reached
    shortest = min((distance for distance, _ in usable), default=0)
    return tuple(dict.fromkeys(subject.layout.vteps[origin] for distance, origin in usable if distance == shortest))


def _vrf_finding(
    subject: Subject, vrf: VrfPlan, device: str, shape: tuple[tuple[str, ...], tuple[str, ...]], rows: list[RouteRow]
) -> Finding:
    def named(addresses: tuple[str, ...]) -> str:
        owners = subject.layout.vtep_devices
        return names_text([f"{a} ({', '.join(owners.get(a, ('unknown',)))})" for a in addresses])

    lacking, extra = shape
    what: list[str] = []
    if lacking:
        what.append(f"does not use {named(lacking)}")
    if extra:
        what.append(f"uses {named(extra)}, which is not nearest")
    return found(
        ECMP_WIDTH,
        Place(path=vrf.path),
        f"VRF {vrf.name} on {device} {' and '.join(what)} for {names_text(sorted(row.prefix for row in rows))}",
        related=(device_place(device),),
        evidence=evidence_of("routes", rows),
    )
