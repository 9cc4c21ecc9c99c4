"""Small regions built in Python, for every room's tests.

from regions import compiled, small
blueprint = compiled(small(spines=2, leaves=2, tenants=1)).blueprint
"""

from __future__ import annotations

from collections.abc import Sequence

from crossconnect.design import Compiled, compile_region
from crossconnect.finding import has_errors
from crossconnect.intent.lock import Lock
from crossconnect.model.peer import Handoff, Peer
from crossconnect.model.pod import NodeGroup, Pod, RackGroup, SuperSpineGroup
from crossconnect.model.policy import Match, Policy, PrefixSet, Set, Statement
from crossconnect.model.pool import Pool
from crossconnect.model.region import AsnPlan, DesignChoices, Management, Region, Site
from crossconnect.model.server import SegmentPort, ServerGroup
from crossconnect.model.tenant import Segment, Tenant, Vrf

POOLS = (
    Pool(name="loopbacks", purpose="loopback", prefix="10.255.0.0/20"),
    Pool(name="loopbacks-v6", purpose="loopback", prefix="fd00:c0:0:1::/64"),
    Pool(name="links", purpose="link", prefix="10.254.0.0/18"),
    Pool(name="links-v6", purpose="link", prefix="fd00:c0:0:2::/64"),
    Pool(name="management", purpose="management", prefix="10.253.0.0/20"),
    Pool(name="handoffs", purpose="handoff", prefix="100.64.0.0/20"),
    Pool(name="handoffs-v6", purpose="handoff", prefix="fd00:c0:0:3::/64"),
    Pool(name="segments", purpose="l2vni", range="10000-19999"),
    Pool(name="vrfs", purpose="l3vni", range="5000-5999"),
    Pool(name="vlans", purpose="vlan", range="100-1999"),
    Pool(name="handoff-vlans", purpose="handoff-vlan", range="2000-2999"),
)

POD_NAMES = "abcdefghijklmnop"
TENANTS = ("red", "blue", "green", "white", "black", "grey")


def small(
    *,
    underlay: str = "numbered",
    families: Sequence[str] = ("ipv4", "ipv6"),
    pods: int = 1,
    spines: int = 2,
    leaves: int = 2,
    super_spines: int = 0,
    planes: int = 1,
    tenants: int = 1,
    vrfs: int = 1,
    segments: int = 2,
    servers: int = 1,
    dual_homed: bool = False,
    mlag: bool = False,
    l2_only: bool = False,
    border: bool = False,
    everywhere: bool = False,
) -> Region:
    """A region of `pods` pods a, b, ... with `spines` spines and `leaves` leaves each (racks of two leaves where
    servers are dual-homed), and optionally `super_spines` above. With `mlag` those racks are MLAG pairs.

    Every VRF has `segments` segments s1, s2, ..., dual-stack, `10.<tenant>.<16 * vrf + segment>.0/24` with gateway .1.
    Per rack and segment there are `servers` untagged servers `<rack>-<tenant>-<vrf>-<segment>-<n>`, addresses from .11
    on, each with one segment. `l2_only` adds a segment `wire` without VRF and its servers to each tenant. `border` adds
    two border leaves to pod a and a transit provider that announces a default route and 192.0.2.0/24 into each
    tenant's first VRF. `everywhere` puts all segments on all leaves.
    """
    site = "north"
    racks = leaves // 2 if dual_homed else leaves
    return Region(
        name="small",
        sites=(Site(name=site),),
        asns=AsnPlan(range="4200000000-4200009999"),
        pools=POOLS,
        design=DesignChoices(
            underlay=underlay,  # type: ignore[arg-type]
            address_families=tuple(families),  # type: ignore[arg-type]
            multihoming="mlag" if mlag else "ethernet-segments",
        ),
        management=Management(gateway=("10.253.0.1",), ntp=("10.253.0.1",), syslog=("10.253.0.1",)),
        platforms=(),
        pods=tuple(
            Pod(
                name=POD_NAMES[p],
                site=site,
                spines=NodeGroup(count=spines),
                racks=tuple(
                    RackGroup(
                        leaves=2 if dual_homed else 1,
                        servers=_servers(p * racks + r, tenants, vrfs, segments, servers, l2_only, dual_homed),
                    )
                    for r in range(racks)
                ),
                border_leaves=NodeGroup(count=2) if border and p == 0 else None,
            )
            for p in range(pods)
        ),
        super_spines=(
            (SuperSpineGroup(name="core", site=site, count=super_spines, planes=planes),) if super_spines else ()
        ),
        tenants=tuple(_tenant(t, vrfs, segments, l2_only, everywhere) for t in range(tenants)),
        **(_edge(tenants) if border else {}),
    )


