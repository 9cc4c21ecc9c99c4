"""A switch as a node: its Linux side in the backend's way, FRR's daemons and configuration, lldpd."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from crossconnect.design.blueprint import Blueprint
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.errors import Unsupported
from crossconnect.lab.options import FrrVersion
from crossconnect.lab.plan import Daemon, File, NodePlan
from crossconnect.lab.switch_kernel import kernel_switch
from crossconnect.lab.switch_namespace import Realisation, namespace_switch
from crossconnect.nos.frr import VERSION_CODES, daemons, findings, linux_side, text, whole_tree
from crossconnect.nos.frr.linux import LinuxDevice

FRR_DIRECTORY = "/usr/lib/frr"
LLDP_CONFIGURATION = "/run/lldpd.conf"
LLDP_SOCKET = "/run/lldpd.socket"
LLDP_INTERVAL_S = 1
"""IEEE 802.1AB's 30 s would make a lab wait half a minute for the first neighbour."""

_PRIVATE = ("/run/", "/etc/frr/")
"""Paths of a node that are its own (see `holder`); other files of a device are kept under /run/files to be read."""


class RenderedDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A device as its NOS's renderer gives it: the Linux side, configuration text with secrets in it, daemons."""

    linux: LinuxDevice
    text: str
    daemons: tuple[str, ...]


class SwitchNode(msgspec.Struct, frozen=True, kw_only=True):
    """The node and how it is realised."""

    node: NodePlan
    realisation: Realisation


def rendered_devices(
    blueprint: Blueprint, secrets: Mapping[str, str], version: FrrVersion = "8.4"
) -> dict[str, RenderedDevice]:
    """Every switch rendered for FRR. Raises Unsupported for another NOS, BadInput for a missing secret."""
    others = sorted({device.nos for device in blueprint.devices if device.nos != "frr"})
    if others:
        raise Unsupported(f"the lab runs FRR; the blueprint has devices with {', '.join(others)}")
    return {
        device.name: RenderedDevice(
            linux=linux_side(device), text=text(whole_tree(device, version), secrets), daemons=daemons(device, version)
        )
        for device in blueprint.devices
    }


def version_notes(blueprint: Blueprint, version: FrrVersion) -> tuple[str, ...]:
    """What this FRR does otherwise than 8.4, which is the one that is simulated, one note per kind."""
    kinds: dict[str, list[str]] = {}
    for device in blueprint.devices:
        for finding in findings(device, version):
            if finding.code in VERSION_CODES:
                kinds.setdefault(finding.code, []).append(finding.message)
    return tuple(
        f"{code}: {first}" + (f", and {len(others)} more like it" if others else "")
        for code, (first, *others) in sorted(kinds.items())
    )


def frr_commands(namespace_vrfs: bool, rootless: bool, root: str = "") -> dict[str, str]:
    """Command lines of FRR's daemons by name.

    No TCP port for the CLI (`-P 0`): the unix sockets in the node's own /run/frr serve. Without root there is but one
    user, and the daemons run as that. With `root`, FRR 10.x is run from that directory.
    """
    user = " -u root -g root" if rootless else ""
    commands: dict[str, str] = {}
    prefix = f"chroot {root} " if root else ""
    # 10.x: `-w` where 8.4 has `-n`; mgmtd, which configures zebra and staticd there, must know of it too.
    by_namespace = {"zebra": "-w" if root else "-n", "mgmtd": "-w"} if namespace_vrfs else {}
    for name in ("mgmtd", "zebra", "staticd", "bfdd", "bgpd"):
        log = f"--log file:/run/frr/{name}.log --log-level warnings"
        namespaces = f" {by_namespace[name]}" if name in by_namespace else ""
        commands[name] = f"{prefix}{FRR_DIRECTORY}/{name} -d -P 0{namespaces}{user} {log}"
    return commands


def switch_node(
    device: DeviceConfiguration,
    rendered: RenderedDevice,
    commands: Mapping[str, str],
    kernel: bool,
    lldp: bool,
    root: str = "",
) -> SwitchNode:
    """A switch; `commands` are those of `frr_commands`, for the same `root`."""
    realisation = kernel_switch(rendered.linux) if kernel else namespace_switch(rendered.linux)
    files = [File(path="/etc/frr/frr.conf", content=rendered.text, secret=True)]
    for path, content in rendered.linux.files:
        private = path if path.startswith(_PRIVATE) else "/run/files" + path
        files.append(File(path=private, content=content))
    running = [Daemon(name=name, argv=tuple(commands[name].split())) for name in rendered.daemons]
    if lldp and device.system.lldp:
        files.append(File(path=LLDP_CONFIGURATION, content=_lldp_configuration(rendered)))
        running.append(Daemon(name="lldpd", argv=("lldpd", "-u", LLDP_SOCKET, "-O", LLDP_CONFIGURATION)))
    node = NodePlan(
        name=device.name,
        kind="switch",
        namespaces=realisation.namespaces,
        sysctls=rendered.linux.sysctls,
        clean=realisation.clean,
        setup=realisation.setup,
        plug=realisation.plug,
        files=tuple(files),
        daemons=tuple(running),
        root=root,
        after=((*(("chroot", root) if root else ()), "vtysh", "-b"),),
    )
    return SwitchNode(node=node, realisation=realisation)


def _lldp_configuration(rendered: RenderedDevice) -> str:
    device = dict(rendered.linux.files).get("/etc/lldpd.d/crossconnect.conf", "")
    return f"{device}configure lldp tx-interval {LLDP_INTERVAL_S}\n"
