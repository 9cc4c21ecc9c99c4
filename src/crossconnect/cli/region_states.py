"""A region whose network is not quite what its files say: devices that are drained for maintenance."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import msgspec

from crossconnect.cli.region import Ready, load_or_exit
from crossconnect.errors import BadInput, Stale
from crossconnect.lab import Lab
from crossconnect.simulate.maintenance import marked_drained


def as_drained(ready: Ready, names: Collection[str]) -> Ready:
    """The region with some devices drained. BadInput for a device that it does not have."""
    known = {device.name for device in ready.blueprint.devices}
    if missing := sorted(set(names) - known):
        raise BadInput(f"the region has no switch {', '.join(missing)}; 'xc show devices' lists them")
    return msgspec.structs.replace(ready, blueprint=marked_drained(ready.blueprint, names))


def running_region(root: Path, lab: Lab, revision: str) -> tuple[Ready, tuple[str, ...]]:
    """The region at a revision, as the lab runs it, and which of its devices are drained beside what its files say.
    Stale when the lab is another network."""
    ready = load_or_exit(root, revision)
    by_hand = tuple(sorted(set(lab.blueprint.drained) - set(ready.blueprint.drained)))
    known = {device.name for device in ready.blueprint.devices}
    if known.issuperset(by_hand):
        running = as_drained(ready, by_hand)
        if running.blueprint.content_hash() == lab.blueprint.content_hash():
            return running, by_hand
    raise Stale(f"lab {lab.name} does not run the region of {revision}: say with --at which commit it runs")
