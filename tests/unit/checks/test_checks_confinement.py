"""Networks that are apart by their route targets are apart under every failure, and those that are not are found."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from crossconnect.checks import check_under_failure
from crossconnect.checks.confinement import confinement
from crossconnect.design.blueprint import Blueprint
from crossconnect.device.network_instance import NetworkInstance
from crossconnect.simulate import single_failures, sweep
from crossconnect.simulate.forwarding import Forwarder
from crossconnect.simulate.reachability import questions
from regions import compiled, small


def region() -> Blueprint:
    blueprint = compiled(small(leaves=3, tenants=2, border=True, l2_only=True)).blueprint
    assert blueprint is not None
    return blueprint


def edited(
    blueprint: Blueprint, device: str, name: str, edit: Callable[[NetworkInstance], NetworkInstance]
) -> Blueprint:
    """The blueprint with one instance of a device changed."""
    devices = [
        msgspec.structs.replace(
            d, network_instances=tuple(edit(i) if i.name == name else i for i in d.network_instances)
        )
        if d.name == device
        else d
        for d in blueprint.devices
    ]
    return msgspec.structs.replace(blueprint, devices=tuple(devices))


def test_what_is_designed_is_confined() -> None:
    assert list(confinement(region())) == []


def test_no_packet_gets_from_one_tenant_to_the_other_under_any_failure() -> None:
    """Input: a confined region, every single failure, packets between all tenants' hosts, those by way of external
    routers left out. Output: none arrives at another tenant's host."""
    blueprint = region()
    owner = {host.name: endpoint.tenant for host in blueprint.hosts for endpoint in host.endpoints}
    asked = 0
    for _, outcome in sweep(blueprint, single_failures(blueprint)[::3]):
        forwarder = Forwarder(outcome.tables)
        for question in questions(outcome.tables, across=True):
            if question.receiver and owner[question.sender.host] != owner[question.receiver]:
                verdict = forwarder.send(question.sender, question.address)
                asked += 1
                assert not {name for name in verdict.recipients if owner.get(name) == owner[question.receiver]}
    assert asked > 500


@pytest.mark.parametrize(
    ("name", "other"), [("red-v1", "blue-v1"), ("red-v1-s1", "blue-v1-s1"), ("red-wire", "blue-v1-s2")]
)
def test_a_route_target_of_somebody_else_is_found(name: str, other: str) -> None:
    blueprint = region()
    theirs = next(i for d in blueprint.devices for i in d.network_instances if i.name == other)

    def edit(instance: NetworkInstance) -> NetworkInstance:
        return msgspec.structs.replace(instance, import_rts=(*instance.import_rts, theirs.export_rts[0]))

    (finding,) = confinement(edited(blueprint, "a-leaf2", name, edit))
    assert finding.code == "checks.route-leak"
    assert "on a-leaf2, which nobody has declared" in finding.message


def test_a_leak_on_a_device_that_nobody_declared_is_found() -> None:
    blueprint = edited(region(), "a-leaf1", "red-v1", lambda i: msgspec.structs.replace(i, imports=("blue-v1",)))
    result = check_under_failure(blueprint, [], only=())
    assert [f.message for f in result.findings if f.code == "checks.route-leak"] == [
        "red-v1 takes routes of blue-v1 on a-leaf1, which nobody has declared"
    ]
