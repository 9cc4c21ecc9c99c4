"""What a region needs numbers for, and the blocks they may come from: the allocator's question.

A demand is one key of the lock. A demand pool is one pool of the lock together with the model's pools of its purpose.
Numbers are integers here (an address is its value), so that all pools are allocated by one piece of code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

import msgspec

from crossconnect.intent.bonds import bond_pools
from crossconnect.intent.handoffs import HandoffLink, handoff_links
from crossconnect.intent.placement import segment_devices, segment_paths
from crossconnect.model.inventory import Cable, Inventory, Switch
from crossconnect.model.pool import Pool, Purpose
from crossconnect.model.region import Region
from crossconnect.net import parse, version_of
from crossconnect.net.address import BITS
from crossconnect.net.names import AS_TRANS, ASN_MAX, VLAN_MAX, VNI_MAX

Kind = Literal["number", "address", "interface", "prefix"]

EVI_MIN = 10001
"""Routers choose numbers of their own from 1 upwards for route distinguishers that nobody configured (Ethernet
segments; VNIs until their configuration is read). FRR 8.4 empties a table of that distinguisher when it changes its
mind, with whatever else is in it; so ours stay clear of as many as a device can have."""

EVI_MAX = 65535
"""A route distinguisher of type 1 has two octets behind the address (RFC 4364 4.2)."""

MLAG_MAX = 1000
"""Domains of vPC are numbered up to that (Cisco Nexus 9000 NX-OS Interfaces Configuration Guide, "vPC Domain")."""

DEVICE_MAX = 65535
"""Two octets of a router MAC."""

BOND_MAX = 4096
"""More bonds than ports that any switch has (`platforms.PORTS_MAX`)."""
HOST_MAX = (1 << 24) - 1
"""Three octets of a host's MAC; an ESI of type 3 also has three octets for its discriminator (RFC 7432 5)."""


class Interval(NamedTuple):
    """Numbers from `first` to `last`, both included."""

    first: int
    last: int


class Block(NamedTuple):
    """Part of a demand pool: every `step`-th number from `first` on, none beyond `last`."""

    first: int
    last: int
    name: str
    """Of the model's pool."""
    text: str
    """How the model writes it, for messages."""
    site: str = ""
    length: int = 0
    """Prefix length of the values, where they have one."""

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int) and self.first <= value <= self.last


class Demand(NamedTuple):
    """One key that needs a number."""

    key: str
    path: str
    user: str
    """Whom the number serves (`pod a`, `tenant red`), for telling who fills a pool."""
    site: str = ""
    fixed: int | None = None
    """The number written by hand."""


class DemandPool(msgspec.Struct, frozen=True, kw_only=True):
    """One pool of the lock: what is asked of it, and what it has."""

    pool: str
    scope: str = ""
    """Where numbers are unique, if not in the whole region: a pod, a switch."""
    field: str = ""
    """Field of the model in which a number may be written by hand."""
    space: str
    """Pools of one space never give out the same number (L2VNIs and L3VNIs)."""
    purpose: str
    kind: Kind = "number"
    version: int = 4
    step: int = 1
    blocks: tuple[Block, ...]
    reserved: tuple[Interval, ...] = ()
    """Never given out, taken back where held; sorted."""
    avoided: tuple[Interval, ...] = ()
    """Not given out anew, but kept where held; sorted."""
    demands: tuple[Demand, ...]


def demand_pools(region: Region, inventory: Inventory) -> Iterator[DemandPool]:
    """Every pool of the lock but ports, with everything that this region asks of it."""
    switches = inventory.switches
    links = handoff_links(region)
    yield from _device_pools(region, switches)
    if region.design.underlay == "numbered":
        yield from _link_pools(region, inventory)
    yield from _mlag_pools(region, inventory)
    yield from _handoff_pools(region, links, {s.name: s for s in switches})
    yield from _tenancy_pools(region, inventory)
    yield _numbers("device", "device numbers", DEVICE_MAX, [_switch_demand(s) for s in switches])
    yield _numbers(
        "host", "server numbers", HOST_MAX, [Demand(h.name, h.path, f"rack {h.rack}") for h in inventory.hosts]
    )
    cables: dict[str, int] = {}
    for cable in inventory.cables:
        if cable.kind == "server":
            cables[cable.a.device] = cables.get(cable.a.device, 0) + 1
    dual = [Demand(h.name, h.path, f"rack {h.rack}") for h in inventory.hosts if cables.get(h.name, 0) > 1]
    yield _numbers("esi", "Ethernet segment numbers", HOST_MAX, dual)
    bonds: dict[str, list[Demand]] = {}
    pool_of = bond_pools(inventory)
    for demand in dual:
        if demand.key in pool_of:
            bonds.setdefault(pool_of[demand.key], []).append(demand)
    for pool, demands in bonds.items():
        yield _numbers(pool, "bond numbers", BOND_MAX, demands)


