"""Systems that installed packages bring: the one of docs/how-to/bring-your-own-nos.md, and broken ones."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "how-to" / "bring-your-own-nos.md"


def installed(directory: Path, code: str, entry: str = "plain_nos:SYSTEM") -> Path:
    """A directory that is for the import path what an installed package is."""
    (directory / "plain_nos.py").write_text(code, encoding="utf-8")
    metadata = directory / "plain_nos-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: plain-nos\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text(f"[crossconnect.nos]\nplain = {entry}\n", encoding="utf-8")
    return directory


def region(directory: Path) -> Path:
    """examples/metro, with one spine of its own system."""
    shutil.copytree(ROOT / "examples" / "metro", directory)
    pod = next((directory / "fabric").glob("*.yaml"))
    assert "\ndevices:" not in pod.read_text()
    pod.write_text(pod.read_text() + "\ndevices:\n  - {name: n1-spine1, nos: plain}\n", encoding="utf-8")
    return directory


def xc(packages: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(packages), "COLUMNS": "200"}
    command = [sys.executable, "-c", "from crossconnect.cli.main import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def page_code() -> str:
    found = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    packages = tmp_path / "packages"
    packages.mkdir()
    return packages, region(tmp_path / "region")


def test_the_system_of_the_how_to_is_known_rendered_and_says_what_it_cannot_do(places: tuple[Path, Path]) -> None:
    packages, root = places
    installed(packages, page_code())
    said = xc(packages, "validate", "-C", str(root))
    assert "n1-spine1: no eBGP EVPN overlay on Plain: it is tiny" in said.stderr + said.stdout
    assert "hint: use a bigger one" in said.stderr + said.stdout
    assert said.returncode == 2


def test_its_files_commands_and_names(places: tuple[Path, Path]) -> None:
    packages, _ = places
    installed(packages, page_code())
    script = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from msgspec.structs import replace\n"
        "from regions import small, compiled\n"
        "from crossconnect.model.device import Device\n"
        "from crossconnect.nos.registry import interface_names\n"
        "from crossconnect.nos.rendering import device_commands, render_files\n"
        "plain = Device(name='a-spine1', nos='plain')\n"
        "region = replace(small(), interface_names=interface_names(), devices=(plain,))\n"
        "device = next(d for d in compiled(region).blueprint.devices if d.nos == 'plain')\n"
        "print(render_files(device)['plain.conf'])\n"
        "print(device_commands(device, replace(device, interfaces=device.interfaces[1:]))[0].text)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(packages)}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment, cwd=ROOT
    )
    assert done.stdout.startswith("hostname a-spine1\ninterface loop0\n   address 10.255.0.")
    assert "interface port1\n   address 10.254.0." in done.stdout
    assert "interface loop0\n   no address fd00:c0:0:1::3/128\n   no address 10.255.0." in done.stdout


@pytest.mark.parametrize(
    ("code", "entry", "why"),
    [
        ("raise RuntimeError('no licence')\n", "plain_nos:SYSTEM", "cannot be loaded: RuntimeError: no licence"),
        ("SYSTEM = 1\n", "plain_nos:SYSTEM", "its entry point leads to no NetworkOs"),
        ("", "plain_nos:SYSTEM", "cannot be loaded: AttributeError"),
        ("", "nowhere:SYSTEM", "cannot be loaded: ModuleNotFoundError"),
    ],
)
def test_a_broken_extension_is_a_finding_at_the_device(
    places: tuple[Path, Path], code: str, entry: str, why: str
) -> None:
    packages, root = places
    installed(packages, code, entry)
    said = xc(packages, "validate", "-C", str(root))
    assert "error nos.extension-broken: n1-spine1 is to run 'plain': network OS plain" in said.stderr + said.stdout
    assert why in said.stderr + said.stdout
    assert said.returncode == 2


def test_an_unknown_system_is_named_with_those_that_are_known(places: tuple[Path, Path]) -> None:
    packages, root = places
    said = xc(packages, "validate", "-C", str(root))
    assert "error nos.unknown: n1-spine1 is to run 'plain', which is no network OS known here" in said.stderr
    assert "one of" in said.stderr
    assert "frr" in said.stderr
