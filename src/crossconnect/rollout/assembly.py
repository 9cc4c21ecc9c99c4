"""A plan for carrying out: from the comparison of two networks to waves with their effects.

Plan (what differs) + blueprints --> candidates --> order of waves <-- losses of every state in between
                                          '--> disruption, drain --> what is missing while a wave loads
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from crossconnect import __version__
from crossconnect.checks.grouping import count_text
from crossconnect.checks.registry import CHECKS
from crossconnect.design.blueprint import Blueprint
from crossconnect.finding import Finding, Place, found
from crossconnect.model.change import Objective
from crossconnect.rollout.change_rules import Rules, Size, bound
from crossconnect.rollout.codes import BREAK, BREAK_UNKNOWN
from crossconnect.rollout.combinations import Inside, first_states, inside_states
from crossconnect.rollout.commands import DeviceCommands, change_commands, while_drained
from crossconnect.rollout.continuity import Continuity, Loss, moving_servers
from crossconnect.rollout.device_probes import device_probes
from crossconnect.rollout.disruption import Disruption, disruptions
from crossconnect.rollout.groups import Group, redundancy_groups
from crossconnect.rollout.mixture import mixed
from crossconnect.rollout.order import Ordered, Step, ordered
from crossconnect.rollout.plan import Plan, Side
from crossconnect.rollout.probes import DEFAULT, Probe, probes_of
from crossconnect.rollout.saved_plan import Break, Effect, Gate, SavedDevice, SavedPlan, SavedWave, Timers
from crossconnect.rollout.unseen import unseen
from crossconnect.rollout.waves import WAVE_DEVICES_MAX, Candidate, candidates
from crossconnect.simulate.failures import Failures
from crossconnect.simulate.impact import Impact, Impacts
from crossconnect.simulate.maintenance import drained, drained_names

GATE_CHECKS = tuple(name for name in CHECKS if name != "single-points")
"""Of the drawing alone, no running network changes it."""


COMBINED_SWITCHES_MAX = 32
"""Switches of a region up to which combinations of a wave's devices are simulated as well where every state is a whole
simulation: three to four times the states of each device first, of a third of a second each for 22 switches."""
ALONE_SWITCHES_MAX = 64
"""Switches of a region up to which states inside waves are simulated where the fabric itself is another one in them, by
the change or by devices that are drained: every such state is a whole simulation, a second or more of 86 switches."""


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan holds beside the comparison."""

    parent_commit: str = ""
    new_commit: str = ""
    parent_drained: tuple[str, ...] = ()
    new_drained: tuple[str, ...] = ()
    """Devices that are drained beside what the commits' files say."""
    authors: tuple[str, ...] = ()
    rules: tuple[Rules, ...] = ()
    """Of both networks."""
    accepted: tuple[str, ...] = ()
    """Names of breaks."""
    objectives: tuple[Objective, ...] = ()
    """Of both networks: of each name the new one's."""
    timers: Timers = Timers()
    undo_all: bool = False
    wave_devices_max: int = WAVE_DEVICES_MAX


def assemble(parent: Side | None, new: Side, plan: Plan, context: Context) -> tuple[SavedPlan, tuple[Finding, ...]]:
    """The plan with its waves, and what breaks on the way without having been accepted. With findings it must not be
    carried out."""
    old = parent.blueprint if parent is not None else _nothing(new.blueprint)
    after = new.blueprint
    kinds = {change.device: change for change in plan.devices}
    changed = frozenset(kinds)
    changing = candidates(old, after, changed)
    groups = _groups(old, after, changed)
    lost = disruptions(old, after, changed)
    way = _Way(old, after, changed, frozenset(name for name in changed if lost[name].level != "none"))
    order = _NO_WAVES
    if changing:
        order = ordered(changing, groups, way.losses, context.wave_devices_max, way.inside, way.drained_for)
    waves = tuple(_waves(way, order, changing, lost))
    breaks = _breaks(waves, context.timers)
    size = Size(
        devices=len(changing),
        tenants=plan.tenants,
        attachments_max=max((c.behind for c in changing.values()), default=0),
        roles=tuple(sorted({c.role for c in changing.values()})),
        sites=tuple(sorted({c.site for c in changing.values()})),
        disruptive=bool(breaks) or any(d.level != "none" for d in lost.values()),
        authors=context.authors,
    )
    objectives = (
        context.objectives
        if any(not objective.tenant for objective in context.objectives)
        else (*context.objectives, DEFAULT)
    )
    probes = _probes(old, after, waves, context.objectives)
    asking = device_probes(old, after, probes, objectives)
    saved = SavedPlan(
        region=after.region,
        parent=plan.parent,
        new=plan.new,
        parent_commit=context.parent_commit,
        new_commit=context.new_commit,
        parent_drained=context.parent_drained,
        new_drained=context.new_drained,
        size=size,
        numbers=plan.numbers,
        findings_new=tuple(f"{finding.code}: {finding.message}" for finding in plan.findings_new),
        timers=context.timers,
        probes=probes,
        device_probes=asking,
        unseen=unseen(after, changed, asking),
        objectives=objectives,
        moving=moving_servers(old, after),
        on_failure="all" if context.undo_all else "wave",
        orders_tried=order.orders_tried,
        exhaustive=order.exhaustive,
        alone=all(step.cover != "end" for step in order.steps),
        rules=bound(size, context.rules),
        breaks=breaks,
        groups=groups,
        waves=waves,
        devices=_devices(parent, new, plan, changing, lost, waves),
        made_by=__version__,
    )
    return saved, _unaccepted(saved, context.accepted)


