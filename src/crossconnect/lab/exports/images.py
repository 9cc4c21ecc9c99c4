"""Which image stands for a network OS in a lab, and what its ports are called there, as data.

Sources: containerlab documentation of each kind (manual/kinds: `arista_ceos`, `cisco_n9kv`, `juniper_vjunosswitch`,
`nokia_srlinux`, `sonic-vm`, `linux`), "Interface naming" and "Startup configuration"; EVE-NG, "QEMU image namings" and
the templates of its qemu add-on (`/opt/unetlab/html/templates`).
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Eve(msgspec.Struct, frozen=True, kw_only=True):
    """A node of EVE-NG: template, the directory of the image, what a node gets."""

    template: str
    image: str
    icon: str
    cpu: int
    ram_mib: int
    console: str = "telnet"
    management: str = ""
    """What the template calls its first interface; empty where data ports begin with the first."""
    port: str = "eth{n}"
    """What it calls data ports, `{n}` counted from 1."""


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """How a network OS runs in a lab."""

    kind: str
    """containerlab's kind."""
    image: str
    type: str = ""
    port: str = "eth{n}"
    """Name of a data port in containerlab, `{n}` counted from 1; empty for the port's own name."""
    mounts: Mapping[str, str] = {}
    """Files and where in the image they belong, where it does not load the main one as its startup configuration."""
    renamed: tuple[tuple[str, str], ...] = ()
    """Words of the configuration that the virtual image has otherwise."""
    virtual_machine: bool = False
    """A virtual machine in a container: its management port is passed through, so that our address is right."""
    ask: str = "ssh -o StrictHostKeyChecking=no admin@{container} {ask}"
    """How a command of its CLI is given to a node of containerlab; `{ask}` is quoted already."""
    by_hand: str = ""
    """What is left to do once the node has started."""
    eve: Eve


_LINUX = Eve(template="linux", image="linux-debian-12", icon="Server.png", cpu=1, ram_mib=1024, port="eth{n}")

FRR_IMAGE = "quay.io/frrouting/frr:10.3.1"
HOST_IMAGE = "ghcr.io/srl-labs/network-multitool:latest"

IMAGES: Mapping[str, Image] = {
    "frr": Image(
        kind="linux",
        image=FRR_IMAGE,
        port="",
        ask="docker exec {container} vtysh -c {ask}",
        mounts={
            "frr.conf": "/etc/frr/frr.conf",
            "etc_frr_daemons": "/etc/frr/daemons",
            "etc_frr_vtysh.conf": "/etc/frr/vtysh.conf",
            "network.sh": "/etc/frr/network.sh",
        },
        eve=_LINUX,
    ),
    "eos": Image(
        kind="arista_ceos",
        image="ceos:4.32.2F",
        ask="docker exec {container} Cli -p 15 -c {ask}",
        eve=Eve(
            template="veos",
            image="veos-4.32.2F",
            icon="AristaSW.png",
            cpu=2,
            ram_mib=4096,
            management="Mgmt1",
            port="Eth{n}",
        ),
    ),
    "junos": Image(
        kind="juniper_vjunosswitch",
        image="vrnetlab/juniper_vjunos-switch:24.4R1.9",
        renamed=(("et-0/0/", "ge-0/0/"), ("em0", "fxp0")),
        virtual_machine=True,
        eve=Eve(
            template="vjunosswitch",
            image="vjunosswitch-24.4R1.9",
            icon="JuniperQFX.png",
            cpu=4,
            ram_mib=5120,
            management="fxp0",
            port="ge-0/0/{n0}",
        ),
    ),
    "nxos": Image(
        kind="cisco_n9kv",
        image="vrnetlab/cisco_n9kv:10.5.2",
        virtual_machine=True,
        eve=Eve(
            template="nxosv9k",
            image="nxosv9k-10.5.2",
            icon="Nexus9K.png",
            cpu=4,
            ram_mib=12288,
            management="mgmt0",
            port="E1/{n}",
        ),
    ),
    "srlinux": Image(
        kind="nokia_srlinux",
        image="ghcr.io/nokia/srlinux:25.3.2",
        type="ixr-d3l",
        ask="docker exec {container} sr_cli {ask}",
        port="e1-{n}",
        eve=Eve(
            template="srlinux",
            image="srlinux-25.3.2",
            icon="NokiaSRL.png",
            cpu=2,
            ram_mib=4096,
            management="mgmt0",
            port="ethernet-1/{n}",
        ),
    ),
    "sonic": Image(
        kind="sonic-vm",
        image="vrnetlab/sonic_sonic-vs:202411",
        virtual_machine=True,
        by_hand="copy frr.conf to /etc/sonic/frr/frr.conf and restart the container bgp",
        eve=Eve(
            template="sonicsw",
            image="sonicsw-202411",
            icon="SONiC.png",
            cpu=2,
            ram_mib=4096,
            management="eth0",
            port="Ethernet{n}",
        ),
    ),
}
"""By network OS. Versions are those that the renderers are written for."""
