"""A process is killed only if it is still the one that was written down."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import msgspec
import pytest

from crossconnect.lab.journal import JOURNAL, is_alive, kill, record_process, recorded_processes, start_time


@pytest.fixture
def sleeper():
    process = subprocess.Popen(["sleep", "3600"])
    yield process
    process.kill()
    process.wait()


def test_a_recorded_process_is_found_again_and_killed(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    record_process(tmp_path, sleeper.pid, "holder")
    [record] = recorded_processes(tmp_path)
    assert is_alive(record)
    assert kill(record)
    assert sleeper.wait(timeout=120) == -9
    assert not is_alive(record)
    assert not kill(record)


def test_a_number_given_to_another_process_is_left_alone(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    record = record_process(tmp_path, sleeper.pid, "holder")
    earlier = msgspec.structs.replace(record, start=record.start - 1)
    assert not is_alive(earlier)
    assert not kill(earlier)
    assert sleeper.poll() is None


def test_a_process_in_another_namespace_is_left_alone(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    record = record_process(tmp_path, sleeper.pid, "holder", namespace="pid:[1]")
    assert not kill(record)
    assert sleeper.poll() is None


def test_a_process_of_an_earlier_boot_is_left_alone(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    record = msgspec.structs.replace(record_process(tmp_path, sleeper.pid, "holder"), boot="another")
    assert not kill(record)
    assert sleeper.poll() is None


def test_a_journal_cut_off_in_the_middle_of_a_line_is_read_up_to_there(tmp_path: Path) -> None:
    record_process(tmp_path, os.getpid(), "first")
    journal = tmp_path / JOURNAL
    journal.write_bytes(journal.read_bytes() + b'{"role": "sec')
    assert [record.role for record in recorded_processes(tmp_path)] == ["first"]


def test_no_journal_no_processes(tmp_path: Path) -> None:
    assert recorded_processes(tmp_path) == ()


def test_a_zombie_is_not_alive() -> None:
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert start_time(process.pid) is None
    process.wait()
