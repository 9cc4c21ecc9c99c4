"""Where everything of the drawing goes: plain geometry in pixels, top to bottom by tier, left to right by site and pod.

+- north --------------------------+   +- south ------+
|          super-spines            |   | super-spines |
|  +- pod --------+  +- pod ----+  |   |  +- pod --+  |
|  |    spines    |  |  spines  |  |   |  | spines |  |
|  | leaf leaf .. |  | leaf ..  |  |   |  | leaf . |  |
|  | servers      |  | servers  |  |   |  | ...    |  |
|  +--------------+  +----------+  |   |  +--------+  |
+----------------------------------+   +--------------+
           external peers
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from crossconnect.report.graph import Graph, GraphLink, GraphNode

MARGIN = 8.0
SITE_PAD = 14.0
POD_PAD = 10.0
GAP = 12.0
"""Between boxes side by side."""
TITLE_HEIGHT = 22.0
FAN_HEIGHT = 76.0
"""Between two switch tiers: room for the fan of links to be told apart."""
SERVER_HEIGHT = 18.0
SERVER_GAP = 4.0
TIGHT_GAP = 6.0
"""Between leaves drawn without their servers."""
GROUPS_PER_ROW = 9
"""Over all sites."""
CHARACTER = 6.3
"""Width of a character at 11.5 px, generously, so that no label leaves its box."""


class Rectangle(msgspec.Struct, frozen=True):
    """A box, by its upper left corner and size."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """x of its centre."""
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        """y of its lower edge."""
        return self.y + self.height


class Frame(msgspec.Struct, frozen=True):
    """A titled frame: a site or a pod."""

    title: str
    box: Rectangle


class Curve(msgspec.Struct, frozen=True):
    """A link's way: from (x1, y1) at the upper node to (x2, y2) at the lower one."""

    link: GraphLink
    x1: float
    y1: float
    x2: float
    y2: float


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The whole drawing."""

    width: float
    height: float
    sites: tuple[Frame, ...]
    pods: tuple[Frame, ...]
    boxes: Mapping[str, Rectangle]
    curves: tuple[Curve, ...]


class _Placed(msgspec.Struct):
    """What has been placed so far."""

    boxes: dict[str, Rectangle]
    sites: list[Frame]
    pods: list[Frame]
    leaf_gap: float
    groups_per_row: int


def lay_out(graph: Graph) -> Layout:
    """Place every node and link of the graph."""
    placed = _Placed({}, [], [], TIGHT_GAP if graph.detail == "switches" else GAP, GROUPS_PER_ROW)
    top = MARGIN
    x = MARGIN
    servers = _servers_by_leaf(graph)
    sites = _sites(graph)
    placed.groups_per_row = max(2, GROUPS_PER_ROW // max(len(sites), 1))
    for site in sites:
        nodes = [n for n in graph.nodes if n.site == site and n.tier != "peer"]
        x = _place_site(placed, site, nodes, servers, x, top) + GAP
    bottom = max((f.box.bottom for f in placed.sites), default=top)
    bottom = _place_peers(placed, graph, bottom)
    right = max((b.x + b.width for b in [*placed.boxes.values(), *(f.box for f in placed.sites)]), default=0.0)
    frames = [
        Frame(f.title, msgspec.structs.replace(f.box, height=_site_bottom(placed) - f.box.y)) for f in placed.sites
    ]
    return Layout(
        width=right + MARGIN,
        height=bottom + MARGIN,
        sites=tuple(frames),
        pods=tuple(placed.pods),
        boxes=placed.boxes,
        curves=tuple(_curves(graph, placed.boxes)),
    )


def _site_bottom(placed: _Placed) -> float:
    return max(f.box.bottom for f in placed.sites)


def _sites(graph: Graph) -> list[str]:
    return list(dict.fromkeys(n.site for n in sorted(graph.nodes, key=lambda n: n.site) if n.tier not in _LOOSE))


_LOOSE = ("server", "peer")


def _servers_by_leaf(graph: Graph) -> dict[str, list[GraphNode]]:
    """Servers at their first leaf, single-homed ones first."""
    found: dict[str, list[GraphNode]] = {}
    for node in sorted((n for n in graph.nodes if n.tier == "server"), key=lambda n: len(n.parents)):
        if node.parents:
            found.setdefault(node.parents[0], []).append(node)
    return found


def _place_site(
    placed: _Placed,
    site: str,
    nodes: Sequence[GraphNode],
    servers: Mapping[str, list[GraphNode]],
    x: float,
    top: float,
) -> float:
    """Place a site with its left edge at x; returns its right edge."""
    supers = [n for n in nodes if n.tier == "super-spine"]
    groups = [n for n in nodes if n.kind == "group" and not n.pod]
    pods = list(dict.fromkeys(n.pod for n in nodes if n.tier != "super-spine" and n not in groups))
    inner = x + SITE_PAD
    has_core = any(n.tier == "super-spine" for n in nodes)
    y = top + TITLE_HEIGHT + (_switch_height(supers) + FAN_HEIGHT if has_core else 4.0)
    right = inner
    bottom = y
    for pod in pods:
        members = [n for n in nodes if n.pod == pod and n.tier != "super-spine"]
        frame = _place_pod(placed, pod, members, servers, right, y)
        placed.pods.append(frame)
        right = frame.box.x + frame.box.width + GAP
        bottom = max(bottom, frame.box.bottom)
    bottom = max(bottom, _place_groups(placed, groups, right, y))
    right = max([right, *(placed.boxes[g.id].x + placed.boxes[g.id].width + GAP for g in groups)])
    width = max(right - GAP - inner, _row_width(supers), 90.0)
    _place_row(placed, supers, inner + width / 2, top + TITLE_HEIGHT)
    placed.sites.append(Frame(site, Rectangle(x, top, width + 2 * SITE_PAD, bottom + SITE_PAD - top)))
    return x + width + 2 * SITE_PAD


def _place_pod(
    placed: _Placed,
    pod: str,
    members: Sequence[GraphNode],
    servers: Mapping[str, list[GraphNode]],
    x: float,
    y: float,
) -> Frame:
    spines = [n for n in members if n.tier == "spine"]
    leaves = sorted((n for n in members if n.tier == "leaf"), key=lambda n: n.kind == "border-leaf")
    columns = [_column_width(leaf, servers.get(leaf.id, ())) for leaf in leaves]
    gap = placed.leaf_gap
    row_width = sum(columns) + gap * max(len(columns) - 1, 0)
    width = max(row_width, _row_width(spines), 40.0)
    left = x + POD_PAD
    row = y + TITLE_HEIGHT
    if spines:
        _place_row(placed, spines, left + width / 2, row)
        row += _switch_height(spines) + FAN_HEIGHT
    at = left + (width - row_width) / 2
    for leaf, column in zip(leaves, columns, strict=True):
        placed.boxes[leaf.id] = Rectangle(at, row, column, _switch_height((leaf,)))
        at += column + gap
    bottom = _place_servers(placed, leaves, servers, row)
    return Frame(pod, Rectangle(x, y, width + 2 * POD_PAD, bottom + POD_PAD - y))


def _place_servers(
    placed: _Placed, leaves: Sequence[GraphNode], servers: Mapping[str, list[GraphNode]], row: float
) -> float:
    """Servers in stacks under their leaves, dual-homed ones across both columns; returns the lowest edge."""
    floor = {leaf.id: placed.boxes[leaf.id].bottom + 12.0 for leaf in leaves}
    lowest = row + max((placed.boxes[leaf.id].height for leaf in leaves), default=0.0)
    queue = [s for leaf in leaves for s in servers.get(leaf.id, ())]
    for server in sorted(queue, key=lambda n: len(n.parents)):
        homes = [placed.boxes[p] for p in server.parents if p in floor] or [placed.boxes[server.parents[0]]]
        left, right = min(b.x for b in homes), max(b.x + b.width for b in homes)
        top = max(floor.get(p, 0.0) for p in server.parents)
        indent = 13.0 if len(server.label) > 3 else 6.0
        box = Rectangle(left + indent, top, right - left - (2 * indent if len(homes) > 1 else indent), SERVER_HEIGHT)
        placed.boxes[server.id] = box
        for leaf in leaves:
            b = placed.boxes[leaf.id]
            if b.x + b.width > left and b.x < right:
                floor[leaf.id] = max(floor[leaf.id], box.bottom + SERVER_GAP)
        lowest = max(lowest, box.bottom)
    return lowest


def _place_groups(placed: _Placed, groups: Sequence[GraphNode], x: float, y: float) -> float:
    """Whole pods as boxes, a few per row; returns the lowest edge."""
    lowest = y
    for i, node in enumerate(groups):
        width = max(_label_width(n) for n in groups)
        row, column = divmod(i, placed.groups_per_row)
        box = Rectangle(x + column * (width + GAP), y + row * 84.0, width, _switch_height((node,)))
        placed.boxes[node.id] = box
        lowest = max(lowest, box.bottom)
    return lowest


def _place_row(placed: _Placed, nodes: Sequence[GraphNode], middle: float, y: float) -> None:
    x = middle - _row_width(nodes) / 2
    for node in nodes:
        width = _label_width(node)
        placed.boxes[node.id] = Rectangle(x, y, width, _switch_height((node,)))
        x += width + 2.5 * GAP


def _place_peers(placed: _Placed, graph: Graph, bottom: float) -> float:
    """External routers below everything, under their border leaves, pushed right where they would overlap."""
    peers = [n for n in graph.nodes if n.tier == "peer"]

    def wish(node: GraphNode) -> float:
        homes = [placed.boxes[p].middle for p in node.parents if p in placed.boxes]
        return sum(homes) / len(homes) if homes else MARGIN

    free = MARGIN
    y = bottom + 40.0
    for node in sorted(peers, key=wish):
        width = _label_width(node)
        x = max(free, wish(node) - width / 2)
        placed.boxes[node.id] = Rectangle(x, y, width, _switch_height((node,)))
        free = x + width + GAP
        bottom = y + _switch_height((node,))
    return bottom


def _row_width(nodes: Sequence[GraphNode]) -> float:
    return sum(_label_width(n) for n in nodes) + 2.5 * GAP * max(len(nodes) - 1, 0)


def _label_width(node: GraphNode) -> float:
    sub = max((len(line) for line in node.sub.split("\n")), default=0)
    room = 18.0 if node.sub else 10.0
    return max(58.0 if node.sub else 44.0, room + max(CHARACTER * len(node.label), 0.88 * CHARACTER * sub))


def _column_width(leaf: GraphNode, servers: Sequence[GraphNode]) -> float:
    """As wide as the leaf's label and its servers' names need."""
    names = max((len(s.label) for s in servers if len(s.parents) == 1), default=0)
    return max(_label_width(leaf), 24.0 + CHARACTER * names if names > 3 else 0.0)


def _switch_height(nodes: Sequence[GraphNode]) -> float:
    """One line, and as many smaller ones as the box with the most of them has."""
    return 22.0 + 12.0 * max((node.sub.count("\n") + 1 for node in nodes if node.sub), default=0)


def _curves(graph: Graph, boxes: Mapping[str, Rectangle]) -> list[Curve]:
    """Links with their ends spread along the boxes' edges, in the order of the other ends, so that they fan out."""
    links = [link for link in graph.links if link.upper in boxes and link.lower in boxes]
    below: dict[str, list[int]] = {}
    above: dict[str, list[int]] = {}
    for i, link in enumerate(links):
        if link.kind != "server":
            below.setdefault(link.upper, []).append(i)
            above.setdefault(link.lower, []).append(i)
    x1: dict[int, float] = {}
    x2: dict[int, float] = {}
    for node, ends in below.items():
        _spread(boxes[node], sorted(ends, key=lambda i: (boxes[links[i].lower].middle, i)), x1)
    for node, ends in above.items():
        _spread(boxes[node], sorted(ends, key=lambda i: (boxes[links[i].upper].middle, i)), x2)
    curves: list[Curve] = []
    for i, link in enumerate(links):
        upper, lower = boxes[link.upper], boxes[link.lower]
        if link.kind == "server":
            # A vertical bus beside the stack: at the left of the leaf, at the right of a dual-homed server's second.
            right = lower.x < upper.x
            bus = upper.x + upper.width - 5.0 if right else upper.x + 5.0
            curves.append(Curve(link, bus, upper.bottom, lower.x + lower.width if right else lower.x, lower.y + 9.0))
        else:
            curves.append(Curve(link, x1[i], upper.bottom, x2[i], lower.y))
    return curves


def _spread(box: Rectangle, ends: Sequence[int], into: dict[int, float]) -> None:
    """Distribute link ends over the middle of an edge, at most 10 px apart."""
    step = min(10.0, (box.width - 16.0) / max(len(ends) - 1, 1))
    start = box.middle - step * (len(ends) - 1) / 2
    for n, i in enumerate(ends):
        into[i] = start + n * step
