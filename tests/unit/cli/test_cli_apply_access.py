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

import pytest

import eos_model
import line_device
from certificates import Authority
from crossconnect.cli.group import run
from crossconnect.cli.past_plans import NETWORK
from crossconnect.cli.plan_saving import read_plan
from crossconnect.cli.region import load_or_exit
from crossconnect.nos.eos.names import MAIN
from crossconnect.nos.lines import Block, Tree
from crossconnect.nos.registry import system
from crossconnect.nos.rendering import render_files
from crossconnect.nos.secrets import revealed
from crossconnect.rollout.journal_file import Journal
from eos_model import Eos
from https_peer import PASSWORD, USER, Dropped, HttpsPeer
from line_device import Lines
from ssh_peers import free_port
from transit_region import BORDERS, SECRET, write_region

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
        write_region(self.root, "eos")
        self.authority = Authority(directory, "authority")
        self.texts = {side: self._texts(revision) for side, revision in (("old", "HEAD~1"), ("new", "HEAD"))}
        trees = [system("eos").parse(MAIN, text) for side in self.texts.values() for text in side.values()]
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

    def _texts(self, revision: str) -> dict[str, str]:
        blueprint = load_or_exit(self.root, revision).blueprint
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

    def begun_elsewhere(self, network: str) -> Path:
        """Another plan beside it, which somebody has begun on a network and not ended."""
        other = self.plan.with_name("other.plan")
        shutil.copy(self.plan, other)
        with Journal(other.parent, other.name, read_plan(other)[1], lambda: "2026-11-27T12:00:00+00:00") as journal:
            journal.append(kind="note", action=NETWORK, detail=network)
            journal.append(kind="owner", detail="bob@desk")
            journal.append(kind="begin", action="prepare", wave=1, device=BORDERS[0])
        return other

    def stand(self, side: str) -> list[str]:
        """Borders that run a side's configuration, and would after a reboot."""
        found: list[str] = []
        for name, model in self.models.items():
            wanted = Eos(self.texts[side][name]).running
            if wanted == model.running == model.startup and model.timer is None:
                found.append(name)
        return found

    def written(self) -> str:
        """What was said, and what was written beside the plan."""
        files = (p.read_text(errors="replace") for p in self.plan.parent.iterdir())
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
    shutil.copy(stand.plan, stand.plan.with_name("copy.plan"))
    stand.plan = stand.plan.with_name("copy.plan")
    code, err = stand.apply()
    assert code == 1
    assert "already as the plan would have it" in err


def test_what_another_plan_does_to_the_same_network(stand: Stand) -> None:
    """Input: another plan in the directory that was begun on the devices; on a lab. Output: refused, nothing begun;
    done, and the lab's plan is not gone on with on the devices."""
    stand.begun_elsewhere("the network")
    code, err = stand.apply()
    assert code == 1
    assert "other.plan was begun and has not ended" in err
    for suffix in ("journal", "lease"):
        stand.plan.with_name(f"other.plan.{suffix}").unlink()
    other, first = stand.begun_elsewhere("a-lab"), stand.plan
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
    assert f"{BORDERS[0]} did not answer once" in stand.plan.with_name("prefer.plan.journal").read_text()
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
    code, found = drift("--at", "HEAD~1")
    assert code == 1
    assert {d["kind"] for d in found} == {"silent"}
    assert not {d["device"] for d in found} & {*BORDERS}
    assert stand.stand("old") == [*BORDERS]
    assert stand.xc("drift", "nobody", "--access", stand.access())[0] == 2
