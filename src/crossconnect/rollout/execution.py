"""Carrying a plan out, as a state machine without a clock, socket or file.

    journal's records --happened--> State --due--> actions --the runner does them--> records ...

    device:  waiting -> prepared -> committed -> verified -> confirmed        and beside it: drained or not
                            |           |            |           |
                            '-----------'-- undo ----'-----------'--> undone, or stuck when no way back works

    wave:    prepare, drain | quiet | commit, verify | gate | confirm | ready | undrain | settle
             quiet:  nobody sends anything to what is drained any more, who has another way
             ready:  what goes back into traffic has all its sessions and routes
             settle: the gate of what carries traffic again

A state is what records add up to, so whoever reads a journal after a crash is where the dead one was, but for what was
begun and not ended: of that the device is asked (`inspect`), never assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from crossconnect.rollout.saved_plan import SavedPlan

Verb = Literal[
    "inspect",
    "prepare",
    "drain",
    "quiet",
    "commit",
    "verify",
    "gate",
    "confirm",
    "ready",
    "undrain",
    "settle",
    "undo",
    "proof",
    "resume",
    "abort",
]
"""The last two are not done to a device: somebody has taken a journal over, or wants all of it undone."""
Stage = Literal["waiting", "prepared", "committed", "verified", "confirmed", "undone", "stuck"]
Outcome = Literal["running", "done", "undone", "stopped", "stuck"]
Way = Literal["cancel", "inverse", "whole"]

OLD, PENDING, NEW, OTHER = "old", "pending", "new", "other"
"""What `inspect` finds: the configuration before; the new one with a timer running; the new one without; neither."""

LOOKS: frozenset[Verb] = frozenset({"quiet", "gate", "ready", "settle", "proof"})
"""Verbs that are about the network."""

UNDO_WAYS: tuple[Way, ...] = ("cancel", "inverse", "whole", "whole")
"""Ways back, in the order in which they are tried: the device's own undoing of an unconfirmed commit, the inverse
commands, the whole old text, and that once more."""
UNDRAIN_TRIES = 3
PROOF_TRIES = 2


class Action(msgspec.Struct, frozen=True, order=True, kw_only=True):
    """Something to be done by the runner. All actions that are due at once may be done at once."""

    verb: Verb
    wave: int
    device: str = ""
    """Empty for `LOOKS`, which are about the network."""
    way: Way | Literal[""] = ""
    """Of `undo`."""


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """What a record of the journal says of an action."""

    kind: Literal["begin", "done", "failed"]
    verb: Verb
    wave: int
    device: str = ""
    detail: str = ""


class DeviceState(msgspec.Struct, frozen=True, kw_only=True):
    """How far a device is."""

    stage: Stage = "waiting"
    drained: bool = False
    """Also where draining it failed: it may have been."""
    unsure: bool = False
    """Whether it must be asked first."""
    touched: bool = False
    """Whether it may have something else than its old configuration."""
    flight: Verb | Literal[""] = ""
    """What was begun and has not ended."""
    undo_tries: int = 0
    undrain_tries: int = 0


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """What of a plan the order of actions depends on."""

    waves: tuple[tuple[str, ...], ...]
    drain: frozenset[str]
    """Devices that are drained for their change."""
    undo_all: bool
    put_back: frozenset[str] = frozenset()
    """Devices that are drained before their change, and not after it; in waves without others of `drain`."""

    def wave_of(self, device: str) -> int:
        """Number of a device's wave, from 1."""
        return next(number for number, names in enumerate(self.waves, 1) if device in names)


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How far the whole is."""

    devices: Mapping[str, DeviceState]
    passed: frozenset[int] = frozenset()
    """Waves whose gate has held."""
    quiet: frozenset[int] = frozenset()
    """Waves whose drained devices were seen to be nobody's way any more."""
    ready: frozenset[int] = frozenset()
    """Waves whose drained devices were seen to have all that they need to be somebody's way again."""
    settled: frozenset[int] = frozenset()
    """Waves with drained devices that were seen to carry traffic again."""
    undoing: bool = False
    undo_from: int = 0
    """The wave that was under way when undoing began."""
    undo_all: bool = False
    proven: frozenset[int] = frozenset()
    """Undone waves after which the network was seen to be as before them."""
    proof_tries: int = 0
    failure: str = ""
    """Why it is undone: the first thing that went wrong."""


