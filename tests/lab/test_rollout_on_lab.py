"""Plans carried out on real FRR: confirmed, stopped at the canary, taken back by the switches themselves, gone on with.

Input: a lab of two borders, two spines, two leaves with an external router, and a change of the borders' policy.
Output: what the daemons run and what the network's state is afterwards, in each of the ways in which it may end.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from bystanders import calm
from patience import LIMIT_S, converges, eventually

from changes import both
from crossconnect.checks import run_checks
from crossconnect.cli.lab_hands import GATE_MARGIN_S, LabHands
from crossconnect.errors import Unsupported
from crossconnect.lab import Lab, LabOptions, collect_state, confirmed_change, down, up
from crossconnect.model.policy import Set
from crossconnect.model.region import Region
from crossconnect.rollout.assembly import Context, assemble
from crossconnect.rollout.commands import while_drained_in
from crossconnect.rollout.execution import Action, DeviceState, Happened, State, course_of
from crossconnect.rollout.journal_file import Journal
from crossconnect.rollout.plan import Side, plan
from crossconnect.rollout.runner import carry_out, gate_seconds_max
from crossconnect.rollout.saved_plan import SavedDevice, SavedPlan, Timers, decoded, encoded
from regions import small

REGION = calm(small(leaves=2, spines=2, border=True, tenants=1))
TIMERS = Timers(apply_s=60, gate_s=120, soak_s=1, margin_s=60, stop_s=30)
"""As long as two processors may take that others use as well. What is to hold holds long before."""
GATE_FAILS_S = 12
"""For a gate that is to fail: it is not waited for any longer."""


def preferred(value: int) -> object:
    """What comes from the transit provider gets this local preference."""

    def edit(region: Region) -> Region:
        first, *others = region.policies
        statements = tuple(msgspec.structs.replace(s, set=Set(local_pref=value)) for s in first.statements)
        return msgspec.structs.replace(
            region, policies=(msgspec.structs.replace(first, statements=statements), *others)
        )

    return edit


OLD, NEW = both(REGION, preferred(130))  # type: ignore[arg-type]


def saved(old: Side = OLD, new: Side = NEW, timers: Timers = TIMERS) -> SavedPlan:
    made, findings = assemble(old, new, plan(old, new), Context(timers=timers))
    assert findings == ()
    assert [wave.devices for wave in made.waves] == [("a-border1",), ("a-border2",)]
    return made


def with_wrong_asn(made: SavedPlan, name: str) -> SavedPlan:
    """The plan with a renderer's mistake: a device is given another ASN of its external router than its network has."""
    text = OLD.files[name]["frr.conf"]
    line = next(x for x in text.splitlines() if "remote-as 64496" in x)
    vrf = next(x for x in text.splitlines() if x.startswith("router bgp ") and " vrf " in x)
    wrong = line.replace("64496", "64497")

    def spoilt(device: SavedDevice) -> SavedDevice:
        more, back = (msgspec.structs.replace(device.commands[0], text=f"{vrf}\n{x}\n") for x in (wrong, line))
        return msgspec.structs.replace(
            device,
            new={**device.new, "frr.conf": device.new["frr.conf"].replace(line, wrong, 1)},
            commands=(*device.commands, more),
            rollback=(*device.rollback, back),
        )

    return msgspec.structs.replace(made, devices=tuple(spoilt(d) if d.name == name else d for d in made.devices))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = str(tmp_path_factory.mktemp("labs"))
    options = LabOptions(name="rollout-frr", run_root=root, backend="namespace", lldp=False, bfd="as-configured")
    try:
        lab = up(OLD.blueprint, options)
        assert converges(lab)
        yield lab
    finally:
        down("rollout-frr", root)


@pytest.fixture
def as_before(lab: Lab) -> Iterator[Lab]:
    """The lab, which has to be as it was made again at the end; what the test before has undone has settled."""
    assert converges(lab)
    assert is_well(lab, OLD)
    yield lab
    for name in ("a-border1", "a-border2"):
        confirmed_change.restore(lab, name, confirmed_change.Change("", "", OLD.files[name]["frr.conf"], ""))