_NO_WAVES = Ordered(steps=(), orders_tried=0, exhaustive=True)


def _nothing(like: Blueprint) -> Blueprint:
    return msgspec.structs.replace(
        like, devices=(), wires=(), hosts=(), peers=(), vrfs=(), segments=(), promises=(), risks=(), drained=()
    )


def _groups(old: Blueprint, new: Blueprint, changed: Collection[str]) -> tuple[Group, ...]:
    """Groups of either network with at least two devices that change."""
    found = {g.devices: g for g in (*redundancy_groups(new), *redundancy_groups(old))}
    return tuple(sorted(g for g in found.values() if len(set(g.devices) & set(changed)) > 1))


class _Way:
    """The states between two networks."""

    def __init__(self, old: Blueprint, new: Blueprint, changed: frozenset[str], drained_for: frozenset[str]) -> None:
        """`drained_for` are devices that are drained for their change."""
        self.old, self.new, self.changed, self.drained_for = old, new, changed, drained_for
        # Where nothing runs yet, nobody misses anything.
        self._continuity = Continuity(old, new) if old.devices and new.devices else None

    def state(self, pending: frozenset[str]) -> Blueprint:
        """The network in which some devices are still as before."""
        return mixed(self.old, self.new, self.changed, pending)

    def sessions_up(self, state: Blueprint) -> int:
        """Ends of BGP sessions that are up in a state."""
        if self._continuity is not None:
            return self._continuity.sessions_up(state)
        return sum(Impacts(state).healthy.up) if state.devices else 0

    @functools.cached_property
    def _together(self) -> tuple[frozenset[str], ...] | None:
        return self._continuity.together() if self._continuity is not None else ()

    def inside(self, names: Sequence[str]) -> Inside:
        """States inside a wave that are to be looked at. Who is drained matters to everybody."""
        out = not self.drained_for.isdisjoint(names)
        whole = self._continuity is not None and (out or self._together is None)
        switches = len(self.new.devices)
        if whole and len(names) > 1 and switches > ALONE_SWITCHES_MAX:
            return (), "end"
        if whole and switches > COMBINED_SWITCHES_MAX:
            return first_states(names)
        return inside_states(names, None if whole else self._together)

    def losses(self, pending: frozenset[str], out: frozenset[str]) -> tuple[Loss, ...]:
        """What is missing in it while `out` are drained."""
        if self._continuity is None:
            return ()
        return self.drained_losses(pending, out) if out else self._continuity.losses(self.state(pending), pending)

    def drained_losses(self, pending: frozenset[str], names: Collection[str]) -> tuple[Loss, ...]:
        """What is missing in it while some of its devices are drained."""
        if self._continuity is None or not names:
            return ()
        return self._continuity.losses(drained(self.state(pending), names))

    def loading(self, pending: frozenset[str], failures: Failures) -> tuple[Loss, ...]:
        """What is missing in it while sessions are down or devices out."""
        if self._continuity is None or not failures:
            return ()
        impacts = Impacts(self.state(pending))
        return _as_losses(impacts, impacts.of(failures))


