"""The example on six network operating systems, and its tabs in the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from crossconnect.cli.group import run
from crossconnect.cli.region import load
from crossconnect.cli.system_samples import system_samples
from crossconnect.nos.registry import BUILT_IN
from crossconnect.report import ReportInputs, Systems, write_html

MIXED = Path(__file__).parents[3] / "examples" / "mixed"


def test_the_mixed_example_is_on_all_systems_and_none_has_a_word_against_it() -> None:
    loaded = load(MIXED)
    assert loaded.findings == ()
    assert loaded.blueprint is not None
    assert {device.nos for device in loaded.blueprint.devices} == set(BUILT_IN)


def test_every_promise_of_the_mixed_example_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prove", "-C", str(MIXED)]) == 0
    assert "2 proven" in capsys.readouterr().err + capsys.readouterr().out


def test_each_system_has_a_tab_with_a_whole_device() -> None:
    blueprint = load(MIXED).blueprint
    assert blueprint is not None
    samples = system_samples(blueprint)
    page = write_html(ReportInputs(region="mixed", systems=Systems(region="mixed", samples=samples)))
    assert page.count('type="radio"') == len(BUILT_IN)
    assert page.count('checked="checked"') == 1
    for sample in samples:
        assert f'for="tab-{sample.nos}"' in page
    for words in ("vxlan vlan", "host-name a-border1", "feature nv overlay", "network-instance", "VXLAN_TUNNEL"):
        assert words in page or words in "".join(s.text for s in samples)