class Hands(LabHands):
    """The lab's hands. A gate is waited for as long as `gate_s` says, where it says so; that the network is as before,
    as long as it takes."""

    gate_s = 0

    def perform(self, action: Action, device: DeviceState | None) -> str:
        self._gates._plan = msgspec.structs.replace(self._plan, timers=self._timers(action))
        return super().perform(action, device)

    def seconds_max(self, action: Action) -> float:
        return gate_seconds_max(action, self._timers(action), GATE_MARGIN_S)

    def _timers(self, action: Action) -> Timers:
        timers = self._plan.timers
        patient = self.gate_s or timers.gate_s if action.verb == "gate" else TIMERS.gate_s
        return msgspec.structs.replace(timers, gate_s=patient)


def run(
    lab: Lab, made: SavedPlan, directory: Path, *, gate_s: int = 0, **more: object
) -> tuple[str, State, list[Happened]]:
    hands = Hands(lab, made, OLD.blueprint, NEW.blueprint, {})
    hands.gate_s = gate_s
    hands.look_before()
    told: list[Happened] = []
    _, digest = decoded(encoded(made), "plan")
    with Journal(directory, "plan", digest, lambda: "2026-11-27T12:00:00Z") as journal:
        how, state = carry_out(course_of(made), journal, hands, who="test", report=told.append, **more)  # type: ignore[arg-type]
    return how, state, told


def runs(lab: Lab, side: Side) -> list[str]:
    """Borders that run the configuration of a side."""
    names = ("a-border1", "a-border2")
    return [n for n in names if not confirmed_change.remaining(lab, n, side.files[n]["frr.conf"])]


def is_well(lab: Lab, side: Side) -> bool:
    """Whether the checks find the network as a side has it; LLDP does not run here."""

    def look() -> bool:
        found = run_checks(collect_state(lab), side.blueprint)
        return not [f for f in found if f.severity.value == "error" and not f.code.startswith("checks.cabl")]

    return eventually(look)


def test_a_good_change_is_made_wave_by_wave_and_kept(as_before: Lab, tmp_path: Path) -> None:
    how, state, told = run(as_before, saved(), tmp_path)
    assert how == "done", state.failure
    assert runs(as_before, NEW) == ["a-border1", "a-border2"]
    assert is_well(as_before, NEW)
    order = [(e.verb, e.device or e.wave) for e in told if e.kind == "done"]
    assert order.index(("confirm", "a-border1")) < order.index(("commit", "a-border2"))
    assert order.index(("gate", 1)) < order.index(("confirm", "a-border1"))
    kept = (as_before.node_directory("a-border1") / "etc-frr" / "frr.conf").read_text()
    assert kept == NEW.files["a-border1"]["frr.conf"]


def test_a_change_that_kills_sessions_is_undone_at_the_canary(as_before: Lab, tmp_path: Path) -> None:
    bad = with_wrong_asn(saved(), "a-border1")
    how, state, told = run(as_before, bad, tmp_path, gate_s=GATE_FAILS_S)
    assert how in ("undone", "stopped")
    assert state.failure.startswith("gate of wave 1"), state.failure
    assert not [e for e in told if e.device == "a-border2"], "nobody but the canary was touched"
    assert runs(as_before, OLD) == ["a-border1", "a-border2"]
    assert any(e.verb == "proof" and e.kind == "done" for e in told)
    assert is_well(as_before, OLD)
    assert [e.kind for e in told if e.verb == "undo"] == ["begin", "done"], "by us, and not by the switch's own timer"


def test_changed_policies_count_when_all_is_loaded(as_before: Lab) -> None:
    """bgpd by itself would look at them ten minutes after the last line, and will again when the change is there."""
    name, own = "a-border1", "bgp route-map delay-timer 600"
    device = next(d for d in saved().devices if d.name == name)
    commands, undo = ("".join(part.text for part in parts) for parts in (device.commands, device.rollback))
    old, new = (f"{own}\n{side.files[name]['frr.conf']}" for side in (OLD, NEW))
    assert as_before.run(name, ["vtysh", "-c", "configure terminal", "-c", own]).returncode == 0
    change = confirmed_change.Change(commands, undo, old, new)

    def prefers(value: int) -> bool:
        rows = [row for row in collect_state(as_before).bgp_routes if row.device == name]
        return any(row.local_pref == value for row in rows)

    assert not prefers(130)
    confirmed_change.load(as_before, name, change, 600)
    confirmed_change.verify(as_before, name, new)
    assert eventually(lambda: prefers(130))
    confirmed_change.cancel(as_before, name, change)
    assert eventually(lambda: not prefers(130))