def course_of(plan: SavedPlan) -> Course:
    """The course of a plan."""
    return Course(
        waves=tuple(wave.devices for wave in plan.waves),
        drain=frozenset(name for wave in plan.waves for name in wave.drain),
        undo_all=plan.on_failure == "all",
        put_back=frozenset(name for wave in plan.waves for name in wave.put_back),
    )


def begun(course: Course) -> State:
    """Before anything has been done."""
    return State(devices={name: DeviceState() for names in course.waves for name in names})


def state_after(course: Course, events: Iterable[Happened]) -> State:
    """What a journal's events add up to."""
    state = begun(course)
    for event in events:
        state = after(course, state, event)
    return state


# What has happened


def after(course: Course, state: State, event: Happened) -> State:
    """The state after one more event."""
    if event.verb in LOOKS:
        return _after_network(course, state, event)
    if event.verb == "resume":
        return resumed(state)
    if event.verb == "abort":
        return aborted(course, state, event.detail)
    device = state.devices[event.device]
    if event.kind == "begin":
        touched = device.touched or event.verb == "commit"
        drained = device.drained or event.verb == "drain"
        return _with(state, event.device, flight=event.verb, touched=touched, drained=drained)
    state = _with(state, event.device, flight="")
    if event.kind == "failed":
        return _after_failure(course, state, event)
    return _after_success(course, state, event)


def _after_network(course: Course, state: State, event: Happened) -> State:
    if event.kind == "begin":
        return state
    if event.verb == "proof":
        if event.kind == "done":
            return msgspec.structs.replace(state, proven=state.proven | {event.wave}, proof_tries=0)
        return msgspec.structs.replace(state, proof_tries=state.proof_tries + 1)
    if event.kind == "failed":
        return _turned_back(course, state, event)
    match event.verb:
        case "quiet":
            return msgspec.structs.replace(state, quiet=state.quiet | {event.wave})
        case "gate":
            return msgspec.structs.replace(state, passed=state.passed | {event.wave})
        case "ready":
            return msgspec.structs.replace(state, ready=state.ready | {event.wave})
        case _:
            return msgspec.structs.replace(state, settled=state.settled | {event.wave})


def _after_success(course: Course, state: State, event: Happened) -> State:
    name = event.device
    match event.verb:
        case "prepare":
            return _with(state, name, stage="prepared")
        case "commit":
            return _with(state, name, stage="committed")
        case "verify":
            return _with(state, name, stage="verified")
        case "confirm":
            return _with(state, name, stage="confirmed")
        case "undrain":
            return _with(state, name, drained=False, undrain_tries=0)
        case "undo":
            return _with(state, name, stage="undone", touched=False, unsure=False)
        case "inspect":
            return _after_inspection(course, state, event)
        case _:
            return state


def _after_inspection(course: Course, state: State, event: Happened) -> State:
    """A device that was asked. Its commit, where it is not confirmed, is not gone on with before the gate: how much of
    its timer is left is nobody's guess; so the wave turns back."""
    name, here = event.device, state.devices[event.device]
    state = _with(state, name, unsure=False)
    if event.detail == OLD:
        stage: Stage = "undone" if state.undoing and here.touched else "waiting"
        return _with(state, name, stage=stage, touched=False)
    if state.undoing:
        return _with(state, name, touched=True)
    gate = event.wave in state.passed
    if event.detail == NEW and gate:
        return _with(state, name, stage="confirmed", touched=True)
    if event.detail == PENDING and gate:
        return _with(state, name, stage="verified", touched=True)
    state = _with(state, name, stage="committed", touched=True)
    why = f"{event.detail}, and the gate of its wave had not held"
    return _turned_back(course, state, msgspec.structs.replace(event, detail=why))


