"""Single points of failure, read off the cabling: what hangs on one device, one link, one border, one leaf.

Articulation points and bridges of the fabric's graph in one depth-first walk (Hopcroft and Tarjan 1973), linear in
cables. What the loss of each device and cable does to tenants is told by the failure sweep; this is the drawing's own
weakness, and costs nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from crossconnect.checks.codes import SINGLE_DEVICE, SINGLE_HANDOFF, SINGLE_HOMED, SINGLE_LINK
from crossconnect.checks.grouping import count_text, names_text
from crossconnect.checks.layout import Layout
from crossconnect.checks.subject import Subject, device_place, wire_place, wire_text
from crossconnect.finding import Finding, Place, found

_LEAF_ROLES = ("leaf", "border-leaf")


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """A node (or, with `edge`, an edge by its key) whose loss separates `lost` from the rest."""

    node: str
    edge: str = ""
    lost: tuple[str, ...]


def check_single_points(subject: Subject) -> Iterator[Finding]:
    """Devices, links, borders and leaves on which something hangs alone. Only for a network that is whole: with
    something already failed there are always more."""
    if not subject.whole:
        return
    layout = subject.layout
    edges = [(w.key, w.a_device, w.b_device) for w in subject.blueprint.wires if w.kind == "fabric"]
    counted = {name for name, device in layout.devices.items() if device.role in _LEAF_ROLES}
    for cut in cuts(sorted(layout.devices), edges, counted):
        lost = "1 leaf is" if len(cut.lost) == 1 else f"{len(cut.lost)} leaves are"
        if cut.edge:
            wire = layout.wires[cut.edge]
            yield found(
                SINGLE_LINK,
                wire_place(wire),
                f"without link {wire_text(wire)}, {lost} cut off: {names_text(cut.lost)}",
                related=tuple(map(device_place, cut.lost)),
            )
        else:
            yield found(
                SINGLE_DEVICE,
                device_place(cut.node),
                f"without {layout.devices[cut.node].role} {cut.node}, {lost} cut off: {names_text(cut.lost)}",
                related=tuple(map(device_place, cut.lost)),
            )
    yield from _handoffs(subject)
    yield from _single_homed(layout)


def _handoffs(subject: Subject) -> Iterator[Finding]:
    borders: dict[str, dict[str, None]] = {}
    peers: dict[str, dict[str, None]] = {}
    for session in subject.layout.sessions:
        if session.neighbor.kind == "external":
            borders.setdefault(session.vrf, {})[session.device] = None
            peers.setdefault(session.vrf, {})[session.neighbor.device] = None
    for vrf, devices in sorted(borders.items()):
        only = [*devices][:1] if len(devices) == 1 else []
        only += [*peers[vrf]][:1] if len(peers[vrf]) == 1 else []
        if only:
            yield found(
                SINGLE_HANDOFF,
                Place(path=subject.layout.vrfs[vrf].path),
                f"VRF {vrf} reaches the outside only over {' and '.join(only)}",
                related=tuple(map(device_place, devices)),
            )


def _single_homed(layout: Layout) -> Iterator[Finding]:
    alone: dict[str, list[str]] = {}
    for host in layout.blueprint.hosts:
        if len(set(host.leaves)) == 1:
            alone.setdefault(host.leaves[0], []).append(host.name)
    for leaf, hosts in sorted(alone.items()):
        yield found(
            SINGLE_HOMED,
            device_place(leaf),
            f"{count_text(len(hosts), 'server')} on {leaf} alone: {names_text(hosts)}",
            related=tuple(Place(path=layout.hosts[name].path) for name in hosts),
        )


def cuts(nodes: Sequence[str], edges: Sequence[tuple[str, str, str]], counted: set[str]) -> Iterator[Cut]:
    """Articulation points and bridges whose loss separates two nodes of `counted`, with those on the smaller side.

    `edges` are (key, node, node); parallel ones are no bridges. Linear in nodes and edges, plus the names given.
    """
    links: dict[str, list[tuple[str, str]]] = {node: [] for node in nodes}
    for key, a, b in edges:
        links[a].append((b, key))
        links[b].append((a, key))
    walked: set[str] = set()
    for root in nodes:
        if root not in walked:
            walk = _Walk(root, links, counted)
            walked.update(walk.order)
            yield from walk.cuts()


class _Walk:
    """A depth-first walk of one connected part: order of arrival, and how far back each subtree reaches."""

    def __init__(self, root: str, links: Mapping[str, list[tuple[str, str]]], counted: set[str]) -> None:
        self.order: list[str] = []
        self.number: dict[str, int] = {}
        self.low: dict[str, int] = {}
        self.last: dict[str, int] = {}
        """Number of the last node of the subtree: subtrees are ranges of the order."""
        self.children: dict[str, list[tuple[str, str]]] = {}
        self._counted = counted
        self._arrive(root)
        stack = [(root, "", iter(links[root]))]
        while stack:
            node, came_by, rest = stack[-1]
            for other, key in rest:
                if key == came_by:
                    continue
                if other in self.number:
                    self.low[node] = min(self.low[node], self.number[other])
                else:
                    self.children[node].append((other, key))
                    self._arrive(other)
                    stack.append((other, key, iter(links[other])))
                    break
            else:
                stack.pop()
                self.last[node] = len(self.order) - 1
                if stack:
                    above = stack[-1][0]
                    self.low[above] = min(self.low[above], self.low[node])
        self._before = list(itertools.accumulate((name in counted for name in self.order), initial=0))
        self._counted_order = [name for name in self.order if name in counted]

    def _arrive(self, node: str) -> None:
        self.number[node] = self.low[node] = len(self.order)
        self.order.append(node)
        self.children[node] = []

    def _count(self, first: int, last: int) -> int:
        return self._before[last + 1] - self._before[first]

    def _names(self, first: int, last: int) -> list[str]:
        return self._counted_order[self._before[first] : self._before[last + 1]]

    def cuts(self) -> Iterator[Cut]:
        """In the order of the walk."""
        end = len(self.order) - 1
        for node in self.order:
            parts: list[tuple[int, int]] = []
            for child, key in self.children[node]:
                below = (self.number[child], self.last[child])
                if self.low[child] > self.number[node]:
                    yield from self._bridge(node, key, below)
                if self.low[child] >= self.number[node]:
                    parts.append(below)
            covered = sum(self._count(*part) for part in parts)
            rest = self._count(0, end) - covered - (node in self._counted)
            yield from self._articulation(node, parts, rest)

    def _bridge(self, node: str, key: str, below: tuple[int, int]) -> Iterator[Cut]:
        under = self._count(*below)
        over = self._count(0, len(self.order) - 1) - under
        if under and over:
            lost = self._names(*below) if under <= over else self._outside([below], "")
            yield Cut(node=node, edge=key, lost=tuple(sorted(lost)))

    def _articulation(self, node: str, parts: list[tuple[int, int]], rest: int) -> Iterator[Cut]:
        ranges = [part for part in parts if self._count(*part)]
        if len(ranges) + (rest > 0) < 2:
            return
        sizes = [self._count(*r) for r in ranges]
        largest = max([*sizes, rest])
        # The largest part goes on as the network; everybody else is cut off from it.
        if rest == largest:
            lost = [name for r in ranges for name in self._names(*r)]
        else:
            main = ranges[sizes.index(largest)]
            lost = [name for r in ranges if r != main for name in self._names(*r)]
            lost += self._outside(ranges, node) if rest else []
        yield Cut(node=node, lost=tuple(sorted(lost)))

    def _outside(self, ranges: list[tuple[int, int]], node: str) -> list[str]:
        names: list[str] = []
        begin = 0
        for first, last in sorted(ranges):
            names += self._names(begin, first - 1)
            begin = last + 1
        names += self._names(begin, len(self.order) - 1)
        return [name for name in names if name != node]