def test_what_has_drifted_is_not_touched(as_before: Lab, tmp_path: Path) -> None:
    by_hand = ["vtysh", "-c", "configure terminal", "-c", "ip prefix-list by-hand seq 5 permit 10.9.0.0/16"]
    assert as_before.run("a-border1", by_hand).returncode == 0
    how, state, told = run(as_before, saved(), tmp_path)
    assert how == "undone"
    assert "has drifted" in state.failure
    assert "by-hand" in state.failure
    assert {e.verb for e in told} == {"prepare"}


def test_what_the_switch_cannot_read_is_not_loaded(as_before: Lab, tmp_path: Path) -> None:
    made = saved()
    devices = tuple(
        msgspec.structs.replace(d, commands=(msgspec.structs.replace(d.commands[0], text="router bgpp 1\n"),))
        for d in made.devices
    )
    how, state, _ = run(as_before, msgspec.structs.replace(made, devices=devices), tmp_path)
    assert how == "undone", state
    assert "cannot read" in state.failure
    assert runs(as_before, OLD) == ["a-border1", "a-border2"]


CONTROLLER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    sys.path[:0] = {path!r}
    import test_rollout_on_lab as t
    from crossconnect.lab import open_lab

    lab = open_lab("rollout-frr", sys.argv[1])
    t.run(lab, t.saved(timers=t.{timers!r}), Path(sys.argv[2]))
    """
)


def test_the_controller_is_killed_and_the_switch_takes_the_change_back(as_before: Lab, tmp_path: Path) -> None:
    """Killed while the gate soaks: the timer is on the switch. The journal then says where to go on."""
    timers = Timers(apply_s=10, gate_s=40, soak_s=20, silence_s=5, margin_s=0)
    script = CONTROLLER.format(path=[str(Path(__file__).parent), str(Path(__file__).parents[1])], timers=timers)
    child = subprocess.Popen([sys.executable, "-c", script, str(as_before.directory.parent), str(tmp_path)])
    journal = tmp_path / "plan.journal"
    deadline = time.monotonic() + 2 * LIMIT_S
    while not (journal.exists() and b'"action":"gate"' in journal.read_bytes()):
        assert time.monotonic() < deadline
        assert child.poll() is None, journal.read_text() if journal.exists() else "no journal"
        time.sleep(0.1)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert runs(as_before, NEW) == ["a-border1"]
    restored = as_before.node_directory("a-border1") / "run" / "crossconnect" / "change" / "restored"
    assert eventually(restored.exists, timers.device_s + LIMIT_S)
    assert runs(as_before, OLD) == ["a-border1", "a-border2"], "the switch has taken it back by itself"
    how, state, told = run(as_before, saved(timers=timers), tmp_path)
    assert told[0].verb == "inspect"
    assert how == "done", state
    assert runs(as_before, NEW) == ["a-border1", "a-border2"]


def test_abort_undoes_what_was_confirmed(as_before: Lab, tmp_path: Path) -> None:
    how, state, _ = run(as_before, saved(), tmp_path)
    assert how == "done", state.failure
    how, state, _ = run(as_before, saved(), tmp_path, abort=True)
    assert how == "undone", state
    assert runs(as_before, OLD) == ["a-border1", "a-border2"]
    assert is_well(as_before, OLD)


def test_a_switch_is_drained_and_put_back(as_before: Lab) -> None:
    """By the texts that a plan has for a switch that is drained for its change: community and longer paths."""
    text = OLD.files["a-border1"]["frr.conf"]
    drained = while_drained_in(OLD.blueprint, OLD.blueprint, "a-border1").old["frr.conf"]
    confirmed_change.become(as_before, "a-border1", drained)
    shown = as_before.run("a-border1", ["vtysh", "-c", "show running-config"]).stdout
    assert shown.count("bgp graceful-shutdown") == text.count("router bgp ")
    assert "set as-path prepend" in shown, "routers outside need not know the community"
    assert confirmed_change.remaining(as_before, "a-border1", text)
    confirmed_change.become(as_before, "a-border1", text)
    assert confirmed_change.remaining(as_before, "a-border1", text) == ()


def test_what_a_running_lab_cannot_become_is_refused(as_before: Lab) -> None:
    more = both(REGION, lambda region: small(leaves=2, spines=2, border=True, tenants=2))
    made, _ = assemble(*more, plan(*more), Context())
    with pytest.raises(Unsupported, match="start it anew"):
        LabHands(as_before, made, more[0].blueprint, more[1].blueprint, {})
