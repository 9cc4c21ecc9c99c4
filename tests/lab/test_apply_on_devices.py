"""`xc apply FILE --access access.yaml` from end to end: real FRR, real sshd, the command line, a plan out of Git.

Input: a fabric of four switches, a commit that changes the borders' policy, and what goes wrong. Output: exit code,
what is said, what the borders run and start with, what the journal and `xc history` have; and nowhere a secret.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from live_region import LiveRegion

from crossconnect.cli import plan_saving
from crossconnect.cli.group import run
from crossconnect.cli.live_hands import LiveHands
from crossconnect.device.draining import PREPEND
from crossconnect.lab import down
from crossconnect.rollout.execution import Action, DeviceState
from crossconnect.rollout.saved_plan import SavedPlan, Timers, decoded, encoded
from crossconnect.simulate import simulate
from ssh_peers import make_key, needs_sshd, wait_for
from transit_region import BORDERS, SECRET

pytestmark = needs_sshd
GATE_S = 600.0
"""Until the first wave's gate: compiling twice, and a look at every switch, where two cores do other things as well."""
SOAK_S = 300
"""For which a gate goes on holding in which somebody is to be killed: it is not over before we come to it."""
MARK = ["test", "-e", "/run/crossconnect/change/pending"]
"""Whether a change waits for its confirmation on a switch."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveRegion]:
    directory = tmp_path_factory.mktemp("live")
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TRANSIT_KEY", SECRET)
            yield LiveRegion(directory)
    finally:
        down("apply-access", str(directory))


@pytest.fixture
def live(made: LiveRegion) -> Iterator[LiveRegion]:
    """As before the plan, and so again at the end."""
    assert made.runs("old") == [*BORDERS]
    yield made
    made.restore()


class Desk:
    """An operator's directory of plans, and what was said there."""

    def __init__(self, live: LiveRegion, plans: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.live, self.plans, self._capsys = live, plans, capsys
        self.said: list[str] = []
        self.file, self.state = plans / "prefer.plan", plans.with_name("state")
        code, _ = self.xc("plan", "--parent", "HEAD~1", "--no-effects", "--soak", "1", "-o", str(self.file))
        assert code == 0

    def xc(self, command: str, *arguments: str) -> tuple[int, str]:
        """Exit code, and what was said on both streams."""
        self._capsys.readouterr()
        where = [] if command == "history" else ["-C", str(self.live.root), "--state", str(self.state)]
        code = run([command, *arguments, *where])
        out, err = self._capsys.readouterr()
        self.said += [out, err]
        return code, out if command == "history" else err

    def apply(self, *more: str, file: Path | None = None, access: Path | None = None) -> tuple[int, str]:
        return self.xc("apply", str(file or self.file), "--access", str(access or self.live.access), *more)

    def history(self) -> list[str]:
        """How each plan that was begun has ended."""
        _, out = self.xc("history", "--state", str(self.state), "-o", "json")
        return [past["outcome"] for past in json.loads(out)["items"]]

    def secrets(self) -> list[str]:
        """Secrets in what was said, and in what was written."""
        files = [*self.plans.iterdir(), *(self.state / "plans").glob("*")]
        written = [path.read_text(errors="replace") for path in files if path.is_file()]
        return self.live.secrets_in([*self.said, *written])

    def rewrite(self, change: Callable[[SavedPlan], SavedPlan]) -> None:
        """Another plan in the file: what a renderer's mistake would have made of it."""
        plan, _ = decoded(self.file.read_bytes(), "plan")
        self.file.write_bytes(encoded(change(plan)))


PATIENT = functools.partial(Timers, apply_s=300, gate_s=600, margin_s=300)
"""A look at all switches takes half a minute where two processors have ten other things to do."""
GATE_FAILS_S = 30
"""For a gate that is to fail: it is not waited for any longer."""


@pytest.fixture
def desk(
    live: LiveRegion, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    monkeypatch.setattr(plan_saving, "Timers", PATIENT)
    desk = Desk(live, tmp_path / "plans", capsys)
    yield desk
    assert desk.secrets() == []


def test_applied_seen_in_the_history_and_rolled_back(live: LiveRegion, desk: Desk) -> None:
    """Input: a good change; the same file again; a copy of it elsewhere; the way back, from a third place. Output:
    done, and both borders run and start with the new text; refused twice, having ended; done, and the old text."""
    code, err = desk.apply()
    assert code == 0, err
    assert "the network is as planned" in err
    assert "already so" not in err, "nothing was amiss before"
    assert err.index("pod1-border1  confirm") < err.index("pod1-border2  commit")
    assert live.runs("new") == [*BORDERS]
    assert desk.history() == ["done"]
    code, out = desk.xc("history", "1", "--state", str(desk.state))
    assert code == 0
    assert out.count("confirm") == 2 * len(BORDERS), "begun and done, of each"

    code, err = desk.apply()
    assert (code, live.runs("new")) == (2, [*BORDERS])
    assert "has ended: done" in err
    elsewhere = desk.state.with_name("copy.plan")
    shutil.copy(desk.file, elsewhere)
    code, err = desk.apply(file=elsewhere)
    assert (code, live.runs("new")) == (2, [*BORDERS])
    assert "has ended: done" in err

    back = desk.state.with_name("back") / "way.plan"
    code, err = desk.xc("rollback", "1", "-o", str(back), "--soak", "1")
    assert code == 0, err
    code, err = desk.apply(file=back)
    assert code == 0, err
    assert live.runs("old") == [*BORDERS]
    assert desk.history() == ["done", "done"]


def test_a_host_key_that_is_not_known(live: LiveRegion, desk: Desk, tmp_path: Path) -> None:
    """Input: known_hosts with another key for a border. Output: exit code 2, one message with the fingerprint; nothing
    is begun, so that the same plan can be carried out with the right file."""
    make_key(tmp_path / "other")
    other = " ".join((tmp_path / "other.pub").read_text().split()[:2])
    border = live.sshds[BORDERS[0]]
    known = [
        f"[127.0.0.1]:{border.port} {other}" if f":{border.port} " in line else line
        for line in (live.directory / "known_hosts").read_text().splitlines()
    ]
    (live.directory / "other_hosts").write_text("\n".join(known) + "\n")
    code, err = desk.apply(access=live.write_access("other.yaml", "other_hosts"))
    assert code == 2
    assert [line.split(":")[0] for line in err.splitlines()] == ["xc"], "one message"
    assert f"{BORDERS[0]} (127.0.0.1 port {border.port}) shows a host key that is not known" in err
    assert "SHA256:" in err
    assert desk.history() == []
    assert live.runs("old") == [*BORDERS]


def test_nobody_answers(live: LiveRegion, desk: Desk) -> None:
    """Input: a border whose sshd has ended. Output: exit code 1, which device; nothing is begun."""
    live.silence(BORDERS[1])
    try:
        code, err = desk.apply()
    finally:
        live.sshds[BORDERS[1]].start()
    assert code == 1
    assert "nothing was begun" in err
    assert BORDERS[1] in err
    assert desk.history() == []
    assert live.runs("old") == [*BORDERS]


@pytest.mark.parametrize(
    ("commands", "words"), [("router bgpp 1\n", "cannot read"), ("! nothing\n", "does not run what was loaded")]
)
def test_commands_that_the_device_does_not_take(live: LiveRegion, desk: Desk, commands: str, words: str) -> None:
    """Input: a plan with commands that FRR cannot read; with commands that do not lead to its text. Output: exit code
    1, undone, both borders with the old text, no timer left."""

    def spoilt(plan: SavedPlan) -> SavedPlan:
        first, *others = plan.devices
        given = tuple(msgspec.structs.replace(part, text=commands) for part in first.commands)
        return msgspec.structs.replace(plan, devices=(msgspec.structs.replace(first, commands=given), *others))

    desk.rewrite(spoilt)
    code, err = desk.apply()
    assert code == 1
    assert words in err
    assert desk.history() == ["undone"]
    assert live.runs("old") == [*BORDERS]
    assert live.lab.run(BORDERS[0], MARK).returncode == 1


def test_what_the_checks_find_in_live_state_undoes_the_wave(
    live: LiveRegion, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Input: a good change; while its first wave is loaded, a leaf that the plan does not touch withdraws its
    EVPN prefixes, all sessions staying up. Output: a finding of the checks, undone, and said what gates do not see."""
    leaf, perform_as_ever = "pod1-leaf1", LiveHands.perform
    typed = ["vtysh", "-c", "configure", "-c", f"router bgp {_asn_of(live, leaf)} vrf acme-prod"]
    typed += ["-c", "address-family l2vpn evpn"]

    def perform(self: LiveHands, action: Action, device: DeviceState | None) -> str:
        patient = self._gates._timers
        if action.verb == "gate":
            self._gates._timers = msgspec.structs.replace(patient, gate_s=GATE_FAILS_S)
        if action.verb == "gate" and action.wave == 1:
            assert live.lab.run(leaf, [*typed, "-c", "no advertise ipv4 unicast"]).returncode == 0
            wait_for(lambda: "10.1.1.0/24" not in _routes(live, BORDERS[0]), "the border keeps the leaf's prefix")
        if action.verb == "proof":
            assert live.lab.run(leaf, [*typed, "-c", "advertise ipv4 unicast"]).returncode == 0
        try:
            return perform_as_ever(self, action, device)
        finally:
            self._gates._timers = patient

    monkeypatch.setattr(LiveHands, "perform", perform)
    try:
        code, err = desk.apply()
    finally:
        live.lab.run(leaf, [*typed, "-c", "advertise ipv4 unicast"])
    assert code == 1, err
    failed = next(line for line in err.splitlines() if "gate  FAILED" in line)
    assert "EVPN type" in failed or "checks." in failed, failed
    assert "session" not in failed, failed
    assert "note: frr: not looked at: lldp" in err
    assert desk.history() == ["undone"], err
    assert live.runs("old") == [*BORDERS]


@pytest.mark.parametrize(("option", "code"), [("--resume", 1), ("--abort", 0)])
def test_killed_between_commit_and_confirm(live: LiveRegion, desk: Desk, option: str, code: int) -> None:
    """Input: killed (-9) in the gate of the first wave; before that a second operator, and afterwards one who begins,
    and one who goes on or takes it back. Output: busy; not without --resume or --abort; the wave is turned back, since
    nobody knows how much is left of the timer, and the network is seen to be as before."""
    desk.rewrite(lambda plan: msgspec.structs.replace(plan, timers=msgspec.structs.replace(plan.timers, soak_s=SOAK_S)))
    command = [sys.executable, "-m", "crossconnect.cli", "apply", str(desk.file)]
    command += ["-C", str(live.root), "--access", str(live.access), "--state", str(desk.state)]
    first = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        deadline = time.monotonic() + GATE_S
        while first.poll() is None and '"action":"gate"' not in _journals(desk):
            assert time.monotonic() < deadline, _journals(desk)
            time.sleep(0.1)
        busy, err = desk.apply("--resume")
        assert busy == 1
        assert "somebody else carries this plan out" in err
        assert first.poll() is None
    finally:
        os.kill(first.pid, signal.SIGKILL)
        desk.said.append(first.communicate()[0])
    assert live.lab.run(BORDERS[0], MARK).returncode == 0, "its timer runs"
    refused, err = desk.apply()
    assert refused == 2
    assert "--resume or --abort?" in err
    ended, err = desk.apply(option)
    assert ended == code, err
    assert "all is undone, and seen to be so" in err
    assert live.runs("old") == [*BORDERS]
    assert live.lab.run(BORDERS[0], MARK).returncode == 1
    assert desk.history() == ["undone"]


def test_a_border_drained_and_put_back(live: LiveRegion, desk: Desk) -> None:
    """Input: drain a border of the network, a plan meanwhile, and undrain. Output: graceful shutdown on it, kept when
    it restarts; the plan refused; as before. Both are plans of the history, and drift knows what is to run."""
    border = BORDERS[0]
    access = ("--access", str(live.access))
    plans = ("--plans", str(desk.plans), "--soak", "1")
    code, err = desk.xc("drain", border, "--at", "HEAD~1", *access, *plans)
    assert code == 0, err
    assert live.runs("old") == [BORDERS[1]]
    assert "bgp graceful-shutdown" in live.lab.run(border, ["vtysh", "-c", "show running-config"]).stdout
    assert "bgp graceful-shutdown" in (live.lab.node_directory(border) / "etc-frr" / "frr.conf").read_text()
    way = f"{_asn_of(live, border)} " * (1 + PREPEND)
    wait_for(lambda: way.strip() in _heard_outside(live), "the transit provider does not hear the longer path")
    code, err = desk.xc("drift", *access)
    assert code == 0, err
    assert f"{border} is drained" in err
    code, err = desk.apply()
    assert code == 1
    assert f"{border} drained" in err
    code, err = desk.xc("undrain", border, *access, *plans)
    assert code == 0, err
    assert live.runs("old") == [*BORDERS]
    wait_for(lambda: way.strip() not in _heard_outside(live), "the transit provider goes on hearing the longer path")
    assert desk.xc("drift", *access)[0] == 0
    assert desk.history() == ["done", "done"]


def test_drift_by_hand_and_what_it_means(live: LiveRegion, desk: Desk) -> None:
    """Input: a session that somebody shut on a leaf. Output: the line by what it is about, too much there; what the
    checks find in the network because of it; what nobody looks at. Nothing once it is put back."""
    leaf = "pod1-leaf1"
    peer = next(row.peer for row in simulate(live.lab.blueprint).bgp_sessions if row.device == leaf)
    typed = ["vtysh", "-c", "configure", "-c", f"router bgp {_asn_of(live, leaf)}"]

    def drift() -> tuple[int, dict[str, list[dict[str, str]]]]:
        code, _ = desk.xc("drift", "--at", "HEAD~1", "--access", str(live.access), "-o", "json")
        return code, json.loads(desk.said[-2])

    try:
        assert live.lab.run(leaf, [*typed, "-c", f"neighbor {peer} shutdown"]).returncode == 0
        code, found = drift()
    finally:
        live.lab.run(leaf, [*typed, "-c", f"no neighbor {peer} shutdown"])
    assert code == 1
    line = next(d for d in found["deviations"] if "shutdown" in d["detail"])
    assert (line["device"], line["part"], line["kind"]) == (leaf, f"session {peer} of VRF default", "extra")
    assert any("session-down" in finding["code"] for finding in found["findings"]), found
    assert found["unseen"] == ["frr: not looked at: lldp (4 devices)"]
    deadline = time.monotonic() + GATE_S
    while desk.xc("drift", "--at", "HEAD~1", "--access", str(live.access))[0]:
        assert time.monotonic() < deadline, "the network is not as before"


def _asn_of(live: LiveRegion, name: str) -> int:
    device = next(d for d in live.lab.blueprint.devices if d.name == name)
    return next(i.bgp.asn for i in device.network_instances if i.bgp is not None)


def _routes(live: LiveRegion, name: str) -> str:
    return live.lab.run(name, ["vtysh", "-c", "show ip route vrf acme-prod"]).stdout


def _heard_outside(live: LiveRegion) -> str:
    return live.lab.run("transit1", ["birdc", "-s", "/run/bird.ctl", "show", "route", "all"]).stdout


def _journals(desk: Desk) -> str:
    return "".join(path.read_text() for path in (desk.state / "plans").glob("*.journal"))
