"""A device that is drained.

Input: a border and a spine of the conformance suite on each system, and regions with a drained switch. Output: longer
AS paths to external routers and, where a system is given them there, inside the fabric; the same network as
`drained: true` in the files, and the same again when drained twice.
"""

from __future__ import annotations

import msgspec
import pytest

from crossconnect.design.blueprint import Blueprint
from crossconnect.device.draining import PREFIX, PREPEND, PREPEND_INSIDE, drained_device
from crossconnect.evaluate.candidate import suite_blueprint
from crossconnect.model.device import Device
from crossconnect.nos.rendering import device_commands, render_files
from crossconnect.simulate import simulate
from crossconnect.simulate.maintenance import drained, marked_drained
from regions import compiled, small

SYSTEMS = ("eos", "frr", "junos", "nxos", "sonic", "srlinux")


@pytest.mark.parametrize("nos", SYSTEMS)
def test_external_routers_hear_longer_paths_of_every_system(nos: str) -> None:
    border = next(d for d in suite_blueprint(nos, "numbered").devices if d.name == "a-border1")
    asn = next(i.bgp.asn for i in border.network_instances if i.bgp is not None)
    drained = drained_device(border)
    text = "\n".join(render_files(drained).values())
    # The suite's own policy has two in front.
    number = 2 + PREPEND
    longer = (" ".join([str(asn)] * number), ",".join([str(asn)] * number), f'"repeat-n": {number}')
    assert any(words in text for words in longer), text
    before = "\n".join(render_files(border).values())
    assert not any(words in before for words in longer)
    assert device_commands(border, drained), "the way there can be given"
    assert device_commands(drained, border), "and the way back"


@pytest.mark.parametrize("role", ["spine", "border-leaf", "leaf"])
def test_drained_by_the_files_and_by_maintenance_is_one_network(role: str) -> None:
    region = small(border=True, leaves=2, spines=2)
    plain = compiled(region).blueprint
    assert plain is not None
    name = next(d.name for d in plain.devices if d.role == role)
    written = compiled(msgspec.structs.replace(region, devices=(Device(name=name, drained=True),))).blueprint
    assert written is not None
    assert _elsewhere(marked_drained(plain, {name})) == _elsewhere(written)
    assert marked_drained(written, {name}) == written


def _elsewhere(blueprint: Blueprint) -> Blueprint:
    """Wherever the files say what a device is."""
    devices = tuple(msgspec.structs.replace(device, path="") for device in blueprint.devices)
    return msgspec.structs.replace(blueprint, devices=devices)


def test_only_what_goes_out_to_external_routers_has_another_policy() -> None:
    blueprint = compiled(small(border=True, leaves=2, spines=2)).blueprint
    assert blueprint is not None
    border = next(d for d in blueprint.devices if d.role == "border-leaf")
    drained = drained_device(border)
    for was, now in zip(border.network_instances, drained.network_instances, strict=True):
        if was.bgp is None or now.bgp is None:
            continue
        assert now.bgp.graceful_shutdown
        for neighbor, same in zip(was.bgp.neighbors, now.bgp.neighbors, strict=True):
            for family, other in zip(neighbor.families, same.families, strict=True):
                assert other.import_policy == family.import_policy
                external = neighbor.kind == "external" and family.export_policy
                assert other.export_policy == (PREFIX + family.export_policy if external else family.export_policy)
    names = {policy.name for policy in drained.routing_policy.policies}
    used = {f.export_policy for i in drained.network_instances if i.bgp for n in i.bgp.neighbors for f in n.families}
    assert used - {""} <= names


@pytest.mark.parametrize("nos", SYSTEMS)
def test_what_a_system_is_given_inside_the_fabric_is_what_is_simulated(nos: str) -> None:
    """A spine has no sessions but those of the fabric: what stands in its text stands in the paths that leaves have."""
    blueprint = suite_blueprint(nos, "numbered")
    spine = next(d for d in blueprint.devices if d.role == "spine" and d.nos == nos)
    asn = next(i.bgp.asn for i in spine.network_instances if i.bgp is not None)
    text = "\n".join(render_files(drained_device(spine)).values())
    written = any(
        words in text
        for words in (
            f"set as-path prepend {' '.join([str(asn)] * PREPEND)}\n",
            f'as-path-prepend "{" ".join([str(asn)] * PREPEND)}"',
            f'"repeat-n": {PREPEND}',
        )
    )
    assert written is (nos in PREPEND_INSIDE), text
    state = simulate(drained(blueprint, [spine.name]))
    paths = [r.as_path.split() for r in state.bgp_routes if "graceful-shutdown" in r.communities and r.peer != "local"]
    paths = [path for path in paths if path[:1] == [str(asn)]]
    assert paths, "its neighbours have what it sends"
    times = {next((n for n, word in enumerate(path) if word != str(asn)), len(path)) for path in paths}
    assert times == {1 + PREPEND if written else 1}
