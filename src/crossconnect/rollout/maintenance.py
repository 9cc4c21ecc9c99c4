"""What taking devices out of service does to whom: while they are drained, while they are off, and if something else
fails in the meantime."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from crossconnect.checks.effects import FailureReport, Healthy
from crossconnect.checks.under_failure import Sweep, effects_of
from crossconnect.design.blueprint import Blueprint
from crossconnect.simulate.failures import NO_FAILURES, Failures
from crossconnect.simulate.impact import Impacts
from crossconnect.simulate.maintenance import drained, without_devices


class Drained(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """A VRF, or a layer-2 segment without one, that is not as before while devices are drained: (before, after)."""

    scope: str
    tenant: str
    pairs: tuple[int, int]
    """Ordered pairs of endpoints that reach each other."""
    paths: tuple[int, int]
    """Fewest equal-cost paths between two of its leaves."""
    borders: tuple[int, int]
    """Border devices over which something from outside comes in."""


class SessionDown(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """A BGP session that is down while devices are off, at the end that stays."""

    device: str
    vrf: str
    peer: str


class Maintenance(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked about some devices."""

    devices: tuple[str, ...]
    drained: tuple[Drained, ...] | None
    """None where it was not computed: what is lost while they are off is then all that may be lost before."""
    off: FailureReport
    sessions: tuple[SessionDown, ...]
    further: Sweep
    """For asking what fails beside; the devices, and what hangs on nothing else, are not in it."""

    @property
    def noticed(self) -> bool:
        """Whether a tenant notices that the devices are drained, or off: hosts are cut off, or lose each other or the
        outside."""
        lost = any(scope.lost or scope.external_lost for scope in self.off.scopes)
        apart = any(scope.pairs[1] < scope.pairs[0] for scope in self.drained or ())
        return bool(self.off.hosts_cut) or lost or apart


def maintenance(blueprint: Blueprint, out: Failures, exact: bool, broken: Failures = NO_FAILURES) -> Maintenance:
    """Take what is in `out` out of service, in the network that is left by what is `broken` already. `exact` says
    whether the drained network is simulated, which takes following every packet."""
    whole = {frozenset((w.a_device, w.b_device)) for w in blueprint.wires}
    blueprint = without_devices(blueprint, broken.devices, broken.links)
    cut = whole - {frozenset((w.a_device, w.b_device)) for w in blueprint.wires}
    names = sorted(out.devices & {device.name for device in blueprint.devices})
    return Maintenance(
        devices=tuple(names),
        drained=tuple(_drained(blueprint, names)) if exact else None,
        off=Sweep(blueprint, ()).report(out),
        sessions=tuple(sorted(_sessions(blueprint, set(names), cut))),
        further=Sweep(without_devices(blueprint, out.devices, out.links), ()),
    )


def _drained(blueprint: Blueprint, names: Collection[str]) -> Iterator[Drained]:
    sides: list[tuple[Impacts, Healthy]] = []
    for side in (blueprint, drained(blueprint, names)):
        impacts = Impacts(side)
        sides.append((impacts, effects_of(impacts, ())[0]))
    (before, was), (after, now) = sides
    for name, realm in before.realms.items():
        change = Drained(
            scope=name,
            tenant=realm.tenant,
            pairs=(was.pairs.get(name, 0), now.pairs.get(name, 0)),
            paths=(_paths(before, name), _paths(after, name)),
            borders=(was.borders.get(name, 0), now.borders.get(name, 0)),
        )
        if any(pair[0] != pair[1] for pair in (change.pairs, change.paths, change.borders)):
            yield change


def _paths(impacts: Impacts, realm: str) -> int:
    """The fewest equal-cost paths between VTEPs of a realm; 0 with fewer than two of them."""
    return impacts.least_paths(impacts.realms[realm].devices)


def _sessions(blueprint: Blueprint, names: set[str], cut: Collection[frozenset[str]]) -> Iterator[SessionDown]:
    """Those with devices of `names`; between ends that are `cut` from each other they are down already."""
    for device in blueprint.devices:
        if device.name in names:
            continue
        for instance in device.network_instances:
            for neighbor in instance.bgp.neighbors if instance.bgp is not None else ():
                if neighbor.device in names and frozenset((device.name, neighbor.device)) not in cut:
                    yield SessionDown(device=device.name, vrf=instance.name, peer=f"{neighbor.device} {neighbor.key}")
    for peer in blueprint.peers:
        for session in peer.sessions:
            if session.device in names and frozenset((peer.name, session.device)) not in cut:
                yield SessionDown(device=peer.name, vrf=session.vrf, peer=f"{session.device} {session.remote_address}")
