"""One design on several network operating systems: a tab per system, with what it was given."""

from __future__ import annotations

import msgspec

from crossconnect.report.markup import Markup, element, fragment
from crossconnect.report.table import code, note, table

_LINES_MAX = 400
"""Of a configuration on the page; the rest is counted."""


class SystemSample(msgspec.Struct, frozen=True, kw_only=True):
    """A network OS of a region, and one device on it."""

    nos: str
    title: str
    versions: str
    devices: tuple[str, ...]
    device: str
    role: str
    file: str
    text: str
    lines: int
    """Of all its devices' files."""


class Systems(msgspec.Struct, frozen=True, kw_only=True):
    """A region with several network operating systems."""

    region: str
    samples: tuple[SystemSample, ...]


def draw_systems(systems: Systems) -> Markup:
    """The section's content."""
    samples = systems.samples
    rows = [[s.title, s.versions, ", ".join(s.devices), f"{s.lines:,}"] for s in samples]
    return fragment(
        note(
            f"Region {systems.region}: one design, and each switch's own words for it. Rendered by the vendors' "
            "documentation; of these systems only FRR runs here."
        ),
        table("Systems", ("System", "Written for", "Devices", "Lines"), rows, numeric=(3,)),
        element(
            "div",
            [_tab(sample, number) for number, sample in enumerate(samples)],
            class_="tabs",
            role="group",
            aria_label="Configuration per system",
        ),
    )


def _tab(sample: SystemSample, number: int) -> Markup:
    """A radio button, its label, and what it shows: tabs without a script."""
    identity = f"tab-{sample.nos}"
    lines = sample.text.splitlines()
    rest = len(lines) - _LINES_MAX
    shown = "\n".join(lines[:_LINES_MAX]) + (f"\n... and {rest} more lines" if rest > 0 else "")
    radio = element("input", type="radio", name="systems", id=identity, checked="checked" if number == 0 else None)
    return fragment(
        radio,
        element("label", sample.title, for_=identity),
        element(
            "div",
            element("p", sample.device, f" ({sample.role}), ", code(sample.file)),
            element("pre", element("code", shown), tabindex="0"),
            class_="tab",
        ),
    )
