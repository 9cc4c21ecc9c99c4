"""`xc apply` killed (SIGKILL) before, in and after each of its steps, and what `--resume` and `--abort` make of it.

Input: a lab of real FRR, a region under Git, a plan of two waves, good or with a wrong ASN for the canary's external
session; `xc apply` as a process of its own that kills itself at a step, with a time of day that jumps by years from one
record to the next; then `xc apply` with `--resume` or `--abort`. Output: exit code, what is said, and on every device
that changes the old configuration or the new one as it was said, no timer left; no packet of bystanders is lost.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import pytest
from bystanders import Traffic, endpoints, flow
from patience import converges
from test_rollout_on_lab import GATE_FAILS_S, TIMERS, is_well

from crossconnect.cli.group import run
from crossconnect.cli.lab_hands import LabNetwork
from crossconnect.cli.region import load_or_exit
from crossconnect.intent.lock import Lock
from crossconnect.lab import Lab, LabOptions, confirmed_change, down, up
from crossconnect.nos.rendering import render_files
from crossconnect.nos.secrets import revealed
from crossconnect.rollout.plan import Side
from crossconnect.rollout.saved_plan import SavedPlan, decoded, encoded
from transit_region import BORDERS, SECRET, write_region

NAME = f"rollout-killed-{os.getpid()}"
"""`xc` looks for labs in one place, where others may be."""
CHILD_S = 600.0
"""For the first `xc apply`, on two processors that do other things as well."""

CHILD = textwrap.dedent(
    """
    import datetime, itertools, os, signal, sys
    import msgspec
    from crossconnect.cli import lab_hands
    from crossconnect.cli.group import run
    from crossconnect.lab import confirmed_change
    from crossconnect.transport.frr_change import load_command

    verb, moment, gate_s, *arguments = sys.argv[1:]
    files = {"commit": "commands.conf", "undo": "undo.conf"}
    perform, tell, now = lab_hands.LabHands.perform, confirmed_change._run, datetime.datetime
    jumps = itertools.cycle((20, -15, 3, -9))
    inside = []

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    def performed(self, action, device):
        # A gate that is to fail is not waited for any longer; whoever sees the network as before is patient.
        timers = self._plan.timers
        short = msgspec.structs.replace(timers, gate_s=int(gate_s)) if action.verb == "gate" and int(gate_s) else timers
        self._gates._plan = msgspec.structs.replace(self._plan, timers=short)
        if action.verb != verb:
            return perform(self, action, device)
        if moment == "before":
            die()
        inside.append(True)
        said = perform(self, action, device)
        die()

    def told(lab, node, command, whole=False):
        # Of a commit: its watchdog runs, and nothing is loaded; of an undoing, the same.
        if moment == "in" and inside and command == load_command(files[verb]):
            die()
        return tell(lab, node, command, whole)

    class Jumping(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return now.now(tz) + datetime.timedelta(days=365 * next(jumps))

    lab_hands.LabHands.perform, confirmed_change._run, datetime.datetime = performed, told, Jumping
    sys.exit(run(arguments))
    """
)


class Stand(NamedTuple):
    """The region, its lab, and its plans."""

    root: Path
    lab: Lab
    old: Side
    new: Side
    good: Path
    bad: Path

    def runs(self, side: Side) -> list[str]:
        """Borders that run the configuration of a side, start with it, and wait for nothing."""
        return [
            name
            for name in BORDERS
            if not confirmed_change.remaining(self.lab, name, side.files[name]["frr.conf"])
            and (self.lab.node_directory(name) / "etc-frr" / "frr.conf").read_text() == side.files[name]["frr.conf"]
            and not confirmed_change.is_pending(self.lab, name)
        ]

    def restore(self) -> None:
        """As before the plan, whatever a test has left."""
        for name in BORDERS:
            text = self.old.files[name]["frr.conf"]
            confirmed_change.restore(self.lab, name, confirmed_change.Change("", "", text, ""))
        LabNetwork(self.lab).record(self.old.blueprint)
        assert converges(self.lab)
        assert is_well(self.lab, self.old)


def with_wrong_asn(made: SavedPlan) -> SavedPlan:
    """The plan with a renderer's mistake: the canary is given another ASN of its external router than that has."""
    first, *others = made.devices
    text = first.old["frr.conf"]
    line = next(x for x in text.splitlines() if "remote-as 64496" in x)
    vrf = next(x for x in text.splitlines() if x.startswith("router bgp ") and " vrf " in x)
    wrong = line.replace("64496", "64497")
    more, back = (msgspec.structs.replace(first.commands[0], text=f"{vrf}\n{x}\n") for x in (wrong, line))
    spoilt = msgspec.structs.replace(
        first,
        new={**first.new, "frr.conf": first.new["frr.conf"].replace(line, wrong, 1)},
        commands=(*first.commands, more),
        rollback=(*first.rollback, back),
    )
    return msgspec.structs.replace(made, devices=(spoilt, *others))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    directory = tmp_path_factory.mktemp("killed")
    root, plans = directory / "region", directory / "plans"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRANSIT_KEY", SECRET)
        write_region(root, twice=True)
        sides: list[Side] = []
        for revision in ("HEAD~1", "HEAD"):
            blueprint = load_or_exit(root, revision).blueprint
            files = {
                d.name: {name: revealed(text, {"env:TRANSIT_KEY": SECRET}) for name, text in render_files(d).items()}
                for d in blueprint.devices
            }
            sides.append(Side(blueprint=blueprint, lock=Lock(), files=files))
        plan = plans / "good.plan"
        assert run(["plan", "-C", str(root), "--parent", "HEAD~1", "--no-effects", "-o", str(plan)]) == 0
        quick, _ = decoded(plan.read_bytes(), "plan")
        quick = msgspec.structs.replace(quick, timers=TIMERS)
        assert [wave.devices for wave in quick.waves] == [(name,) for name in BORDERS]
        plan.write_bytes(encoded(quick))
        (plans / "bad.plan").write_bytes(encoded(with_wrong_asn(quick)))
        options = LabOptions(name=NAME, backend="namespace", lldp=False, bfd="as-configured")
        try:
            lab = up(sides[0].blueprint, options, secrets={"env:TRANSIT_KEY": SECRET})
            assert converges(lab)
            yield Stand(root, lab, sides[0], sides[1], plan, plans / "bad.plan")
        finally:
            down(NAME)


@pytest.fixture
def stand(made: Stand) -> Iterator[Stand]:
    """As before the plan, and so again at the end; servers behind the leaves talk all the time, over both spines."""
    hosts = endpoints(made.old.blueprint)
    flows = [
        flow(hosts, 1, "web1", "web2", packets_per_second=250),
        flow(hosts, 2, "web2", "db2", packets_per_second=250),
        flow(hosts, 3, "db1", "web1", version=6, packets_per_second=250),
    ]
    with Traffic(made.lab, flows) as traffic:
        yield made
        lost = traffic.lost()
    made.restore()
    assert lost == {}, "packets of bystanders were lost"


def killed(stand: Stand, file: Path, verb: str, moment: str) -> None:
    """Carry a plan out in a process that kills itself there."""
    apply = ["apply", str(file), "-C", str(stand.root), "-n", NAME]
    gate_s = GATE_FAILS_S if file.name.startswith("spoilt") else 0
    child = [sys.executable, "-c", CHILD, verb, moment, str(gate_s), *apply]
    done = subprocess.run(child, capture_output=True, text=True, timeout=CHILD_S, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    records = [json.loads(line)["record"] for line in file.with_name(f"{file.name}.journal").read_text().splitlines()]
    assert (records[-1]["kind"], records[-1]["action"]) == ("begin", verb)
    assert len({record["at"][:4] for record in records}) > 2, "the clock jumps"


Moment = Literal["before", "in", "after"]
Option = Literal["--resume", "--abort"]


@pytest.mark.parametrize(
    ("verb", "moment", "option", "end"),
    [
        ("prepare", "before", "--resume", "done"),
        ("prepare", "after", "--abort", "nothing"),
        ("commit", "before", "--resume", "done"),
        ("commit", "in", "--resume", "undone"),
        ("commit", "after", "--abort", "undone"),
        ("verify", "before", "--resume", "undone"),
        ("verify", "after", "--abort", "undone"),
        ("gate", "before", "--abort", "undone"),
        ("gate", "after", "--resume", "undone"),
        ("confirm", "before", "--resume", "done"),
        ("confirm", "after", "--abort", "undone"),
    ],
)
def test_killed_in_a_wave(
    stand: Stand,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    verb: str,
    moment: Moment,
    option: Option,
    end: str,
) -> None:
    """What was begun to be committed before its gate has held is taken back; what the gate has let through is gone on
    with, or taken back where that is wanted. (Killed after the gate and before its record, nobody knows that it has
    held.)"""
    file = tmp_path / "prefer.plan"
    shutil.copy(stand.good, file)
    killed(stand, file, verb, moment)
    code = run(["apply", str(file), "-C", str(stand.root), "-n", NAME, option])
    said = capsys.readouterr().err
    words = {
        "done": "the network is as planned",
        "undone": "all is undone, and seen to be so: the network is as before the plan",
        "nothing": "nothing was changed",
    }
    assert words[end] in said
    assert code == (0 if end == "done" or option == "--abort" else 1), said
    side = stand.new if end == "done" else stand.old
    assert stand.runs(side) == [*BORDERS]
    assert is_well(stand.lab, side)


@pytest.mark.parametrize(
    ("verb", "moment", "option"),
    [
        ("undo", "before", "--abort"),
        ("undo", "in", "--resume"),
        ("undo", "after", "--resume"),
        ("proof", "before", "--resume"),
        ("proof", "after", "--abort"),
    ],
)
def test_killed_while_it_undoes(
    stand: Stand, tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: str, moment: Moment, option: Option
) -> None:
    """The canary's session is gone, the wave is being taken back: it is taken back to the end."""
    file = tmp_path / "spoilt.plan"
    shutil.copy(stand.bad, file)
    killed(stand, file, verb, moment)
    code = run(["apply", str(file), "-C", str(stand.root), "-n", NAME, option])
    said = capsys.readouterr().err
    assert "all is undone, and seen to be so: the network is as before the plan" in said
    assert code == (0 if option == "--abort" else 1), said
    assert stand.runs(stand.old) == [*BORDERS]
    assert is_well(stand.lab, stand.old)
