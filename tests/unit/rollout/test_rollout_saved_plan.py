"""Input: two networks. Output: a plan that holds all of the change, cut into waves, in one file."""

from __future__ import annotations

import msgspec
import pytest

from changes import BASE, DUAL, EDITS, PODS, both, design, side_of
from crossconnect.cli.saved_plan_text import waves_text
from crossconnect.device.draining import drained_device
from crossconnect.errors import BadInput
from crossconnect.finding import Finding
from crossconnect.model.region import Region
from crossconnect.nos.rendering import device_commands, render_files
from crossconnect.rollout.assembly import Context, assemble
from crossconnect.rollout.change_rules import Rules
from crossconnect.rollout.mixture import mixed
from crossconnect.rollout.plan import Side, plan
from crossconnect.rollout.saved_plan import SavedPlan, decoded, encoded
from crossconnect.simulate.maintenance import drained
from regions import small

BREAKING = "unnumbered"


def made(old: Side | None, new: Side, **context: object) -> tuple[SavedPlan, tuple[Finding, ...]]:
    return assemble(old, new, plan(old, new), Context(**context))  # type: ignore[arg-type]


def of(region: Region, edit: str, backwards: bool = False, **context: object) -> tuple[SavedPlan, tuple[Finding, ...]]:
    return made(*both(region, EDITS[edit], backwards), **context)


def test_a_new_tenant_goes_out_in_growing_waves_and_nobody_misses_anything() -> None:
    region = small(pods=2, leaves=4, super_spines=2, tenants=2, border=True)
    saved, findings = made(*both(region, EDITS["fewer tenants"], backwards=True))
    assert findings == ()
    assert saved.breaks == ()
    assert [wave.devices for wave in saved.waves] == [
        ("a-leaf1",),
        ("a-leaf2", "a-leaf3"),
        ("a-leaf4",),
        ("a-border1",),
        ("a-border2",),
        ("b-leaf1",),
        ("b-leaf2", "b-leaf3"),
        ("b-leaf4",),
    ]
    assert saved.waves[0].reason.startswith("canary of leaf on frr")
    assert all(not wave.drain for wave in saved.waves), "VRFs and segments are added to a speaker as it runs"
    assert saved.size.tenants == ("blue",)
    assert saved.waves[-1].gate.state == saved.new


def test_later_pods_go_one_by_one_in_waves_that_have_grown() -> None:
    """Input: a new tenant in a site of four pods. Output: never two pods in a wave; the first two begin with one leaf,
    the others with as many as may go by then."""
    region = small(pods=4, leaves=4, super_spines=2, tenants=2)
    saved, findings = made(*both(region, EDITS["fewer tenants"], backwards=True))
    assert findings == ()
    waves = [wave.devices for wave in saved.waves]
    assert all(len({name[0] for name in devices}) == 1 for devices in waves)
    assert [(devices[0][0], len(devices)) for devices in waves] == [
        ("a", 1), ("a", 2), ("a", 1),
        ("b", 1), ("b", 2), ("b", 1),
        ("c", 4),
        ("d", 4),
    ]  # fmt: skip


def test_servers_that_move_are_named_since_they_are_not_judged() -> None:
    """Input: a leaf gets another name, so that it is another one; a gateway another address; a tenant comes. Output:
    the leaf's servers; the segment's servers; nobody."""

    def renamed(region: Region) -> Region:
        pod = region.pods[0]
        first = msgspec.structs.replace(pod.racks[0], leaf_name="a-other")
        return msgspec.structs.replace(region, pods=(msgspec.structs.replace(pod, racks=(first, *pod.racks[1:])),))

    def gateway(region: Region) -> Region:
        tenant = region.tenants[0]
        vrf = tenant.vrfs[0]
        texts = tuple(text.replace(".1/", ".254/") for text in vrf.segments[0].gateways)
        first = msgspec.structs.replace(vrf.segments[0], gateways=texts)
        vrf = msgspec.structs.replace(vrf, segments=(first, *vrf.segments[1:]))
        return msgspec.structs.replace(region, tenants=(msgspec.structs.replace(tenant, vrfs=(vrf,)),))

    region = small(leaves=3)
    saved, _ = made(*both(region, renamed))
    assert saved.moving == ("a-rack1-red-v1-s1-1", "a-rack1-red-v1-s2-1")
    assert f"not judged are servers that get another cable, address or gateway: {saved.moving[0]}" in waves_text(saved)
    saved, _ = made(*both(region, gateway))
    assert saved.moving == tuple(f"a-rack{n}-red-v1-s1-1" for n in (1, 2, 3))
    saved, _ = of(small(leaves=3, tenants=2), "fewer tenants", backwards=True)
    assert saved.moving == ()
    assert "not judged" not in waves_text(saved)