def _after_failure(course: Course, state: State, event: Happened) -> State:
    name, here = event.device, state.devices[event.device]
    match event.verb:
        case "undo":
            tries = here.undo_tries + 1
            stage: Stage = "stuck" if tries >= len(UNDO_WAYS) else here.stage
            return _with(state, name, undo_tries=tries, stage=stage)
        case "undrain":
            tries = here.undrain_tries + 1
            stage = "stuck" if tries >= UNDRAIN_TRIES else here.stage
            return _with(state, name, undrain_tries=tries, stage=stage)
        case "inspect":
            # It does not answer. Before undoing that is a failure like any; in undoing it is one way that did not work.
            if state.undoing:
                tries = here.undo_tries + 1
                return _with(state, name, undo_tries=tries, stage="stuck" if tries >= len(UNDO_WAYS) else here.stage)
            return _turned_back(course, state, event)
        case "confirm":
            return _turned_back(course, _with(state, name, unsure=True), event)
        case _:
            return _turned_back(course, state, event)


def _turned_back(course: Course, state: State, event: Happened) -> State:
    if state.undoing:
        return state
    who = event.device or f"wave {event.wave}"
    failure = f"{event.verb} of {who}: {event.detail}" if event.detail else f"{event.verb} of {who}"
    return msgspec.structs.replace(
        state,
        undoing=True,
        undo_from=max(event.wave, state.undo_from),
        undo_all=state.undo_all or course.undo_all,
        failure=state.failure or failure,
    )


def resumed(state: State) -> State:
    """After a crash: what was in flight, and whatever a timer may have taken back meanwhile, must be asked for."""
    devices = {
        name: msgspec.structs.replace(
            device,
            flight="",
            unsure=device.unsure
            or device.flight in ("commit", "confirm", "undo", "verify")
            or device.stage in ("committed", "verified", "stuck"),
            stage=_resumed_stage(device),
            # Somebody has looked: what was stuck is tried again.
            undo_tries=0 if device.stage == "stuck" else device.undo_tries,
            undrain_tries=0 if device.stage == "stuck" else device.undrain_tries,
        )
        for name, device in state.devices.items()
    }
    # Who is whose way is looked at again: it was another moment, and perhaps another network.
    return msgspec.structs.replace(state, devices=devices, proof_tries=0, quiet=frozenset(), ready=frozenset())


def _resumed_stage(device: DeviceState) -> Stage:
    if device.stage == "stuck":
        return "committed" if device.touched else "undone"
    return "waiting" if device.stage == "prepared" else device.stage


def aborted(course: Course, state: State, why: str = "") -> State:
    """Everything is to be undone."""
    under_way = [course.wave_of(n) for n, d in state.devices.items() if d.touched or d.drained]
    furthest = max((*under_way, state.undo_from))
    return msgspec.structs.replace(
        state, undoing=True, undo_all=True, undo_from=furthest, failure=state.failure or why or "aborted"
    )


def _with(state: State, name: str, **fields: object) -> State:
    device = msgspec.structs.replace(state.devices[name], **fields)
    return msgspec.structs.replace(state, devices={**state.devices, name: device})


# What is due


def due(course: Course, state: State) -> tuple[Action, ...]:
    """What is to be done next; empty when all is over (`outcome` says how)."""
    unsure = [
        Action(verb="inspect", wave=course.wave_of(name), device=name)
        for name, device in state.devices.items()
        if device.unsure and device.stage != "stuck"
    ]
    if unsure:
        return tuple(sorted(unsure))
    return _due_backward(course, state) if state.undoing else _due_forward(course, state)


def goes_on(course: Course, state: State) -> bool:
    """Whether going on, by what a journal says, may change a device that has not its new configuration for good: not
    on the way back, nor where what is left is to confirm what has held, and to put it back into traffic."""
    if state.undoing:
        return False
    return any(
        device.stage in ("waiting", "prepared") or course.wave_of(name) not in state.passed
        for name, device in state.devices.items()
    )


