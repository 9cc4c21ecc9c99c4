"""The evaluation as a directory: a report to read, and per candidate a region, labs, and a test plan to run.

report.md, evaluation.json
<nos>/<underlay>/region/...          the suite, for `xc simulate`, `xc trace` and the rest
<nos>/<underlay>/containerlab/...    topology with configurations loaded
<nos>/<underlay>/eve-ng/...
<nos>/<underlay>/test-plan.md, test-plan.json, ask.sh, pings.sh
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from crossconnect.evaluate.candidate import Candidate, Rendering
from crossconnect.evaluate.comparison import Comparison, Expressed
from crossconnect.evaluate.suite import suite_texts
from crossconnect.evaluate.test_plan import Ping, Situation, Test, pings_of, plan_tests, situations
from crossconnect.lab.exports import IMAGES, containerlab_files, eve_ng_files

_STATES = {
    "run": "yes",
    "rendered": "rendered, never run",
    "partial": "partly",
    "none": "no",
}


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`test-plan.json`."""

    nos: str
    underlay: str
    situations: tuple[tuple[str, str], ...]
    """(name, what to do)."""
    tests: tuple[Test, ...]
    pings: tuple[Ping, ...]


def documents(candidates: Sequence[Candidate], compared: Comparison) -> Mapping[str, str]:
    """Files by path."""
    files = {"report.md": report_text(compared), "evaluation.json": _json(compared)}
    for candidate in candidates:
        for rendering in candidate.renderings:
            here = f"{candidate.nos}/{rendering.underlay}"
            files |= {f"{here}/{name}": text for name, text in _rendering_files(candidate.nos, rendering)}
    return files


