"""`xc apply FILE --access access.yaml` with borders that are models of EOS behind real HTTPS, by the command line.

Input: a plan out of Git, an access file with references, and what is wrong with it. Output: exit code, what is said,
what the borders run and boot; nowhere a secret. The other switches of the region answer nobody, before and after.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

import eos_model
import line_device
from certificates import Authority
from crossconnect.cli.group import run
from crossconnect.cli.network_state import NetworkState
from crossconnect.cli.past_plans import NETWORK
from crossconnect.cli.plan_saving import read_plan
from crossconnect.cli.region import load_or_exit
from crossconnect.cli.region_states import as_drained
from crossconnect.nos.eos.names import MAIN
from crossconnect.nos.lines import Block, Tree
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import render_files
from crossconnect.nos.secrets import revealed
from crossconnect.rollout.journal_file import Journal
from crossconnect.rollout.progress import Begun, Ended, Step
from eos_model import Eos
from https_peer import PASSWORD, USER, Dropped, HttpsPeer
from line_device import Lines
from ports import free_port
from transit_region import BORDERS, SECRET, git, write_region

ACCESS = """\
defaults: {{user: {user}, address: 127.0.0.1, port: {nobody}, known_hosts: known_hosts}}
systems:
  eos: {{password: "{password}", authorities: {authorities}}}
devices:
"""


def headers(tree: Tree, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Lines with lines below them, each with those above."""
    for item in tree:
        if isinstance(item, Block):
            yield (*above, item.header)
            yield from headers(item.body, (*above, item.header))


class Modes(Lines):
    """The model's lines, with the modes that the borders' texts have: it knows those of its own tests only."""

    known: ClassVar[frozenset[tuple[str, ...]]] = frozenset()

    def __init__(self, tree: line_device.Tree | None = None) -> None:
        super().__init__(tree)
        self._path: tuple[str, ...] = ()

    def opens(self, line: str) -> bool:
        return (*self._path, line) in self.known

    def type(self, line: str) -> None:
        opens = self.opens(line)
        super().type(line)
        self._path = (*self._path, line) if opens else self._path[: len(self._at) - 1]