def _due_forward(course: Course, state: State) -> tuple[Action, ...]:
    for number, names in enumerate(course.waves, 1):
        actions = _due_in_wave(course, state, number, names)
        if actions:
            return actions
        if any(state.devices[name].stage == "stuck" for name in names):
            return ()
    return ()


def _due_in_wave(course: Course, state: State, number: int, names: Sequence[str]) -> tuple[Action, ...]:
    at = {name: state.devices[name] for name in names}

    def each(verb: Verb, these: Iterable[str]) -> tuple[Action, ...]:
        return tuple(Action(verb=verb, wave=number, device=name) for name in these)

    prepared = [name for name in names if at[name].stage == "prepared"]
    if waiting := [name for name in names if at[name].stage == "waiting"]:
        return each("prepare", waiting)
    if not course.put_back.isdisjoint(prepared) and number not in state.ready:
        return (Action(verb="ready", wave=number),)
    if out := [name for name in prepared if name in course.drain]:
        if inside := [name for name in out if not at[name].drained]:
            return each("drain", inside)
        if number not in state.quiet:
            return (Action(verb="quiet", wave=number),)
    if prepared:
        return each("commit", prepared)
    if committed := [name for name in names if at[name].stage == "committed"]:
        return each("verify", committed)
    if verified := [name for name in names if at[name].stage == "verified"]:
        return each("confirm", verified) if number in state.passed else (Action(verb="gate", wave=number),)
    return _due_at_end(course, state, number, names)


def _due_at_end(course: Course, state: State, number: int, names: Sequence[str]) -> tuple[Action, ...]:
    """When all of a wave's devices are confirmed, or none goes on: back into traffic."""
    at = [(name, state.devices[name]) for name in names]
    out = [name for name, device in at if device.stage == "confirmed" and device.drained]
    if out and number not in state.ready:
        return (Action(verb="ready", wave=number),)
    if out:
        return tuple(Action(verb="undrain", wave=number, device=name) for name in out)
    if number in state.settled or course.drain.isdisjoint(names):
        return ()
    return (Action(verb="settle", wave=number),) if all(d.stage == "confirmed" for _, d in at) else ()


def _due_backward(course: Course, state: State) -> tuple[Action, ...]:
    last = min(state.undo_from, len(course.waves))
    first = 1 if state.undo_all else max(last, 1)
    for number in range(last, first - 1, -1):
        names = course.waves[number - 1]
        undo = [
            Action(verb="undo", wave=number, device=name, way=_way(state.devices[name]))
            for name in reversed(names)
            if state.devices[name].touched and state.devices[name].stage != "stuck"
        ]
        if undo:
            return tuple(undo)
        undrain = [
            Action(verb="undrain", wave=number, device=name)
            for name in names
            if state.devices[name].drained and state.devices[name].stage != "stuck"
        ]
        if undrain:
            return tuple(undrain)
        was_touched = any(state.devices[name].stage == "undone" for name in names)
        if was_touched and number not in state.proven and state.proof_tries < PROOF_TRIES:
            return (Action(verb="proof", wave=number),)
    return ()


def _way(device: DeviceState) -> Way:
    """The next way back. What is confirmed has nothing left to cancel."""
    first = 1 if device.stage == "confirmed" else 0
    return UNDO_WAYS[min(first + device.undo_tries, len(UNDO_WAYS) - 1)]


def outcome(course: Course, state: State) -> Outcome:
    """How it stands. `undone`: the network is as before the plan. `stopped`: as after the last wave that succeeded.
    `stuck`: somebody must look."""
    if due(course, state):
        return "running"
    devices = state.devices.values()
    unproven = any(
        state.devices[name].stage == "undone" and number not in state.proven
        for number, names in enumerate(course.waves, 1)
        for name in names
    )
    if any(device.stage == "stuck" for device in devices) or unproven:
        return "stuck"
    if not state.undoing:
        return "done"
    return "stopped" if any(device.touched for device in devices) else "undone"
