"""What each of many failures costs: hosts cut off, pairs of connected hosts that lose each other, paths that are left.

    failure -> sessions down -> mesh difference -> realms touched --- regular, fabric whole: nothing more is lost
                                                        '----------- any other: settle the network, follow the packets

A realm that a failure does not touch is as it was: neither its devices, its hosts' cables, its external sessions nor
the ways between its VTEPs have changed, and its tables depend on nothing else. What is followed is followed in full, so
the answers are those of following everything; tests compare them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from crossconnect.design.blueprint import Blueprint, HostPlan
from crossconnect.simulate.arrays import Paths
from crossconnect.simulate.attributes import LOCAL_WEIGHT, Attributes
from crossconnect.simulate.failures import NO_FAILURES, Failures, SessionKey
from crossconnect.simulate.fib import Fib
from crossconnect.simulate.forwarding import Forwarder
from crossconnect.simulate.lazy_fib import lazy_fib
from crossconnect.simulate.mesh import Change, Mesh, changed, mesh, relocated, unreached
from crossconnect.simulate.network import Network, Settled
from crossconnect.simulate.reachability import ReachabilityRow, answer, arrives, questions, reachability
from crossconnect.simulate.realms import Realm, realms
from crossconnect.simulate.shortest_spread import ShortestSpread
from crossconnect.simulate.topology import DEFAULT, Topology

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
    and the VTEPs that they are on."""

    def __init__(self, blueprint: Blueprint, among: Collection[str] | None = None) -> None:
        self.blueprint = blueprint
        self.network = Network(blueprint)
        self.healthy: Settled = self.network.settle()
        self.topology: Topology = self.network.topology
        every = realms(self.topology, self.network.attachments)
        self.realms: dict[str, Realm] = {n: realm for n, realm in every.items() if among is None or n in among}
        self.before = Forwarder(lazy_fib(self.healthy))
        self._last: tuple[Failures, Fib] = (NO_FAILURES, self.before.tables)
        self._sessions = _Index(self.network, self.healthy)
        on = {device for realm in self.realms.values() for device in realm.devices}
        speakers = self.topology.speaker_at
        vteps = [d.name for d in blueprint.devices if d.vtep and (d.name, DEFAULT) in speakers]
        if among is not None:
            vteps = [name for name in vteps if name in on]
        self._vteps = {name: number for number, name in enumerate(vteps)}
        self._speakers: NDArray[np.intp] = np.array([self.topology.speaker_at[(n, DEFAULT)] for n in vteps], np.intp)
        self._names = vteps
        self._place: dict[int, int] = {int(speaker): number for number, speaker in enumerate(self._speakers)}
        self._mesh = _mesh(self.network, self.healthy, vteps)
        self._members = {name: self._numbers(realm.devices) for name, realm in self.realms.items()}
        self._realms_at: dict[str, list[str]] = {}
        for realm in self.realms.values():
            for device in realm.devices:
                self._realms_at.setdefault(device, []).append(realm.name)
        self._cap = np.array([self._paths_max(s) for s in self._speakers], np.int16)
        self._width = self._widths(self._mesh)
        self.narrowest = {name: self._narrow(self._width, numbers) for name, numbers in self._members.items()}
        self.width = self._narrow(self._width, np.arange(len(vteps)))
        self._narrow_ways = int(np.count_nonzero(self._width == self.width))
        self._whole = self._whole_realms()
        self.cut_off = frozenset(host.name for host in blueprint.hosts if self._cables(host, self.healthy)[0] == 0)

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

    def tables(self, failures: Failures) -> Fib:
        """Forwarding tables under a failure; those asked for last are kept."""
        if self._last[0] != failures:
            self._last = (failures, lazy_fib(self.network.settle(failures), self.before.tables))
        return self._last[1]

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
            apart, elsewhere = self._between(change, failures)
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
        if self._mesh is None:
            return None
        at = self.topology.speaker_at
        dead = {at[(name, DEFAULT)] for name in failures.devices if (name, DEFAULT) in at}
        return changed(self._mesh, self._sessions.edges_down(failures, wires), dead)

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

    def _between(self, change: Change, failures: Failures) -> tuple[set[str], set[str]]:
        """Realms in which a VTEP no longer reaches another, and realms in which one does over another AS-path length.
        Ways to and from devices that are gone do not count."""
        if self._mesh is None or not len(change.classes):
            return set(), set()
        gone = {self._vteps[name] for name in failures.devices & self._vteps.keys()}
        names = self._names
        result: list[set[str]] = []
        for pairs in (unreached, relocated):
            found: set[str] = set()
            for speaker, b in pairs(change, self._mesh, self._speakers):
                a = self._place[speaker]
                if a not in gone and b not in gone and a != b:
                    found |= set(self._realms_at.get(names[a], ())) & set(self._realms_at.get(names[b], ()))
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

    def _paths_max(self, speaker: int) -> int:
        return max(1, self.topology.speakers[speaker].bgp.maximum_paths)

    def _widths(self, of: Mesh | None) -> NDArray[np.int16]:
        """Equal-cost paths by (class, VTEP), 0 for none and from a VTEP to itself."""
        if of is None:
            return np.zeros((0, 0), np.int16)
        return np.minimum(of.width[:, self._speakers], self._cap)

    @staticmethod
    def _narrow(width: NDArray[np.int16], numbers: NDArray[np.intp]) -> int:
        """The least width among some VTEPs that is not 0; 0 for none."""
        if not width.size:
            return 0
        part = width[np.ix_(numbers, numbers)]
        there = part[part > 0]
        return int(there.min()) if len(there) else 0

    def _whole_realms(self) -> set[str]:
        """Realms in which every VTEP reaches every other one."""
        found: set[str] = set()
        for name, numbers in self._members.items():
            missing = len(self.realms[name].devices) - len(numbers)
            part = self._width[np.ix_(numbers, numbers)] if self._width.size else np.zeros((0, 0))
            if not missing and np.count_nonzero(part) == len(numbers) * (len(numbers) - 1):
                found.add(name)
        return found

    def _narrower(self, change: Change | None, failures: Failures) -> tuple[int, tuple[tuple[str, int, int], ...]]:
        """The least width in the region, and realms with less than before."""
        if change is None:
            return self._followed_width(failures), ()
        place = self._place
        narrowed = [(place[r], classes, width) for r, classes, width in change.narrowed if r in place and len(classes)]
        gone = self._numbers(failures.devices)
        if not (len(change.classes) or narrowed or len(gone)):
            return self.width, ()
        affected = {int(number) for number in change.classes} | {number for number, _, _ in narrowed}
        affected -= {int(number) for number in gone}
        numbers = np.array(sorted(affected), np.intp)
        rows, columns = self._changed_widths(numbers, change, narrowed, gone)
        least = self._least(numbers, rows, columns)
        narrower = ((n, self.narrowest[n], least[n]) for n in sorted(least) if self._alone(n, gone) or least[n])
        if self._narrow_ways > 2 * len(self._width) * (len(numbers) + len(gone)):
            # So many ways are as narrow as the narrowest that one of them has not changed.
            return min(self.width, int(rows.min(initial=_WIDEST)), int(columns.min(initial=_WIDEST))), tuple(narrower)
        everything = self._width.copy()
        everything[numbers], everything[:, numbers] = rows, columns
        everything[gone], everything[:, gone] = 0, 0
        everything[everything == _WIDEST] = 0
        return self._narrow(everything, np.arange(len(everything))), tuple(narrower)

    def _changed_widths(
        self,
        numbers: NDArray[np.intp],
        change: Change,
        narrowed: Iterable[tuple[int, NDArray[np.intp], NDArray[np.int16]]],
        gone: NDArray[np.intp],
    ) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        """Widths to some VTEPs (rows) and from them (columns) as they are now; ways that are none are the widest."""
        rows, columns = self._width[numbers], self._width[:, numbers]
        place = np.full(len(self._names), -1, np.intp)
        place[numbers] = np.arange(len(numbers))
        for number, classes, now in narrowed:
            width = np.minimum(now, self._cap[number])
            if place[number] >= 0:
                columns[classes, place[number]] = width
            there = place[classes] >= 0
            rows[place[classes[there]], number] = width[there]
        found = np.minimum(change.width[:, self._speakers], self._cap)
        for index, number in enumerate(change.classes):
            columns[number] = found[index, numbers]
            if place[number] >= 0:
                rows[place[number]] = found[index]
        rows[:, gone], columns[gone] = 0, 0
        return _unless_zero(rows), _unless_zero(columns)

    def _least(self, numbers: NDArray[np.intp], rows: NDArray[np.int16], columns: NDArray[np.int16]) -> dict[str, int]:
        """Realms with less than before, and their least width; only ways from and to `numbers` have changed."""
        least: dict[str, int] = {}
        for index in range(len(numbers)):
            both = np.minimum(rows[index], columns[:, index])
            for name in self._realms_at.get(self._names[int(numbers[index])], ()):
                now = int(both[self._members[name]].min())
                least[name] = min(now, least.get(name, now))
        return {name: now for name, now in least.items() if now < self.narrowest[name]}

    def _alone(self, name: str, gone: NDArray[np.intp]) -> bool:
        """Whether two VTEPs of a realm are left: with one alone there is no width to speak of."""
        return len(self._members[name]) > 1 and (not len(gone) or len(np.setdiff1d(self._members[name], gone)) > 1)

    def _followed_width(self, failures: Failures) -> int:
        tables = self.tables(failures)
        widths: list[int] = []
        for device in self._vteps:
            routes = tables.routes.get((device, DEFAULT))
            for vtep, owner in self.topology.vteps.items():
                row = routes.lookup(vtep) if routes is not None and owner != device else None
                if row is not None and row.prefix == f"{vtep}/32":
                    widths.append(len(row.next_hops))
        return min(widths, default=0)