class Stand:
    """The region, its borders' models, and the plan."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.directory, self._capsys = directory, capsys
        self.root, self.plan = directory / "region", directory / "plans" / "prefer.plan"
        self.state = self.root / ".xc"
        write_region(self.root, "eos")
        self.authority = Authority(directory, "authority")
        self.texts = {side: self._texts(revision) for side, revision in (("old", "HEAD~1"), ("new", "HEAD"))}
        texts = (*self.texts.values(), self._texts("HEAD~1", BORDERS))
        trees = [system("eos").parse(MAIN, text) for side in texts for text in side.values()]
        modes = frozenset(path for tree in trees if isinstance(tree, tuple) for path in headers(tree))
        patch.setattr(Modes, "known", modes)
        patch.setattr(eos_model, "Lines", Modes)
        patch.setattr(eos_model, "typed", lambda text: line_device.typed(text, Modes()))
        self.models = {name: Eos(self.texts["old"][name]) for name in BORDERS}
        self.peers = {
            name: HttpsPeer(model.handle, *self.authority.certificate(name, "127.0.0.1"))
            for name, model in self.models.items()
        }
        (directory / "known_hosts").write_text("")
        self.said: list[str] = []
        self.make_plan(0)

    def make_plan(self, soak_s: int) -> None:
        arguments = ("--parent", "HEAD~1", "--no-effects", "--soak", str(soak_s), "-o", str(self.plan))
        assert self.xc("plan", *arguments)[0] == 0

    def _texts(self, revision: str, drained: tuple[str, ...] = ()) -> dict[str, str]:
        blueprint = as_drained(load_or_exit(self.root, revision), drained).blueprint
        secrets = {"env:TRANSIT_KEY": SECRET}
        return {d.name: revealed(render_files(d)[MAIN], secrets) for d in blueprint.devices if d.name in BORDERS}

    def xc(self, command: str, *arguments: str) -> tuple[int, str]:
        self._capsys.readouterr()
        code = run([command, *arguments, "-C", str(self.root)])
        out, err = self._capsys.readouterr()
        self.said += [out, err]
        return code, err

    def access(self, password: str = "env:DEVICE_PASSWORD", authorities: Path | None = None) -> str:
        """The file that leads to the borders."""
        text = ACCESS.format(
            user=USER, nobody=free_port(), password=password, authorities=authorities or self.authority.path
        )
        access = self.directory / "access.yaml"
        access.write_text(text + "".join(f"  {n}: {{port: {p.port}}}\n" for n, p in self.peers.items()))
        return str(access)

    def apply(
        self, *more: str, password: str = "env:DEVICE_PASSWORD", authorities: Path | None = None
    ) -> tuple[int, str]:
        return self.xc("apply", str(self.plan), "--access", self.access(password, authorities), *more)

    def begun_elsewhere(self, network: str, directory: Path | None = None) -> Path:
        """Another plan, beside it or in a directory, which somebody has begun on a network and not ended."""
        other = (directory or self.plan.parent) / "0001-other.plan"
        other.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.plan, other)
        with Journal(other.parent, other.name, read_plan(other)[1], lambda: "2026-11-27T12:00:00+00:00") as journal:
            journal.append(kind="note", action=NETWORK, detail=network)
            journal.append(kind="owner", detail="bob@desk")
            journal.append(kind="begin", action="prepare", wave=1, device=BORDERS[0])
        return other

    def begun(self) -> list[str]:
        """Numbers of the plans that were begun on the network."""
        return sorted(path.name.partition("-")[0] for path in self.state.glob("plans/*.plan"))

    def stand(self, side: str) -> list[str]:
        """Borders that run a side's configuration, and would after a reboot."""
        found: list[str] = []
        for name, model in self.models.items():
            wanted = Eos(self.texts[side][name]).running
            if wanted == model.running == model.startup and model.timer is None:
                found.append(name)
        return found

    def written(self) -> str:
        """What was said, and what was written beside the plan and about the network."""
        directories = (self.plan.parent, *(p for p in [self.state / "plans"] if p.exists()))
        files = (p.read_text(errors="replace") for d in directories for p in d.iterdir() if p.is_file())
        return "".join([*self.said, *files])


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Stand]:
    monkeypatch.setenv("TRANSIT_KEY", SECRET)
    monkeypatch.setenv("DEVICE_PASSWORD", PASSWORD)
    made = Stand(tmp_path, capsys, monkeypatch)
    yield made
    for peer in made.peers.values():
        peer.close()
    assert SECRET not in made.written()
    assert PASSWORD not in made.written()


def test_done_and_not_done_twice(stand: Stand) -> None:
    code, err = stand.apply()
    assert code == 0, err
    assert "already so, and no gate fails by it" in err
    assert stand.stand("new") == [*BORDERS]
    code, err = stand.apply()
    assert code == 2
    assert "has ended: done" in err
    elsewhere = stand.directory / "copy.plan"
    shutil.copy(stand.plan, elsewhere)
    stand.plan = elsewhere
    code, err = stand.apply()
    assert code == 2
    assert "has ended: done" in err
    stand.plan = stand.directory / "plans" / "again.plan"
    stand.make_plan(1)
    code, err = stand.apply()
    assert code == 1
    assert "already as the plan would have it" in err
    assert stand.begun() == ["0001"], "what was refused has left nothing"


EVENTS = {"plan": Begun, "step": Step, "end": Ended}


def test_lines_for_ci(stand: Stand) -> None:
    """Input: a plan carried out with `-o jsonl`. Output: each line has exactly the fields of
    the record of its event; the plan first, the end last; begun and ended steps of the states that are documented."""
    assert stand.apply("-o", "jsonl")[0] == 0
    lines = [json.loads(line) for line in stand.said[-2].splitlines()]
    for line in lines:
        record = EVENTS[line["event"]]
        assert list(line) == ["format_version", "event", *record.__struct_fields__]
        assert line["format_version"] == 1
        msgspec.convert({name: line[name] for name in record.__struct_fields__}, record)
    assert [line["event"] for line in lines] == ["plan", *["step"] * (len(lines) - 2), "end"]
    plan, steps, end = lines[0], lines[1:-1], lines[-1]
    saved, digest = read_plan(stand.plan)
    assert plan["sha256"] == digest
    assert plan["network"] == "the network"
    assert plan["waves"] == [list(wave.devices) for wave in saved.waves]
    assert plan["unseen"] == list(saved.unseen) != []
    assert {step["step"] for step in steps} == {"prepare", "commit", "verify", "gate", "confirm"}
    assert {(step["wave"], step["waves"]) for step in steps} == {(1, 2), (2, 2)}
    assert all(step["status"] in ("begin", "done") for step in steps)
    assert [step["device"] for step in steps if step["step"] == "gate"] == [""] * 4
    gates = [step["detail"] for step in steps if step["step"] == "gate" and step["status"] == "done"]
    assert all(f"; {note}" in detail for detail in gates for note in saved.unseen), "no gate is silent about it"
    assert steps[-1]["left_s"] == 0
    assert end["outcome"] == "done"
    assert end["stuck"] == []
    assert end["failure"] == ""
    journal = next(stand.state.glob("plans/*.journal")).read_text()
    assert end["journal"] in journal


