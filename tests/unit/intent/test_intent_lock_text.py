"""region.lock as text: readable line by line, written in one step, and telling when somebody edited it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crossconnect.errors import Permanent
from crossconnect.intent import lock_text as subject
from crossconnect.intent.lock import Lock
from crossconnect.intent.lock_text import lock_text, parse_lock, read_lock, write_lock

LOCK = Lock(
    serial=7,
    numbers={
        "loopback-v6": {"a-leaf10": "2001:db8::", "a-leaf2": "2001:db8::1"},
        "port/a-leaf1": {"server:x#1": "Ethernet1/1", "a-leaf1--a-spine1#2": "swp64"},
        "asn": {"no": "4200000000", "~": "", "with: colon # and hash": "- x"},
        "empty": {},
    },
    resting={"link-v4": {"10.0.0.2/31": 3}},
)


def test_a_lock_survives_being_written_and_read() -> None:
    assert parse_lock(lock_text(LOCK)) == (LOCK, ())
    assert parse_lock(lock_text(Lock())) == (Lock(), ())


def test_every_number_has_a_line_in_natural_order() -> None:
    lines = lock_text(LOCK).splitlines()
    assert lines[0].startswith("# ")
    assert "serial: 7" in lines
    assert lines.index("    a-leaf2: 2001:db8::1") < lines.index('    a-leaf10: "2001:db8::"')
    assert "    a-leaf1--a-spine1#2: swp64" in lines


def test_text_does_not_depend_on_the_order_of_insertion() -> None:
    turned = Lock(
        serial=7,
        numbers={pool: dict(reversed(of.items())) for pool, of in reversed(LOCK.numbers.items())},
        resting=LOCK.resting,
    )
    assert lock_text(turned) == lock_text(LOCK)


@pytest.mark.parametrize(
    ("old", "new"),
    [("swp64", "swp63"), ("serial: 7", "serial: 8"), ("/31: 3", "/31: 2"), ("    a-leaf2: 2001:db8::1\n", "")],
)
def test_an_edit_by_hand_is_told(old: str, new: str) -> None:
    lock, (finding,) = parse_lock(lock_text(LOCK).replace(old, new))
    assert lock is None
    assert finding.code == "intent.lock-edited"
    assert str(finding.place) == "region.lock:5:11"
    assert "git checkout" in finding.hint


def test_comments_and_blank_lines_are_nobodys_business() -> None:
    assert parse_lock("# reviewed by me\n\n" + lock_text(LOCK)) == (LOCK, ())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "format: 1\n",
        "format: 2\nserial: 1\nchecksum: x\nnumbers: {}\nresting: {}\n",
        "format: 1\nserial: x\nchecksum: x\nnumbers: {}\nresting: {}\n",
        "format: 1\nserial: 1\nchecksum: x\nnumbers: {a: {b: [c]}}\nresting: {}\n",
        "format: 1\nserial: 1\n<<<<<<< HEAD\nchecksum: x\n=======\n",
        "numbers: {a: 1, a: 2}",
        "\x00",
    ],
)
def test_what_is_no_lock_is_a_finding(text: str) -> None:
    lock, findings = parse_lock(text)
    assert lock is None
    assert {f.code for f in findings} == {"intent.lock-malformed"}
    assert all(f.hint for f in findings)


def test_a_missing_lock_is_fine_and_an_unreadable_one_is_not(tmp_path: Path) -> None:
    assert read_lock(tmp_path) == (None, ())
    (tmp_path / "region.lock").write_bytes(b"\xff\xfe")
    assert [f.code for f in read_lock(tmp_path)[1]] == ["intent.lock-malformed"]
    (tmp_path / "region.lock").unlink()
    (tmp_path / "region.lock").mkdir()
    assert [f.code for f in read_lock(tmp_path)[1]] == ["intent.file-unreadable"]


def test_writing_replaces_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    write_lock(tmp_path, Lock(serial=1))
    os.chmod(tmp_path / "region.lock", 0o640)
    write_lock(tmp_path, LOCK)
    assert read_lock(tmp_path) == (LOCK, ())
    assert [path.name for path in tmp_path.iterdir()] == ["region.lock"]
    assert (tmp_path / "region.lock").stat().st_mode & 0o777 == 0o640


def test_a_write_that_fails_leaves_the_old_lock_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_lock(tmp_path, Lock(serial=1))

    def disk_full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(subject.os, "fsync", disk_full)
    with pytest.raises(Permanent, match=r"region\.lock"):
        write_lock(tmp_path, LOCK)
    assert read_lock(tmp_path) == (Lock(serial=1), ())
    assert [path.name for path in tmp_path.iterdir()] == ["region.lock"]


def test_a_directory_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="nowhere"):
        write_lock(tmp_path / "nowhere", LOCK)
