"""What the Linux side of a running switch gets, or loses, when the network becomes another one.

    plan of the lab as it is  --.
    plan of it as it will be  --'--> Growth per switch: namespaces, links of tags, lines of `ip`, what takes them back

Pure. Only what comes, or only what goes, on a switch: VRFs, bridge domains, VXLAN, addresses, further tags of servers
that are there. Servers, cables and ports that come or go are a lab to be made anew, and so is a line that changes.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from crossconnect.errors import Unsupported
from crossconnect.lab.plan import MAIN, Batch, LabPlan, Link, NodePlan


class Addition(msgspec.Struct, frozen=True, kw_only=True):
    """Lines for one namespace of a node."""

    node: str
    batch: Batch


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """What comes on one switch, or what goes (`shrinks`: then `additions` are what was there)."""

    switch: str
    shrinks: bool = False
    namespaces: tuple[str, ...] = ()
    sysctls: tuple[tuple[str, str], ...] = ()
    """Of namespaces that come."""
    links: tuple[Link, ...] = ()
    """Tags of servers' cables; their ends are on the switch and on the server."""
    additions: tuple[Addition, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing but configuration of daemons changes."""
        return not (self.namespaces or self.links or self.additions)


def growth_of(
    old: LabPlan, new: LabPlan, leaves: Mapping[str, tuple[str, ...]], switches: Iterable[str]
) -> list[Growth]:
    """The growth of each switch. `leaves`: the switches of a server, which changes with its first one.

    Unsupported where a running lab cannot become the other one.
    """
    names = ({n.name for n in old.nodes}, {n.name for n in new.nodes})
    if names[0] != names[1]:
        which = ", ".join(sorted(names[0] ^ names[1])[:4])
        raise Unsupported(f"{which}: nodes of a running lab are as they were made, start it anew")
    if old.backend != "namespace":
        raise Unsupported(f"interfaces of a running lab of backend {old.backend} are as they were made, start it anew")
    before, after = ({node.name: node for node in side.nodes} for side in (old, new))
    found: list[Growth] = []
    for name in switches:
        mine = [name, *(host for host, at in leaves.items() if at[:1] == (name,))]
        found.append(_growth(name, mine, (before, old.links), (after, new.links)))
    return found


Half = tuple[Mapping[str, NodePlan], tuple[Link, ...]]


def _growth(name: str, mine: list[str], old: Half, new: Half) -> Growth:
    grown = _one_way(name, mine, old, new)
    shrunk = _one_way(name, mine, new, old)
    if not grown.empty and not shrunk.empty:
        line = next((line for a in shrunk.additions for line in a.batch.lines), "a port")
        raise Unsupported(
            f"{name}: `{line}` of a running lab's switch goes or changes while others come, start it anew"
        )
    return msgspec.structs.replace(shrunk, shrinks=True) if grown.empty and not shrunk.empty else grown


def _one_way(name: str, mine: list[str], old: Half, new: Half) -> Growth:
    had = {(link.a, link.b) for link in old[1]}
    links = tuple(
        link for link in new[1] if (link.a, link.b) not in had and (name in (link.a.node, link.b.node)) and link.wire
    )
    for link in links:
        if link.port_a == link.a.interface:
            raise Unsupported(f"cable {link.wire} comes or goes: a running lab is cabled as it was made, start it anew")
    return Growth(
        switch=name,
        namespaces=tuple(n for n in new[0][name].namespaces if n not in old[0][name].namespaces),
        sysctls=new[0][name].sysctls,
        links=links,
        additions=tuple(a for node in mine for a in _additions(old[0][node], new[0][node])),
    )


def _additions(old: NodePlan, new: NodePlan) -> Iterator[Addition]:
    known: dict[tuple[str, str], set[str]] = {}
    for batch in (*old.setup, *old.plug):
        known.setdefault((batch.tool, batch.namespace), set()).update(batch.lines)
    for batch in (*new.setup, *new.plug):
        have = known.get((batch.tool, batch.namespace), set())
        lines = tuple(line for line in batch.lines if line not in have)
        if lines:
            yield Addition(node=new.name, batch=msgspec.structs.replace(batch, lines=lines))


def namespace_commands(growth: Growth) -> list[str]:
    """Shell commands, within the switch, that make its namespaces; harmless when they are there."""
    lines: list[str] = []
    for name in growth.namespaces:
        path = f"/run/netns/{shlex.quote(name)}"
        settings = "; ".join(
            f"echo {shlex.quote(value)} > /proc/sys/{key.replace('.', '/')} 2> /dev/null"
            for key, value in growth.sysctls
        )
        inner = f"touch {path}; mount --bind /proc/self/ns/net {path}; {settings or 'true'}; true"
        lines.append(f"mountpoint -q {path} || unshare -n sh -c {shlex.quote(inner)}")
    return lines


def removal_commands(growth: Growth, node: str) -> list[str]:
    """Shell commands, within a node, that take away what came; harmless when it is not there."""
    lines: list[str] = []
    for addition in reversed(growth.additions):
        if addition.node != node or addition.batch.namespace in growth.namespaces:
            continue
        namespace = _in(addition.batch.namespace)
        for line in reversed(addition.batch.lines):
            back = inverse(line)
            if back:
                lines.append(f"{addition.batch.tool}{namespace} {back} 2> /dev/null")
    for link in growth.links:
        for end in (link.a, link.b):
            if end.node == node and end.namespace not in growth.namespaces:
                lines.append(f"ip{_in(end.namespace)} link del {shlex.quote(end.interface)} 2> /dev/null")
    if node == growth.switch:
        for name in growth.namespaces:
            path = f"/run/netns/{shlex.quote(name)}"
            # Interfaces of a namespace live on while a socket of a daemon is in it: they are deleted by name.
            lines += [f"ip -n {shlex.quote(name)} link del {own} 2> /dev/null" for own in _made_in(growth, name)]
            lines.append(f"umount -l {path} 2> /dev/null; rm -f {path}")
    return lines


def pulling_commands(growth: Growth) -> list[str]:
    """Shell commands, within the switch, that take its tunnels and bridges away, and leave what it cannot make again by
    itself: namespaces and the ends of links."""
    return [
        f"ip{_in(addition.batch.namespace)} {inverse(line)} 2> /dev/null"
        for addition in reversed(growth.additions)
        if addition.node == growth.switch
        for line in reversed(addition.batch.lines)
        if line.startswith("link add ")
    ]


def restoring_commands(growth: Growth) -> list[str]:
    """Shell commands, within the switch, that make again what `pulling_commands` takes away; harmless when it is
    there."""
    return [
        f"{addition.batch.tool}{_in(addition.batch.namespace)} {line} 2> /dev/null"
        for addition in growth.additions
        if addition.node == growth.switch
        for line in addition.batch.lines
    ]


def _in(namespace: str) -> str:
    return f" -n {shlex.quote(namespace)}" if namespace != MAIN else ""


def _made_in(growth: Growth, namespace: str) -> list[str]:
    names = [end.interface for link in growth.links for end in (link.a, link.b) if end.namespace == namespace]
    for addition in growth.additions:
        for line in addition.batch.lines:
            words = line.split()
            if words[:2] == ["link", "add"]:
                place = words[words.index("netns") + 1] if "netns" in words else addition.batch.namespace
                if place == namespace:
                    names.append(words[2])
    return names


def inverse(line: str) -> str:
    """What takes a line of `ip` back; empty where nothing needs to, since what it was about goes."""
    words = line.split()
    match words[:2]:
        case ["link", "add"]:
            where = f"-n {words[words.index('netns') + 1]} " if "netns" in words else ""
            return f"{where}link del {words[2]}"
        case ["addr", "replace"]:
            return f"addr del {words[2]} dev {words[4]}"
        case ["route", "replace"]:
            return "route del " + " ".join(words[2:])
        case ["rule", "add"]:
            return "rule del " + " ".join(words[2:])
        case _:
            return ""
