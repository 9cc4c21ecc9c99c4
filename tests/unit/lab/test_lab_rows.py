"""Reports -> rows where FRR's versions mark the same forwarding in different ways.

Input: paths of one route as bgpd shows them. Output: which rows are best, and which are used together.
"""

from __future__ import annotations

import msgspec

from crossconnect.lab.rows import DeviceReport, Surroundings, bgp_route_rows
from crossconnect.nos.frr.facts import Version
from crossconnect.nos.reports import EvpnReport, PathReport
from crossconnect.state.tables import BgpRouteRow
from regions import compiled, small

VRF, PREFIX = "red-v1", "192.0.2.0/24"
SPINES = ("10.254.0.9", "10.254.0.11")
VTEPS = ("10.255.0.1", "10.255.0.2")


def extended(vtep: str) -> tuple[str, ...]:
    return (f"Rmac:02:fe:00:00:00:0{vtep[-1]}", "RT:65000:5000")


def path(vtep: str, spine: str, *, best: bool = False, multipath: bool = False) -> PathReport:
    return PathReport(
        vrf=VRF,
        prefix=PREFIX,
        peer=spine,
        next_hop=vtep,
        forwards_to=vtep,
        as_path="4200000003 4200000000 64496",
        local_pref=100,
        med=0,
        communities=(),
        extended=extended(vtep),
        best=best,
        multipath=multipath,
        leaked_from="",
    )


def imported(vtep: str) -> EvpnReport:
    return EvpnReport(
        rd=f"{vtep}:10001",
        route_type=5,
        ethernet_tag=0,
        esi="",
        mac="",
        ip=PREFIX,
        next_hop=vtep,
        extended=extended(vtep),
        labels=(5000,),
        as_path="4200000003 4200000000 64496",
        best=True,
        local=False,
    )


def rows(*paths: PathReport) -> list[BgpRouteRow]:
    blueprint = compiled(small(spines=2, leaves=1, segments=1)).blueprint
    assert blueprint is not None
    report = DeviceReport(paths=paths, evpn=tuple(imported(vtep) for vtep in VTEPS))
    return sorted(bgp_route_rows("a-leaf1", report, Surroundings(blueprint)))


def over_two_links(frr: Version, best: int) -> list[str]:
    """Which of two sessions with one spine is called best, where FRR calls number `best` so."""
    region = small(spines=1, leaves=1, segments=1)
    pods = tuple(msgspec.structs.replace(pod, links_per_spine=2) for pod in region.pods)
    blueprint = compiled(msgspec.structs.replace(region, pods=pods)).blueprint
    assert blueprint is not None
    bgp = next(i.bgp for i in blueprint.devices[0].network_instances if i.name == "default")
    assert bgp is not None
    peers = sorted(n.address for n in bgp.neighbors if ":" in n.address)
    assert len(peers) == 2
    plain = msgspec.structs.replace(
        path(VTEPS[0], ""), vrf="default", prefix="2001:db8::/64", extended=(), multipath=True
    )
    paths = tuple(
        msgspec.structs.replace(
            plain, peer=peer, next_hop=f"fe80::{n + 1}", forwards_to=f"fe80::{n + 1}", best=n == best
        )
        for n, peer in enumerate(peers)
    )
    found = bgp_route_rows("a-leaf1", DeviceReport(paths=paths), Surroundings(blueprint, frr))
    return [str(peers.index(row.peer)) for row in found if row.best]


def test_the_last_of_two_ipv6_sessions_with_a_router_is_arbitrary_with_frr_10_and_a_difference_with_8_4() -> None:
    assert over_two_links("10", 0) == over_two_links("10", 1) == ["0"]
    assert (over_two_links("8.4", 0), over_two_links("8.4", 1)) == (["0"], ["1"])


def test_one_vtep_over_two_spines_is_not_multipath_whatever_the_version_calls_it() -> None:
    older = rows(path(VTEPS[0], SPINES[0], best=True), path(VTEPS[0], SPINES[1]))
    newer = rows(path(VTEPS[0], SPINES[0], best=True, multipath=True), path(VTEPS[0], SPINES[1], multipath=True))
    assert older == newer
    assert [(row.best, row.multipath) for row in older] == [(True, False)]


def test_two_vteps_are_multipath_also_where_the_best_path_is_not_marked() -> None:
    """8.4 marks in some answers only the others of the set."""
    second = path(VTEPS[1], SPINES[0], multipath=True)
    unmarked = rows(path(VTEPS[0], SPINES[0], best=True), second)
    marked = rows(path(VTEPS[0], SPINES[0], best=True, multipath=True), second)
    assert unmarked == marked
    assert [(row.next_hop, row.best, row.multipath) for row in marked] == [
        (VTEPS[0], True, True),
        (VTEPS[1], False, True),
    ]


def test_a_second_vtep_without_room_is_seen_to_be_unused() -> None:
    """FRR 10 with `maximum-paths 2`: both places go to one VTEP (`frr.multipath-slots`)."""
    found = rows(
        path(VTEPS[1], SPINES[0], best=True, multipath=True),
        path(VTEPS[1], SPINES[1], multipath=True),
        path(VTEPS[0], SPINES[1]),
    )
    assert [(row.next_hop, row.best, row.multipath) for row in found] == [
        (VTEPS[0], False, False),
        (VTEPS[1], True, False),
    ]


def test_leaked_paths_over_two_vteps_are_multipath() -> None:
    """They have no next hop of their own in the row, and are one row."""
    leaked = [
        msgspec.structs.replace(path(vtep, "", best=n == 0, multipath=True), next_hop="", leaked_from="blue-v1")
        for n, vtep in enumerate(VTEPS)
    ]
    assert [(row.peer, row.next_hop, row.best, row.multipath) for row in rows(*leaked)] == [
        ("vrf:blue-v1", "", True, True)
    ]
