"""What a drill is: the event, its target, and the flows that run over it."""

from __future__ import annotations

from typing import Literal

import msgspec

Event = Literal["device-failure", "device-silent", "link-cut", "daemon-kill", "session-shut", "drain"]
"""`device-failure`: all of a device's daemons and ports at once (power off). `device-silent`: it stops forwarding but
keeps its ports up, so that only BFD or hold timers notice. `link-cut`: both ends of a cable lose carrier.
`daemon-kill`: bgpd dies with SIGKILL, the kernel goes on forwarding. `session-shut`: one BGP session is shut by its
administrator. `drain`: RFC 8326 graceful shutdown of a device."""

EVENT_TEXT: dict[Event, str] = {
    "device-failure": "{} powered off",
    "device-silent": "{} gone silent",
    "link-cut": "link {} cut",
    "daemon-kill": "bgpd on {} killed",
    "session-shut": "BGP session {} shut",
    "drain": "{} drained",
}

Prediction = Literal["survive", "cut"]


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """A failure to be injected. `outage_max_ms` is the longest silence a surviving flow may show."""

    name: str
    event: Event
    target: str
    """Name of a device; key of a wire (`link-cut`); `device neighbour-key` (`session-shut`)."""
    outage_max_ms: int
    packets_per_second: int = 1000
    """Of each flow."""
    flows_max: int = 8
    """Eight of 1,000 packets per second load a core by a third; more would measure the machine."""
    before_s: float = 1.0
    """How long the flows run cleanly before the event."""
    after_s: float = 4.0
    """How long they run after it; the last `TAIL_S` of it say whether a flow survived."""

    @property
    def text(self) -> str:
        """The event in words: `n1-spine1 powered off`."""
        return EVENT_TEXT[self.event].format(self.target)


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """One UDP flow between two hosts. Flows of one pair differ in source port, so that ECMP spreads them."""

    number: int
    """Names the flow in its drill, from 1."""
    source: str
    destination: str
    source_address: str
    destination_address: str
    source_interface: str = ""
    """`eth0`, `bond0.100`: a host may have several VRFs."""
    source_port: int
    destination_port: int
    scope: str
    """IP-VRF, or segment path where there is none."""

    @property
    def text(self) -> str:
        """`acme-web1:7001 > acme-db1`."""
        return f"{self.source}:{self.source_port} > {self.destination}"


class PredictedFlow(msgspec.Struct, frozen=True, kw_only=True):
    """A flow and what the simulation says of it."""

    flow: Flow
    prediction: Prediction
    crosses: bool
    """Whether the flow's healthy paths (any of its ECMP set) include the target."""
