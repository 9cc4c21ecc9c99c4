"""What a state in the middle of a change takes from those who have it before and after.

    base (old) ---after---> final (new)          who talks in both
        '------after------> a mixture            must talk here

Judged are servers that both networks have in the same place with the same addresses. Realms that do not differ are not
looked at; in those in which the fabric alone says that everybody talks, no packet is followed.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec

from crossconnect.checks.grouping import count_text, names_text
from crossconnect.checks.under_failure import promises_broken
from crossconnect.design.blueprint import Blueprint, Endpoint, HostPlan, PeerPlan
from crossconnect.model.promise import Promise, end_parts
from crossconnect.net import address_of, version_of
from crossconnect.net.order import natural_key
from crossconnect.simulate.codes import AMBIGUOUS, OSCILLATION, UNSUPPORTED_SESSION
from crossconnect.simulate.forwarding import Forwarder
from crossconnect.simulate.impact import Impacts
from crossconnect.simulate.portion import difference, portion_of, realms_differing
from crossconnect.simulate.reachability import endpoint_classes, example_address, external_prefixes

_UNSURE = frozenset(code.name for code in (OSCILLATION, AMBIGUOUS, UNSUPPORTED_SESSION))


ENCAPSULATION = 50
"""Octets around a tenant's IP packet: Ethernet 14, VXLAN 8, UDP 8, IPv4 20 (RFC 7348 5)."""

_Named = TypeVar("_Named", HostPlan, PeerPlan)