def _as_losses(impacts: Impacts, impact: Impact) -> tuple[Loss, ...]:
    cut: dict[str, list[str]] = {}
    hosts = {host.name: host for host in impacts.blueprint.hosts}
    for name in impact.cut_off:
        for realm in {e.vrf or e.segment for e in hosts[name].endpoints}:
            cut.setdefault(realm, []).append(name)
    rows: dict[str, dict[tuple[str, ...], tuple[int, str, str]]] = {}
    for row in impact.lost:
        # One row per pair of classes, whichever IP version comes first.
        pair = (row.source_host, row.source_segment, row.destination_host, row.destination)
        prefix = row.destination if not row.destination_host else ""
        rows.setdefault(row.source_vrf or row.source_segment, {}).setdefault(pair, (row.pairs, prefix, row.reason))
    found: list[Loss] = []
    for name in sorted({*cut, *rows}):
        lost = list(rows.get(name, {}).values())
        inside = [row for row in lost if not row[1]]
        outside = tuple(dict.fromkeys(row[1] for row in lost if row[1]))
        parts = [f"{count_text(len(cut[name]), 'server')} cut off"] if name in cut else []
        pairs = sum(row[0] for row in inside)
        if pairs:
            parts.append(f"{count_text(pairs, 'pair')} of servers do not talk ({inside[0][2]})")
        if outside:
            parts.append(f"no way to {', '.join(outside)} for some servers")
        tenant = impacts.realms[name].tenant if name in impacts.realms else ""
        found.append(
            Loss(kind="network", name=name, what="; ".join(parts), tenant=tenant, pairs=pairs, outside=outside)
        )
    return tuple(found)


def _waves(
    way: _Way, order: Ordered, changing: Mapping[str, Candidate], lost: Mapping[str, Disruption]
) -> list[SavedWave]:
    pending = frozenset(changing)
    back = drained_names(way.old) - drained_names(way.new)
    waves: list[SavedWave] = []
    for number, step in enumerate(order.steps, 1):
        names = step.draft.devices
        after = pending.difference(names)
        drain = tuple(name for name in names if lost[name].level != "none")
        state = way.state(after) if after else way.new
        waves.append(
            SavedWave(
                number=number,
                devices=names,
                reason=step.draft.reason,
                drain=drain,
                put_back=() if drain else tuple(name for name in names if name in back),
                gate=Gate(
                    checks=GATE_CHECKS,
                    state=state.content_hash(),
                    sessions=way.sessions_up(state),
                ),
                effect=_effect(way, step, pending, drain, lost),
                undo=names[::-1],
            )
        )
        pending = after
    return waves


def _effect(
    way: _Way, step: Step, pending: frozenset[str], drain: Sequence[str], lost: Mapping[str, Disruption]
) -> Effect:
    broken = Failures(
        devices=frozenset(name for name in drain if lost[name].level == "device"),
        sessions=frozenset(key for name in drain if lost[name].level == "sessions" for key in lost[name].sessions),
    )
    # Until the wave is loaded, and from then on until it is undrained.
    out: dict[tuple[str, str], Loss] = {}
    for state in (pending, pending.difference(step.draft.devices)) if drain else ():
        for loss in way.drained_losses(state, drain):
            out.setdefault((loss.kind, loss.name), loss)
    return Effect(
        loading=way.loading(pending, broken),
        loading_s=max((lost[name].seconds_max for name in drain), default=0),
        drained=tuple(sorted(out.values())),
        passing=step.passing,
        after=step.losses,
        states=len(step.simulated) + (3 if drain else 0),
        simulated=step.simulated,
        cover=step.cover,
    )


def _probes(
    old: Blueprint, new: Blueprint, waves: Sequence[SavedWave], objectives: Sequence[Objective]
) -> tuple[Probe, ...]:
    lost = {
        wave.number: {loss.name for loss in (*wave.effect.drained, *wave.effect.passing, *wave.effect.after)}
        for wave in waves
    }
    # Of a promise that breaks, or BGP that does not settle, no network is known: nobody is judged then.
    everything = {realm.name for realm in (*old.vrfs, *new.vrfs)} | {s.path for s in (*old.segments, *new.segments)}
    for wave in waves:
        if any(loss.kind != "network" for loss in (*wave.effect.drained, *wave.effect.passing, *wave.effect.after)):
            lost[wave.number] = everything
    return probes_of(old, new, {name: wave.number for wave in waves for name in wave.devices}, lost, objectives)


