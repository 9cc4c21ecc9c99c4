"""Demands of traffic on a network: which cables they load, how much of their capacity, and what a failure changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from crossconnect.checks.codes import EFFECT_OVERLOAD, LINK_BUSY, LINK_CAPACITY_UNKNOWN, LINK_OVERLOADED, TRAFFIC_LOST
from crossconnect.checks.grouping import count_text, names_text
from crossconnect.checks.layout import Layout
from crossconnect.checks.link_load import LinkLoad, load_text
from crossconnect.checks.subject import wire_place, wire_text
from crossconnect.design.blueprint import Blueprint, Endpoint, PeerPlan
from crossconnect.finding import Finding, Place, found
from crossconnect.model.promise import INTERNET, end_parts, possible_words
from crossconnect.model.traffic import Demand
from crossconnect.net import address_of, parse, version_of
from crossconnect.net.address import BITS, address_text
from crossconnect.simulate.forwarding import Forwarder
from crossconnect.simulate.load import Flow, Loads, loads

PAIRS_MAX = 20_000
"""Pairs of servers over which one demand is spread; of more of them as many, evenly chosen."""

_OUTSIDE = {4: "203.0.113.254", 6: "2a00::1"}
"""What stands for all of the outside behind a default route, as in `simulate.reachability`."""


class Traffic:
    """Demands, ready to be put on the network under one failure after the other."""

    def __init__(self, layout: Layout, demands: Sequence[Demand]) -> None:
        self.layout = layout
        self.demands = demands
        self.flows: list[Flow] = [
            flow for number, demand in enumerate(demands) for flow in _flows(layout, number, demand)
        ]
        self._owners = [_owner(layout, demand) for demand in demands]

    def on(self, forwarder: Forwarder, away: frozenset[str] = frozenset()) -> tuple[tuple[LinkLoad, ...], Loads]:
        """Loads of all cables that carry something. What servers and routers that are `away` would send is not sent."""
        flows = [f for f in self.flows if (f.endpoint.host if f.endpoint is not None else f.device) not in away]
        result = loads(forwarder, flows)
        rows: list[LinkLoad] = []
        for (key, device), shares in result.links.items():
            by_owner: dict[str, float] = {}
            for demand, mbps in shares.items():
                by_owner[self._owners[demand]] = by_owner.get(self._owners[demand], 0.0) + mbps
            rows.append(
                LinkLoad(
                    link=key,
                    device=device,
                    mbps=sum(shares.values()),
                    capacity_mbps=1000.0 * self.layout.wires[key].gbps,
                    tenants=tuple(sorted(by_owner, key=lambda owner: (-by_owner[owner], owner))),
                )
            )
        return tuple(sorted(rows)), result


def load_findings(traffic: Traffic, rows: Iterable[LinkLoad], result: Loads, percent_max: int) -> Iterator[Finding]:
    """Cables that are busy or overloaded while nothing has failed, and traffic that does not arrive."""
    layout = traffic.layout
    unknown: list[LinkLoad] = []
    for row in rows:
        wire = layout.wires[row.link]
        if not row.capacity_mbps:
            unknown.append(row)
        elif 100.0 * row.utilisation > percent_max:
            code = LINK_OVERLOADED if row.utilisation > 1.0 else LINK_BUSY
            words = f"{wire_text(wire)} is expected to carry {load_text(row)} from {row.device}"
            yield found(code, wire_place(wire), f"{words}, of {names_text(row.tenants)}")
    if unknown:
        keys = sorted({row.link for row in unknown})
        words = f"{count_text(len(keys), 'link')} of unknown capacity would carry traffic: {names_text(keys)}"
        yield found(LINK_CAPACITY_UNKNOWN, Place(path="platforms"), words)
    idle = set(range(len(traffic.demands))) - {flow.demand for flow in traffic.flows}
    for number in sorted(idle):
        demand = traffic.demands[number]
        if demand.mbps:
            words = f"none of {_mbps(demand.mbps)} Mb/s from {demand.source} to {demand.destination} is counted"
            yield found(TRAFFIC_LOST, Place(path=f"traffic/{number}"), f"{words}: {_why_idle(layout, demand)}")
    for number, (mbps, reason) in sorted(result.dropped.items()):
        demand = traffic.demands[number]
        share = f"{_mbps(mbps)} of {_mbps(demand.mbps)} Mb/s"
        words = f"{share} from {demand.source} to {demand.destination} do not arrive: {reason}"
        yield found(TRAFFIC_LOST, Place(path=f"traffic/{number}"), words)


def overload_findings(
    layout: Layout, name: str, before: Mapping[tuple[str, str], LinkLoad], rows: Iterable[LinkLoad]
) -> tuple[Finding, ...]:
    """Cables that a failure loads beyond their capacity, and that were not so before."""
    findings: list[Finding] = []
    for row in overloaded(before, rows):
        wire = layout.wires[row.link]
        was = before.get((row.link, row.device))
        words = (
            f"without {name}, {wire_text(wire)} is expected to carry {load_text(row)} from {row.device} "
            f"(before: {load_text(was) if was is not None else 'nothing'}), of {names_text(row.tenants)}"
        )
        findings.append(found(EFFECT_OVERLOAD, wire_place(wire), words))
    return tuple(findings)


def overloaded(before: Mapping[tuple[str, str], LinkLoad], rows: Iterable[LinkLoad]) -> tuple[LinkLoad, ...]:
    """Rows over their capacity that were not so before."""
    return tuple(
        row
        for row in rows
        if row.utilisation > 1.0 and ((was := before.get((row.link, row.device))) is None or was.utilisation <= 1.0)
    )


# Ends


def _owner(layout: Layout, demand: Demand) -> str:
    for text in (demand.source, demand.destination):
        endpoints = _endpoints(layout.blueprint, text)
        if endpoints:
            return endpoints[0].tenant
    return "outside"


def _endpoints(blueprint: Blueprint, text: str) -> list[Endpoint]:
    """Interfaces of servers that an end stands for, those without addresses left out."""
    written, name = end_parts(text)
    words = (written,) if written else possible_words(name)
    path = name.split("/")
    prefix = parse(name) if _is_prefix(text) else None

    def is_meant(endpoint: Endpoint) -> bool:
        tenant, *inside = endpoint.segment.split("/")[1::2]
        if prefix is not None:
            return any(_is_in(address, prefix) for address in endpoint.addresses)
        return (
            ("tenant" in words and len(path) == 1 and tenant == name)
            or ("server" in words and endpoint.host == name)
            or ("vrf" in words and len(path) == 2 and len(inside) == 2 and [tenant, inside[0]] == path)
            or ("segment" in words and [tenant, *inside] == path)
        )

    return [e for host in blueprint.hosts for e in host.endpoints if e.addresses and is_meant(e)]


def _is_in(address: str, prefix: tuple[int, int, int]) -> bool:
    """Nothing is in a default route: that stands for the outside."""
    version, value, _ = parse(address_of(address))
    shift = BITS[version] - prefix[2]
    return prefix[2] > 0 and version == prefix[0] and value >> shift == prefix[1] >> shift


def _outside(blueprint: Blueprint, text: str) -> list[str]:
    """Addresses outside that an end stands for: one of each prefix that it announces."""
    _, name = end_parts(text)
    if _is_prefix(text):
        return [_first_address(name)]
    prefixes = [p for peer in _routers(blueprint, name) for p in peer.announces]
    return [_first_address(prefix) for prefix in dict.fromkeys(prefixes)]


def _routers(blueprint: Blueprint, name: str) -> list[PeerPlan]:
    """The external router of that name; for the internet all of them but gateway nodes, behind which is our cloud."""
    return [p for p in blueprint.peers if p.name == name or (name == INTERNET and not p.node)]


def _first_address(prefix: str) -> str:
    version, value, length = parse(prefix)
    if not length:
        return _OUTSIDE[version]
    return address_text(version, value if length >= BITS[version] - 1 else value + 1)


def _flows(layout: Layout, number: int, demand: Demand) -> Iterator[Flow]:
    blueprint = layout.blueprint
    sources, targets = _endpoints(blueprint, demand.source), _endpoints(blueprint, demand.destination)
    if sources and targets:
        there = {target.vrf for target in targets} if _is_prefix(demand.destination) else set[str]()
        here = {source.vrf for source in sources} if _is_prefix(demand.source) else set[str]()
        pairs = [
            (s, a)
            for s in sources
            for t in targets
            # The same prefix in another VRF is another one.
            if s.host != t.host
            and (s.vrf == t.vrf or (s.vrf not in there and t.vrf not in here))
            and (a := _common(s, t))
        ]
    elif sources:
        addresses = _outside(blueprint, demand.destination)
        pairs = [(s, a) for s in sources for a in addresses if any(version_of(b) == version_of(a) for b in s.addresses)]
    else:
        yield from _from_outside(blueprint, number, demand, targets)
        return
    if len(pairs) > PAIRS_MAX:
        step = len(pairs) / PAIRS_MAX
        pairs = [pairs[int(place * step)] for place in range(PAIRS_MAX)]
    for source, address in pairs:
        yield Flow(number, address, demand.mbps / len(pairs), endpoint=source)


def _why_idle(layout: Layout, demand: Demand) -> str:
    """Why a demand has no flow."""
    sources, targets = (_endpoints(layout.blueprint, text) for text in (demand.source, demand.destination))
    if sources and targets:
        return "no two servers of theirs have a version of IP in common"
    if sources:
        return f"{demand.destination} has no server, and is announced by no external router in that version of IP"
    if targets:
        return f"{demand.source} has no server, and is no external router with a session in the VRF of the destination"
    return "no server of the region is at either end"


def _is_prefix(text: str) -> bool:
    _, name = end_parts(text)
    return "." in name or ":" in name


def _common(source: Endpoint, target: Endpoint) -> str:
    """The target's address in a version that both have, IPv4 first."""
    versions = {version_of(address) for address in source.addresses}
    there = {version_of(address): address_of(address) for address in target.addresses}
    return next((there[version] for version in (4, 6) if version in versions and version in there), "")


def _from_outside(blueprint: Blueprint, number: int, demand: Demand, targets: Sequence[Endpoint]) -> Iterator[Flow]:
    """Equal parts over the sessions by which the outside can reach the target's VRF."""
    _, name = end_parts(demand.source)
    routers = [p for p in blueprint.peers if any(name == a for a in p.announces)] or _routers(blueprint, name)
    flows = [
        (session.device, session.vrf, address)
        for target in targets
        for router in routers
        for session in router.sessions
        if session.vrf == target.vrf
        for address in map(address_of, target.addresses)
        if version_of(address) == version_of(session.remote_address)
    ]
    for device, vrf, address in flows:
        yield Flow(number, address, demand.mbps / len(flows), device=device, vrf=vrf)


def _mbps(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
