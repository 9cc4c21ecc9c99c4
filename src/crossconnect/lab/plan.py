"""What the runtime builds, with no decision left in it: nodes, their namespaces, links, commands, files, daemons.

A plan is data and can be carried into another machine (user-mode-linux runs the same plan inside).

    node (net + mount + uts namespace)          one per switch, external router, host, and the management network
      nested network namespaces                 one per VRF, in the `namespace` backend
      ends of links                             veth, created straight into the namespace they belong to
      commands                                  `ip -batch` and `bridge -batch` lines, per namespace, in order
      files, daemons                            what runs on it
"""

from __future__ import annotations

from typing import Literal

import msgspec

from crossconnect.lab.options import BackendName

MAIN = ""
"""Name of a node's own network namespace, beside its nested ones."""

MANAGEMENT_NODE = "_oob"
"""The node that stands for the management network. No device can have this name."""

NodeKind = Literal["switch", "peer", "host", "management", "central", "chassis"]
"""`central`, `chassis`: OVN's databases and northd; a hypervisor or gateway node (`lab.ovn`)."""


class End(msgspec.Struct, frozen=True, order=True):
    """One end of a link: node, namespace within it, interface name."""

    node: str
    namespace: str
    interface: str


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A veth pair. `wire` is the key of the blueprint's wire it belongs to, empty for management and open ends."""

    a: End
    b: End
    wire: str = ""
    port_a: str = ""
    port_b: str = ""
    """Ports of the wire, where the link realises one 802.1Q tag of it (`swp3.101` of `swp3`); else the interfaces."""
    mac_a: str = ""
    mac_b: str = ""
    """MAC addresses of the ends; none given: the kernel picks random ones."""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Lines for one run of `ip -batch` or `bridge -batch` in a namespace."""

    tool: Literal["ip", "ip -6", "bridge"] = "ip"
    namespace: str
    lines: tuple[str, ...]
    once: bool = False
    """Not repeated when the node is powered on again."""


class Daemon(msgspec.Struct, frozen=True, kw_only=True):
    """A daemon that puts itself into the background once it serves."""

    name: str
    argv: tuple[str, ...]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a node, by its absolute path there; one of `MOUNTS` in `holder` must lead to it."""

    path: str
    content: str
    secret: bool = False


class NodePlan(msgspec.Struct, frozen=True, kw_only=True):
    """One node, complete."""

    name: str
    kind: NodeKind
    namespaces: tuple[str, ...] = ()
    root: str = ""
    """Directory whose FRR the node runs by chroot; the node's own /run, /etc/frr and kernel files appear in it too."""
    sysctls: tuple[tuple[str, str], ...] = ()
    """Set in every namespace of the node before any interface exists."""
    clean: tuple[Batch, ...] = ()
    """Removes what `setup` creates besides links: run before `setup` when a node is powered on again."""
    setup: tuple[Batch, ...] = ()
    """Run once the node's links exist. Running it again after `clean` is harmless."""
    files: tuple[File, ...] = ()
    daemons: tuple[Daemon, ...] = ()
    after: tuple[tuple[str, ...], ...] = ()
    """Commands after the daemons serve: loading the configuration."""
    plug: tuple[Batch, ...] = ()
    """Run once every node has its configuration: what carries sessions comes up. A session that is established while
    one side still reads its configuration is reset by the lines that follow, and waits for its connect timer."""


class LabPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A whole lab. `notes` tell the user where the backend realises something in another way than hardware would."""

    region: str
    backend: BackendName
    nodes: tuple[NodePlan, ...]
    links: tuple[Link, ...]
    notes: tuple[str, ...] = ()

    def node(self, name: str) -> NodePlan:
        """The node of that name. Raises KeyError."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)