def test_each_wave_names_the_network_that_it_leads_to() -> None:
    old, new = both(PODS, EDITS["leak"])
    saved, _ = made(old, new)
    changed = frozenset(device.name for device in saved.devices)
    pending = changed
    for wave in saved.waves:
        pending = pending.difference(wave.devices)
        assert wave.gate.state == mixed(old.blueprint, new.blueprint, changed, pending).content_hash() or not pending


def test_texts_commands_and_inverse_are_in_it() -> None:
    old, new = both(BASE, EDITS["hold time"])
    saved, _ = made(old, new)
    device = saved.devices[0]
    assert device.old == old.files[device.name]
    assert device.new == new.files[device.name]
    assert "timers 3 12" in device.diff
    assert any("timers 3 12" in part.text for part in device.commands)
    assert any("timers 3 9" in part.text for part in device.rollback)
    files = {d.name: render_files(d) for d in new.blueprint.devices}
    assert {d.name: d.new for d in saved.devices} == {d.name: files[d.name] for d in saved.devices}


def test_what_a_drained_device_is_given_is_in_it() -> None:
    """Input: sessions that are torn down. Output: the way there, through the change and back, each the commands from
    one text to the next, with their inverse; probes of devices, and what gates on devices do not see."""
    old, new = both(DUAL, EDITS["hold time"])
    saved, _ = made(old, new)
    before, after = ({d.name: d for d in side.blueprint.devices} for side in (old, new))
    assert any(device.drain for device in saved.devices)
    for device in saved.devices:
        given = device.while_drained
        assert (given is not None) == device.drain
        if given is None:
            continue
        was, will = before[device.name], after[device.name]
        texts = {d.name: render_files(d) for d in drained(old.blueprint, {device.name}).devices}
        assert given.old == texts[device.name]
        assert (
            given.new == {d.name: render_files(d) for d in drained(new.blueprint, {device.name}).devices}[device.name]
        )
        assert given.drain == device_commands(was, drained_device(was))
        assert given.undo_drain == device_commands(drained_device(was), was)
        assert given.commands == device_commands(drained_device(was), drained_device(will))
        assert given.undrain == device_commands(drained_device(will), will)
        assert "+ bgp graceful-shutdown" in given.diff
    assert saved.device_probes
    assert {probe.source for probe in saved.device_probes} <= set(before)
    assert saved.unseen == (f"frr: not looked at: lldp ({len(after)} devices)",)


def test_sessions_that_are_torn_down_are_foreseen_and_the_device_is_drained() -> None:
    saved, findings = of(DUAL, "hold time")
    first = next(d for d in saved.devices if d.wave == 1)
    assert first.disruption.level == "sessions"
    assert first.disruption.why == ("hold time",)
    assert first.drain
    assert saved.waves[0].drain == saved.waves[0].devices
    # Servers on one leaf of a pair send to it, whatever its uplinks do.
    assert {(f.code, f.message.partition(":")[0]) for f in findings} == {
        ("rollout.break", "red-v1"),
        ("rollout.break", "blue-v1"),
    }
    spines = [wave for wave in saved.waves if "spine" in wave.devices[0]]
    assert spines
    assert all(not wave.effect.loading for wave in spines), "the other spine carries on"


def test_what_breaks_in_every_order_is_said_and_must_be_accepted_by_name() -> None:
    old, new = both(small(leaves=2, tenants=1), EDITS[BREAKING])
    saved, findings = made(old, new)
    (finding,) = findings
    assert finding.code == "rollout.break"
    assert "red-v1" in finding.message
    assert "in every order of the devices" in finding.message
    assert "for up to" in finding.message
    assert "--allow-break red-v1" in finding.hint
    (broken,) = saved.breaks
    assert broken.first < broken.last
    assert broken.seconds_max >= saved.timers.wave_s
    accepted, left = made(old, new, accepted=("red-v1",))
    assert left == ()
    assert accepted == saved, "who accepts it changes nothing of the plan itself"
    _, more = made(old, new, accepted=("red-v1", "green-v1"))
    assert [f.code for f in more] == ["rollout.break-unknown"]


