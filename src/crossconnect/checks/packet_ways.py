"""Ways through a trace: whether packets arrive past a set of devices, or pass one of them on the way.

Steps of a trace form a graph without cycles (a loop is a drop). Behind a tunnel step a packet first goes through the
underlay's steps, then on with what follows the tunnel.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from crossconnect.simulate.trace import Step, Trace

Arrived = Callable[[Step], bool]
"""Whether a `deliver` step is where the packet was meant to go."""


def delivered(trace: Trace, arrived: Arrived) -> bool:
    """Whether any branch ends where it was meant to."""
    return _reaches(trace, 0, arrived, frozenset(), {})


def arrives_avoiding(trace: Trace, arrived: Arrived, devices: Collection[str]) -> bool:
    """Whether some flow arrives without passing any of the devices."""
    return _reaches(trace, 0, arrived, devices, {})


def first_passed(trace: Trace, arrived: Arrived, devices: Collection[str]) -> str:
    """A device of the set that some flow passes on its way to where it arrives; empty when none does."""
    known: dict[int, bool] = {}
    seen: set[int] = set()
    pending = [0]
    while pending:
        number = pending.pop()
        if number in seen or not _reaches(trace, number, arrived, frozenset(), known):
            continue
        seen.add(number)
        step = trace.steps[number]
        if step.device in devices:
            return step.device
        if step.tunnel >= 0:
            passed = _passed_in_underlay(trace, step.tunnel, devices)
            if passed:
                return passed
        pending += step.next
    return ""


def _reaches(trace: Trace, number: int, arrived: Arrived, avoided: Collection[str], known: dict[int, bool]) -> bool:
    if number in known:
        return known[number]
    known[number] = False
    step = trace.steps[number]
    if step.device in avoided or step.action == "drop":
        result = False
    elif step.action == "deliver":
        result = arrived(step)
    else:
        result = (step.tunnel < 0 or _reaches(trace, step.tunnel, _anywhere, avoided, {})) and any(
            _reaches(trace, following, arrived, avoided, known) for following in step.next
        )
    known[number] = result
    return result


def _anywhere(_step: Step) -> bool:
    """In the underlay a packet arrives at the far VTEP or not at all."""
    return True


def _passed_in_underlay(trace: Trace, first: int, devices: Collection[str]) -> str:
    known: dict[int, bool] = {}
    pending, seen = [first], set[int]()
    while pending:
        number = pending.pop()
        if number in seen or not _reaches(trace, number, _anywhere, frozenset(), known):
            continue
        seen.add(number)
        if trace.steps[number].device in devices:
            return trace.steps[number].device
        pending += trace.steps[number].next
    return ""
