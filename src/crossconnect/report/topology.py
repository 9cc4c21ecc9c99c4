"""The picture of the network as SVG: drawn here, so that it is the same everywhere and needs no script."""

from __future__ import annotations

from crossconnect.report.graph import Graph, GraphNode
from crossconnect.report.layout import Curve, Frame, Layout, Rectangle, lay_out
from crossconnect.report.markup import Markup, element, fragment

PLANES = 4
"""Colours for spines; the fifth has the first one's again. Told apart by position as well."""
PEER_FAN = 48.0
HIGHLIGHT_MAX = 90
"""Nodes up to which hovering one brings out its links: a style rule each."""


def draw_topology(graph: Graph) -> Markup:
    """The picture with its legend. Colours and dark mode come from the page's style sheet."""
    layout = lay_out(graph)
    planes = _planes(graph)
    numbers = {node.id: i for i, node in enumerate(graph.nodes)}
    svg = element(
        "svg",
        _highlight(graph, numbers),
        element("title", "Topology"),
        [_frame(f, "site") for f in layout.sites],
        [_frame(f, "pod") for f in layout.pods],
        element("g", [_curve(c, planes, numbers) for c in _back_to_front(layout)], class_="links"),
        [_box(n, layout.boxes[n.id], planes, numbers) for n in graph.nodes if n.id in layout.boxes],
        viewBox=f"0 0 {layout.width:.0f} {layout.height:.0f}",
        width=round(layout.width),
        height=round(layout.height),
        class_="topology",
        role="img",
        aria_label=_spoken(graph),
        style=f"min-width:{layout.width * 0.72:.0f}px",
    )
    return fragment(element("div", svg, class_="scroll"), _legend(graph))


def _back_to_front(layout: Layout) -> list[Curve]:
    """Failed links last, so that no other covers them."""
    return sorted(layout.curves, key=lambda c: c.link.failed)


def _planes(graph: Graph) -> dict[str, int]:
    """Colour number of each spine and super-spine, counted within its pod or tier."""
    counters: dict[tuple[str, str], int] = {}
    planes: dict[str, int] = {}
    for node in graph.nodes:
        if node.tier in ("spine", "super-spine"):
            key = (node.tier, node.pod)
            planes[node.id] = counters.get(key, 0) % PLANES
            counters[key] = counters.get(key, 0) + 1
    return planes


def _highlight(graph: Graph, numbers: dict[str, int]) -> Markup | None:
    if len(graph.nodes) > HIGHLIGHT_MAX:
        return None
    rules = [f".topology:has(#t{i}:hover) .links .e{i}{{opacity:1;stroke-width:2.4}}" for i in numbers.values()]
    rules += [f".topology:has(#t{i}:hover) .links path:not(.e{i}){{opacity:.12}}" for i in numbers.values()]
    return element("style", Markup("".join(rules)))


def _frame(frame: Frame, kind: str) -> Markup:
    b = frame.box
    title = f"site {frame.title}" if kind == "site" else f"pod {frame.title}"
    return element(
        "g",
        element("rect", x=b.x, y=b.y, width=b.width, height=b.height, rx=6 if kind == "site" else 4),
        element("text", title, x=b.x + 10, y=b.y + 15),
        class_=kind,
    )


def _curve(curve: Curve, planes: dict[str, int], numbers: dict[str, int]) -> Markup:
    link = curve.link
    x1, y1, x2, y2 = curve.x1, curve.y1, curve.x2, curve.y2
    if link.kind == "server":
        path = f"M{x1:.1f} {y1:.1f}V{y2:.1f}H{x2:.1f}"
    elif link.kind == "peer":
        # Straight down beside the servers, and only below the site towards the router.
        down = max(y1, y2 - PEER_FAN)
        path = f"M{x1:.1f} {y1:.1f}V{down:.1f}C{x1:.1f} {y2:.1f} {x2:.1f} {down:.1f} {x2:.1f} {y2:.1f}"
    else:
        bend = (y2 - y1) * 0.45
        path = f"M{x1:.1f} {y1:.1f}C{x1:.1f} {y1 + bend:.1f} {x2:.1f} {y2 - bend:.1f} {x2:.1f} {y2:.1f}"
    classes = [f"link {link.kind}", f"e{numbers[link.upper]}", f"e{numbers[link.lower]}"]
    if link.kind == "fabric" and link.upper in planes:
        classes.append(f"plane{planes[link.upper]}")
    if link.failed:
        classes.append("failed")
    line = element(
        "path",
        element("title", link.tip),
        d=path,
        class_=" ".join(classes),
        stroke_width=min(1.2 + 0.5 * (link.count - 1), 5.0) if link.count > 1 else None,
    )
    if not link.cut:
        return line
    return fragment(line, _cross((x1 + x2) / 2, (y1 + y2) / 2, 4.0))