def test_a_record_of_who_did_what_and_why(stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    """Input: a plan with an approval that says why, carried out. Output: one JSON document with all of it."""
    assert run(["approve", str(stand.plan), "--as", "bob@example.net", "-m", "ticket 4711"]) == 0
    assert stand.apply()[0] == 0
    assert run(["history", "1", "-C", str(stand.root), "-o", "json"]) == 0
    out, _ = capsys.readouterr()
    stand.said.append(out)
    told = json.loads(out)
    assert [(a["by"], a["comment"]) for a in told["approvals"]] == [("bob@example.net", "ticket 4711")]
    assert told["authors"] == ["ann@example.net"]
    assert told["new_commit"] == git(stand.root, "rev-parse", "HEAD")
    assert {"findings_new", "breaks", "rules"} <= told.keys()
    assert [r["kind"] for r in told["records"] if r["action"] == "confirm"].count("done") == len(BORDERS)


def test_the_parent_is_known_wherever_plans_lie(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Input: a plan carried out from one directory, then a commit, plans from others, and way back by number. Output:
    `xc plan -o` starts from what runs; a plan from elsewhere is refused; history, drift and rollback agree."""
    monkeypatch.chdir(stand.directory)
    assert stand.apply()[0] == 0
    policy = stand.root / "edge" / "transit.yaml"
    policy.write_text(policy.read_text().replace("local_pref: 130", "local_pref: 140"))
    git(stand.root, "commit", "-qam", "prefer it more")
    ran = git(stand.root, "rev-parse", "HEAD~1")
    code, err = stand.xc("plan", "--no-effects", "-o", "more/next.plan")
    assert code == 0
    assert f"parent: commit {ran[:12]}, which runs by plan 1" in err
    assert read_plan(stand.directory / "more" / "next.plan")[0].parent_commit == ran

    stand.plan = stand.directory / "stale.plan"
    assert stand.xc("plan", "--parent", "HEAD~2", "--no-effects", "-o", str(stand.plan))[0] == 0
    code, err = stand.apply()
    assert code == 1
    assert f"it is commit {ran[:12]}; make the plan anew" in err

    code = run(["drift", *BORDERS, "--access", stand.access(), "-C", str(stand.root)])
    assert code == 0, "compared with what runs, not with HEAD"
    assert stand.xc("rollback", "1", "--soak", "0", "-o", "back/way.plan")[0] == 0
    stand.plan = stand.directory / "back" / "way.plan"
    code, err = stand.apply()
    assert code == 0, err
    assert stand.stand("old") == [*BORDERS]
    assert stand.begun() == ["0001", "0002"]
    stand.plan = stand.directory / "plans" / "prefer.plan"
    code, err = stand.apply("--abort")
    assert code == 1
    assert "was carried out after it: `xc rollback 1`" in err
    code, err = stand.apply()
    assert code == 0, "the same octets, from the same parent again"
    assert stand.begun() == ["0001", "0002", "0003"]


def test_undone_and_carried_out_again(stand: Stand) -> None:
    """Input: a plan that is aborted, and the same file again. Output: undone; done, as another entry."""
    assert stand.apply()[0] == 0
    assert stand.apply("--abort")[0] == 0
    assert stand.stand("old") == [*BORDERS]
    assert stand.apply()[0] == 0
    assert stand.stand("new") == [*BORDERS]
    assert stand.begun() == ["0001", "0002"]


def test_one_operator_at_a_time(stand: Stand) -> None:
    """Input: somebody carries another plan out on the network. Output: busy."""
    other = stand.directory / "other.plan"
    shutil.copy(stand.plan, other)
    with NetworkState(stand.state).held(other, "0" * 64, anew=True):
        code, err = stand.apply()
    assert code == 1
    assert "or another one" in err
    assert stand.begun() == []


def test_what_devices_came_to_run_without_a_plan(stand: Stand) -> None:
    """Input: a plan done; then somebody configures the borders as before, by hand. Output: the plan from there is
    refused, until it is adopted, which is refused while a switch does not answer."""
    assert stand.apply()[0] == 0
    for name, model in stand.models.items():
        model.running = model.startup = Eos(stand.texts["old"][name]).running
    again = stand.directory / "again.plan"
    assert stand.xc("plan", "--parent", "HEAD~1", "--no-effects", "--soak", "1", "-o", str(again))[0] == 0
    stand.plan = again
    assert stand.apply()[0] == 1
    assert stand.xc("drift", "--access", stand.access(), "--at", "HEAD~1", "--adopt")[0] == 1, "others are silent"
    assert stand.xc("drift", BORDERS[0], "--access", stand.access(), "--adopt")[0] == 2
    blueprint = load_or_exit(stand.root, "HEAD~1").blueprint
    NetworkState(stand.state).adopt(blueprint.content_hash(), git(stand.root, "rev-parse", "HEAD~1"), "2026-11-28")
    code, err = stand.xc("rollback", "1")
    assert code == 2
    assert "the network has become another one since plan 1" in err
    code, err = stand.apply()
    assert code == 0, err
    assert stand.stand("new") == [*BORDERS]
    standing = NetworkState(stand.state).standing()
    assert standing is not None
    assert standing.why.startswith("by plan 2"), "what was adopted is out of date"


def test_a_border_drained_and_put_back(stand: Stand) -> None:
    """Input: drain, again, a plan meanwhile, undrain. Output: done; nothing to do; refused; done, and the borders run
    what they ran. Plans lie in the operator's directory, what is known in the region's."""
    plans = ("--plans", str(stand.directory / "maintenance"), "--soak", "0")
    access = ("--access", stand.access())
    code, err = stand.xc("drain", BORDERS[0], "--at", "HEAD~1", *access, *plans)
    assert code == 0, err
    running = stand.models[BORDERS[0]].running
    assert running != Eos(stand.texts["old"][BORDERS[0]]).running
    assert stand.stand("old") == [BORDERS[1]]
    code, err = stand.xc("drain", BORDERS[0], *access, *plans)
    assert code == 0
    assert "is drained already" in err
    code, err = stand.apply()
    assert code == 1
    assert f"{BORDERS[0]} drained" in err
    assert stand.xc("plan", "-o", str(stand.directory / "other.plan"))[0] == 2
    code, err = stand.xc("undrain", BORDERS[0], *access, *plans)
    assert code == 0, err
    assert stand.stand("old") == [*BORDERS]
    assert not (stand.directory / "maintenance" / f"drain-{BORDERS[0]}-1.plan.journal").exists()
    code, err = stand.apply()
    assert code == 0, err


def test_what_another_plan_does_to_the_same_network(stand: Stand) -> None:
    """Input: another plan in the directory that was begun on the devices; on a lab. Output: refused, nothing begun;
    done, and the lab's plan is not gone on with on the devices."""
    first, second = stand.directory / "first.plan", stand.plan
    shutil.copy(stand.plan, first)
    stand.make_plan(1)
    began = stand.begun_elsewhere("the network", stand.state / "plans")
    stand.plan = first
    code, err = stand.apply()
    assert code == 1
    assert "other.plan was begun and has not ended" in err
    for path in began.parent.iterdir():
        path.unlink()
    stand.plan = second
    other = stand.begun_elsewhere("a-lab")
    stand.plan = first
    code, err = stand.apply()
    assert code == 0, err
    stand.plan = other
    code, err = stand.apply("--abort")
    assert code == 2
    assert "was begun on a-lab, not on the network" in err
    stand.plan = first
    code, err = stand.apply("--abort")
    assert code == 0, err
    assert stand.stand("old") == [*BORDERS]


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("env:WRONG_PASSWORD", "HTTP 401: user, password"),
        ("env:NO_PASSWORD", "env:NO_PASSWORD: the variable is not set"),
        ("env:DEVICE_PASSWORD", "certificate"),
    ],
)
def test_an_access_file_that_does_not_lead_to_the_devices(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, password: str, words: str
) -> None:
    """Input: a password that is refused; a variable that is not set; certificates of nobody that we trust. Output:
    exit code 2, one message; nothing is begun, so that the plan can be carried out with the right file."""
    monkeypatch.setenv("WRONG_PASSWORD", "wrong-horse")
    stranger = Authority(tmp_path, "stranger").path
    code, err = stand.apply(password=password, authorities=stranger if words == "certificate" else None)
    assert code == 2, err
    assert [line.split(":")[0].strip() for line in err.splitlines()] == ["xc"], "one message"
    assert words in err
    assert "wrong-horse" not in err
    assert stand.stand("old") == [*BORDERS]
    code, err = stand.apply()
    assert code == 0, err
    assert stand.stand("new") == [*BORDERS]


