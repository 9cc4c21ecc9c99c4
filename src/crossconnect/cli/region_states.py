"""A region whose network is not quite what its files say: devices that are drained for maintenance."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec

from crossconnect.cli.network_state import NetworkState
from crossconnect.cli.region import Ready, load_or_exit
from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput, Stale
from crossconnect.simulate.maintenance import marked_drained


def as_drained(ready: Ready, names: Collection[str]) -> Ready:
    """The region with some devices drained. BadInput for a device that it does not have."""
    known = {device.name for device in ready.blueprint.devices}
    if missing := sorted(set(names) - known):
        raise BadInput(f"the region has no switch {', '.join(missing)}; 'xc show devices' lists them")
    return msgspec.structs.replace(ready, blueprint=marked_drained(ready.blueprint, names))


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A region as it runs."""

    ready: Ready
    revision: str
    """Of its files."""
    drained: tuple[str, ...]
    """Devices that are drained beside what the files say."""


def running_in_lab(root: Path, name: str, blueprint: Blueprint, revision: str) -> Running:
    """The region at a revision, as the lab of that name runs it. Stale when the lab is another network."""
    ready = load_or_exit(root, revision)
    by_hand = tuple(sorted(set(blueprint.drained) - set(ready.blueprint.drained)))
    known = {device.name for device in ready.blueprint.devices}
    if known.issuperset(by_hand):
        running = as_drained(ready, by_hand)
        if running.blueprint.content_hash() == blueprint.content_hash():
            return Running(ready=running, revision=revision, drained=by_hand)
    raise Stale(f"lab {name} does not run the region of {revision}: say with --at which commit it runs")


def running_on_devices(root: Path, state: NetworkState, revision: str) -> Running:
    """The region as the devices run it, by what is kept of them; at a revision (empty: HEAD) where nothing is. Stale
    when what is kept is another network than that of the revision, or than this program makes of the same files."""
    now = state.standing()
    if now is None:
        at = revision or "HEAD"
        return Running(ready=load_or_exit(root, at), revision=at, drained=())
    at = revision or now.commit
    ready = load_or_exit(root, at)
    if {device.name for device in ready.blueprint.devices}.issuperset(now.drained):
        running = as_drained(ready, now.drained)
        if running.blueprint.content_hash() == now.content_hash:
            return Running(ready=running, revision=at, drained=now.drained)
    raise Stale(
        f"{now.why} the network is {now.content_hash[:16]}, and commit {at[:12]} is compiled to another one: where the "
        "devices do run that, say so by `xc drift --access FILE --at REV --adopt`"
    )
