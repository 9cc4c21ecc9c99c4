"""The plan in numbers: lines per device, numbers taken from pools, tenants touched."""

from __future__ import annotations

from crossconnect.report.claim import counted
from crossconnect.report.markup import Markup, Node, element, fragment
from crossconnect.report.table import code, folded, note, table
from crossconnect.rollout.plan import DeviceChange, Plan

DEVICES_MAX = 60


def draw_plan(plan: Plan, devices_in_region: int) -> Markup:
    """The section's content; `devices_in_region` counts the new blueprint's devices, 0 if unknown."""
    parent = "an empty network" if plan.parent == "none" else f"blueprint {plan.parent[:12]}"
    if plan.empty:
        return note(f"Nothing changes against {parent}.")
    added = sum(d.lines_added for d in plan.devices)
    removed = sum(d.lines_removed for d in plan.devices)
    kinds = [
        counted(n, f"device {kind}", f"devices {kind}")
        for kind in ("added", "changed", "removed")
        if (n := sum(d.kind == kind for d in plan.devices))
    ]
    untouched = devices_in_region - sum(d.kind != "removed" for d in plan.devices)
    kinds += [f"{untouched} untouched"] * (untouched > 0)
    lead = element(
        "p",
        f"Against {parent}: {', '.join(kinds)}; ",
        element("span", f"+{added:,}", class_="added"),
        " ",
        element("span", f"−{removed:,}", class_="removed"),
        f" lines; tenants touched: {', '.join(plan.tenants) or 'none'}.",
    )
    findings = None
    if plan.findings_new or plan.findings_cured:
        findings = note(f"{len(plan.findings_new)} new findings, {len(plan.findings_cured)} cured.")
    return fragment(lead, findings, element("div", _devices(plan), _numbers(plan), class_="pair"))


def _devices(plan: Plan) -> Markup:
    largest = max((d.lines_added + d.lines_removed for d in plan.devices), default=1) or 1
    rows: list[list[Node]] = [
        [code(d.device), d.nos, d.kind, f"+{d.lines_added:,}", f"−{d.lines_removed:,}", _bar(d, largest)]
        for d in plan.devices[:DEVICES_MAX]
    ]
    headers = ("Device", "NOS", "Change", "Lines in", "Lines out", "")
    caption = "Configuration lines per device"
    return table(caption, headers, rows, numeric=(3, 4), more=len(plan.devices) - DEVICES_MAX)


def _bar(change: DeviceChange, largest: int) -> Markup:
    """Added and removed lines as a bar, 90 px for the largest change."""
    width = 90.0 / largest
    parts = [
        element("i", class_=kind, style=f"width:{max(n * width, 1.0):.1f}px")
        for kind, n in (("in", change.lines_added), ("out", change.lines_removed))
        if n
    ]
    return element("span", parts, class_="bar", aria_hidden="true")


def _numbers(plan: Plan) -> Markup:
    pools: dict[str, list[int]] = {}
    for change in plan.numbers:
        kind = 0 if not change.old else 1 if not change.new else 2
        pools.setdefault(change.pool, [0, 0, 0])[kind] += 1
    ports = {p: n for p, n in pools.items() if p.startswith("port/")}
    rows: list[list[Node]] = [
        [code(pool), *(n or "" for n in counts)] for pool, counts in sorted(pools.items()) if pool not in ports
    ]
    if ports:
        sums = [sum(n[i] for n in ports.values()) for i in range(3)]
        rows.append([fragment("ports of ", counted(len(ports), "device")), *(n or "" for n in sums)])
    moved = [c for c in plan.numbers if c.old and c.new]
    detail = None
    if moved:
        changes: list[list[Node]] = [[code(c.pool), code(c.key), code(c.old), code(c.new)] for c in moved[:50]]
        detail = folded(
            f"{counted(len(moved), 'number')} changed hands",
            table("Numbers that change", ("Pool", "Key", "Was", "Becomes"), changes, more=len(moved) - 50),
        )
    return element(
        "div", table("Numbers in the lock", ("Pool", "New", "Freed", "Changed"), rows, numeric=(1, 2, 3)), detail
    )
