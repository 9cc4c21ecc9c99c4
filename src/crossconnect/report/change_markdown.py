"""What a change does, as Markdown for a pull request.

Names and messages may quote what somebody has written into a file: everything that Markdown, HTML or a code host would
take for more than text is escaped. Difference texts come last and are cut first, since code hosts cut comments off.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from crossconnect.checks.grouping import count_text, names_text, with_article
from crossconnect.finding import Finding, Severity
from crossconnect.rollout.blast_radius import BlastRadius, FailureChange
from crossconnect.rollout.change_rules import demand_text
from crossconnect.rollout.plan import DeviceChange, Plan
from crossconnect.rollout.saved_plan import SavedPlan, SavedWave
from crossconnect.rollout.verdict import Condition, Verdict

SIZE_MAX = 60_000
"""Characters: GitHub and Gitea take 65,536 in a comment."""
_ROWS_MAX = 40
_NOTED = ("new-warnings", "failures")
"""Conditions that are told where they do not count, too, when they do not hold."""
_LINES_MAX = 80
"""Of each device's difference."""
_SPECIAL = re.compile(r"[\\`*_\[\]<#!|~@&$]")


def change_markdown(verdict: Verdict, saved: SavedPlan | None) -> str:
    """The whole report, at most `SIZE_MAX` characters."""
    parts = [*_head(verdict)]
    plan = verdict.plan
    if plan is not None and not plan.empty:
        parts += [*_devices(plan)]
        if plan.blast_radius is not None:
            parts += [*_radius(plan.blast_radius)]
    parts += [*_findings(verdict)]
    if saved is not None:
        parts += [*_waves(saved), *_rules(saved)]
    if verdict.sha256:
        parts.append(
            f"\nThe plan's SHA-256 is `{verdict.sha256}`: approvals are of these octets, `xc apply` takes these."
        )
    text = "\n".join(parts)
    if len(text) > SIZE_MAX - 2000:
        text = text[: SIZE_MAX - 2000].rpartition("\n")[0] + "\n\n*cut off here; `xc plan` prints all of it*\n"
    return text + _differences(plan.devices if plan is not None else (), SIZE_MAX - len(text)) + "\n"


def _head(verdict: Verdict) -> Iterator[str]:
    word = "passed" if verdict.passed else "failed"
    yield f"## xc ci: {_plain(verdict.region) or 'this region'} {word}\n"
    against = f"`{verdict.parent}`" if verdict.parent != "none" else "an empty network"
    commits = " against ".join(f"`{commit[:12]}`" for commit in (verdict.commit, verdict.parent_commit) if commit)
    yield f"Compared with {against}{f' (commit {commits})' if commits else ''}."
    plan = verdict.plan
    if plan is None:
        yield "\nThe region's files cannot be used, so nothing was computed."
        return
    yield "\n| | condition |\n|---|---|"
    yield from (
        _condition_row(each) for each in verdict.conditions if each.counts or (not each.holds and each.name in _NOTED)
    )
    if plan.empty:
        yield "\nNo device and no number changes."


def _condition_row(condition: Condition) -> str:
    mark = "ok" if condition.holds else "**FAILED**" if condition.counts else "noted"
    return f"| {mark} | {condition.name}: {_plain(condition.text)} |"


def _devices(plan: Plan) -> Iterator[str]:
    tenants = f"; tenants whose networks change: {_plain(names_text(plan.tenants, 12))}" if plan.tenants else ""
    yield (
        f"\n### What changes\n\n{count_text(len(plan.devices), 'device')}, {count_text(len(plan.numbers), 'number')}"
        f"{tenants}\n"
    )
    if plan.devices:
        yield "| device | system | change | lines |\n|---|---|---|---|"
        for each in plan.devices[:_ROWS_MAX]:
            yield f"| {_plain(each.device)} | {each.nos} | {each.kind} | +{each.lines_added} −{each.lines_removed} |"
        yield from _more(plan.devices)
    moved = [number for number in plan.numbers if number.old and number.new]
    if moved:
        yield f"\n**{count_text(len(moved), 'number')} of what runs would move:**\n"
        yield from (
            f"- {_plain(n.pool)} of {_plain(n.key)}: {_plain(n.old)} → {_plain(n.new)}" for n in moved[:_ROWS_MAX]
        )
        yield from _more(moved)


def _radius(radius: BlastRadius) -> Iterator[str]:
    yield "\n### Blast radius\n"
    if radius.realms:
        yield "| network | tenant | | attachments | pairs that talk | paths | borders |\n|---|---|---|---|---|---|---|"
        for each in radius.realms[:_ROWS_MAX]:
            pairs = (each.endpoints, each.talking, each.paths, each.borders)
            cells = (each.scope, each.tenant, each.kind, *(f"{a} → {b}" if a != b else str(b) for a, b in pairs))
            yield f"| {' | '.join(_plain(cell) for cell in cells)} |"
        yield from _more(radius.realms)
    else:
        yield "No tenant's network changes."
    if radius.failures:
        yield f"\nNot as before under {radius.evaluated} single failures:\n"
        yield from (f"- {_failure(change)}" for change in radius.failures[:_ROWS_MAX])
        yield from _more(radius.failures)
    elif radius.evaluated:
        yield f"\nUnder {radius.evaluated} single failures: as before."
    for kind, words in (("flaps", "flap while it is carried out"), ("comes", "come"), ("goes", "go")):
        sessions = [s for s in radius.sessions if s.kind == kind]
        if sessions:
            named = names_text([f"{s.device} to {s.peer}" for s in sessions], 6)
            yield f"\nBGP sessions that {words}: {len(sessions)} ({_plain(named)})"
    if radius.flaps:
        yield "\nWhile those of one switch flap:\n"
        yield from (f"- {_plain(names_text(f.devices, 3))}: {_plain(f.effect)}" for f in radius.flaps[:_ROWS_MAX])
    if radius.links:
        yield "\nLinks that expected traffic fills:\n"
        for link in radius.links[:_ROWS_MAX]:
            without = f" without {link.failure}" if link.failure else ""
            yield f"- {_plain(f'{link.link} from {link.device}{without}')}: {link.before:.0%} → {link.after:.0%}"
        yield from _more(radius.links)
    if radius.bystanders:
        yield f"\nTenants as before on devices that are changed: {_plain(names_text(radius.bystanders, 12))}"


