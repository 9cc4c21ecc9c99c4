"""Promises under failures, of which only those are tried that a failure may have to do with, against trying all."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from crossconnect.checks import check_under_failure
from crossconnect.checks.expectation import Expectation
from crossconnect.checks.layout import layout_of
from crossconnect.checks.promises import broken_promises
from crossconnect.checks.subject import subject_of
from crossconnect.model.promise import Kind, Promise
from crossconnect.simulate import NO_FAILURES, single_failures, sweep
from regions import compiled, small

SHAPES: dict[str, dict[str, Any]] = {
    "one spine": {"spines": 1, "leaves": 3, "tenants": 2},
    "border": {"leaves": 3, "border": True, "tenants": 2},
    "dual-homed": {"leaves": 4, "dual_homed": True, "tenants": 2},
}


def promise(name: str, kind: Kind, source: str, destination: str, **more: Any) -> Promise:
    return Promise(name=name, kind=kind, source=source, destination=destination, survives=1, **more)


PROMISES = (
    promise("talk", "reachable", "red/v1", "red/v1"),
    promise("apart", "isolated", "red", "blue"),
    promise("over spine 1", "via", "red/v1/s1", "red/v1/s2", through="a-spine1"),
    promise("not over spine 1", "not-via", "red/v1/s1", "red/v1/s2", through="a-spine1"),
    promise("wide", "width", "leaf a-leaf1", "leaf a-leaf2", paths=2),
    promise("short", "length", "leaf a-leaf1", "leaf a-leaf2", hops=2),
    promise("no leak", "no-leak", "red/v1", "blue/v1"),
    promise("kept inside", "not-announced", "infrastructure", "internet"),
    promise("told", "not-announced", "red/v1", "internet"),
)


@pytest.mark.parametrize("shape", SHAPES)
def test_each_promise_breaks_under_the_failures_that_break_it(shape: str) -> None:
    """Input: promises of every kind, every single failure. Output: those broken are those that trying all finds; of
    those about routes, when all checks run, and a finding where they do not."""
    blueprint = compiled(small(**SHAPES[shape])).blueprint
    assert blueprint is not None
    hosts = {host.name for host in blueprint.hosts}
    one = min(hosts)
    promises = (*PROMISES, promise("one server", "reachable", "red/v1", one))
    blueprint = msgspec.structs.replace(blueprint, promises=promises)
    failures = single_failures(blueprint)[::2]
    layout = layout_of(blueprint)
    expected: dict[str, set[str]] = {}
    healthy: set[str] = set()
    everything = ("devices", "interfaces", "routes", "bgp_routes", "evpn_routes", "vnis", "macs")
    for index, (failure, outcome) in enumerate(sweep(blueprint, (NO_FAILURES, *failures), everything)):
        here = subject_of(outcome.state, layout, Expectation(failure), outcome.tables)
        broken = set(broken_promises(here, promises))
        if index == 0:
            healthy = broken
        else:
            expected[str(failure)] = broken - healthy
    fast = check_under_failure(blueprint, failures, only=())
    full = check_under_failure(blueprint, failures, only=("sessions",))
    about_routes = {"no leak", "kept inside", "told"}
    assert any(expected.values())
    for quick, whole in zip(fast.reports, full.reports, strict=True):
        wanted = expected[str(quick.failures)]
        assert {name for name, _ in quick.promises} == wanted - about_routes, quick.failures
        assert {name for name, _ in whole.promises} == wanted, whole.failures
    untried = {f.place.path for f in fast.findings if f.code == "checks.promise-untested"}
    assert untried == {f"promises/{name}" for name in about_routes}
