"""Every rendered `config_db.json` against SONiC's own YANG models, and every `frr.conf` by FRR's own parser."""

from __future__ import annotations

import shutil

import pytest
import sonic_yang
from frr_router import dry_run

from crossconnect.nos.frr import Version
from crossconnect.nos.rendering import render_files
from nos_region import cases

CASES = cases("sonic")


@pytest.mark.parametrize("case", CASES)
def test_sonics_models_take_the_whole_of_config_db(case: str) -> None:
    config = sonic_yang.on_hardware(render_files(CASES[case])["config_db.json"])
    assert sonic_yang.errors(config) == []


def test_the_models_refuse_what_is_wrong() -> None:
    """So that an empty list of errors means something."""
    config = sonic_yang.on_hardware(render_files(CASES["leaf-numbered"])["config_db.json"])
    config["VLAN_MEMBER"]["Vlan999|Ethernet8"] = {"tagging_mode": "tagged"}
    assert "VLAN" in "".join(sonic_yang.errors(config))
    del config["VLAN_MEMBER"]["Vlan999|Ethernet8"]
    config["VRF"]["Vrfred-prod"]["vni"] = "16777216"
    assert "16777216" in "".join(sonic_yang.errors(config))


@pytest.mark.parametrize("version", ["8.4", "10"])
@pytest.mark.parametrize("case", CASES)
def test_vtysh_takes_every_line(case: str, version: Version) -> None:
    if shutil.which("vtysh") is None:
        pytest.skip("no vtysh here")
    assert dry_run(version, render_files(CASES[case])["frr.conf"]) == ""