def _user(switch: Switch) -> str:
    return f"pod {switch.pod}" if switch.pod else f"site {switch.site}"


def _switch_demand(switch: Switch) -> Demand:
    return Demand(switch.name, switch.path, _user(switch), switch.site)


def _numbers(pool: str, purpose: str, last: int, demands: Iterable[Demand], first: int = 1) -> DemandPool:
    """A pool of plain numbers that needs no pool in the model."""
    block = Block(first, last, "", f"{first}-{last}")
    return DemandPool(pool=pool, space=pool, purpose=purpose, blocks=(block,), demands=tuple(demands))


def _device_pools(region: Region, switches: tuple[Switch, ...]) -> Iterator[DemandPool]:
    demands = tuple(_switch_demand(s) for s in switches)
    # VXLAN tunnels run over IPv4 (DesignChoices), and router ids are IPv4 addresses: loopback-v4 is always needed.
    versions = [4, 6] if "ipv6" in region.design.address_families else [4]
    for version in versions:
        yield _addresses(region, "loopback", version, "address", demands)
    for version in (4, 6):
        pool = _addresses(region, "management", version, "interface", demands)
        if pool.blocks:
            yield pool
    yield _asn_pool(region, switches)


def _asn_pool(region: Region, switches: tuple[Switch, ...]) -> DemandPool:
    demands: dict[str, Demand] = {}
    for s in switches:
        known = demands.get(s.asn_group)
        if known is None or (known.fixed is None and s.asn is not None):
            demands[s.asn_group] = Demand(s.asn_group, s.path, _user(s), fixed=s.asn)
    blocks = tuple(Block(i.first, i.last, "", region.asns.range) for i in _range(region.asns.range, ASN_MAX))
    # RFC 7607, 6793, 7300: 0, AS_TRANS and the last of either width are nobody's.
    reserved = (
        Interval(0, 0),
        Interval(AS_TRANS, AS_TRANS),
        Interval(65535, 65535),
        Interval(ASN_MAX + 1, ASN_MAX + 1),
    )
    # A fabric device with the ASN of an external router would refuse that router's routes as loops.
    outside = {peer.asn for peer in region.peers} | {s.asn for s in switches if s.asn is not None}
    avoided = tuple(Interval(asn, asn) for asn in sorted(outside))
    return DemandPool(
        pool="asn",
        field="asn",
        space="asn",
        purpose="fabric ASNs",
        blocks=blocks,
        reserved=reserved,
        avoided=avoided,
        demands=tuple(demands.values()),
    )


def _link_pools(region: Region, inventory: Inventory) -> Iterator[DemandPool]:
    switches = {s.name: s for s in inventory.switches}
    demands: list[Demand] = []
    for cable in inventory.cables:
        if cable.kind == "fabric":
            demands.append(_cable_demand(cable, switches[cable.a.device], switches[cable.b.device]))
    for family in sorted(set(region.design.address_families)):
        yield _addresses(region, "link", 4 if family == "ipv4" else 6, "prefix", tuple(demands))


