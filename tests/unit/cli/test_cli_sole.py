"""Two plans on one lab. Input: a second one while the first is carried out. Output: it is told so; later it may."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossconnect.cli.lab_hands import LabNetwork
from crossconnect.errors import Busy
from crossconnect.lab import Lab, LabRecord


def test_a_lab_is_one_plans_at_a_time(tmp_path: Path) -> None:
    record = LabRecord(name="one", region="metro", backend="namespace", rootless=False, state="up")
    one, other = (LabNetwork(Lab(tmp_path, record)) for _ in range(2))
    with one.held(tmp_path / "one.plan", "1", True) as kept:
        assert kept == tmp_path / "one.plan"
        with pytest.raises(Busy, match=r"plan\.lease is locked"), other.held(tmp_path / "other.plan", "2", True):
            pass
    with other.held(tmp_path / "other.plan", "2", True) as kept:
        assert kept == tmp_path / "other.plan"