def test_a_border_that_refuses_the_candidate(stand: Stand) -> None:
    """Input: a border that knows less than its documentation says. Output: undone before anything was changed."""
    model = stand.models[BORDERS[0]]
    handle = model.handle
    stand.peers[BORDERS[0]].close()

    def refuses(path: str, body: bytes) -> tuple[int, bytes]:
        return handle(path, body.replace(b"local-preference 130", b"refused 130"))

    peer = HttpsPeer(refuses, *stand.authority.certificate("other", "127.0.0.1"))
    stand.peers[BORDERS[0]] = peer
    code, err = stand.apply()
    assert code == 1
    assert "nothing was changed" in err
    assert stand.stand("old") == [*BORDERS]


def test_a_border_that_does_not_answer_one_look_in_the_soak(stand: Stand) -> None:
    """Input: a border that drops the connection in the second look of its gate, once. Output: told, looked at again,
    and the plan is done; that it was so is in the journal."""
    stand.make_plan(4)
    model = stand.models[BORDERS[0]]
    handle = model.handle
    stand.peers[BORDERS[0]].close()
    looks: list[bool] = []

    def drops(path: str, body: bytes) -> tuple[int, bytes]:
        if b"show ip bgp summary vrf all" in body and model.timer is not None:
            looks.append(len(looks) == 1)
            if looks[-1]:
                raise Dropped
        return handle(path, body)

    stand.peers[BORDERS[0]] = HttpsPeer(drops, *stand.authority.certificate("other", "127.0.0.1"))
    code, err = stand.apply()
    assert code == 0, err
    assert any(looks), "it was dropped"
    assert "looked at again at once" in err
    assert f"{BORDERS[0]} did not answer once" in next(stand.state.glob("plans/*.journal")).read_text()
    assert stand.stand("new") == [*BORDERS]


def test_drift_of_devices(stand: Stand, capsys: pytest.CaptureFixture[str]) -> None:
    """Input: borders as an older revision has them, and other switches, which answer nobody. Output: no drift from that
    revision; from the next one, the lines, each with its device and without a secret; silent ones are said to be so.
    Nothing is changed by asking."""

    def drift(*arguments: str) -> tuple[int, list[dict[str, str]]]:
        code = run(["drift", *arguments, "--access", stand.access(), "-C", str(stand.root), "-o", "json"])
        out, err = capsys.readouterr()
        stand.said += [out, err]
        return code, json.loads(out)["deviations"]

    assert drift(*BORDERS, "--at", "HEAD~1") == (0, [])
    code, found = drift(*BORDERS)
    assert code == 1
    assert {d["device"] for d in found} == {*BORDERS}
    assert any("local-preference" in d["detail"] for d in found)
    assert {d["kind"] for d in found} <= {"missing", "extra"}
    code, found = drift("--at", "HEAD~1")
    assert code == 1
    assert {d["kind"] for d in found} == {"silent"}
    assert not {d["device"] for d in found} & {*BORDERS}
    assert stand.stand("old") == [*BORDERS]
    assert stand.xc("drift", "nobody", "--access", stand.access())[0] == 2
