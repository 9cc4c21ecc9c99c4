"""What each of many failures costs: hosts cut off, pairs of connected hosts that lose each other, paths that are left.

    failure -> sessions down -> mesh difference -> realms touched --- regular, fabric whole: nothing more is lost
                                                        '----------- any other: settle the network, follow the packets

A realm that a failure does not touch is as it was: neither its devices, its hosts' cables, its external sessions nor
the ways between its VTEPs have changed, and its tables depend on nothing else. What is followed is followed in full, so
the answers are those of following everything; tests compare them.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Collection, Iterable, Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from crossconnect.design.blueprint import Blueprint, HostPlan
from crossconnect.simulate.arrays import UNREACHED
from crossconnect.simulate.dependents import Dependents
from crossconnect.simulate.failures import NO_FAILURES, Failures
from crossconnect.simulate.fib import Fib
from crossconnect.simulate.forwarding import Forwarder
from crossconnect.simulate.lazy_fib import lazy_fib
from crossconnect.simulate.mesh import Change, changed
from crossconnect.simulate.network import Network, Settled
from crossconnect.simulate.portion import difference, portion_of
from crossconnect.simulate.reachability import ReachabilityRow, answer, arrives, questions, reachability
from crossconnect.simulate.realms import Realm, realms
from crossconnect.simulate.topology import DEFAULT, Topology
from crossconnect.simulate.vtep_ways import Ways, ways_between

_WIDEST = int(np.iinfo(np.int16).max)


class Impact(msgspec.Struct, frozen=True, kw_only=True):
    """What is left under a failure, as far as it differs from the healthy network."""

    failures: Failures
    cut_off: tuple[str, ...]
    """Hosts all of whose cables are dead."""
    degraded: tuple[str, ...]
    """Hosts some of whose cables are dead."""
    lost: tuple[ReachabilityRow, ...]
    """What is not, or not fully, delivered although it was when nothing had failed. Hosts that are cut off themselves
    are not in here."""
    width: int
    """Fewest equal-cost paths from a VTEP to another one that it reaches; 0 where no VTEP reaches another."""
    narrower: tuple[tuple[str, int, int], ...]
    """(realm, before, after): realms whose VTEPs have fewer equal-cost paths between them than before."""
    touched: frozenset[str]
    """Realms that the failure has to do with."""
    followed: frozenset[str]
    """Realms whose packets were followed."""


class Impacts:
    """A network, prepared for being asked about failures one after the other; with `among`, about some of its realms
    and the VTEPs that they are on. `after` prepares the next network in a fraction of the time."""

    def __init__(
        self,
        blueprint: Blueprint,
        among: Collection[str] | None = None,
        previous: Impacts | None = None,
        changed: Collection[str] = (),
    ) -> None:
        """`previous` is a network with the same fabric, from whose devices only those `changed` differ; `among` names
        realms, then."""
        self.blueprint = blueprint
        portion = portion_of(blueprint, among) if among is not None else None
        self.network = Network(blueprint, portion, previous.network if previous is not None else None, changed)
        self.healthy: Settled = self.network.settle()
        self.topology: Topology = self.network.topology
        self.realms: dict[str, Realm] = realms(self.topology, self.network.attachments, among)
        self._last: tuple[Failures, Settled, Fib] | None = None
        self._sessions = Dependents(self.network, self.healthy, previous._sessions if previous is not None else None)
        on = {device for realm in self.realms.values() for device in realm.devices}
        some = on if among is not None else None
        self._ways: Ways = previous._ways if previous is not None else ways_between(self.network, self.healthy, some)
        self._mesh, self._names, self._cap = self._ways.mesh, self._ways.names, self._ways.cap
        self._vteps, self._speakers, self._place = self._ways.numbers, self._ways.speakers, self._ways.place
        self._on = np.ones(len(self._names), np.bool_)
        if among is not None:
            self._on[:] = False
            self._on[self._numbers(on)] = True
        self._members = {name: self._numbers(realm.devices) for name, realm in self.realms.items()}
        self._realms_at: dict[str, list[str]] = {}
        for realm in self.realms.values():
            for device in realm.devices:
                self._realms_at.setdefault(device, []).append(realm.name)
        self._realms_of: list[frozenset[str]] = [frozenset(self._realms_at.get(name, ())) for name in self._names]
        self.narrowest = {name: self._narrow(self._widths(numbers)) for name, numbers in self._members.items()}
        width = self._widths(np.flatnonzero(self._on))
        self.width = self._narrow(width)
        self._narrow_ways = int(np.count_nonzero(width == self.width))
        self._whole = self._whole_realms()
        inside = blueprint.hosts if among is None else [host for host in blueprint.hosts if self._inside(host.name)]
        self.cut_off = frozenset(host.name for host in inside if self._cables(host, self.healthy)[0] == 0)

    def after(self, blueprint: Blueprint) -> Impacts:
        """The network of another blueprint: of realms that are not as they are here, if the fabric is the same, which
        takes milliseconds; else of all of it."""
        found = difference(self.blueprint, blueprint)
        if found is None:
            return Impacts(blueprint)
        # Whoever takes routes from a realm that changes may change with it, and may have done so before.
        linked = portion_of(self.blueprint, found.realms).realms | portion_of(blueprint, found.realms).realms
        among = linked & _names_of_realms(blueprint)
        if not self._on_known_vteps(blueprint, among):
            return Impacts(blueprint, among)
        return Impacts(blueprint, among, self, found.devices)

    def whole(self, blueprint: Blueprint) -> Impacts:
        """The network of another blueprint, all of it. Only the fabric is not computed again where it is the same."""
        found = difference(self.blueprint, blueprint)
        everything = _names_of_realms(blueprint)
        if found is None or not self._on_known_vteps(blueprint, everything):
            return Impacts(blueprint)
        return Impacts(blueprint, everything, self, found.devices)

    def _on_known_vteps(self, blueprint: Blueprint, realms: Collection[str]) -> bool:
        """Whether the ways between all VTEPs that some realms of a blueprint with the same fabric are on are known."""
        inside = portion_of(blueprint, realms)
        return all(name in self._ways.numbers for name in inside.devices if self.topology.devices[name].vtep)

    @property
    def complete(self) -> bool:
        """Whether all realms of the blueprint are in it."""
        return self.realms.keys() == _names_of_realms(self.blueprint)

    @functools.cached_property
    def before(self) -> Forwarder:
        """For following packets while nothing has failed."""
        return Forwarder(lazy_fib(self.healthy))

    def regular(self, name: str) -> bool:
        """Whether the fabric alone says who reaches whom in a realm, and all of it is there while nothing fails."""
        return not self.realms[name].irregular and name in self._whole

    def pairs(self) -> dict[str, int]:
        """By realm, the ordered pairs of endpoints that talk while nothing has failed."""
        found = {name: realm.pairs for name, realm in self.realms.items() if self.regular(name)}
        others = self.realms.keys() - found.keys()
        seen: set[tuple[str, str, str, str]] = set()
        for row in reachability(self.before.tables, among=others):
            # One row per pair of classes, whichever IP version comes first.
            pair = (row.source_host, row.source_segment, row.destination_host, row.destination)
            if row.destination_host and row.outcome == "delivered" and pair not in seen:
                seen.add(pair)
                name = row.source_vrf or row.source_segment
                found[name] = found.get(name, 0) + row.pairs
        return found

    def least_paths(self, devices: Iterable[str]) -> int:
        """The fewest equal-cost paths from one of some VTEPs to another of them; 0 where there is no way."""
        if self._mesh is not None:
            return self._narrow(self._widths(self._numbers(devices)))
        return self._followed_width(NO_FAILURES, frozenset(devices))

    def settled(self, failures: Failures) -> Settled:
        """What the network settles on under a failure; that asked for last is kept."""
        return self._under(failures)[1] if failures else self.healthy

    def tables(self, failures: Failures) -> Fib:
        """Forwarding tables under a failure; those asked for last are kept."""
        return self._under(failures)[2] if failures else self.before.tables

    def _under(self, failures: Failures) -> tuple[Failures, Settled, Fib]:
        if self._last is None or self._last[0] != failures:
            settled = self.network.settle(failures)
            self._last = (failures, settled, lazy_fib(settled, self.before.tables))
        return self._last

    def wires_down(self, failures: Failures) -> set[str]:
        """Keys of the cables that carry nothing under a failure."""
        return self._sessions.wires_down(failures)

    def of(self, failures: Failures) -> Impact:
        """What a failure costs."""
        wires = self._sessions.wires_down(failures)
        cut_off, degraded = self._hosts(failures, wires)
        touched = self._touched_hosts(failures, {*cut_off, *degraded})
        change = self._change(failures, wires)
        if change is None:
            followed = set(self.realms) if failures else set[str]()
            touched = set(followed)
        else:
            followed = {name for name in touched if name in self.realms and not self.regular(name)}
            apart, elsewhere = self._between(change)
            for name in self._sessions.external_down(failures, wires) | apart:
                followed.add(name)
            for name in elsewhere:
                if name in self.realms and (not self.regular(name) or self.realms[name].borders):
                    followed.add(name)
            followed |= self._borders_down(failures) | self._importers(touched | followed)
            followed &= self.realms.keys()
            touched = (touched | followed) & self.realms.keys()
        lost = self._lost(failures, followed, cut_off) if followed else ()
        width, narrower = self._narrower(change, failures)
        return Impact(
            failures=failures,
            cut_off=cut_off,
            degraded=degraded,
            lost=lost,
            width=width,
            narrower=narrower,
            touched=frozenset(touched),
            followed=frozenset(followed),
        )

    def _change(self, failures: Failures, wires: Collection[str]) -> Change | None:
        """What changes of ways between VTEPs that are still there; the speaker is the number of a VTEP, too."""
        if self._mesh is None:
            return None
        at = self.topology.speaker_at
        dead = {at[(name, DEFAULT)] for name in failures.devices if (name, DEFAULT) in at}
        change = changed(self._mesh, self._sessions.edges_down(failures, wires), dead)
        vteps = self._place[change.speakers]
        there = (vteps >= 0) & (change.classes != vteps)
        there &= self._on[change.classes] & self._on[vteps]
        if dead:
            gone = np.zeros(len(self._names), np.bool_)
            gone[self._numbers(failures.devices)] = True
            there &= ~gone[change.classes] & ~gone[vteps]
        return Change(change.classes[there], vteps[there], change.level[there], change.width[there])

    # Who is touched

    def _numbers(self, devices: Iterable[str]) -> NDArray[np.intp]:
        return np.array([self._vteps[name] for name in devices if name in self._vteps], np.intp)

    def _cables(self, host: HostPlan, settled: Settled) -> tuple[int, int]:
        """How many of a host's cables work, and how many it has."""
        wires = [self.topology.wire_at.get((host.name, port)) for port in host.ports]
        there = [wire for wire in wires if wire is not None]
        live = settled.live
        up = [w for w in there if live.device_up(host.name) and live.interface_up(w.b_device, w.b_port)]
        return len(up), len(there)

    def _hosts(self, failures: Failures, wires: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Hosts without any cable, and hosts with some dead cable."""
        cut, degraded = set(self.cut_off), set[str]()
        affected = {self.topology.wires[key].a_device for key in wires} | failures.devices
        for name in affected & self.topology.hosts.keys():
            host = self.topology.hosts[name]
            ports = [self.topology.wire_at.get((name, port)) for port in host.ports]
            left = [w for w in ports if w is not None and w.key not in wires]
            if name in failures.devices or not left:
                cut.add(name)
            else:
                degraded.add(name)
        return tuple(sorted(filter(self._inside, cut))), tuple(sorted(filter(self._inside, degraded - cut)))

    def _inside(self, host: str) -> bool:
        """Whether a host is in a realm that is looked at."""
        endpoints = self.topology.hosts[host].endpoints
        return any((endpoint.vrf or endpoint.segment) in self.realms for endpoint in endpoints)

    def _touched_hosts(self, failures: Failures, hosts: set[str]) -> set[str]:
        """Realms that lose a device, or a cable of a host."""
        touched = {name for device in failures.devices for name in self._realms_at.get(device, ())}
        for name in hosts - self.cut_off:
            touched |= {endpoint.vrf or endpoint.segment for endpoint in self.topology.hosts[name].endpoints}
        return touched

    def _between(self, change: Change) -> tuple[set[str], set[str]]:
        """Realms in which a VTEP no longer reaches another, and realms in which one does over another AS-path
        length."""
        if self._mesh is None or not len(change.classes):
            return set(), set()
        before = self._mesh.level[change.classes, self._speakers[change.speakers]]
        other = (change.level != before) & (before != UNREACHED)
        result: list[set[str]] = []
        for chosen in (other & (change.level == UNREACHED), other & (change.level != UNREACHED)):
            found = set[str]()
            to: list[int] = change.classes[chosen].tolist()
            at: list[int] = change.speakers[chosen].tolist()
            for a, b in zip(to, at, strict=True):
                found |= self._realms_of[a] & self._realms_of[b]
            result.append(found)
        return result[0], result[1]

    def _borders_down(self, failures: Failures) -> set[str]:
        """Realms that lose a device with external sessions in them."""
        at = (name for device in failures.devices for name in self._realms_at.get(device, ()))
        return {name for name in at if not failures.devices.isdisjoint(self.realms[name].borders)}

    def _importers(self, names: Collection[str]) -> set[str]:
        """Realms that import routes of some, directly or over others."""
        found: set[str] = set()
        while True:
            more = {
                vrf.name
                for vrf in self.blueprint.vrfs
                if vrf.name not in found and not {*names, *found}.isdisjoint(vrf.imports)
            }
            if not more:
                return found
            found |= more

    # What is lost

    def _lost(
        self, failures: Failures, followed: Collection[str], cut_off: Iterable[str]
    ) -> tuple[ReachabilityRow, ...]:
        here, cut = Forwarder(self.tables(failures)), set(cut_off)
        return tuple(sorted(self._lost_rows(here, followed, cut)))

    def _lost_rows(self, here: Forwarder, followed: Collection[str], cut: set[str]) -> Iterator[ReachabilityRow]:
        for question in questions(here.tables, among=followed):
            if question.source.cut_off or question.receiver in cut:
                continue
            verdict = here.send(question.sender, question.address)
            if arrives(question, verdict):
                continue
            if arrives(question, self.before.send(question.sender, question.address)):
                yield answer(question, verdict)

    # How many paths are left

    def _widths(self, numbers: NDArray[np.intp]) -> NDArray[np.int16]:
        """Equal-cost paths between some VTEPs by (class, VTEP), 0 for none and from a VTEP to itself."""
        if self._mesh is None:
            return np.zeros((0, 0), np.int16)
        return np.minimum(self._mesh.width[np.ix_(numbers, self._speakers[numbers])], self._cap[numbers])

    @staticmethod
    def _narrow(width: NDArray[np.int16]) -> int:
        """The least width that is not 0; 0 for none."""
        there = width[width > 0]
        return int(there.min()) if len(there) else 0

    def _whole_realms(self) -> set[str]:
        """Realms in which every VTEP reaches every other one."""
        found: set[str] = set()
        for name, numbers in self._members.items():
            missing = len(self.realms[name].devices) - len(numbers)
            if not missing and np.count_nonzero(self._widths(numbers)) == len(numbers) * (len(numbers) - 1):
                found.add(name)
        return found

    def _narrower(self, change: Change | None, failures: Failures) -> tuple[int, tuple[tuple[str, int, int], ...]]:
        """The least width in the region, and realms with less than before."""
        if change is None:
            return self._followed_width(failures), ()
        gone = self._numbers(failures.devices)
        if not len(change.classes) and not len(gone):
            return self.width, ()
        to, at = change.classes, change.speakers
        width = np.minimum(change.width, self._cap[at])
        least = self._least(to, at, np.where(width > 0, width, _WIDEST).astype(np.int16))
        narrower = tuple((name, self.narrowest[name], least[name]) for name in sorted(least))
        if self._narrow_ways > len(to) + 2 * len(gone) * len(self._names):
            # So many ways are as narrow as the narrowest that one of them has not changed.
            return min(self.width, int(width[width > 0].min(initial=_WIDEST))), narrower
        numbers = np.flatnonzero(self._on)
        place = np.full(len(self._names), -1, np.intp)
        place[numbers] = np.arange(len(numbers))
        everything = self._widths(numbers)
        everything[place[to], place[at]] = width
        away = place[gone[self._on[gone]]]
        everything[away], everything[:, away] = 0, 0
        return self._narrow(everything), narrower

    def _least(self, to: NDArray[np.intp], at: NDArray[np.intp], width: NDArray[np.int16]) -> dict[str, int]:
        """Realms with less than before, and their least width, of ways whose width has changed."""
        least: dict[str, int] = {}
        if not len(to):
            return least
        size = len(self._names)
        # Most changes are all ways to some VTEPs and all ways from some: they are looked at by VTEP.
        by_target = np.bincount(to, minlength=size)[to] >= np.bincount(at, minlength=size)[at]
        row = np.full(size, _WIDEST, np.int16)
        for chosen, ends, others in ((by_target, to, at), (~by_target, at, to)):
            order = np.flatnonzero(chosen)
            order = order[np.argsort(ends[order], kind="stable")]
            sorted_ends = ends[order]
            starts = np.flatnonzero(np.r_[True, sorted_ends[1:] != sorted_ends[:-1]]) if len(order) else order
            for part in np.split(order, starts[1:]) if len(order) else ():
                row[others[part]] = width[part]
                for name in self._realms_at.get(self._names[int(ends[part[0]])], ()):
                    now = int(row[self._members[name]].min())
                    if now < least.get(name, self.narrowest[name]):
                        least[name] = now
                row[others[part]] = _WIDEST
        return least

    def _followed_width(self, failures: Failures, among: frozenset[str] | None = None) -> int:
        tables = self.tables(failures)
        widths: list[int] = []
        for device in itertools.compress(self._names, self._on):
            if among is not None and device not in among:
                continue
            routes = tables.routes.get((device, DEFAULT))
            for vtep, owners in self.topology.vteps.items():
                asked = routes is not None and device not in owners
                asked = asked and (among is None or not among.isdisjoint(owners))
                row = routes.lookup(vtep) if routes is not None and asked else None
                if row is not None and row.prefix == f"{vtep}/32":
                    widths.append(len(row.next_hops))
        return min(widths, default=0)


def _names_of_realms(blueprint: Blueprint) -> frozenset[str]:
    return frozenset((*(vrf.name for vrf in blueprint.vrfs), *(s.vrf or s.path for s in blueprint.segments)))