def _breaks(waves: Sequence[SavedWave], timers: Timers) -> tuple[Break, ...]:
    """What is missing, from the first wave on to the last one, and for how long at most."""
    noted: dict[tuple[str, str], list[tuple[Loss, int, int]]] = {}
    """By what: (loss, wave, seconds beside those until the next wave)."""
    lasting: dict[tuple[str, str], set[int]] = {}
    for wave in waves:
        effect = wave.effect
        for losses, seconds in (
            (effect.loading, effect.loading_s),
            (effect.drained, timers.apply_s),
            (effect.passing, timers.apply_s),
            (effect.after, 0),
        ):
            for loss in losses:
                noted.setdefault((loss.kind, loss.name), []).append((loss, wave.number, seconds))
        for loss in effect.after:
            lasting.setdefault((loss.kind, loss.name), set()).add(wave.number)
    found: list[Break] = []
    for key, notes in noted.items():
        after = lasting.get(key, set())
        # It begins while a wave is loaded, and ends while the one after the last is.
        runs = sum(1 for number in after if number - 1 not in after)
        worst = max((loss for loss, _, _ in notes), key=lambda loss: (loss.pairs, len(loss.outside)))
        found.append(
            Break(
                kind=key[0],
                name=key[1],
                what=worst.what,
                first=min(number for _, number, _ in notes),
                last=max(number + (number in after) for _, number, _ in notes),
                seconds_max=len(after) * timers.wave_s + runs * timers.apply_s + sum(s for _, _, s in notes),
            )
        )
    return tuple(sorted(found))


def _unaccepted(plan: SavedPlan, accepted: Collection[str]) -> tuple[Finding, ...]:
    findings: list[Finding] = []
    if plan.exhaustive:
        how = "in every order of the devices"
    else:
        orders = "order" if plan.orders_tried == 1 else "orders"
        how = f"in the best of {plan.orders_tried} {orders} tried"
    ordered_away = {
        (loss.kind, loss.name)
        for wave in plan.waves
        for loss in (*wave.effect.after, *wave.effect.passing, *wave.effect.drained)
    }
    for each in plan.breaks:
        if each.name in accepted:
            continue
        why = how if (each.kind, each.name) in ordered_away else "while configurations are loaded, in whatever order"
        during = f"wave {each.first}" if each.first == each.last else f"waves {each.first} to {each.last}"
        words = f"{each.name}: {each.what}; during {during}, for up to {each.seconds_max} s, {why}"
        place = Place(path=f"promises/{each.name}" if each.kind == "promise" else f"waves/{each.first}")
        findings.append(found(BREAK, place, words, hint=f"{BREAK.hint} Here: --allow-break {each.name}"))
    known = {each.name for each in plan.breaks}
    for name in accepted:
        if name not in known:
            findings.append(found(BREAK_UNKNOWN, Place(), f"nothing called {name} breaks on the way"))
    return tuple(findings)


def _devices(
    parent: Side | None,
    new: Side,
    plan: Plan,
    changing: Mapping[str, Candidate],
    lost: Mapping[str, Disruption],
    waves: Sequence[SavedWave],
) -> tuple[SavedDevice, ...]:
    told: dict[str, DeviceCommands] = {}
    if parent is not None:
        told = {c.device: c for c in change_commands(parent.blueprint, new.blueprint, changing)}
    wave_of = {name: wave.number for wave in waves for name in wave.devices}
    before = {device.name: device for device in parent.blueprint.devices} if parent is not None else {}
    after = {device.name: device for device in new.blueprint.devices}
    texts: Callable[[Side | None, str], Mapping[str, str]] = lambda side, name: (  # noqa: E731
        side.files.get(name, {}) if side is not None else {}
    )
    return tuple(
        SavedDevice(
            name=change.device,
            nos=change.nos,
            role=changing[change.device].role,
            site=changing[change.device].site,
            pod=changing[change.device].pod,
            kind=change.kind,
            wave=wave_of[change.device],
            behind=changing[change.device].behind,
            disruption=lost[change.device],
            drain=lost[change.device].level != "none",
            old=texts(parent, change.device),
            new=texts(new, change.device),
            diff=change.diff,
            commands=told[change.device].commands if change.device in told else (),
            rollback=told[change.device].rollback if change.device in told else (),
            whole_files=told[change.device].files if change.device in told else (),
            while_drained=while_drained(before[change.device], after[change.device])
            if change.device in told and lost[change.device].level != "none"
            else None,
        )
        for change in plan.devices
    )
