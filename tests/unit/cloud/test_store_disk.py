"""When a command is answered, and the disk. Input: a disk that is slow, or fails. Output: what the caller is told, what
others see, what a restart finds."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from cloud_kinds import NETWORK, NetworkBody
from cloud_service import RED, served
from crossconnect.cloud.resource import Refused
from crossconnect.cloud.service import Service


def test_a_command_is_answered_when_the_disk_has_it_and_others_begin_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, may = os.fdatasync, threading.Event()

    def slow(file: int) -> None:
        assert may.wait(30)
        real(file)

    async def story(service: Service) -> None:
        first = await service.create(NETWORK, RED, NetworkBody())
        monkeypatch.setattr(os, "fdatasync", slow)
        asked = asyncio.create_task(service.create(NETWORK, RED, NetworkBody()))
        feed = await service.changes(RED, first.revision, wait_s=20)
        assert [commit.number for commit in feed.commits] == [first.revision + 1]
        await asyncio.sleep(0.2)
        assert not asked.done()
        may.set()
        assert (await asyncio.wait_for(asked, 20)).revision == first.revision + 1

    served(str(tmp_path / "cloud.db"), story)


def test_a_disk_that_fails_leaves_it_open_whether_a_command_was_carried_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fdatasync

    def broken(file: int) -> None:
        raise OSError(5, "Input/output error")

    async def story(service: Service) -> None:
        await service.create(NETWORK, RED, NetworkBody())
        monkeypatch.setattr(os, "fdatasync", broken)
        with pytest.raises(Refused) as refused:
            await service.create(NETWORK, RED, NetworkBody(), token="again")
        assert (refused.value.status, refused.value.problems[0].code) == (503, "store.unknown")
        monkeypatch.setattr(os, "fdatasync", real)
        again = await service.create(NETWORK, RED, NetworkBody(), token="again")
        assert again.revision == 2  # it was carried out, once

    served(str(tmp_path / "cloud.db"), story)


def test_the_log_that_was_made_anew_is_the_one_that_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever closes a database last removes its log."""
    written: list[int] = []
    real = os.fdatasync

    def noted(file: int) -> None:
        written.append(os.fstat(file).st_ino)
        real(file)

    monkeypatch.setattr(os, "fdatasync", noted)
    path = tmp_path / "cloud.db"

    async def story(service: Service) -> None:
        await service.create(NETWORK, RED, NetworkBody())
        assert written[-1] == (tmp_path / "cloud.db-wal").stat().st_ino

    served(str(path), story)
    assert not (tmp_path / "cloud.db-wal").exists()
    served(str(path), story)
