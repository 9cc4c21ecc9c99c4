"""A containerlab topology with our configurations: `containerlab deploy -t topology.clab.yml` starts it.

Source: containerlab, "Topology definition" and the JSON Schema of it (schemas/clab.schema.json of August 2026).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.lab.exports.images import HOST_IMAGE, IMAGES
from crossconnect.lab.exports.nodes import ExportNode, export_nodes

TOPOLOGY = "topology.clab.yml"
_HEAD = """\
# {region} for containerlab (https://containerlab.dev): containerlab deploy -t {file}
# Images are not ours to give: change `image` to what you have. Secrets are not in here; their references stand in
# their places, so passwords are those words.
{notes}"""


def containerlab_files(blueprint: Blueprint) -> dict[str, str]:
    """Files by path: the topology, and each node's own under `configs/<node>/`. All systems must be in `IMAGES`."""
    nodes = export_nodes(blueprint)
    topology: dict[str, object] = {"name": blueprint.region}
    if management := _management(nodes):
        topology["mgmt"] = management
    names = {node.name: dict(_port_names(node)) for node in nodes}
    topology["topology"] = {
        "nodes": {node.name: _node(node) for node in nodes},
        "links": [
            {"endpoints": [f"{a}:{names[a][w.a_port]}", f"{b}:{names[b][w.b_port]}"]}
            for w in blueprint.wires
            for a, b in [(w.a_device, w.b_device)]
        ],
    }
    head = _HEAD.format(region=blueprint.region, file=TOPOLOGY, notes=_notes(blueprint))
    files = {TOPOLOGY: head + msgspec.yaml.encode(topology).decode()}
    for node in nodes:
        files |= {f"configs/{node.name}/{name}": text for name, text in node.files.items()}
        if node.script:
            files[f"configs/{node.name}/network.sh"] = node.script
    return files


def _notes(blueprint: Blueprint) -> str:
    systems = sorted({device.nos for device in blueprint.devices})
    return "".join(f"# {nos}: {IMAGES[nos].by_hand}\n" for nos in systems if IMAGES[nos].by_hand)


def _management(nodes: Iterable[ExportNode]) -> dict[str, object]:
    """The management network has the region's own addresses, so that a switch's configuration is right as it is."""
    networks = {ipaddress.IPv4Interface(node.management).network for node in nodes if node.management}
    if len(networks) != 1:
        return {}
    network = networks.pop()
    taken = {ipaddress.IPv4Interface(node.management).ip for node in nodes if node.management}
    out: dict[str, object] = {"network": "xc-management", "ipv4-subnet": str(network)}
    # Nodes without an address of ours take one of these.
    free = [half for half in network.subnets() if not any(address in half for address in taken)]
    if free and network.prefixlen <= 29:
        out["ipv4-range"] = str(free[-1])
    return out


def _port_names(node: ExportNode) -> Iterable[tuple[str, str]]:
    pattern = IMAGES[node.nos].port if node.nos else ""
    for port, place in node.ports:
        yield port, pattern.format(n=place) if pattern else port


def _node(node: ExportNode) -> Mapping[str, object]:
    if node.role == "host":
        # Its port is called eth0, which containerlab would keep for management.
        mounted = [f"configs/{node.name}/network.sh:/network.sh:ro"]
        return {
            "kind": "linux",
            "image": HOST_IMAGE,
            "group": "host",
            "network-mode": "none",
            "binds": mounted,
            "exec": ["sh /network.sh"],
        }
    if node.role == "peer":
        binds = [f"configs/{node.name}/{name}:/etc/frr/{name}" for name in (*node.files, "network.sh")]
        out: dict[str, object] = {"kind": "linux", "image": node.image, "group": "peer", "binds": binds}
        return {**out, "exec": ["sh /etc/frr/network.sh", "vtysh -b"]}
    image = IMAGES[node.nos]
    out = {"kind": image.kind, "image": image.image, "group": node.role}
    if image.type:
        out["type"] = image.type
    if node.management:
        out["mgmt-ipv4"] = node.management.partition("/")[0]
    if image.virtual_machine:
        out["env"] = {"CLAB_MGMT_PASSTHROUGH": "true"}
    if image.mounts:
        out["binds"] = [f"configs/{node.name}/{name}:{path}" for name, path in image.mounts.items()]
        out["exec"] = ["sh /etc/frr/network.sh", "vtysh -b"]
    else:
        out["startup-config"] = f"configs/{node.name}/{next(iter(node.files))}"
    return out
