"""Failure sweeps: what can fail, who computes, and that a sweep which is stopped goes on where it was."""

from __future__ import annotations

import contextlib
import itertools
import json
import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossconnect.cli import sweep_option, sweeping
from crossconnect.cli.group import run
from crossconnect.cli.results_file import ResultsFile
from crossconnect.cli.sweeping import How, swept
from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput, Unreachable
from crossconnect.simulate import NO_FAILURES, Failures
from crossconnect.simulate.failures import KINDS, failures_of_kinds, pairs_of
from regions import compiled, small

METRO = Path(__file__).resolve().parents[3] / "examples" / "metro"
LIMIT_S = 300.0
"""For what takes seconds on a quiet machine."""

RISKS = """\
risk_groups:
  - {name: card, ports: ["n1-spine1:swp[1-3]"], description: first line card}
  - {name: feed-a, devices: [n1-leaf1, n1-spine1, acme-web1]}
"""


@pytest.fixture(scope="module")
def blueprint() -> Blueprint:
    found = compiled(small(leaves=3, border=True, tenants=2)).blueprint
    assert found is not None
    return found


@pytest.fixture
def metro(tmp_path: Path) -> Path:
    """A copy of the example with risk groups."""
    root = Path(shutil.copytree(METRO, tmp_path / "metro"))
    (root / "fabric" / "risks.yaml").write_text(RISKS)
    return root


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """A Dask scheduler with two workers, each a process of its own."""
    distributed = pytest.importorskip("distributed")
    dask = pytest.importorskip("dask")
    # Workers are processes that import all of it, beside whatever else two processors do.
    patience = dask.config.set({"distributed.comm.timeouts.connect": f"{LIMIT_S:.0f} s"})
    with (
        patience,
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
        ) as made,
    ):
        yield made.scheduler_address


