"""Inputs for reports made by hand: no design, no simulation, so that these tests stand alone."""

from __future__ import annotations

from crossconnect.design.blueprint import (
    Blueprint,
    Endpoint,
    HostPlan,
    PeerPlan,
    PeerSession,
    SegmentPlan,
    VrfPlan,
    Wire,
)
from crossconnect.device.bgp import Bgp
from crossconnect.device.configuration import DeviceConfiguration, System
from crossconnect.device.network_instance import NetworkInstance

TENANTS = ("acme", "globex", "initech")


def switch(name: str, role: str, site: str, pod: str, number: int) -> DeviceConfiguration:
    bgp = Bgp(asn=4_200_000_000 + number, router_id=f"10.255.0.{number % 250}")
    return DeviceConfiguration(
        name=name,
        role=role,
        nos="frr",
        platform="generic-32",
        site=site,
        pod=pod,
        rack="",
        system=System(management_vrf="mgmt"),
        interfaces=(),
        network_instances=(NetworkInstance(name="default", kind="default", bgp=bgp),),
    )


def wire(kind: str, a: str, b: str, n: int) -> Wire:
    return Wire(key=f"{a}--{b}", kind=kind, a_device=a, a_port=f"swp{32 - n}", b_device=b, b_port=f"swp{n}")  # type: ignore[arg-type]


def clos(
    pods: tuple[tuple[str, str, int, int, int], ...],
    supers: tuple[tuple[str, str], ...] = (),
    servers: int = 2,
    dual: bool = False,
) -> Blueprint:
    """Pods as (name, site, spines, leaves, borders), super-spines as (name, site), `servers` on each leaf."""
    devices = [switch(name, "super-spine", site, "", i + 1) for i, (name, site) in enumerate(supers)]
    wires: list[Wire] = []
    hosts: list[HostPlan] = []
    borders_all: list[str] = []
    for pod, site, spines, leaves, borders in pods:
        spine_names = [f"{pod}-spine{i + 1}" for i in range(spines)]
        leaf_names = [f"{pod}-leaf{i + 1}" for i in range(leaves)]
        border_names = [f"{pod}-border{i + 1}" for i in range(borders)]
        borders_all += border_names
        for role, names in (("spine", spine_names), ("leaf", leaf_names), ("border-leaf", border_names)):
            devices += [switch(n, role, site, pod, len(devices) + 1 + i) for i, n in enumerate(names)]
        for low in [*leaf_names, *border_names]:
            wires += [wire("fabric", low, spine, i + 1) for i, spine in enumerate(spine_names)]
        for spine in spine_names:
            wires += [wire("fabric", spine, top, i + 1) for i, (top, _) in enumerate(supers)]
        for i, leaf in enumerate(leaf_names):
            for n in range(servers):
                homes = (leaf, leaf_names[i + 1]) if dual and n == 0 and i % 2 == 0 and i + 1 < leaves else (leaf,)
                hosts.append(host(f"{TENANTS[(i + n) % 3]}-{pod}-{i + 1}-{n + 1}", homes))
                wires += [wire("server", hosts[-1].name, home, n + 1) for home in homes]
    peers: list[PeerPlan] = []
    if borders_all:
        sessions = tuple(session(b) for b in borders_all)
        peers.append(
            PeerPlan(
                name="transit1",
                asn=64496,
                router_id="1.1.1.1",
                daemon="bird",
                ports=("eth1",),
                announces=("0.0.0.0/0",),
                sessions=sessions,
                path="peers/transit1",
            )
        )
        wires += [wire("peer", "transit1", b, i + 1) for i, b in enumerate(borders_all)]
    return Blueprint(
        region="metro",
        devices=tuple(sorted(devices, key=lambda d: d.name)),
        wires=tuple(sorted(wires)),
        hosts=tuple(sorted(hosts, key=lambda h: h.name)),
        peers=tuple(peers),
        vrfs=tuple(vrf(t, n) for t in TENANTS for n in ("prod", "dev")),
        segments=(),
        promises=(),
    )


def session(device: str) -> PeerSession:
    return PeerSession(
        interface="eth1", port="eth1", vlan=None, device=device, vrf="acme-prod", local_address="100.64.0.1/31",
        remote_address="100.64.0.0", remote_asn=4200000001, password="", bfd=False,
    )  # fmt: skip


def host(name: str, leaves: tuple[str, ...]) -> HostPlan:
    ports = tuple(f"eth{i}" for i in range(len(leaves)))
    return HostPlan(
        name=name, mac="02:0a:00:00:00:01", ports=ports, leaves=leaves, mtu=9000, endpoints=(), path=f"servers/{name}"
    )


def vrf(tenant: str, name: str) -> VrfPlan:
    return VrfPlan(
        name=f"{tenant}-{name}", tenant=tenant, path=f"tenants/{tenant}/vrfs/{name}", vni=5001, devices=(), prefixes=(),
        imports=(), route_limit=0,
    )  # fmt: skip


def metro() -> Blueprint:
    """Like examples/metro: two sites, 14 switches."""
    return clos(
        (("n1", "north", 2, 4, 2), ("s1", "south", 2, 2, 0)), (("core-north1", "north"), ("core-south1", "south"))
    )


__all__ = ["Endpoint", "SegmentPlan", "clos", "metro"]