def _failure(change: FailureChange) -> str:
    who = names_text(change.failures, 2)
    count = f"{len(change.failures)} failures of {with_article(change.element)}: " if len(change.failures) > 1 else ""
    was = f" (was: {change.before})" if change.before else ""
    return _plain(f"{names_text(change.scopes, 3)}: {count}{who}: {change.after or 'nothing any more'}{was}")


def _findings(verdict: Verdict) -> Iterator[str]:
    if verdict.findings:
        yield f"\n### Findings of this change: {len(verdict.findings)}\n\n| | place | finding |\n|---|---|---|"
        order = list(Severity)
        listed = sorted(verdict.findings, key=lambda f: (order.index(f.severity), f.sort_key()))
        yield from (_finding_row(finding) for finding in listed[:_ROWS_MAX])
        yield from _more(listed)
    if verdict.cured:
        yield f"\nCured: {count_text(len(verdict.cured), 'finding')} ({names_text([f.code for f in verdict.cured], 6)})"
    if verdict.known:
        yield f"\nThere before: {count_text(len(verdict.known), 'finding')}"


def _finding_row(finding: Finding) -> str:
    hint = f"<br>*{_plain(finding.hint)}*" if finding.hint and finding.severity is not Severity.NOTE else ""
    place = str(finding.place)
    return f"| {finding.severity.value} | {_plain(place)} | {_plain(finding.code)}: {_plain(finding.message)}{hint} |"


def _waves(saved: SavedPlan) -> Iterator[str]:
    states = sum(wave.effect.states for wave in saved.waves)
    yield f"\n### Waves: {len(saved.waves)}, {count_text(states, 'state')} on the way simulated\n"
    yield "| | devices | why | drained | takes from whom |\n|---|---|---|---|---|"
    yield from (_wave_row(wave) for wave in saved.waves[:_ROWS_MAX])
    yield from _more(saved.waves)
    if saved.moving:
        names = _plain(names_text(saved.moving, 6))
        yield f"\nNot judged are servers that get another cable, address or gateway: {names}"


def _wave_row(wave: SavedWave) -> str:
    effect = wave.effect
    lost = [f"{loss.name}: {loss.what}" for loss in (*effect.loading, *effect.drained, *effect.passing, *effect.after)]
    cells = (names_text(wave.devices, 6), wave.reason, names_text(wave.drain, 6), names_text(lost, 3) or "nobody")
    return f"| {wave.number} | {' | '.join(_plain(cell) for cell in cells)} |"


def _rules(saved: SavedPlan) -> Iterator[str]:
    if saved.rules.rules or saved.rules.freezes:
        yield "\n### What the region's rules demand\n"
    yield from (f"- {_plain(rule.name)}: {_plain(demand_text(rule))}" for rule in saved.rules.rules)
    for each in saved.rules.freezes:
        yield f"- {_plain(f'freeze {each.name}: nothing from {each.begin} to {each.end} {each.time_zone}')}"


def _differences(devices: Iterable[DeviceChange], room: int) -> str:
    parts: list[str] = []
    left_out = 0
    for each in devices:
        lines = each.diff.splitlines()
        body = "\n".join(_printable(line) for line in lines[:_LINES_MAX])
        cut = f"\n... {len(lines) - _LINES_MAX} more lines" if len(lines) > _LINES_MAX else ""
        longest = max((len(run) for run in re.findall("`+", body)), default=0)
        fence = "`" * max(3, longest + 1)
        part = (
            f"\n<details><summary>{_plain(each.device)}: +{each.lines_added} −{each.lines_removed}</summary>\n\n"
            f"{fence}diff\n{body}{cut}\n{fence}\n\n</details>"
        )
        if left_out or len(part) > room - 200:
            left_out += 1
            continue
        room -= len(part)
        parts.append(part)
    if not parts and not left_out:
        return ""
    more = f"\n\n{count_text(left_out, 'more difference')}: `xc plan --diff`" if left_out else ""
    return "\n\n### Configuration differences\n" + "".join(parts) + more


def _more(things: Sequence[object]) -> Iterator[str]:
    if len(things) > _ROWS_MAX:
        yield f"\n... and {len(things) - _ROWS_MAX} more\n"


def _plain(text: str) -> str:
    """Text as text, in one line."""
    one_line = _printable(" ".join(text.splitlines()))
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};" if found[0] in "<@#&|" else "\\" + found[0], one_line)


def _printable(text: str) -> str:
    """Without characters that nobody sees, or that turn the direction of writing."""
    return "".join(c if c.isprintable() or c == "\t" else c.encode("unicode_escape", "replace").decode() for c in text)
