"""The gate of a wave on the devices themselves: what they say of themselves, beside the simulation of the same network.

every device --its system's questions (`NetworkOs.queries`)--> answers --> in the words of the conformance suite
simulation of what the network is to be ---------------------> rows    --> what is missing, what is not expected
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec

from crossconnect.cli.holding import hold
from crossconnect.design.blueprint import Blueprint
from crossconnect.device.configuration import DeviceConfiguration
from crossconnect.errors import BadInput, CrossconnectError, Rejected, Unauthorised, Unreachable, Untrusted
from crossconnect.evaluate.answers import judged
from crossconnect.evaluate.test_plan import COMPARED, Test, rows_of
from crossconnect.rollout.looks import AGAIN_S, Gate, Key, Look, both, keys
from crossconnect.rollout.saved_plan import Timers
from crossconnect.simulate import simulate
from crossconnect.state.tables import State

POLL_S = 3.0
"""Between two looks of a gate: each is a session with every device."""

_WRONG_ACCESS = (BadInput, Unauthorised, Untrusted)
"""What no waiting cures: somebody has to look at the access file, or at the device that says it is another one."""

Answers = Mapping[int, bytes] | CrossconnectError
"""Of a device to the questions of a gate, by their place; or why there are none."""
Ask = Callable[[Sequence[DeviceConfiguration]], Mapping[str, Answers]]
"""Asks some devices all questions of their systems, at the same time."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What a gate is about."""

    expected: Blueprint
    """The network as it is to be."""
    soak_s: int = 0
    latest: float = math.inf
    """By the monotonic clock: when it would come too late."""


class LiveGate:
    """Gates of one plan."""

    def __init__(self, ask: Ask, timers: Timers) -> None:
        self._ask, self._timers = ask, timers
        self._simulated: dict[str, State] = {}
        self.already: frozenset[Key] = frozenset()
        """What was not well before the plan was begun: no gate fails by it."""

    def look_before(self, expected: Blueprint, planned: Collection[str]) -> frozenset[Key]:
        """What is not as simulated in the network as it is now, in two looks in a row. BadInput where somebody has to
        look at the access file, Unreachable where a device of the plan does not answer: nothing is to be begun then."""
        first, answers = self._looked(expected, None)
        found = first
        if not first.well:
            time.sleep(AGAIN_S)
            second, more = self._looked(expected, first)
            found, answers = both(first, second), {**answers, **more}
        _see_that_all_answer(answers, planned)
        self.already = keys(found)
        return self.already

    def hold(self, subject: Subject) -> str:
        """Wait until the network is as expected, then see it stay so. Raises Rejected when it does not."""
        deadline = min(time.monotonic() + self._timers.gate_s, subject.latest)
        gate = Gate(deadline, subject.soak_s, self._timers.silence_s, subject.latest)

        def look(doubted: Look | None) -> Look:
            return self._looked(subject.expected, doubted)[0].without(self.already)

        return hold(gate, look, poll_s=POLL_S)

    def _looked(self, expected: Blueprint, doubted: Look | None) -> tuple[Look, Mapping[str, Answers]]:
        """One look at all devices, or at those that were not well in another one."""
        key = expected.content_hash()
        if key not in self._simulated:
            self._simulated[key] = simulate(expected, tables=COMPARED)
        state = self._simulated[key]
        asked = expected.devices
        if doubted is not None:
            names = {*doubted.silent, *(where for _, where in doubted.seen)}
            asked = tuple(device for device in asked if device.name in names)
        answers = self._ask(asked)
        seen: dict[Key, str] = {}
        silent: dict[str, str] = {}
        for device in asked:
            given = answers[device.name]
            if isinstance(given, Rejected):
                seen["a question is refused", device.name] = str(given)
                continue
            if isinstance(given, CrossconnectError):
                silent[device.name] = str(given)
                continue
            for word in _words(device, tuple(rows_of(state, device.name)), given):
                seen[word, device.name] = f"{device.name}: {word}"
        return Look(seen=seen, silent=silent), answers


def _see_that_all_answer(answers: Mapping[str, Answers], planned: Collection[str]) -> None:
    """BadInput where somebody has to look at the access file, Unreachable where a device of the plan is silent."""
    failed = {name: error for name, error in answers.items() if isinstance(error, CrossconnectError)}
    wrong = [error for error in failed.values() if isinstance(error, _WRONG_ACCESS)]
    silent = [error for name, error in failed.items() if name in planned and isinstance(error, Unreachable)]
    for errors, kind in ((wrong, BadInput), (silent, Unreachable)):
        if errors:
            more = f", and {len(errors) - 1} more" if errors[1:] else ""
            raise kind(f"nothing was begun: {errors[0]}{more}")


def _words(device: DeviceConfiguration, expected: tuple[str, ...], answers: Mapping[int, bytes]) -> tuple[str, ...]:
    test = Test(situation="", device=device.name, asks=(), how=(), expected=expected)
    verdict = judged(test, device, answers)
    return (
        *(f"missing: {word}" for word in verdict.missing),
        *(f"not expected: {word}" for word in verdict.surplus),
        *(f"not understood: {word}" for word in verdict.unreadable),
    )