def test_a_promise_that_breaks_on_the_way_is_named() -> None:
    from crossconnect.model.promise import Promise

    promise = Promise(name="wide", source="role leaf", destination="role leaf", kind="width", paths=2)
    region = msgspec.structs.replace(small(leaves=2, spines=3, tenants=1), promises=(promise,))
    saved, findings = made(*both(region, design(underlay="unnumbered")))
    assert "wide" in {each.name for each in saved.breaks if each.kind == "promise"}
    assert any("promise wide does not hold" in f.message for f in findings)


def test_another_mtu_that_still_carries_tenants_packets_breaks_nothing() -> None:
    for backwards in (False, True):
        saved, findings = of(BASE, "small fabric MTU", backwards)
        assert saved.breaks == ()
        assert findings == ()


def test_from_nothing_there_is_nobody_to_miss_anything() -> None:
    saved, findings = made(None, side_of(BASE))
    assert findings == ()
    assert saved.parent == "none"
    assert {device.kind for device in saved.devices} == {"added"}
    assert all(not device.old and device.new for device in saved.devices)


def test_the_same_inputs_make_the_same_octets() -> None:
    one, two = (encoded(of(PODS, "leak")[0]) for _ in range(2))
    assert one == two
    other = encoded(of(PODS, "leak", undo_all=True)[0])
    assert other != one


def test_what_is_written_is_read_again() -> None:
    saved, _ = of(BASE, "stretched")
    read, digest = decoded(encoded(saved), "file")
    assert read == saved
    assert len(digest) == 64


@pytest.mark.parametrize(
    "change", ["one octet", "cut off", "another version", "another format", "more fields", "empty"]
)
def test_a_file_that_is_not_as_it_was_written_is_refused(change: str) -> None:
    octets = encoded(of(BASE, "stretched")[0])
    spoilt = {
        "one octet": octets.replace(b'"on_failure":"wave"', b'"on_failure":"all"'),
        "cut off": octets[:-200],
        "another version": octets.replace(b'"version":1', b'"version":2', 1),
        "another format": octets.replace(b"crossconnect-plan", b"terraform", 1),
        "more fields": octets.replace(b'"version":1', b'"version":1,"x":1', 1),
        "empty": b"",
    }[change]
    assert spoilt != octets
    with pytest.raises(BadInput, match="file"):
        decoded(spoilt, "file")


def test_a_file_that_was_written_anew_and_does_not_hold_together_is_refused() -> None:
    """Input: plans with the right hash, that no program of ours writes. Output: what is wrong with each."""
    saved, _ = of(PODS, "leak")
    first, *others = saved.waves
    wave = msgspec.structs.replace
    spoilt = {
        "not numbered": {"waves": (*others, first)},
        "do not name the same": {"devices": saved.devices[1:]},
        "do not name": {"waves": (wave(first, devices=("ghost",), undo=()), *others)},
        "ghost is not in wave 1": {"waves": (wave(first, drain=("ghost",)), *others)},
        "is not in wave 1, which": {"waves": (wave(first, undo=saved.waves[-1].devices), *others)},
        "a timer is negative": {"timers": wave(saved.timers, soak_s=-1)},
    }
    for words, fields in spoilt.items():
        with pytest.raises(BadInput, match=f"file was changed by hand: .*{words}"):
            decoded(encoded(wave(saved, **fields)), "file")


def test_no_secret_is_in_it() -> None:
    region = msgspec.structs.replace(
        BASE,
        peers=tuple(
            msgspec.structs.replace(
                p, handoffs=tuple(msgspec.structs.replace(h, password="env:TRANSIT_KEY") for h in p.handoffs)
            )
            for p in BASE.peers
        ),
    )
    old = side_of(BASE)
    octets = encoded(made(old, side_of(region, old), rules=(Rules(),))[0])
    assert b"xc-secret-env:TRANSIT_KEY" in octets