def _mlag_pools(region: Region, inventory: Inventory) -> Iterator[DemandPool]:
    """Of each pair its number, the VTEP address that both leaves have and one more for each, and the addresses of the
    link over which they route; all but the first out of the pools for loopbacks and links."""
    if not inventory.pairs:
        return
    switches = {s.name: s for s in inventory.switches}
    pairs = [Demand(f"racks/{p.rack}", p.path, _user(switches[p.primary])) for p in inventory.pairs]
    sited = [d._replace(site=switches[p.primary].site) for d, p in zip(pairs, inventory.pairs, strict=True)]
    leaves = [switches[leaf] for p in inventory.pairs for leaf in (p.primary, p.secondary)]
    own = [Demand(f"devices/{s.name}", s.path, _user(s), s.site) for s in leaves]
    yield _numbers("mlag", "MLAG domains", MLAG_MAX, pairs)
    vteps = _addresses(region, "loopback", 4, "address", (*sited, *own))
    yield msgspec.structs.replace(vteps, pool="vtep-v4")
    for version in (4, 6) if "ipv6" in region.design.address_families else (4,):
        links = _addresses(region, "link", version, "prefix", tuple(sited))
        yield msgspec.structs.replace(links, pool=f"peer-link-v{version}")


def _cable_demand(cable: Cable, a: Switch, b: Switch) -> Demand:
    return Demand(cable.key, cable.path, _user(a), a.site if a.site == b.site else "")


def _handoff_pools(
    region: Region, links: tuple[HandoffLink, ...], switches: Mapping[str, Switch]
) -> Iterator[DemandPool]:
    links = tuple(link for link in links if link.device in switches)
    for version, family in ((4, "ipv4"), (6, "ipv6")):
        demands: list[Demand] = []
        written: list[Interval] = []
        for link in links:
            own = [a for a in (*link.handoff.local, *link.handoff.remote) if version_of(a) == version]
            if own:
                written += [interval for a in own for interval in _prefix_interval(a)]
            elif family in link.handoff.families:
                site = switches[link.device].site
                demands.append(Demand(link.key, link.path, f"peer {link.peer.name}", site))
        if demands:
            yield _addresses(region, "handoff", version, "prefix", tuple(demands), written)
    by_cable: dict[tuple[str, str], list[Demand]] = {}
    for link in links:
        demand = Demand(
            link.key, link.path, f"peer {link.peer.name}", switches[link.device].site, fixed=link.handoff.vlan
        )
        by_cable.setdefault((link.device, link.cable), []).append(demand)
    for (device, cable), of_cable in by_cable.items():
        yield _ranges(region, "handoff-vlan", VLAN_MAX, tuple(of_cable), scope=device, space=cable)


def _tenancy_pools(region: Region, inventory: Inventory) -> Iterator[DemandPool]:
    segments = segment_paths(region)
    vrfs = {f"tenants/{t.name}/vrfs/{v.name}": v for t in region.tenants for v in t.vrfs}
    yield _ranges(
        region,
        "l2vni",
        VNI_MAX,
        tuple(Demand(path, path, _tenant(path), fixed=s.vni) for path, s in segments.items()),
        space="vni",
    )
    yield _ranges(
        region,
        "l3vni",
        VNI_MAX,
        tuple(Demand(path, path, _tenant(path), fixed=v.vni) for path, v in vrfs.items()),
        space="vni",
    )
    evis = [Demand(path, path, _tenant(path)) for path in (*segments, *vrfs)]
    yield _numbers("evi", "EVPN instance numbers", EVI_MAX, evis, EVI_MIN)
    if region.design.vlan_scope == "region":
        demands = tuple(Demand(path, path, _tenant(path), fixed=s.vlan) for path, s in segments.items())
        yield _ranges(region, "vlan", VLAN_MAX, demands)
        return
    pods = {s.name: (s.pod, s.site) for s in inventory.switches}
    by_pod: dict[tuple[str, str], list[Demand]] = {}
    for path, devices in segment_devices(region, inventory).items():
        for pod, site in dict.fromkeys(pods[name] for name in devices):
            demand = Demand(f"{pod}:{path}", path, _tenant(path), site, segments[path].vlan)
            by_pod.setdefault((pod, site), []).append(demand)
    for (pod, _), demands in by_pod.items():
        yield _ranges(region, "vlan", VLAN_MAX, tuple(demands), scope=pod)


def _tenant(path: str) -> str:
    return f"tenant {path.split('/')[1]}"


