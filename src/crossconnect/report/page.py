"""The page: a verdict on top, then a section per kind of evidence. One file, nothing loaded from anywhere."""

from __future__ import annotations

from pathlib import Path

from crossconnect.design.blueprint import Blueprint
from crossconnect.report.claim import Claim, Conclusion, conclude, counted
from crossconnect.report.cloud import draw_cloud
from crossconnect.report.comparison import draw_comparisons
from crossconnect.report.drill_timeline import draw_drills
from crossconnect.report.failure_matrix import draw_failures
from crossconnect.report.finding_list import draw_findings
from crossconnect.report.graph import graph_of
from crossconnect.report.inputs import ReportInputs, RunFacts
from crossconnect.report.markup import Markup, Node, element, fragment
from crossconnect.report.ping_matrix import draw_pings
from crossconnect.report.plan_tables import draw_plan
from crossconnect.report.rollout import draw_rollout
from crossconnect.report.state_samples import draw_state
from crossconnect.report.systems import draw_systems
from crossconnect.report.table import code, mark, note, table
from crossconnect.report.topology import draw_topology

_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
_SCRIPT = Path(__file__).with_name("page.js").read_text(encoding="utf-8")
"""Opens what is folded before printing; the page is complete without it."""

_SIGN = {"proven": "holds", "simulated": "warns", "not-proven": "fails"}


