"""Gates on loss and on round trips, on real packets: a wave after which a path is worse is taken back.

Input: a segment more of each tenant on both leaves; when the first one has it, its uplinks lose 5 % each way, or keep
what leaves by them waiting for some 50 ms, until the change is undone. Sessions and routes are as simulated all the
time. Output: the gate of the first wave fails by the objective, and by nothing else; the leaf has its old
configuration, the other one was not touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from bystanders import calm
from impairment import clear, delay, lose
from patience import converges

from changes import both
from crossconnect.cli.lab_hands import LabHands
from crossconnect.lab import Lab, LabOptions, confirmed_change, down, up
from crossconnect.model.change import Objective
from crossconnect.model.region import Region
from crossconnect.model.tenant import Segment
from crossconnect.rollout.assembly import Context, assemble
from crossconnect.rollout.execution import Action, DeviceState, Happened, course_of
from crossconnect.rollout.journal_file import Journal
from crossconnect.rollout.plan import plan
from crossconnect.rollout.runner import carry_out
from crossconnect.rollout.saved_plan import SavedPlan, Timers, decoded, encoded
from regions import small

NAME = "rollout-impaired"
TIMERS = Timers(apply_s=60, gate_s=120, soak_s=20, margin_s=60)
"""Some hundred probes in the soak time, of which one in ten is lost where 5 % are lost each way."""


def with_a_segment_more(region: Region) -> Region:
    """In each tenant, so that each has probes: with one's alone a slow machine may ask so seldom that none is lost."""
    tenants = []
    for number, tenant in enumerate(region.tenants, 1):
        more = Segment(name="more", gateways=(f"10.{number}.200.1/24",), leaves=("all",))
        vrf = msgspec.structs.replace(tenant.vrfs[0], segments=(*tenant.vrfs[0].segments, more))
        tenants.append(msgspec.structs.replace(tenant, vrfs=(vrf,)))
    return msgspec.structs.replace(region, tenants=tuple(tenants))


# With the usual BFD, of which three packets in a row end a session, one run in some would lose sessions too.
OLD, NEW = both(calm(small(leaves=2, spines=2, segments=1, tenants=3)), with_a_segment_more)


def planned(objective: Objective) -> SavedPlan:
    made, findings = assemble(OLD, NEW, plan(OLD, NEW), Context(timers=TIMERS, objectives=(objective,)))
    assert findings == ()
    assert [len(wave.devices) for wave in made.waves] == [1, 1]
    assert made.probes
    return made


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = str(tmp_path_factory.mktemp("labs"))
    try:
        made = up(
            OLD.blueprint, LabOptions(name=NAME, run_root=root, backend="namespace", lldp=False, bfd="as-configured")
        )
        assert converges(made)
        yield made
    finally:
        down(NAME, root)


class Hands(LabHands):
    """The lab's hands; a switch's uplinks get worse when its change is loaded, and well when it is undone."""

    worse: Callable[[], None]
    well: Callable[[], None]

    def perform(self, action: Action, device: DeviceState | None) -> str:
        if action.verb == "undo":
            self.well()
        said = super().perform(action, device)
        if action.verb == "commit":
            self.worse()
        return said


def carried_out(lab: Lab, made: SavedPlan, hands: LabHands, directory: Path) -> tuple[str, str, list[Happened]]:
    hands.look_before()
    told: list[Happened] = []
    _, digest = decoded(encoded(made), "plan")
    with Journal(directory, "plan", digest, lambda: "2026-11-28T12:00:00Z") as journal:
        how, state = carry_out(course_of(made), journal, hands, who="test", report=told.append)
    return how, state.failure, told


@pytest.mark.parametrize("what", ["loss", "delay"])
def test_a_wave_after_which_a_path_is_worse_is_taken_back(lab: Lab, tmp_path: Path, what: str) -> None:
    assert converges(lab)
    bounds = {"loss": (1.0, 10_000.0), "delay": (100.0, 15.0)}[what]
    made = planned(Objective(name="all", loss_percent_max=bounds[0], round_trip_ms_max=bounds[1]))
    leaf, other = (wave.devices[0] for wave in made.waves)
    links = [w for w in OLD.blueprint.wires if w.kind == "fabric" and leaf in (w.a_device, w.b_device)]
    ports = [w.a_port if w.a_device == leaf else w.b_port for w in links]
    default = next(i for d in OLD.blueprint.devices if d.name == leaf for i in d.network_instances if i.bgp)
    assert default.bgp is not None
    behind = {n.local_address: n.address for n in default.bgp.neighbors}
    addresses = {
        i.name: a.partition("/")[0]
        for d in OLD.blueprint.devices
        if d.name == leaf
        for i in d.interfaces
        for a in i.addresses
    }
    hands = Hands(lab, made, OLD.blueprint, NEW.blueprint, {})
    hands.well = lambda: clear(lab, leaf, ports)
    if what == "loss":
        hands.worse = lambda: lose(lab, leaf, ports, 5.0)
    else:
        hands.worse = lambda: delay(lab, leaf, [(port, behind[addresses[port]]) for port in ports], 50)
    try:
        how, failure, told = carried_out(lab, made, hands, tmp_path)
    finally:
        hands.well()
    assert how == "undone", failure
    words = {"loss": "probes lost, 1.0 % may be", "delay": "ms there and back, 15.0 ms may be"}[what]
    assert failure.startswith("gate of wave 1: objective all:")
    assert words in failure
    assert not [e for e in told if e.device == other]
    assert [e.kind for e in told if e.verb == "proof"][-1] == "done"
    for name in (leaf, other):
        assert confirmed_change.remaining(lab, name, OLD.files[name]["frr.conf"]) == ()
