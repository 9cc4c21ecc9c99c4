"""Inputs for reports made by hand: no design, no simulation, so that these tests stand alone."""

from __future__ import annotations

from crossconnect.checks import FailureReport, ScopeEffect, UnderFailure
from crossconnect.design.blueprint import Blueprint, HostPlan, PeerPlan, PeerSession, VrfPlan, Wire
from crossconnect.device.bgp import Bgp
from crossconnect.device.configuration import DeviceConfiguration, System
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.drills import Drill, DrillResult, Flow, FlowResult, HealResult
from crossconnect.drills.result import DrillVerdict
from crossconnect.finding import Finding, Place, Severity
from crossconnect.report import Ping, ReportInputs, RunFacts, compare
from crossconnect.rollout.plan import DeviceChange, NumberChange, Plan
from crossconnect.simulate import Failures
from crossconnect.state.tables import RouteRow, State

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


def drill(verdict: DrillVerdict = "as-predicted") -> DrillResult:
    flows = tuple(
        FlowResult(
            flow=Flow(
                number=n, source="acme-n1-1-1", destination="acme-s1-1-1", source_address="10.0.0.1",
                destination_address="10.0.0.2",
                source_port=20000 + n, destination_port=9100 + n, scope="acme-prod",
            ),
            prediction="survive", crosses=True, sent=4000, received=3913, lost=87, lost_before=0, duplicated=0,
            longest_gap_ms=88.0, converged_ms=87.0, outcome="survived", lost_buckets=tuple((b, 10) for b in range(8)),
        )
        for n in range(1, 5)
    )  # fmt: skip
    return DrillResult(
        drill=Drill(name="spine", event="device-failure", target="n1-spine1", outage_max_ms=2000),
        flows=flows,
        injection_ms=8.0,
        window_ms=(-1000.0, 3000.0),
        heal=HealResult(state_restored=True, seconds=4.2),
        verdict=verdict,
        reasons=() if verdict == "as-predicted" else ("something is wrong",),
    )


def failure(name: str, *effects: ScopeEffect, element: str = "spine", due: tuple[str, ...] = ()) -> FailureReport:
    failures = Failures(links=frozenset({name})) if "--" in name else Failures(devices=frozenset({name}))
    broken = tuple((promise, "reason") for e in effects for promise in e.promises)
    return FailureReport(
        failures=failures, name=f"{element} {name}", element=element, scopes=effects, promises=broken, promises_due=due
    )


def effect(lost: int = 0, attached: int = 0, scope: str = "acme-prod", promises: tuple[str, ...] = ()) -> ScopeEffect:
    return ScopeEffect(scope=scope, tenant="acme", pairs=90, lost=lost, attached=attached, promises=promises)


def sweep() -> UnderFailure:
    blueprint = metro()
    reports = [failure(d.name, element=d.role) for d in blueprint.devices]
    reports += [failure(w.key, element="leaf - spine link") for w in blueprint.wires]
    return UnderFailure(reports=tuple(reports), findings=())


def state(world: str) -> State:
    names = [d.name for d in metro().devices]
    return State(
        world=world,
        routes=tuple(RouteRow(n, "default", f"10.255.0.{i}/32", "bgp", ("x%swp32",)) for n in names for i in range(9)),
    )


def full_inputs() -> ReportInputs:
    pings = [
        Ping(source=a, source_scope=s, destination=b, destination_scope=t, version=v, expected=s == t, seen=s == t)
        for s in ("acme-prod", "globex-prod")
        for t in ("acme-prod", "globex-prod")
        for a in ("h1", "h2", "h3")
        for b in ("h1", "h2", "h3")
        for v in (4, 6)
        if (s, a) != (t, b)
    ]
    warning = Finding(
        code="checks.w", severity=Severity.WARNING, place=Place(file="f.yaml", line=3, column=1), message="!", hint="h"
    )
    plan = Plan(
        parent="none",
        new="n",
        devices=(DeviceChange(device="n1-leaf1", nos="frr", kind="added", lines_added=90, lines_removed=0, diff=""),),
        numbers=(
            NumberChange(pool="asn", key="a", old="", new="1"),
            NumberChange(pool="asn", key="b", old="1", new="2"),
        ),
        tenants=("acme",),
        findings_new=(),
        findings_cured=(),
    )
    return ReportInputs(
        region="metro",
        facts=RunFacts(
            command="xc demo", started="2026-11-23 21:30:10 UTC", versions=(("FRR", "8.4.4"),), steps=(("boot", 9.0),)
        ),
        blueprint=metro(),
        findings=(warning,),
        plan=plan,
        under_failure=sweep(),
        comparisons=(compare("no failure", state("sim"), state("lab")),),
        pings=tuple(pings),
        drills=(drill(),),
        simulated=state("sim"),
        lab=state("lab"),
    )
