"""Blueprint -> nodes of a lab with vendors' images: files, commands, names of ports. Pure."""

from __future__ import annotations

import itertools
import json

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.finding import Finding, Place, found
from crossconnect.lab.codes import NO_IMAGE
from crossconnect.lab.exports.images import FRR_IMAGE, HOST_IMAGE, IMAGES, Image
from crossconnect.lab.host_node import host_node
from crossconnect.lab.peer_node import frr_configuration, peer_node
from crossconnect.lab.plan import Batch, NodePlan
from crossconnect.lab.switch_kernel import kernel_switch
from crossconnect.net.order import natural_key
from crossconnect.nos.frr import linux_side
from crossconnect.nos.frr.network_os import SYSTEM_10
from crossconnect.nos.registry import interface_names
from crossconnect.nos.rendering import render_files
from crossconnect.nos.secrets import secret_token

_PEER_DAEMONS = "bgpd=yes\nbfdd=yes\nvtysh_enable=yes\n"
_VTYSH = "service integrated-vtysh-config\n"


class ExportNode(msgspec.Struct, frozen=True, kw_only=True):
    """A switch, external router or host of the lab."""

    name: str
    role: str
    """Role of a switch, `peer` or `host`."""
    nos: str
    """Empty for external routers and hosts, which are Linux."""
    image: str
    files: dict[str, str]
    """By name; without secrets, whose references stand in their places."""
    script: str = ""
    """Shell commands that make the Linux side, for nodes that are Linux."""
    ports: tuple[tuple[str, int], ...]
    """(port as the region has it, place counted from 1)."""
    management: str = ""
    """IPv4 address of its management port, with length."""


def unexportable(blueprint: Blueprint) -> tuple[Finding, ...]:
    """Systems for which no image is known: extensions."""
    others = sorted({device.nos for device in blueprint.devices} - IMAGES.keys())
    return tuple(found(NO_IMAGE, Place(path="devices"), f"no image of {nos} is known") for nos in others)


def export_nodes(blueprint: Blueprint) -> tuple[ExportNode, ...]:
    """Every node. All systems must be in `IMAGES`."""
    switches = [_switch(device, blueprint) for device in blueprint.devices]
    return (*switches, *_peers(blueprint), *_hosts(blueprint))


def _switch(device: DeviceConfiguration, blueprint: Blueprint) -> ExportNode:
    image = IMAGES[device.nos]
    files = render_files(device, SYSTEM_10 if device.nos == "frr" else None)
    script = ""
    if device.nos == "frr":
        script = _linux_script(device)
        files = {name: text for name, text in files.items() if name in image.mounts}
    names = interface_names()[device.nos].ports(1024)
    place = {name: n for n, name in enumerate(names, 1)}
    ends = [end for wire in blueprint.wires for end in ((wire.a_device, wire.a_port), (wire.b_device, wire.b_port))]
    ports = sorted({port for name, port in ends if name == device.name}, key=natural_key)
    unnamed = itertools.count(513)
    return ExportNode(
        name=device.name,
        role=device.role,
        nos=device.nos,
        image=image.image,
        files={name: _renamed(text, image) for name, text in files.items()},
        script=script,
        ports=tuple((port, place.get(port) or next(unnamed)) for port in ports),
        management=next(
            (a for i in device.interfaces if i.kind == "management" for a in i.addresses if ":" not in a), ""
        ),
    )


def _renamed(text: str, image: Image) -> str:
    for ours, theirs in image.renamed:
        text = text.replace(ours, theirs)
    return text


def _linux_script(device: DeviceConfiguration) -> str:
    linux = linux_side(device)
    realised = kernel_switch(linux)
    node = NodePlan(name=device.name, kind="switch", sysctls=linux.sysctls, setup=(*realised.setup, *realised.plug))
    return shell_script(node)


def shell_script(node: NodePlan) -> str:
    """What a node is made of, as a script: kernel settings, then the lines of `ip` and `bridge` in order."""
    lines = ["#!/bin/sh", "# Stops at the first command that fails.", "set -e"]
    # Some belong to the whole machine, and are read only in a container.
    lines += [f'sysctl -q -w {name}={json.dumps(value)} || echo "not set: {name}" >&2' for name, value in node.sysctls]
    for batch in node.setup:
        lines += [_command(batch, line) for line in batch.lines]
    return "\n".join(lines) + "\n"


def _command(batch: Batch, line: str) -> str:
    return f"{batch.tool} {line}"


def _peers(blueprint: Blueprint) -> list[ExportNode]:
    found_nodes: list[ExportNode] = []
    for peer in blueprint.peers:
        tokens = {s.password: secret_token(s.password) for s in peer.sessions if s.password}
        as_frr = msgspec.structs.replace(peer, daemon="frr")
        node = peer_node(as_frr, tokens, True, {name: name for name in ("zebra", "bgpd", "bfdd")}).node
        found_nodes.append(
            ExportNode(
                name=peer.name,
                role="peer",
                nos="",
                image=FRR_IMAGE,
                files={"frr.conf": frr_configuration(as_frr, tokens), "daemons": _PEER_DAEMONS, "vtysh.conf": _VTYSH},
                script=shell_script(node),
                ports=tuple((port, n) for n, port in enumerate(peer.ports, 1)),
            )
        )
    return found_nodes


def _hosts(blueprint: Blueprint) -> list[ExportNode]:
    return [
        ExportNode(
            name=host.name,
            role="host",
            nos="",
            image=HOST_IMAGE,
            files={},
            script=shell_script(host_node(host, True).node),
            ports=tuple((port, n) for n, port in enumerate(host.ports, 1)),
        )
        for host in blueprint.hosts
    ]
