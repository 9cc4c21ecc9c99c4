"""A saved plan for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from crossconnect.checks.grouping import count_text, names_text
from crossconnect.cli.output import draw
from crossconnect.rollout.change_rules import Approval, demand_text
from crossconnect.rollout.saved_plan import SavedDevice, SavedPlan, SavedWave

_LOSSES_MAX = 6
_PARTLY = {
    "three": "each device changed first and last, and any three of them in any way, but not every combination",
    "first": "each device changed first, no other combination",
    "end": "nothing, only before and after",
}
"""What was simulated of a wave of which not every state was."""


def waves_text(plan: SavedPlan) -> str:
    """The waves with their reasons and effects."""
    devices = {device.name: device for device in plan.devices}
    states = sum(wave.effect.states for wave in plan.waves)
    parts = [f"{count_text(len(plan.waves), 'wave')}, {count_text(states, 'state')} on the way simulated:"]
    for wave in plan.waves:
        parts.append(f"\n{wave.number}. {names_text(wave.devices, 8)}")
        parts.append(f"    {wave.reason}")
        parts += [f"    {line}" for line in _effect_lines(wave, devices)]
    # Of earlier versions' plans nobody knows more than that each device was tried alone.
    part = [wave for wave in plan.waves if wave.effect.cover in _PARTLY and wave.effect.simulated]
    if not plan.breaks:
        which = "every state between" if plan.alone and not part else "each of these states"
        parts.append(f"\nwhoever talks before and after talks in {which}, and no promise breaks")
    for cover, told in _PARTLY.items():
        if numbers := [str(wave.number) for wave in part if wave.effect.cover == cover]:
            parts.append(f"inside {'waves' if numbers[1:] else 'wave'} {names_text(numbers, 8)}: {told}")
    if plan.moving:
        parts.append(
            f"\nnot judged are servers that get another cable, address or gateway: {names_text(plan.moving, 8)}"
        )
    for each in plan.breaks:
        during = f"wave {each.first}" if each.first == each.last else f"waves {each.first} to {each.last}"
        parts.append(f"\nbreaks, {during}, for up to {each.seconds_max} s: {each.name}: {each.what}")
    return "\n".join(parts)


def _effect_lines(wave: SavedWave, devices: dict[str, SavedDevice]) -> list[str]:
    lines: list[str] = []
    for name in wave.drain:
        lost = devices[name].disruption
        what = f"{count_text(len(lost.sessions), 'session')} torn down" if lost.level == "sessions" else "is out"
        lines.append(f"drained first: {name}, {what} for up to {lost.seconds_max} s ({', '.join(lost.why)})")
    for when, losses in (
        ("while it loads", wave.effect.loading),
        ("while drained", wave.effect.drained),
        ("until all of the wave are changed", wave.effect.passing),
        ("until a later wave", wave.effect.after),
    ):
        lines += [f"!! {when}: {loss.name}: {loss.what}" for loss in losses[:_LOSSES_MAX]]
        if len(losses) > _LOSSES_MAX:
            lines.append(f"!! {when}: {len(losses) - _LOSSES_MAX} more (all of them with -o json)")
    lines.append(f"gate: {count_text(wave.gate.sessions, 'end')} of BGP sessions up, {len(wave.gate.checks)} checks")
    return lines


def plan_text(plan: SavedPlan, digest: str, approvals: Sequence[Approval]) -> str:
    """All of a saved plan, but the configurations."""
    timers = plan.timers
    parts = [
        f"plan of {plan.region}, sha256 {digest}",
        f"from   {plan.parent[:16]}  commit {plan.parent_commit[:12] or 'none'}",
        f"to     {plan.new[:16]}  commit {plan.new_commit[:12] or 'none: not committed, cannot be applied'}",
        f"authors {', '.join(plan.size.authors) or 'not known'}",
    ]
    if plan.size.tenants:
        parts.append(f"tenants whose networks change: {', '.join(plan.size.tenants)}")
    rows = [
        (d.wave, d.name, d.role, d.nos, d.kind, d.behind, d.disruption.level, d.drain)
        for d in sorted(plan.devices, key=lambda d: (d.wave, d.name))
    ]
    headers = ("wave", "device", "role", "nos", "change", "attachments", "interrupts", "drained")
    parts += ["\n" + draw(headers, rows), "\n" + waves_text(plan)]
    undone = "all waves are undone" if plan.on_failure == "all" else "the wave is undone"
    parts.append(
        f"\neach wave: at most {timers.apply_s} s to load, {timers.gate_s} s for its gate, then {timers.soak_s} s of "
        f"soak;\na device undoes its change by itself after {timers.device_s} s without confirmation;\n"
        f"when a gate fails, {undone}"
    )
    if plan.unseen:
        parts.append("\n".join(("\non devices, gates do not see:", *(f"    {text}" for text in plan.unseen))))
    if plan.findings_new:
        parts.append("\n".join(("\nfindings new:", *(f"    {text}" for text in plan.findings_new))))
    rules = [f"    {rule.name}: {demand_text(rule)}" for rule in plan.rules.rules]
    parts.append("\n".join(("\nrules:", *rules)) if rules else "\nno rule of the region applies")
    for freeze in plan.rules.freezes:
        parts.append(f"    freeze {freeze.name}: {freeze.begin} to {freeze.end} {freeze.time_zone}")
    for approval in approvals:
        parts.append(f"approved by {approval.by} at {approval.at}{f': {approval.comment}' if approval.comment else ''}")
    return "\n".join(parts)
