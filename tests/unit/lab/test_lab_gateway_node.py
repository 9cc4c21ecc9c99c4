"""The routing half of a gateway node in a lab's plan: one VRF per provider network, plugged into its chassis."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from cloud_region import TWO_NETWORKS, cloud_region, texts
from crossconnect.design import compile_region
from crossconnect.design.blueprint import Blueprint
from crossconnect.errors import BadInput
from crossconnect.lab.ovn.gateway_node import GatewayNodePlan, agent_configuration, frr_configuration, gateway_plans
from crossconnect.lab.ovn.software import OvnSoftware
from crossconnect.lab.ovn.underlay import central_plan, cloud_fabric, fabric_chassis, fabric_gateways
from regions import compiled, small

SOFTWARE = OvnSoftware(wanted="23.03", root="", version="23.03.1", switch_version="3.1.0", datapath="netdev")


@pytest.fixture(scope="module")
def blueprint() -> Blueprint:
    """The region with two provider networks."""
    result = compile_region(cloud_region(texts(*TWO_NETWORKS))).blueprint
    assert result is not None
    return result


def gateways(blueprint: Blueprint) -> tuple[GatewayNodePlan, ...]:
    central = central_plan(SOFTWARE, 1)
    fabric, chassis = cloud_fabric(blueprint)
    return fabric_gateways(fabric_chassis(chassis, central, fabric), central, fabric, {})


def test_every_gateway_node_has_a_router_with_a_management_address_of_its_own(blueprint: Blueprint) -> None:
    plans = gateways(blueprint)
    assert [(plan.chassis, plan.router.name) for plan in plans] == [("gw1", "gw1-router"), ("gw2", "gw2-router")]
    assert len({plan.management for plan in plans}) == 2


def test_chassis_have_their_networks_and_hypervisors_none(blueprint: Blueprint) -> None:
    fabric, chassis = cloud_fabric(blueprint)
    plans = fabric_chassis(chassis, central_plan(SOFTWARE, 1), fabric)
    assert {plan.name: [port.network for port in plan.networks] for plan in plans} == {
        "gw1": ["internet", "private"],
        "gw2": ["internet", "private"],
        "hv1": [],
    }


def test_networks_are_apart_in_what_frr_is_told(blueprint: Blueprint) -> None:
    text = frr_configuration(gateways(blueprint)[0])
    speakers = text.split("router bgp ")[1:]
    assert [speaker.split("\n")[0] for speaker in speakers] == ["64512 vrf cloud-inet", "64512 vrf cloud-priv"]
    sessions = gateways(blueprint)[0].router.sessions
    own = {vrf: {s.remote_address for s in sessions if s.vrf == vrf} for vrf in ("cloud-inet", "cloud-priv")}
    for speaker, vrf in zip(speakers, ("cloud-inet", "cloud-priv"), strict=True):
        assert {line.split()[1] for line in speaker.splitlines() if " remote-as " in line} == own[vrf]
    assert "redistribute kernel route-map private-kernel-v4" in speakers[1]
    assert "203.0.113" not in speakers[1]


@pytest.mark.skipif(shutil.which("vtysh") is None, reason="FRR is not installed")
def test_frr_takes_it(blueprint: Blueprint, tmp_path: Path) -> None:
    path = tmp_path / "frr.conf"
    path.write_text(frr_configuration(gateways(blueprint)[0]))
    done = subprocess.run(["vtysh", "-C", "-f", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_what_the_agent_is_told(blueprint: Blueprint) -> None:
    told = json.loads(agent_configuration(gateways(blueprint)[1]))
    assert told["chassis"] == "gw2"
    assert [(n["name"], n["namespace"], n["prefixes"]) for n in told["networks"]] == [
        ("internet", "cloud-inet", ["203.0.113.0/24", "2001:db8:f::/48"]),
        ("private", "cloud-priv", ["10.96.0.0/16"]),
    ]
    assert told["leave"][:2] == told["join"][:2] == ["sh", "-c"]


def test_a_region_without_a_cloud() -> None:
    blueprint = compiled(small()).blueprint
    assert blueprint is not None
    assert gateway_plans(blueprint, {}, central_plan(SOFTWARE, 1), {}) == ()
    with pytest.raises(BadInput, match="carries no cloud"):
        cloud_fabric(blueprint)
