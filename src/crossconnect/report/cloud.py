"""Tenants on OVN over the fabric: each flow and name that was tried by packets, and what failures cost."""

from __future__ import annotations

import msgspec

from crossconnect.report.markup import Markup, Node, fragment
from crossconnect.report.table import mark, note, table


class CloudFlow(msgspec.Struct, frozen=True, kw_only=True):
    """A flow that was tried by packets."""

    what: str
    why: str
    """What lets it pass, or does not."""
    wanted: bool
    passed: bool


class CloudName(msgspec.Struct, frozen=True, kw_only=True):
    """A name that a machine asked its VPC's resolver for."""

    what: str
    why: str
    """Who knows the name."""
    wanted: str
    answer: str
    """Values, or why there are none."""


class CloudRun(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a region that carries a cloud."""

    region: str
    flows: tuple[CloudFlow, ...]
    names: tuple[CloudName, ...] = ()
    events: tuple[tuple[str, str], ...] = ()
    """(what was done, what was measured)."""

    @property
    def right(self) -> int:
        """Flows that were as they had to be."""
        return sum(flow.wanted == flow.passed for flow in self.flows)

    @property
    def right_names(self) -> int:
        """Names that were answered as they had to be."""
        return sum(name.wanted == name.answer for name in self.names)


def draw_cloud(run: CloudRun) -> Markup:
    """The section's content."""
    rows: list[list[Node]] = [
        [
            flow.what,
            "passes" if flow.passed else "does not pass",
            flow.why,
            mark("holds" if flow.wanted == flow.passed else "fails"),
        ]
        for flow in run.flows
    ]
    names: list[list[Node]] = [
        [name.what, name.answer, name.why, mark("holds" if name.wanted == name.answer else "fails")]
        for name in run.names
    ]
    events: list[list[Node]] = [[what, figures] for what, figures in run.events]
    return fragment(
        note(
            f"Region {run.region}: two tenants with the same addresses, made through the API, realised in OVN on "
            "hypervisors and gateway nodes over the fabric; every line is packets."
        ),
        table("Flows", ("Flow", "Seen", "Because of", "As it must be"), rows),
        table("Names", ("Asked", "Answered", "Because of", "As it must be"), names) if names else None,
        table("Measured", ("What", "Figures"), events) if events else None,
    )
