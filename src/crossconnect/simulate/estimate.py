"""How large a state will be, foretold from the blueprint: rows of each table, and the memory that they take.

Counts follow from who originates what and who hears it; only the paths of BGP's table are taken to be as many as a Clos
has (one per neighbour in the tier above). Measured against regions of 23 to 1,000 switches; see `BYTES`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.net import version_of
from crossconnect.state.tables import TABLES

_TIERS = {"leaf": 0, "border-leaf": 0, "spine": 1, "super-spine": 2}

BYTES: Mapping[str, int] = {"routes": 1200, "bgp_routes": 270, "evpn_routes": 150}
"""Octets per row. Measured at 100 switches (benchmarks/proof_region.py): 936, 232, 137; at 1,000 switches 5.07 million
rows of `routes` took 5.9 GB, 1,164 each: the more equal paths, the longer the rows."""
BYTES_OTHERS = 250
"""Of tables that are small: at most 204 at 100 switches."""
BASE_BYTES_PER_SWITCH = 200_000
"""The blueprint and the settled network: 57 MiB for 100 switches, of which 45 are the interpreter's."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What a state takes."""

    rows: dict[str, int]
    """By table, of those asked for."""
    mib: dict[str, int]
    """Memory by table."""
    base_mib: int
    """Memory besides the tables."""

    @property
    def total_mib(self) -> int:
        """All of it."""
        return self.base_mib + sum(self.mib.values())


def estimate(blueprint: Blueprint, tables: Collection[str] = tuple(TABLES)) -> Estimate:
    """Rows and memory of these tables of a blueprint's state."""
    rows = {name: count for name, count in _rows(blueprint).items() if name in tables}
    mib = {name: -(-count * BYTES.get(name, BYTES_OTHERS) // (1 << 20)) for name, count in rows.items()}
    return Estimate(rows=rows, mib=mib, base_mib=BASE_BYTES_PER_SWITCH * len(blueprint.devices) // (1 << 20) + 50)


def _rows(blueprint: Blueprint) -> dict[str, int]:
    devices = blueprint.devices
    speakers: dict[str, int] = {}
    subnets: dict[str, set[str]] = {}
    vteps: dict[str, int] = {}
    bridges = interfaces = sessions = 0
    prefixes: set[str] = set()
    for device in devices:
        interfaces += len(device.interfaces)
        for interface in device.interfaces:
            owned = {a for a in interface.addresses if interface.kind in ("loopback", "irb")}
            if interface.kind == "loopback" and interface.network_instance == "default":
                prefixes |= owned
            elif interface.kind == "irb":
                subnets.setdefault(interface.network_instance, set()).update(owned)
        for instance in device.network_instances:
            if instance.kind == "mac-vrf":
                bridges += 1
                vteps[instance.path] = vteps.get(instance.path, 0) + 1
            elif instance.bgp is not None:
                sessions += sum(len(neighbor.families) for neighbor in instance.bgp.neighbors)
                if instance.kind != "default":
                    speakers[instance.name] = speakers.get(instance.name, 0) + 1
    hosts, host_routes, macs = _hosts(blueprint, vteps)
    outside = _outside(blueprint)
    in_vrfs = sum(
        count * (len(subnets.get(vrf, ())) + hosts.get(vrf, 0) + outside.get(vrf, 0)) for vrf, count in speakers.items()
    )
    type_5 = sum(count * len(subnets.get(vrf, ())) for vrf, count in speakers.items()) + sum(outside.values())
    return {
        "devices": len(devices) + len(blueprint.hosts) + len(blueprint.peers),
        "interfaces": interfaces,
        "lldp": 2 * len(blueprint.wires),
        "bgp_sessions": sessions,
        "routes": len(prefixes) * len(devices) + in_vrfs,
        "bgp_routes": len(prefixes) * _upward(blueprint) + in_vrfs,
        "evpn_routes": (bridges + host_routes + type_5) * len(devices),
        "vteps": sum(count * (count - 1) for count in vteps.values()),
        "vnis": bridges + sum(speakers.values()),
        "macs": macs,
    }


def _hosts(blueprint: Blueprint, vteps: Mapping[str, int]) -> tuple[dict[str, int], int, int]:
    """Addresses by VRF, EVPN routes of type 2 (a MAC, and one more per address, from each leaf), rows of MACs."""
    by_vrf: dict[str, int] = {}
    routes = macs = 0
    for host in blueprint.hosts:
        for endpoint in host.endpoints:
            addresses = len({address for address in endpoint.addresses if version_of(address)})
            by_vrf[endpoint.vrf] = by_vrf.get(endpoint.vrf, 0) + addresses
            routes += (1 + addresses) * max(1, len(host.ports))
            macs += vteps.get(endpoint.segment, 0)
    return by_vrf, routes, macs


def _outside(blueprint: Blueprint) -> dict[str, int]:
    """Prefixes from external routers by VRF, once per session that can have them."""
    found: dict[str, int] = {}
    for peer in blueprint.peers:
        for session in peer.sessions:
            same = sum(version_of(prefix) == version_of(session.local_address) for prefix in peer.announces)
            found[session.vrf] = found.get(session.vrf, 0) + same
    return found


def _upward(blueprint: Blueprint) -> int:
    """Paths that all switches together have to a prefix of the fabric: from each neighbour above, at least one."""
    tier = {device.name: _TIERS.get(device.role, 0) for device in blueprint.devices}
    above: dict[str, int] = dict.fromkeys(tier, 0)
    for wire in blueprint.wires:
        if wire.a_device in tier and wire.b_device in tier:
            lower = min(wire.a_device, wire.b_device, key=lambda name: tier[name])
            above[lower] += tier[wire.a_device] != tier[wire.b_device]
    return sum(max(1, count) for count in above.values())
