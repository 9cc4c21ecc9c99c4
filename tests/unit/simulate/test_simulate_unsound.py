"""Networks that valid intent cannot make: each fault is a finding with all its places."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from crossconnect.checks import run_checks
from crossconnect.design.blueprint import Blueprint
from crossconnect.device.bgp import Bgp, Neighbor
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.policy import Actions, AsPathSet, Conditions, Policy, PrefixRule, PrefixSet, Statement
from crossconnect.finding import Finding, Severity
from crossconnect.net import address_of
from crossconnect.simulate import NO_FAILURES, Failures, predict
from regions import compiled, small

REPLACE = msgspec.structs.replace
Change = Callable[[DeviceConfiguration], DeviceConfiguration]


def changed(blueprint: Blueprint, change: Change, *names: str) -> Blueprint:
    devices = tuple(change(d) if d.name in names or not names else d for d in blueprint.devices)
    return REPLACE(blueprint, devices=devices)


def with_bgp(device: DeviceConfiguration, change: Callable[[Bgp], Bgp], vrf: str = "default") -> DeviceConfiguration:
    instances = tuple(
        REPLACE(i, bgp=change(i.bgp)) if i.name == vrf and i.bgp is not None else i for i in device.network_instances
    )
    return REPLACE(device, network_instances=instances)


def with_neighbors(device: DeviceConfiguration, change: Callable[[Neighbor], Neighbor]) -> DeviceConfiguration:
    return with_bgp(device, lambda bgp: REPLACE(bgp, neighbors=tuple(map(change, bgp.neighbors))))


def said(blueprint: Blueprint, failures: Failures = NO_FAILURES, severity: Severity = Severity.ERROR) -> list[Finding]:
    return [f for f in predict(blueprint, failures, ["devices"])[1] if f.severity is severity]


def places(finding: Finding) -> set[str]:
    return {place.path for place in finding.related}


def loopback(blueprint: Blueprint, name: str) -> str:
    device = next(d for d in blueprint.devices if d.name == name)
    return next(address_of(a) for i in device.interfaces if i.name == "lo" for a in i.addresses if "." in a)


def importing(device: DeviceConfiguration, source: str, *statements: Statement) -> DeviceConfiguration:
    """What comes from a neighbour passes these statements."""
    policy = device.routing_policy
    name = f"from-{source}"

    def attached(neighbor: Neighbor) -> Neighbor:
        families = tuple(REPLACE(f, import_policy=name) if f.family == "ipv4-unicast" else f for f in neighbor.families)
        return REPLACE(neighbor, families=families) if neighbor.device == source else neighbor

    policies = (*policy.policies, Policy(name=name, statements=statements))
    return REPLACE(with_neighbors(device, attached), routing_policy=REPLACE(policy, policies=policies))


def bad_gadget() -> Blueprint:
    """Griffin's BAD GADGET: three spines, each of which prefers to its direct path to the fourth leaf the one through
    the next spine, as long as that one uses its direct path."""
    plain = compiled(small(spines=3, leaves=4)).blueprint
    asns = {f"a-spine{n}": 65200 + n for n in (1, 2, 3)}

    def own_asns(device: DeviceConfiguration) -> DeviceConfiguration:
        device = with_neighbors(device, lambda n: REPLACE(n, remote_asn=asns.get(n.device, n.remote_asn)))
        return with_bgp(device, lambda bgp: REPLACE(bgp, asn=asns.get(device.name, bgp.asn)))

    prefix = f"{loopback(plain, 'a-leaf4')}/32"
    there = Conditions(prefix_set="there")
    no, rest = (
        Statement(name="no", conditions=there, accept=False),
        Statement(name="rest", conditions=Conditions(), accept=True),
    )
    direct = REPLACE(there, as_path_set="direct")
    better = Statement(name="better", conditions=there, accept=True, actions=Actions(local_pref=200))

    def gadget(device: DeviceConfiguration) -> DeviceConfiguration:
        kind, number = device.name[2:-1], int(device.name[-1])
        sets = REPLACE(
            device.routing_policy,
            prefix_sets=(PrefixSet(name="there", version=4, rules=(PrefixRule(prefix, 32, 32),)),),
            as_path_sets=(AsPathSet(name="direct", patterns=("^[0-9]+_[0-9]+$",)),),
        )
        device = REPLACE(device, routing_policy=sets)
        if kind == "leaf" and number < 4:
            after = number % 3 + 1
            for n in (1, 2, 3):
                first = (Statement(name="ok", conditions=direct, accept=True),) if n == after else ()
                device = importing(device, f"a-spine{n}", *first, no, rest)
        elif kind == "spine":
            for n in (1, 2, 3):
                device = importing(device, f"a-leaf{n}", better if n == number else no, rest)
        return device

    return changed(changed(plain, own_asns), gadget)


def test_an_oscillation_is_told_as_a_cycle_of_routes_and_sessions() -> None:
    blueprint = bad_gadget()
    [finding] = said(blueprint)
    assert finding.code == "simulate.oscillation"
    assert f"{loopback(blueprint, 'a-leaf4')}/32" in finding.message
    assert finding.message.endswith("then from 1 again")
    assert {f"devices/a-spine{n}" for n in (1, 2, 3)} <= places(finding)
    for n in (1, 2, 3):
        assert f"a-spine{n} takes the path of a-leaf4 over session" in finding.message
        assert f"a-spine{n} takes the path of a-leaf{n} over session" in finding.message
    assert predict(blueprint)[1] == predict(blueprint)[1]


@pytest.fixture(scope="module")
def fabric() -> Blueprint:
    return compiled(small(leaves=3, border=True)).blueprint


def test_a_sound_network_has_none_of_these(fabric: Blueprint) -> None:
    assert said(fabric) == []
    assert said(fabric, severity=Severity.WARNING) == []


def test_policies_and_sets_that_are_not_there_are_said_at_both_places(fabric: Blueprint) -> None:
    def without(device: DeviceConfiguration) -> DeviceConfiguration:
        policy = device.routing_policy
        return REPLACE(device, routing_policy=REPLACE(policy, prefix_sets=(), community_sets=()))

    findings = said(changed(fabric, without, "a-border1"))
    assert findings
    assert {f.code for f in findings} == {"simulate.policy-reference"}
    assert all("a-border1" in f.message and "devices/a-border1" in places(f) for f in findings)
    assert any(place.startswith("policies/") for f in findings for place in places(f))
    gone = changed(fabric, lambda d: REPLACE(d, routing_policy=REPLACE(d.routing_policy, policies=())), "a-border1")
    findings = [f for f in said(gone) if "has policy xc-out-red-v1-to-transit for the session" in f.message]
    assert findings
    assert all(places(f) == {"devices/a-border1", "peers/transit1"} for f in findings)


def test_a_fabric_in_two_parts_says_who_is_on_which_side(fabric: Blueprint) -> None:
    links = frozenset(w.key for w in fabric.wires if "a-leaf3" in (w.a_device, w.b_device) and "spine" in w.key)
    [finding] = [f for f in said(fabric, Failures(links=links)) if f.code == "simulate.partition"]
    assert finding.message.endswith("2 parts: a-border1, a-border2, a-leaf1, a-leaf2, a-spine1, a-spine2; a-leaf3")
    assert places(finding) == {"devices/a-border1", "devices/a-leaf3"}
    dead = Failures(devices=frozenset({"a-leaf3"}))
    assert not [f for f in said(fabric, dead) if f.code == "simulate.partition"], "who is down is on no side"


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (lambda n: REPLACE(n, remote_asn=65123), "session-fault", "ASNs disagree"),
        (lambda n: REPLACE(n, password="env:OTHER"), "session-fault", "different secrets: env:OTHER and none"),
        (lambda n: REPLACE(n, password="env:X", remote_asn=65123), "session-fault", "; TCP MD5"),
        (
            lambda n: REPLACE(n, families=n.families[:1]),
            "session-mismatch",
            "ipv6-unicast, l2vpn-evpn only at a-spine1",
        ),
        (lambda n: REPLACE(n, bfd=not n.bfd), "session-mismatch", "BFD only at a-spine1"),
    ],
)
def test_ends_that_disagree_are_one_finding_with_both_places(
    change: Callable[[Neighbor], Neighbor], code: str, words: str
) -> None:
    blueprint = compiled(small(underlay="unnumbered")).blueprint
    broken = changed(
        blueprint, lambda d: with_neighbors(d, lambda n: change(n) if n.device == "a-spine1" else n), "a-leaf1"
    )
    [finding] = [f for f in predict(broken)[1] if f.code.startswith("simulate.session")]
    assert finding.code == f"simulate.{code}"
    assert words in finding.message
    assert places(finding) == {"devices/a-leaf1", "devices/a-spine1"}


def test_ends_that_disagree_with_an_external_router_name_both(fabric: Blueprint) -> None:
    broken = changed(
        fabric,
        lambda d: with_bgp(
            d, lambda bgp: REPLACE(bgp, neighbors=tuple(REPLACE(n, password="env:X") for n in bgp.neighbors)), "red-v1"
        ),
        "a-border1",
    )
    findings = said(broken)
    assert {f.code for f in findings} == {"simulate.session-fault"}
    assert all(places(f) == {"devices/a-border1", "peers/transit1"} for f in findings)


def test_a_router_id_twice_is_said_with_both_places(fabric: Blueprint) -> None:
    other = next(d for d in fabric.devices if d.name == "a-leaf2").network_instances[0].bgp
    assert other is not None
    broken = changed(fabric, lambda d: with_bgp(d, lambda bgp: REPLACE(bgp, router_id=other.router_id)), "a-leaf1")
    state, _ = predict(broken)
    findings = [f for f in run_checks(state, broken) if f.code == "checks.duplicate-router-id"]
    [finding] = findings
    assert places(finding) == {"devices/a-leaf1", "devices/a-leaf2"}