class Loss(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """What is not there that is there before and after."""

    kind: str
    """`network`, `promise`, or `protocol` where BGP would not settle."""
    name: str
    """The VRF, or path of the segment; the promise; the code of the finding."""
    what: str
    """In one line."""
    tenant: str = ""
    """Whose network it is; empty for a promise."""
    pairs: int = 0
    """Ordered pairs of endpoints that do not talk, or not for all of their flows."""
    outside: tuple[str, ...] = ()
    """External prefixes that some endpoints do not reach."""


class Continuity:
    """Two networks, ready for being asked about those between them.

    Where the fabric is the same, what becomes of a realm depends on nothing but which of the switches, on which the
    realm itself is another one, are still pending; so it is followed once for each such set.
    """

    def __init__(self, old: Blueprint, new: Blueprint) -> None:
        self._base = Impacts(old)
        self._final = self._base.after(new)
        self._partial = difference(old, new) is not None
        self._kept = kept_endpoints(old, new)
        self._other_infrastructure = old.infrastructure != new.infrastructure
        self._unsure = {(f.code, f.place.path) for f in self._base.healthy.findings}
        promised = {promise.name: promise for promise in old.promises}
        self._promises = {p.name: p for p in new.promises if promised.get(p.name) == p}
        # That everybody talks says nothing about how large packets may be.
        self._same_mtus = _no_mtu_matters(old, new)
        self._concerned = _concerned(old, new) if self._partial else {}
        self._known: dict[tuple[str, frozenset[str]], Loss | None] = {}
        self._promises_known: dict[frozenset[tuple[str, frozenset[str]]], tuple[Loss, ...]] = {}

    @property
    def same_fabric(self) -> bool:
        """Whether the two networks differ in realms alone: states between them then cost little."""
        return self._partial

    def sessions_up(self, state: Blueprint) -> int:
        """Ends of BGP sessions that are up in a network between the two, or in one of them."""
        return sum(self._base.whole(state).healthy.up)

    def losses(self, state: Blueprint, pending: frozenset[str] | None = None) -> tuple[Loss, ...]:
        """What `state`, a network between the two, takes away. `pending` are the switches in it that are as in the old
        network, all others being as in the new one; None where it is not such a mixture."""
        found = difference(self._base.blueprint, state) if self._partial and pending is not None else None
        if found is None or pending is None:
            return self._losses_in(self._base.after(state), state)
        linked = portion_of(self._base.blueprint, found.realms).realms | portion_of(state, found.realms).realms
        keys = {name: self._key(name, pending) for name in linked if name in self._base.realms}
        here = self._base.after(state)
        for name, key in keys.items():
            if key not in self._known:
                self._known[key] = self._in_realm(name, here) if name in here.realms else None
        # Also of realms that the old network has not: what is handed to an external router may come back anywhere.
        which = frozenset(self._key(name, pending) for name in linked)
        if which not in self._promises_known:
            self._promises_known[which] = tuple(self._promise_losses(state, here, linked))
        lost = [loss for key in keys.values() if (loss := self._known[key]) is not None]
        return tuple(sorted((*lost, *self._promises_known[which], *self._unsettled(here))))

    def together(self) -> tuple[frozenset[str], ...] | None:
        """Sets of switches, so that what a mixture takes away is the sum of what depends, each, on which of one set are
        pending: of a realm those that it is another one on; all, where a promise has to do with what differs, or where
        BGP in it may not settle. None where the fabric differs: everything depends on all of them then."""
        found = difference(self._base.blueprint, self._final.blueprint) if self._partial else None
        if found is None:
            return None
        sides = (self._base, self._final)
        linked = frozenset[str]().union(*(portion_of(side.blueprint, found.realms).realms for side in sides))
        realms = [side.realms[name] for side in sides for name in linked if name in side.realms]
        joined = (
            self._other_infrastructure
            or any(realm.borders for realm in realms)
            or any(vrf.imports for side in sides for vrf in side.blueprint.vrfs if vrf.name in linked)
            or any(name for side in sides for name in self._concerned_promises(side, linked))
        )
        sets = {self._concerned.get(name, frozenset[str]()) for name in linked if joined or name in self._kept}
        if joined:
            return (frozenset[str]().union(*sets),)
        return tuple(sorted(sets, key=sorted))

    def _key(self, name: str, pending: frozenset[str]) -> tuple[str, frozenset[str]]:
        return name, pending & self._concerned.get(name, frozenset())

    def _losses_in(self, here: Impacts, state: Blueprint) -> tuple[Loss, ...]:
        lost = [loss for name in sorted(here.realms) if (loss := self._in_realm(name, here)) is not None]
        promises = self._promise_losses(state, here, {*self._base.realms, *here.realms})
        return tuple(sorted((*lost, *promises, *self._unsettled(here))))

    def _unsettled(self, here: Impacts) -> Iterator[Loss]:
        for finding in here.healthy.findings:
            if finding.code in _UNSURE and (finding.code, finding.place.path) not in self._unsure:
                yield Loss(kind="protocol", name=finding.code, what=finding.message)

    # Packets

    def _in_realm(self, name: str, here: Impacts) -> Loss | None:
        if name not in self._base.realms or name not in self._kept:
            return None
        sides = [self._base, here]
        if name in self._final.realms:
            sides.append(self._final)
        elif not self._partial:
            return None  # it goes
        classes = _joint_classes(sides, name, self._kept[name])
        pairs, example = 0, ""
        if not (here.regular(name) and self._same_mtus):
            pairs, example = _pairs_lost(sides, here, classes.values())
        outside = _outside_lost(sides, here, name, _ways_out(classes))
        if not pairs and not outside:
            return None
        parts = [f"{count_text(pairs, 'pair')} of servers do not talk ({example})"] if pairs else []
        if outside:
            parts.append(f"no way to {names_text(outside)} for some servers")
        return Loss(
            kind="network",
            name=name,
            what="; ".join(parts),
            tenant=self._base.realms[name].tenant,
            pairs=pairs,
            outside=outside,
        )

    # Promises

    def _promise_losses(self, state: Blueprint, here: Impacts, differing: Collection[str]) -> Iterator[Loss]:
        concerned = set(self._concerned_promises(here, differing))
        if not concerned:
            return
        # The fabric is that of the old network, and so is what was found out about it.
        whole = here if here.complete else self._base.whole(state)
        for name, reason in sorted(promises_broken(whole, concerned).items()):
            if name not in self._broken_anyway:
                yield Loss(kind="promise", name=name, what=f"promise {name} does not hold: {reason}")

    @functools.cached_property
    def _broken_anyway(self) -> frozenset[str]:
        """Promises that one of the two networks itself does not keep."""
        sides = (self._base, self._final if self._final.complete else self._base.whole(self._final.blueprint))
        return frozenset(name for side in sides for name in promises_broken(side, self._promises))

    def _concerned_promises(self, here: Impacts, differing: Collection[str]) -> Iterator[str]:
        """Names of promises that may have to do with the realms `differing`; of ways through the fabric only where that
        differs. A tenant's packets and routes stay in its own realms, and those that leak from or into them, unless
        they are handed to an external router: with one of those in play, everything is looked at."""
        realms = [side.realms[name] for side in (self._base, here) for name in differing if name in side.realms]
        handed_off = self._other_infrastructure or any(realm.borders for realm in realms)
        tenants = {realm.tenant for realm in realms}
        for name, promise in self._promises.items():
            inside = handed_off or any(self._about(end_parts(text)[1], tenants, here) for text in _ends(promise))
            if not self._partial or (inside and promise.kind not in ("width", "length")):
                yield name

    def _about(self, end: str, tenants: Collection[str], here: Impacts) -> bool:
        """Whether an end of a promise is one of some tenants', or in them."""
        host = here.topology.hosts.get(end)
        if host is not None:
            return any(endpoint.tenant in tenants for endpoint in host.endpoints)
        return end.partition("/")[0] in tenants


def _ends(promise: Promise) -> tuple[str, str]:
    return promise.source, promise.destination


def _no_mtu_matters(old: Blueprint, new: Blueprint) -> bool:
    """Whether no packet is too large for a state between that is none for both: servers' and gateways' MTUs are the
    same, and what differs in the fabric is larger than any of them with its encapsulation."""
    inside: list[dict[tuple[str, str], int]] = []
    least, most = 1 << 16, 0
    for side in (old, new):
        tenants: dict[tuple[str, str], int] = {(host.name, ""): host.mtu for host in side.hosts}
        fabric = {(w.a_device, w.a_port) for w in side.wires if w.kind == "fabric"}
        fabric |= {(w.b_device, w.b_port) for w in side.wires if w.kind == "fabric"}
        for device in side.devices:
            for interface in device.interfaces:
                port = (device.name, interface.name)
                if port in fabric:
                    least = min(least, interface.mtu)
                elif interface.kind not in ("loopback", "management"):
                    tenants[port] = interface.mtu
        inside.append(tenants)
        most = max((most, *(segment.mtu for segment in side.segments), *(host.mtu for host in side.hosts)))
    same = all(inside[1].get(port, mtu) == mtu for port, mtu in inside[0].items())
    return same and least >= most + ENCAPSULATION


def _concerned(old: Blueprint, new: Blueprint) -> dict[str, frozenset[str]]:
    """By realm, the switches that it depends on which of the two networks' configurations they have: those on which the
    realm, or one that leaks from or into it, is another one; those of servers and external routers that differ."""
    found: dict[str, set[str]] = {}
    names = [{s.mac_vrf: s.vrf or s.path for s in side.segments} for side in (old, new)]
    for a, b in zip(old.devices, new.devices, strict=True):
        if a is not b and a != b:
            for device, other, named in ((a, b, names[0]), (b, a, names[1])):
                for realm in realms_differing(device, other, named):
                    found.setdefault(realm, set()).add(a.name)
    wires = set(old.wires) ^ set(new.wires)
    moved = {wire.a_device for wire in wires}
    for name, was, will in _by_name(old.hosts, new.hosts):
        if was != will or name in moved:
            for host in filter(None, (was, will)):
                for endpoint in host.endpoints:
                    found.setdefault(endpoint.vrf or endpoint.segment, set()).update(host.leaves)
    for name, was, will in _by_name(old.peers, new.peers):
        if was != will or name in moved:
            sessions = [s for peer in filter(None, (was, will)) for s in peer.sessions]
            for session in sessions:
                found.setdefault(session.vrf, set()).update(s.device for s in sessions)
    linked = {
        name: portion_of(old, (name,)).realms | portion_of(new, (name,)).realms
        for name in {v.name for side in (old, new) for v in side.vrfs} | found.keys()
    }
    return {name: frozenset(d for other in those for d in found.get(other, ())) for name, those in linked.items()}


def _by_name(before: Iterable[_Named], after: Iterable[_Named]) -> Iterator[tuple[str, _Named | None, _Named | None]]:
    was, will = {thing.name: thing for thing in before}, {thing.name: thing for thing in after}
    return ((name, was.get(name), will.get(name)) for name in was.keys() | will.keys())


def kept_endpoints(old: Blueprint, new: Blueprint) -> dict[str, dict[tuple[str, str], Endpoint]]:
    """By realm, endpoints that both networks have alike: server, cables, segment and addresses."""
    wires = [{w.key: w for w in side.wires if w.kind == "server"} for side in (old, new)]
    moved = {w.a_device for a, b in (wires, wires[::-1]) for key, w in a.items() if b.get(key) != w}
    before = {host.name: host for host in old.hosts}
    found: dict[str, dict[tuple[str, str], Endpoint]] = {}
    for host in new.hosts:
        was = before.get(host.name)
        if was is None or host.name in moved or (was.ports, was.leaves, was.mac) != (host.ports, host.leaves, host.mac):
            continue
        endpoints = {endpoint.interface: endpoint for endpoint in was.endpoints}
        for endpoint in host.endpoints:
            if endpoints.get(endpoint.interface) == endpoint and endpoint.addresses:
                realm = endpoint.vrf or endpoint.segment
                found.setdefault(realm, {})[(endpoint.host, endpoint.interface)] = endpoint
    return found


def moving_servers(old: Blueprint, new: Blueprint) -> tuple[str, ...]:
    """Servers that are in some network before and after, and not alike: they get another cable, address or gateway.
    When that is done is nobody's guess, so they are not judged."""
    kept = {(realm, host) for realm, endpoints in kept_endpoints(old, new).items() for host, _ in endpoints}
    sides: list[set[tuple[str, str]]] = [
        {(e.vrf or e.segment, e.host) for host in side.hosts for e in host.endpoints if e.addresses}
        for side in (old, new)
    ]
    return tuple(sorted({host for _, host in (sides[0] & sides[1]) - kept}, key=natural_key))


_Key = tuple[tuple[str, tuple[str, ...], tuple[bool, ...]], ...]
"""Segment, leaves and which cables are up, on each side."""


def _joint_classes(
    sides: Sequence[Impacts], realm: str, kept: Mapping[tuple[str, str], Endpoint]
) -> dict[_Key, tuple[Endpoint, ...]]:
    """Endpoints that are of one class on every side: what becomes of one of them becomes of all."""
    keys: dict[tuple[str, str], _Key] = {}
    for side in sides:
        for group in endpoint_classes(side.before.tables, (realm,)):
            for endpoint in group.endpoints:
                name = (endpoint.host, endpoint.interface)
                keys[name] = (*keys.get(name, ()), (group.segment, group.leaves, group.cables))
    joint: dict[_Key, list[Endpoint]] = {}
    for name, endpoint in kept.items():
        if len(keys.get(name, ())) == len(sides):
            joint.setdefault(keys[name], []).append(endpoint)
    return {key: tuple(members) for key, members in joint.items()}


def _ways_out(classes: Mapping[_Key, tuple[Endpoint, ...]]) -> list[Endpoint]:
    """One endpoint for all that leave a VRF by the same leaves, over gateways of the same IP versions: which segment
    they are in makes no difference to where their packets go."""
    found: dict[object, Endpoint] = {}
    for key, members in classes.items():
        endpoint = members[0]
        versions = [frozenset(map(version_of, texts)) for texts in (endpoint.addresses, endpoint.gateways)]
        found.setdefault((tuple(side[1:] for side in key), *versions), endpoint)
    return list(found.values())


def _pairs_lost(sides: Iterable[Impacts], here: Impacts, groups: Collection[tuple[Endpoint, ...]]) -> tuple[int, str]:
    """Pairs of endpoints that talk on all other sides and not here, and why the first does not."""
    others = [side.before for side in sides if side is not here]
    lost, example = 0, ""
    for senders in groups:
        for receivers in groups:
            pair = _two(senders, receivers)
            if pair is None:
                continue
            sender, receiver = pair
            for address in _addresses(sender, receiver):
                reason = _reason(here.before, sender, receiver.host, address)
                if any(_reason(other, sender, receiver.host, address) for other in others):
                    continue
                mtu = here.before.send(sender, address).mtu
                if not reason and mtu < min(other.send(sender, address).mtu for other in others):
                    reason = f"packets over {mtu} octets are lost"
                if reason:
                    lost += len(senders) * (len(receivers) - (senders is receivers))
                    example = example or f"{sender.host} to {receiver.host}: {reason}"
                    break
    return lost, example


def _outside_lost(sides: Sequence[Impacts], here: Impacts, realm: str, senders: Sequence[Endpoint]) -> tuple[str, ...]:
    others = [side for side in sides if side is not here]
    prefixes = [external_prefixes(side.blueprint).get(realm, ()) for side in others]
    lost: list[str] = []
    for prefix in prefixes[0] if all(prefixes) else ():
        if not all(prefix in those for those in prefixes):
            continue
        address = example_address(prefix)
        for sender in senders:
            if not any(version_of(text) == version_of(prefix) for text in sender.addresses):
                continue
            if _reason(here.before, sender, "", address) and all(
                not _reason(side.before, sender, "", address) for side in others
            ):
                lost.append(prefix)
                break
    return tuple(lost)


def _two(senders: tuple[Endpoint, ...], receivers: tuple[Endpoint, ...]) -> tuple[Endpoint, Endpoint] | None:
    return next(((s, r) for s in senders[:2] for r in receivers[:2] if s.host != r.host), None)


def _addresses(sender: Endpoint, receiver: Endpoint) -> Iterator[str]:
    own = {version_of(text) for text in sender.addresses}
    for version, text in {version_of(text): text for text in receiver.addresses}.items():
        if version in own:
            yield address_of(text)


def _reason(forwarder: Forwarder, sender: Endpoint, receiver: str, address: str) -> str:
    """Why packets do not all arrive; empty when they do."""
    verdict = forwarder.send(sender, address)
    if drop := min(verdict.drops, default=None):
        return f"{drop.device}: {drop.reason}"
    if not verdict.recipients:
        return "nobody gets it"
    if receiver and verdict.recipients != frozenset((receiver,)):
        return f"{min(verdict.recipients - {receiver})} gets it"
    return ""