def simulated(capsys: pytest.CaptureFixture[str], root: Path, *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run(["simulate", "-C", str(root), *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("only", [(), None], ids=["effects", "all checks"])
def test_as_many_processes_as_you_like_give_the_same_reports(
    blueprint: Blueprint, only: tuple[str, ...] | None
) -> None:
    failures = failures_of_kinds(blueprint, KINDS)
    alone = swept(blueprint, failures, only, How(jobs=1))
    assert len(alone.under.reports) == len(failures) > 40
    for jobs in (2, 3):
        assert swept(blueprint, failures, only, How(jobs=jobs)) == alone


def test_children_end_whatever_the_process_does_at_a_signal(blueprint: Blueprint) -> None:
    failures = failures_of_kinds(blueprint, KINDS)
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        for _ in range(10):
            assert swept(blueprint, failures, (), How(jobs=3)).known == 0
    finally:
        signal.signal(signal.SIGTERM, before)
    assert multiprocessing.active_children() == []


def test_the_machines_of_a_cluster_give_the_same_reports(
    blueprint: Blueprint, cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "SCHEDULER_TIMEOUT_S", LIMIT_S)
    failures = failures_of_kinds(blueprint, KINDS)
    assert swept(blueprint, failures, (), How(scheduler=cluster)) == swept(blueprint, failures, (), How(jobs=1))


def test_a_scheduler_that_is_not_there(blueprint: Blueprint, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(sweeping, "SCHEDULER_TIMEOUT_S", 1)
    with pytest.raises(Unreachable, match=r"tcp://127\.0\.0\.1:9 does not answer"):
        swept(blueprint, failures_of_kinds(blueprint, ("rack",)), (), How(scheduler="tcp://127.0.0.1:9"))


def test_what_can_fail_in_the_example(metro: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = simulated(capsys, metro, "--failures", "racks,sites,groups,sessions", "-o", "json")
    failures = {f["failure"]: f for f in json.loads(out)["failures"]}
    assert code == 0
    assert {f["element"] for f in failures.values()} == {"rack", "site", "risk group", "session"}
    # A line card of a spine cuts nobody off, a feed takes the hosts of its leaf and the server that hangs on it.
    assert failures["risk group card"]["hosts_cut"] == []
    assert {"acme-web1", "globex-shop1"} <= set(failures["risk group feed-a"]["hosts_cut"])
    assert len(failures["site south"]["hosts_cut"]) == 6


def test_a_group_says_where_it_is_written(metro: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = simulated(capsys, metro, "--failures", "groups", "-o", "json")
    (finding,) = [f for f in json.loads(out)["findings"] if "feed-a" in f["message"] and f["code"].endswith("hosts")]
    assert (finding["place"]["file"], finding["place"]["line"]) == ("fabric/risks.yaml", 3)


def test_pairs_are_every_two_at_once(metro: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--no-check", "-o", "json", "--failures", "racks,groups", "--pairs")
    _, out, _ = simulated(capsys, metro, *arguments)
    names = [f["failure"] for f in json.loads(out)["failures"]]
    assert len(names) == len(set(names)) == 8 * 7 // 2
    assert "risk group card and risk group feed-a" in names
    _, sampled, _ = simulated(capsys, metro, *arguments, "--sample", "7")
    assert [f["failure"] for f in json.loads(sampled)["failures"]] == names[::4]


@given(st.integers(2, 60))
def test_the_place_of_a_pair_is_that_of_counting_them(size: int) -> None:
    singles = [Failures(devices=frozenset({str(number)})) for number in range(size)]
    pairs = list(itertools.combinations(singles, 2))
    assert [sweep_option._pair(singles, place) for place in range(len(pairs))] == pairs
    assert list(pairs_of(singles)) == [Failures(devices=a.devices | b.devices) for a, b in pairs]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--failures", "lynx"), "'lynx' is nothing that fails; there are links, devices, sessions"),
        (("--failures", "groups"), "the region has no groups that could fail"),
        (("--pairs",), "say what fails"),
        (("--failures", ""), "say what fails"),
        (("--failures", "racks", "--scheduler", "host"), "'host' is no address of a Dask scheduler"),
    ],
)
def test_a_question_that_cannot_be_asked(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = simulated(capsys, METRO, *arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_too_many_pairs_are_refused_with_what_would_fit(blueprint: Blueprint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_option, "FAILURES_MAX", 100)
    with pytest.raises(BadInput, match=r"496 failures; at most 100 .* --failures racks --pairs \(3\)"):
        sweep_option.asked_failures(blueprint, sweep_option.Asked(("link", "device"), True, None), NO_FAILURES)


def test_results_in_a_file_are_not_computed_again(blueprint: Blueprint, tmp_path: Path) -> None:
    failures, file = failures_of_kinds(blueprint, KINDS), tmp_path / "results"
    first = swept(blueprint, failures, (), How(results=file))
    again = swept(blueprint, failures, (), How(results=file))
    assert (first.known, again.known) == (0, len(failures))
    assert again.under == first.under
    # The last line torn, as by a kill; the rest counts.
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])
    torn = swept(blueprint, failures, (), How(results=file))
    assert 0 < torn.known < len(failures)
    assert torn.under == first.under
    assert swept(blueprint, failures, (), How(results=file)).known == len(failures)


def test_two_runs_do_not_write_one_file(blueprint: Blueprint, tmp_path: Path) -> None:
    failures, file = failures_of_kinds(blueprint, ("rack",)), tmp_path / "results"
    with ResultsFile(file, "somebody's"), pytest.raises(BadInput, match="another run is writing results"):
        swept(blueprint, failures, (), How(results=file))


def test_a_device_is_no_file_for_results(blueprint: Blueprint) -> None:
    with pytest.raises(BadInput, match="/dev/full: it is no regular file"):
        swept(blueprint, failures_of_kinds(blueprint, ("rack",)), (), How(results=Path("/dev/full")))


def test_what_a_full_disk_has_taken_is_kept(blueprint: Blueprint, tmp_path: Path) -> None:
    failures, file = failures_of_kinds(blueprint, ("link", "device")), tmp_path / "results"
    # As a disk that fills up does: the file may not grow beyond some octets (EFBIG; SIGXFSZ is ignored by Python).
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(BadInput, match=f"results cannot be kept in {file}: File too large"):
            swept(blueprint, failures, (), How(results=file))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert swept(blueprint, failures, (), How(results=file)) == swept(blueprint, failures, (), How())


def test_a_file_of_another_question_is_left_alone(blueprint: Blueprint, tmp_path: Path) -> None:
    file = tmp_path / "results"
    swept(blueprint, failures_of_kinds(blueprint, ("rack",)), (), How(results=file))
    kept = file.read_bytes()
    with pytest.raises(BadInput, match="another question"):
        swept(blueprint, failures_of_kinds(blueprint, ("site",)), (), How(results=file))
    assert file.read_bytes() == kept
    file.write_text("tenants: []\n")
    with pytest.raises(BadInput, match="no file of sweep results"):
        swept(blueprint, failures_of_kinds(blueprint, ("rack",)), (), How(results=file))
    assert file.read_text() == "tenants: []\n"


ATTEMPTS = 5
"""To stop a sweep in the midst of it: it may be over before we come to it."""


def lines_of(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0


def stopped_midway(command: list[str], file: Path, stop: signal.Signals) -> tuple[int, bytes, bytes]:
    """A sweep that is sent a signal when it has written some results: its exit code and what it has said."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    pipe = subprocess.PIPE
    running = subprocess.Popen(command, stdout=pipe, stderr=pipe, start_new_session=True, env=environment)
    deadline = time.monotonic() + LIMIT_S
    while lines_of(file) < 4 and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.pid, stop)
    out, err = running.communicate(timeout=LIMIT_S)
    return running.returncode, out, err


@pytest.mark.parametrize("stop", [signal.SIGKILL, signal.SIGINT])
def test_a_sweep_that_is_stopped_goes_on_where_it_was(stop: signal.Signals, metro: Path, tmp_path: Path) -> None:
    """Input: pairs of devices and racks, kill -9 or Ctrl-C in the midst of them, the same command again. Output: what
    a run without interruption says; Ctrl-C tells what is done and how to go on."""
    # What a shell starts in the background has SIGINT ignored, and so would all that it starts.
    command = ["env", "--default-signal=INT", str(Path(sys.executable).parent / "xc"), "simulate", "-C", str(metro)]
    command += ["--no-check", "-o", "json", "--failures", "devices,racks", "--pairs", "--jobs", "2"]
    for attempt in range(ATTEMPTS):
        file = tmp_path / f"results{attempt}"
        code, out, err = stopped_midway([*command, "--results", str(file)], file, stop)
        if code != 0 and lines_of(file) < 231:
            break
    assert code == (130 if stop == signal.SIGINT else -signal.SIGKILL), err
    if stop == signal.SIGINT:
        assert b"the same command goes on from" in err
        assert 0 < len(json.loads(out)["failures"]) < 231
    resumed = subprocess.run([*command, "--results", str(file)], capture_output=True, check=False)
    straight = subprocess.run(command, capture_output=True, check=False)
    assert resumed.returncode == straight.returncode == 0
    assert resumed.stdout == straight.stdout


def test_when_a_sweep_is_killed_nothing_of_it_runs_on(metro: Path, tmp_path: Path) -> None:
    """Input: two processes compute, their parent alone is killed, as by the kernel when memory is short. Output: they
    end with it and without a word, and so the file of results is free for the next run."""
    file, errors = tmp_path / "results", tmp_path / "errors"
    command = [sys.executable, "-m", "crossconnect.cli", "simulate", "-C", str(metro), "--no-check"]
    command += ["--failures", "devices,racks", "--pairs", "--jobs", "2", "--results", str(file)]
    with errors.open("wb") as said:
        running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True)
    deadline = time.monotonic() + LIMIT_S
    while lines_of(file) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    running.kill()
    running.wait(timeout=LIMIT_S)
    deadline = time.monotonic() + LIMIT_S
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(running.pid, 0)
            time.sleep(0.02)
        pytest.fail("children run on")
    assert errors.read_text() == ""
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_report_goes_into_a_pipe_and_never_replaces_what_is_no_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        code, _, _ = simulated(capsys, METRO, "--no-check", "--failures", "racks", "--report", str(pipe))
        assert reader.stdout is not None
        assert b"<html" in reader.stdout.read()
    assert code == 0
    assert pipe.is_fifo()


def test_a_report_that_cannot_be_written_costs_nobody_the_results(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = simulated(capsys, METRO, "--failures", "racks", "--report", str(tmp_path / "no" / "r.html"))
    assert (code, out) == (2, "")
    assert f"there is no directory {tmp_path / 'no'}" in err
    # The disk is full when the report is written: the results are there, and no torn file is.
    report = tmp_path / "r.html"
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limit[1]))
    try:
        code, out, err = simulated(capsys, METRO, "--no-check", "--failures", "racks", "--report", str(report))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, before)
    assert code == 2
    assert "6 failures simulated" in out
    assert f"the report cannot be written to {report}: " in err
    assert list(tmp_path.iterdir()) == []


def test_a_border_leaf_that_nobody_reaches_is_no_border(metro: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Input: one spine, and the only uplink of one of two border leaves cut, whose session outside stays up. Output:
    its VRFs have one border less, as when it is switched off; with two spines, none less."""
    cut = ("--no-check", "--failures", "links", "-o", "json")

    def borders(failure: str) -> list[list[int]]:
        _, out, _ = simulated(capsys, metro, *cut)
        (found,) = [f for f in json.loads(out)["failures"] if failure in f["failure"]]
        return [scope["borders"] for scope in found["scopes"] if scope["borders"][0]]

    assert borders("n1-border1:swp64 - n1-spine1") == []
    north = metro / "fabric" / "north.yaml"
    north.write_text(north.read_text().replace("spines: {count: 2}", "spines: {count: 1}"))
    (metro / "fabric" / "risks.yaml").unlink()
    assert borders("n1-border1:swp64 - n1-spine1") == [[2, 1], [2, 1]]


def test_one_failure_is_told_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = simulated(capsys, METRO, "--no-check", "--failures", "sites", "--pairs")
    assert "\n1 failure simulated: 0 hurt nobody\n" in out