def _addresses(
    region: Region,
    purpose: Purpose,
    version: int,
    kind: Kind,
    demands: tuple[Demand, ...],
    written: Iterable[Interval] = (),
) -> DemandPool:
    """The pool of one purpose and IP version; `written` are addresses that the model gives to something by hand."""
    blocks: list[Block] = []
    reserved: list[Interval] = list(written)
    step = 2 if kind == "prefix" else 1
    for pool in region.pools:
        if pool.purpose == purpose and pool.prefix and _version(pool.prefix) == version:
            blocks += _address_block(pool, kind)
            reserved += [i for text in pool.reserved for i in _prefix_interval(text)]
            reserved += _unusable(pool, kind)
    if purpose == "management":
        reserved += [
            i for text in region.management.gateway if _version(text) == version for i in _prefix_interval(text)
        ]
    return DemandPool(
        pool=f"{purpose}-v{version}",
        space=f"{purpose}-v{version}",
        purpose=f"{purpose} addresses (IPv{version})",
        kind=kind,
        version=version,
        step=step,
        blocks=tuple(sorted(blocks)),
        reserved=tuple(sorted(reserved)),
        demands=demands,
    )


def _version(text: str) -> int:
    """4 or 6; 0 for what is no address (validation has said so)."""
    try:
        return parse(text).version
    except ValueError:
        return 0


def _prefix_interval(text: str) -> list[Interval]:
    try:
        parsed = parse(text)
    except ValueError:
        return []
    first = parsed.value & ~parsed.host_mask
    return [Interval(first, first | parsed.host_mask)]


def _address_block(pool: Pool, kind: Kind) -> list[Block]:
    parsed = parse(pool.prefix)
    first = parsed.value & ~parsed.host_mask
    length = {"address": BITS[parsed.version], "interface": parsed.length, "prefix": BITS[parsed.version] - 1}[kind]
    if parsed.length > length:
        return []  # a /32 holds no /31
    return [Block(first, first | parsed.host_mask, pool.name, pool.prefix, pool.site, length)]


def _unusable(pool: Pool, kind: Kind) -> list[Interval]:
    """Addresses of a pool that no interface should have.

    In IPv6 the lowest address of a subnet is its routers' anycast address (RFC 4291 2.6.1), so a /127 must not hold
    the lowest of a /64 (RFC 6164 5). In IPv4 a management subnet has a network and a broadcast address (RFC 1122
    3.2.1.3). A loopback's .0 is lawful, but filters and people take it for a network.
    """
    parsed = parse(pool.prefix)
    first = parsed.value & ~parsed.host_mask
    last = first | parsed.host_mask
    if parsed.length >= BITS[parsed.version] - 1:
        return []
    if parsed.version == 4:
        if kind == "prefix":
            return []
        return [Interval(first, first), Interval(last, last)] if kind == "interface" else [Interval(first, first)]
    return [Interval(first, first)]


def _ranges(
    region: Region, purpose: Purpose, highest: int, demands: tuple[Demand, ...], *, scope: str = "", space: str = ""
) -> DemandPool:
    """The pool of one purpose of plain numbers."""
    blocks: list[Block] = []
    reserved: list[Interval] = []
    for pool in region.pools:
        if pool.purpose == purpose and pool.range:
            blocks += [Block(i.first, i.last, pool.name, pool.range, pool.site) for i in _range(pool.range, highest)]
            reserved += [i for text in pool.reserved for i in _range(text, highest)]
    names = {"l2vni": "VNIs of segments", "l3vni": "VNIs of VRFs", "vlan": "VLANs", "handoff-vlan": "handoff VLANs"}
    return DemandPool(
        pool=purpose,
        scope=scope,
        field={"vlan": "vlan", "handoff-vlan": "vlan"}.get(purpose, "vni"),
        space=f"{space or purpose}/{scope}",
        purpose=names[purpose] + (f" of {scope}" if scope else ""),
        blocks=tuple(sorted(blocks)),
        reserved=tuple(sorted(reserved)),
        demands=demands,
    )


def _range(text: str, highest: int) -> list[Interval]:
    """`first-last` or one number, cut at what the field can hold; nothing for what is neither."""
    first, dash, last = text.partition("-")
    try:
        low, high = int(first), int(last if dash else first)
    except ValueError:
        return []
    low, high = max(low, 1), min(high, highest)
    return [Interval(low, high)] if low <= high else []
