"""Every rendered configuration against real FRR, 8.4 and 10.x."""

from __future__ import annotations

import fnmatch
import json
import time
from collections.abc import Iterable
from typing import Literal

import pytest
from frr_router import Router, dry_run, router
from frr_samples import border, leaf, leaking_leaf, multihomed_leaf, samples, spine, tenant_leaf
from msgspec.structs import replace

from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.device.policy import (
    Actions,
    Conditions,
    Policy,
    PrefixRule,
    PrefixSet,
    RoutingPolicy,
    Statement,
)
from crossconnect.nos.frr import VERSIONS, Tree, Version, changes, parse, render, text
from crossconnect.nos.frr.facts import NOT_SHOWN
from crossconnect.nos.frr.negation import negated
from crossconnect.nos.frr.policy import render_policy
from crossconnect.nos.frr.tree import Block, lines
from regions import compiled, small

SAMPLES = samples()
SETTLE_S = 60.0
IN_NO_VRF_YET = ("interface swp20.101",)
"""A router without interfaces shows those of a VRF without their VRF."""


def shown(tree: Tree) -> set[tuple[str, ...]]:
    """Paths of all lines, as far as a router without interfaces shows them."""
    out: set[tuple[str, ...]] = set()
    for path in lines(tree):
        if len(path) == 1 and path[0].startswith("vrf "):  # an empty block means nothing, and stays
            continue
        if path[0].startswith("frr version") or any(fnmatch.fnmatchcase(path[-1], p) for p in NOT_SHOWN):
            continue
        bare = path[0].split(" vrf ")[0]
        out.add((bare, *path[1:]) if bare in IN_NO_VRF_YET else path)
    return out


def comes_to_show(real: Router, wanted: Tree) -> set[tuple[str, ...]]:
    """What a router shows once that is `wanted`, or in the end: daemons tell each other after vtysh has its answer."""
    deadline = time.monotonic() + SETTLE_S
    while (found := shown(parse(real.running()))) != shown(wanted) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_vtysh_takes_every_line(name: str, version: Version) -> None:
    assert dry_run(version, text(render(SAMPLES[name], version))) == ""


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("underlay", ["numbered", "unnumbered"])
def test_vtysh_takes_every_line_of_a_designed_region(
    underlay: Literal["numbered", "unnumbered"], version: Version
) -> None:
    region = small(
        underlay=underlay,
        pods=2,
        spines=2,
        leaves=4,
        super_spines=4,
        planes=2,
        tenants=2,
        vrfs=2,
        segments=2,
        servers=1,
        dual_homed=True,
        l2_only=True,
        border=True,
    )
    blueprint = compiled(region).blueprint
    assert blueprint is not None
    one_of_each = {device.role: device for device in blueprint.devices}
    assert set(one_of_each) == {"leaf", "spine", "super-spine", "border-leaf"}
    for device in one_of_each.values():
        assert dry_run(version, text(render(device, version))) == "", device.name


@pytest.mark.parametrize("version", VERSIONS)
def test_dry_run_sees_what_is_wrong(version: Version) -> None:
    assert "bgp nonsense" in dry_run(version, "router bgp 1\n bgp nonsense\nexit\n")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_running_configuration_has_every_line_and_no_other(name: str, version: Version) -> None:
    device = SAMPLES[name]
    tree = render(device, version)
    with router(version, device.name) as real:
        real.load(text(tree))
        running = comes_to_show(real, tree)
    assert running == shown(tree)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_line_can_be_taken_back(name: str, version: Version) -> None:
    def inverse(tree: Tree, context: str = "") -> Iterable[str | Block]:
        for entry in tree:
            if isinstance(entry, Block):
                word = entry.header.partition(" ")[0]
                yield Block(entry.header, tuple(inverse(entry.body, word)), entry.exit)
            elif command := negated(context, entry):
                yield command

    assert dry_run(version, text(tuple(inverse(render(SAMPLES[name], version))))) == ""


def edited_policy() -> DeviceConfiguration:
    """The border with other statements in another order, sets with other members, and one set less."""
    device = border(2)
    policy = device.routing_policy
    import_policy, export_policy = policy.policies
    statements = tuple(replace(s, accept=not s.accept) for s in reversed(import_policy.statements))
    return replace(
        device,
        routing_policy=replace(
            policy,
            prefix_sets=(
                replace(policy.prefix_sets[0], rules=policy.prefix_sets[0].rules[::-1]),
                policy.prefix_sets[2],
            ),
            community_sets=(
                policy.community_sets[0],
                replace(policy.community_sets[2], members=("65000:2", "65000:9")),
            ),
            as_path_sets=(replace(policy.as_path_sets[0], patterns=("^64513$",)),),
            policies=(
                replace(import_policy, statements=statements),
                replace(export_policy, statements=export_policy.statements * 2),
            ),
        ),
    )


