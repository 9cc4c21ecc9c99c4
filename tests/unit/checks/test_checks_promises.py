"""Input: promises, and states that keep or break them. Output: the broken ones, with a packet that shows it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from crossconnect.checks import Expectation, run_checks
from crossconnect.design.blueprint import Blueprint
from crossconnect.finding import Finding
from crossconnect.model.promise import Promise
from crossconnect.simulate import Failures, simulate
from crossconnect.state.tables import RouteRow, State

SERVER = "a-rack1-red-v1-s1-1"


def promised(
    state: State,
    blueprint: Blueprint,
    source: str,
    destination: str,
    kind: Any = "reachable",
    survives: int = 0,
    failures: Failures | None = None,
) -> list[Finding]:
    promise = Promise(name="p", source=source, destination=destination, kind=kind, survives=survives)
    with_it = msgspec.structs.replace(blueprint, promises=(promise,))
    expectation = Expectation(failures or Failures())
    return list(run_checks(state, with_it, only=["promises"], expectation=expectation))


@pytest.mark.parametrize(
    ("source", "destination", "kind"),
    [
        ("red/v1/s1", "red/v1/s2", "reachable"),
        ("red/v1", "red/v1", "reachable"),
        ("red/wire", "red/wire", "reachable"),
        (SERVER, "red/v1/s2", "reachable"),
        ("red/v1/s1", "192.0.2.0/24", "reachable"),
        ("red/v1/s1", "2001:db8:ffff::/48", "reachable"),
        ("red/v1/s1", "10.1.18.0/24", "reachable"),
        ("192.0.2.0/24", "red/v1/s1", "reachable"),
        ("0.0.0.0/0", SERVER, "reachable"),
        ("red/v1", "blue/v1", "isolated"),
        ("red/wire", "red/v1", "isolated"),
        ("red/wire", "192.0.2.0/24", "isolated"),
    ],
)
def test_what_holds_and_what_does_not(
    healthy: State, blueprint: Blueprint, source: str, destination: str, kind: str
) -> None:
    assert promised(healthy, blueprint, source, destination, kind) == []
    (finding,) = promised(healthy, blueprint, source, destination, "isolated" if kind == "reachable" else "reachable")
    assert (finding.code, finding.place.path) == ("checks.promise-broken", "promises/p")
    assert ("reaches" in finding.message or "reached" in finding.message) == (kind == "reachable")


def test_a_default_route_to_the_provider_is_no_way_to_another_tenant(healthy: State, blueprint: Blueprint) -> None:
    (finding,) = promised(healthy, blueprint, "red/v1/s1", "blue/v1/s1")
    assert "does not reach" in finding.message
    assert "they reach transit1" in finding.message


def test_isolation_is_broken_by_one_leaked_route(healthy: State, blueprint: Blueprint) -> None:
    blue = next(v for v in blueprint.vrfs if v.name == "blue-v1")
    vtep = next(d.vtep for d in blueprint.devices if d.name == "a-leaf3")
    leak = RouteRow("a-leaf1", "red-v1", "10.2.17.0/24", "bgp", (f"{vtep}%{blue.vni}",))
    state = msgspec.structs.replace(healthy, routes=(*healthy.routes, leak))
    (finding,) = promised(state, blueprint, "red/v1", "blue/v1", "isolated")
    assert "reaches a-rack" in finding.message
    assert "10.2.17." in finding.message


def test_what_a_promise_names_must_exist_and_have_hosts(healthy: State, blueprint: Blueprint) -> None:
    (finding,) = promised(healthy, blueprint, "red/v9", "nobody")
    assert finding.code == "checks.promise-unknown"
    assert "red/v9 and nobody" in finding.message
    lonely = msgspec.structs.replace(blueprint, hosts=tuple(h for h in blueprint.hosts if "red-wire" not in h.name))
    (finding,) = promised(healthy, lonely, "red/v1/s1", "red/wire")
    assert finding.code == "checks.promise-untested"
    assert "red/wire has no hosts" in finding.message


def test_a_segment_without_hosts_is_tried_by_its_gateway(healthy: State, blueprint: Blueprint) -> None:
    lonely = msgspec.structs.replace(blueprint, hosts=tuple(h for h in blueprint.hosts if "red-v1-s2" not in h.name))
    for source, destination in (("red/v1/s1", "red/v1/s2"), ("red/v1/s2", "red/v1/s1")):
        assert promised(healthy, lonely, source, destination) == []
        (finding,) = promised(healthy, lonely, source, destination, "isolated")
        assert finding.code == "checks.promise-broken"
    (finding,) = promised(healthy, lonely, "blue/v1", "red/v1/s2")
    assert "does not reach gateway of red/v1/s2 (10.1.18.1)" in finding.message


def test_a_promise_is_due_under_a_failure_only_if_it_is_to_survive_it(blueprint: Blueprint) -> None:
    both_borders = Failures(links=frozenset(w.key for w in blueprint.wires if w.kind == "peer"))
    one_border = Failures(devices=frozenset({"a-border1"}))
    state = simulate(blueprint, both_borders)
    assert promised(state, blueprint, "red/v1", "192.0.2.0/24", failures=both_borders) == []
    state = simulate(blueprint, one_border)
    assert promised(state, blueprint, "red/v1", "192.0.2.0/24", survives=1, failures=one_border) == []
    cut = Failures(links=frozenset({next(w.key for w in blueprint.wires if w.a_device == SERVER)}))
    assert promised(simulate(blueprint, cut), blueprint, SERVER, "red/v1/s2", survives=1, failures=cut) == []


def test_a_server_named_by_itself_must_be_connected_and_one_of_a_segment_need_not(blueprint: Blueprint) -> None:
    gone = Failures(devices=frozenset({SERVER}))
    state = simulate(blueprint, gone)
    (finding,) = promised(state, blueprint, SERVER, "red/v1/s2", survives=1, failures=gone)
    assert f"no host of {SERVER} is connected" in finding.message
    assert promised(state, blueprint, "red/v1/s1", "red/v1/s2", survives=1, failures=gone) == []
    assert promised(state, blueprint, SERVER, "red/v1/s2", "isolated", survives=1, failures=gone) == []


def judged(blueprint: Blueprint, promise: Promise, failures: Failures) -> list[str]:
    with_it = msgspec.structs.replace(blueprint, promises=(promise,))
    state = simulate(blueprint, failures)
    return [f.code for f in run_checks(state, with_it, only=["promises"], expectation=Expectation(failures))]


def test_promises_of_every_kind_are_checked(healthy: State, blueprint: Blueprint) -> None:
    wide = Promise(name="p", source="role leaf", destination="role leaf", kind="width", paths=3)
    via = Promise(name="p", source="red/v1/s1", destination="red/v1/s2", kind="via", through="a-spine1")
    told = Promise(name="p", source="red/v1", destination="transit1", kind="not-announced")
    for promise, words in ((wide, "2 equal-cost paths"), (via, "without passing a-spine1"), (told, "announces 10.1.")):
        with_it = msgspec.structs.replace(blueprint, promises=(promise,))
        (finding,) = run_checks(healthy, with_it, only=["promises"])
        assert finding.code == "checks.promise-broken"
        assert words in finding.message


def test_what_may_fail_is_what_the_promise_says(blueprint: Blueprint) -> None:
    wide = Promise(name="p", source="role leaf", destination="role leaf", kind="width", paths=2, survives=1)
    spine = Failures(devices=frozenset({"a-spine1"}))
    link = Failures(
        links=frozenset(
            {next(w.key for w in blueprint.wires if "a-leaf1" in (w.a_device, w.b_device) and w.kind == "fabric")}
        )
    )
    rack = Failures(devices=frozenset(d.name for d in blueprint.devices if d.rack == "a-rack1"))
    for of, due in (((), (spine, link)), (("device",), (spine,)), (("link",), (link,)), (("rack", "site"), ())):
        for failures in (spine, link):
            wanted = ["checks.promise-broken"] if failures in due else []
            assert judged(blueprint, msgspec.structs.replace(wide, of=of), failures) == wanted, (of, failures)
    server = Promise(name="p", source=SERVER, destination="red/v1/s2", kind="reachable", survives=1, of=("rack",))
    assert judged(blueprint, server, rack) == ["checks.promise-broken"]
    assert judged(blueprint, msgspec.structs.replace(server, of=("site",)), rack) == []
