"""A lab file of EVE-NG (`.unl`) with our configurations as startup configurations.

Source: lab files of EVE-NG and of UNetLab (html/includes/__lab.php of github.com/dainok/unetlab): `node`, `interface`
with the id of a network, `network` of type bridge, `configs` in base64 by node id.
"""

from __future__ import annotations

import base64
import math
import uuid
from collections.abc import Iterable
from xml.etree import ElementTree

from crossconnect.design.blueprint import Blueprint
from crossconnect.lab.exports.images import IMAGES, Eve
from crossconnect.lab.exports.nodes import ExportNode, export_nodes

_LINUX = IMAGES["frr"].eve
_ROWS = {"super-spine": 0, "spine": 1, "leaf": 2, "border-leaf": 2, "peer": 3, "host": 3}
_STEP = 150


def eve_ng_files(blueprint: Blueprint) -> dict[str, str]:
    """Files by path: `<region>.unl`, and each node's further files under `configs/<node>/`. All systems must be in
    `IMAGES`."""
    nodes = export_nodes(blueprint)
    ids = {node.name: number for number, node in enumerate(nodes, 1)}
    lab = ElementTree.Element(
        "lab",
        name=blueprint.region,
        id=str(uuid.uuid5(uuid.NAMESPACE_DNS, blueprint.region)),
        version="1",
        scripttimeout="900",
        lock="0",
        author="crossconnect",
    )
    topology = ElementTree.SubElement(lab, "topology")
    networks = {(w.a_device, w.a_port): n for n, w in enumerate(blueprint.wires, 2)}
    networks |= {(w.b_device, w.b_port): n for n, w in enumerate(blueprint.wires, 2)}
    places = _places(nodes)
    parent = ElementTree.SubElement(topology, "nodes")
    for node in nodes:
        _node(parent, node, ids[node.name], places[node.name], networks)
    parent = ElementTree.SubElement(topology, "networks")
    _network(parent, 1, "pnet0", "management", visible=True)
    for number, wire in enumerate(blueprint.wires, 2):
        _network(parent, number, "bridge", wire.key, visible=False)
    configs = ElementTree.SubElement(ElementTree.SubElement(lab, "objects"), "configs")
    files: dict[str, str] = {}
    for node in nodes:
        main, *others = [(name, text) for name, text in (("network.sh", node.script), *node.files.items()) if text]
        config = ElementTree.SubElement(configs, "config", id=str(ids[node.name]))
        config.text = base64.b64encode(main[1].encode()).decode()
        files |= {f"configs/{node.name}/{name}": text for name, text in others}
    ElementTree.indent(lab)
    text = ElementTree.tostring(lab, encoding="unicode", xml_declaration=True)
    return {f"{blueprint.region}.unl": text + "\n", **files}


def _places(nodes: Iterable[ExportNode]) -> dict[str, tuple[int, int]]:
    """(left, top) of each node: a row per kind, super-spines on top."""
    rows: dict[int, list[str]] = {}
    for node in nodes:
        rows.setdefault(_ROWS.get(node.role, 2), []).append(node.name)
    widest = max(map(len, rows.values()), default=1)
    places: dict[str, tuple[int, int]] = {}
    for row, names in rows.items():
        before = math.floor((widest - len(names)) * _STEP / 2)
        places |= {name: (50 + before + n * _STEP, 50 + row * _STEP) for n, name in enumerate(names)}
    return places


def _node(
    parent: ElementTree.Element,
    node: ExportNode,
    number: int,
    place: tuple[int, int],
    networks: dict[tuple[str, str], int],
) -> None:
    eve: Eve = IMAGES[node.nos].eve if node.nos else _LINUX
    offset = 1 if eve.management else 0
    count = offset + max((position for _, position in node.ports), default=0)
    element = ElementTree.SubElement(
        parent,
        "node",
        id=str(number),
        name=node.name,
        type="qemu",
        template=eve.template,
        image=eve.image,
        console=eve.console,
        cpu=str(eve.cpu),
        cpulimit="0",
        ram=str(eve.ram_mib),
        ethernet=str(count),
        uuid=str(uuid.uuid5(uuid.NAMESPACE_DNS, node.name)),
        delay="0",
        icon=eve.icon,
        config="1",
        left=str(place[0]),
        top=str(place[1]),
    )
    if eve.management:
        ElementTree.SubElement(element, "interface", id="0", name=eve.management, type="ethernet", network_id="1")
    for port, position in node.ports:
        # Of Linux the ports are numbered from 0 in EVE-NG: the script calls them as the region does.
        name = eve.port.format(n=position, n0=position - 1) if eve.management else port
        identity = position if eve.management else position - 1
        network = str(networks[node.name, port])
        ElementTree.SubElement(element, "interface", id=str(identity), name=name, type="ethernet", network_id=network)


def _network(parent: ElementTree.Element, number: int, kind: str, name: str, *, visible: bool) -> None:
    ElementTree.SubElement(
        parent,
        "network",
        id=str(number),
        type=kind,
        name=name,
        left="30",
        top="30",
        visibility="1" if visible else "0",
    )
