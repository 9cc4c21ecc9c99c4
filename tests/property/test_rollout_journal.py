"""The journal under kill -9, octets cut off and changed, a second owner, a full disk: real processes, real files."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crossconnect.errors import Busy, Permanent, Stale
from crossconnect.rollout.journal import Record, line_of, read_journal
from crossconnect.rollout.journal_file import Journal, look

PLAN = "ab" * 32


def noon() -> str:
    return "2026-11-27T12:00:00+00:00"


def chain(count: int) -> bytes:
    lines, tip = b"", PLAN
    for number in range(1, count + 1):
        record = Record(
            number=number, previous=tip, fence=1 + number // 4, at=noon(), kind="done", device=f"leaf{number}"
        )
        line, tip = line_of(record)
        lines += line
    return lines


@given(count=st.integers(0, 6), cut=st.integers(0, 3000))
def test_cut_off_anywhere_what_was_whole_is_left(count: int, cut: int) -> None:
    octets = chain(count)[:cut]
    read = read_journal(octets, PLAN)
    assert read.problem == ""
    assert len(read.records) == octets.count(b"\n")
    assert read.length + read.torn == len(octets)
    assert [r.number for r in read.records] == list(range(1, len(read.records) + 1))


@given(count=st.integers(2, 6), at=st.integers(0, 10_000), octet=st.integers(0, 255))
@example(count=2, at=bytes(chain(2)).find(b"\n"), octet=0)  # two lines become one
def test_an_octet_that_was_changed_is_noticed_wherever_it_is(count: int, at: int, octet: int) -> None:
    octets = bytearray(chain(count))
    at %= len(octets)
    if octets[at] == octet:
        return
    octets[at] = octet
    read = read_journal(bytes(octets), PLAN)
    last = bytes(chain(count)).rfind(b"\n", 0, -1)
    # Of the last line nobody can say whether it was changed or torn: it is cut off. Any other is a problem.
    assert read.problem or (read.torn and at > last and len(read.records) == count - 1)


@pytest.mark.parametrize("what", ["taken out", "twice", "exchanged", "another plan", "older owner"])
def test_lines_out_of_place_are_a_problem(what: str) -> None:
    lines = chain(5).splitlines(keepends=True)
    plan = PLAN
    if what == "taken out":
        del lines[1]
    elif what == "twice":
        lines.insert(1, lines[1])
    elif what == "exchanged":
        lines[1], lines[2] = lines[2], lines[1]
    elif what == "another plan":
        plan = "cd" * 32
    else:
        read = read_journal(chain(5), PLAN)
        old = Record(number=6, previous=read.tip, fence=1, at=noon(), kind="done")
        lines.append(line_of(old)[0])
    assert read_journal(b"".join(lines), plan).problem


def test_opened_again_it_goes_on_with_a_greater_token(tmp_path: Path) -> None:
    with Journal(tmp_path, "x", PLAN, noon) as journal:
        first = journal.append(kind="begin", action="commit", wave=1, device="leaf1")
    with Journal(tmp_path, "x", PLAN, noon) as journal:
        assert journal.records == (first,)
        second = journal.append(kind="done", action="commit", wave=1, device="leaf1")
    assert second.fence > first.fence
    assert [r.number for r in look(tmp_path, "x", PLAN).records] == [1, 2]


def test_a_lease_whose_text_is_lost_does_not_begin_anew(tmp_path: Path) -> None:
    with Journal(tmp_path, "x", PLAN, noon) as journal:
        fence = journal.append(kind="note").fence
    (tmp_path / "x.lease").write_bytes(b"")
    with Journal(tmp_path, "x", PLAN, noon) as journal:
        assert journal.append(kind="note").fence > fence


def test_there_is_one_owner_at_a_time(tmp_path: Path) -> None:
    with Journal(tmp_path, "x", PLAN, noon), pytest.raises(Busy, match="somebody else"):
        Journal(tmp_path, "x", PLAN, noon)
    Journal(tmp_path, "x", PLAN, noon).close()


def test_an_owner_who_was_replaced_writes_no_more(tmp_path: Path) -> None:
    """Where locks are not honoured, as on some network file systems: the lock is taken away here."""
    journal = Journal(tmp_path, "x", PLAN, noon)
    journal.append(kind="note", detail="first")
    (tmp_path / "x.lease").write_bytes(json.dumps({"fence": journal.fence + 1}).encode())
    with pytest.raises(Stale, match="another owner"):
        journal.append(kind="note", detail="too late")
    with pytest.raises(Permanent):
        journal.append(kind="note", detail="still too late")
    journal.close()
    assert [r.detail for r in look(tmp_path, "x", PLAN).records] == ["first"]


def test_what_somebody_else_has_written_is_noticed(tmp_path: Path) -> None:
    with Journal(tmp_path, "x", PLAN, noon) as journal:
        journal.append(kind="note")
        with open(tmp_path / "x.journal", "ab") as file:
            file.write(b"hello\n")
        with pytest.raises(Stale, match="written by somebody else"):
            journal.append(kind="note")


CHILD = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from crossconnect.rollout.journal_file import Journal

    journal = Journal(Path(sys.argv[1]), "x", sys.argv[2], lambda: "2026-11-27T12:00:00+00:00")
    while True:
        record = journal.append(kind="begin", action="commit", device="leaf" + "x" * int(sys.argv[3]))
        print(record.number, journal.fence, flush=True)
    """
)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1 << 30))
def test_killed_at_any_moment_everything_announced_is_there(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    draw = random.Random(seed)
    directory = tmp_path_factory.mktemp("journal")
    announced, fences = 0, []
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(directory), PLAN, str(draw.choice((0, 200, 9000)))],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(draw.random() * 0.05)
        os.kill(child.pid, signal.SIGKILL)
        rest = child.stdout.read().splitlines()
        child.wait()
        whole = [line.split() for line in (first, *rest) if len(line.split()) == 2]
        # A number that was cut off by the kill itself is not looked at.
        announced = max(int(number) for number, _ in whole[:-1] or whole)
        fences.append(int(whole[0][1]))
        read = look(directory, "x", PLAN)
        assert read.problem == ""
        assert len(read.records) >= announced
    assert fences == sorted(set(fences)), "each owner has a greater token"
    with Journal(directory, "x", PLAN, noon) as journal:
        assert len(journal.records) >= announced
        journal.append(kind="note")
    shutil.rmtree(directory)


FULL = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from crossconnect.errors import Retryable
    from crossconnect.rollout.journal_file import Journal, look

    directory, plan = Path(sys.argv[1]), sys.argv[2]
    journal = Journal(directory, "x", plan, lambda: "2026-11-27T12:00:00+00:00")
    count = 0
    try:
        while True:
            journal.append(kind="begin", action="commit", device="leaf" + "x" * 2000)
            count += 1
    except Retryable as error:
        assert "is not begun" in str(error), error
    assert len(look(directory, "x", plan).records) == count
    assert look(directory, "x", plan).torn == 0
    for _ in range(20):
        journal.append(urgent=True, kind="begin", action="undo", device="leaf1")
    journal.close()
    read = look(directory, "x", plan)
    assert read.problem == "" and len(read.records) == count + 20, read.problem
    print("ok", count)
    """
)


def test_on_a_full_disk_nothing_is_begun_and_undoing_is_still_written_down(tmp_path: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("unshare is not installed")
    script = f"mount -t tmpfs -o size=1m none {tmp_path} && exec {sys.executable} -c '{FULL}' {tmp_path} {PLAN}"
    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, check=False)
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip(f"no namespaces of one's own here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("ok ")
    assert int(done.stdout.split()[1]) > 50