def _json(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"


def _rendering_files(nos: str, rendering: Rendering) -> Iterable[tuple[str, str]]:
    blueprint = rendering.blueprint
    yield from ((f"region/{name}", text) for name, text in suite_texts(nos, rendering.underlay).items())
    if nos in IMAGES:
        yield from ((f"containerlab/{name}", text) for name, text in containerlab_files(blueprint).items())
        yield from ((f"eve-ng/{name}", text) for name, text in eve_ng_files(blueprint).items())
    else:
        for device, texts in rendering.files.items():
            yield from ((f"configs/{device}/{name}", text) for name, text in texts.items())
    plan = Plan(
        nos=nos,
        underlay=rendering.underlay,
        situations=tuple((s.name, s.do) for s in situations(blueprint)),
        tests=plan_tests(blueprint),
        pings=pings_of(blueprint),
    )
    yield "test-plan.json", _json(plan)
    yield "test-plan.md", _plan_text(plan, situations(blueprint))
    yield "pings.sh", _ping_script(plan, blueprint.region)
    if nos in IMAGES:
        yield "ask.sh", _ask_script(plan, blueprint.region, IMAGES[nos].ask)


def _plan_text(plan: Plan, steps: Sequence[Situation]) -> str:
    lines = [
        f"# Test plan: {plan.nos}, {plan.underlay} underlay",
        "",
        "Start the lab (`containerlab/topology.clab.yml`, or `eve-ng/`). Then, for each situation: do what it says,",
        "wait until nothing moves, ask every device (`sh ask.sh <situation>` in containerlab), and put it back.",
        "Answers are kept as `answers/<situation>/<device>/<number>`, numbered from 0 in the order below. Then",
        "",
        f"    xc evaluate --answers answers {plan.nos}/{plan.underlay}",
        "",
        "reads them with the parsers of the system and says what is missing and what is too much. Pings between",
        "servers: `sh pings.sh <situation>`.",
        "",
        "| situation | do |",
        "|---|---|",
        *(f"| `{step.name}` | {step.do} |" for step in steps),
        "",
        "## Questions",
        "",
    ]
    for test in (t for t in plan.tests if t.situation == steps[0].name):
        lines += [f"### {test.device}", "", "| | how | ask |", "|---|---|---|"]
        asked = zip(test.how, test.asks, strict=True)
        lines += [f"| {number} | {how} | `{ask}` |" for number, (how, ask) in enumerate(asked)]
        lines += [""]
    for step in steps:
        lines += [f"## Expected: {step.name}", ""]
        for test in (t for t in plan.tests if t.situation == step.name):
            lines += [f"### {test.device}", "", "```text", *test.expected, "```", ""]
    return "\n".join(lines)


def _ping_script(plan: Plan, region: str) -> str:
    lines = [
        "#!/bin/sh",
        "# Pings of a situation, from the servers' containers: sh pings.sh SITUATION. Ends with 1 where one is not as",
        "# expected.",
        "failed=0",
        "ping_is() {",
        '    if docker exec "clab-$1-$2" ping -c 2 -W 1 -I "$4" "$3" >/dev/null 2>&1; then got=answered; '
        "else got=silent; fi",
        '    if [ "$got" != "$5" ]; then echo "$2 to $3: $got, expected $5"; failed=1; fi',
        "}",
        'case "$1" in',
    ]
    for name, _ in plan.situations:
        lines.append(f"{name})")
        for ping in plan.pings:
            if ping.situation == name:
                word = "answered" if ping.answered else "silent"
                lines.append(f"    ping_is {region} {ping.source} {ping.address} {ping.interface} {word}")
        lines.append("    ;;")
    names = " ".join(name for name, _ in plan.situations)
    return "\n".join([*lines, f'*) echo "situations: {names}"; exit 2 ;;', "esac", "exit $failed"]) + "\n"


def _ask_script(plan: Plan, region: str, by: str) -> str:
    lines = [
        "#!/bin/sh",
        "# Asks every device of the lab, and keeps the answers: sh ask.sh SITUATION. gNMI needs credentials:",
        "# GNMI holds the words for gnmic, such as GNMI='-u admin -p secret --skip-verify'.",
        'if [ -z "$1" ]; then echo "situations: ' + " ".join(name for name, _ in plan.situations) + '"; exit 2; fi',
        'asked() { mkdir -p "answers/$1/$2"; }',
    ]
    seen: set[str] = set()
    for test in plan.tests:
        if test.device in seen:
            continue
        seen.add(test.device)
        container = f"clab-{region}-{test.device}"
        lines.append(f'asked "$1" {test.device}')
        for number, (how, ask) in enumerate(zip(test.how, test.asks, strict=True)):
            target = f'> "answers/$1/{test.device}/{number}"'
            if how == "cli":
                lines.append(f"{by.format(container=container, ask=shlex.quote(ask))} {target}")
            elif how == "gnmi":
                get = f"gnmic -a {container} $GNMI -e json_ietf get --path"
                lines.append(f"{get} {shlex.quote(ask)} {target}")
    return "\n".join(lines) + "\n"


def report_text(compared: Comparison) -> str:
    """The comparison as Markdown."""
    titles = [f"{c.title}" for c in compared.candidates]
    lines = [
        "# Evaluation",
        "",
        "One suite of EVPN/VXLAN features, rendered for each candidate from the same intent. What is told of a system "
        "comes from its renderer and its documentation; `rendered, never run` means that no device has run it yet: run "
        "the test plans.",
        "",
        _row(["", *titles]),
        _row(["---"] * (len(titles) + 1)),
        _row(["written for", *(c.versions for c in compared.candidates)]),
        _row(["features that it lacks", *(str(c.lacking) for c in compared.candidates)]),
        _row(["features that it has in part", *(str(c.partial) for c in compared.candidates)]),
        _row(["errors about the suite", *(str(c.errors) for c in compared.candidates)]),
        _row(["warnings about the suite", *(str(c.warnings) for c in compared.candidates)]),
    ]
    roles = list(dict.fromkeys(shape.role for c in compared.candidates for shape in c.shapes))
    for role in roles:
        sizes = [next((s for s in c.shapes if s.role == role), None) for c in compared.candidates]
        words = [f"{s.lines} lines, {s.octets / 1024:.1f} KiB, {s.files} files" if s else "" for s in sizes]
        lines.append(_row([f"configuration of a {role}", *words]))
    lines += ["", "## Features", "", _row(["feature", "standard", *titles]), _row(["---"] * (len(titles) + 2))]
    lines += [_row([f.title, f.standard, *map(_expressed, f.on)]) for f in compared.features]
    for candidate in compared.candidates:
        lines += ["", f"## What {candidate.title} says of the suite", ""]
        lines += [f"- {finding}" for finding in candidate.findings] or ["Nothing."]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _expressed(what: Expressed) -> str:
    reason = f": {what.reason}" if what.reason else ""
    nearest = f" (nearest: {what.nearest})" if what.nearest else ""
    return f"{_STATES[what.state]}{reason}{nearest}"