def write_html(inputs: ReportInputs) -> str:
    """The report as one HTML document. Pure: same inputs, same bytes."""
    conclusion = conclude(inputs)
    sections = _sections(inputs)
    status = {c.anchor: c.status for c in conclusion.claims}
    title = f"{inputs.region}: {conclusion.headline.lower()}"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{title} – Crossconnect"),
        element("style", Markup(_STYLE)),
    )
    links = [
        element("a", mark(status[anchor]) if anchor in status else None, name, href=f"#{anchor}")
        for anchor, name, _ in sections
    ]
    body = element(
        "body",
        element("a", "Skip to the summary", href="#summary", class_="skip"),
        element(
            "nav",
            element("div", element("a", "Crossconnect", href="#summary", class_="brand"), links),
            aria_label="Sections",
        ),
        element("main", _summary(inputs, conclusion), [_section(*s) for s in sections]),
        element("footer", element("div", _footer(inputs.facts))),
        element("script", Markup(_SCRIPT)),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _sections(inputs: ReportInputs) -> list[tuple[str, str, Markup]]:
    """(anchor, title, content), in reading order; a part that is absent says so in a line."""
    blueprint = inputs.blueprint
    found: list[tuple[str, str, Markup]] = []
    if blueprint is not None:
        found.append(("topology", "Topology", draw_topology(graph_of(blueprint, frozenset(inputs.failed)))))
    if inputs.plan is not None:
        found.append(("plan", "Plan", draw_plan(inputs.plan, len(blueprint.devices) if blueprint else 0)))
    scopes = _scopes(blueprint) if blueprint is not None else ()
    no_lab = "Not done: no lab was run."
    if inputs.facts.notes and inputs.comparisons is None:
        no_lab = f"Not done: {inputs.facts.notes[0]}"
    findings, failures, comparisons = inputs.findings, inputs.under_failure, inputs.comparisons
    found += [
        ("findings", "Checks", draw_findings(findings) if findings is not None else note("The checks were not run.")),
        ("failures", "Failures", draw_failures(failures, scopes) if failures else note("Failures were not simulated.")),
        ("comparison", "Simulated = lab", note(no_lab) if comparisons is None else draw_comparisons(comparisons)),
        ("reachability", "Reachability", note(no_lab) if inputs.pings is None else draw_pings(inputs.pings)),
        ("drills", "Drills", note(no_lab) if inputs.drills is None else draw_drills(inputs.drills)),
    ]
    if inputs.rollout is not None:
        found.append(("rollout", "Changes", draw_rollout(inputs.rollout)))
    if inputs.simulated or inputs.lab:
        found.append(("state", "State", draw_state(inputs.simulated, inputs.lab)))
    if inputs.systems is not None:
        found.append(("systems", "Systems", draw_systems(inputs.systems)))
    if inputs.cloud is not None:
        found.append(("cloud", "Cloud", draw_cloud(inputs.cloud)))
    found.append(("run", "Run", _run(inputs.facts)))
    return found


def _scopes(blueprint: Blueprint) -> tuple[str, ...]:
    """All IP-VRFs and layer-2 segments, as the effects of failures name them."""
    return (*(v.name for v in blueprint.vrfs), *(s.path for s in blueprint.segments if not s.vrf))


def _section(anchor: str, title: str, content: Markup) -> Markup:
    heading = f"{anchor}-title"
    return element("section", element("h2", title, id=heading), content, id=anchor, aria_labelledby=heading)


def _summary(inputs: ReportInputs, conclusion: Conclusion) -> Markup:
    facts = inputs.facts
    line = [text for text in (facts.started, f"{facts.duration_s:.0f} s" if facts.duration_s else "") if text]
    if facts.revision:
        line.append(f"commit {facts.revision[:12]}")
    if inputs.blueprint is not None:
        line.append(f"blueprint {inputs.blueprint.content_hash()[:12]}")
    return element(
        "header",
        element(
            "div",
            element("h1", inputs.region),
            element("p", _size(inputs), class_="size"),
            element("p", " · ".join(line), class_="note") if line else None,
        ),
        element(
            "div",
            element("p", mark(_SIGN[conclusion.verdict], conclusion.headline), class_="headline"),
            element("p", conclusion.text),
            class_=f"verdict {conclusion.verdict}",
        ),
        element("ul", [_claim(c) for c in conclusion.claims], class_="claims"),
        id="summary",
    )


def _size(inputs: ReportInputs) -> str:
    b = inputs.blueprint
    if b is None:
        return "A region"
    sites = {d.site for d in b.devices}
    parts = [
        counted(len(sites), "site"),
        counted(len(b.devices), "switch", "switches"),
        counted(sum(w.kind == "fabric" for w in b.wires), "fabric link"),
        counted(len(b.hosts), "server"),
        counted(len({v.tenant for v in b.vrfs} | {s.tenant for s in b.segments}), "tenant"),
        counted(len(b.vrfs), "VRF"),
        counted(len(b.segments), "segment"),
    ]
    parts += [counted(len(b.peers), "external router")] * bool(b.peers)
    return ", ".join(parts)


def _claim(claim: Claim) -> Markup:
    return element(
        "li",
        element("a", mark(claim.status), " ", element("b", claim.title), href=f"#{claim.anchor}"),
        element("span", claim.text),
        class_=claim.status,
    )


def _run(facts: RunFacts) -> Markup:
    pairs: list[tuple[str, Node]] = [
        ("Command", code(facts.command) if facts.command else ""),
        ("Started", facts.started),
        ("Took", f"{facts.duration_s:.1f} s" if facts.duration_s else ""),
        ("Commit", code(facts.revision) if facts.revision else ""),
        ("Host", facts.host),
        ("Kernel", facts.kernel),
        ("Lab backend", facts.backend or "none"),
        ("Why this backend", facts.backend_reason),
        *facts.versions,
    ]
    rows: list[list[Node]] = [[name, value] for name, value in pairs if value]
    steps: list[list[Node]] = [[name, f"{seconds:.1f}"] for name, seconds in facts.steps]
    return fragment(
        element(
            "div",
            table("Facts of the run", ("What", "Value"), rows),
            table("Steps, wall time", ("Step", "Seconds"), steps, numeric=(1,)) if steps else None,
            class_="pair",
        ),
        note("What differs from hardware, and what was left out:") if facts.notes else None,
        element("ul", [element("li", n) for n in facts.notes], class_="notes") if facts.notes else None,
    )


def _footer(facts: RunFacts) -> str:
    version = dict(facts.versions).get("Crossconnect", "")
    return f"Crossconnect {version}".strip() + (f", {facts.started}" if facts.started else "")
