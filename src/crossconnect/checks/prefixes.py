"""Prefixes of VRFs: each VRF has, on each of its devices, what is declared in it and in the VRFs it imports."""

from __future__ import annotations

from collections.abc import Iterator

from crossconnect.checks.codes import PREFIX_MISSING
from crossconnect.checks.grouping import by_common_end, names_text
from crossconnect.checks.layout import Port, physical_port
from crossconnect.checks.subject import Subject, device_place
from crossconnect.design.blueprint import VrfPlan
from crossconnect.finding import Finding, Place, found


def live_origins(subject: Subject, vrf: str, prefix: str) -> tuple[str, ...]:
    """Devices that bring a prefix into a VRF by an interface that is in service.

    An IRB interface is in service with its device; a handoff's subinterface goes down with its cable.
    """
    layout = subject.layout
    devices: list[str] = []
    for device, interface in layout.origins.get((vrf, prefix), ()):
        wire = layout.wire_at.get(Port(device, physical_port(layout.interfaces, device, interface)))
        if subject.up(device) and (wire is None or subject.wire_up(wire.key)) and device not in devices:
            devices.append(device)
    return tuple(devices)


def check_prefixes(subject: Subject) -> Iterator[Finding]:
    """Every VRF holds every prefix of its own and of its imports on every device where it exists."""
    for vrf in subject.blueprint.vrfs:
        missing: list[tuple[str, str]] = []
        devices = [name for name in vrf.devices if subject.up(name)]
        for source in (vrf.name, *vrf.imports):
            plan = subject.layout.vrfs.get(source)
            for prefix in plan.prefixes if plan is not None else ():
                missing += _missing(subject, vrf, devices, source, prefix)
        for group in by_common_end(missing):
            prefixes, where = (group.others, (group.end,)) if group.of_source else ((group.end,), group.others)
            yield found(
                PREFIX_MISSING,
                Place(path=vrf.path),
                f"VRF {vrf.name} lacks {names_text(prefixes)} on {names_text(where)}",
                related=tuple(device_place(name) for name in where),
            )


def _missing(subject: Subject, vrf: VrfPlan, devices: list[str], source: str, prefix: str) -> Iterator[tuple[str, str]]:
    """(device, prefix) that a VRF lacks although the prefix's origin is there and connected."""
    origins: tuple[str, ...] | None = None
    for device in devices:
        if prefix in subject.routes.get((device, vrf.name), {}):
            continue
        if not subject.whole:
            if origins is None:
                origins = live_origins(subject, source, prefix)
            if not any(o == device or subject.connected(device, o) for o in origins):
                continue
        yield device, prefix
