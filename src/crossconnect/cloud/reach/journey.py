"""One direction of a packet's way as it is put together: hops, and what was translated on it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from crossconnect.cloud.path import Path
from crossconnect.cloud.reach.hop import Addresses, Hop, Layer, Outcome
from crossconnect.cloud.reach.legs import Leg, shifted
from crossconnect.cloud.verdict import Packet, Step, Translation


def addresses(packet: Packet) -> Addresses:
    """Between whom a packet goes."""
    return Addresses(
        source=packet.source,
        source_port=packet.source_port,
        destination=packet.destination,
        destination_port=packet.destination_port,
    )


_AT_INTERFACE = ("security-group", "destination")


def _is_at_interface(step: Step, end: str) -> bool:
    # A service insertion says something last where it is inline, and then at the interface's port.
    return step.point == "service-insertion" or (step.resource_id == end and step.point in _AT_INTERFACE)


class Journey:
    """Grows hop by hop. Whatever comes next follows on all ends that are open."""

    def __init__(self, packet: Packet) -> None:
        """`packet` as it is sent."""
        self.hops: list[Hop] = []
        self.packet = packet
        self.translations: list[Translation] = []
        self.outcome: Outcome = "reachable"
        self.end = ""
        """Who has it: an interface's id, or `outside`; empty while it is on its way, and where it was dropped."""
        self.reached = ""
        """Who has it, in words."""
        self.left_by = ""
        """The gateway by which it left its VPC for a provider network."""
        self.node = ""
        """The gateway node by which it did."""
        self._open: list[int] = []

    @property
    def lost(self) -> bool:
        """Whether nothing of it comes further."""
        return self.outcome == "unreachable"

    def add(self, hop: Hop) -> None:
        """A hop behind all that is open."""
        number = len(self.hops)
        self._lead_to((number,))
        self.hops.append(msgspec.structs.replace(hop, number=number))
        self._open = [number] if hop.passes else []
        if not hop.passes:
            self.outcome = "unreachable"

    def say(self, layer: Layer, point: str, component: str, message: str, *, passes: bool = True, by: str = "") -> None:
        """A hop of few words."""
        self.add(
            Hop(
                number=0,
                layer=layer,
                point=point,
                passes=passes,
                component=component,
                message=message,
                decided_by=by or component,
            )
        )

    def follow(self, way: Path, carry: Callable[[], None] | None = None) -> None:
        """All steps of a path through VPCs. `carry` is what takes the packet to the hypervisor of the interface at
        which it ends, where that one's groups are asked; nothing behind it counts if it gets lost there."""
        last = len(way.steps)
        while last > 0 and _is_at_interface(way.steps[last - 1], way.end):
            last -= 1
        for n, step in enumerate(way.steps):
            if n == last and carry is not None:
                carry()
                if self.lost:
                    break
            before = self.packet
            self.add(
                Hop(
                    number=0,
                    layer="vpc",
                    point=step.point,
                    passes=step.passes,
                    component=step.resource_id,
                    decided_by=step.decided_by,
                    message=step.message,
                    project_id=step.project_id,
                    before=addresses(before) if step.after is not None else None,
                    after=addresses(step.after) if step.after is not None else None,
                )
            )
            if step.after is not None:
                self.translate(step.after)
        self.packet = way.packet

    def translate(self, after: Packet) -> None:
        """The packet goes on with other addresses."""
        self.translations.append(Translation(self.packet, after))
        self.packet = after

    def cross(self, leg: Leg) -> None:
        """A part of the fabric."""
        base = len(self.hops)
        self._lead_to(tuple(base + n for n in leg.begins))
        self.hops += shifted(leg.hops, base)
        self._open = [hop.number for hop in self.hops[base:] if hop.passes and not hop.next and hop.layer != "underlay"]
        if leg.outcome == "unreachable" or self.outcome == "reachable":
            self.outcome = leg.outcome

    def carry(self, component: str, message: str, leg: Leg) -> None:
        """A tunnel, and what carries it."""
        number = len(self.hops)
        passes = leg.outcome != "unreachable"
        hop = Hop(
            number=0,
            layer="underlay",
            point="geneve",
            passes=passes,
            component=component,
            message=message,
            carried_by=number + 1 if leg.hops else None,
        )
        self.add(hop)
        self.hops += [msgspec.structs.replace(h, layer="underlay") for h in shifted(leg.hops, number + 1)]
        if leg.outcome == "partly" and self.outcome == "reachable":
            self.outcome = "partly"

    def _lead_to(self, numbers: tuple[int, ...]) -> None:
        for number in self._open:
            self.hops[number] = msgspec.structs.replace(self.hops[number], next=numbers)
