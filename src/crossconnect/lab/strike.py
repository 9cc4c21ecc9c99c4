"""Flows through a lab around an event, and what a device or cable carries of them: what a drill does where the lab is.

Both take and return plain data, and all times in an answer are of one clock.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import msgspec

from crossconnect.lab.failure import Failure, Injection, apply_failure
from crossconnect.lab.flows import FlowSpec, FlowTrace, finish_flows, start_flows
from crossconnect.lab.handle import Lab
from crossconnect.lab.operation import operation

LEAD_S = 1.0
"""Flows run this much longer than asked for: what an injection takes must not come off the time after it."""
LATE_SHARE = 0.6
"""Which part of the time after the event is left out of `carried_late`: by then traffic has moved, or will not."""

Ports = tuple[tuple[str, tuple[str, ...]], ...]
"""Ports by device whose packets are counted."""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """Flows without an event."""

    traces: tuple[FlowTrace, ...]
    carried: int
    """Packets over the counted ports meanwhile."""


class Struck(msgspec.Struct, frozen=True, kw_only=True):
    """Flows around an event."""

    traces: tuple[FlowTrace, ...]
    injection: Injection
    carried: int
    """Packets over the counted ports before the event."""
    carried_late: int
    """The same over the end of the time after it."""


@operation
def send(lab: Lab, specs: Sequence[FlowSpec], duration_s: float, ports: Ports) -> Sent:
    """Run flows for a moment."""
    count = carried(lab, ports)
    traces = finish_flows(start_flows(lab, specs, duration_s))
    return Sent(traces=traces, carried=carried(lab, ports) - count)


@operation
def strike(lab: Lab, specs: Sequence[FlowSpec], failure: Failure, times_s: tuple[float, float], ports: Ports) -> Struck:
    """Run flows, and break something in the midst of them; `times_s` is how long before and after."""
    before_s, after_s = times_s
    run = start_flows(lab, specs, before_s + after_s + LEAD_S)
    try:
        began = time.monotonic()
        count = carried(lab, ports)
        _sleep_until(began + before_s)
        crossed = carried(lab, ports) - count
        injection = apply_failure(lab, failure)
        struck = time.monotonic()
        _sleep_until(struck + LATE_SHARE * after_s)
        count = carried(lab, ports)
        _sleep_until(struck + after_s)
        late = carried(lab, ports) - count
    except BaseException:
        run.abort()
        raise
    return Struck(traces=finish_flows(run), injection=injection, carried=crossed, carried_late=late)


def carried(lab: Lab, ports: Ports) -> int:
    """Packets that devices have sent or received over ports, whichever is more: what passes through is both."""
    total = 0
    for device, names in ports:
        done = lab.run(device, ("ip", "-s", "-j", "link", "show"))
        links = json.loads(done.stdout) if done.returncode == 0 and done.stdout else []
        counters = [link["stats64"] for link in links if link.get("ifname", "").partition(".")[0] in names]
        total += max(sum(c["tx"]["packets"] for c in counters), sum(c["rx"]["packets"] for c in counters))
    return total


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
