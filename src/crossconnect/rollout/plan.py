"""What a change does: configuration differences per device, numbers, findings new and cured."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.finding import Finding
from crossconnect.intent.lock import Lock

if TYPE_CHECKING:  # numbers and files are compared without the simulation
    from crossconnect.rollout.blast_radius import BlastRadius
    from crossconnect.rollout.commands import DeviceCommands


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two networks that a plan compares."""

    blueprint: Blueprint
    lock: Lock
    files: Mapping[str, Mapping[str, str]]
    """Rendered text by device and file name."""
    findings: tuple[Finding, ...] = ()


class DeviceChange(msgspec.Struct, frozen=True, kw_only=True):
    """A device whose configuration changes, with a unified diff over its files."""

    device: str
    nos: str
    kind: Literal["added", "removed", "changed"]
    lines_added: int
    lines_removed: int
    diff: str


class NumberChange(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """A number given out, taken back or moved. An empty value means none."""

    pool: str
    """Which sort of number."""
    key: str
    """What has it: a path into the model, a device, a port."""
    old: str
    """Empty for one that is given out."""
    new: str
    """Empty for one that is taken back."""


class ExtraUse(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """A file of extra configuration on devices that change: written by hand in the system's own words, not designed."""

    file: str
    kind: Literal["added", "removed", "changed", "unchanged"]
    devices: tuple[str, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that differs between parent and new; empty when nothing does."""

    parent: str
    """Content hash of the parent blueprint, `none` for an empty network."""
    new: str
    devices: tuple[DeviceChange, ...]
    numbers: tuple[NumberChange, ...]
    tenants: tuple[str, ...]
    """Tenants of which a VRF, segment or host is added, removed or changed."""
    findings_new: tuple[Finding, ...]
    findings_cured: tuple[Finding, ...]
    extra: tuple[ExtraUse, ...] = ()
    blast_radius: BlastRadius | None = None
    """Whom it touches; None where nobody asked."""
    commands: tuple[DeviceCommands, ...] | None = None
    """The change in the devices' own commands; None where nobody asked."""

    @property
    def empty(self) -> bool:
        """Whether carrying it out would change nothing."""
        return not (self.devices or self.numbers)


def plan(parent: Side | None, new: Side) -> Plan:
    """Compare two networks; `None` stands for the empty one."""
    devices = _device_changes(parent, new)
    return Plan(
        parent=parent.blueprint.content_hash() if parent else "none",
        new=new.blueprint.content_hash(),
        devices=devices,
        extra=_extra_uses(parent.blueprint if parent else None, new.blueprint, {change.device for change in devices}),
        numbers=number_changes(parent.lock if parent else Lock(), new.lock),
        tenants=_tenants_changed(parent.blueprint if parent else None, new.blueprint),
        findings_new=_only_in(new.findings, parent.findings if parent else ()),
        findings_cured=_only_in(parent.findings, new.findings) if parent else (),
    )


def _device_changes(parent: Side | None, new: Side) -> tuple[DeviceChange, ...]:
    old_files = parent.files if parent else {}
    nos = {d.name: d.nos for d in new.blueprint.devices}
    if parent:
        nos = {d.name: d.nos for d in parent.blueprint.devices} | nos
    changes: list[DeviceChange] = []
    for device in sorted(old_files.keys() | new.files.keys()):
        before, after = old_files.get(device), new.files.get(device)
        if before == after:
            continue
        diff = file_differences(device, before or {}, after or {})
        kind: Literal["added", "removed", "changed"] = (
            "added" if before is None else "removed" if after is None else "changed"
        )
        changes.append(
            DeviceChange(
                device=device,
                nos=nos[device],
                kind=kind,
                lines_added=sum(1 for line in diff if line.startswith("+") and not line.startswith("+++")),
                lines_removed=sum(1 for line in diff if line.startswith("-") and not line.startswith("---")),
                diff="\n".join(diff),
            )
        )
    return tuple(changes)


def _extra_uses(old: Blueprint | None, new: Blueprint, changed: set[str]) -> tuple[ExtraUse, ...]:
    before = {(e.file, d.name): e.text for d in (old.devices if old else ()) for e in d.extra}
    after = {(e.file, d.name): e.text for d in new.devices for e in d.extra}
    uses: dict[tuple[str, Literal["added", "removed", "changed", "unchanged"]], list[str]] = {}
    for file, device in sorted(before.keys() | after.keys()):
        if device not in changed:
            continue
        was, now = before.get((file, device)), after.get((file, device))
        kind: Literal["added", "removed", "changed", "unchanged"] = "unchanged" if was == now else "changed"
        if was is None or now is None:
            kind = "added" if was is None else "removed"
        uses.setdefault((file, kind), []).append(device)
    return tuple(ExtraUse(file=file, kind=kind, devices=tuple(of)) for (file, kind), of in sorted(uses.items()))


def file_differences(device: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Unified diff lines over all files of a device."""
    lines: list[str] = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name, ""), after.get(name, "")
        if old == new:
            continue
        if not old or not new:
            # A whole file comes or goes: no need to search for what stayed.
            sign, text = ("+", new) if new else ("-", old)
            body = text.splitlines()
            span = f"@@ -0,0 +1,{len(body)} @@" if new else f"@@ -1,{len(body)} +0,0 @@"
            lines += [f"--- {device}/{name}", f"+++ {device}/{name}", span, *(sign + line for line in body)]
            continue
        lines += difflib.unified_diff(
            old.splitlines(), new.splitlines(), f"{device}/{name}", f"{device}/{name}", lineterm="", n=3
        )
    return lines


def number_changes(old: Lock, new: Lock) -> tuple[NumberChange, ...]:
    """Numbers that differ between two locks, by pool and key."""
    changes: list[NumberChange] = []
    for pool in old.numbers.keys() | new.numbers.keys():
        before, after = old.numbers.get(pool, {}), new.numbers.get(pool, {})
        if before == after:
            continue
        changes += [
            NumberChange(pool=pool, key=key, old=before.get(key, ""), new=after.get(key, ""))
            for key in before.keys() | after.keys()
            if before.get(key) != after.get(key)
        ]
    return tuple(sorted(changes))


def _tenants_changed(old: Blueprint | None, new: Blueprint) -> tuple[str, ...]:
    """Tenants whose own objects differ; that a shared device changes does not count here."""

    def objects(blueprint: Blueprint | None) -> set[tuple[str, object]]:
        if blueprint is None:
            return set()
        found: set[tuple[str, object]] = {(v.tenant, v) for v in blueprint.vrfs}
        found |= {(s.tenant, s) for s in blueprint.segments}
        found |= {(e.tenant, e) for host in blueprint.hosts for e in host.endpoints}
        return found

    return tuple(sorted({tenant for tenant, _ in objects(old) ^ objects(new)}))


def _only_in(these: Sequence[Finding], those: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings of `these` that `those` lack: a finding is known by code, path and message, not by its line."""
    known = {(f.code, f.place.path, f.message) for f in those}
    return tuple(f for f in these if (f.code, f.place.path, f.message) not in known)