def _servers(
    rack: int, tenants: int, vrfs: int, segments: int, servers: int, l2_only: bool, dual: bool
) -> tuple[ServerGroup, ...]:
    host = 11 + rack * servers
    groups: list[ServerGroup] = []
    for t in range(tenants):
        for v in range(1, vrfs + 1):
            for s in range(1, segments + 1):
                addresses = (f"10.{t + 1}.{16 * v + s}.{host}/24", f"2001:db8:{t + 1:x}:{16 * v + s:x}::{host:x}/64")
                port = SegmentPort(segment=f"{TENANTS[t]}/v{v}/s{s}", addresses=addresses)
                groups.append(_group(f"{TENANTS[t]}-v{v}-s{s}", servers, dual, port))
        if l2_only:
            port = SegmentPort(segment=f"{TENANTS[t]}/wire", addresses=(f"10.{t + 1}.200.{host}/24",))
            groups.append(_group(f"{TENANTS[t]}-wire", servers, dual, port))
    return tuple(groups)


def _group(name: str, count: int, dual: bool, port: SegmentPort) -> ServerGroup:
    return ServerGroup(
        count=count, name=f"{{rack}}-{name}-{{n}}", homing="dual" if dual else "single", segments=(port,)
    )


def _tenant(index: int, vrfs: int, segments: int, l2_only: bool, everywhere: bool) -> Tenant:
    leaves = ("all",) if everywhere else ()
    return Tenant(
        name=TENANTS[index],
        vrfs=tuple(
            Vrf(
                name=f"v{v}",
                segments=tuple(
                    Segment(
                        name=f"s{s}",
                        gateways=(f"10.{index + 1}.{16 * v + s}.1/24", f"2001:db8:{index + 1:x}:{16 * v + s:x}::1/64"),
                        leaves=leaves,
                    )
                    for s in range(1, segments + 1)
                ),
            )
            for v in range(1, vrfs + 1)
        ),
        segments=(Segment(name="wire", leaves=leaves),) if l2_only else (),
    )


def _edge(tenants: int) -> dict[str, object]:
    handoffs = tuple(
        Handoff(border=f"a-border{n}", vrf=f"{TENANTS[t]}/v1", import_policy="from-transit", export_policy="to-transit")
        for t in range(tenants)
        for n in (1, 2)
    )
    return {
        "peers": (
            Peer(
                name="transit1",
                asn=64496,
                handoffs=handoffs,
                announces=("0.0.0.0/0", "192.0.2.0/24", "::/0", "2001:db8:ffff::/48"),
            ),
        ),
        "policies": (
            Policy(
                name="from-transit",
                statements=(
                    Statement(
                        name="carrier", match=Match(prefix_set="carrier"), action="accept", set=Set(local_pref=120)
                    ),
                ),
            ),
            Policy(
                name="to-transit",
                statements=(Statement(name="own", match=Match(prefix_set="own"), action="accept"),),
            ),
        ),
        "prefix_sets": (
            PrefixSet(name="carrier", prefixes=("0.0.0.0/0", "192.0.2.0/24", "::/0", "2001:db8:ffff::/48")),
            PrefixSet(name="own", prefixes=("10.0.0.0/8 le 24", "2001:db8::/32 le 64")),
        ),
    }


def compiled(region: Region, previous: Lock | None = None) -> Compiled:
    """The region on its whole way; its findings are shown when there are errors."""
    result = compile_region(region, previous)
    assert not has_errors(result.findings), "\n".join(f"{f.place} {f.code}: {f.message}" for f in result.findings)
    return result
