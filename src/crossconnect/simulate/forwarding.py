"""What becomes of a packet: hop by hop over all equal-cost branches, from the tables of a state.

    host -> bridge of each leaf it is cabled to -> IRB, VRF route -> VXLAN -> underlay -> VRF or bridge of the far leaf
         -> host, or external router

Branches make a graph, not a list: a step names the steps that may follow it, and steps are shared. What is asked again
for the same place and destination is answered from memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from crossconnect.design.blueprint import Endpoint, HostPlan, Wire
from crossconnect.device.mlag import Mlag
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.net import parse, unroutable, version_of
from crossconnect.simulate.fib import Fib
from crossconnect.simulate.topology import DEFAULT
from crossconnect.simulate.trace import MTU_UNLIMITED, Action, Drop, Step, Trace, Verdict

VXLAN_OVERHEAD = 50
"""Octets that VXLAN over IPv4 adds to an IP packet: inner Ethernet 14, VXLAN 8, UDP 8, IPv4 20 (RFC 7348 5)."""

Came = Literal["", "tunnel", "peer-link"]
"""How a frame came into a bridge: from a port or an IRB interface, by a tunnel, or from the other leaf of a pair."""

LOOK_UPS = frozenset({"route", "underlay", "tunnel", "bridge"})

_NO_DROPS: frozenset[Drop] = frozenset()


class _Side(NamedTuple):
    """A host's view of one of its endpoints."""

    leaves: tuple[str, ...]
    mtu: int
    subnets: tuple[tuple[int, int, int], ...]
    """(version, last address, host mask)."""
    gateways: Mapping[int, str]
    fault: str

    def first_hop(self, address: str) -> tuple[bool, str]:
        """Whether an address is in an own subnet, and else the gateway for it."""
        version, value, _ = parse(address)
        for subnet_version, last, mask in self.subnets:
            if version == subnet_version and value | mask == last:
                return True, ""
        return False, self.gateways.get(version, "")


