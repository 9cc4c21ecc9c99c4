"""The directory of rendered files survives being killed at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from crossconnect.cli.group import run
from crossconnect.cli.render_directory import MARKER, write_devices
from crossconnect.cli.replacing import exchange, fresh_directory
from crossconnect.design.blueprint import Blueprint
from crossconnect.device.configuration import DeviceConfiguration
from regions import compiled, small

KILLED = """
import os, signal, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from crossconnect.cli.render_directory import write_devices
from regions import compiled, small

seen = []

def render(device):
    seen.append(device)
    if len(seen) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return {{"frr.conf": "new"}}

write_devices(Path({directory!r}), compiled(small()).blueprint.devices, render, replace_all=True)
"""


@pytest.fixture(scope="module")
def blueprint() -> Blueprint:
    return compiled(small()).blueprint


def plain(device: DeviceConfiguration) -> Mapping[str, str]:
    return {"frr.conf": f"hostname {device.name}\n"}


def tree(directory: Path) -> dict[str, str]:
    return {str(p.relative_to(directory)): p.read_text() for p in directory.rglob("*.conf")}


def test_a_killed_render_leaves_the_old_tree_and_the_next_run_cleans_up(tmp_path: Path, blueprint: Blueprint) -> None:
    directory = tmp_path / "out"
    write_devices(directory, blueprint.devices, plain, replace_all=True)
    before = tree(directory)
    # A device that is rendered anew is what a killed run is busy with.
    (directory / MARKER).write_text("{}")
    tests = str(Path(__file__).parents[2])
    script = KILLED.format(tests=tests, directory=str(directory))
    killed = subprocess.run([sys.executable, "-c", script], check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 2, "the killed run's own directory is left"
    assert tree(directory) == before
    written = write_devices(directory, blueprint.devices, plain, replace_all=True)
    assert written.rendered == len(blueprint.devices)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_a_run_that_lives_is_writing_is_left_alone(tmp_path: Path, blueprint: Blueprint) -> None:
    directory = tmp_path / "out"
    with fresh_directory(directory, "render") as fresh:
        write_devices(directory, blueprint.devices, plain, replace_all=True)
        assert fresh.exists()
    assert not fresh.exists()


def test_a_tree_moved_aside_by_a_killed_run_comes_back(tmp_path: Path, blueprint: Blueprint) -> None:
    directory = tmp_path / "out"
    write_devices(directory, blueprint.devices, plain, replace_all=True)
    before = tree(directory)
    directory.rename(tmp_path / ".out.render-abc.old")  # between two renames, on a file system that cannot exchange
    (tmp_path / ".out.render-abc").mkdir()
    write_devices(directory, blueprint.devices[:1], plain, replace_all=False)
    assert tree(directory) == before
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_there_is_no_moment_without_the_directory(tmp_path: Path) -> None:
    directory, other = tmp_path / "out", tmp_path / "other"
    for path in (directory, other):
        path.mkdir()
        (path / "file").touch()
    missed: list[int] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            try:
                os.stat(directory / "file")
            except FileNotFoundError:
                missed.append(1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(2000):
        exchange(other, directory)
    done.set()
    watcher.join()
    assert not missed


def test_schemas_are_replaced_whole(tmp_path: Path) -> None:
    (tmp_path / ".region.schema.json.new").write_text("left by a kill")
    assert run(["schema", "-d", str(tmp_path)]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"{kind}.schema.json" for kind in ("checks", "edge", "fabric", "region", "tenancy")
    ]
