"""A region as a lab of vendors' images: the topology by containerlab's own schema, the lab file of EVE-NG."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml

from crossconnect.cli.group import run
from crossconnect.design.blueprint import Blueprint
from crossconnect.lab.exports import IMAGES, containerlab_files, eve_ng_files
from crossconnect.nos.registry import BUILT_IN, interface_names, known
from nos_region import reference_blueprint

DATA = Path(__file__).parents[2] / "data" / "containerlab"
METRO = Path(__file__).parents[3] / "examples" / "metro"
SCHEMA = json.loads((DATA / "clab.schema.json").read_text().replace(r"[\\p{N}\\p{L}]", r"\\w"))
"""schemas/clab.schema.json of github.com/srl-labs/containerlab, August 2026 (BSD-3-Clause). Its regular expressions are
JavaScript's, of which Python lacks one class."""
SYSTEMS = [nos for nos in IMAGES if nos in known()]


def topology_of(files: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(files["topology.clab.yml"])
    return found


@pytest.fixture(params=SYSTEMS)
def blueprint(request: pytest.FixtureRequest) -> Blueprint:
    return reference_blueprint(request.param)


def test_every_system_of_ours_has_an_image() -> None:
    assert set(BUILT_IN) <= IMAGES.keys()


def test_the_topology_is_one_by_the_schema_of_the_tool(blueprint: Blueprint) -> None:
    topology = topology_of(containerlab_files(blueprint))
    jsonschema.validate(topology, SCHEMA)
    nodes, links = topology["topology"]["nodes"], topology["topology"]["links"]
    assert nodes.keys() == {d.name for d in (*blueprint.devices, *blueprint.hosts, *blueprint.peers)}
    ends = [end for link in links for end in link["endpoints"]]
    assert len(ends) == len(set(ends)) == 2 * len(blueprint.wires)
    assert {end.partition(":")[0] for end in ends} <= nodes.keys()


def test_every_file_that_a_node_needs_is_there(blueprint: Blueprint) -> None:
    files = containerlab_files(blueprint)
    for node in topology_of(files)["topology"]["nodes"].values():
        wanted = [bind.partition(":")[0] for bind in node.get("binds", ())]
        wanted += [node["startup-config"]] if "startup-config" in node else []
        assert wanted
        assert set(wanted) <= files.keys()


def test_management_addresses_are_those_of_the_configurations(blueprint: Blueprint) -> None:
    topology = topology_of(containerlab_files(blueprint))
    for device in blueprint.devices:
        address = next(a for i in device.interfaces if i.kind == "management" for a in i.addresses if ":" not in a)
        assert topology["topology"]["nodes"][device.name]["mgmt-ipv4"] == address.partition("/")[0]


def test_the_lab_of_eve_ng_has_all_cables_and_configurations(blueprint: Blueprint) -> None:
    files = eve_ng_files(blueprint)
    lab = ElementTree.fromstring(files[f"{blueprint.region}.unl"])
    networks = {n.attrib["id"]: n.attrib["name"] for n in lab.iter("network")}
    ends: dict[str, list[str]] = {}
    for node in lab.iter("node"):
        identities = [i.attrib["id"] for i in node.iter("interface")]
        assert len(identities) == len(set(identities))
        assert all(int(i) < int(node.attrib["ethernet"]) for i in identities)
        for interface in node.iter("interface"):
            ends.setdefault(networks[interface.attrib["network_id"]], []).append(node.attrib["name"])
    for wire in blueprint.wires:
        assert sorted(ends[wire.key]) == sorted((wire.a_device, wire.b_device))
    names = {n.attrib["id"]: n.attrib["name"] for n in lab.iter("node")}
    texts = {names[c.attrib["id"]]: base64.b64decode(c.text or "").decode() for c in lab.iter("config")}
    assert all(texts[device.name] for device in blueprint.devices)
    assert all("ip addr" in texts[host.name] for host in blueprint.hosts if host.endpoints[0].addresses)


def test_ports_are_called_as_the_image_calls_them() -> None:
    for nos in SYSTEMS:
        blueprint, image = reference_blueprint(nos), IMAGES[nos]
        links = topology_of(containerlab_files(blueprint))["topology"]["links"]
        spine = next(d for d in blueprint.devices if d.role == "spine")
        first = interface_names()[nos].ports(1)[0]
        wire = next(w for w in blueprint.wires if (w.b_device, w.b_port) == (spine.name, first))
        wanted = image.port.format(n=1) if image.port else first
        assert f"{spine.name}:{wanted}" in links[blueprint.wires.index(wire)]["endpoints"]


def _vrfs_here() -> bool:
    made = "ip link add a type vrf table 10 && ip link add b type bond"
    return subprocess.run([*_NAMESPACE, made], capture_output=True).returncode == 0


_NAMESPACE = ("unshare", "--user", "--map-root-user", "--net", "sh", "-c")


@pytest.mark.skipif(shutil.which("unshare") is None, reason="no unshare")
def test_the_script_of_a_switch_runs(tmp_path: Path) -> None:
    """In a namespace of its own, with ports that lead nowhere: every line is accepted by ip and bridge."""
    blueprint = reference_blueprint("frr")
    files = containerlab_files(blueprint)
    if not _vrfs_here():
        pytest.skip("this kernel has no VRFs or bonds; the same lines run in the labs of tests/lab in user-mode Linux")
    for name in ("a-leaf1", "a-border1", "a-spine1"):
        device = next(d for d in blueprint.devices if d.name == name)
        ports = [i.name for i in device.interfaces if i.kind in ("ethernet", "management")]
        (tmp_path / "network.sh").write_text(files[f"configs/{name}/network.sh"])
        make = "".join(f"ip link add {port} type veth peer name x{n} && " for n, port in enumerate(ports))
        done = subprocess.run(
            ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", f"{make} sh {tmp_path}/network.sh"],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{name}: {done.stderr}"


def test_the_command_writes_a_directory_or_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = tmp_path / "lab"
    for form in ("containerlab", "eve-ng", "containerlab"):
        assert run(["lab", "export", "-C", str(METRO), "--format", form, "-d", str(there)]) == 0
    assert (there / "topology.clab.yml").is_file()
    assert not (there / "metro.unl").exists()
    other = tmp_path / "mine"
    other.mkdir()
    (other / "thesis.txt").write_text("mine")
    capsys.readouterr()
    assert run(["lab", "export", "-C", str(METRO), "-d", str(other)]) == 2
    assert "was not written by 'xc lab export' and is not empty" in capsys.readouterr().err
    assert [p.name for p in other.iterdir()] == ["thesis.txt"]
