"""`access.yaml`: what counts for a device, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossconnect.cli.access import read_access, target_of
from crossconnect.errors import BadInput
from regions import compiled, small

TEXT = """\
defaults: {user: xc, key: "file:/etc/xc/key", known_hosts: known_hosts}
systems:
  NOS: {user: admin, port: 830}
devices:
  DEVICE: {port: 2222, grpc_port: 9339, address: 192.0.2.7}
"""


def test_the_nearest_counts(tmp_path: Path) -> None:
    """Input: defaults, a system's and a device's entry. Output: of each field the nearest; paths from the file's
    directory; the design's own address where none is said."""
    first, second = compiled(small()).blueprint.devices[:2]
    file = tmp_path / "access.yaml"
    file.write_text(TEXT.replace("DEVICE", first.name).replace("NOS", first.nos))
    target = target_of(read_access(file), tmp_path, first)
    assert (target.address, target.port, target.credential.user) == ("192.0.2.7", 2222, "admin")
    assert target.grpc_port == 9339
    assert target.known_hosts == str(tmp_path / "known_hosts")
    assert target.credential.key == "file:/etc/xc/key"
    own = next(a for i in second.interfaces if i.kind == "management" for a in i.addresses)
    other = target_of(read_access(file), tmp_path, second)
    assert other.grpc_port == 0
    assert (other.address, other.port) == (own.partition("/")[0], 830 if second.nos == first.nos else 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("defaults: {password: hunter2}", "password of defaults: a credential is given as a reference"),
        ("defaults: {colour: red}", "colour"),
        ("defaults: [", "line 1 is no YAML"),
        ("defaults: {key: 'vault:secret'}", "names no field"),
        ("defaults: {port: hunter2}", "Expected `int"),
        ("devices: {leaf1: {port: 99999}}", "port of leaf1: 99999 is not from 1 to 65535"),
        ("systems: {eoss: {user: admin}}", "there is no system eoss; there are eos, frr"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """Input: a secret where a reference belongs, unknown fields, no YAML. Output: what is wrong; never the value."""
    file = tmp_path / "access.yaml"
    file.write_text(text)
    with pytest.raises(BadInput, match=words) as caught:
        read_access(file)
    assert "hunter2" not in str(caught.value)


def test_nothing_says_as_whom(tmp_path: Path) -> None:
    """Input: an empty file. Output: which device, and what is missing."""
    file = tmp_path / "access.yaml"
    file.write_text("")
    device = compiled(small()).blueprint.devices[0]
    with pytest.raises(BadInput, match=f"nothing says how {device.name} is reached: no user"):
        target_of(read_access(file), tmp_path, device)