def moved_numbers() -> DeviceConfiguration:
    """The border with another L3VNI, distinguisher, targets, peer ASN, limits, password and segment VNI."""
    device = border(2)
    instances = []
    for instance in device.network_instances:
        if instance.kind == "l3vrf" and instance.bgp is not None:
            sessions = tuple(
                replace(
                    n,
                    remote_asn=64999,
                    password="file:/run/key",
                    hold_time_s=30,
                    keepalive_s=10,
                    bfd=False,
                    families=tuple(replace(f, max_prefixes=7) for f in n.families),
                )
                for n in instance.bgp.neighbors
            )
            bgp = replace(instance.bgp, neighbors=sessions, maximum_paths=2, graceful_restart=False)
            target = ("65000:5999",)
            instance = replace(instance, vni=5999, rd="10.0.0.12:77", import_rts=target, export_rts=target, bgp=bgp)
        elif instance.kind == "mac-vrf":
            instance = replace(instance, vni=10199, import_rts=("65000:10199",), export_rts=("65000:10199",))
        instances.append(instance)
    return replace(device, network_instances=tuple(instances))


def unmarked_leak() -> DeviceConfiguration:
    """The leaking leaf as it was when leaked routes were still announced."""
    device = leaking_leaf(1)
    instances = tuple(
        replace(i, imports_policy="", bgp=replace(i.bgp, evpn_advertise_policy="")) if i.imports and i.bgp else i
        for i in device.network_instances
    )
    return replace(device, network_instances=instances, routing_policy=RoutingPolicy())


CHANGES: dict[str, tuple[DeviceConfiguration, DeviceConfiguration]] = {
    "tenant arrives": (leaf(2), tenant_leaf(2)),
    "handoff arrives": (tenant_leaf(2), border(2)),
    "numbered to unnumbered": (spine(1), spine(1, numbered=False)),
    "leaves arrive": (spine(1, 2), spine(1, 4)),
    "drain": (spine(1), spine(1, drained=True)),
    "policy edited": (border(2), edited_policy()),
    "numbers moved": (border(2), moved_numbers()),
    "leak": (leaf(1), leaking_leaf(1)),
    "leak of before": (unmarked_leak(), leaking_leaf(1)),
    "multihoming, without host routes": (tenant_leaf(1, numbered=False), multihomed_leaf(1)),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", sorted(CHANGES))
def test_changes_lead_there_and_back(name: str, version: Version) -> None:
    before, after = (render(device, version) for device in CHANGES[name])
    with router(version, CHANGES[name][0].name) as real:
        real.load(text(before))
        answers = real.load(text(changes(before, after)))
        there = comes_to_show(real, after)
        answers += real.load(text(changes(after, before)))
        back = comes_to_show(real, before)
    assert there == shown(after), answers
    assert back == shown(before), answers


@pytest.mark.parametrize("version", VERSIONS)
def test_a_removal_that_arrives_is_carried_out_before_the_addition_that_was_there(version: Version) -> None:
    """`show running-config` would not tell: it sorts the lines of an entry."""
    some = "bgp large-community-list standard some seq 1 permit 65000:1:2"
    body = ("set large-community 65000:1:2 additive", "set metric 5")
    before = (some, Block("route-map M permit 10", body))
    after = (some, Block("route-map M permit 10", ("set large-comm-list some delete", *body)))
    with router(version) as real:
        real.load(text(before))
        real.load(text(changes(before, after)))
        there = real.ask("show route-map M")
        real.load(text(changes(after, before)))
        back = parse(real.running())
    assert there.index("large-comm-list some") < there.index("large-community 65000:1:2 additive")
    assert set(lines(before)) <= set(lines(back))


def announcing(version: Version, *bounds: tuple[int, int]) -> Tree:
    """A router that announces 10.1.17.0/24: MED 20 where a rule of 10.0.0.0/8 with these lengths lets it, else 99."""
    rules = tuple(PrefixRule(prefix="10.0.0.0/8", length_min=least, length_max=most) for least, most in bounds)
    mine = Statement(name="mine", conditions=Conditions(prefix_set="mine"), accept=True, actions=Actions(med=20))
    rest = Statement(name="rest", conditions=Conditions(), accept=True, actions=Actions(med=99))
    policy = RoutingPolicy(
        prefix_sets=(PrefixSet(name="mine", version=4, rules=rules),),
        policies=(Policy(name="out", statements=(mine, rest)),),
    )
    family = Block("address-family ipv4 unicast", ("network 10.1.17.0/24 route-map out-v4",), "exit-address-family")
    instance = Block("router bgp 65000", ("no bgp network import-check", family))
    return ("bgp route-map delay-timer 1", *render_policy(policy, [("out", 4, 65000)], (), version), instance)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_edited_prefix_set_is_what_the_policy_goes_by(version: Version) -> None:
    """Two rules of one prefix, and one of them goes (`facts.ROUTE_MAP_INDEX_GOES_STALE`)."""
    both, upper, lower = ((8, 24), (30, 32)), ((30, 32),), ((8, 24),)

    def med() -> int:
        answer = json.loads(real.ask("show bgp ipv4 unicast 10.1.17.0/24 json"))
        return next((int(path["metric"]) for path in answer.get("paths", ())), -1)

    def becomes(wanted: int) -> bool:
        deadline = time.monotonic() + SETTLE_S
        while med() != wanted and time.monotonic() < deadline:
            time.sleep(0.1)
        return med() == wanted

    with router(version) as real:
        real.load(text(announcing(version, *both)))
        assert becomes(20)
        for old, new, wanted in ((both, upper, 99), (upper, both, 20), (both, lower, 20)):
            real.load(text(changes(announcing(version, *old), announcing(version, *new))))
            time.sleep(2)  # until bgpd has looked again
            assert becomes(wanted), (old, new)
