"""MLAG pairs: two leaves that are one VTEP, with a peer link, under failures."""

from __future__ import annotations

import functools

import pytest

from crossconnect.checks import run_checks
from crossconnect.checks.expectation import Expectation
from crossconnect.finding import Severity
from crossconnect.simulate import Failures, simulate
from crossconnect.simulate.fib import fib
from crossconnect.simulate.impact import Impacts
from crossconnect.simulate.reachability import ReachabilityRow, reachability
from nos_region import reference_blueprint

BLUEPRINT = reference_blueprint("nxos", "mlag")
VTEP = next(d.vtep for d in BLUEPRINT.devices if d.name == "a-leaf1")


def links(a: str, b: str) -> frozenset[str]:
    return frozenset(w.key for w in BLUEPRINT.wires if {w.a_device, w.b_device} == {a, b})


PEER_LINK = links("a-leaf1", "a-leaf2")
UPLINKS = links("a-leaf1", "a-spine1") | links("a-leaf1", "a-spine2")
LEGS = frozenset(w.key for w in BLUEPRINT.wires if w.kind == "server" and w.b_device == "a-leaf1")

CASES = {
    "nothing": Failures(),
    "one cable of the peer link": Failures(links=frozenset(sorted(PEER_LINK)[:1])),
    "peer link": Failures(links=PEER_LINK),
    "uplinks of the primary": Failures(links=UPLINKS),
    "server cables of the primary": Failures(links=LEGS),
    "primary": Failures(devices=frozenset({"a-leaf1"})),
    "secondary": Failures(devices=frozenset({"a-leaf2"})),
}
SINGLE = {"a-leaf1": "a-rack1-single1", "a-leaf2": "a-rack1-single2"}


@functools.cache
def rows(case: str) -> tuple[ReachabilityRow, ...]:
    return tuple(reachability(fib(BLUEPRINT, simulate(BLUEPRINT, CASES[case]))))


def hosts_hurt(case: str) -> set[str]:
    """Hosts at an end of what is not delivered."""
    bad = [row for row in rows(case) if row.outcome != "delivered"]
    everyone = {host.name for host in BLUEPRINT.hosts}
    ends = [{row.source_host, row.destination_host} & everyone for row in bad]
    # Who is the cause is in all of it.
    return set.intersection(*ends) if ends else set()


@pytest.mark.parametrize(
    ("case", "hurt"),
    [
        ("nothing", set()),
        ("one cable of the peer link", set()),
        ("uplinks of the primary", set()),
        ("peer link", {SINGLE["a-leaf2"]}),
        ("server cables of the primary", {SINGLE["a-leaf1"]}),
        ("primary", {SINGLE["a-leaf1"]}),
        ("secondary", {SINGLE["a-leaf2"]}),
    ],
)
def test_only_single_homed_servers_are_hurt(case: str, hurt: set[str]) -> None:
    """Input: failures around a pair. Output: nobody but the single-homed server of the leaf that is gone, or of the
    secondary, which goes dark when the peer link is lost."""
    assert hosts_hurt(case) == hurt


@pytest.mark.parametrize("case", CASES)
def test_checks_find_nothing_wrong_but_what_failed(case: str) -> None:
    """Input: the state under a declared failure. Output: no error and no warning: everything is as it must be."""
    state = simulate(BLUEPRINT, CASES[case])
    findings = run_checks(state, BLUEPRINT, expectation=Expectation(failures=CASES[case]))
    assert [f.message for f in findings if f.severity is not Severity.NOTE] == []


def test_remote_leaves_know_one_vtep_of_the_pair() -> None:
    """Output: flood lists elsewhere have the shared address once; the pair does not flood to itself."""
    state = simulate(BLUEPRINT)
    flooded = {(row.device, row.remote) for row in state.vteps}
    assert ("b-leaf1", VTEP) in flooded
    assert not {device for device, remote in flooded if remote == VTEP} & {"a-leaf1", "a-leaf2"}
    hops = {row.next_hops for row in state.routes if row.device == "a-spine1" and row.prefix == f"{VTEP}/32"}
    assert {len(h) for h in hops} == {2}


def test_both_leaves_announce_a_server_that_one_has() -> None:
    """Output: the MAC of a single-homed server is announced by both, and is behind the peer link at the other."""
    state = simulate(BLUEPRINT)
    mac = next(host.mac for host in BLUEPRINT.hosts if host.name == SINGLE["a-leaf1"])
    there = next(d.mlag.peer_link for d in BLUEPRINT.devices if d.name == "a-leaf2" and d.mlag)
    known = {row.device: (row.kind, row.where) for row in state.macs if row.mac == mac}
    assert known["a-leaf2"] == ("local", there)
    assert known["a-leaf1"][0] == "local"
    assert known["a-leaf1"][1] != there
    assert known["b-leaf1"] == ("remote", VTEP)
    types = {(r.device, r.rd.partition(":")[0]) for r in state.evpn_routes if r.key == mac and r.device == "b-leaf1"}
    assert len(types) == 2


def test_a_leaf_without_uplinks_goes_over_its_peer_link() -> None:
    """Input: all uplinks of the primary cut. Output: its routes to other VTEPs lead over the routed VLAN."""
    state = simulate(BLUEPRINT, CASES["uplinks of the primary"])
    routed = next(d.mlag.routed for d in BLUEPRINT.devices if d.name == "a-leaf1" and d.mlag)
    other = next(d.vtep for d in BLUEPRINT.devices if d.name == "b-leaf1")
    rows = [r for r in state.routes if r.device == "a-leaf1" and r.prefix == f"{other}/32"]
    assert [hop.rpartition("%")[2] for row in rows for hop in row.next_hops] == [routed]


def test_a_lost_peer_link_takes_down_the_secondary_and_says_whom_that_cuts_off() -> None:
    """Input: both cables of the peer link cut. Output: the secondary's server ports and VTEP are down, its
    single-homed server is cut off, dual-homed ones are on one leg."""
    state = simulate(BLUEPRINT, CASES["peer link"])
    up = {(row.device, row.interface): row.up for row in state.interfaces}
    assert not up["a-leaf2", "loopback1"]
    assert up["a-leaf1", "loopback1"]
    assert up["a-leaf2", "loopback0"]
    impact = Impacts(BLUEPRINT).of(CASES["peer link"])
    assert impact.cut_off == (SINGLE["a-leaf2"],)
    assert set(impact.degraded) == {"a-rack1-dual1", "a-rack1-dual2", "a-rack1-trunk1"}
