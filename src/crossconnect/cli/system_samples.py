"""What the demo shows of a region with several network operating systems."""

from __future__ import annotations

from crossconnect.design.blueprint import Blueprint
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import render_files
from crossconnect.report import SystemSample


def system_samples(blueprint: Blueprint) -> tuple[SystemSample, ...]:
    """Each network OS of a region with its first leaf's, border leaf's or spine's main file."""
    by_system: dict[str, list[DeviceConfiguration]] = {}
    for device in blueprint.devices:
        by_system.setdefault(device.nos, []).append(device)
    found: list[SystemSample] = []
    for nos, devices in by_system.items():
        rendered = {device.name: render_files(device) for device in devices}
        order = ("leaf", "border-leaf", "spine", "super-spine")
        shown = min(devices, key=lambda d: order.index(d.role) if d.role in order else len(order))
        # SONiC's routing is in its second file; of all others the first is the configuration.
        file = next(iter(rendered[shown.name]))
        of = system(nos)
        found.append(
            SystemSample(
                nos=nos,
                title=of.title,
                versions=of.versions,
                devices=tuple(rendered),
                device=shown.name,
                role=shown.role,
                file=file,
                text=rendered[shown.name][file],
                lines=sum(text.count("\n") for files in rendered.values() for text in files.values()),
            )
        )
    return tuple(found)