def _mesh(network: Network, healthy: Settled, vteps: Iterable[str]) -> Mesh | None:
    """The mesh of VTEPs; None where their routes are not decided by length and rank alone, or EVPN and the underlay do
    not go together."""
    visibility, spreads = healthy.overlay.visibility, healthy.spreads["l2vpn-evpn"]
    number = network.table.intern(Attributes(weight=LOCAL_WEIGHT))
    origins: list[int] = []
    found: list[Paths] = []
    for name in vteps:
        speaker = network.topology.speaker_at[(name, DEFAULT)]
        key, _ = visibility.class_of(speaker, number, network.topology.devices[name].vtep)
        settled = spreads.of(key)
        if key.valid is not None or not isinstance(settled, ShortestSpread):
            return None
        origins.append(speaker)
        found.append(settled.paths)
    if healthy.spreads["ipv4-unicast"] is not spreads or not found:
        return None
    together = Paths(np.stack([paths.level for paths in found]), np.stack([paths.via for paths in found]))
    return mesh(spreads.arrays, origins, together)


def _unless_zero(width: NDArray[np.int16]) -> NDArray[np.int16]:
    """Widths for taking the least: none is as good as any."""
    return np.where(width > 0, width, _WIDEST).astype(np.int16)


class _Index:
    """Cables and sessions by what takes them down. Sessions that are down in the healthy network do not count."""

    def __init__(self, network: Network, healthy: Settled) -> None:
        self._network = network
        self._healthy = healthy
        self._wires: dict[str, list[str]] = {}
        for wire in network.topology.wires.values():
            for device in (wire.a_device, wire.b_device):
                self._wires.setdefault(device, []).append(wire.key)
        self._by_wire: dict[str, list[int]] = {}
        self._by_device: dict[str, list[int]] = {}
        self._by_key: dict[SessionKey, int] = {}
        for session in network.sessions:
            if healthy.up[session.index]:
                self._by_wire.setdefault(session.wire, []).append(session.index)
                self._by_device.setdefault(session.key.device, []).append(session.index)
                self._by_key[session.key] = session.index
        self._edges: dict[int, tuple[int, int]] = {
            index: (speaker, position)
            for speaker, indexes in enumerate(network.graphs["l2vpn-evpn"].sessions)
            for position, index in enumerate(indexes)
        }

    def wires_down(self, failures: Failures) -> set[str]:
        """Cables that carry nothing."""
        return {*failures.links, *(key for device in failures.devices for key in self._wires.get(device, ()))}

    def _down(self, failures: Failures, wires: Collection[str]) -> set[int]:
        down = {index for key in wires for index in self._by_wire.get(key, ())}
        down |= {index for device in failures.devices for index in self._by_device.get(device, ())}
        down |= {self._by_key[key] for key in failures.sessions if key in self._by_key}
        twins = {self._network.sessions[index].twin for index in down}
        return {index for index in down | twins if index >= 0 and self._healthy.up[index]}

    def edges_down(self, failures: Failures, wires: Collection[str]) -> list[tuple[int, int]]:
        """In-edges of the fabric's graph that are gone, as (speaker, position)."""
        return sorted(self._edges[index] for index in self._down(failures, wires) if index in self._edges)

    def external_down(self, failures: Failures, wires: Collection[str]) -> set[str]:
        """VRFs that lose a session with an external router."""
        sessions = self._network.sessions
        return {sessions[index].key.vrf for index in self._down(failures, wires) if sessions[index].peer}