class Forwarder:
    """Answers for one state. Holds every step ever computed, so asking many questions of one state is cheap."""

    def __init__(self, tables: Fib) -> None:
        self.tables = tables
        self.steps: list[Step] = []
        self._known: dict[tuple[str, ...], int] = {}
        self._sides: dict[tuple[str, str], _Side] = {}
        self._open: set[tuple[str, ...]] = set()
        self.cables: dict[int, tuple[str, ...]] = {}
        """Step -> key of the cable of each of its branches, in order; empty where a branch stays inside a device."""

    def send(self, endpoint: Endpoint, address: str) -> Verdict:
        """What becomes of a host's packets to an address."""
        side = self._side(endpoint)
        near, gateway = side.first_hop(address)
        if side.fault or not (near or gateway):
            return self.steps[self._host(endpoint, address)].verdict
        branches = [(self._from_host(leaf, endpoint, address, gateway), side.mtu) for leaf in side.leaves]
        if len(branches) > 1:
            return self._joined(branches)
        verdict = self.steps[branches[0][0]].verdict
        return verdict if verdict.mtu <= side.mtu else Verdict(verdict.recipients, verdict.drops, side.mtu)

    def step_of(self, endpoint: Endpoint, address: str) -> int:
        """The first step of a host's packets to an address."""
        return self._host(endpoint, address)

    def step_from(self, device: str, vrf: str, address: str) -> int:
        """The first step of packets that a switch routes in a VRF."""
        return self._route(device, vrf, address)

    def trace(self, endpoint: Endpoint, address: str) -> Trace:
        """All ways of a host's packets to an address, steps numbered from 0 in the order of a walk."""
        return self._trace(f"{endpoint.host} {endpoint.interface}", address, self._host(endpoint, address))

    def trace_from(self, device: str, vrf: str, address: str) -> Trace:
        """All ways of packets that a switch itself routes in a VRF."""
        return self._trace(f"{device} {vrf}", address, self._route(device, vrf, address))

    def underlay(self, device: str, vtep: str) -> Verdict:
        """What becomes of tunnel packets of a VTEP to another VTEP's address."""
        return self.steps[self._underlay(device, vtep)].verdict

    def _trace(self, source: str, destination: str, first: int) -> Trace:
        order: dict[int, int] = {}
        pending = [first]
        while pending:
            number = pending.pop()
            if number in order:
                continue
            order[number] = len(order)
            step = self.steps[number]
            pending += [*reversed(step.next), *((step.tunnel,) if step.tunnel >= 0 else ())]
        # A step is known by what it answers; an end (`drop`, `deliver`) also by its own text, which says less.
        asked = {number: key for key, number in self._known.items() if number in order and key[0] in LOOK_UPS}
        steps = tuple(
            msgspec.structs.replace(
                self.steps[number],
                number=place,
                asked=asked.get(number, ()),
                next=tuple(order[n] for n in self.steps[number].next),
                tunnel=order.get(self.steps[number].tunnel, -1),
            )
            for number, place in order.items()
        )
        return Trace(source=source, destination=destination, steps=steps)

    # Making steps

    def _once(self, key: tuple[str, ...], make: Callable[..., int], *arguments: object) -> int:
        """The step for a place and destination; being asked for it while it is made is a forwarding loop."""
        number = self._known.get(key)
        if number is not None:
            return number
        if key in self._open:
            return self._drop(key[1], "forwarding loop")
        self._open.add(key)
        number = self._known[key] = make(*arguments)
        self._open.discard(key)
        return number

    def _end(self, action: Action, device: str, detail: str) -> int:
        """A step after which nothing follows."""
        key = (action, device, detail)
        number = self._known.get(key)
        if number is None:
            dropped = action == "drop"
            drops = frozenset({Drop(device, detail)}) if dropped else _NO_DROPS
            verdict = Verdict(frozenset() if dropped else frozenset({device}), drops, MTU_UNLIMITED)
            number = self._known[key] = self._append(device, action, detail, (), -1, verdict)
        return number

    def _add(self, device: str, action: Action, detail: str, branches: Sequence[tuple[int, int]]) -> int:
        """A step; `branches` are (next step, MTU of the way there)."""
        verdict = self.steps[branches[0][0]].verdict
        if len(branches) > 1:
            verdict = self._joined(branches)
        elif branches[0][1] < verdict.mtu:
            verdict = Verdict(verdict.recipients, verdict.drops, branches[0][1])
        return self._append(device, action, detail, tuple([number for number, _ in branches]), -1, verdict)

    def _joined(self, branches: Sequence[tuple[int, int]]) -> Verdict:
        recipients: set[str] = set()
        drops: set[Drop] = set()
        mtu = MTU_UNLIMITED
        for number, width in branches:
            verdict = self.steps[number].verdict
            recipients |= verdict.recipients
            drops |= verdict.drops
            if verdict.recipients:
                mtu = min(mtu, width, verdict.mtu)
        return Verdict(frozenset(recipients), frozenset(drops) if drops else _NO_DROPS, mtu)

    def _append(
        self, device: str, action: Action, detail: str, following: tuple[int, ...], tunnel: int, verdict: Verdict
    ) -> int:
        number = len(self.steps)
        self.steps.append(Step(number, device, action, detail, following, tunnel, verdict))
        return number

    def _drop(self, device: str, reason: str) -> int:
        return self._end("drop", device, reason)

    # Hosts

    def _host(self, endpoint: Endpoint, address: str) -> int:
        key = ("host", endpoint.host, endpoint.interface, address)
        return self._once(key, self._send, endpoint, address)

    def _side(self, endpoint: Endpoint) -> _Side:
        key = (endpoint.host, endpoint.interface)
        side = self._sides.get(key)
        if side is None:
            tables = self.tables
            host = tables.topology.hosts[endpoint.host]
            wires = [tables.topology.wire_at.get((host.name, port)) for port in host.ports]
            leaves = {w.b_device: None for w in wires if w is not None and tables.interface_up(w.b_device, w.b_port)}
            fault = "" if leaves else "no cable of the host works"
            if host.name not in tables.up:
                fault = "the host is down"
            subnets = [parse(text) for text in endpoint.addresses]
            side = self._sides[key] = _Side(
                leaves=tuple(leaves),
                mtu=host.mtu,
                subnets=tuple((s.version, s.value | s.host_mask, s.host_mask) for s in subnets),
                gateways={version_of(gateway): gateway for gateway in endpoint.gateways},
                fault=fault,
            )
        return side

    def _send(self, endpoint: Endpoint, address: str) -> int:
        side = self._side(endpoint)
        near, gateway = side.first_hop(address)
        if side.fault:
            return self._drop(endpoint.host, side.fault)
        if not (near or gateway):
            return self._drop(endpoint.host, "the host has no gateway for this address")
        branches = [(self._from_host(leaf, endpoint, address, gateway), side.mtu) for leaf in side.leaves]
        detail = f"{endpoint.interface} to {address}" + (f" via {gateway}" if gateway else "")
        number = self._add(endpoint.host, "send", detail, branches)
        self.cables[number] = tuple(self._cable_of(endpoint.host, leaf) for leaf in side.leaves)
        return number

    def _cable_of(self, host: str, leaf: str) -> str:
        """The working cable of a host to a leaf."""
        topology = self.tables.topology
        wires = (topology.wire_at.get((host, port)) for port in topology.hosts[host].ports)
        there = (w for w in wires if w is not None and w.b_device == leaf)
        return next((w.key for w in there if self.tables.interface_up(leaf, w.b_port)), "")

    def _from_host(self, leaf: str, endpoint: Endpoint, address: str, gateway: str) -> int:
        instance = self.tables.topology.instances.get((leaf, endpoint.mac_vrf))
        if instance is None:
            return self._drop(leaf, f"segment {endpoint.segment} is not on this leaf")
        if not gateway:
            if instance.irb and address in self.tables.gateways.get((leaf, instance.l3vrf), ()):
                own = self._end("deliver", leaf, f"own address {address} in {instance.l3vrf}")
                branch = (own, self.tables.mtu(leaf, instance.irb))
                return self._add(leaf, "bridge", f"to {address} on {instance.irb}", [branch])
            return self._bridge(leaf, instance, address)
        if gateway not in self.tables.gateways.get((leaf, instance.l3vrf), ()):
            return self._drop(leaf, f"gateway {gateway} is not here")
        key = ("gateway", leaf, instance.irb, gateway, address)
        known = self._known.get(key)
        if known is None:
            branch = (self._route(leaf, instance.l3vrf, address), self.tables.mtu(leaf, instance.irb))
            known = self._known[key] = self._add(leaf, "bridge", f"to {gateway} on {instance.irb}", [branch])
        return known

    # Layer 2

    def _bridge(self, device: str, instance: NetworkInstance, address: str, *, came: Came = "") -> int:
        key = ("bridge", device, instance.name, address, came)
        known = self._known.get(key)
        return known if known is not None else self._once(key, self._switch, device, instance, address, came)

    def _switch(self, device: str, instance: NetworkInstance, address: str, came: Came) -> int:
        tables = self.tables
        found = tables.hosts_at.get((instance.path, address))
        if found is None:
            return self._drop(device, f"no host has {address} in {instance.path}")
        host, endpoint = found
        kind, where = tables.macs.get((device, instance.vni or 0, host.mac), ("", ""))
        if not kind:
            return self._drop(device, f"MAC {host.mac} of {host.name} is unknown in VNI {instance.vni}")
        mlag = tables.topology.devices[device].mlag
        if mlag is not None and where == mlag.peer_link:
            if came == "peer-link":
                return self._drop(device, f"MAC {host.mac} is behind the peer link that it came by")
            return self._over_peer_link(device, mlag, instance, address)
        port = self._segment_port(device, where) if where.startswith("esi:") else where
        if kind == "local" and tables.interface_up(device, port):
            return self._to_host(device, port, host, endpoint, address)
        if kind == "local" and not where.startswith("esi:"):
            return self._drop(device, f"port {port} is down")
        if came:
            # A bridge sends nothing back out of the VXLAN port that it came in by, and what came over a peer link
            # only to ports that the other leaf has not.
            return self._drop(device, f"MAC {host.mac} is behind another VTEP")
        esi = where.removeprefix("esi:")
        vteps: Sequence[str] = tables.segment_vteps.get((device, esi), ()) if esi != where else (where,)
        vteps = [vtep for vtep in vteps if vtep != tables.topology.devices[device].vtep]
        if not vteps:
            return self._drop(device, f"no leaf of Ethernet segment {esi} is left")
        branches = [self._to_bridge(device, instance.vni or 0, vtep, address) for vtep in vteps]
        return self._add(device, "bridge", f"MAC {host.mac}", [(branch, MTU_UNLIMITED) for branch in branches])

    def _over_peer_link(self, device: str, mlag: Mlag, instance: NetworkInstance, address: str) -> int:
        """To the other leaf of an MLAG pair, which has the host on a port of its own."""
        tables = self.tables
        there = tables.topology.instances.get((mlag.peer, instance.name))
        wires = tables.wires_of(device, mlag.peer_link)
        if there is None or not tables.interface_up(device, mlag.peer_link) or mlag.peer not in tables.up:
            return self._drop(device, f"{mlag.peer_link} is down")
        after = self._bridge(mlag.peer, there, address, came="peer-link")
        width = tables.mtu(device, mlag.peer_link) or MTU_UNLIMITED
        number = self._add(device, "bridge", f"to {mlag.peer} on {mlag.peer_link}", [(after, width) for _ in wires])
        self.cables[number] = tuple(wire.key for wire in wires)
        return number

    def _segment_port(self, device: str, where: str) -> str:
        esi = where.removeprefix("esi:")
        interfaces = self.tables.topology.devices[device].interfaces
        return next((interface.name for interface in interfaces if interface.esi == esi), "")

    def _to_host(self, device: str, port: str, host: HostPlan, endpoint: Endpoint, address: str) -> int:
        if host.name not in self.tables.up:
            return self._drop(device, f"host {host.name} is down")
        delivered = self._end("deliver", host.name, f"{address} on {endpoint.interface}")
        width = min(self.tables.mtu(device, port) or MTU_UNLIMITED, host.mtu)
        number = self._add(device, "bridge", f"MAC {host.mac} on {port}", [(delivered, width)])
        self.cables[number] = (self._cable_of(host.name, device),)
        return number

    def _to_bridge(self, device: str, vni: int, vtep: str, address: str) -> int:
        """Over an L2VNI to a VTEP."""
        afters: list[int] = []
        for remote in self._ends(device, vtep):
            instance = self.tables.l2vnis.get((remote, vni))
            if instance is None or remote not in self.tables.up:
                afters.append(self._drop(remote or vtep, f"VNI {vni} is not here"))
            else:
                afters.append(self._bridge(remote, instance, address, came="tunnel"))
        return self._tunnel(device, vni, vtep, afters)

    # Layer 3

    def _route(self, device: str, vrf: str, address: str) -> int:
        key = ("route", device, vrf, address)
        known = self._known.get(key)
        return known if known is not None else self._once(key, self._look_up, device, vrf, address)

    def _look_up(self, device: str, vrf: str, address: str) -> int:
        tables = self.tables
        if address in tables.gateways.get((device, vrf), ()):
            return self._end("deliver", device, f"own address {address} in {vrf}")
        if why := unroutable(address):
            return self._drop(device, f"{address} is {why}, which is not forwarded")
        table = tables.routes.get((device, vrf))
        route = table.lookup(address) if table is not None else None
        if route is None:
            return self._drop(device, f"no route to {address} in {vrf}")
        branches = [self._next_hop(device, vrf, hop, address) for hop in route.next_hops]
        number = self._add(device, "route", f"{route.prefix} in {vrf}", branches)
        if any(self.steps[branch].action == "deliver" for branch, _ in branches):
            outs = (hop.rpartition("%")[2] for hop in route.next_hops)
            self.cables[number] = tuple(
                wire.key
                if self.steps[branch].action == "deliver" and (wire := tables.wire_of(device, out)) is not None
                else ""
                for (branch, _), out in zip(branches, outs, strict=True)
            )
        return number

    def _next_hop(self, device: str, vrf: str, hop: str, address: str) -> tuple[int, int]:
        """(next step, MTU of the interface) for a next hop as `RouteRow` writes it."""
        via, _, out = hop.rpartition("%")
        if out.isdigit():
            return self._to_vrf(device, int(out), via, address), MTU_UNLIMITED
        width = self.tables.mtu(device, out) or MTU_UNLIMITED
        interface = self.tables.configured(device, out)
        instance = interface.network_instance if interface is not None else vrf
        if via:
            return self._to_peer(device, out), width
        if instance != vrf and address in self.tables.gateways.get((device, instance), ()):
            # Measured on Linux: a leaked subnet leads to its hosts, not to the switch's own address in it.
            return self._drop(device, f"{address} is an own address in another VRF"), width
        segment = self.tables.segment_of.get((device, out))
        if segment is not None:
            return self._bridge(device, segment, address), width
        if (device, instance, address) in self.tables.peers_at:
            return self._to_peer(device, out), width
        return self._drop(device, f"nobody has {address} on {out}"), width

    def _to_peer(self, device: str, interface: str) -> int:
        wire = self.tables.wire_of(device, interface)
        if wire is None or not self.tables.interface_up(device, interface):
            return self._drop(device, f"{interface} is down")
        peer = wire.a_device if wire.b_device == device else wire.b_device
        if peer not in self.tables.up:
            return self._drop(device, f"{peer} is down")
        return self._end("deliver", peer, f"from {device} {interface}")

    def _to_vrf(self, device: str, vni: int, vtep: str, address: str) -> int:
        """Over an L3VNI to a VTEP."""
        afters: list[int] = []
        for remote in self._ends(device, vtep):
            vrf = self.tables.l3vnis.get((remote, vni))
            if vrf is None or remote not in self.tables.up:
                afters.append(self._drop(remote or vtep, f"VNI {vni} is not here"))
            else:
                afters.append(self._route(remote, vrf, address))
        return self._tunnel(device, vni, vtep, afters)

    # VXLAN and the underlay

    def _ends(self, device: str, vtep: str) -> Sequence[str]:
        """Where a tunnel ends: at the device with that address, or, of the two of an MLAG pair, where the underlay
        leads to."""
        owners = self.tables.topology.vteps.get(vtep, ("",))
        if len(owners) == 1:
            return owners
        reached = self.steps[self._underlay(device, vtep)].verdict.recipients
        return [owner for owner in owners if owner in reached] or owners[:1]

    def _tunnel(self, device: str, vni: int, vtep: str, afters: Sequence[int]) -> int:
        key = ("tunnel", device, str(vni), vtep, *map(str, afters))
        return self._once(key, self._encapsulate, device, vni, vtep, afters)

    def _encapsulate(self, device: str, vni: int, vtep: str, afters: Sequence[int]) -> int:
        first = self._underlay(device, vtep)
        outer = self.steps[first].verdict
        inner = self.steps[afters[0]].verdict
        if len(afters) > 1:
            inner = self._joined([(after, MTU_UNLIMITED) for after in afters])
        arrives = bool(outer.recipients)
        drops = outer.drops
        if arrives and inner.drops:
            drops = outer.drops | inner.drops
        recipients = inner.recipients if arrives else frozenset[str]()
        verdict = Verdict(recipients, drops, min(inner.mtu, outer.mtu - VXLAN_OVERHEAD))
        return self._append(device, "tunnel", f"VNI {vni} to {vtep}", tuple(afters), first, verdict)

    def _underlay(self, device: str, vtep: str) -> int:
        key = ("underlay", device, vtep)
        known = self._known.get(key)
        return known if known is not None else self._once(key, self._forward, device, vtep)

    def _has_vtep(self, device: str, vtep: str) -> bool:
        """Whether tunnels to an address end here; not at a leaf of an MLAG pair that has taken its half down."""
        if device not in self.tables.topology.vteps.get(vtep, ()):
            return False
        mlag = self.tables.topology.devices[device].mlag
        return mlag is None or self.tables.interface_up(device, mlag.vtep_loopback)

    def _forward(self, device: str, vtep: str) -> int:
        tables = self.tables
        if self._has_vtep(device, vtep):
            return self._end("deliver", device, f"VTEP {vtep}")
        table = tables.routes.get((device, DEFAULT))
        route = table.lookup(vtep) if table is not None else None
        if route is None:
            return self._drop(device, f"no route to {vtep}")
        branches: list[tuple[int, int]] = []
        cables: list[str] = []
        for hop in route.next_hops:
            interface = hop.rpartition("%")[2]
            wires = tables.wires_of(device, interface)
            if not wires or not tables.interface_up(device, interface):
                cables.append(wires[0].key if wires else "")
                branches.append((self._drop(device, f"{interface} is down"), MTU_UNLIMITED))
                continue
            cables += [wire.key for wire in wires]
            branches += [self._over(device, interface, wire, vtep) for wire in wires]
        number = self._add(device, "forward", f"{route.prefix} to {vtep}", branches)
        self.cables[number] = tuple(cables)
        return number

    def _over(self, device: str, interface: str, wire: Wire, vtep: str) -> tuple[int, int]:
        """(next step, MTU) of tunnel packets over a cable of an interface that is up."""
        tables = self.tables
        other, port = (wire.a_device, wire.a_port) if wire.b_device == device else (wire.b_device, wire.b_port)
        if other not in tables.up or not tables.interface_up(other, port):
            return self._drop(device, f"{other} is not at the other end of {interface}"), MTU_UNLIMITED
        return self._underlay(other, vtep), min(tables.mtu(device, interface), tables.mtu(other, port))


def forward(tables: Fib, endpoint: Endpoint, address: str) -> Trace:
    """All ways of a host's packets to an address."""
    return Forwarder(tables).trace(endpoint, address)