def _cross(x: float, y: float, r: float) -> Markup:
    d = f"M{x - r:.1f} {y - r:.1f}L{x + r:.1f} {y + r:.1f}M{x - r:.1f} {y + r:.1f}L{x + r:.1f} {y - r:.1f}"
    return element("path", d=d, class_="cross")


def _box(node: GraphNode, box: Rectangle, planes: dict[str, int], numbers: dict[str, int]) -> Markup:
    classes = f"node {node.kind}"
    if node.id in planes:
        classes += f" plane{planes[node.id]}"
    classes += " failed" * node.failed + " drained" * node.drained
    first = box.y + 14.0 if node.sub else box.y + box.height / 2 + 4.0
    lines = [element("text", node.label, x=box.middle, y=first)]
    for i, text in enumerate(node.sub.split("\n") if node.sub else ()):
        lines.append(element("text", text, x=box.middle, y=first + 13.0 + 12.0 * i, class_="sub"))
    radius = 3 if node.tier != "server" else 2
    return element(
        "g",
        element("title", node.tip),
        element("rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=radius),
        lines,
        _cross(box.x + box.width - 2, box.y + 2, 4.5) if node.failed else None,
        id=f"t{numbers[node.id]}",
        class_=classes,
    )


def _spoken(graph: Graph) -> str:
    """The picture in a sentence, for those who do not see it."""
    counts: dict[str, int] = {}
    for node in graph.nodes:
        counts[node.kind] = counts.get(node.kind, 0) + 1
    parts = [f"{n} {kind}{'s' if n != 1 else ''}" for kind, n in counts.items()]
    failed = [node.label for node in graph.nodes if node.failed]
    return f"Topology: {', '.join(parts)}, {len(graph.links)} links" + (
        f"; failed: {', '.join(failed)}" if failed else ""
    )


_LEGEND = (
    ("super-spine", "super-spine"),
    ("spine", "spine; links have the colour of their upper end"),
    ("leaf", "leaf"),
    ("border-leaf", "border leaf"),
    ("server", "server"),
    ("peer", "external router"),
    ("group", "pod or group of leaves, collapsed"),
)


def _legend(graph: Graph) -> Markup:
    kinds = {node.kind for node in graph.nodes}
    items = [_key(kind, text) for kind, text in _LEGEND if kind in kinds]
    if any(n.failed for n in graph.nodes) or any(link.failed for link in graph.links):
        items.append(_key("failed", "failed"))
    if any(n.drained for n in graph.nodes):
        items.append(_key("drained", "drained"))
    if graph.detail == "switches":
        items.append(element("li", "Numbers under leaves count their servers."))
    if len(graph.nodes) <= HIGHLIGHT_MAX:
        items.append(element("li", "Point at a device to bring out its links, at anything for its facts."))
    return element("ul", items, class_="legend")


def _key(kind: str, text: str) -> Markup:
    plane = " plane0" if kind in ("spine", "super-spine") else ""
    swatch = element(
        "svg",
        element("g", element("rect", x=1, y=1, width=20, height=10, rx=2), class_=f"node {kind}{plane}"),
        _cross(19.0, 3.0, 3.0) if kind == "failed" else None,
        width=22,
        height=12,
        class_="topology swatch",
        aria_hidden="true",
    )
    return element("li", swatch, text)
