"""The one limit that all labs of a machine share: how many neighbours (ARP, neighbour discovery) its kernel keeps.

The table is the kernel's, not a network namespace's (Linux, net/core/neighbour.c): a hundred routers on one machine
overflow what is meant for one host, and then links fail at random. Root raises the limit for as long as labs run, and
writes down what it was; without root a lab that does not fit is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import Unsupported

LIMITS = "limits.json"
_SETTINGS = {version: Path(f"/proc/sys/net/ipv{version}/neigh/default") for version in (4, 6)}
_NAMES = ("gc_thresh1", "gc_thresh2", "gc_thresh3")
_PER_WIRE_END = 2
"""Each end of a cable knows the other by one address, over IPv6 also by its link-local one."""
_PER_ENDPOINT = 3
"""A host knows its gateway, and up to two leaves know the host."""
_PER_SWITCH = 2
"""The management gateway, and it the switch."""


class Raised(msgspec.Struct, frozen=True):
    """A kernel setting that was changed."""

    path: str
    before: str
    after: str


def neighbours_needed(blueprint: Blueprint) -> int:
    """Entries per IP version that a lab needs at the most."""
    endpoints = sum(len(host.endpoints) for host in blueprint.hosts)
    sessions = sum(len(peer.sessions) for peer in blueprint.peers)
    ends = 2 * (len(blueprint.wires) + sessions)
    return _PER_WIRE_END * ends + _PER_ENDPOINT * endpoints + _PER_SWITCH * len(blueprint.devices)


def make_room(blueprint: Blueprint, directory: Path, root: bool) -> tuple[str, ...]:
    """Raise the kernel's limits where they are too low for the lab; notes for the user say what was done.

    Raises Unsupported where they are too low and cannot be raised.
    """
    needed = neighbours_needed(blueprint)
    raised: list[Raised] = []
    notes: list[str] = []
    for version, settings in _SETTINGS.items():
        values = _values(settings)
        if not values or values[2] >= 2 * needed:
            continue
        if not root:
            if values[2] >= needed:
                continue
            raise Unsupported(
                f"the lab needs {needed} IPv{version} neighbours and this kernel keeps {values[2]}:"
                f" sysctl -w net.ipv{version}.neigh.default.gc_thresh3={2 * needed}"
            )
        # Other labs need room too; the first two are where cleaning up begins, which would forget silent hosts.
        wanted = (2 * needed, 3 * needed, 4 * needed)
        for name, before, after in zip(_NAMES, values, wanted, strict=True):
            raised.append(Raised(str(settings / name), str(before), str(max(before, after))))
        notes.append(f"net.ipv{version}.neigh.default.gc_thresh3 is {wanted[2]} while labs run, {values[2]} after that")
    if raised:
        (directory / LIMITS).write_bytes(msgspec.json.encode(raised))
        for setting in raised:
            Path(setting.path).write_text(setting.after, encoding="ascii")
    return tuple(notes)


def give_back(directory: Path, others: Sequence[Path]) -> None:
    """Undo `make_room`. While other labs run (their run directories are given) one of them is to do it in the end.

    What somebody else has set since is left alone.
    """
    raised = _raised(directory)
    if others and raised:
        heir = others[0]
        own = {setting.path: setting for setting in _raised(heir)}
        for setting in raised:
            after = own.get(setting.path, setting).after
            own[setting.path] = Raised(setting.path, setting.before, after)
        (heir / LIMITS).write_bytes(msgspec.json.encode(list(own.values())))
        return
    for setting in raised:
        path = Path(setting.path)
        if path.read_text(encoding="ascii").strip() == setting.after:
            path.write_text(setting.before, encoding="ascii")


def _raised(directory: Path) -> list[Raised]:
    try:
        return msgspec.json.decode((directory / LIMITS).read_bytes(), type=list[Raised])
    except (FileNotFoundError, msgspec.DecodeError):
        return []


def _values(settings: Path) -> list[int]:
    """The limits in order; empty where this process cannot see them (a network namespace of its own)."""
    try:
        return [int((settings / name).read_text(encoding="ascii")) for name in _NAMES]
    except OSError:
        return []
